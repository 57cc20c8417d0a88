"""The app: everything but the pages.

Rooms, in the order in which they may import (each may import those after it, never one before):
`ui`, `charts`, `people` and `story`, `diagnosis`, `world`, `snowplow`, `connection`, `project`,
`text`. `sandbox` stands apart: it imports `token_bucket` alone, and only `connection/backend.py`
starts it. Import-linter checks this in `make check` (see `pyproject.toml`).

To learn the two SDKs, read `snowplow/` first.
"""
