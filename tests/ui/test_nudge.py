"""How far a user is from the nudge, and what the banner says."""

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.demo.demo_profile import DEFAULT
from lib.ui.nudge import Progress, progress


@pytest.mark.parametrize(
    ("count", "threshold", "expected"),
    [
        (None, None, Progress(0.0, "Your progress to the nudge shows here once it is published")),
        (9, None, Progress(0.0, "Your progress to the nudge shows here once it is published")),
        (None, 5, Progress(0.0, "0 of 5: 5 more to the nudge")),
        (3, 5, Progress(0.6, "3 of 5: 2 more to the nudge")),
        (
            5,
            5,
            Progress(1.0, "5 is past 5. The nudge is sent when the threshold is crossed"),
        ),
        (
            8.0,
            5.0,
            Progress(1.0, "8 is past 5. The nudge is sent when the threshold is crossed"),
        ),
    ],
)
def test_progress_is_the_part_of_the_threshold_that_was_counted(
    count: float | None, threshold: float | None, expected: Progress
) -> None:
    assert progress(count, threshold, is_received=False) == expected


@pytest.mark.parametrize("count", [None, 0, 3, 5, 8])
def test_whoever_has_the_nudge_is_done_whatever_is_counted_now(count: float | None) -> None:
    said = "The nudge at 5 was sent. Each user gets it once"
    assert progress(count, 5, is_received=True) == Progress(1.0, said)


def show(participant: object) -> None:
    from lib.ui.nudge import show_nudge

    show_nudge(participant)  # type: ignore[arg-type]


def received(name: str, answer: str | None = None, **attributes: str) -> Any:
    intervention = SimpleNamespace(name=name, version=2, attributes=attributes)
    return SimpleNamespace(intervention=intervention, answer=answer)


def with_inbox(*inbox: Any) -> tuple[AppTest, list[Any]]:
    """A page of somebody with this inbox, the newest first, and what they were shown."""
    shown: list[Any] = []
    names = SimpleNamespace(intervention="our_nudge")
    someone = SimpleNamespace(
        inbox=list(inbox),
        names=names,
        note_shown=shown.append,
        answer=lambda *_: None,
        profile=DEFAULT,
        seen=SimpleNamespace(count=5),
    )
    at = AppTest.from_function(show, args=(someone,)).run()
    assert not at.exception
    return at, shown


def keys(at: AppTest) -> list[str | None]:
    return [each.key for each in at.button]


def test_answered_interventions_are_not_shown() -> None:
    at, shown = with_inbox(received("our_nudge", "accepted"), received("other", "dismissed"))
    assert (keys(at), list(at.info), shown) == ([], [], [])


def test_banner_says_why_and_only_the_newest_counts_as_shown() -> None:
    newest = received("our_nudge", tasks="5", priority="high")
    at, shown = with_inbox(newest, received("other"), received("old", "dismissed"))
    (banner,) = at.info
    assert banner.value == (
        "Signals sent `our_nudge` v2 with `tasks: 5` and 1 more. 1 more after this."
    )
    assert keys(at) == ["accept_nudge", "dismiss_nudge"]
    assert shown == [newest]


def test_other_interventions_can_only_be_dismissed() -> None:
    at, _ = with_inbox(received("hello_from_the_app"))
    (banner,) = at.info
    assert banner.value == "Signals sent `hello_from_the_app` v2."
    assert keys(at) == ["dismiss_nudge"]
