"""The studio on the definitions page, as AppTest runs it."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.demo.own_words import OwnWords
from lib.diagnosis.schema_draft import composed
from lib.studio.readable import keys_of
from lib.studio.templates import TEMPLATES
from tests.support.steps import (
    alerts,
    click,
    complete,
    go_to,
    has,
    publish,
    texts,
    unescaped,
    world,
)
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
ORDER = "order 1-0-0 of com.acme"

PASTED = """\
from datetime import timedelta
from snowplow_signals import StreamAttributeGroup, Attribute, Event, Service, user_id

started = Event(vendor="com.example", name="task_completed", version="1-0-0")
pasted = StreamAttributeGroup(
    name="pasted", version=1, attribute_key=user_id, owner="you@example.com",
    attributes=[Attribute(name="n", type="int32", aggregation="counter", events=[started],
                          period=timedelta(days=1))],
)
bundle = Service(name="bundle", owner="you@example.com", attribute_groups=[pasted])
sp_signals.publish([pasted, bundle])
"""

WITH_RULE = PASTED.replace(
    "StreamAttributeGroup,", "StreamAttributeGroup, RuleIntervention, InterventionCriterion,"
).replace(
    "sp_signals.publish([pasted, bundle])",
    """\
hurrah = RuleIntervention(
    name="hurrah", version=1, owner="you@example.com",
    criteria=InterventionCriterion(attribute="pasted:n", operator=">=", value=1),
)
sp_signals.publish([pasted, bundle, hurrah])""",
)


def open_studio(open_app: OpenApp) -> AppTest:
    return go_to(open_app(), "definitions")


def start_from(at: AppTest, key: str) -> AppTest:
    (template,) = (each for each in TEMPLATES if each.key == key)
    at.selectbox(key="template").select(template).run()
    return at


def field(at: AppTest, name: str) -> Any:
    """A field of the form by the start of its key."""
    found = [
        each
        for kind in (at.text_input, at.selectbox, at.multiselect)
        for each in kind
        if each.key and each.key.rpartition("_")[0] == name
    ]
    assert len(found) == 1, [each.key for each in found]
    return found[0]


def paste(at: AppTest, source: str) -> AppTest:
    at.text_area(key="python_source").input(source).run()
    return at


def service_values(at: AppTest, service: str) -> dict[str, Any]:
    participant = world(at)
    return participant.signals.get_service_attributes(service, "user_id", participant.user_id)


def test_a_template_fills_the_form_and_the_python(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "high_priority")

    assert not at.exception
    assert 'name="urgent_work"' in at.text_area(key="python_source").value
    assert field(at, "attribute_name").value == "high_tasks_this_week"


@pytest.mark.parametrize("key", ["minutes", "project", "combined", "payload"])
def test_a_template_is_drawn_without_a_mistake(key: str, open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), key)

    assert not at.exception and not at.error


def test_a_published_template_counts_what_is_done_on_the_board(open_app: OpenApp) -> None:
    at = click(start_from(open_studio(open_app), "mix"), "publish_draft")
    assert not at.exception and not at.error
    complete(go_to(at, "board"), 1)

    values = lambda: service_values(at, "mix_of_work_service")  # noqa: E731
    assert eventually(lambda: values()["tasks_by_priority"] is not None)


def test_pasted_python_is_published(open_app: OpenApp) -> None:
    at = click(paste(open_studio(open_app), PASTED), "publish_draft")
    assert not at.exception and not at.error
    complete(go_to(at, "board"), 1)

    assert eventually(lambda: service_values(at, "bundle")["n"] == 1)


def test_python_that_is_not_read_says_where_and_publishes_nothing(open_app: OpenApp) -> None:
    at = paste(open_studio(open_app), PASTED + "\nimport subprocess")

    assert not at.exception
    ((title, why),) = alerts(at.error)
    assert title == "Line 13, column 8"
    assert "import subprocess" in why


def test_the_form_keeps_what_was_read_before_the_python_went_wrong(open_app: OpenApp) -> None:
    at = paste(paste(open_studio(open_app), PASTED), PASTED + "\nx = (")

    assert field(at, "name_of_attribute_groups").value == "pasted"
    assert at.button(key="publish_draft").disabled


def test_a_field_of_the_form_changes_the_python(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "high_priority")
    field(at, "attribute_name").input("urgent").run()
    field(at, "aggregation").select("time_since_last").run()

    assert not at.exception
    source = at.text_area(key="python_source").value
    assert 'name="urgent"' in source
    assert 'aggregation="time_since_last"' in source
    assert 'time_unit="d"' in source and 'type="double"' in source


def test_the_form_knows_the_fields_of_an_added_schema(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "high_priority")
    amount = {"field": "amount", "type": "integer", "required": True}
    schema = composed("com.acme", "order", "1-0-0", "An order", [amount])
    inspector = world(at).connection.inspector
    assert inspector is not None
    inspector.add_schema(schema)
    assert eventually(lambda: ORDER in field(at.run(), "attribute_events").options)
    field(at, "attribute_events").select(ORDER).run()

    assert not at.exception
    assert 'vendor="com.acme", name="order"' in at.text_area(key="python_source").value


def test_a_field_that_the_sdk_refuses_says_so_and_changes_nothing(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "high_priority")
    before = at.text_area(key="python_source").value
    field(at, "attribute_name").input("no spaces please").run()

    assert not at.exception
    assert "Attribute refuses `name`" in texts(at)
    assert at.text_area(key="python_source").value == before


def test_renaming_a_group_renames_it_in_service_and_rule(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "combined")
    field(at, "name_of_attribute_groups").input("drive").run()

    source = at.text_area(key="python_source").value
    assert "momentum:" not in source and 'attribute="drive:finished"' in source
    assert "attribute_groups=[drive]" in source


def test_a_whole_draft_is_built_with_the_form_alone(open_app: OpenApp) -> None:
    at = click(open_studio(open_app), "start_from_nothing")
    click(at, "add_attribute")
    field(at, "attribute_field").select("task_completed: priority").run()
    click(at, "add_rule")
    click(at, "rule_add_condition")
    field(at, "rule_0_value").input("2").run()
    click(at, "publish_draft")
    assert not at.exception and not at.error
    complete(go_to(at, "board"), 2)

    assert eventually(lambda: service_values(at, "my_group_service")["tasks"] == 2)
    assert eventually(lambda: any(each.intervention.name == "my_nudge" for each in world(at).inbox))


def test_undo_brings_back_what_a_template_replaced(open_app: OpenApp) -> None:
    at = start_from(start_from(open_studio(open_app), "mix"), "recency")
    click(at, "undo_draft")

    assert 'name="mix_of_work"' in at.text_area(key="python_source").value


def test_a_kept_draft_is_opened_in_another_session(open_app: OpenApp) -> None:
    at = click(start_from(open_studio(open_app), "recency"), "keep_draft")
    assert not at.exception and not at.error

    again = go_to(open_app(user=at.query_params["user"]), "definitions")
    click(again, "open_attribute_groups_recency")

    assert 'name="days_since_last_task"' in again.text_area(key="python_source").value


def test_what_a_change_means_is_said_before_it_is_published(open_app: OpenApp) -> None:
    at = publish(open_studio(open_app))
    click(at, "open_interventions_power_user_nudge")
    field(at, "rule_0_value").input("3").run()

    assert "Whoever was nudged by version 1 can be nudged again." in texts(at)


def test_what_is_there_is_unpublished_published_and_deleted(open_app: OpenApp) -> None:
    at = publish(open_studio(open_app))
    click(at, "unpublish_interventions_power_user_nudge")
    assert has(at, "publish_interventions_power_user_nudge")
    click(at, "publish_interventions_power_user_nudge")
    assert has(at, "unpublish_interventions_power_user_nudge")
    click(click(at, "delete_interventions_power_user_nudge"), "confirm_delete")

    assert not at.exception and not at.error
    assert not has(at, "open_interventions_power_user_nudge")


def test_a_preview_computes_the_draft_and_publishes_nothing(open_app: OpenApp) -> None:
    at = complete(open_app(), 2)
    start_from(go_to(at, "definitions"), "mix")
    click(at, "preview_draft")

    assert not at.exception and not at.error
    shown = at.dataframe[0].value.to_dict("records")[0]
    assert shown["user_id"] == "you"
    assert not has(at, "open_attribute_groups_mix_of_work")


def test_values_that_somebody_types_are_told_part_by_part(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "combined")
    at.text_input(key="what_if_finished").input("6").run()

    told = [each.proto.text for each in at.get("progress")]
    assert any(":green-badge[:material/check: true] `finished >= 6`" in each for each in told)


def test_a_rule_of_three_levels_is_left_to_the_python(open_app: OpenApp) -> None:
    deep = (
        'n = RuleIntervention(name="n", owner="you@example.com", criteria=InterventionCriteriaAll('
        "all=[InterventionCriteriaAny(any=[InterventionCriteriaNone(none=["
        'InterventionCriterion(attribute="g:a", operator="is null")])])]))'
    )
    at = paste(open_studio(open_app), deep)

    assert not at.exception
    assert "This rule has more than two levels." in texts(at)
    assert at.text_area(key="python_source").value == deep


def test_what_is_published_shows_the_values_that_it_gives(open_app: OpenApp) -> None:
    at = click(start_from(open_studio(open_app), "session"), "publish_draft")
    complete(go_to(at, "board"), 1)
    go_to(at, "definitions")

    assert not at.exception
    assert "Published, as it is here." in texts(at)
    assert eventually(lambda: "1" in [each.value for each in at.run().metric])


def test_the_attributes_page_shows_the_values_of_other_groups(open_app: OpenApp) -> None:
    at = click(start_from(open_studio(open_app), "session"), "publish_draft")
    complete(go_to(at, "board"), 1)
    go_to(at, "attributes")

    assert not at.exception
    labels = lambda: [unescaped(each.label) for each in at.run().metric]  # noqa: E731
    assert eventually(lambda: "tasks_this_session" in labels())


def test_a_refusal_of_the_api_stands_beside_the_buttons(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "combined")
    assert field(at, "name_of_attribute_groups").value == "momentum"  # which the rule names
    click(at, "remove_definition")
    click(at, "publish_draft")

    assert not at.exception
    ((message, _),) = alerts(at.error)
    assert message.startswith("Signals answered 422: ") and "momentum:finished" in message
    assert "A rule names" in texts(at)


def test_what_is_opened_is_shown_and_stays_open_on_the_next_visit(open_app: OpenApp) -> None:
    at = publish(open_studio(open_app))
    click(at, "open_services_project_engagement_service")
    go_to(go_to(at, "board"), "definitions")

    assert not at.exception
    assert at.session_state["definitions_tab"] == "Build your own"
    assert field(at, "name_of_services").value == "project_engagement_service"


def test_the_attributes_page_shows_what_was_just_published(open_app: OpenApp) -> None:
    at = publish(open_studio(open_app))
    go_to(click(start_from(at, "recency"), "publish_draft"), "attributes")

    assert at.selectbox(key="attributes_of").value == "service:recency_service"


def shows_every_value(at: AppTest) -> bool:
    """Whether the attributes page has a value of all that was chosen."""
    values = [each.value for each in at.metric]
    return bool(values) and "—" not in values


def test_every_template_can_be_published_and_gives_a_value_for_each_attribute(
    open_app: OpenApp,
) -> None:
    at = open_studio(open_app)
    for template in TEMPLATES:
        click(start_from(at, template.key), "publish_draft")
        assert not at.exception and not at.error, template.title
        assert eventually(lambda: "Published, as it is here." in texts(at.run())), template.title
    participant = world(at)
    participant.open_board("https://example.com/board")
    participant.tracking.time_logged(participant.project.tasks[0], participant.project, 5)
    complete(go_to(at, "board"), 4)
    go_to(at, "attributes")

    for template in TEMPLATES:
        keys = keys_of(template.make(participant.plan))
        if not keys:  # what is no service and no group has no values
            continue
        at.selectbox(key="attributes_of").select(keys[0]).run()
        assert eventually(lambda: shows_every_value(at.run())), template.title
        assert not at.exception and not at.error, template.title


def test_a_draft_that_is_neither_published_nor_kept_survives_a_reload(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "recency")
    field(at, "attribute_name").input("quiet_days").run()
    again = go_to(open_app(user=at.query_params["user"]), "definitions")

    assert not again.exception
    assert 'name="quiet_days"' in again.text_area(key="python_source").value
    assert field(again, "name_of_attribute_groups").value == "recency"


def test_python_that_cannot_be_read_survives_a_reload_with_what_is_wrong(open_app: OpenApp) -> None:
    at = paste(open_studio(open_app), "x = (")
    again = go_to(open_app(user=at.query_params["user"]), "definitions")

    assert not again.exception
    assert again.text_area(key="python_source").value == "x = ("
    assert [title for title, _ in alerts(again.error)] == ["Line 1, column 5"]


def test_the_form_makes_profiles_of_projects(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "mix")
    field(at, "group_key").select("project_id").run()
    click(at, "publish_draft")

    assert not at.exception and not at.error
    assert "attribute_key=project_id" in at.text_area(key="python_source").value
    assert "Published, as it is here." in texts(at)


def test_a_nudge_of_one_s_own_has_one_s_own_words(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "combined")
    at.radio(
        key=next(each.key for each in at.radio if each.key.startswith("definition"))
    ).set_value(2).run()
    name = field(at, "name_of_interventions").value
    at.text_input(key=f"words_headline_{name}").input("Two at once").run()
    at.text_input(key=f"words_text_{name}").input("You finished {finished}, {nonsense}").run()

    assert not at.exception
    assert "It does not bring {nonsense}" in texts(at).replace("`", "")
    assert world(at).words_of(name).headline == "Two at once"
    assert 'headline=filled("Two at once"' in "".join(each.value for each in at.code)


def test_words_follow_an_intervention_that_is_renamed_in_the_python(open_app: OpenApp) -> None:
    at = paste(open_studio(open_app), WITH_RULE)
    participant = world(at)
    participant.keep_words("hurrah", OwnWords("Hurrah", "That is number {n}."))

    paste(at, WITH_RULE.replace('name="hurrah"', 'name="well_done"'))

    assert participant.words_of("well_done").headline == "Hurrah"


def test_the_words_are_on_the_board_when_the_nudge_arrives(open_app: OpenApp) -> None:
    at = click(paste(open_studio(open_app), WITH_RULE), "publish_draft")
    participant = world(at)
    participant.keep_words("hurrah", OwnWords("Hurrah", "That is number {n}.", "Go on"))
    complete(go_to(at, "board"), 1)

    assert eventually(lambda: has(at.run(), "nudge"))
    assert not at.exception
    assert "That is number 1." in texts(at)
    click(at, "accept_nudge")
    assert "You pressed “Go on”." in texts(at)


def test_the_form_combines_several_fields(open_app: OpenApp) -> None:
    at = click(open_studio(open_app), "start_from_nothing")
    field(at, "attribute_field").select("several fields, combined").run()
    assert 'operation="concat"' in at.text_area(key="python_source").value

    separator = field(at, "combined_separator")
    separator.input("-").run()
    field(at, "combined_operation").select("coalesce").run()

    assert not at.exception
    source = at.text_area(key="python_source").value
    assert 'operation="coalesce"' in source and "separator" not in source


def test_the_form_makes_a_key_of_any_field(open_app: OpenApp) -> None:
    at = click(open_studio(open_app), "start_from_nothing")
    field(at, "group_key").select("any field, as a key of your own").run()
    field(at, "own_key_name").input("level").run()
    field(at, "own_key_field").select("task_completed: priority").run()

    assert not at.exception
    source = at.text_area(key="python_source").value
    assert 'AttributeKey(\n    name="level"' in source and 'path="priority"' in source
    assert field(at, "own_key_name").value == "level"
