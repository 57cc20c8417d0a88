"""What Signals does: definitions, attribute values, interventions and subscriptions.

`registry` keeps definitions, `engine` computes; read these first. `aggregations` has one small
class for each aggregation. Not in here: HTTP (`server`) and SQL (`storage`). It may import
`pipeline` and `storage`.
"""
