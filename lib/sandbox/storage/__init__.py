"""The database file: the only place in the sandbox with SQL.

Read `store` first, which has the statements. `database` opens the file, `tables` has the tables,
and `limited_store` enforces the limits of a shared server. From the sandbox it imports only
`errors`, `clock` and `limits`.
"""
