"""What the API has: one definition that cannot be read leaves the rest as it is."""

from types import SimpleNamespace
from typing import Any

import pytest

from lib.studio.registry import GROUP, SERVICE, Registry, Unreadable, read_registry
from tests.support.sandbox import attribute, criterion, group, intervention, service

THINGS, OTHERS = group(), group(attribute("n", "counter"), name="others")
BUNDLE = service(THINGS, OTHERS, name="bundle")
NUDGE = intervention(criterion("things:count", "is not null"))


def answered(definition: Any, **changes: Any) -> dict[str, Any]:
    """A definition as the API lists it, with fields that only the API allows."""
    dumped: dict[str, Any] = definition.model_dump(mode="json", by_alias=True)
    return dumped | changes


def registry_of(**lists: list[dict[str, Any]]) -> Registry:
    """What is read of an API that lists these."""

    def make_request(method: str, endpoint: str) -> list[dict[str, Any]]:
        return lists.get(endpoint.removeprefix("registry/").removesuffix("/"), [])

    signals: Any = SimpleNamespace(api_client=SimpleNamespace(make_request=make_request))
    return read_registry(signals)


@pytest.mark.parametrize("owner", [None, "", "Data team", "ana@corp.local"])
def test_definition_without_a_valid_owner_is_told_apart_and_the_rest_is_read(
    owner: str | None,
) -> None:
    registry = registry_of(
        attribute_groups=[answered(THINGS), answered(OTHERS, owner=owner)],
        interventions=[answered(NUDGE)],
    )

    assert [each.name for each in registry.found] == ["things", "nudge"]
    assert registry.unreadable == (Unreadable(GROUP, "others"),)
    assert registry.is_unreadable(OTHERS) and not registry.is_unreadable(THINGS)


def test_version_that_cannot_be_read_takes_the_others_of_its_name_along() -> None:
    registry = registry_of(
        attribute_groups=[answered(THINGS), answered(THINGS, version=2, owner="Data team")]
    )

    assert (registry.found, registry.unreadable) == ((), (Unreadable(GROUP, "things"),))


def test_service_that_cannot_be_read_still_counts_as_a_reader_of_its_groups() -> None:
    registry = registry_of(
        attribute_groups=[answered(THINGS), answered(OTHERS)],
        services=[answered(BUNDLE, owner=None)],
    )

    assert registry.unreadable == (Unreadable(SERVICE, "bundle", (("things", 1), ("others", 1))),)
    assert [registry.readers(each) for each in registry.found] == [["bundle"], ["bundle"]]
