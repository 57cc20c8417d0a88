"""All mistakes, in the order in which somebody who follows the tutorial meets them."""

from lib.story.mistakes import (
    connecting,
    defining,
    reading,
    silent_definitions,
    silent_identity,
    silent_nudges,
    tracking,
)
from lib.story.mistakes.mistake import Mistake

KINDS: dict[str, tuple[Mistake, ...]] = {
    "Connect": connecting.MISTAKES,
    "Define": defining.MISTAKES,
    "Track": tracking.MISTAKES,
    "Read": reading.MISTAKES,
    "Silent": (
        *silent_identity.MISTAKES,
        *silent_definitions.MISTAKES,
        *silent_nudges.MISTAKES,
    ),
}
MEANINGS = {
    "Connect": "The client is made once, and complains before anything else works.",
    "Define": "The SDK checks definitions before it sends them, and Signals checks them again.",
    "Track": "Calls of the tracker that cannot work.",
    "Read": "Reading values, and subscribing to interventions.",
    "Silent": "Nothing complains. The value is None, or nothing ever comes.",
}
MISTAKES: tuple[Mistake, ...] = tuple(each for kind in KINDS.values() for each in kind)
