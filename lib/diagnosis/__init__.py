"""What happened to an event, and why nothing happened.

`checks` says what a check and a diagnosis are; read it first. `diagnoses` puts them together for
one world. `journey` and `pipeline` follow events, `broken_events` sends some that fail.

Not in here: how any of it is shown (`ui`, `charts`). It may import `world` and what that may.
"""
