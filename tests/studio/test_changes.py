"""Publishing and keeping a draft: versions, what they mean, and what is left alone."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from snowplow_signals import SignalsSandbox, StreamAttributeGroup

from lib.connection.backend import new_token
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.definitions import MADE_BY_THIS_APP
from lib.studio import changes
from lib.studio.changes import Change, NotPossible, change_of
from lib.studio.registry import GROUP, SERVICE, Found, Registry, Unreadable, read_registry
from tests.support.sandbox import attribute, criterion, group, intervention, service


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def signals(server: EmbeddedServer) -> SignalsSandbox:
    return SignalsSandbox(api_url=server.url, sandbox_token=new_token())


def counting(*events: Any, **options: Any) -> StreamAttributeGroup:
    """A group whose computation depends on these events."""
    return group(attribute("value", "counter", events=list(events)), **options)


FIRST = counting()
SECOND = group(attribute("value"), attribute("other"))
NUDGE = intervention(criterion("things:value", "is not null"))


def publish(signals: SignalsSandbox, *draft: Any) -> Change:
    change = change_of(draft, read_registry(signals))
    changes.publish(signals, change)
    return change


def found(signals: SignalsSandbox, name: str) -> Found:
    (one,) = (each for each in read_registry(signals).found if each.name == name)
    return one


def states(found: Found) -> dict[int, bool]:
    return {each.version: bool(each.is_published) for each in found.versions}


def test_what_is_new_is_published_as_it_is_written(signals) -> None:
    change = publish(signals, FIRST, service(FIRST), NUDGE)

    assert change.notes == ()
    assert [each.state for each in read_registry(signals).found] == ["published"] * 3


def test_the_same_again_makes_no_version_and_says_so(signals) -> None:
    publish(signals, FIRST)
    change = publish(signals, FIRST)

    assert states(found(signals, "things")) == {1: True}
    assert change.notes == ("Attribute group `things` computes the same as what is published.",)


def test_a_changed_group_is_the_next_version_and_its_service_and_payload_follow(signals) -> None:
    nudge = NUDGE.model_copy(update={"payload_attribute_groups": service(FIRST).attribute_groups})
    publish(signals, FIRST, service(FIRST), nudge)
    change = publish(signals, SECOND, service(SECOND), nudge)

    assert states(found(signals, "things")) == {2: True, 1: False}
    assert found(signals, "everything").newest.attribute_groups[0].version == 2
    assert found(signals, "nudge").newest.payload_attribute_groups[0].version == 2
    assert change.notes[0] == (
        "Attribute group `things` becomes version 2, which counts from zero: it has no values until"
        " the next event."
    )


def test_a_version_that_another_service_reads_stays_published(signals) -> None:
    publish(signals, FIRST, service(FIRST))
    change = publish(signals, SECOND)

    assert states(found(signals, "things")) == {2: True, 1: True}
    assert "`everything` keeps reading version 1" in change.notes[0]


def test_a_changed_rule_may_nudge_again(signals) -> None:
    publish(signals, FIRST, NUDGE)
    change = publish(signals, intervention(criterion("things:value", "is null")))

    assert states(found(signals, "nudge")) == {2: True, 1: False}
    assert change.notes == (
        "Intervention `nudge` becomes version 2. Users nudged by version 1 can be nudged again.",
    )


def test_a_kept_draft_leaves_what_is_published_alone(signals) -> None:
    publish(signals, FIRST, service(FIRST), NUDGE)
    change = change_of([SECOND, service(SECOND)], read_registry(signals))

    changes.save(signals, change)
    assert [each.name for each in change.live] == ["everything"]
    assert states(found(signals, "things")) == {2: False, 1: True}
    assert found(signals, "things").state == "published with a newer draft"
    assert found(signals, "everything").newest.attribute_groups[0].version == 1


def test_a_group_that_did_not_change_stays_published_while_its_nudge_is_kept(signals) -> None:
    publish(signals, FIRST, NUDGE)
    other = intervention(criterion("things:value", "is null"))
    changes.save(signals, change_of([FIRST, other], read_registry(signals)))

    assert states(found(signals, "things")) == {1: True}
    assert states(found(signals, "nudge")) == {2: False, 1: True}


def test_of_what_is_published_as_it_is_there_is_nothing_to_keep(signals) -> None:
    publish(signals, FIRST, service(FIRST))
    change = change_of([FIRST, service(FIRST)], read_registry(signals))
    changes.save(signals, change)

    assert change.drafts == ()
    assert {each.state for each in read_registry(signals).found} == {"published"}


def test_a_draft_that_is_kept_again_is_the_same_version(signals) -> None:
    publish(signals, FIRST)
    changes.save(signals, change_of([SECOND], read_registry(signals)))
    third = group(attribute("third"))
    changes.save(signals, change_of([third], read_registry(signals)))

    assert states(found(signals, "things")) == {2: False, 1: True}
    assert [each.name for each in found(signals, "things").newest.attributes] == ["third"]


def test_what_is_forgotten_is_gone_in_every_version(signals) -> None:
    publish(signals, FIRST)
    publish(signals, SECOND)
    changes.forget(signals, found(signals, "things"))

    assert read_registry(signals).found == ()


def test_group_that_a_service_reads_is_not_deleted_in_part(signals) -> None:
    publish(signals, FIRST, service(FIRST), NUDGE)
    publish(signals, SECOND)

    with pytest.raises(
        NotPossible, match="Attribute group things is used by everything"
    ) as refused:
        changes.forget(signals, found(signals, "things"))
    assert refused.value.advice == "Delete that first."
    assert states(found(signals, "things")) == {2: True, 1: True}
    assert states(found(signals, "nudge")) == {1: True}


def test_what_was_unpublished_is_published_again(signals) -> None:
    publish(signals, FIRST)
    changes.unpublish(signals, found(signals, "things"))
    assert found(signals, "things").state == "draft"

    changes.publish_again(signals, found(signals, "things"))
    assert found(signals, "things").state == "published"


def test_a_version_that_a_service_reads_stays_published_beside_its_newer_draft(signals) -> None:
    publish(signals, FIRST, service(FIRST))
    changes.save(signals, change_of([SECOND], read_registry(signals)))
    changes.publish_again(signals, found(signals, "things"))

    assert states(found(signals, "things")) == {2: True, 1: True}


def test_two_that_would_have_one_name_with_the_suffix_are_refused() -> None:
    again = SECOND.model_copy(update={"name": "things_emea"})

    with pytest.raises(NotPossible, match=r"Two definitions .* called things_emea"):
        change_of([FIRST, again], Registry(), "_emea")


def test_everything_gets_the_suffix_and_rules_follow() -> None:
    nudge = NUDGE.model_copy(update={"payload_attribute_groups": service(FIRST).attribute_groups})
    change = change_of([FIRST, service(FIRST), nudge], Registry(), "_emea")

    first, bundle, rule = change.definitions
    assert [each.name for each in change.definitions] == [
        "things_emea",
        "everything_emea",
        "nudge_emea",
    ]
    assert first.name == bundle.attribute_groups[0].name == rule.payload_attribute_groups[0].name
    assert rule.criteria.attribute == "things_emea:value"


def test_everything_says_that_this_app_made_it_once() -> None:
    once = change_of([FIRST], Registry()).definitions
    twice = change_of(once, Registry()).definitions

    assert once[0].description == twice[0].description == MADE_BY_THIS_APP


def test_what_others_made_is_not_touched_where_others_define_too(signals) -> None:
    signals.publish([FIRST])

    with pytest.raises(NotPossible, match="things is somebody else's"):
        change_of([SECOND], read_registry(signals), is_shared=True)


def test_name_of_what_cannot_be_read_is_refused() -> None:
    registry = Registry(unreadable=(Unreadable(GROUP, "things"),))

    with pytest.raises(NotPossible, match="Attribute group things exists already and cannot be"):
        change_of([SECOND], registry)
    assert change_of([service(SECOND, name="things")], registry).definitions


def test_version_whose_values_a_nudge_sends_along_stays_published_with_it(signals) -> None:
    other = group(attribute("seen"), name="other")
    payload = [{"name": "things", "version": 1}]
    rule = criterion("other:seen", "is not null")
    publish(signals, FIRST, other, intervention(rule, "sender", payload_attribute_groups=payload))

    change = publish(signals, SECOND)

    assert change.replaced == ()
    assert "`sender` keeps reading version 1" in change.notes[0]
    assert states(found(signals, "things")) == {1: True, 2: True}
    assert states(found(signals, "sender")) == {1: True}


def test_version_that_a_service_reads_which_cannot_be_read_stays_published(signals) -> None:
    publish(signals, FIRST)
    theirs = Unreadable(SERVICE, "theirs", (("things", 1),))
    registry = replace(read_registry(signals), unreadable=(theirs,))

    change = change_of([SECOND], registry)
    assert change.replaced == ()
    assert "`theirs` keeps reading version 1" in change.notes[0]


@pytest.mark.parametrize(
    ("draft", "words"), [([], "no definition"), ([FIRST, SECOND], "Two definitions")]
)
def test_a_draft_that_says_nothing_or_two_things_is_refused(draft, words) -> None:
    with pytest.raises(NotPossible, match=words):
        change_of(draft, Registry())


def test_a_draft_says_how_it_differs_from_what_is_published() -> None:
    old = counting(name="g")
    new = old.model_copy(update={"attributes": [attribute("value", "counter", default_value=0)]})

    assert changes.difference(old, new)[-1] == "`attributes.value.default_value`: `nothing` → `0`"


def test_who_uses_a_group_is_known(signals) -> None:
    publish(signals, FIRST, service(FIRST), NUDGE)
    registry = read_registry(signals)

    users = registry.users(found(signals, "things"))
    assert sorted(each.name for each in users) == ["everything", "nudge"]
