"""The presenter page: what the presenter does to a room, and what it shows of it."""

import uuid
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui import room as room_elements
from lib.ui import session
from lib.ui.crowd import crowds
from lib.world.emitter import Delivery
from lib.world.event_feed import EventFeed
from tests.support.presentations import (
    members,
    presenter,  # noqa: F401 (a fixture)
    room_of,
)
from tests.support.steps import (
    alerts,
    click,
    complete,
    count,
    go_to,
    has,
    metric,
    publish,
    texts,
    world,
)
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]


def test_pause_stops_everybody_in_the_room(open_app: OpenApp, presenter: AppTest) -> None:
    publish(presenter)
    guest = open_app(sandbox=room_of(presenter).code)
    stranger = publish(open_app())
    click(presenter, "pause_room")

    for paused in (guest.run(), go_to(presenter, "board")):
        assert not paused.exception
        assert alerts(paused.info)[0][0] == "The presenter paused the room"
        assert paused.button(key="complete_task").disabled
        assert paused.button(key="complete_task-1").disabled
    assert not stranger.run().button(key="complete_task").disabled

    click(go_to(presenter, "presenter"), "pause_room")

    assert count(complete(guest.run(), 1)) == "1"


def test_click_on_a_page_that_was_drawn_before_the_pause_completes_nothing(
    open_app: OpenApp, presenter: AppTest
) -> None:
    publish(presenter)
    guest = open_app(sandbox=room_of(presenter).code)
    session.process().rooms.pause(room_of(presenter).place, True)

    complete(guest, 1)

    assert world(guest).project.filtered("done") == []


def test_nothing_is_added_started_or_begun_while_the_room_is_paused(
    open_app: OpenApp, presenter: AppTest
) -> None:
    guest = click(open_app(sandbox=room_of(presenter).code), "open_form")
    before = world(guest).project
    rooms, place = session.process().rooms, room_of(presenter).place

    for button in ("start_next", "add_task"):
        rooms.pause(place, False)
        guest.run().text_input(key="task_title").set_value("Call the printer")
        rooms.pause(place, True)
        click(guest, button)  # of a page that was drawn before

        assert not guest.exception
        assert guest.button(key=button).disabled
        assert world(guest).project == before


def test_next_sprint_waits_until_the_room_goes_on(open_app: OpenApp, presenter: AppTest) -> None:
    guest = open_app(sandbox=room_of(presenter).code)
    with world(guest).own_project.changed() as project:
        for task in list(project.tasks):
            project.complete(task.id)
    guest.run()
    session.process().rooms.pause(room_of(presenter).place, True)
    click(guest, "new_sprint")

    assert not guest.exception
    assert guest.button(key="new_sprint").disabled
    assert world(guest).project.all_done


def test_name_that_is_taken_is_said_where_and_to_whom_it_was_refused(
    open_app: OpenApp, presenter: AppTest
) -> None:
    guest = open_app(sandbox=room_of(presenter).code)
    guest.text_input(key="display_name").set_value("Presenter")
    click(guest, "choose_name")
    taken = [("", "Somebody here is already called Presenter. Add something to it.")]
    assert alerts(guest.error) == taken == alerts(guest.run().error)

    assert not go_to(guest, "guide").error and has(guest, "display_name")
    assert not go_to(guest, "board").error and has(guest, "display_name")
    guest.text_input(key="display_name").set_value("Presenter")
    assert alerts(click(guest, "choose_name").error) == taken
    assert not click(guest, "new_user").error and not guest.exception


def test_guest_who_starts_over_keeps_their_name_and_their_place(
    open_app: OpenApp, presenter: AppTest
) -> None:
    guest = open_app(sandbox=room_of(presenter).code)
    guest.text_input(key="display_name").set_value("Ana")
    click(guest, "choose_name")
    click(click(guest, "new_user"), "start_over")

    assert not guest.exception and not has(guest, "display_name")
    assert [name for name, *_ in members(presenter.run())] == ["Presenter", "Ana"]


