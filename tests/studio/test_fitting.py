"""What the form offers for a field is what the API takes."""

from collections.abc import Iterator

import pytest
from snowplow_signals import Attribute, SignalsSandbox

from lib.connection.backend import new_token
from lib.sandbox.server.serving import EmbeddedServer
from lib.studio.catalogue import Field, known_events, known_fields
from lib.studio.fitting import MEANINGS, aggregations_for, fitted, types_for
from tests.support.sandbox import attribute, group

VENDOR = "com.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


def offered(label: str, field: Field | None) -> list[Attribute]:
    """Every attribute that the form offers for a field."""
    return [
        fitted(
            attribute(
                f"{label}_{aggregation}_{kind}",
                aggregation,
                type=kind,
                property=None if field is None else field.property,
                events=known_events(VENDOR)["time_logged"],
                time_unit="h" if aggregation.startswith("time_since") else None,
            ),
            field,
        )
        for aggregation in aggregations_for(field)
        for kind in types_for(aggregation, field)
    ]


@pytest.mark.parametrize("event", ["time_logged", "comment_added", "task_added"])
def test_the_api_takes_whatever_fits(event: str, server: EmbeddedServer) -> None:
    signals = SignalsSandbox(api_url=server.url, sandbox_token=new_token())
    fields = [None, *known_fields(known_events(VENDOR)[event], VENDOR)]
    for number, field in enumerate(fields):
        attributes = offered("a", field)
        signals.publish([group(*attributes, name=f"{event}_{number}")])


def test_what_fits_stays_as_it_is() -> None:
    for field in (None, *known_fields(known_events(VENDOR)["time_logged"], VENDOR)):
        for each in offered("a", field):
            assert fitted(each, field) == each


def test_an_attribute_of_a_number_becomes_one_of_a_text() -> None:
    (priority,) = (
        each
        for each in known_fields(known_events(VENDOR)["task_added"], VENDOR)
        if each.label == "task_added: priority"
    )
    made = fitted(attribute("a", "sum", type="double"), priority)

    assert (made.aggregation, made.type, made.property) == ("last", "string", priority.property)


def test_every_aggregation_has_a_meaning_in_words() -> None:
    field = next(iter(known_fields([], VENDOR)))

    assert {*aggregations_for(None), *aggregations_for(field)} <= {*MEANINGS}
