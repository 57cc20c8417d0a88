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
