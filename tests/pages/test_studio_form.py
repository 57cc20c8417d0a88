"""The form of the studio on the definitions page, as AppTest runs it."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.demo.own_words import OwnWords
from lib.diagnosis.schema_draft import composed
from tests.support.steps import click, complete, go_to, texts, world
from tests.support.studio_steps import PASTED, field, open_studio, paste, service_values, start_from
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
ORDER = "order 1-0-0 of com.acme"


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


def choose(at: AppTest, name: str, place: int) -> AppTest:
    """Choose what the form shows, such as the second attribute."""
    radio(at, name).set_value(place).run()
    return at


def radio(at: AppTest, name: str) -> Any:
    (found,) = (each for each in at.radio if each.key and each.key.rpartition("_")[0] == name)
    return found


def test_the_form_shows_the_group_that_was_chosen(open_app: OpenApp) -> None:
    at = choose(start_from(open_studio(open_app), "two_groups"), "definition", 1)
    assert field(at, "name_of_attribute_groups").value == "interest"

    field(at, "name_of_attribute_groups").input("curiosity").run()
    choose(at, "definition", 0)
    assert field(at, "name_of_attribute_groups").value == "output"
    assert 'name="curiosity"' in at.text_area(key="python_source").value


def test_the_form_shows_the_attribute_that_was_chosen(open_app: OpenApp) -> None:
    at = choose(start_from(open_studio(open_app), "mix"), "attribute", 1)

    assert field(at, "attribute_name").value == "priorities_seen"
    assert field(at, "aggregation").value == "unique_list"


def test_what_was_refused_is_gone_once_another_attribute_is_chosen(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "mix")
    field(at, "attribute_name").input("no spaces please").run()
    assert field(at, "attribute_name").value == "no spaces please"

    assert field(choose(at, "attribute", 1), "attribute_name").value == "priorities_seen"
    assert "refuses" not in texts(at)
    assert field(choose(at, "attribute", 0), "attribute_name").value == "tasks_by_priority"


def test_a_field_that_did_not_change_stays_the_same_one(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "high_priority")
    before = field(at, "attribute_events").key, field(at, "attribute_name").key
    field(at, "attribute_name").input("urgent").run()

    assert (field(at, "attribute_events").key, field(at, "attribute_name").key) == before


def test_stepping_back_shows_what_was_there(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "high_priority")
    before = field(at, "attribute_name").value
    field(at, "attribute_name").input("urgent").run()

    assert field(click(at, "undo_draft"), "attribute_name").value == before


def test_a_field_that_the_sdk_refuses_says_so_and_changes_nothing(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "high_priority")
    before = at.text_area(key="python_source").value
    field(at, "attribute_name").input("no spaces please").run()

    assert not at.exception
    assert "Attribute refuses `name`" in texts(at)
    assert at.text_area(key="python_source").value == before


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_definition_without_a_name_is_refused_at_its_name(open_app: OpenApp, place: int) -> None:
    at = choose(start_from(open_studio(open_app), "combined"), "definition", place)
    (name,) = (each for each in at.text_input if (each.key or "").startswith("name_of_"))
    before = at.text_area(key="python_source").value
    name.input("").run()

    assert not at.exception
    assert "refuses `name`" in texts(at)
    assert at.text_area(key="python_source").value == before


def test_a_name_that_another_group_has_is_refused(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "two_groups")
    before = at.text_area(key="python_source").value
    field(at, "name_of_attribute_groups").input("interest").run()

    assert "There is another attribute group called interest." in texts(at).replace("`", "")
    assert at.text_area(key="python_source").value == before


def test_a_name_that_another_attribute_has_is_refused(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "mix")
    field(at, "attribute_name").input("priorities_seen").run()

    said = texts(at).replace("`", "")
    assert "There is another attribute of mix_of_work called priorities_seen." in said
    assert 'name="tasks_by_priority"' in at.text_area(key="python_source").value


def test_two_keys_of_one_s_own_have_two_names(open_app: OpenApp) -> None:
    at = click(click(open_studio(open_app), "start_from_nothing"), "add_group")
    field(at, "group_key").select("a custom key, from any property").run()
    choose(at, "definition", 0)
    field(at, "group_key").select("a custom key, from any property").run()
    assert field(at, "own_key_name").value == "plan_2"

    field(at, "own_key_field").select("task_completed: priority").run()
    field(at, "own_key_name").input("plan").run()
    assert "There is another attribute key called plan." in texts(at).replace("`", "")


def test_a_key_of_one_s_own_cannot_be_called_like_a_built_in_one(open_app: OpenApp) -> None:
    at = click(open_studio(open_app), "start_from_nothing")
    field(at, "group_key").select("a custom key, from any property").run()
    field(at, "own_key_name").input("user_id").run()

    assert "There is another attribute key called user_id." in texts(at).replace("`", "")
    assert field(at, "own_key_name").value == "user_id"


def test_applying_unchanged_python_leaves_the_draft_as_it_is(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "project")
    (before,) = (each.options for each in at.radio if (each.key or "").startswith("definition"))
    click(at, "apply_python")

    (after,) = (each.options for each in at.radio if (each.key or "").startswith("definition"))
    assert after == before


def test_a_refused_value_keeps_the_draft_from_being_published(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "mix")
    field(at, "attribute_name").input("no spaces please").run()
    assert at.button(key="publish_draft").disabled
    assert "A field below is not valid." in texts(at)

    field(at, "attribute_name").input("no_spaces").run()
    assert not at.button(key="publish_draft").disabled


def test_a_refusal_is_gone_once_somebody_was_on_another_page(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "mix")
    field(at, "attribute_name").input("no spaces please").run()
    go_to(go_to(at, "board"), "definitions")

    assert field(at, "attribute_name").value == "tasks_by_priority"
    assert "refuses" not in texts(at) and not at.button(key="publish_draft").disabled


def test_undo_of_a_refused_value_keeps_the_last_good_one(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "mix")
    field(at, "attribute_name").input("good").run()
    field(at, "attribute_name").input("not good").run()
    click(at, "undo_draft")

    assert field(at, "attribute_name").value == "good"
    assert "refuses" not in texts(at)


def test_undo_brings_back_what_new_took_away(open_app: OpenApp) -> None:
    at = click(start_from(open_studio(open_app), "mix"), "new_draft")
    click(at, "undo_draft")

    assert field(at, "name_of_attribute_groups").value == "mix_of_work"


def test_undo_brings_back_python_that_was_not_read(open_app: OpenApp) -> None:
    broken = PASTED + "\nfor each in []: pass"
    at = click(paste(open_studio(open_app), broken), "new_draft")
    assert not at.text_area(key="python_source").value
    click(at, "undo_draft")

    assert at.text_area(key="python_source").value == broken
    assert "Line 13" in [each.proto.title for each in at.error][0]


def test_another_template_opens_at_its_first_definition(open_app: OpenApp) -> None:
    at = choose(start_from(open_studio(open_app), "two_groups"), "definition", 2)

    assert field(start_from(at, "mix"), "name_of_attribute_groups").value == "mix_of_work"


def test_other_events_take_conditions_on_the_old_ones_along(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "high_priority")
    assert "Criterion" in at.text_area(key="python_source").value
    (pages,) = (
        each for each in field(at, "attribute_events").options if each.startswith("page view")
    )
    field(at, "attribute_events").select(pages).run()

    assert not at.exception
    assert "Criterion" not in at.text_area(key="python_source").value


def test_a_default_that_does_not_fit_the_type_goes(open_app: OpenApp) -> None:
    at = click(open_studio(open_app), "start_from_nothing")
    assert "default_value=0" in at.text_area(key="python_source").value
    field(at, "attribute_field").select("task_completed: priority").run()

    assert "default_value" not in at.text_area(key="python_source").value


def test_a_group_without_attributes_gets_its_first_one(open_app: OpenApp) -> None:
    empty = (
        "from snowplow_signals import AttributeGroup, user_id\n"
        'empty = AttributeGroup(name="empty", version=1, attribute_key=user_id,'
        ' owner="you@example.com", attributes=[])\n'
    )
    at = paste(open_studio(open_app), empty)
    assert not at.exception and not at.error

    click(at, "add_attribute")
    assert not at.exception
    assert field(at, "attribute_name").value


def test_the_last_condition_of_a_rule_stays(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "story")
    click(choose(at, "definition", 2), "rule_add_conditions")
    click(at, "rule_0_remove_of_2")

    assert not at.exception
    assert at.button(key="rule_0_0_remove_of_1").disabled


def test_a_number_that_a_rule_compares_with_text_is_pointed_out(open_app: OpenApp) -> None:
    at = click(click(open_studio(open_app), "start_from_nothing"), "add_rule")
    field(at, "rule_0_value").input("five").run()
    assert "`my_group:tasks` is a number. Compare it with a number." in texts(at)

    field(at, "rule_0_value").input("5").run()
    assert "Compare it with a number." not in texts(at)


def test_a_number_that_a_condition_compares_with_text_is_pointed_out(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "high_priority")
    field(at, "attribute_events").select("structured event").run()
    click(at, "add_criterion")
    (number,) = (each for each in field(at, "criterion_field_0").options if "se_value" in each)
    field(at, "criterion_field_0").select(number).run()
    field(at, "criterion_operator_0").select(">").run()
    field(at, "criterion_value_0").input("six").run()
    assert "is a number. Compare it with a number." in texts(at)


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


def test_the_form_makes_profiles_of_projects(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "mix")
    field(at, "group_key").select("project_id").run()
    click(at, "publish_draft")

    assert not at.exception and not at.error
    assert "attribute_key=project_id" in at.text_area(key="python_source").value
    assert "Published, as shown here." in texts(at)


def test_a_nudge_of_one_s_own_has_one_s_own_words(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "combined")
    at.radio(
        key=next(each.key for each in at.radio if each.key.startswith("definition"))
    ).set_value(2).run()
    name = field(at, "name_of_interventions").value
    field(at, f"words_headline_{name}").input("Two at once").run()
    field(at, f"words_text_{name}").input("You finished {finished}, {nonsense}").run()

    assert not at.exception
    assert "Its payload has no {nonsense}" in texts(at).replace("`", "")
    assert world(at).words_of(name).headline == "Two at once"
    assert 'headline=filled("Two at once"' in "".join(each.value for each in at.code)


def test_a_field_for_words_leaves_the_others_as_somebody_else_wrote_them(
    open_app: OpenApp,
) -> None:
    at = choose(start_from(open_studio(open_app), "combined"), "definition", 2)
    name = field(at, "name_of_interventions").value
    world(at).keep_words(name, OwnWords("Two at once"))
    field(at, f"words_button_{name}").input("Go on").run()

    assert world(at).words_of(name) == OwnWords("Two at once", button="Go on")


def test_the_form_combines_several_fields(open_app: OpenApp) -> None:
    at = click(open_studio(open_app), "start_from_nothing")
    field(at, "attribute_field").select("several properties, combined").run()
    assert 'operation="concat"' in at.text_area(key="python_source").value

    separator = field(at, "combined_separator")
    separator.input("-").run()
    field(at, "combined_operation").select("coalesce").run()

    assert not at.exception
    source = at.text_area(key="python_source").value
    assert 'operation="coalesce"' in source and "separator" not in source


def test_the_form_makes_a_key_of_any_field(open_app: OpenApp) -> None:
    at = click(open_studio(open_app), "start_from_nothing")
    field(at, "group_key").select("a custom key, from any property").run()
    field(at, "own_key_name").input("level").run()
    field(at, "own_key_field").select("task_completed: priority").run()

    assert not at.exception
    source = at.text_area(key="python_source").value
    assert 'AttributeKey(\n    name="level"' in source and 'path="priority"' in source
    assert field(at, "own_key_name").value == "level"


def test_each_version_of_a_group_can_be_chosen(open_app: OpenApp) -> None:
    group = PASTED.partition("bundle")[0]
    again = group[group.index("pasted =") :].replace("version=1, attr", "version=2, attr")
    at = paste(open_studio(open_app), group + again.replace('name="n"', 'name="m"'))
    labels = ["Group: pasted version 1", "Group: pasted version 2"]
    for place, name in ((1, "m"), (0, "n")):
        choose(at, "definition", place)
        (chosen,) = (each for each in at.radio if each.key.startswith("definition_"))
        assert chosen.options == labels
        assert field(at, "attribute_name").value == name
    assert not at.exception


def test_what_is_removed_is_what_was_chosen_just_before(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "combined")
    radio(at, "attribute").set_value(1)  # and the page is not drawn in between
    names = radio(at, "attribute").options
    click(at, f"remove_attribute_of_{len(names)}")
    assert radio(at, "attribute").options == [each for each in names if each != names[1]]

    names = radio(at, "definition").options
    radio(at, "definition").set_value(1)
    click(at, f"remove_definition_of_{len(names)}")
    assert radio(at, "definition").options == [each for each in names if each != names[1]]
    assert not at.exception
