"""The mistakes that Snowplow's Python tutorial warns of, and the silent ones: made with the SDKs.

Each is a pair of functions, the mistake and its mended form. A page runs them in a sandbox of their
own, `docs/mistakes.md` lists them, and a test makes every one. Their code is shown as it stands.

Read `mistake` first, then `catalogue`. `connecting`, `defining`, `reading` and `tracking` have the
mistakes that are answered with an error, `silent_values` and `silent_nudges` those that are not.

Not in here: what an error means (`connection/advice.py`), and how a mistake is shown (`ui`). It may
import what `story` may.

Sources: https://docs.snowplow.io/tutorials/python-tracking-and-signals/set-up-tracking/,
https://docs.snowplow.io/tutorials/python-tracking-and-signals/define-attributes/ and
https://docs.snowplow.io/tutorials/python-tracking-and-signals/retrieve-and-act/
"""
