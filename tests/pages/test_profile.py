"""The profile page: choose, change, use, take along; and what the rest of the app makes of it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from lib.demo.demo_profile import DEFAULT, DemoProfile
from lib.demo.profile_file import to_toml
from lib.demo.profile_link import link_of
from lib.demo.ready_profiles import ready_profiles
from lib.ui import session
from tests.support.steps import (
    alerts,
    click,
    complete,
    count,
    diagnoses_of,
    everything,
    go_to,
    has,
    kept,
    metric,
    names,
    publish,
    texts,
    world,
)
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
SHOP = ready_profiles()["webshop"]


def fill(at: AppTest, **values: Any) -> AppTest:
    for name, value in values.items():
        at.get_by_key(f"profile_{name}").set_value(value)
    return at.run()


def start_from(at: AppTest, name: str) -> AppTest:
    return click(at, f"profile_ready_{name}")


def is_shop(at: AppTest) -> bool:
    return world(at).profile == SHOP


def test_page_begins_with_the_profile_in_use_and_says_what_it_is_for(open_app: OpenApp) -> None:
    at = go_to(open_app(), "profile")

    assert not at.exception
    assert at.get_by_key("profile_product").value == DEFAULT.product
    assert at.get_by_key("use_profile").disabled
    assert "Show the app as somebody else's product" in texts(at)


def test_the_preview_shows_a_card_as_the_board_does(open_app: OpenApp) -> None:
    at = fill(go_to(open_app(), "profile"), due="by", mine="Me")
    preview = " ".join(each.value for each in at.get_by_key("profile_preview").markdown)
    assert ":small[:gray[by " in preview and ":violet-badge[**Me**]" in preview


def test_a_ready_profile_is_shown_on_the_board_once_it_is_used(open_app: OpenApp) -> None:
    at = start_from(go_to(open_app(), "profile"), "webshop")
    assert world(at).profile == DEFAULT
    click(at, "use_profile")

    assert not at.exception
    assert at.query_params["profile"] == "webshop"
    go_to(at, "board")
    assert at.title[0].value == "Autumn hiking"
    assert at.get_by_key("complete_task").label == "Add to cart"
    assert metric(at, "In your cart") == "—"
    assert "over €100" in everything(at)


def test_what_the_profile_says_is_what_is_tracked_and_nudged(open_app: OpenApp) -> None:
    at = complete(publish(open_app(profile="webshop")), 5)

    assert not at.exception
    assert at.get_by_key("accept_nudge").label == "Join the club for free"
    assert "5 products for your next hike." in texts(at)
    assert metric(at, "Last price") in ("under €25", "€25 to €100", "over €100")
    *_, event = [each for each in kept(at) if each.name == "product_added"]
    assert event.schema == "iglu:com.fjordandfell/product_added/jsonschema/1-0-0"
    assert {*event.data} == {"task_id", "priority"}
    (entity,) = event.entities
    assert entity["data"] == {"project_id": "autumn-hiking", "plan": "standard delivery"}


def test_an_event_of_its_own_is_counted_checked_and_nudged(open_app: OpenApp) -> None:
    at = fill(go_to(open_app(), "profile"), event="page_read", vendor="com.acme", threshold=5)
    click(at, "use_profile")
    at = complete(publish(go_to(at, "board")), 5)

    assert not at.exception
    assert count(at) == "5" and has(at, "accept_nudge")
    read = [each for each in kept(at) if each.name == "page_read"]
    assert [each.schema for each in read] == ["iglu:com.acme/page_read/jsonschema/1-0-0"] * 5
    inspector = world(at).connection.inspector
    assert inspector is not None
    schema = "iglu:com.acme/page_read/jsonschema/1-0-0"
    assert inspector.wrong_in(schema, {"task_id": "1"}) != []
    assert "task_completed" not in names(at)


def test_an_event_without_the_vendor_of_its_schema_cannot_be_used(open_app: OpenApp) -> None:
    at = fill(go_to(open_app(), "profile"), event="page_read")

    assert not at.exception
    assert "An event of your own needs the vendor of its schema" in texts(at)
    assert "Correct these first: Vendor." in texts(at)
    assert at.get_by_key("use_profile").disabled


def test_definitions_of_another_event_are_told_until_they_are_published_again(
    open_app: OpenApp,
) -> None:
    at = complete(publish(open_app()), 1)
    click(start_from(go_to(at, "profile"), "webshop"), "use_profile")
    said = "count com.example/task_completed, but this board tracks com.fjordandfell/product_added"
    assert said in texts(at)

    complete(go_to(at, "board"), 1)
    assert said in texts(at)
    publish(at)
    complete(at, 5)
    assert not at.exception
    assert said not in texts(at) and not has(at, "publish")
    assert metric(at, "In your cart") == "5" and has(at, "accept_nudge")


def test_the_diagnosis_finds_what_is_tracked_and_not_counted(open_app: OpenApp) -> None:
    at = publish(open_app())
    click(start_from(go_to(at, "profile"), "webshop"), "use_profile")
    complete(go_to(at, "board"), 1)
    click(at, "why")

    found = diagnoses_of(at).event.verdicts
    assert eventually(lambda: "matched" in diagnoses_of(at).event.verdicts), found
    verdict = diagnoses_of(at).event.verdicts["matched"]
    assert verdict.status == "finding"
    assert "this event is com.fjordandfell/product_added/1-0-0" in verdict.evidence


def test_a_guest_of_the_room_tracks_its_event_and_is_counted(open_app: OpenApp) -> None:
    presenter = publish(open_app(profile="webshop"))
    code = session.process().rooms.new_code(world(presenter).connection.place).code
    guest = complete(open_app(sandbox=code), 5)

    assert not guest.exception
    assert metric(guest, "In your cart") == "5" and has(guest, "accept_nudge")
    assert names(guest).count("product_added") == 5


def test_a_guest_is_told_to_wait_while_another_event_is_published(open_app: OpenApp) -> None:
    presenter = publish(open_app())
    code = session.process().rooms.new_code(world(presenter).connection.place).code
    guest = open_app(sandbox=code)
    click(start_from(go_to(presenter, "profile"), "webshop"), "use_profile")
    guest.run()

    assert not guest.exception and not has(guest, "publish")
    assert alerts(guest.info)[0][0] == "The published definitions count another event"


def test_a_sandbox_that_was_emptied_gets_the_schema_again(open_app: OpenApp) -> None:
    at = publish(open_app(profile="webshop"))
    participant = world(at)
    inspector = participant.connection.inspector
    assert inspector is not None
    httpx.post(f"{participant.connection.collector_url}/reset", trust_env=False)
    schema = participant.own_event.current.schema
    assert not inspector.has_schema(schema)
    participant.polling.ask_again()

    assert eventually(lambda: inspector.has_schema(schema))


def test_its_threshold_is_proposed_where_another_is_published(open_app: OpenApp) -> None:
    at = go_to(publish(go_to(open_app(), "board")), "definitions")
    assert at.get_by_key("threshold").value == 5
    at = click(start_from(go_to(at, "profile"), "media"), "use_profile")
    assert "The published nudge fires at 5. To make it 4, publish again with 4." in texts(at)
    assert go_to(at, "definitions").get_by_key("threshold").value == 4
    publish(at)

    assert not at.exception
    assert world(at).seen.published.threshold == 4


def test_its_threshold_is_the_one_that_is_published(open_app: OpenApp) -> None:
    at = publish(open_app(profile="media"))
    assert world(at).seen.published.threshold == 4


def test_changed_fields_can_be_used_and_are_carried_by_the_address(open_app: OpenApp) -> None:
    at = fill(go_to(open_app(), "profile"), product="Palabra", action="Finish lesson")
    click(at, "use_profile")

    assert not at.exception
    wanted = DemoProfile(product="Palabra", action="Finish lesson")
    assert (world(at).profile, at.query_params["profile"]) == (wanted, link_of(wanted))
    assert world(open_app(profile=link_of(wanted))).profile == wanted


def test_invalid_value_is_reported_beside_its_field_and_not_used(open_app: OpenApp) -> None:
    at = fill(go_to(open_app(), "profile"), accent="#ffff00", logo="https://example.com/a.png")

    assert not at.exception
    assert "#ffff00 is hard to see on white." in texts(at)
    assert "This is not a logo. Use one emoji" in texts(at)
    assert "Correct these first: Logo, Accent." in texts(at)
    assert at.get_by_key("use_profile").disabled


def test_a_pasted_file_fills_the_fields(open_app: OpenApp) -> None:
    at = go_to(open_app(), "profile")
    at.get_by_key("profile_source").set_value(to_toml(SHOP))
    click(at, "read_profile")

    assert not at.exception
    assert at.get_by_key("profile_product").value == SHOP.product
    assert not at.get_by_key("use_profile").disabled


def test_pasted_nonsense_is_told_and_changes_nothing(open_app: OpenApp) -> None:
    at = go_to(open_app(), "profile")
    at.get_by_key("profile_source").set_value("product = ")
    click(at, "read_profile")

    assert not at.exception
    assert "This is not TOML" in texts(at)
    assert at.get_by_key("profile_product").value == DEFAULT.product


def test_pasted_nonsense_is_told_until_it_is_changed_and_stays_meanwhile(open_app: OpenApp) -> None:
    at = go_to(open_app(), "profile")
    at.get_by_key("profile_source").set_value("product = ")
    at = go_to(go_to(click(at, "read_profile"), "board"), "profile")
    assert at.get_by_key("profile_source").value == "product = "
    assert "This is not TOML" in texts(at)

    at.get_by_key("profile_source").set_value('product = "Palabra"').run()
    assert "This is not TOML" not in texts(at)


def test_what_was_just_typed_is_used(open_app: OpenApp) -> None:
    at = go_to(open_app(), "profile")
    at.get_by_key("profile_product").set_value("Palabra").run()
    at.get_by_key("profile_product").set_value("Palabras")
    click(at, "use_profile")
    assert not at.exception
    assert world(at).profile.product == "Palabras"


def test_fields_keep_what_was_entered_while_another_page_is_open(open_app: OpenApp) -> None:
    at = fill(go_to(open_app(), "profile"), product="Palabra")
    at = go_to(go_to(at, "board"), "profile")
    assert at.get_by_key("profile_product").value == "Palabra"


def test_markup_in_a_profile_stays_text(open_app: OpenApp) -> None:
    profile = DemoProfile(product="<b>x", project="# :red[Hi]", action="**Go** :smile:")
    at = open_app(profile=link_of(profile))

    assert not at.exception
    assert at.title[0].value == r"\# \:red\[Hi\]"
    assert at.get_by_key("complete_task").label == r"\*\*Go\*\* \:smile\:"


def test_nonsense_in_the_address_is_told_and_the_app_is_as_usual(open_app: OpenApp) -> None:
    at = open_app(profile="z1-nonsense")

    assert not at.exception
    assert alerts(at.error)[0][0] == "The profile in the address cannot be read."
    assert world(at).profile == DEFAULT
    assert "profile" not in at.query_params


def test_a_reload_and_another_page_keep_the_profile(open_app: OpenApp) -> None:
    at = go_to(open_app(profile="webshop"), "attributes")
    assert at.query_params["profile"] == "webshop"
    assert is_shop(open_app(user=at.query_params["user"]))


def test_starting_over_and_a_new_user_keep_the_profile(open_app: OpenApp) -> None:
    at = publish(open_app(profile="webshop"))
    before = world(at)
    click(at, "start_over")
    assert world(at).connection.place != before.connection.place
    assert is_shop(at) and at.query_params["profile"] == "webshop"

    click(at, "new_user")
    assert is_shop(at)


def test_guests_see_the_product_of_the_room_and_cannot_choose_another(open_app: OpenApp) -> None:
    presenter = open_app(profile="webshop")
    code = session.process().rooms.new_code(world(presenter).connection.place).code
    guest = open_app(sandbox=code, profile="media")

    assert not guest.exception
    assert is_shop(guest) and guest.query_params["profile"] == "webshop"
    go_to(guest, "profile")
    assert guest.get_by_key("use_profile").disabled
    assert any("The presenter chooses what this room shows" in t for t, _ in alerts(guest.info))


def test_when_the_presenter_changes_the_product_guests_see_it(open_app: OpenApp) -> None:
    presenter = open_app()
    code = session.process().rooms.new_code(world(presenter).connection.place).code
    guest = open_app(sandbox=code)
    before = world(guest).revision
    click(start_from(go_to(presenter, "profile"), "webshop"), "use_profile")

    assert is_shop(guest) and world(guest).revision > before


def test_the_page_is_not_in_the_menu_of_a_presentation(open_app: OpenApp) -> None:
    at = open_app(mode="presentation")
    shown = [each.title for each in at.session_state["pages"] if each.visibility == "visible"]
    assert "Profile" not in shown
    assert not has(at, "use_profile")


def test_guide_and_pages_speak_of_the_product(open_app: OpenApp) -> None:
    at = open_app(profile="webshop")
    for page in ("guide", "attributes", "events"):
        go_to(at, page)
        assert not at.exception
        assert "Press “Add to cart” on the board" in texts(at)
    assert "Press “Join the club for free” in the nudge." in texts(go_to(at, "guide"))


def test_presenter_s_desk_speaks_of_the_product(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "is_local", lambda *_: True)
    at = go_to(open_app(profile="webshop"), "presenter")
    assert not at.exception
    assert "products completed, nudged at (UTC)" in texts(at)


def test_fields_that_nobody_touched_follow_what_is_shown_and_others_stay(open_app: OpenApp) -> None:
    at = go_to(open_app(), "profile")
    world(at).shown_profile.choose("webshop", for_everyone=False)
    assert at.run().get_by_key("profile_product").value == SHOP.product

    fill(at, product="Mine")
    world(at).shown_profile.choose("project_tool", for_everyone=False)
    assert at.run().get_by_key("profile_product").value == "Mine"
    assert not at.exception
