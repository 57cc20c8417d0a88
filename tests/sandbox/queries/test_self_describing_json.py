"""Events and entities as self-describing JSON."""

from lib.sandbox.pipeline.events import Entity, Event
from lib.sandbox.queries.self_describing_json import schema_uri, self_describing
from tests.support.sandbox import NOW, SEEN

EVENT = Event("e", NOW, NOW, "org.example", "seen", "1-0-0", {}, data={"value": 1})
ENTITY = Entity("org.example", "seen", "1-0-0", {"value": 2})


def test_schema_is_an_iglu_uri() -> None:
    assert (schema_uri(EVENT), schema_uri(ENTITY)) == (SEEN, SEEN)


def test_data_comes_with_its_schema() -> None:
    assert [self_describing(each) for each in (EVENT, ENTITY)] == [
        {"schema": SEEN, "data": {"value": 1}},
        {"schema": SEEN, "data": {"value": 2}},
    ]
