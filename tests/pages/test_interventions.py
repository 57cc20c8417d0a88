"""The interventions page, as AppTest runs it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from snowplow_signals import (
    Attribute,
    Event,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    StreamAttributeGroup,
    domain_sessionid,
)
from streamlit.testing.v1 import AppTest

from lib.connection.api_client import StreamState
from lib.demo.own_words import OwnWords
from lib.snowplow.definitions import COUNT
from lib.studio.registry import Registry
from lib.ui import session
from tests.support.attributes import count_and_priority
from tests.support.browser_labels import as_a_browser
from tests.support.presentations import (
    guest_of,
    presenter,  # noqa: F401 (a fixture)
    room_of,
)
from tests.support.steps import (
    alerts,
    click,
    complete,
    everything,
    go_to,
    has,
    publish,
    texts,
    unescaped,
    world,
)
from tests.support.studio_steps import field
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]


def test_empty_page_says_how_to_fill_it_and_has_the_button(open_app: OpenApp) -> None:
    at = go_to(open_app(), "interventions")

    assert not at.exception
    assert [title for title, _ in alerts(at.info)] == ["No rule yet", "Nothing received yet"]
    assert not has(at, "nudge")
    click(at, "publish")
    assert not has(at, "publish")
    assert [title for title, _ in alerts(at.info)] == ["Nothing received yet"]


def test_received_intervention_is_listed_with_all_that_it_carried(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 5), "interventions")

    assert not at.exception
    assert "Nothing received yet" not in [title for title, _ in alerts(at.info)]
    (received,) = world(at).inbox
    entry = at.get_by_key(f"received_{received.id}")
    words = [unescaped(each.value) for each in (*entry.markdown, *entry.caption)]
    assert words == [
        "**power_user_nudge**",
        ":violet-badge[version 1]",
        ":gray-badge[waiting for an answer]",
        f"{received.tstamp:%Y-%m-%d %H:%M:%S} UTC",
        f"Target: user_id {at.query_params['user']}",
    ]
    assert count_and_priority(json.loads(entry.json[0].value)) == ("5", "high")


def test_answer_is_shown_in_the_inbox(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 5), "interventions")
    click(at, "accept_nudge")

    assert not at.exception
    assert ":gray-badge[accepted]" in texts(at)
    assert not has(at, "nudge")


def test_intervention_pushed_to_oneself_arrives(open_app: OpenApp) -> None:
    at = go_to(open_app(), "interventions")
    assert eventually(lambda: world(at).is_live)
    click(at, "push_intervention")

    assert eventually(lambda: has(at.run(), "nudge"))
    assert not at.exception and not at.error and not at.warning
    assert [each.intervention.name for each in world(at).inbox] == ["hello_from_the_app"]
    assert not has(at, "accept_nudge")  # it is not the one that invites anybody


UNHEARD = "Not delivered: no subscriber was connected."


@pytest.mark.parametrize("button", ["push_intervention", "send_power_user_nudge"])
def test_one_that_nobody_heard_is_told_until_the_stream_opens(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    at = go_to(publish(open_app()), "interventions")
    assert eventually(lambda: has(at.run(), button) and world(at).is_live)
    monkeypatch.setattr("lib.snowplow.interventions.push_test_intervention", undelivered)
    monkeypatch.setattr("lib.ui.rules.push_intervention", undelivered)
    click(at, button)
    assert eventually(lambda: UNHEARD in texts(at.run()))

    opened = StreamState("live", datetime.now(UTC))
    monkeypatch.setattr(world(at).connection.api_client, "stream_state", opened)

    assert UNHEARD not in texts(at.run())
    assert not at.exception


def undelivered(*_: object, **__: object) -> str:
    return "undelivered"


def test_subscription_is_shown_as_it_is(open_app: OpenApp) -> None:
    at = go_to(open_app(), "interventions")

    assert eventually(lambda: ":green-badge[:material/hearing: Subscribed]" in texts(at.run()))
    assert not at.exception


def test_page_explains_what_is_sent_once_and_what_never(open_app: OpenApp) -> None:
    at = go_to(open_app(), "interventions")

    (once, traps, how) = at.expander
    assert once.label == "Sent once per target"
    assert "never again to that user" in once.markdown[0].value
    assert "In the sandbox, a new version" in once.markdown[0].value
    assert traps.label == "What never fires"
    assert "**Time alone.**" in traps.markdown[0].value
    assert "**Targets that are not UUIDs.**" in traps.markdown[0].value
    assert "pull_interventions" in how.code[0].value


# Published interventions


def rule_card(at: AppTest, name: str = "power_user_nudge") -> str:
    """All the words on the card of a rule, as a person reads them."""
    card = at.get_by_key(f"rule_{name}")
    kinds = (card.markdown, card.caption, card.warning, card.get("progress"))
    return unescaped(
        "\n".join(str(getattr(each, "value", each)) for kind in kinds for each in kind)
    )


def way(at: AppTest, name: str = "power_user_nudge") -> tuple[int, str]:
    """How far the only number in a rule is: percent, and in words."""
    (bar,) = at.get_by_key(f"rule_{name}").get("progress")
    return bar.proto.value, unescaped(bar.proto.text)


def test_published_rule_has_the_values_of_now(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "interventions")

    assert not at.exception
    expected = ":orange-badge[:material/close: false] `tasks_completed_count >= 5` · 2 of 5"
    assert eventually(lambda: way(at.run()) == (40, expected))
    assert "Not yet. It fires with the event" in rule_card(at)


def test_rule_that_fired_says_when_and_that_it_does_not_again(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 5), "interventions")

    (received,) = world(at).inbox
    said = f"It arrived at {received.at:%Y-%m-%d %H:%M:%S} UTC. It is not sent to you again"
    assert said in rule_card(at)


def test_rule_sent_as_a_test_arrives_and_did_not_fire(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "interventions")
    assert eventually(lambda: world(at).is_live)
    click(at, "send_power_user_nudge")

    assert eventually(lambda: has(at.run(), "accept_nudge"))
    assert not at.exception
    (received,) = world(at).inbox
    assert (received.is_test, world(at).is_nudged) == (True, False)
    assert (received.intervention.attributes or {})[COUNT] == "2"
    assert "Sent to me at" in rule_card(at) and "It arrived at" not in rule_card(at)


def test_real_one_still_comes_after_a_test(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "interventions")
    assert eventually(lambda: world(at).is_live)
    click(at, "send_power_user_nudge")
    complete(go_to(at, "board"), 3)

    assert eventually(lambda: world(at).is_nudged)


def test_words_of_a_rule_are_written_beside_it(open_app: OpenApp) -> None:
    at = publish(open_app())
    world(at).signals.publish([other_rule()])
    go_to(at, "interventions")
    field(at, "words_headline_second").input("Second, *really*").run()

    assert not at.exception
    assert world(at).words_of("second").headline == "Second, *really*"
    assert "It shows: Second, *really*" in rule_card(at, "second")


def test_words_that_another_tab_wrote_are_in_the_fields_too(open_app: OpenApp) -> None:
    at = publish(open_app())
    world(at).signals.publish([other_rule()])
    other = go_to(open_app(user=at.query_params["user"]), "interventions")
    field(go_to(at, "interventions"), "words_headline_second").input("First").run()
    assert field(other.run(), "words_headline_second").value == "First"

    field(other, "words_headline_second").input(" Second ").run()
    field(other, "words_text_second").input("Text").run()
    assert not other.exception and field(at.run(), "words_headline_second").value == "Second"
    assert world(at).words_of("second") == OwnWords("Second", "Text")


def test_story_keeps_the_words_of_its_profile(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "interventions")

    assert not [each for each in at.text_input if (each.key or "").startswith("words_")]
    assert "Its words come from the demo profile." in rule_card(at)


def test_rules_may_be_called_as_a_field_of_another_begins(open_app: OpenApp) -> None:
    at = publish(open_app())
    rules = [
        other_rule().model_copy(update={"name": f"{field}second"})
        for field in ("", "told_", "headline_", "text_", "button_", "to_", "words_")
    ]
    world(at).signals.publish(rules)
    go_to(at, "interventions")

    assert not at.exception
    assert "words_second" in rule_card(at, "words_second")


def test_an_api_that_did_not_answer_once_is_asked_again(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(signals: object) -> Registry:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr("lib.ui.registry.ASKED_AGAIN_AFTER", timedelta(0))
    at = publish(open_app())
    with monkeypatch.context() as patched:
        patched.setattr("lib.ui.registry.read_registry", fail)
        assert not has(go_to(at, "interventions"), "send_power_user_nudge")

    assert eventually(lambda: has(at.run(), "send_power_user_nudge"))


def other_rule() -> RuleIntervention:
    """A second rule on the story's group."""
    return RuleIntervention(
        name="second",
        version=1,
        owner="you@example.com",
        criteria=InterventionCriterion(
            attribute="project_engagement:tasks_completed_count", operator=">=", value=2
        ),
        target_attribute_keys=[LinkAttributeKey(name="user_id")],
    )


