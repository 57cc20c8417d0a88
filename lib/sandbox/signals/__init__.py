"""What Signals does: definitions, attribute values, interventions and subscriptions.

Start with `registry`, which keeps the definitions, and `engine`, which computes. `aggregations` has
one small class for each aggregation. Not here: HTTP (`server`) and SQL (`storage`). It may import
`pipeline` and `storage`.
"""
