"""Definitions to start from: each is one idea, and says why a product would want it.

They are computed from events that this app tracks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lib.snowplow.definitions import Plan
from lib.studio import ideas
from lib.studio.vocabulary import Definition


@dataclass(frozen=True)
class Template:
    """One idea. `why` says what a product does with it, `events` names the events that give it a
    value, `how` says what to do to see one."""

    key: str
    title: str
    why: str
    how: str
    events: tuple[str, ...]
    make: Callable[[Plan], Sequence[Definition]]


DONE = "Complete tasks on the board."
TASKS = ("task_completed",)

TEMPLATES: tuple[Template, ...] = (
    Template(
        "story",
        "The story: a nudge for power users",
        "Ask people who get a lot done to bring a teammate, at the moment they are happiest.",
        DONE,
        TASKS,
        ideas.story,
    ),
    Template(
        "high_priority",
        "High-priority tasks this week",
        "See who carries the urgent work, and spare them another reminder.",
        "Complete a high-priority task on the board.",
        TASKS,
        ideas.high_priority,
    ),
    Template(
        "minutes",
        "Minutes spent",
        "Offer a report or a larger plan to people who log a lot of time.",
        "Press Time and comments on the board, and log time on a task.",
        ("time_logged",),
        ideas.minutes,
    ),
    Template(
        "active_days",
        "Days active",
        "Tell regulars from visitors, and treat each accordingly.",
        "Open the board, and come back on another day, or move the sandbox's clock.",
        TASKS,
        ideas.active_days,
    ),
    Template(
        "busiest_hour",
        "Busiest hour of the day",
        "Send the summary when somebody is at work, not in the evening.",
        DONE,
        TASKS,
        ideas.busiest_hour,
    ),
    Template(
        "favourite",
        "Favourite priority",
        "Sort the board by what somebody usually picks first.",
        DONE,
        TASKS,
        ideas.favourite,
    ),
    Template(
        "mix",
        "The mix of work",
        "Show people their week as a chart, or notice who never finishes anything important.",
        DONE,
        TASKS,
        ideas.mix,
    ),
    Template(
        "recency",
        "Days since the last task, and since the first",
        "Welcome people back after a break, and do not explain the basics to a veteran.",
        f"{DONE} Then move the sandbox's clock and watch the days grow.",
        TASKS,
        ideas.recency,
    ),
    Template(
        "session",
        "Work done in this session",
        "React to what happens right now, even for people who are not signed in.",
        DONE,
        TASKS,
        ideas.session,
    ),
    Template(
        "project",
        "Progress of a project",
        "Profiles are not only for people: show a team how far its project is and who takes part.",
        DONE,
        TASKS,
        ideas.project,
    ),
    Template(
        "two_groups",
        "One service over two groups",
        "Let the application read all about a person under one name, no matter who defines it.",
        "Open the board and complete tasks.",
        ("page_view", "task_completed"),
        ideas.two_groups,
    ),
    Template(
        "combined",
        "A nudge with all, any and none",
        "Congratulate people only if they did a lot, some of it important, and undid little.",
        "Complete three tasks, the last one with high priority.",
        TASKS,
        ideas.combined,
    ),
    Template(
        "changed",
        "A nudge whenever something changes",
        "Follow somebody's focus: the application hears about each change.",
        "Complete tasks of different priorities.",
        TASKS,
        ideas.changed,
    ),
    Template(
        "payload",
        "A nudge that carries facts",
        "Write a personal message without another request: the nudge has more attributes in it.",
        "Complete three tasks.",
        TASKS,
        ideas.payload,
    ),
    Template(
        "from_session",
        "A nudge from one session to its user",
        "Count what happens in a session and reach the person: four tasks in a row, so rest a bit.",
        "Complete four tasks without a break.",
        TASKS,
        ideas.from_session,
    ),
    Template(
        "context",
        "What somebody just did, for an assistant",
        "Let an assistant answer from what happened a moment ago: an agentic context.",
        "Use the board, then ask on the assistant page.",
        ("page_view", "task_completed", "time_logged"),
        ideas.context,
    ),
)
