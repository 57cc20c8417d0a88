"""The story that plays by itself, on the pages."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.story.autoplay import INTERRUPTED, ROOM_IS_PAUSED, TROUBLE
from lib.ui import autoplay as autoplay_elements
from lib.ui import session
from lib.world.participant import Participant
from tests.support.presentations import (
    OpenApp,
    guest_of,
    on_stage,
    presenter,  # noqa: F401 (a fixture)
    room_of,
)
from tests.support.steps import click, complete, count, go_to, has, names, publish, world

RUNS_AT_MOST = 60


class Clock:
    """The time that the story is told by, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(autoplay_elements, "monotonic", clock)
    return clock


def told(at: AppTest, clock: Clock, *, until: Callable[[AppTest], bool]) -> list[str]:
    """Let the time pass until something is so; the titles of the pages on the way."""
    titles = [at.title[0].value]
    for _ in range(RUNS_AT_MOST):
        if until(at):
            return titles
        clock.seconds += 10
        at.run()
        assert not at.exception
        if at.title[0].value != titles[-1]:
            titles.append(at.title[0].value)
    raise AssertionError(f"it did not come to that: {titles} {caption(at)}")


def caption(at: AppTest) -> str:
    (said,) = at.get_by_key("autoplay").markdown
    return str(said.value).strip("*").replace("\\", "")


def is_at_the_end(at: AppTest) -> bool:
    return "That is the whole loop" in caption(at) and bool(world(at).inbox[0].answer)


def test_story_plays_to_the_end(open_app: OpenApp, clock: Clock) -> None:
    at = click(open_app(), "play_story")
    titles = told(at, clock, until=is_at_the_end)

    board = "Website relaunch"
    assert titles == [
        *(board, "Definitions", board, "Attributes", board),
        *("Assistant", "Interventions", "Events", board),
    ]
    assert (count(at), world(at).inbox[0].answer) == ("5", "accepted")
    assert names(at).count("task_completed") == 5
    assert [each.status for each in world(at).events.events].count("failed") == 1


def test_story_personalizes_the_board_and_asks_both_assistants_once(
    open_app: OpenApp, clock: Clock
) -> None:
    at = click(open_app(), "play_story")
    told(at, clock, until=lambda at: "reads the same values" in caption(at))
    at.run()
    assert has(at, "everybodys_card") and has(at, "personalized_card")

    told(at, clock, until=lambda at: at.title[0].value == "Assistant")
    at.run()
    (exchange,) = at.session_state["conversation"].exchanges
    assert "completed 5 tasks" in exchange.with_signals.text


def test_event_with_a_mistake_is_shown_where_the_story_speaks_of_it(
    open_app: OpenApp, clock: Clock
) -> None:
    at = click(open_app(), "play_story")
    told(at, clock, until=lambda at: "broken event" in caption(at) and bool(at.error))
    (failed,) = [each for each in world(at).events.events if each.status == "failed"]
    assert (at.title[0].value, at.session_state["event"]) == ("Events", failed.key)


def test_story_ends_with_ways_on(open_app: OpenApp, clock: Clock) -> None:
    at = click(open_app(), "play_story")
    told(at, clock, until=is_at_the_end)
    before = world(at).user_id
    assert "Open the guide" in {each.label for each in at.get("page_link")}

    click(at, "end_start_over")
    assert (world(at).user_id == before, has(at, "autoplay"), count(at)) == (False, False, "—")


def test_audience_sees_no_page_for_developers_while_the_story_plays(open_app: OpenApp) -> None:
    at = click(open_app(), "play_story")
    shown = [each.title for each in at.session_state["pages"] if each.visibility == "visible"]
    assert "Connection" not in shown
    click(at, "stop_story")
    shown = [each.title for each in at.session_state["pages"] if each.visibility == "visible"]
    assert "Connection" in shown


def test_story_is_paused_when_somebody_goes_elsewhere_and_goes_on_where_it_was(
    open_app: OpenApp, clock: Clock
) -> None:
    at = click(open_app(), "play_story")
    told(at, clock, until=lambda at: at.title[0].value == "Definitions")
    go_to(at, "connection")
    assert caption(at) == INTERRUPTED
    clock.seconds += 100
    at.run()
    assert at.title[0].value == "Connection"

    click(at, "pause_story")
    assert at.title[0].value == "Definitions"


