"""The guide page: what it shows of each step, and that it can be gone through on it alone."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.connection.explanations import Explanation
from lib.story.guide import STEPS
from lib.ui import session
from tests.support.presentations import (
    guest_of,
    presenter,  # noqa: F401 (a fixture)
)
from tests.support.steps import alerts, click, complete, go_to, has, metric, publish, texts, world
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]


def progress(at: AppTest) -> str:
    return next(each.proto.text for each in at.get("progress") if "steps done" in each.proto.text)


def connected(at: AppTest) -> AppTest:
    """The guide once the app listens, which is its first step."""
    assert eventually(lambda: world(at).is_live)
    return go_to(at, "guide")


def test_every_step_says_why_and_shows_the_code_that_runs(open_app: OpenApp) -> None:
    at = connected(open_app())

    assert not at.exception
    assert [each.label for each in at.expander if each.label[0].isdigit()] == [
        f"{number}. {step.title}" for number, step in enumerate(STEPS, 1)
    ]
    assert all(step.why in texts(at) for step in STEPS)
    code = "\n".join(each.value for each in at.code)
    assert "def attribute_group(plan: Plan" in code and "def task_completed(" in code


def test_a_step_that_was_done_elsewhere_is_noticed_here(open_app: OpenApp) -> None:
    at = connected(open_app())
    assert progress(at) == "0 of 10 steps done"

    complete(go_to(at, "board"), 1)

    assert eventually(lambda: progress(go_to(at, "guide")) == "1 of 10 steps done")


def unfolded(at: AppTest) -> list[str]:
    """The steps that are unfolded, by their numbers."""
    steps = [each for each in at.expander if each.label[0].isdigit()]
    return [each.label.split(".")[0] for each in steps if each.proto.expanded]


def test_a_step_done_by_its_button_stays_unfolded_until_the_next(open_app: OpenApp) -> None:
    at = click(connected(open_app()), "do_publish")
    assert eventually(lambda: unfolded(at.run()) == ["1", "2"])
    assert "version 1, its service" in alerts(at.success)[0][1]

    click(at, "do_track")
    assert eventually(lambda: unfolded(at.run()) == ["2", "3"])
    go_to(go_to(at, "board"), "guide")
    assert not at.exception and unfolded(at) == ["3"]


def test_a_check_before_the_action_fails_with_what_to_do(open_app: OpenApp) -> None:
    at = click(connected(open_app()), "check_publish")

    assert not at.exception
    ((title, fix),) = alerts(at.warning)
    assert title.startswith("Not published: ")
    assert fix.startswith("Publish")


def test_what_a_check_missed_is_not_said_once_the_step_is_done(open_app: OpenApp) -> None:
    at = click(connected(open_app()), "check_publish")
    publish(go_to(at, "board"))

    assert eventually(lambda: progress(go_to(at, "guide")) == "1 of 10 steps done")
    assert not at.warning


def test_what_a_check_missed_is_not_said_once_something_has_happened(open_app: OpenApp) -> None:
    at = click(connected(publish(open_app())), "check_nudge")
    assert "has not arrived" in alerts(at.run().warning)[0][0]

    complete(go_to(at, "board"), 1)
    assert not go_to(at, "guide").warning and not at.exception


def test_step_whose_effect_is_gone_says_what_is_now_and_is_no_success(open_app: OpenApp) -> None:
    at = connected(publish(open_app()))
    assert eventually(lambda: progress(at.run()) == "1 of 10 steps done")
    assert "version 1, its service" in alerts(at.success)[0][1]

    world(at).definitions.unpublish()
    at.run()
    assert not at.exception and not at.success
    assert ("", "Done earlier. Now: Not everything is published.") in alerts(at.info)


def test_what_a_check_missed_is_not_said_to_another_user(open_app: OpenApp) -> None:
    at = click(connected(open_app()), "check_publish")
    click(at, "new_user")

    assert not at.exception and not at.warning


def test_doing_every_step_with_its_button_comes_to_the_finish(open_app: OpenApp) -> None:
    at = connected(open_app())
    for step in STEPS:
        if has(at, f"do_{step.key}"):
            click(at, f"do_{step.key}")
            assert not at.exception, step.key
    assert eventually(lambda: progress(at.run()) == "10 of 10 steps done")

    assert not at.exception
    assert alerts(at.success)[0][0] == "That is the whole loop"
    assert (metric(at, "Events failed"), metric(at, "Interventions received")) == ("1", "1")
    assert eventually(lambda: has(at.run(), "take_home"))


def test_progress_is_shown_on_every_page_and_stays_over_a_reload(open_app: OpenApp) -> None:
    at = go_to(connected(open_app()), "interventions")
    again = open_app(user=at.query_params["user"])

    for each in (at, again):
        assert not each.exception
        assert "Guide: 0 of 10 steps done" in [link.label for link in each.sidebar.page_link]


def test_a_reset_step_takes_back_what_it_brought(open_app: OpenApp) -> None:
    at = connected(publish(open_app()))
    assert eventually(lambda: has(go_to(at, "guide"), "do_track"))
    for key in ("track", "define"):
        click(at, f"do_{key}")
    assert eventually(lambda: has(at.run(), "reset_publish"))

    click(at, "reset_publish")

    assert not at.exception
    assert has(at, "do_publish")
    assert not world(at).seen.published.is_any  # type: ignore[union-attr]


def test_there_is_something_to_take_home_once_it_is_published(open_app: OpenApp) -> None:
    at = connected(open_app())

    assert not has(at, "take_home")
    assert eventually(lambda: "It is made from what is published." in texts(at.run()))


def test_guest_reads_the_context_that_the_presenter_published_and_publishes_none(
    presenter: AppTest, open_app: OpenApp
) -> None:
    owner = world(presenter)
    owner.definitions.publish(owner.plan)  # and not the context
    guest = go_to(guest_of(presenter, open_app), "guide")
    assert guest.button(key="do_ask").disabled
    force(guest, "do_ask")
    world(guest).context.refresh()
    assert world(guest).context.seen.is_published is False

    owner.definitions.publish_context()
    assert eventually(lambda: not guest.run().button(key="do_ask").disabled)
    click(guest, "do_ask")
    assert not guest.exception and eventually(lambda: not has(guest.run(), "do_ask"))


def test_preview_that_costs_somebody_else_money_is_not_made_for_a_visitor(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "account_ban", lambda: Explanation("Off.", "Ask."))
    at = connected(open_app())
    assert at.button(key="do_define").disabled
    force(at, "do_define")
    assert not at.exception and world(at).jobs.find("preview") is None


def force(at: AppTest, key: str) -> None:
    """Press a button that is disabled, as nobody can but with a forged message."""
    at.button(key=key).proto.disabled = False
    click(at, key)
