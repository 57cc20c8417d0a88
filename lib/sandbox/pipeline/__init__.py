"""From the bytes of a request to good and failed events, as Snowplow's Enrich makes them.

Read `payload` first, then `enrich`. `intake` is the order in which requests are processed. Not in
here: what events change (`signals`). It may import `storage` and the sandbox's top-level modules
`errors`, `clock` and `limits`.
"""