def test_story_is_paused_on_the_first_click_elsewhere_among_scenes_of_one_page(
    open_app: OpenApp, clock: Clock
) -> None:
    at = click(open_app(), "play_story")
    told(at, clock, until=lambda at: "And another: 3" in caption(at))
    go_to(at, "connection")

    assert (at.title[0].value, caption(at)) == ("Connection", INTERRUPTED)


def test_story_that_came_to_nothing_tries_again_when_told_to_go_on(
    open_app: OpenApp, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_app()
    click(at, "play_story")
    told(at, clock, until=lambda at: "And another: 2" in caption(at))
    with monkeypatch.context() as stuck:
        stuck.setattr(Participant, "complete_task", lambda *_: None)
        told(at, clock, until=lambda at: caption(at) == TROUBLE)

    click(at, "pause_story")
    told(at, clock, until=is_at_the_end)
    assert count(at) == "5"


def test_scene_that_was_skipped_is_made_up_for(open_app: OpenApp, clock: Clock) -> None:
    at = click(open_app(), "play_story")
    told(at, clock, until=lambda at: "And another: 2" in caption(at))
    for _ in range(4):
        click(at, "next_scene")

    told(at, clock, until=is_at_the_end)
    assert count(at) == "5"


def test_after_the_end_any_page_can_be_opened(open_app: OpenApp, clock: Clock) -> None:
    at = click(open_app(), "play_story")
    told(at, clock, until=is_at_the_end)
    go_to(at, "connection")

    assert (at.title[0].value, has(at, "autoplay")) == ("Connection", False)


def test_story_can_be_played_again_in_a_presentation(open_app: OpenApp) -> None:
    assert has(publish(on_stage(open_app)), "play_story")


def test_story_that_is_paused_stands_still_and_can_be_taken_over(
    open_app: OpenApp, clock: Clock
) -> None:
    at = click(click(open_app(), "play_story"), "pause_story")
    clock.seconds += 100
    complete(publish(at), 2)

    assert (count(at), at.get_by_key("pause_story").label) == ("2", "Resume")
    click(at, "pause_story")
    told(at, clock, until=is_at_the_end)
    assert count(at) == "5"


def test_story_that_is_stopped_leaves_everything_as_it_is(open_app: OpenApp, clock: Clock) -> None:
    at = click(open_app(), "play_story")
    told(at, clock, until=lambda at: at.title[0].value == "Attributes")
    click(at, "stop_story")

    assert not has(at, "autoplay")
    assert at.title[0].value == "Attributes"
    assert count(go_to(at, "board")) == "4"


def test_story_waits_while_the_room_is_paused_and_goes_on_by_itself(
    open_app: OpenApp, presenter: AppTest, clock: Clock
) -> None:
    publish(presenter)
    guest = open_app(sandbox=room_of(presenter).code, mode="presentation")
    click(guest, "play_story")
    place, rooms = room_of(presenter).place, session.process().rooms
    told(guest, clock, until=lambda at: "And another" in caption(at))
    rooms.pause(place, True)
    before = len(world(guest).events.events)
    for _ in range(5):
        clock.seconds += 60
        guest.run()
    assert not guest.exception
    assert caption(guest) == ROOM_IS_PAUSED
    assert len(world(guest).events.events) == before

    rooms.pause(place, False)
    told(guest, clock, until=is_at_the_end)


def test_story_ends_for_a_new_user(open_app: OpenApp, clock: Clock) -> None:
    at = click(click(open_app(), "play_story"), "new_user")

    assert not at.exception
    assert not has(at, "autoplay")


def test_guest_who_may_not_publish_cannot_play_what_is_not_published(
    presenter: AppTest, open_app: OpenApp
) -> None:
    guest = go_to(guest_of(presenter, open_app), "guide")
    assert guest.get_by_key("play_story").disabled

    publish(presenter)
    world(guest).refresh()
    assert not guest.run().get_by_key("play_story").disabled


def test_story_of_a_guest_publishes_no_context(
    presenter: AppTest, open_app: OpenApp, clock: Clock
) -> None:
    owner = world(presenter)
    owner.definitions.publish(owner.plan)  # and not the context
    guest = open_app(sandbox=room_of(presenter).code, mode="presentation")
    click(guest, "play_story")
    told(guest, clock, until=lambda at: at.title[0].value == "Interventions")

    owner.context.refresh()
    assert owner.context.seen.is_published is False
