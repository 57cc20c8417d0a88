"""How large a simulated team may be, and what is due when."""

import pytest

from lib.people.crowd_progress import IN_THE_SANDBOX, ON_AN_ACCOUNT, Size, starting_problem
from lib.snowplow.definitions import Names
from lib.snowplow.publishing import Published, published
from tests.support.crowds import (
    place,  # noqa: F401 (a fixture)
)


def test_events_are_due_at_the_rate_and_never_more_than_asked():
    size = Size(users=3, rate=5, seconds=2)
    assert [size.due(each) for each in (0.0, 0.19, 0.2, 1.0, 2.0, 99.0)] == [0, 0, 1, 5, 10, 10]


@pytest.mark.parametrize(
    "size", [Size(51, 5, 60), Size(50, 6, 60), Size(50, 5, 61), Size(0, 1, 1), Size(1, 0, 1)]
)
def test_on_an_account_no_part_may_be_beyond_the_limit(place, size):
    place.publish()
    connection = place.connect()
    complete = published(connection.signals, Names())
    connection.close()
    assert starting_problem(ON_AN_ACCOUNT, ON_AN_ACCOUNT, complete) is None
    problem = starting_problem(size, ON_AN_ACCOUNT, complete)
    assert problem is not None
    assert problem.advice == "Choose at most 50 users, 5 events a second and 60 seconds."


def test_without_definitions_it_says_so():
    problem = starting_problem(Size(1, 1, 1), IN_THE_SANDBOX, Published())
    assert problem is not None
    assert problem.message == "The definitions are not published, so nobody would be counted."
