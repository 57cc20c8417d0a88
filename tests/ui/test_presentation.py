"""Presentation mode: what an audience does not see."""

from lib.text import UUID
from lib.ui.presentation import LEFT_OUT
from tests.support.presentations import (
    OpenApp,
    on_stage,
)
from tests.support.steps import click, complete, go_to, has, publish, texts, world

PAGES = ("board", "guide", "definitions", "attributes", "interventions", "events")


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
    assert hidden == [*LEFT_OUT, "Mistakes"]  # which the guide leads to


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
