"""The app: everything but the pages.

Rooms, in the order in which they may import (each may import those after it, never one before):
`ui`, `charts`, `people`, `story` and `studio`, `diagnosis`, `world`, `snowplow`, `connection`,
`demo`, `project`, and last `text`, `cached` and `token_bucket`. `sandbox` stands apart: it imports
`token_bucket` alone, and only `connection/backend.py` starts it. Import-linter checks this in
`make check` (see `pyproject.toml`).

To learn the two SDKs, read `snowplow/` first.
"""
