"""What an application does with Snowplow's two SDKs, and nothing else. Read this first.

In this order: `tracking` (an event goes to the collector), `definitions` (what Signals computes),
`publishing` (sending that to Signals), `attributes` (reading the values), `interventions`
(receiving what fires), `contexts` (what an assistant reads about a session) with `session_id`, then
`preview` and `criteria`.

Not in here: addresses and credentials (`connection`), threads, retries and what is remembered
(`world`). It imports the SDKs, the standard library and `project`, so it can be read, and copied,
alone.
"""
