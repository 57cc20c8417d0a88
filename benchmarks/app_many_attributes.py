"""What ten attributes more cost: fifty sessions click as in `app_clicks` and `app_click_cost`.

Each session has a sandbox of its own, in which the story is published. Into half of the apps, a
group of ten attributes, its service and a rule are published too, through the API, as the studio
publishes a draft. The apps are measured by turns, and the lower cost of each kind counts: on a
busy machine, all that disturbs makes a click dearer.
"""

from collections.abc import Callable, Sequence

from snowplow_signals import (
    Attribute,
    Event,
    EventProperty,
    InterventionCriteriaAll,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    Service,
    SignalsSandbox,
    StreamAttributeGroup,
    user_id,
)

from benchmarks.app_click_cost import milliseconds
from benchmarks.app_clicks import CROWD_P95_MS, crowd_seconds, publish
from benchmarks.app_server import Served, TimedSession, project_app
from benchmarks.report import Line, percentile
from lib.connection.backend import new_token
from lib.studio.changes import change_of
from lib.studio.changes import publish as publish_change
from lib.studio.registry import read_registry
from lib.studio.vocabulary import Definition

SESSIONS = 50
ROUNDS = 2
MAX_RATIO = 1.1
OWNER = "benchmark@example.com"
VALUES: dict[str, tuple[str, str | None, str]] = {
    "tasks": ("counter", None, "int32"),
    "first_priority": ("first", "priority", "string"),
    "last_priority": ("last", "priority", "string"),
    "usual_priority": ("most_frequent", "priority", "string"),
    "rare_priority": ("least_frequent", "priority", "string"),
    "priorities": ("unique_list", "priority", "string_list"),
    "by_priority": ("category_count", "priority", "dict"),
    "different_tasks": ("approx_count_distinct", "task_id", "int32"),
    "since_last": ("time_since_last", None, "double"),
    "since_first": ("time_since_first", None, "double"),
}
"""The ten attributes: aggregation, property and type of each."""


def lines() -> list[Line]:
    """The nudge's time and the click's cost, with the ten attributes."""
    with project_app() as app:
        many, _ = crowd_seconds(app, SESSIONS, _story_and_ten(app), _own_sandbox)
    with project_app() as app:
        two, _ = crowd_seconds(app, SESSIONS, publish, _own_sandbox)
    p95, story_p95 = (1000 * percentile(values, 95) for values in (many, two))
    ours, theirs = _costs()
    return [
        Line(
            f"click to the nudge's text, {SESSIONS} sessions with ten attributes more each",
            f"p95 ≤ {CROWD_P95_MS[SESSIONS]:.0f} ms",
            f"p95 {p95:.0f} ms",
            f"the story alone: p95 {story_p95:.0f} ms",
            p95 <= CROWD_P95_MS[SESSIONS],
        ),
        Line(
            f"processor time of one click, {SESSIONS} sessions with ten attributes more each",
            f"≤ {MAX_RATIO:g} × the story alone",
            f"{ours:.1f} ms, {ours / theirs:.2f} ×",
            f"the story alone: {theirs:.1f} ms",
            ours <= MAX_RATIO * theirs,
        ),
    ]


def _costs() -> tuple[float, float]:
    """The processor time of a click with the ten attributes, and without them."""
    many, two = [], []
    for _ in range(ROUNDS):
        with project_app() as app:
            two.append(milliseconds(app, publish, _own_sandbox))
        with project_app() as app:
            many.append(milliseconds(app, _story_and_ten(app), _own_sandbox))
    return min(many), min(two)


def _own_sandbox() -> str:
    """The address of a sandbox whose token is known here."""
    return f"sandbox={new_token()}"


def _story_and_ten(app: Served) -> Callable[[TimedSession], None]:
    """Publishes the story with a click, and the ten attributes as the studio does."""
    url = app.sandbox_url

    def begin(session: TimedSession) -> None:
        publish(session)
        signals = SignalsSandbox(api_url=url, sandbox_token=_token(session))
        publish_change(signals, change_of(draft(), read_registry(signals)))

    return begin


def _token(session: TimedSession) -> str:
    return session.query.partition("sandbox=")[2].partition("&")[0]


def draft() -> Sequence[Definition]:
    """A group of ten attributes, its service, and a rule that looks at one of them."""
    group = StreamAttributeGroup(
        name="ten",
        version=1,
        attribute_key=user_id,
        owner=OWNER,
        attributes=[
            Attribute(
                name=name,
                type=kind,
                aggregation=aggregation,
                events=[Event(vendor="com.example", name="task_completed", version="1-0-0")],
                property=None if path is None else _property(path),
                time_unit="min" if aggregation.startswith("time_since") else None,
            )
            for name, (aggregation, path, kind) in VALUES.items()
        ],
    )
    rule = RuleIntervention(
        name="ten_nudge",
        version=1,
        owner=OWNER,
        criteria=InterventionCriteriaAll(
            all=[InterventionCriterion(attribute="ten:tasks", operator=">=", value=1_000_000)]
        ),
        target_attribute_keys=[LinkAttributeKey(name="user_id")],
    )
    return group, Service(name="ten_service", owner=OWNER, attribute_groups=[group]), rule


def _property(path: str) -> EventProperty:
    return EventProperty(vendor="com.example", name="task_completed", major_version=1, path=path)


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))
