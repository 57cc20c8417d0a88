"""What people's own code may ask of the app at once."""

from contextlib import ExitStack

from lib.ui.route_limits import (
    LATE_AT_ONCE,
    LATE_SECONDS,
    OF_A_TOKEN,
    OPEN_OF_A_TOKEN,
    OPEN_OF_AN_ADDRESS,
    REFUSED_OF_AN_ADDRESS,
    RouteLimits,
)


def test_token_has_a_number_of_open_requests_and_another_is_not_concerned() -> None:
    limits = RouteLimits(lambda: 0.0)
    with ExitStack() as opened:
        for _ in range(OPEN_OF_A_TOKEN):
            assert opened.enter_context(limits.request("10.0.0.1", b"one")) == 0
        assert opened.enter_context(limits.request("10.0.0.2", b"one")) > 0
        assert opened.enter_context(limits.request("10.0.0.1", b"two")) == 0
    with limits.request("10.0.0.1", b"one") as wait:
        assert wait == 0


def test_address_has_a_number_of_open_requests_over_all_tokens() -> None:
    limits = RouteLimits(lambda: 0.0)
    with ExitStack() as opened:
        for number in range(OPEN_OF_AN_ADDRESS):
            assert opened.enter_context(limits.request("10.0.0.1", b"%d" % number)) == 0
        assert opened.enter_context(limits.request("10.0.0.1", b"new")) > 0
        assert opened.enter_context(limits.request("10.0.0.2", b"new")) == 0


def test_token_that_is_used_too_often_waits() -> None:
    limits = RouteLimits(lambda: 0.0)
    waits = []
    for _ in range(int(OF_A_TOKEN[1]) + 1):
        with limits.request("10.0.0.1", b"one") as wait:
            waits.append(wait)
    assert waits[:-1] == [0] * int(OF_A_TOKEN[1])
    assert waits[-1] == 1 / OF_A_TOKEN[0]


def test_address_that_is_refused_all_the_time_is_answered_late() -> None:
    limits = RouteLimits(lambda: 0.0)
    seconds = []
    for _ in range(int(REFUSED_OF_AN_ADDRESS[1]) + 1):
        with limits.refusal("10.0.0.1") as late:
            seconds.append(late)
    assert seconds == [0.0] * int(REFUSED_OF_AN_ADDRESS[1]) + [LATE_SECONDS]
    with limits.refusal("10.0.0.2") as late:
        assert late == 0.0


def test_only_so_many_late_answers_are_kept() -> None:
    limits = RouteLimits(lambda: 0.0)
    with ExitStack() as opened:
        for _ in range(int(REFUSED_OF_AN_ADDRESS[1]) + LATE_AT_ONCE):
            opened.enter_context(limits.refusal("10.0.0.1"))
        assert opened.enter_context(limits.refusal("10.0.0.1")) == 0.0
    with limits.refusal("10.0.0.1") as late:
        assert late == LATE_SECONDS
