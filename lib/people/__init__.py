"""Who is here: open worlds, rooms, permissions, accounts that people bring, a simulated team.

`participants` keeps the open worlds; read it first.

Not in here: what one user does (`world`), the browser session (`ui`). It may import `diagnosis`
and what that may, but not `story`.
"""
