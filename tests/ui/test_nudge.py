"""How far a user is from the nudge, and what the banner says."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lib.demo.demo_profile import DEFAULT
from lib.demo.own_words import OwnWords
from lib.text import plain
from lib.ui.nudge import NudgeProgress, progress
from tests.support.steps import unescaped


@pytest.mark.parametrize(
    ("count", "threshold", "expected"),
    [
        (
            None,
            None,
            NudgeProgress(0.0, "Your progress to the nudge shows here once it is published"),
        ),
        (9, None, NudgeProgress(0.0, "Your progress to the nudge shows here once it is published")),
        (None, 5, NudgeProgress(0.0, "0 of 5: 5 more to the nudge")),
        (3, 5, NudgeProgress(0.6, "3 of 5: 2 more to the nudge")),
        (
            5,
            5,
            NudgeProgress(1.0, "5 is past 5. The nudge is sent when the threshold is crossed"),
        ),
        (
            8.0,
            5.0,
            NudgeProgress(1.0, "8 is past 5. The nudge is sent when the threshold is crossed"),
        ),
    ],
)
def test_progress_is_the_part_of_the_threshold_that_was_counted(
    count: float | None, threshold: float | None, expected: NudgeProgress
) -> None:
    assert progress(count, threshold, is_received=False) == expected


@pytest.mark.parametrize("count", [None, 0, 3, 5, 8])
def test_progress_is_complete_once_the_nudge_is_there(count: float | None) -> None:
    said = "The nudge at 5 was sent. Each user gets it once"
    assert progress(count, 5, is_received=True) == NudgeProgress(1.0, said)


def test_rule_that_asks_for_more_than_a_count_replaces_the_progress() -> None:
    assert progress(3, None, is_received=False, rule="a and b") == NudgeProgress(
        0.0, "The nudge's rule: `a and b`"
    )


@pytest.fixture(autouse=True)
def lone_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page on its own has no board to link to: what the link says is text."""
    monkeypatch.setattr(st, "page_link", lambda _page, *, label, **_: st.markdown(label))


def bar(participant: object) -> None:
    from lib.ui.nudge import show_nudge_bar

    show_nudge_bar(participant)  # type: ignore[arg-type]


def card(participant: object) -> None:
    from lib.ui.nudge import show_nudge_card

    show_nudge_card(participant)  # type: ignore[arg-type]


def told(participant: object) -> None:
    from lib.ui.nudge import tell_in_passing

    tell_in_passing(participant)  # type: ignore[arg-type]


def received(name: str, answer: str | None = None, **attributes: str) -> Any:
    intervention = SimpleNamespace(name=name, version=2, attributes=attributes)
    return SimpleNamespace(
        id=name, intervention=intervention, answer=answer, shown=None, problem="", is_test=False
    )


def with_inbox(show: Any, *inbox: Any, words: OwnWords | None = None) -> tuple[AppTest, list[Any]]:
    """A page of somebody with this inbox, the newest first, and what they were shown."""
    shown: list[Any] = []
    names = SimpleNamespace(intervention="our_nudge")
    someone = SimpleNamespace(
        inbox=list(inbox),
        names=names,
        note_shown=lambda received, problem="": shown.append(
            (received, problem) if problem else received
        ),
        answer=lambda *_: None,
        words_of=lambda _: words or OwnWords(),
        profile=DEFAULT,
        seen=SimpleNamespace(count=5, published=SimpleNamespace(threshold=5)),
    )
    at = AppTest.from_function(show, args=(someone,)).run()
    assert not at.exception
    return at, shown


def keys(at: AppTest) -> list[str | None]:
    return [each.key for each in at.button]


def said(at: AppTest) -> str:
    return unescaped(" ".join(each.value for each in (*at.markdown, *at.caption)))


@pytest.mark.parametrize("show", [bar, card])
def test_answered_interventions_have_no_buttons(show: Any) -> None:
    inbox = received("our_nudge", "accepted"), received("other", "dismissed")
    at, shown = with_inbox(show, *inbox)
    assert (keys(at), shown) == ([], [])


