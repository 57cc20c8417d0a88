"""The personalized board: a plain function from the values that were read to a layout.

An intervention is pushed to the application. Here the application reads instead, and the page
itself depends on the values. Each part says why: it names the attribute and its value. Without
values, everybody gets the same board.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.demo.demo_profile import DemoProfile
from lib.project import PRIORITIES, Project, Task
from lib.snowplow.attributes import completed_tasks
from lib.snowplow.definitions import COUNT, PRIORITY

FOR_EVERYBODY = "the same for everybody"


@dataclass(frozen=True)
class Phrase:
    """One part of a board, in words, and the reason for it."""

    text: str
    why: str = FOR_EVERYBODY


@dataclass(frozen=True)
class Layout:
    """A board. `order` has the open tasks in the order shown, and `next` is the one that `step`
    recommends; None if nothing is open."""

    order: tuple[Task, ...]
    next: Task | None
    welcome: Phrase
    step: Phrase
    offer: Phrase


def layout(
    values: Mapping[str, Any], project: Project, profile: DemoProfile, threshold: float
) -> Layout:
    """The board of somebody with these values, read through the service. `threshold` is how many
    completed tasks make a power user.

    >>> from lib.demo.demo_profile import DEFAULT
    >>> layout({}, Project.fresh(), DEFAULT, 5).welcome
    Phrase(text='Welcome to Website relaunch.', why='the same for everybody')
    >>> someone = {"tasks_completed_count": 3, "last_completed_task_priority": "low"}
    >>> layout(someone, Project.fresh(), DEFAULT, 5).step
    Phrase(text='Next: Choose the team photos', why='last_completed_task_priority is low')
    """
    count = completed_tasks(values) or 0
    order, recommended, why = _tasks(values.get(PRIORITY), project)
    step = f"Next: {recommended.title}" if recommended else f"Nothing is open. {profile.again}?"
    return Layout(
        order,
        recommended,
        _welcome(count, threshold, project, profile),
        Phrase(step, why),
        _offer(count, threshold, project, profile),
    )


def _tasks(priority: Any, project: Project) -> tuple[tuple[Task, ...], Task | None, str]:
    """The open tasks, the one to do next, and why: the priority completed last comes first."""
    tasks = [each for each in project.tasks if each.status != "done"]
    if priority not in PRIORITIES or not tasks:
        return tuple(tasks), project.next_open, FOR_EVERYBODY
    tasks.sort(key=lambda task: (task.priority != priority, task.status != "in_progress"))
    return tuple(tasks), tasks[0], f"{PRIORITY} is {priority}"


def _welcome(count: float, threshold: float, project: Project, profile: DemoProfile) -> Phrase:
    if not count:
        return Phrase(f"Welcome to {project.name}.")
    done = profile.number_of(count)
    if count >= threshold:
        return Phrase(f"You are one of our most active people: {done} so far.", _because(count))
    return Phrase(f"Welcome back: {done} so far. Keep going!", _because(count))


def _offer(count: float, threshold: float, project: Project, profile: DemoProfile) -> Phrase:
    if not count:
        return Phrase(f"Your plan: {project.plan}.")
    if count >= threshold:
        offer = f"Outgrown your plan ({project.plan})? Try the next one free for a month."
        return Phrase(offer, _because(count))
    offer = f"Included in your plan ({project.plan}): a ten-minute tour of {profile.product}."
    return Phrase(offer, _because(count))


def _because(count: float) -> str:
    return f"{COUNT} is {count:g}"
