"""The mistakes that Snowplow's Python tutorial warns about, and the silent ones, as runnable code.

Each is a pair of functions: the broken code and the fixed code. A page runs them in their own
sandbox, `docs/mistakes.md` lists them, and a test runs every one. Their code is shown as it is.

Read `mistake` first, then `catalogue`. `connecting`, `defining`, `reading` and `tracking` have the
mistakes that raise an error, `silent_definitions`, `silent_identity` and `silent_nudges` those that
do not.

Not in here: what an error means (`connection/advice.py`), and how a mistake is shown (`ui`). It may
import what `story` may.

Sources: https://docs.snowplow.io/tutorials/python-tracking-and-signals/set-up-tracking/,
https://docs.snowplow.io/tutorials/python-tracking-and-signals/define-attributes/ and
https://docs.snowplow.io/tutorials/python-tracking-and-signals/retrieve-and-act/
"""
