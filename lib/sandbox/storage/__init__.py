"""The database file: the only place in the sandbox with SQL.

Read `store` first, which has the statements. `database` opens the file, `tables` has the tables,
and `limited_store` keeps to the limits of a shared server. It imports nothing of the sandbox but
`errors`, `clock` and `limits`.
"""
