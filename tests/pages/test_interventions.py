"""The interventions page, as AppTest runs it."""

import json
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.support.attributes import count_and_priority
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


def test_empty_inbox_says_how_to_fill_it(open_app: OpenApp) -> None:
    at = go_to(open_app(), "interventions")

    assert not at.exception
    assert alerts(at.info)[0][0] == "Nothing received yet"
    assert not has(at, "nudge")


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
        "It was pushed, past any rule.",
    )
