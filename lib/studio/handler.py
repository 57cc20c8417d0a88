"""The handler that shows an intervention with somebody's words, as one would write it with the SDK.

It does what this app does: it is for reading and copying, and is not read back.
"""

import inspect

from lib.demo.own_words import OwnWords
from lib.snowplow import interventions
from lib.studio.code_layout import quoted

IMPORTS = """\
import json
import re
from collections.abc import Mapping

from snowplow_signals import AttributeKeyIdentifiers, InterventionInstance"""
LISTENING = """\
# Before anything is tracked: what fires while nobody listens is lost. USER is the user's id.
targets = AttributeKeyIdentifiers({"user_id": [USER]})
subscription = sp_signals.pull_interventions(targets)
subscription.add_handler(on_intervention)
subscription.start()"""


def written_handler(name: str, words: OwnWords) -> str:
    """The Python that shows the intervention of a name with these words. `show_nudge` and `tell`
    are the product's own."""
    shown = [
        f"headline=filled({quoted(words.headline)}, intervention.attributes),"
        if words.headline
        else f"headline={quoted(f'{name} arrived')},",
    ]
    if words.text:
        shown.append(f"text=filled({quoted(words.text)}, intervention.attributes),")
    else:
        shown.append("text=str(intervention.attributes),")
    if words.button and not words.is_told_only:
        shown.append(f"button={quoted(words.button)},")
    handler = [
        "def on_intervention(intervention: InterventionInstance) -> None:",
        f"    if intervention.name == {quoted(name)}:",
        f"        {'tell' if words.is_told_only else 'show_nudge'}(  # your product's own",
        *(f"            {each}" for each in shown),
        "        )",
    ]
    functions = [inspect.getsource(each).rstrip() for each in FUNCTIONS]
    return "\n\n\n".join([IMPORTS, *functions, "\n".join(handler), LISTENING]) + "\n"


FUNCTIONS = (interventions.filled, interventions.readable)
