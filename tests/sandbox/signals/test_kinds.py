"""How definitions of each kind are named and versioned."""

import pytest
from snowplow_signals.models.model import VersionedLinkAttributeGroup

from lib.sandbox.signals.kinds import (
    GROUP,
    KINDS,
    SERVICE,
    Kind,
    linked_version,
    title,
    version_of,
)
from tests.support.sandbox import group, service


def test_every_kind_is_found_by_its_name() -> None:
    assert {name: kind.name for name, kind in KINDS.items()} == {name: name for name in KINDS}


def test_version_is_one_where_none_is_given() -> None:
    versions = [version_of(GROUP, group(version=version)) for version in (None, 1, 7)]
    assert [*versions, version_of(SERVICE, service(group()))] == [1, 1, 7, 1]


@pytest.mark.parametrize(
    ("kind", "version", "expected"),
    [
        (GROUP, 2, "Attribute group 'a' version 2"),
        (GROUP, None, "Attribute group 'a'"),
        (SERVICE, 1, "Service 'a'"),
    ],
)
def test_title_has_the_version_of_kinds_that_have_versions(
    kind: Kind, version: int | None, expected: str
) -> None:
    assert title(kind, "a", version) == expected


def test_link_without_a_version_means_the_first() -> None:
    links = [VersionedLinkAttributeGroup(name="a", version=version) for version in (None, 3)]
    assert [linked_version(link) for link in links] == [1, 3]
