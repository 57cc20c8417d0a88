"""The words of an intervention that a presenter pushes: a headline and a text of their own.

They travel as attributes of the pushed intervention, which Signals delivers unchanged. What arrives
is untrusted text: show it with `plain`.
"""

from dataclasses import dataclass

from snowplow_signals import InterventionInstance

from lib.snowplow.interventions import PUSHED
from lib.text import WITHOUT_DIRECTION_CONTROLS

HEADLINE_AT_MOST = 60
TEXT_AT_MOST = 200


@dataclass(frozen=True)
class PushedWords:
    """What the nudge of a pushed intervention says. One of them may be empty."""

    headline: str
    text: str

    @classmethod
    def of(cls, headline: str | None, text: str | None) -> "PushedWords":
        """The words, each on one line and cut to length.

        >>> PushedWords.of(" Coffee \\n break? ", None)
        PushedWords(headline='Coffee break?', text='')
        """
        return cls(_line(headline, HEADLINE_AT_MOST), _line(text, TEXT_AT_MOST))

    @property
    def attributes(self) -> dict[str, str]:
        """The words as attributes of an intervention, without those that are empty."""
        return {name: value for name, value in vars(self).items() if value}


def pushed_words(intervention: InterventionInstance) -> PushedWords | None:
    """The presenter's words in an intervention; None if it has none."""
    given = intervention.attributes or {}
    words = PushedWords.of(given.get("headline"), given.get("text"))
    return words if intervention.name == PUSHED and words.attributes else None


def _line(text: str | None, at_most: int) -> str:
    line = " ".join((text or "")[: 4 * at_most].translate(WITHOUT_DIRECTION_CONTROLS).split())
    return "".join(c for c in line if c.isprintable())[:at_most].strip()
