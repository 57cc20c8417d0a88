"""What makes demos easy: presentation mode, starting over, and the story that tells itself."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.connection.settings import UUID
from lib.story.autoplay import INTERRUPTED, TROUBLE
from lib.ui import autoplay as autoplay_elements
from lib.ui import session
from lib.ui.presentation import LEFT_OUT
from tests.support.steps import click, complete, count, go_to, has, names, publish, texts, world

OpenApp = Callable[..., AppTest]
PAGES = ("board", "guide", "definitions", "attributes", "interventions", "events")
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


@pytest.fixture
def presenter(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A session on the machine that the app runs on, which has opened its room."""
    monkeypatch.setattr(session, "is_local", lambda *_: True)
    return go_to(open_app(), "presenter")


def guest_of(presenter: AppTest, open_app: OpenApp) -> AppTest:
    room = session.process().rooms.find(world(presenter).connection.place)
    assert room is not None and room.code is not None
    return open_app(sandbox=room.code)


# Presentation mode


def on_stage(open_app: OpenApp) -> AppTest:
    return open_app(mode="presentation")


def test_no_page_of_a_presentation_shows_an_id_or_code(open_app: OpenApp) -> None:
    at = click(complete(publish(on_stage(open_app)), 5), "why")
    event_ids = [each.event_id for each in world(at).emitter.delivery.events]

    for page in PAGES:
        go_to(at, page)
        assert not at.exception
        shown = texts(at)
        assert at.query_params["user"] not in shown, page
        assert not any(event_id in shown for event_id in event_ids), page
        assert not any(UUID.search(each.value) for each in at.json), page
        assert not at.code, page


def test_pages_for_developers_and_presenters_are_not_in_the_menu_of_a_presentation(
    open_app: OpenApp,
) -> None:
    at = on_stage(open_app)
    hidden = [each.title for each in at.session_state["pages"] if each.visibility == "hidden"]
    assert hidden == list(LEFT_OUT)


def test_presentation_stays_one_from_page_to_page_and_in_the_address(open_app: OpenApp) -> None:
    at = go_to(on_stage(open_app), "definitions")

    assert at.query_params["mode"] == "presentation"
    assert not has(at, "owner")


def test_definitions_can_be_published_in_a_presentation(open_app: OpenApp) -> None:
    at = click(go_to(on_stage(open_app), "definitions"), "publish")

    assert not at.exception
    published = world(at).seen.published
    assert published is not None and published.is_complete


def test_switch_ends_the_presentation_and_begins_it_again(open_app: OpenApp) -> None:
    at = go_to(on_stage(open_app), "definitions")
    at.get_by_key("presentation").set_value(False).run()
    assert (has(at, "owner"), "mode" in at.query_params) == (True, False)

    at.get_by_key("presentation").set_value(True).run()
    assert (has(at, "owner"), at.query_params["mode"]) == (False, "presentation")


def test_another_mode_in_the_address_is_none(open_app: OpenApp) -> None:
    at = go_to(open_app(mode="nonsense"), "definitions")

    assert not at.exception
    assert has(at, "owner")


# Starting over


def test_starting_over_is_as_if_nothing_had_happened(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 5), "definitions")
    at.get_by_key("threshold").set_value(9).run()
    before = at.query_params["user"], world(at).connection.token
    click(at, "start_over")

    assert not at.exception
    assert (count(at), has(at, "publish"), has(at, "nudge")) == ("—", True, False)
    after = at.query_params["user"], world(at).connection.token
    assert not set(before) & set(after)
    assert go_to(at, "definitions").get_by_key("threshold").value == 5


def test_starting_over_in_company_leaves_the_definitions_to_the_others(
    presenter: AppTest, open_app: OpenApp
) -> None:
    publish(presenter)
    guest = complete(guest_of(presenter, open_app), 1)
    token = world(guest).connection.token
    click(guest, "start_over")

    assert not guest.exception
    assert (count(guest), world(guest).connection.token) == ("—", token)
    assert "Nothing is published yet" not in texts(guest)


def test_presenter_who_starts_over_stays_in_the_room_that_others_are_invited_to(
    presenter: AppTest,
) -> None:
    token = world(presenter).connection.token
    click(presenter, "start_over")

    assert not presenter.exception
    assert world(presenter).connection.token == token


# From page to page


def test_pages_lead_to_the_next_and_back(open_app: OpenApp) -> None:
    at = open_app()
    assert not has(at, "previous_page")
    click(at, "next_page")
    assert at.title[0].value == "Guide"
    click(at, "previous_page")
    assert at.title[0].value == "Website relaunch"


def test_presentation_leads_past_what_it_leaves_out(open_app: OpenApp) -> None:
    at = click(on_stage(open_app), "next_page")
    assert at.title[0].value == "Definitions"
    assert not has(go_to(at, "events"), "next_page")


# The story that tells itself


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
    return str(said.value).strip("*")


def is_at_the_end(at: AppTest) -> bool:
    return "That is the whole loop" in caption(at) and bool(world(at).inbox[0].answer)


def test_story_tells_itself_to_the_end(open_app: OpenApp, clock: Clock) -> None:
    at = click(open_app(), "play_story")
    titles = told(at, clock, until=is_at_the_end)

    board = "Website relaunch"
    assert titles == [
        *(board, "Definitions", board, "Attributes", board, "Interventions", "Events", board)
    ]
    assert (count(at), world(at).inbox[0].answer) == ("5", "accepted")
    assert names(at).count("task_completed") == 5


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
    open_app: OpenApp, clock: Clock
) -> None:
    at = open_app()
    rooms, place = session.process().rooms, world(at).connection.place
    rooms.open(place, with_code=True)
    click(at, "play_story")
    told(at, clock, until=lambda at: "And another: 2" in caption(at))
    rooms.pause(place, True)
    told(at, clock, until=lambda at: caption(at) == TROUBLE)
    rooms.pause(place, False)

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


def test_who_has_seen_the_end_goes_where_they_like(open_app: OpenApp, clock: Clock) -> None:
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

    assert (count(at), at.get_by_key("pause_story").label) == ("2", "Go on")
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


def test_story_ends_for_who_becomes_somebody_else(open_app: OpenApp, clock: Clock) -> None:
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
