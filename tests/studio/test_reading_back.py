"""Whom a program subscribes for, and what it reads."""

from typing import Any

import pytest
from snowplow_signals import LinkAttributeKey, domain_sessionid, domain_userid, network_userid

from lib.snowplow.definitions import Plan
from lib.studio import ideas
from lib.studio.reading_back import identifiers, more_ids, not_heard, reads
from tests.support.definitions import PROJECT
from tests.support.sandbox import attribute, criterion, group, intervention, service

PLAN = Plan(owner="you@example.com", vendor="com.example")
RULE = criterion("things:count", ">=", 2)
USER = ('"user_id"', "USER")
SESSION = ('"domain_sessionid"', "SESSION")


def nudge(*keys: str, **options: Any) -> Any:
    targets = [LinkAttributeKey(name=key) for key in keys]
    return intervention(RULE, target_attribute_keys=targets or None, **options)


def test_a_rule_about_a_session_that_is_sent_to_the_user_is_heard_by_the_user() -> None:
    assert identifiers(ideas.from_session(PLAN)) == [USER]


def test_a_rule_that_names_no_target_is_sent_to_the_key_of_its_group() -> None:
    of_session = group(attribute_key=domain_sessionid)
    of_others = group(attribute_key=domain_userid, name="others")
    assert identifiers([of_session, of_others, nudge()]) == [SESSION]


def test_the_targets_of_all_rules_are_listened_for() -> None:
    definitions = [group(), nudge("user_id"), nudge("domain_sessionid", name="other")]
    assert identifiers(definitions) == [USER, SESSION]


@pytest.mark.parametrize(
    ("key", "name"), [(domain_userid, "DOMAIN_USER"), (network_userid, "NETWORK_USER")]
)
def test_a_program_has_the_id_of_a_visitor_where_a_definition_needs_it(key: Any, name: str) -> None:
    things = group(attribute_key=key)
    assert more_ids([things]) == more_ids([group(), nudge(key.name)]) == [name]
    assert identifiers([things, nudge()]) == [(f'"{key.name}"', name)]
    assert f"identifier={name}," in reads([things, service(things)])[0]
    assert more_ids([group(), nudge("user_id")]) == []


def test_a_rule_for_whom_the_program_has_no_uuid_is_named() -> None:
    definitions = [group(), nudge("project_id"), nudge("user_id", "project_id", name="heard")]
    assert not_heard(definitions) == ["nudge"]


def test_a_service_of_an_unknown_key_is_there_to_fill_in() -> None:
    key = PROJECT.model_copy(update={"name": "team_id"})
    things = group(attribute("count", "counter"), attribute_key=key)
    (read,) = reads([things, service(things)])
    assert read.splitlines()[0] == "# Fill in an identifier of team_id:"
    assert all(each.startswith("# ") for each in read.splitlines())
    assert 'attribute_key="team_id"' in read