@pytest.mark.parametrize("button", ["broken_wrong_enum", "send_composed"])
def test_guests_send_no_events_while_the_room_is_paused_and_the_presenter_does(
    open_app: OpenApp, presenter: AppTest, button: str
) -> None:
    guest = go_to(open_app(sandbox=room_of(presenter).code), "events")
    go_to(presenter, "events")
    session.process().rooms.pause(room_of(presenter).place, True)

    for at, sent in ((guest, 0), (presenter, 1)):
        before = len(world(at).emitter.delivery.events)
        click(at, button)
        assert not at.exception
        assert len(world(at).emitter.delivery.events) == before + sent

    assert guest.button(key=button).disabled and not presenter.button(key=button).disabled
    assert "The presenter paused the room" in [title for title, _ in alerts(guest.info)]


def choose(presenter: AppTest, name: str) -> AppTest:
    """Choose for whom the actions are."""
    (who,) = (each for each in presenter.selectbox if (each.key or "").startswith("who_"))
    who.select_index(who.options.index(name)).run()
    return presenter


def test_reset_is_of_the_one_who_was_chosen_whatever_they_are_called_by_now(
    open_app: OpenApp, presenter: AppTest
) -> None:
    one, other = (open_app(sandbox=room_of(presenter).code) for _ in range(2))
    complete(one, 2)
    complete(other, 2)
    click(choose(presenter.run(), "Guest 2"), "reset_room")
    session.process().rooms.rename(room_of(presenter).place, world(one).user_id, "Ada")
    click(presenter.run(), "confirm_reset")

    assert not presenter.exception
    assert [len(world(each).project.filtered("done")) for each in (one, other)] == [0, 2]


def test_question_whether_to_reset_is_gone_once_the_page_was_left(
    open_app: OpenApp, presenter: AppTest
) -> None:
    click(presenter, "reset_room")
    assert has(presenter, "confirm_reset")

    assert not has(go_to(go_to(presenter, "board"), "presenter"), "confirm_reset")


def test_reset_of_one_asks_first_and_leaves_the_others(
    open_app: OpenApp, presenter: AppTest
) -> None:
    one, other = (open_app(sandbox=room_of(presenter).code) for _ in range(2))
    publish(presenter)
    complete(one.run(), 5)
    complete(other.run(), 2)
    presenter.run()
    assert [tasks for _, tasks, _ in members(presenter)] == ["—", "5", "2"]

    click(choose(presenter, "Guest 2"), "reset_room")
    assert len(world(one).project.filtered("done")) == 5
    click(presenter, "confirm_reset")

    assert not presenter.exception
    one.run()
    assert not one.exception
    assert (count(one), has(one, "nudge"), has(one, "publish")) == ("—", False, False)
    assert world(one).project.filtered("done") == []
    assert count(other.run()) == "2"
    assert has(complete(one, 5), "nudge")


def test_reset_of_the_room_keeps_its_definitions(open_app: OpenApp, presenter: AppTest) -> None:
    publish(presenter)
    guest = complete(open_app(sandbox=room_of(presenter).code), 5)
    click(presenter.run(), "reset_room")
    click(presenter, "cancel_reset")
    assert len(world(guest).inbox) == 1
    click(presenter, "reset_room")
    click(presenter, "confirm_reset")

    assert not presenter.exception
    assert [tasks for _, tasks, _ in members(presenter.run())] == ["—", "—"]
    assert (count(guest.run()), has(guest, "nudge"), has(guest, "publish")) == ("—", False, False)
    assert world(guest).inbox == [] and world(guest).project.filtered("done") == []


def test_reset_of_the_room_takes_the_simulated_team_off_the_big_screen(presenter: AppTest) -> None:
    publish(presenter)
    for name, value in (("users", 6), ("rate", 60), ("seconds", 1)):
        presenter.number_input(key=f"crowd_{name}").set_value(value)
    click(presenter, "start_crowd")
    place = room_of(presenter).place
    assert eventually(lambda: crowds().find(place).is_over)
    click(presenter.run(), "reset_room")
    click(presenter, "confirm_reset")

    assert not presenter.exception
    assert eventually(lambda: crowds().find(place) is None)


