"""Events: the first number of a SchemaVer is what attribute properties name. Reasons to fail."""

import pytest

from lib.sandbox.pipeline.events import Entity, Event, Failure, kept_reasons


@pytest.mark.parametrize(("version", "major"), [("1-0-0", 1), ("12-3-4", 12)])
def test_major_version_is_the_first_number(version: str, major: int):
    event = Event("id", 0, 0, "com.example", "seen", version, {})
    entity = Entity("com.example", "project", version, {})
    assert (event.major_version, entity.major_version) == (major, major)


class Counted(Entity):
    """An entity that counts how often its version is parsed."""

    parsed = 0

    @property
    def major_version(self) -> int:
        Counted.parsed += 1
        return super().major_version


def test_entities_are_found_by_kind_in_order() -> None:
    entities = [
        Entity("com.example", name, version, number)
        for number, (name, version) in enumerate(
            [("project", "1-0-0"), ("team", "1-0-0"), ("project", "2-0-0"), ("project", "1-1-0")]
        )
    ]
    event = Event("id", 0, 0, "com.example", "seen", "1-0-0", {}, None, entities)
    found = {major: event.entities_of("com.example", "project", major) for major in (1, 2, None)}
    assert {major: [each.data for each in kind] for major, kind in found.items()} == {
        1: [0, 3],
        2: [2],
        None: [0, 2, 3],
    }
    assert event.entities_of("org.example", "project", 1) == []


def test_entities_are_looked_through_once_however_often_they_are_looked_for() -> None:
    entities: list[Entity] = [Counted("com.example", "project", "1-0-0", {}) for _ in range(100)]
    event = Event("id", 0, 0, "com.example", "seen", "1-0-0", {}, None, entities)
    for number in range(50):
        event.entities_of("com.example", f"kind_{number}", 1)
    assert Counted.parsed == 100


def test_reasons_beyond_20000_characters_are_counted() -> None:
    failures = [Failure("iglu:a", "$", f"{number:03}" + "x" * 990) for number in range(30)]
    assert kept_reasons(failures[:20]) == failures[:20]
    others = Failure(None, "$", "at least 10 more reasons are left out")
    assert kept_reasons(failures) == [*failures[:20], others]
