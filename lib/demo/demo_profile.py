"""A demo profile: the product that the app pretends to be.

The defaults are the project tool, so a profile only says what differs. Everything that is not in
here stays the same: all other events, their properties, and the definitions.

    ProfileError         a profile that cannot be used: what is wrong with each field
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from lib.cached import cached_property
from lib.project import DEFAULT_TEMPLATE, Priority, Sprint, Status, Template
from lib.text import plain

ITEMS_IN_A_ROUND = 10
STARTED = 3  # of each round
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PLACEHOLDERS = ("count", "number", "product", "project")


class ProfileError(Exception):
    """A profile that cannot be used. `problems` has a sentence for each field that is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True)
class Item:
    """One card that the board starts with."""

    title: str
    priority: Priority = "medium"


DEFAULT_ITEMS = tuple(
    Item(title, priority) for sprint in DEFAULT_TEMPLATE.sprints for title, priority, _ in sprint
)


@dataclass(frozen=True)
class DemoProfile:
    """The words and the look of a product. Use `checked` to make one from what people entered.

    `event` is the name of the event that completing a card tracks, and `vendor` the vendor of its
    schema, or empty for the app's own.
    `logo` is an emoji, one or two letters, or a small picture as a data URL. `language` is the tag
    of the language that the words are in. `goal`, `headline` and `message` may have placeholders:
    see `filled`. `due` is empty if cards have no due date, and `mine` if nobody works on them.
    """

    product: str = "Project app"
    logo: str = "✓"
    accent: str = "#7d56e0"
    language: str = "en"
    threshold: int = 5
    event: str = "task_completed"
    vendor: str = ""
    project: str = DEFAULT_TEMPLATE.name
    plan: str = DEFAULT_TEMPLATE.plan
    # What is on the board, and what people do with it.
    item: str = "task"
    items: str = "tasks"
    action: str = "Complete task"
    goal: str = "complete {number}"
    counted: str = "Tasks completed"
    add: str = "Add a task"
    again: str = "Start the next sprint"
    todo: str = "To do"
    in_progress: str = "In progress"
    done: str = "Done"
    priority: str = "Priority"
    low: str = "low"
    medium: str = "medium"
    high: str = "high"
    due: str = "due"
    mine: str = "You"
    # The nudge.
    headline: str = "You are on a roll: share the work!"
    message: str = "You finished {number} this week. Two of you would be twice as fast."
    button: str = "Invite a teammate"
    accepted: str = "Invitation noted. This is a demo, so nobody gets an email."
    cards: tuple[Item, ...] = DEFAULT_ITEMS

    @cached_property
    def template(self) -> Template:
        """The project that everybody starts with."""
        return Template(_identifier(self.project), self.project, self.plan, _rounds(self.cards))

    def status_name(self, status: Status) -> str:
        """The title of a column."""
        return {"todo": self.todo, "in_progress": self.in_progress, "done": self.done}[status]

    def priority_name(self, priority: Priority) -> str:
        """The name of a priority. The event has the priority itself."""
        return {"low": self.low, "medium": self.medium, "high": self.high}[priority]

    def due_words(self, day: date | None) -> str:
        """When a card is due, in a few characters; empty if it has no due date.

        >>> DemoProfile().due_words(date(2026, 12, 4))
        'due 4 Dec'
        >>> DemoProfile(language="de", due="bis").due_words(date(2026, 12, 4))
        'bis 4.12.'
        """
        if day is None or not self.due:
            return ""
        language = self.language.partition("-")[0]
        written = {"en": f"{day.day} {MONTHS[day.month - 1]}", "de": f"{day.day}.{day.month}."}
        return f"{self.due} {written.get(language, f'{day.day}/{day.month}')}"

    @property
    def last_priority(self) -> str:
        """The label for the priority of the card completed last.

        >>> DemoProfile(priority="Price").last_priority
        'Last price'
        """
        is_english = self.language.startswith("en")
        return f"Last {self.priority.lower()}" if is_english else self.priority

    def named(self, value: object) -> object:
        """A value of an attribute, in the product's words if it is a priority."""
        return {"low": self.low, "medium": self.medium, "high": self.high}.get(str(value), value)

    def number_of(self, count: float) -> str:
        """A number of items in words.

        >>> DemoProfile().number_of(1), DemoProfile().number_of(5)
        ('1 task', '5 tasks')
        """
        return f"{count:g} {self.item if count == 1 else self.items}"

    def filled(self, text: str, count: float) -> str:
        """A text with its placeholders filled in, for somebody with a count.

        >>> DemoProfile().filled("{product}: {count} done", 5)
        'Project app: 5 done'
        """
        values = {
            "count": f"{count:g}",
            "number": self.number_of(count),
            "product": self.product,
            "project": self.project,
        }
        return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)

    def goal_of(self, number: str) -> str:
        """What people should do, for the middle of a sentence.

        >>> DemoProfile().goal_of("a few tasks")
        'complete a few tasks'
        """
        return self.filled(self.goal.replace("{number}", number), 0)

    def told(self, text: str) -> str:
        """One of the app's sentences, with the product's words in it, as Markdown.

        >>> DemoProfile().told("Press {action} until you have 5 {items}.")
        'Press “Complete task” until you have 5 tasks.'
        """
        values = {
            "action": f"“{plain(self.action)}”",
            "button": f"“{plain(self.button)}”",
            "item": plain(self.item),
            "items": plain(self.items),
            "product": plain(self.product),
        }
        return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


DEFAULT = DemoProfile()


def _identifier(name: str) -> str:
    """An id for a project, as a tool would make it from its name; never empty.

    >>> _identifier("Website relaunch")
    'website-relaunch'
    """
    words = re.sub(r"\W+", "-", name.lower()).strip("-")
    return words or f"project-{sha256(name.encode()).hexdigest()[:8]}"


def _rounds(cards: tuple[Item, ...]) -> tuple[Sprint, ...]:
    """The cards in rounds of about the same size. The first few cards of each are started."""
    rounds = -(-len(cards) // ITEMS_IN_A_ROUND)
    size = len(cards) // rounds
    starts = [size * number for number in range(rounds)]
    ends = [*starts[1:], len(cards)]
    return tuple(
        tuple(
            (each.title, each.priority, "in_progress" if place < STARTED else "todo")
            for place, each in enumerate(cards[start:end])
        )
        for start, end in zip(starts, ends, strict=True)
    )
