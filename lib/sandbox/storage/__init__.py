"""The database file: the only place in the sandbox with SQL.

`tables` has the tables, `store` every statement, `limited_store` the limits of a shared server.
It imports nothing of the sandbox but `errors`, `clock` and `limits`.
"""
