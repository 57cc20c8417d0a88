"""The schemas on the events page: to read, to add, to delete; and what the forms know of them."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.diagnosis.schema_draft import composed
from lib.diagnosis.schema_form import schemas
from tests.support.presentations import (
    guest_of,
    presenter,  # noqa: F401 (a fixture)
)
from tests.support.steps import alerts, click, go_to, has, texts, world

OpenApp = Callable[..., AppTest]
ROW = {"field": "amount", "type": "integer", "required": True, "values": "", "meaning": ""}
ORDER = composed("com.acme", "order", "1-0-0", "An order", [ROW])


def opened(open_app: OpenApp) -> AppTest:
    at = go_to(open_app(), "events")
    at.radio(key="schema_as").set_value("JSON").run()
    return at


def add(at: AppTest, schema: object) -> AppTest:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    at.text_area(key="schema_json").set_value(text).run()
    return click(at, "add_schema")


def labels(at: AppTest, key: str) -> list[str]:
    return list(at.selectbox(key=key).options)


def test_an_added_schema_is_shown_and_known_to_the_composer(open_app: OpenApp) -> None:
    at = add(opened(open_app), ORDER)

    assert not at.exception
    assert "Added: `iglu:com.acme/order/jsonschema/1-0-0`" in alerts(at.success)[0][1]
    assert at.selectbox(key="schema").value.label == "order 1-0-0 of com.acme"
    assert at.get_by_key("add_schema").disabled  # it would add the same again
    assert "order 1-0-0 of com.acme" in labels(at, "compose_schema")


def test_the_sandbox_says_which_example_passes(open_app: OpenApp) -> None:
    at = opened(open_app)
    assert "The sandbox accepts it." in texts(at)
    assert "is a required property" in texts(at)


def test_a_refused_schema_says_where(open_app: OpenApp) -> None:
    broken = ORDER | {"properties": {"amount": {"type": "text"}}}
    at = add(opened(open_app), broken)

    ((title, advice),) = alerts(at.error)
    assert title.startswith("The sandbox refused it. properties.amount.type: it must be")
    assert advice == "Correct it there. Nothing was changed."


def test_what_is_no_json_is_told_before_it_is_sent(open_app: OpenApp) -> None:
    at = opened(open_app)
    at.text_area(key="schema_json").set_value('{"a": }').run()

    assert "This is not JSON" in alerts(at.error)[0][1]
    assert at.get_by_key("add_schema").disabled


def test_an_own_schema_can_be_deleted(open_app: OpenApp) -> None:
    at = go_to(open_app(), "events")
    assert not has(at, "delete_schema")
    at.radio(key="schema_as").set_value("JSON").run()
    click(add(at, ORDER), "delete_schema").run()

    assert not at.exception
    assert "order 1-0-0 of com.acme" not in labels(at, "schema")


def test_one_that_was_chosen_to_compose_and_deleted_gives_way_to_the_first_choice(
    open_app: OpenApp,
) -> None:
    at = add(opened(open_app), ORDER)
    chooser = at.selectbox(key="compose_schema")
    first = chooser.value.label
    chooser.select_index(chooser.options.index("order 1-0-0 of com.acme")).run()
    go_to(go_to(at, "board"), "events")
    assert at.selectbox(key="compose_schema").value.label == "order 1-0-0 of com.acme"

    looked_at = at.selectbox(key="schema")
    looked_at.select_index(looked_at.options.index("order 1-0-0 of com.acme")).run()
    click(at, "delete_schema").run()
    assert not at.exception
    assert at.selectbox(key="compose_schema").value.label == first
    go_to(go_to(at, "board"), "events")
    assert not at.exception
    assert at.selectbox(key="compose_schema").value.label == first


def test_why_one_could_not_be_deleted_is_not_said_of_another(open_app: OpenApp) -> None:
    newer = composed("com.acme", "order", "1-0-1", "An order, in pieces", [ROW])
    at = add(add(opened(open_app), ORDER), newer)
    chooser = at.selectbox(key="schema")
    older, newest = (
        chooser.options.index(f"order {each} of com.acme") for each in ("1-0-0", "1-0-1")
    )
    click(chooser.select_index(older).run(), "delete_schema")
    assert len(alerts(at.error)) == 1

    assert not at.selectbox(key="schema").select_index(newest).run().error
    assert len(at.selectbox(key="schema").select_index(older).run().error) == 1
    assert not go_to(go_to(at, "board"), "events").error and not at.exception


def test_a_deleted_schema_is_no_longer_said_to_be_added(open_app: OpenApp) -> None:
    at = click(add(opened(open_app), ORDER), "delete_schema").run()
    assert not at.exception
    assert not at.success


def test_what_was_just_pasted_is_added(open_app: OpenApp) -> None:
    at = opened(open_app)
    at.text_area(key="schema_json").set_value(json.dumps(ORDER))
    click(at, "add_schema")
    assert not at.exception
    assert at.selectbox(key="schema").value.label == "order 1-0-0 of com.acme"


def test_the_form_keeps_what_was_typed_while_something_else_is_open(open_app: OpenApp) -> None:
    at = go_to(open_app(), "events")
    at.text_input(key="schema_name").set_value("order_paid").run()
    at.radio(key="schema_as").set_value("JSON").run()
    at.radio(key="schema_as").set_value("Form").run()
    assert at.text_input(key="schema_name").value == "order_paid"

    go_to(go_to(at, "board"), "events")
    assert at.text_input(key="schema_name").value == "order_paid"
    assert not at.exception


def test_refusal_of_a_schema_is_shown_until_it_is_changed(open_app: OpenApp) -> None:
    at = add(opened(open_app), ORDER | {"properties": {"amount": {"type": "text"}}})
    assert at.error
    at.text_area(key="schema_json").set_value(json.dumps(ORDER)).run()
    assert not at.error


def test_the_apps_own_vendor_is_refused_before_anything_is_sent(open_app: OpenApp) -> None:
    at = go_to(open_app(), "events")
    at.text_input(key="schema_vendor").set_value(world(at).tracking.vendor).run()
    ((title, _),) = alerts(at.error)
    assert title == "com.example is the vendor of this app's own events."
    assert at.get_by_key("add_schema").disabled

    at.text_input(key="schema_vendor").set_value("com.acme").run()
    assert not at.error and not at.get_by_key("add_schema").disabled


def test_a_guest_of_a_room_sees_added_schemas_and_adds_none(
    presenter: AppTest, open_app: OpenApp
) -> None:
    inspector = world(presenter).connection.inspector
    assert inspector is not None
    inspector.add_schema(ORDER)
    guest = go_to(guest_of(presenter, open_app), "events")

    assert not guest.exception
    assert "order 1-0-0 of com.acme" in labels(guest, "schema")
    assert not has(guest, "add_schema") and "the presenter adds schemas" in texts(guest)


def test_snowplows_own_schemas_are_used_once_they_are_switched_on(open_app: OpenApp) -> None:
    at = opened(open_app)
    assert not at.toggle(key="more_schemas").value
    at.toggle(key="more_schemas").set_value(True).run()

    assert not at.exception and not at.error
    assert at.toggle(key="more_schemas").value
    assert world(at).connection.inspector.more_schemas()[0]


@pytest.mark.parametrize("readable", [["project", "task_added"], []])
def test_events_page_is_drawn_with_whatever_schemas_can_be_read(
    readable: list[str], open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tuple(each for each in schemas() if each.name in readable)
    for page in ("composer", "schemas"):
        monkeypatch.setattr(f"lib.ui.{page}.schemas", lambda: left)
    at = go_to(open_app(), "events")

    assert not at.exception
    chosen = [each.value.name for each in at.selectbox if each.key in ("schema", "compose_schema")]
    assert chosen == [readable[0]] * 2 if readable else chosen == []
