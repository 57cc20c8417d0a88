"""All mistakes, in the order of the tutorial."""

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
    "Connect": "Creating the client. Until this works, nothing else does.",
    "Define": "The SDK checks definitions before it sends them, and Signals checks them again.",
    "Track": "Tracker calls that cannot work.",
    "Read": "Reading values, and subscribing to interventions.",
    "Silent": "No error. The value is None, or no intervention arrives.",
}
MISTAKES: tuple[Mistake, ...] = tuple(each for kind in KINDS.values() for each in kind)
