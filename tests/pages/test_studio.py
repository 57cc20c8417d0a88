"""The studio on the definitions page, as AppTest runs it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.demo.own_words import OwnWords
from lib.studio.readable import keys_of
from lib.studio.templates import TEMPLATES
from lib.world.watched import SOURCES_AT_MOST
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
from tests.support.studio_steps import PASTED, field, open_studio, paste, service_values, start_from
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]

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

    assert "Users nudged by version 1 can be nudged again." in texts(at)


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
    field(at, "what_if_momentum:finished").input("6").run()

    told = [each.proto.text for each in at.get("progress")]
    assert any(":green-badge[:material/check: true] `finished >= 6`" in each for each in told)


@pytest.mark.parametrize("typed", ["NaN", "-Infinity", "1e400", "9" * 400])
def test_number_that_no_attribute_can_have_is_taken_as_text(typed: str, open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "combined")
    field(at, "what_if_momentum:finished").input(typed).run()

    assert not at.exception
    assert ":gray-badge[:material/help: unknown] `finished >= 6`" in texts(at)
    field(at, "what_if_momentum:finished").input("6").run()
    assert any(each.startswith("`finished >= 6` · 6 of 6") for each in told(at))


def test_values_that_somebody_typed_stay_while_another_page_is_open(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "combined")
    field(at, "what_if_momentum:finished").input("6").run()
    go_to(go_to(at, "board"), "definitions")

    assert not at.exception
    assert field(at, "what_if_momentum:finished").value == "6"
    field(at, "what_if_momentum:finished").input("").run()
    assert field(at, "what_if_momentum:finished").value == ""


RULES = """\
from snowplow_signals import (
    InterventionCriteriaAll, InterventionCriterion, LinkAttributeKey, RuleIntervention,
)

first = RuleIntervention(
    name="first", version=1, owner="you@example.com",
    target_attribute_keys=[LinkAttributeKey(name="user_id")],
    criteria=InterventionCriteriaAll(all=[
        InterventionCriterion(attribute="mine:tasks", operator=">=", value=2),
        InterventionCriterion(attribute="theirs:tasks", operator=">=", value=3),
    ]),
)
second = RuleIntervention(
    name="second", version=1, owner="you@example.com",
    target_attribute_keys=[LinkAttributeKey(name="user_id")],
    criteria=InterventionCriterion(attribute="mine:tasks", operator=">=", value=7),
)
sp_signals.publish([first, second])
"""


def told(at: AppTest) -> list[str]:
    """What is said of the parts of a rule that somebody tries on values."""
    return [each.proto.text.partition("] ")[2] for each in at.get("progress")]


def test_attributes_of_one_name_are_typed_for_each_group(open_app: OpenApp) -> None:
    at = paste(open_studio(open_app), RULES)
    field(at, "what_if_mine:tasks").input("2").run()

    assert not at.exception
    assert told(at) == ["`tasks >= 2` · 2 of 2", "`tasks >= 3` · 0 of 3"]


def test_the_rule_that_was_chosen_is_tried_as_it_is_now(open_app: OpenApp) -> None:
    at = paste(open_studio(open_app), RULES)
    at.selectbox(key="what_if_rule").select(1).run()
    assert told(at) == ["`tasks >= 7` · 0 of 7"]

    paste(at, RULES.replace("value=7", "value=8"))
    assert told(at) == ["`tasks >= 8` · 0 of 8"]


def test_what_is_published_shows_the_values_that_it_gives(open_app: OpenApp) -> None:
    at = click(start_from(open_studio(open_app), "session"), "publish_draft")
    complete(go_to(at, "board"), 1)
    go_to(at, "definitions")

    assert not at.exception
    assert "Published, as shown here." in texts(at)
    assert eventually(lambda: "1" in [each.value for each in at.run().metric])


def test_of_many_groups_the_first_give_their_values_and_the_rest_are_counted(
    open_app: OpenApp,
) -> None:
    start, _, rest = PASTED.partition("pasted = ")
    group = "pasted = " + rest.partition("bundle = ")[0]
    names = [f"pasted_{number}" for number in range(SOURCES_AT_MOST + 2)]
    groups = "".join(group.replace("pasted", name) for name in names)
    source = f"{start}{groups}sp_signals.publish([{', '.join(names)}])"
    at = click(paste(open_studio(open_app), source), "publish_draft")
    assert not at.exception and not at.error

    assert eventually(lambda: len(at.run().metric) == SOURCES_AT_MOST)
    assert "And 2 more groups: the attributes page shows each." in texts(at)
    assert "Values are being read." not in texts(at)


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
    click(at, "remove_definition_of_3")
    click(at, "publish_draft")

    assert not at.exception
    ((message, _),) = alerts(at.error)
    assert message.startswith("Signals answered 422: ") and "momentum:finished" in message
    assert "A rule names" in texts(at)
    assert not start_from(at, "mix").error


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
        assert eventually(lambda: "Published, as shown here." in texts(at.run())), template.title
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


def test_draft_survives_a_tab_that_comes_back_to_its_user_without_one(open_app: OpenApp) -> None:
    at = open_studio(open_app)
    user = at.query_params["user"]
    other = open_studio(lambda: open_app(user=user))
    go_to(click(other, "new_user"), "definitions")
    paste(at, PASTED)

    other.query_params["user"] = user  # the browser's Back button
    go_to(other.run(), "definitions")
    assert not other.exception and world(other) is world(at)
    assert world(at).draft.source == other.text_area(key="python_source").value != ""


def test_python_that_cannot_be_read_survives_a_reload_with_what_is_wrong(open_app: OpenApp) -> None:
    at = paste(open_studio(open_app), "x = (")
    again = go_to(open_app(user=at.query_params["user"]), "definitions")

    assert not again.exception
    assert again.text_area(key="python_source").value == "x = ("
    assert [title for title, _ in alerts(again.error)] == ["Line 1, column 5"]


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


def test_of_what_is_published_as_it_is_the_page_says_that_nothing_was_kept(
    open_app: OpenApp,
) -> None:
    at = click(start_from(open_studio(open_app), "mix"), "publish_draft")
    click(at, "keep_draft")

    assert not at.exception
    assert at.toast[-1].value == "Nothing was kept: all of this is already published."
    assert world(at).signals.get_attribute_group("mix_of_work").is_published
