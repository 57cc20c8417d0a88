"""A session ends after half an hour without activity, or when somebody asks for a new one."""

from datetime import UTC, datetime, timedelta

import pytest

from lib.snowplow.session_id import QUIET, SessionId


class Clock:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(clock: Clock) -> SessionId:
    return SessionId(lambda: clock.now)


def test_session_goes_on_while_something_happens_each_half_hour(session, clock):
    first = session.current()
    for _ in range(5):
        clock.now += QUIET - timedelta(seconds=1)
        assert session.current() == first


def test_half_an_hour_without_activity_begins_a_new_session(session, clock):
    first = session.current()
    clock.now += QUIET
    second = session.current()
    assert second != first
    assert session.current() == second


def test_looking_at_the_id_does_not_extend_the_session(session, clock):
    first = session.current()
    clock.now += QUIET / 2
    assert session.known == first
    clock.now += QUIET / 2
    assert session.current() != first


def test_new_session_can_be_asked_for(session):
    first = session.current()
    session.renew()
    assert first != session.known == session.current()
