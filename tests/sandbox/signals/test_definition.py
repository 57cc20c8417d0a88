"""A definition is kept as JSON, and its model for as long as there is room."""

from typing import Any

from lib.sandbox.signals import definition
from lib.sandbox.signals.definition import MODELS_BYTES, Definition
from lib.sandbox.signals.kinds import SERVICE
from tests.support.sandbox import OWNER


def service(name: str = "all", **changes: Any) -> Definition:
    body = {
        "name": name,
        "owner": OWNER,
        "attribute_groups": [{"name": "a"}],
        "is_published": True,
        **changes,
    }
    return Definition.of(1, SERVICE, 1, None, body)


def test_model_is_what_the_json_says() -> None:
    found = service("shop")
    assert (found.name, found.is_published, found.version) == ("shop", True, 1)
    assert (found.model.name, found.model.owner) == ("shop", OWNER)
    assert found.title == "Service 'shop'"


def test_equal_definitions_share_a_model() -> None:
    assert service().model is service().model
    assert service().model is not service(description="other").model


def test_models_that_are_kept_have_so_many_bytes_at_most() -> None:
    for number in range(50):
        assert service(f"s{number}", description="d" * 200_000).model.name == f"s{number}"
    assert 0 < definition.kept_models.currsize <= MODELS_BYTES
    definition.kept_models.clear()
