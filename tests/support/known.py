"""A sandbox in a known state, and what has to be read from it whatever happens around it."""

import json
from typing import Any

from snowplow_signals import (
    EventLog,
    EventLogAtomicProperty,
    EventLogEvent,
    EventSelection,
    domain_sessionid,
)

from tests.support import wire
from tests.support.sandbox import (
    HTTP,
    World,
    attribute,
    criterion,
    group,
    intervention,
    new_id,
    seen,
    service,
)

USER = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01"
SESSION = "0b7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e03"
VALUES = ["a", "b", "a"]

GROUP = group(
    attribute("count", "counter"),
    attribute("total", "sum", type="double"),
    attribute("low", "min", type="double"),
    attribute("high", "max", type="int64"),
    attribute("middle", "mean", type="float"),
    attribute("first", "first"),
    attribute("last", "last"),
    attribute("frequent", "most_frequent"),
    attribute("rare", "least_frequent"),
    attribute("counted", "category_count", type="dict"),
    attribute("distinct", "approx_count_distinct", type="int32"),
    attribute("listed", "unique_list", type="string_list"),
    attribute("recent", "counter", period="P7D"),
    attribute("recently_listed", "unique_list", type="int64_list", period="P7D"),
    attribute("idle", "time_since_last", type="double", time_unit="d"),
    attribute("known_for", "time_since_first", type="double", time_unit="d", period="P7D"),
)
READ = {
    "count": [3],
    "first": ["a"],
    "last": ["a"],
    "frequent": ["a"],
    "rare": ["b"],
    "counted": [{"a": 2, "b": 1}],
    "distinct": [2],
    "listed": [["b", "a"]],
    "recent": [3],
    "recently_listed": [[]],
    "total": [None],
}
LOG = EventLog(
    name="activity",
    attribute_key=domain_sessionid,
    max_events=10,
    max_age_seconds=3_600,
    events=[
        EventSelection(
            event=EventLogEvent(vendor="org.example", name="seen"),
            properties=[EventLogAtomicProperty(name="user_id")],
        )
    ],
)
RULE = intervention(criterion("things:count", ">=", 2))
DEFINITIONS = [GROUP, service(GROUP), RULE]


def as_json(definition: Any) -> dict[str, Any]:
    """A definition of the SDK as it sends it."""
    dumped: dict[str, Any] = definition.model_dump(mode="json", exclude_none=True, by_alias=True)
    return dumped


REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("registry/attribute_groups/", as_json(GROUP) | {"is_published": True}),
    ("registry/services/", as_json(service(GROUP)) | {"is_published": True}),
    ("registry/interventions/", as_json(RULE) | {"is_published": True}),
    ("registry/event_logs/", as_json(LOG)),
    ("engines/publish", {"event_logs": [{"name": "activity"}]}),
]


class Known:
    """A world with definitions and one user's events, and whether they are still right."""

    def __init__(self, url: str, world: World | None = None) -> None:
        self.world = world or World(url)
        self.events = [seen(USER, {"value": each}, sid=SESSION) for each in VALUES]
        for path, body in REQUESTS:  # in plain HTTP: the SDK takes half a second for them
            wire.count()
            assert self.world.api("POST", path, body).is_success
        self.world.post(*self.events)

    def is_as_it_was(self) -> bool:
        """Asserts it, so that a failure says what differs."""
        read = self.world.read("user_id", USER)
        assert {name: read[name] for name in READ} == READ
        query = {"name": "activity", "identifier": SESSION}
        log = self.get("/api/v1/event_log", params=query)["events"]
        assert [each["user_id"] for each in log] == [USER] * len(VALUES)
        for event in self.events:
            stages = self.get(f"/trace/{event['eid']}")["stages"]
            assert [each["stage"] for each in stages[:4]] == [
                "received",
                "validated",
                "attributes",
                "criteria",
            ]
        return True

    def get(self, path: str, **options: Any) -> Any:
        return self._strict(HTTP.get(self.world.collector + path, **options))

    def post(self, path: str, body: Any) -> Any:
        return self._strict(HTTP.post(self.world.collector + path, json=body))

    def counts(self) -> tuple[int, int]:
        """Accepted and failed events."""
        summary = self.get("/micro/all")
        assert summary["total"] == summary["good"] + summary["bad"]
        return summary["good"], summary["bad"]

    def takes_in_events(self) -> bool:
        """Whether a new event is accepted, computed and can be read, and its retry is ignored."""
        user, before = new_id(), self.counts()
        event = seen(user, {"value": "new"}, sid=new_id())
        self.world.post(event)
        self.world.post(event)
        assert self.counts() == (before[0] + 1, before[1])
        assert self.world.read("user_id", user)["count"] == [1]
        return True

    @staticmethod
    def _strict(answer: Any) -> Any:
        wire.count()
        assert answer.status_code == 200, answer.text
        return strict_json(answer.text)


def strict_json(text: str) -> Any:
    """JSON as every language reads it: no NaN, no infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)
