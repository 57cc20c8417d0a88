"""Guests who build: whether the presenter lets them, and that they change nobody else's."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.studio.registry import read_registry
from tests.support.presentations import (
    OpenApp,
    guest_of,
    presenter,  # noqa: F401 (a fixture)
)
from tests.support.steps import alerts, click, go_to, has, publish, texts, world

PASTED = """\
group = StreamAttributeGroup(
    name="project_engagement", version=1, attribute_key=user_id, owner="you@example.com",
    attributes=[Attribute(name="n", type="int32", aggregation="counter", events=[
        Event(vendor="com.example", name="task_completed", version="1-0-0")])],
)
rule = RuleIntervention(
    name="mine", version=1, owner="you@example.com",
    criteria=InterventionCriterion(attribute="project_engagement:n", operator=">=", value=1),
)
"""
SECRET = """\
group = StreamAttributeGroup(
    name="others", version=1, attribute_key=domain_sessionid, owner="you@example.com",
    attributes=[Attribute(name="who", type="string", aggregation="last", events=[],
                          property=AtomicProperty(name="user_id"))],
)
"""


def let_guests_build(presenter: AppTest, may_build: bool = True) -> None:
    go_to(presenter, "presenter").toggle(key="guests_build").set_value(may_build).run()


@pytest.fixture
def guest(presenter: AppTest, open_app: OpenApp) -> AppTest:
    """A guest with a draft, in a room where the story is published."""
    publish(go_to(presenter, "presenter"))
    at = go_to(guest_of(presenter, open_app), "definitions")
    at.text_area(key="python_source").input(PASTED).run()
    return at


def names(at: AppTest) -> dict[str, Any]:
    """What the API has in the room: each name with its newest version."""
    return {
        each.name: each.newest.version
        for each in read_registry(world(at).signals).found
        if each.kind.is_versioned
    }


def test_guests_do_not_build_until_the_presenter_lets_them(guest: AppTest) -> None:
    assert guest.get_by_key("publish_draft").disabled
    assert "Guests may build their own definitions" in texts(guest)


def test_what_a_guest_builds_has_a_name_of_its_own(guest: AppTest, presenter: AppTest) -> None:
    let_guests_build(presenter)
    click(guest.run(), "publish_draft")

    assert not guest.exception
    assert names(guest) == {
        "project_engagement": 1,
        "power_user_nudge": 1,
        "project_engagement_g1": 1,
        "mine_g1": 1,
    }


def test_a_guest_who_builds_leaves_the_story_and_what_others_made(
    guest: AppTest, presenter: AppTest
) -> None:
    let_guests_build(presenter)
    click(guest.run(), "publish_draft")

    assert guest.get_by_key("publish").disabled and guest.get_by_key("unpublish").disabled
    assert has(guest, "open_interventions_power_user_nudge")
    assert not has(guest, "delete_interventions_power_user_nudge")
    assert has(guest, "delete_interventions_mine_g1")


def test_a_page_that_was_drawn_before_the_presenter_locked_publishes_nothing(
    guest: AppTest, presenter: AppTest
) -> None:
    let_guests_build(presenter)
    guest.run()
    let_guests_build(presenter, may_build=False)
    guest.get_by_key("publish_draft").click().run()

    assert not guest.exception
    assert "mine_g1" not in names(guest)


def test_a_guest_neither_previews_nor_publishes_the_ids_of_others(
    guest: AppTest, presenter: AppTest
) -> None:
    let_guests_build(presenter)
    guest.text_area(key="python_source").input(SECRET).run()

    assert not guest.exception
    assert "they are secrets" in "".join(alerts(guest.error)[0])
    assert guest.get_by_key("publish_draft").disabled
    assert guest.get_by_key("preview_draft").disabled


def test_two_guests_are_not_in_each_others_way(
    guest: AppTest, presenter: AppTest, open_app: OpenApp
) -> None:
    let_guests_build(presenter)
    click(guest.run(), "publish_draft")
    other = go_to(guest_of(presenter, open_app), "definitions")
    other.text_area(key="python_source").input(PASTED).run()
    click(other, "publish_draft")

    assert {"mine_g1", "mine_g2"} <= set(names(guest))
    assert not has(other, "delete_interventions_mine_g1")


def test_a_guest_who_becomes_another_user_keeps_what_they_built(
    guest: AppTest, presenter: AppTest
) -> None:
    let_guests_build(presenter)
    click(guest.run(), "publish_draft")
    click(guest, "new_user")

    assert has(go_to(guest, "definitions"), "delete_interventions_mine_g1")


def test_a_guest_gives_words_to_nothing_but_their_own(guest: AppTest, presenter: AppTest) -> None:
    let_guests_build(presenter)
    presenters = world(presenter)
    go_to(presenter, "definitions").text_area(key="python_source").input(
        PASTED.replace("project_engagement", "other")
    ).run()
    click(presenter, "publish_draft")
    assert "mine" in names(presenter) and presenters.words_of("mine").is_empty

    fields = [
        each
        for each in go_to(guest, "interventions").text_input
        if (each.key or "").startswith("words_headline_mine_")
    ]
    assert [each.disabled for each in fields] == [True]
