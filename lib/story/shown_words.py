"""What the app shows for an intervention that arrived, no matter who defined it.

The story's intervention has the demo profile's words, a pushed one the presenter's, and any other
the words written for it in the studio, or its name and values if there are none.
"""

from dataclasses import dataclass

from lib.demo.own_words import OwnWords
from lib.snowplow.definitions import COUNT
from lib.snowplow.interventions import filled
from lib.story.pushed_words import pushed_words
from lib.text import code, plain
from lib.world.inbox import Received
from lib.world.participant import Participant

VALUES_SHOWN = 3
VALUE_AT_MOST = 40


@dataclass(frozen=True)
class ShownWords:
    """What a nudge says, as Markdown. `accepted` is shown after its button is pressed; an empty
    `button` means no button. `is_enough` says that the headline needs no text below it."""

    headline: str
    text: str
    button: str = ""
    accepted: str = ""
    is_enough: bool = False


def is_told_only(participant: Participant, received: Received) -> bool:
    """Whether an intervention is shown briefly, and not as a nudge."""
    is_own = received.intervention.name == participant.names.intervention
    return not is_own and participant.words_of(received.intervention.name).is_told_only


def shown_words(participant: Participant, received: Received) -> ShownWords:
    """What the app shows for an intervention."""
    if received.intervention.name == participant.names.intervention:
        return _of_profile(participant, received)
    pushed = pushed_words(received.intervention)
    if pushed is not None:
        headline = plain(pushed.headline) or _name(received)
        return ShownWords(headline, f"{plain(pushed.text)} Pushed by the presenter.".strip())
    return _own(received, participant.words_of(received.intervention.name))


def _of_profile(participant: Participant, received: Received) -> ShownWords:
    """With the count that came with it: a nudge does not change while somebody reads it."""
    profile = participant.profile
    came = (received.intervention.attributes or {}).get(COUNT, "")
    count = float(came) if came.isdecimal() else participant.seen.count
    return ShownWords(
        plain(profile.filled(profile.headline, count)),
        plain(profile.filled(profile.message, count)),
        plain(profile.button),
        plain(profile.accepted),
        is_enough=True,
    )


def _own(received: Received, words: OwnWords) -> ShownWords:
    attributes = received.intervention.attributes
    button = plain(words.button)
    return ShownWords(
        plain(filled(words.headline, attributes)) or _name(received),
        plain(filled(words.text, attributes)) or _values(received),
        button,
        f"You pressed “{button}”." if button else "",
        is_enough=bool(words.headline),
    )


def _name(received: Received) -> str:
    return f"{code(received.intervention.name)} arrived"


def _values(received: Received) -> str:
    """The version, and the values that came with it."""
    intervention = received.intervention
    values = [f"{name}: {value}" for name, value in (intervention.attributes or {}).items()]
    shown = ", ".join(code(each, VALUE_AT_MOST) for each in values[:VALUES_SHOWN])
    more = f" and {len(values) - VALUES_SHOWN} more" if len(values) > VALUES_SHOWN else ""
    return f"Version {intervention.version}{f', with {shown}{more}' if shown else ''}."
