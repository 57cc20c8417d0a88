"""A stand-in for Snowplow: a collector and a Signals API on one machine, reached over HTTP.

`sandbox` is one isolated sandbox; read it first. A request goes from `server` to a sandbox: events
through `pipeline` to `signals`, questions through `queries`. `storage` keeps what lasts.

Of the rest of `lib` it imports `token_bucket` alone, and only `lib.connection.backend` starts it in
the app. `python -m lib.sandbox` runs it alone.
"""
