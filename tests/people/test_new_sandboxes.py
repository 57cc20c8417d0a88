"""What one visitor makes counts against that visitor, and against nobody else."""

import pytest

from lib.people.new_sandboxes import OF_A_SESSION, OF_AN_ADDRESS, VISITORS_KEPT, NewSandboxes


@pytest.fixture
def seconds() -> list[float]:
    return [0.0]


@pytest.fixture
def new_sandboxes(seconds: list[float]) -> NewSandboxes:
    return NewSandboxes(lambda: seconds[0])


def test_session_makes_some_at_once_and_then_one_now_and_then(
    new_sandboxes: NewSandboxes, seconds: list[float]
) -> None:
    waits = [new_sandboxes.wait("a", "10.0.0.5") for _ in range(OF_A_SESSION[1] + 2)]
    assert waits == [0] * OF_A_SESSION[1] + [10, 10]
    seconds[0] += 10
    assert [new_sandboxes.wait("a", "10.0.0.5") for _ in range(2)] == [0, 10]


def test_one_session_does_not_keep_another_waiting(new_sandboxes: NewSandboxes) -> None:
    for _ in range(1_000):
        new_sandboxes.wait("a", "10.0.0.5")
    assert new_sandboxes.wait("b", "10.0.0.5") == 0


def test_reloading_does_not_help_for_long(new_sandboxes: NewSandboxes) -> None:
    waits = [new_sandboxes.wait(f"session {n}", "10.0.0.5") for n in range(OF_AN_ADDRESS[1] + 1)]
    assert waits == [0] * OF_AN_ADDRESS[1] + [1 / OF_AN_ADDRESS[0]]
    assert new_sandboxes.wait("another", "10.0.0.6") == 0


def test_no_more_visitors_are_remembered_than_have_a_place(new_sandboxes: NewSandboxes) -> None:
    for number in range(VISITORS_KEPT + 50):
        new_sandboxes.wait(f"session {number}", f"2001:db8::{number:x}")
    assert len(new_sandboxes._sessions) == len(new_sandboxes._addresses) == VISITORS_KEPT
