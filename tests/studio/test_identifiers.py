"""Which definitions would show the ids of others."""

import pytest
from snowplow_signals import AtomicProperty, CalculatedProperty

from lib.studio.identifiers import reads_user_ids
from tests.support.sandbox import attribute, criterion, group, intervention

USER = AtomicProperty(name="user_id")
PAGE = AtomicProperty(name="page_url")
JOINED = CalculatedProperty(operation="concat", properties=[PAGE, USER])


@pytest.mark.parametrize(
    ("wanted", "is_secret"), [(USER, True), (JOINED, True), (PAGE, False), (None, False)]
)
def test_an_attribute_of_the_user_s_id_is_found_also_in_what_is_joined(wanted, is_secret) -> None:
    aggregation = "counter" if wanted is None else "last"
    draft = (group(attribute("value", aggregation, property=wanted)),)
    assert reads_user_ids(draft) is is_secret


def test_a_rule_has_no_ids() -> None:
    assert not reads_user_ids((intervention(criterion("things:value", "is not null")),))
