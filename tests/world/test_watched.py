"""What somebody looks at is read while they look and a while after; the history is bounded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.world import watched
from lib.world.history import Reading
from lib.world.participant import Participant
from lib.world.watched import BYTES_AT_MOST, READINGS_AT_MOST, History, Source
from tests.support.waiting import eventually
from tests.support.worlds import PLAN, World, running_world

START = datetime(2025, 1, 2, 10, 0, tzinfo=UTC)
GROUP = Source("project_engagement", 1, "user_id", ("tasks_completed_count",))


def reading(seconds: float, value: Any) -> Reading:
    return Reading(START + timedelta(seconds=seconds), {"a": value})


def history(*readings: Reading, unit: str = "") -> list[tuple[float, Any]]:
    """What is kept of readings: seconds and values."""
    kept = History({"a": unit} if unit else {})
    for each in readings:
        kept.add(each)
    return [((each.tstamp - START).total_seconds(), each.values["a"]) for each in kept.readings]


def test_a_value_that_stays_is_kept_as_its_first_and_its_last_reading() -> None:
    readings = [reading(0, 1), reading(2, 1), reading(4, 1), reading(6, 2), reading(8, 2)]
    assert history(*readings) == [(0, 1), (4, 1), (6, 2), (8, 2)]


def test_true_and_one_are_two_values() -> None:
    assert history(reading(0, 1), reading(2, 1), reading(4, True)) == [(0, 1), (2, 1), (4, True)]


def test_a_time_that_only_climbs_is_kept_as_its_first_and_its_last_reading() -> None:
    readings = [reading(each, each / 60) for each in (0, 2, 4, 6)]
    assert history(*readings, unit="min") == [(0, 0), (6, 0.1)]


def test_a_time_that_began_anew_is_a_change() -> None:
    readings = [reading(10, 10.0), reading(12, 12.0), reading(14, 1.0)]
    assert len(history(*readings, unit="s")) == 3


def test_the_newest_readings_are_kept() -> None:
    kept = history(*(reading(each, each) for each in range(READINGS_AT_MOST + 5)))
    assert (len(kept), kept[0]) == (READINGS_AT_MOST, (5, 5))


def test_large_values_leave_room_for_fewer_readings() -> None:
    text = "x" * (BYTES_AT_MOST // 4)
    assert len(history(*(reading(each, f"{each}{text}") for each in range(9)))) == 3


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as running:
        yield running


@pytest.fixture
def participant(world: World) -> Participant:
    participant = world.join()
    participant.definitions.publish(PLAN)
    return participant


def values(participant: Participant, source: Source = GROUP) -> list[Any]:
    return [list(each.values.values())[0] for each in participant.watched.readings(source)]


def test_what_is_looked_at_is_read_at_once(participant: Participant) -> None:
    participant.watched.look([GROUP])
    assert values(participant) == [None]


def test_what_changes_after_somebody_looked_is_in_the_history(participant: Participant) -> None:
    participant.watched.look([GROUP])
    participant.complete_task("task-1")

    assert eventually(lambda: participant.watched.keep_fresh() or values(participant)[-1] == 1)
    assert values(participant)[0] is None


def test_what_nobody_looked_at_for_long_is_not_read(
    participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    participant.watched.look([GROUP])
    monkeypatch.setattr(watched, "WATCHED_SECONDS", 0.0)
    monkeypatch.setattr(participant.watched, "refresh", lambda: pytest.fail("it was read"))
    participant.watched.keep_fresh()


def test_a_new_session_has_a_history_of_its_own(participant: Participant) -> None:
    source = Source("project_engagement_service", None, "domain_sessionid", ("x",))
    participant.watched.look([source])
    assert participant.watched.readings(source)
    participant.session.renew()
    assert not participant.watched.readings(source)


def test_a_key_that_the_app_has_no_identifier_of_is_not_read(participant: Participant) -> None:
    source = Source("project_engagement_service", None, "network_userid", ("x",))
    participant.watched.look([source])
    assert (participant.watched.readings(source), participant.watched.problem([source])) == (
        [],
        None,
    )


def test_refusal_is_reported_for_its_own_source(participant: Participant) -> None:
    unknown = Source("nobody_made_it", 1, "user_id", ("x",))
    participant.watched.look([GROUP, unknown])
    assert participant.watched.problem([GROUP]) is None
    problem = participant.watched.problem([unknown])
    assert problem is not None and "nobody_made_it" in problem.message


def test_starting_over_forgets_what_was_read(participant: Participant) -> None:
    participant.watched.look([GROUP])
    participant.start_over()
    assert participant.watched.readings(GROUP) == []


def test_no_more_sources_are_read_than_a_page_shows(participant: Participant) -> None:
    many = [Source("project_engagement", 1, "user_id", (f"a{n}",)) for n in range(30)]
    for each in many:
        participant.watched.look([each])
    assert len([each for each in many if participant.watched.problem([each])]) <= (
        watched.SOURCES_AT_MOST
    )


def test_of_more_than_a_page_shows_the_first_are_read_and_are_not_new_again(
    participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [(f"a{n}",) for n in range(watched.SOURCES_AT_MOST + 3)]
    many = [Source("project_engagement", 1, "user_id", each) for each in names]
    participant.watched.look(many)
    refused = [participant.watched.problem([each]) is not None for each in many]
    assert refused == [True] * watched.SOURCES_AT_MOST + [False] * 3

    monkeypatch.setattr(type(participant.polling), "beat", 3600.0)
    again: list[bool] = []
    monkeypatch.setattr(participant.watched, "refresh", lambda: again.append(True))
    participant.watched.look(many)
    assert again == []


@pytest.mark.parametrize(
    ("source", "call"),
    [
        (
            Source("served", None, "user_id", ("a",)),
            'sp_signals.get_service_attributes("served", "user_id", "1")',
        ),
        (
            Source("mine", 2, "project_id", ("a", "b", "c", "d")),
            'sp_signals.get_group_attributes("mine", 2, ["a", "b", "c", …], "project_id", "1")',
        ),
    ],
)
def test_what_is_read_can_be_written_as_one_would(source: Source, call: str) -> None:
    assert source.call("1") == call
