"""The simulated project-management tool: one project, its tasks and their states.

Just enough of a tool to have something to track. It knows nothing about events, people or screens,
and keeps no history: that is Snowplow's job.

    ProjectError         a change that is not possible; its text is for the person
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Literal, Self, get_args

from lib.cached import cached_property
from lib.text import visible_line

Priority = Literal["low", "medium", "high"]
Status = Literal["todo", "in_progress", "done"]

PRIORITIES: tuple[Priority, ...] = get_args(Priority)
STATUSES: tuple[Status, ...] = get_args(Status)

MAX_TASKS = 200
MAX_TITLE = 120
MAX_MINUTES = 10_000.0
MAX_COMMENT = 2_000
MAX_MENTIONS = 50

# Title, priority, and where it starts.
Sprint = tuple[tuple[str, Priority, Status], ...]
# The first sprint, and the ones after it in turn.
SPRINTS: tuple[Sprint, ...] = (
    (
        ("Agree on the new sitemap", "high", "in_progress"),
        ("Write the home page", "medium", "in_progress"),
        ("Fix the phone checkout", "high", "in_progress"),
        ("Redirect the old blog", "high", "todo"),
        ("Choose the team photos", "low", "todo"),
        ("Design the pricing table", "medium", "todo"),
        ("Set up the staging server", "high", "todo"),
        ("Test with a screen reader", "medium", "todo"),
        ("Plan the announcement", "medium", "todo"),
    ),
    (
        ("Watch five people use it", "high", "in_progress"),
        ("Answer launch feedback", "medium", "in_progress"),
        ("Fix the footer links", "high", "in_progress"),
        ("Translate the pricing page", "medium", "todo"),
        ("Add a help search", "high", "todo"),
        ("Rewrite the sign-up emails", "medium", "todo"),
        ("Compare two headlines", "low", "todo"),
        ("Archive the old designs", "low", "todo"),
        ("Speed up the product tour", "medium", "todo"),
        ("Write down what we learned", "low", "todo"),
    ),
)


@dataclass(frozen=True)
class Template:
    """What a project starts with. Its sprints are used in turn."""

    id: str
    name: str
    plan: str
    sprints: tuple[Sprint, ...]

    @cached_property
    def key(self) -> str:
        """Identifies the template."""
        return sha256(repr(astuple(self)).encode()).hexdigest()[:16]


DEFAULT_TEMPLATE = Template("website-relaunch", "Website relaunch", "growth", SPRINTS)


class ProjectError(Exception):
    """A change to the project that is not possible, in words for the person."""


@dataclass(frozen=True)
class Task:
    """One card on the board. `minutes` is the time logged on it, and `comments` how many it has:
    their words are not kept. `due` is the day by which it should be done, if one was set; two tasks
    that differ only in it are equal."""

    id: str
    title: str
    priority: Priority
    status: Status
    minutes: float = 0.0
    comments: int = 0
    due: date | None = field(default=None, compare=False)


@dataclass
class Project:
    """A project and its tasks, in the order in which they were added."""

    id: str
    name: str
    plan: str
    tasks: list[Task] = field(default_factory=list)
    next_number: int = 1
    sprints: int = 0
    template: Template = DEFAULT_TEMPLATE

    @classmethod
    def fresh(cls, template: Template = DEFAULT_TEMPLATE, today: date | None = None) -> Self:
        """The project that everyone starts with."""
        project = cls(template.id, template.name, template.plan, template=template)
        project.new_sprint(today)
        return project

    def copy(self) -> Self:
        """A copy of the project that can be changed independently."""
        return replace(self, tasks=list(self.tasks))

    @property
    def next_open(self) -> Task | None:
        """The task to do next: in progress before to do, then by priority, then by order."""
        return next(iter(sorted(self._open_tasks, key=_urgency)), None)

    @property
    def all_done(self) -> bool:
        """Whether nothing is left to complete."""
        return not self._open_tasks

    def filtered(
        self, status: Status | None = None, priority: Priority | None = None
    ) -> list[Task]:
        """The tasks with this status and priority; None means any."""
        return [
            task
            for task in self.tasks
            if status in (None, task.status) and priority in (None, task.priority)
        ]

    def complete(self, task_id: str) -> Task | None:
        """The task, now done. None if it was already done or is gone: a second click changes
        nothing and must not be counted."""
        return self._change(task_id, ("todo", "in_progress"), status="done")

    def start(self, task_id: str) -> Task | None:
        """The task, now in progress. None if its status was not to do."""
        return self._change(task_id, ("todo",), status="in_progress")

    def reopen(self, task_id: str) -> Task | None:
        """The task, to do again. None if it was not done."""
        return self._change(task_id, ("done",), status="todo")

    def log_time(self, task_id: str, minutes: float) -> Task | None:
        """The task with more time logged; None if it is gone. Raises ProjectError for an invalid
        time."""
        if not 0 < minutes <= MAX_MINUTES:  # this refuses NaN too
            raise ProjectError(f"Log more than 0 and at most {MAX_MINUTES:,.0f} minutes.")
        task = self._find(task_id)
        return task and self._change(task_id, STATUSES, minutes=task.minutes + minutes)

    def comment(self, task_id: str, text: str) -> Task | None:
        """The task with one more comment; None if it is gone. Raises ProjectError for an invalid
        text."""
        if not text.strip():
            raise ProjectError("A comment needs text.")
        if len(text) > MAX_COMMENT:
            raise ProjectError(
                f"A comment has at most {MAX_COMMENT:,} characters; this one has {len(text):,}."
            )
        task = self._find(task_id)
        return task and self._change(task_id, STATUSES, comments=task.comments + 1)

    def add(self, title: str, priority: Priority = "medium") -> Task:
        """A new task, to do. Raises ProjectError if the title is invalid or the board is full."""
        if len(self.tasks) >= MAX_TASKS:
            raise ProjectError(
                f"This board holds at most {MAX_TASKS} tasks. Complete them all and start a new "
                "sprint, or reset the board."
            )
        if priority not in PRIORITIES:
            raise ProjectError("A priority is low, medium or high.")
        return self._append(_checked_title(title), priority, "todo")

    def new_sprint(self, today: date | None = None) -> list[Task]:
        """A fresh set of tasks, if all are done; else nothing. If it begins `today`, one is due
        each day from tomorrow on.

        On a full board the oldest tasks are removed. Ids are never used twice.
        """
        if not self.all_done:
            return []
        sprint = self.template.sprints[self.sprints % len(self.template.sprints)]
        self.sprints += 1
        del self.tasks[: max(0, len(self.tasks) + len(sprint) - MAX_TASKS)]
        return [
            self._append(*task, today and today + timedelta(days=day))
            for day, task in enumerate(sprint, 1)
        ]

    def to_json(self) -> str:
        """The whole project as text, for `from_json`."""
        tasks = [asdict(task) for task in self.tasks]
        whole = {**vars(self), "tasks": tasks, "template": self.template.key}
        return json.dumps(whole, default=date.isoformat)

    @classmethod
    def from_json(
        cls,
        text: str | bytes | None,
        template: Template = DEFAULT_TEMPLATE,
        today: date | None = None,
    ) -> Self:
        """The project that `to_json` wrote; a fresh one if the text cannot be read, or if the
        project began with another template."""
        try:
            return cls._parsed(json.loads(text or "null"), template)
        except (ValueError, TypeError, KeyError, RecursionError, ProjectError):
            return cls.fresh(template, today)

    @classmethod
    def _parsed(cls, data: Any, template: Template) -> Self:
        tasks = [_parsed_task(task) for task in data["tasks"]]
        if data.get("template", DEFAULT_TEMPLATE.key) != template.key:
            raise ProjectError("This project began with another template.")
        numbers = {_number(task.id) for task in tasks}
        is_sound = len(numbers) == len(tasks) <= MAX_TASKS
        if not is_sound:
            raise ProjectError("Two tasks share an id, or there are too many.")
        return cls(
            id=_text(data["id"]),
            name=_text(data["name"]),
            plan=_text(data["plan"]),
            tasks=tasks,
            next_number=max(_count(data["next_number"]), max(numbers, default=0) + 1),
            sprints=_count(data["sprints"]),
            template=template,
        )

    @property
    def _open_tasks(self) -> Sequence[Task]:
        return [task for task in self.tasks if task.status != "done"]

    def _append(
        self, title: str, priority: Priority, status: Status, due: date | None = None
    ) -> Task:
        task = Task(f"task-{self.next_number}", title, priority, status, due=due)
        self.next_number += 1
        self.tasks.append(task)
        return task

    def _find(self, task_id: str) -> Task | None:
        return next((task for task in self.tasks if task.id == task_id), None)

    def _change(self, task_id: str, origins: Sequence[Status], **changes: Any) -> Task | None:
        """The task with these changes; None if it is gone or has another status."""
        for place, task in enumerate(self.tasks):
            if task.id == task_id and task.status in origins:
                self.tasks[place] = replace(task, **changes)
                return self.tasks[place]
        return None


def mentions(text: str) -> list[str]:
    """The people whom a text mentions, each once.

    >>> mentions("@ana and @ben-li: see @ana's note, not mail@example.com")
    ['ana', 'ben-li']
    """
    names = re.findall(r"(?<![\w@])@(\w[\w-]{0,63})(?![\w-])", text)
    return list(dict.fromkeys(names))[:MAX_MENTIONS]


def _urgency(task: Task) -> tuple[bool, int]:
    return task.status != "in_progress", -PRIORITIES.index(task.priority)


def _checked_title(title: str) -> str:
    """The title on one line, without invisible or invalid characters."""
    visible = visible_line(title)
    if not visible:
        raise ProjectError("A task needs a title.")
    if len(visible) > MAX_TITLE:
        raise ProjectError(
            f"A title has at most {MAX_TITLE} characters; this one has {len(visible)}."
        )
    return visible


def _parsed_task(data: Any) -> Task:
    if data["priority"] not in PRIORITIES or data["status"] not in STATUSES:
        raise ProjectError("Unknown priority or status.")
    return Task(
        _text(data["id"]),
        _checked_title(data["title"]),
        data["priority"],
        data["status"],
        _minutes(data.get("minutes", 0.0)),
        _count(data.get("comments", 0)),
        _day(data.get("due")),
    )


def _number(task_id: str) -> int:
    return _count(int(task_id.removeprefix("task-")))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"Not a text: {type(value).__name__}")
    return value


def _minutes(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise TypeError(f"Not a time: {type(value).__name__}")
    return float(value)


def _day(value: Any) -> date | None:
    """None if it is missing, as in projects saved before tasks had due dates."""
    return None if value is None else date.fromisoformat(_text(value))


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"Not a count: {type(value).__name__}")
    return value
