"""What is stored of definitions: they are read back, in order, and nothing of another sandbox."""

from lib.sandbox.storage.store import Store
from lib.sandbox.storage.stored_definitions import DefinitionRow
from tests.support.sandbox import NOW


def test_definitions_are_read_back_oldest_first(store: Store, mine: int, theirs: int) -> None:
    first = store.save_definition(mine, "service", "b", 1, None, {"n": 1})
    store.save_definition(theirs, "service", "a", 1, None, {})
    second = store.save_definition(mine, "service", "a", 1, NOW, {"n": 2})
    assert store.definitions(mine) == [
        DefinitionRow(first, "service", "b", 1, None, {"n": 1}),
        DefinitionRow(second, "service", "a", 1, NOW, {"n": 2}),
    ]


def test_definition_that_is_saved_again_keeps_its_id(store: Store, mine: int) -> None:
    first = store.save_definition(mine, "service", "a", 1, None, {"n": 1})
    assert store.save_definition(mine, "service", "a", 1, NOW, {"n": 2}) == first
    assert store.save_definition(mine, "service", "a", 2, NOW, {}) != first
    assert store.definitions(mine)[0] == DefinitionRow(first, "service", "a", 1, NOW, {"n": 2})


def test_id_of_a_deleted_definition_is_never_used_again(
    store: Store, mine: int, theirs: int
) -> None:
    deleted = store.save_definition(mine, "group", "a", 1, NOW, {})
    store.delete_definition(deleted)
    assert store.save_definition(theirs, "group", "a", 1, NOW, {}) != deleted


def test_deleted_group_takes_its_values_along(store: Store, mine: int) -> None:
    group, other = (
        store.save_definition(mine, "group", name, 1, NOW, {}) for name in ("one", "other")
    )
    for each in (group, other):
        store.save_profile(each, "user", b"state")
        store.add_profile_changes([(each, "user", 1, b"change")])
    store.delete_definition(group)
    assert [each.name for each in store.definitions(mine)] == ["other"]
    assert store.profiles(group, ["user"]) == {"user": (None, [])}
    assert store.profiles(other, ["user"]) == {"user": (b"state", [b"change"])}


def test_definitions_are_deleted_of_one_sandbox(store: Store, mine: int, theirs: int) -> None:
    for each in (mine, theirs):
        store.save_definition(each, "service", "a", 1, None, {})
    store.delete_definitions(mine)
    assert (len(store.definitions(mine)), len(store.definitions(theirs))) == (0, 1)