def test_push_reaches_everybody_who_is_here(open_app: OpenApp, presenter: AppTest) -> None:
    guest = open_app(sandbox=room_of(presenter).code)
    presenter.run()
    assert eventually(lambda: world(guest).is_live and world(presenter).is_live)
    click(presenter, "push_room")

    assert not presenter.exception
    for each in (guest, presenter):
        assert eventually(lambda each=each: len(world(each).inbox) == 1)
    assert "Pushed" in texts(presenter)


def test_push_carries_the_words_that_the_presenter_typed(
    open_app: OpenApp, presenter: AppTest
) -> None:
    guest = open_app(sandbox=room_of(presenter).code)
    presenter.run()
    assert eventually(lambda: world(guest).is_live)
    presenter.text_input(key="push_headline").input("*Coffee?*")
    presenter.text_input(key="push_text").input("In the lobby.")
    click(presenter, "push_room")

    assert eventually(lambda: len(world(guest).inbox) == 1)
    assert "*Coffee?*\nIn the lobby. Pushed by the presenter." in texts(guest.run())
    assert not guest.exception


def test_push_to_somebody_who_left_says_that_nobody_listens(presenter: AppTest) -> None:
    user_id = str(uuid.uuid4())
    session.process().rooms.member(room_of(presenter).place, user_id)
    presenter.session_state["for_whom"] = user_id
    click(presenter.run(), "push_room")
    assert not presenter.exception
    assert "Not delivered: no subscriber was connected." in texts(presenter)


def test_words_of_a_push_stay_while_another_page_is_open(presenter: AppTest) -> None:
    presenter.text_input(key="push_headline").input("Coffee?").run()
    go_to(go_to(presenter, "board"), "presenter")
    assert presenter.text_input(key="push_headline").value == "Coffee?"


def test_simulated_team_comes_first_until_somebody_joins(
    open_app: OpenApp, presenter: AppTest
) -> None:
    def first() -> str:
        return str(presenter.run().header[0].value)

    assert first() == "Simulated team"
    open_app(sandbox=room_of(presenter).code)
    assert first() == "How others join"


def test_it_counts_whom_the_nudge_reached(open_app: OpenApp, presenter: AppTest) -> None:
    click(presenter, "publish")
    guest = complete(open_app(sandbox=room_of(presenter).code), 5)
    assert eventually(lambda: world(guest.run()).is_nudged)
    click(guest, "accept_nudge")
    open_app(sandbox=room_of(presenter).code)

    presenter.run()
    steps = ("Fired", "Delivered", "Received", "Handled", "Accepted")
    assert not presenter.exception
    assert [metric(presenter, each) for each in steps] == ["1"] * 5


def test_page_is_drawn_again_when_the_room_has_changed(
    open_app: OpenApp, presenter: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = room_elements.view_of(world(presenter))
    open_app(sandbox=room_of(presenter).code)
    reruns: list[bool] = []
    monkeypatch.setattr(room_elements, "looking", lambda look, _: look())
    monkeypatch.setattr(room_elements.st, "rerun", lambda: reruns.append(True))
    no_events = EventFeed(None, None, Delivery, lambda: None)
    monkeypatch.setattr(room_elements, "room_events", lambda _: no_events)

    room_elements.watch_room(world(presenter), room_elements.view_of(world(presenter)))
    assert reruns == []

    room_elements.watch_room(world(presenter), shown)
    assert reruns == [True]


def test_presenter_sees_how_far_everybody_is_and_what_they_did_last_by_name(
    open_app: OpenApp, presenter: AppTest
) -> None:
    publish(go_to(presenter, "presenter"))
    guest = complete(open_app(sandbox=room_of(presenter).code), 1)
    assert eventually(lambda: world(guest).is_live)
    go_to(guest, "guide")

    def rows() -> list[tuple[str, str]]:
        (table,) = go_to(presenter, "presenter").table
        return [(row.iloc[0], row.iloc[1]) for _, row in table.value.iterrows()]

    assert eventually(lambda: ("Guest 2", "2/10") in rows())

    def done() -> list[tuple[str, str]]:
        found = [each.value for each in presenter.run().dataframe]
        return [(row["Who"], row["Event"]) for each in found for _, row in each.iterrows()]

    assert eventually(lambda: ("Guest 2", "task_completed accepted") in done())
    assert not presenter.exception
