"""An account that somebody types in, as no real one is."""

ACCOUNT = {
    "COLLECTOR_URL": "https://collector.example.com",
    "SIGNALS_API_URL": "https://0b6e3c4a.signals.snowplowanalytics.com",
    "CONSOLE_API_KEY": "6b1f2c7e-8d0a-4c53-9b8f-0d3a51c7e924",
    "CONSOLE_API_KEY_ID": "f0a9d8c7-1b2e-4f3d-8c6b-5a4e3d2c1b0a",
    "ORG_ID": "3c2b1a09-8f7e-4d6c-9b5a-4e3d2c1b0a9f",
}