def test_presenter_sends_a_rule_to_somebody_in_the_room(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "is_local", lambda *_: True)
    at = go_to(publish(open_app()), "presenter")
    room = session.process().rooms.find(world(at).connection.place)
    assert room is not None
    monkeypatch.setattr(session, "is_local", lambda *_: False)
    guest = complete(open_app(sandbox=room.code), 1)
    assert eventually(lambda: world(guest).is_live)
    assert receivers(go_to(guest, "interventions")) == []

    monkeypatch.setattr(session, "is_local", lambda *_: True)
    go_to(at, "interventions")
    (chosen,) = receivers(at)
    name = session.process().rooms.member(room.place, world(guest).user_id).name
    assert chosen.options == ["me", name]
    assert world(guest).user_id not in everything(at)
    chosen.select_index(1).run()
    click(at, "send_power_user_nudge")

    assert eventually(lambda: [each.is_test for each in world(guest).inbox] == [True])
    assert not at.exception and world(at).inbox == []
    assert f"Sent to {name} at" in rule_card(at)


def receivers(at: AppTest) -> list[Any]:
    """The choice of whom to send the rule to, if there is one."""
    return [each for each in at.selectbox if (each.key or "").startswith("receiver_")]


def test_test_of_a_rule_goes_to_who_was_chosen_under_another_name_too(
    presenter: AppTest, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, guest = publish(presenter), guest_of(presenter, open_app)
    assert eventually(lambda: world(guest).is_live)
    go_to(at, "interventions")
    as_a_browser(monkeypatch)
    receivers(at)[0].select_index(1).run()
    session.process().rooms.rename(room_of(at).place, world(guest).user_id, "Ada")
    for _ in range(2):
        assert receivers(at.run())[0].value == world(guest).user_id
    click(at, "send_power_user_nudge")

    assert not at.exception and "Sent to Ada at" in rule_card(at)
    assert eventually(lambda: [each.is_test for each in world(guest).inbox] == [True])


def followed(at: AppTest) -> dict[str, tuple[str, str]]:
    """The steps of the intervention: how far each is, and how that is known."""
    rows = [row for _, row in at.table[0].value.iterrows()]
    return {row.iloc[0]: (row.iloc[1], unescaped(row.iloc[2])) for row in rows}


def test_intervention_is_followed_from_its_rule_to_the_answer(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 5), "interventions")
    assert {name: how_far for name, (how_far, _) in followed(at).items()} == {
        "Fired": ":green-badge[:material/check: yes]",
        "Delivered": ":green-badge[:material/check: yes]",
        "Received": ":green-badge[:material/check: yes]",
        "Handled": ":green-badge[:material/check: yes]",
        "Accepted": ":gray-badge[not yet]",
    }
    click(at, "accept_nudge")
    assert not at.exception
    assert followed(at)["Accepted"] == (
        ":green-badge[:material/check: yes]",
        "It was accepted, tracked as nudge_interaction.",
    )