@pytest.mark.parametrize("show", [bar, card])
def test_only_the_newest_is_shown_and_counts_as_shown(show: Any) -> None:
    newest = received("our_nudge", tasks="5", priority="high")
    at, shown = with_inbox(show, newest, received("other"), received("old", "dismissed"))
    assert "1 more after this." in said(at)
    assert keys(at) == ["accept_nudge", "dismiss_nudge"]
    assert shown == [newest]


def test_card_has_the_products_words_and_the_rule_behind_them() -> None:
    at, _ = with_inbox(card, received("our_nudge", tasks="5", priority="high"))
    assert at.markdown[0].value.startswith(f"#### {plain(DEFAULT.headline)}")
    assert "You finished 5 tasks this week." in said(at)
    assert "Signals sent `our_nudge`, version 2." in said(at)
    assert "Its rule: `tasks_completed_count >= 5`." in said(at)


@pytest.mark.parametrize(
    ("answer", "words"), [("accepted", DEFAULT.accepted), ("dismissed", "You dismissed it.")]
)
def test_answer_stays_on_the_card_with_what_was_tracked(answer: str, words: str) -> None:
    at, _ = with_inbox(card, received("our_nudge", answer))
    assert said(at) == f":material/mail: {words} Tracked as nudge_interaction."


@pytest.mark.parametrize("show", [bar, card])
def test_other_interventions_can_only_be_dismissed(show: Any) -> None:
    at, _ = with_inbox(show, received("hello_from_the_app"))
    assert "`hello_from_the_app` arrived" in said(at)
    assert keys(at) == ["dismiss_nudge"]


def test_without_words_an_intervention_says_its_name_and_its_values() -> None:
    at, _ = with_inbox(card, received("rest", minutes="90", a="1", b="2", c="3"))
    expected = "#### `rest` arrived\nVersion 2, with `minutes: 90`, `a: 1`, `b: 2` and 1 more."
    assert at.markdown[0].value == expected


WORDS = OwnWords("Rest, *now*", "{minutes} minutes, {nothing}", "Take a break")


def test_somebody_s_words_are_shown_as_text_with_their_values() -> None:
    at, _ = with_inbox(card, received("rest", minutes="90.123"), words=WORDS)
    assert unescaped(at.markdown[0].value) == "#### Rest, *now*\n90.12 minutes, {nothing}"
    assert plain("*now*") in at.markdown[0].value
    assert [each.label for each in at.button] == ["Take a break", "Dismiss"]


def test_the_bar_has_the_headline_that_somebody_wrote() -> None:
    at, _ = with_inbox(bar, received("rest", minutes="90"), words=WORDS)
    assert "Rest, *now*" in said(at) and "90 minutes" not in said(at)


def test_pressing_a_button_of_ones_own_is_confirmed() -> None:
    at, _ = with_inbox(card, received("rest", "accepted"), words=WORDS)
    assert "You pressed “Take a break”." in said(at)


def test_the_story_keeps_the_words_of_its_profile() -> None:
    at, _ = with_inbox(card, received("our_nudge"), words=WORDS)
    assert "Rest" not in said(at)


def test_brief_note_appears_once() -> None:
    words = OwnWords("Rest", is_told_only=True)
    at, shown = with_inbox(told, received("rest", minutes="90"), words=words)
    assert [each.value for each in at.toast] == ["**Rest**  \nVersion 2, with `minutes: 90`."]
    assert [each.id for each in shown] == ["rest"]

    seen = received("rest")
    seen.shown = "before"
    at, shown = with_inbox(told, seen, words=words)
    assert (len(at.toast), shown) == (0, [])


@pytest.mark.parametrize("show", [bar, card])
def test_brief_note_is_not_a_nudge(show: Any) -> None:
    at, shown = with_inbox(show, received("rest"), words=OwnWords("Rest", is_told_only=True))
    assert (keys(at), shown) == ([], [])


@pytest.mark.parametrize("show", [bar, card])
def test_intervention_that_cannot_be_shown_is_recorded_and_reported(show: Any) -> None:
    broken = received("other")
    broken.intervention.attributes = 5
    at, shown = with_inbox(show, broken)
    assert [each.value for each in at.warning] == [
        "The Interventions page has all of it, and the server's log has the reason."
    ]
    ((noted, problem),) = shown
    assert noted is broken
    assert problem.startswith("AttributeError: 'int' object has no attribute")
