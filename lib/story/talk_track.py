"""What a presenter says: a few lines for each page, at each point of the story.

The pages are those of the menu, by title. Only the presenter sees the lines, with the words of the
demo profile filled in.
"""

from dataclasses import dataclass
from typing import Literal

from lib.story.autoplay import is_published
from lib.text import plain
from lib.world.participant import Participant

Chapter = Literal["unpublished", "counting", "nudged", "answered", "personalized"]


@dataclass(frozen=True)
class Notes:
    """What to say, line by line, and what comes next."""

    title: str
    lines: tuple[str, ...]
    next: str


TO_DEFINITIONS = "Definitions: publish what Signals should count."
TO_THE_BOARD = "Board: {action}. The nudge comes {when}."
TO_THE_NUDGE = "Board: press {button} in the nudge."
TO_READING = "Board: switch on Personalized. The page reads the values behind the nudge."
TO_THE_ASSISTANT = "Assistant: ask both what I just did."
TO_THE_INSIDE = "Interventions, then Events: what arrived, and the journey of one event."
NEXT: dict[Chapter, str] = {
    "unpublished": TO_DEFINITIONS,
    "counting": TO_THE_BOARD,
    "nudged": TO_THE_NUDGE,
    "answered": TO_READING,
    "personalized": TO_THE_ASSISTANT,
}

TRACK: dict[tuple[str, Chapter | None], Notes] = {
    ("Board", "unpublished"): Notes(
        "A product, and a user",
        (
            "This is {product}, an ordinary product. I am one of its users.",
            "What I do here goes to Snowplow as an event, with its properties.",
            "Nothing reacts yet: nobody has said what matters.",
        ),
        TO_DEFINITIONS,
    ),
    ("Board", "counting"): Notes(
        "Each click counts",
        (
            "Watch the number: it is this user's, computed from events, not from a database.",
            "It is there a moment after the click. No nightly job, no segment to wait for.",
            "Something happens {when}. Let us get there.",
        ),
        TO_THE_BOARD,
    ),
    ("Board", "nudged"): Notes(
        "The moment",
        (
            "There it is: I crossed the line, and the product answered while I was still in it.",
            "Nobody asked for it. Signals noticed, and pushed it to this user alone.",
            "Open “Why am I seeing this?”: the rule, and the values that met it.",
        ),
        TO_THE_NUDGE,
    ),
    ("Board", "answered"): Notes(
        "And the loop closes",
        (
            "My answer is an event too, so we can measure whether the nudge worked.",
            "Event, value, rule, nudge, event: that is the whole loop.",
        ),
        TO_READING,
    ),
    ("Board", "personalized"): Notes(
        "The page itself reads",
        (
            "A nudge is pushed. Here the page reads the values itself, each time it is drawn.",
            "The same page for everybody, and mine: order, welcome, offer, each with its reason.",
            "A plain function from values to a layout. No model, no segment, no nightly job.",
        ),
        TO_THE_ASSISTANT,
    ),
    ("Definitions", "unpublished"): Notes(
        "Say what matters",
        (
            "Three definitions: what to compute for each user, how to read it, when to act.",
            "They are a few lines of Python, so they are reviewed and versioned like code.",
            "Publish, and from now on every event counts.",
        ),
        "Publish here, then the board.",
    ),
    ("Definitions", None): Notes(
        "Published",
        (
            "No pipeline to build and no model to deploy: this is live now.",
            "Change the threshold and publish again, and the rule has a new version.",
        ),
        "",
    ),
    ("Attributes", None): Notes(
        "The values over time",
        (
            "Each step in the line is an event; the star is the nudge.",
            "An application reads the same values with one call, a moment after each event.",
        ),
        "",
    ),
    ("Interventions", None): Notes(
        "What arrived",
        (
            "It came through a stream, with the values that made it fire.",
            "Each user gets it once, so nobody is nagged.",
        ),
        "Events: the journey of one event.",
    ),
    ("Events", None): Notes(
        "Nothing gets lost, nothing bad gets in",
        (
            "Every event has a schema. Follow one: tracked, validated, counted, acted on.",
            "Send a broken one: it is kept with the reason, and does not count.",
            "So you can trust the values.",
        ),
        "Questions. Or Connection: how to use their own Snowplow.",
    ),
    ("Assistant", None): Notes(
        "The same question, twice",
        (
            "One assistant knows nothing about me; the other reads what I just did.",
            "Same question, same rules. The difference is the context: read what is highlighted.",
            "Press New session and ask again: now neither knows anything.",
        ),
        TO_THE_INSIDE,
    ),
    ("Guide", None): Notes(
        "Now you",
        (
            "Ten steps, each checked against what really happened.",
            "If you are stuck, it says why. Nobody has to wait for the others.",
        ),
        "",
    ),
    ("Mistakes", None): Notes(
        "What goes wrong, before it goes wrong for you",
        (
            "Real code, real errors, and the mistakes that give no error.",
            "Each with what it means, and the fixed code.",
        ),
        "",
    ),
    ("Profile", None): Notes(
        "Make it yours",
        (
            "Your product, your words: two minutes, and one link has all of it.",
            "Behind it, events and definitions work the same.",
        ),
        "",
    ),
    ("Connection", None): Notes(
        "From here to your Snowplow",
        (
            "The sandbox stands in for Snowplow. It is part of this demo, and says so.",
            "With five settings, the same code talks to a real account.",
        ),
        "",
    ),
    ("Presenter", None): Notes(
        "The room",
        (
            "Everybody who joins gets their own board, in one sandbox.",
            "Scan, then {deed}: your name appears here when you cross the line.",
            "No phone? Watch the simulated team.",
        ),
        "",
    ),
}


def progress_of(participant: Participant) -> Chapter:
    """How far a user is in the story."""
    if not is_published(participant) and not participant.seen.published.follows_another:
        return "unpublished"
    if not participant.is_nudged:
        return "counting"
    name = participant.nudge_name
    fired = [each for each in participant.inbox if not each.is_test]
    nudges = [each for each in fired if each.intervention.name == name]
    if nudges and nudges[0].answer is None:
        return "nudged"
    return "personalized" if participant.stage.is_personalized else "answered"


def notes(page: str, progress: Chapter) -> Notes:
    """What to say on a page of the menu; a page without its own next leads back to the story."""
    found = TRACK.get((page, progress)) or TRACK[page, None]
    return Notes(found.title, found.lines, found.next or NEXT[progress])


def told(text: str, participant: Participant) -> str:
    """A line with the words of the demo profile, as Markdown."""
    profile = participant.profile
    published = participant.seen.published
    if published.rule and published.threshold is None:
        when, goal = f"when {published.rule}", f"a few {profile.items}"
    else:
        goal = profile.number_of(participant.plan.threshold)
        when = f"at {goal}"
    words = {"{when}": plain(when), "{deed}": plain(profile.goal_of(goal))}
    for name, word in words.items():
        text = text.replace(name, word)
    return profile.told(text)