def test_nothing_is_followed_before_there_is_an_intervention(open_app: OpenApp) -> None:
    at = go_to(open_app(), "interventions")
    assert not at.table
    assert any("Publish the definitions to follow" in each.value for each in at.caption)


def test_another_intervention_can_be_followed(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "interventions")
    assert eventually(lambda: world(at).is_live)
    click(at, "push_intervention")
    assert eventually(lambda: has(at.run(), "followed_intervention"))
    at.selectbox(key="followed_intervention").select(("hello_from_the_app", 1)).run()
    assert not at.exception
    assert followed(at)["Fired"] == (
        ":red-badge[:material/close: no]",
        "It was sent as a test, without a rule.",
    )


def test_rule_on_another_key_has_the_values_of_that_key(open_app: OpenApp) -> None:
    at = open_app()
    done = Attribute(
        name="done",
        type="int32",
        aggregation="counter",
        events=[Event(vendor="com.example", name="task_completed", version="1-0-0")],
    )
    visit = StreamAttributeGroup(
        name="visit",
        version=1,
        attribute_key=domain_sessionid,
        owner="you@example.com",
        attributes=[done],
    )
    rule = RuleIntervention(
        name="busy_session",
        version=1,
        owner="you@example.com",
        criteria=InterventionCriterion(attribute="visit:done", operator=">=", value=4),
    )
    world(at).signals.publish([visit, rule])
    complete(at, 1)
    go_to(at, "interventions")

    assert eventually(lambda: way(at.run(), "busy_session")[1].endswith("1 of 4"))
    assert "this app listens for `user_id`" in rule_card(at, "busy_session")
