"""The definitions page, as AppTest runs it: versions, states and mistakes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from lib.snowplow import publishing
from lib.snowplow.definitions import COUNT, GROUP, INTERVENTION, PRIORITY
from lib.ui.publishing import JOB, STORY, Asked
from tests.support.attributes import count_and_priority
from tests.support.sandbox import attribute, criterion, group, intervention, some
from tests.support.steps import alerts, click, complete, go_to, has, publish, texts, world
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]

PUBLISHED = ":green-badge[:material/check: published"
NOT_PUBLISHED = ":orange-badge[unpublished"


def states(at: AppTest) -> list[str]:
    """The states of group, service and intervention, as the page shows them."""
    return [each.value for each in at.markdown if "-badge[" in each.value][:3]


def versions(at: AppTest, name: str) -> dict[int, bool]:
    """Every version that the API knows of a definition, and whether it is published."""
    signals = world(at).signals
    kind = "interventions" if name == INTERVENTION else "attribute_groups"
    found = {}
    for version in range(1, 10):
        try:
            answer = signals.api_client.make_request(
                "GET", f"registry/{kind}/{name}/versions/{version}"
            )
        except publishing.SignalsAPIError:
            return found
        found[version] = answer["is_published"]
    return found


def test_nothing_is_published_at_first_and_all_of_it_after_one_click(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")
    assert states(at) == [":gray-badge[not created yet]"] * 3

    publish(at)

    assert not at.exception and not at.error
    assert states(at) == [f"{PUBLISHED} version 1]", f"{PUBLISHED}]", f"{PUBLISHED} version 1]"]


def test_publishing_the_same_again_makes_no_new_version(open_app: OpenApp) -> None:
    at = publish(publish(go_to(open_app(), "definitions")))

    assert not at.exception and not at.error
    assert (versions(at, GROUP), versions(at, INTERVENTION)) == ({1: True}, {1: True})


def test_changed_threshold_makes_a_version_of_the_intervention_only(open_app: OpenApp) -> None:
    at = publish(go_to(open_app(), "definitions"))
    at.number_input(key="threshold").set_value(2)
    publish(at)

    assert not at.exception and not at.error
    assert versions(at, GROUP) == {1: True}
    assert versions(at, INTERVENTION) == {1: False, 2: True}
    complete(go_to(at, "board"), 2)
    assert has(at, "accept_nudge")


def test_changed_period_makes_a_version_of_the_group(open_app: OpenApp) -> None:
    at = publish(go_to(open_app(), "definitions"))
    at.selectbox(key="period").set_value(timedelta(days=30))
    publish(at)

    assert not at.exception and not at.error
    assert versions(at, GROUP) == {1: False, 2: True}
    assert states(at)[0] == f"{PUBLISHED} version 2]"


def test_values_chosen_survive_a_look_at_another_page(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")
    at.number_input(key="threshold").set_value(3).run()
    go_to(go_to(at, "connection"), "definitions")

    assert not at.exception
    assert at.number_input(key="threshold").value == 3


def test_fields_that_nobody_changed_follow_what_is_published_elsewhere(open_app: OpenApp) -> None:
    at = publish(go_to(open_app(), "definitions"))
    at.number_input(key="threshold").set_value(3).run()
    changed = replace(world(at).plan, threshold=8, period=timedelta(days=30))
    world(at).definitions.publish(changed)
    at.run()

    assert not at.exception
    assert at.selectbox(key="period").value == timedelta(days=30)
    assert at.number_input(key="threshold").value == 3  # which somebody chose here


def test_fields_follow_what_is_published_while_another_page_is_open(open_app: OpenApp) -> None:
    at = go_to(publish(go_to(open_app(), "definitions")), "board")
    world(at).definitions.publish(replace(world(at).plan, threshold=8))
    go_to(at, "definitions")
    assert at.number_input(key="threshold").value == 8


@pytest.mark.parametrize(
    ("published", "shown"), [(0, 1), (-3, 1), (2.5, 3), (2_000, 2_000), (1e12, 1_000_000)]
)
def test_any_published_threshold_leaves_the_page_whole(
    open_app: OpenApp, published: float, shown: int
) -> None:
    at = publish(open_app())
    criteria = some(criterion(f"{GROUP}:{COUNT}", ">=", published))
    with world(at).definitions.changing():
        world(at).signals.publish([intervention(criteria, INTERVENTION, version=2)])
    go_to(at, "definitions")

    assert not at.exception
    assert at.number_input(key="threshold").value == shown


def test_a_period_of_minutes_is_shown_as_it_is(open_app: OpenApp) -> None:
    at = publish(open_app())
    world(at).definitions.publish(replace(world(at).plan, period=timedelta(minutes=30)))
    go_to(at, "definitions")

    assert not at.exception
    assert at.selectbox(key="period").value == timedelta(minutes=30)
    publish(at)
    assert not at.error
    assert versions(at, GROUP) == {1: False, 2: True}  # as it was


def test_unpublished_definitions_are_shown_as_such_and_can_be_published_again(
    open_app: OpenApp,
) -> None:
    at = publish(go_to(open_app(), "definitions"))
    click(at, "unpublish")

    assert not at.exception and not at.error
    assert states(at) == [
        f"{NOT_PUBLISHED} version 1]",
        f"{NOT_PUBLISHED}]",
        f"{NOT_PUBLISHED} version 1]",
    ]
    publish(at)
    assert versions(at, GROUP) == {1: True}


def test_unpublishing_is_no_lost_connection(open_app: OpenApp) -> None:
    at = publish(go_to(open_app(), "definitions"))
    click(at, "unpublish")
    world(at).refresh()
    go_to(at, "board")

    assert not at.exception
    assert alerts(at.warning) == []
    assert "This board's definitions are unpublished" in texts(at)


def test_state_changed_by_somebody_else_is_shown(open_app: OpenApp) -> None:
    at = publish(go_to(open_app(), "definitions"))
    publishing.unpublish(world(at).signals)

    world(at).polling.forget_definitions()  # the page asks now and then: it is time again
    assert eventually(lambda: states(at.run())[1] == f"{NOT_PUBLISHED}]")
    assert not at.exception


def test_nudge_on_an_attribute_left_out_gets_the_answer_of_the_api_and_advice(
    open_app: OpenApp,
) -> None:
    at = go_to(open_app(), "definitions")
    at.get_by_key("attributes").set_value([PRIORITY])
    publish(at)

    assert not at.exception
    ((message, advice),) = alerts(at.error)
    assert message.startswith("Signals answered 422: ")
    assert f"{GROUP}:{COUNT}" in message
    assert advice == (
        "On the definitions page, select the attribute that the intervention needs, and publish."
    )
    assert versions(at, INTERVENTION) == {}


def test_state_after_a_refusal_is_what_the_api_says(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")
    at.get_by_key("attributes").set_value([PRIORITY])
    publish(at)  # the group was taken before the intervention was refused

    assert versions(at, GROUP) == {1: True}
    assert states(at)[0] == f"{PUBLISHED} version 1]"


def test_owner_that_is_no_email_gets_the_words_of_the_sdk_and_advice(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")
    at.text_input(key="owner").set_value("the growth team")
    publish(at)

    assert not at.exception
    assert set(alerts(at.error)) == {
        (
            "StreamAttributeGroup: owner: value is not a valid email address:"
            " An email address must have an @-sign.",
            "Use an email address as the owner, for people who have questions.",
        )
    }
    assert versions(at, GROUP) == {}


def test_group_without_attributes_gets_the_words_of_the_sdk(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")
    at.get_by_key("attributes").set_value([])
    publish(at)

    assert not at.exception
    assert "List should have at least 1 item" in alerts(at.error)[0][0]
    assert versions(at, GROUP) == {}


def test_message_goes_when_the_mistake_is_corrected(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")
    at.text_input(key="owner").set_value("nobody")
    publish(at)
    at.text_input(key="owner").set_value("ada@example.com")
    publish(at)

    assert not at.exception and not at.error
    assert world(at).seen.published.group.owner == "ada@example.com"  # type: ignore[union-attr]


def test_page_shows_the_python_that_publishes_and_the_json_that_is_sent(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")

    assert not at.exception
    assert "signals.publish([group, bundle, nudge])" in at.code[0].value
    assert [f'"name": "{name}"' in at.json[i].value for i, name in ((0, GROUP), (2, INTERVENTION))]
    assert '"is_published": true' in at.json[0].value


def test_board_publishes_all_again_after_the_count_was_left_out(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")
    at.get_by_key("attributes").set_value([PRIORITY])
    publish(at)
    publish(go_to(at, "board"))

    assert not at.exception and not at.error
    assert versions(at, INTERVENTION) == {1: True}


def test_problem_is_gone_once_a_field_was_changed(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")
    at.get_by_key("attributes").set_value([PRIORITY])
    publish(at)
    at.number_input(key="threshold").set_value(4).run()

    assert not at.exception
    assert not at.error


@pytest.mark.parametrize("go_on", ["new_user", "publish in another tab"])
def test_problem_is_gone_once_it_is_not_true_any_more(open_app: OpenApp, go_on: str) -> None:
    at = go_to(open_app(), "definitions")
    at.get_by_key("attributes").set_value([PRIORITY])
    publish(at)
    assert at.error
    if go_on == "new_user":
        click(at, "new_user")
    else:
        publish(open_app(user=at.query_params["user"]))

    assert not at.run().error
    assert not at.exception


def test_publishing_what_is_published_says_that_nothing_changed(open_app: OpenApp) -> None:
    at = publish(go_to(open_app(), "definitions"))
    publish(at)

    assert not at.exception
    assert [each.value for each in at.toast] == ["All of this was already published."]


def test_second_click_that_comes_before_the_page_is_drawn_publishes_no_second_time(
    open_app: OpenApp,
) -> None:
    at = publish(go_to(open_app(), "definitions"))
    here, job = world(at), world(at).jobs.find(JOB)
    assert job is not None
    heard = here.definitions.changes_heard
    at.session_state["asked"] = Asked(
        job, "Publishing", lambda _: ("Done.", ":material/check:"), STORY, here.world, heard
    )
    publish(at)

    assert not at.exception
    assert here.jobs.find(JOB) is job
    assert [each.value for each in at.toast] == ["Done."]


def test_preview_shows_what_would_be_computed_and_publishes_nothing(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 3)
    at = go_to(at, "definitions")
    at.number_input(key="threshold").set_value(2)
    click(at, "preview")

    assert not at.exception and not at.error
    (row,) = at.dataframe[0].value.to_dict("records")
    assert (row.pop("user"), row.pop("nudged")) == ("you", "yes")
    assert count_and_priority(row) == (3, "medium")
    assert "Of 1 user, 1 would be nudged." in texts(at)
    assert "events of the last 7 days in the sandbox" in texts(at)
    assert versions(at, INTERVENTION) == {1: True}


def test_preview_goes_when_something_is_changed(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 1), "definitions")
    click(at, "preview")
    assert len(at.dataframe) == 1
    at.number_input(key="threshold").set_value(3).run()

    assert not at.exception and not at.dataframe


def test_preview_without_events_says_so(open_app: OpenApp) -> None:
    at = click(go_to(open_app(), "definitions"), "preview")

    assert not at.exception and not at.dataframe
    assert alerts(at.info) == [
        (
            "Nothing to compute yet",
            "None of the events of the last 7 days in the sandbox would count. Complete a task on"
            " the board, then preview again.",
        )
    ]


def test_preview_of_what_cannot_be_is_explained(open_app: OpenApp) -> None:
    at = go_to(open_app(), "definitions")
    at.text_input(key="owner").set_value("nobody")
    click(at, "preview")

    assert not at.exception
    assert any("Use an email address as the owner" in text for _, text in alerts(at.error))


def test_intervention_that_time_alone_should_fire_is_warned_of(open_app: OpenApp) -> None:
    at = publish(go_to(open_app(), "definitions"))
    signals = world(at).signals
    idle = attribute("idle", "time_since_last", type="double", time_unit="min")
    silence = intervention(criterion(f"{GROUP}:idle", ">", 15), name=INTERVENTION, version=2)
    signals.publish([group(idle, name=GROUP, version=2), silence])

    world(at).polling.forget_definitions()  # the page asks now and then: it is time again
    assert eventually(lambda: alerts(at.run().warning) != [])
    ((title, text),) = alerts(at.warning)
    assert not at.exception
    assert (title, "Time alone never fires" in text) == ("It may never fire", True)
