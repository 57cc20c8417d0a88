"""Events: the first number of a SchemaVer is what attribute properties name."""

import pytest

from lib.sandbox.pipeline.events import Entity, Event


@pytest.mark.parametrize(("version", "major"), [("1-0-0", 1), ("12-3-4", 12)])
def test_major_version_is_the_first_number(version: str, major: int):
    event = Event("id", 0, 0, "com.example", "seen", version, {})
    entity = Entity("com.example", "project", version, {})
    assert (event.major_version, entity.major_version) == (major, major)
