"""A profile is read back as its last snapshot and the changes since, and is deleted alone."""

from lib.sandbox.storage.store import Store


def test_snapshot_replaces_the_changes_before_it(store: Store) -> None:
    store.add_profile_changes([(1, "a", 2, b"second"), (1, "a", 1, b"first"), (1, "b", 3, b"b")])
    assert store.profiles(1, ["a", "b", "c"]) == {
        "a": (None, [b"first", b"second"]),
        "b": (None, [b"b"]),
        "c": (None, []),
    }
    store.save_profile(1, "a", b"state")
    store.add_profile_changes([(1, "a", 4, b"third")])
    assert store.profiles(1, ["a"]) == {"a": (b"state", [b"third"])}


def test_profile_is_deleted_alone(store: Store) -> None:
    for group, identifier in ((1, "a"), (1, "b"), (2, "a")):
        store.save_profile(group, identifier, b"state")
    store.delete_profile(1, "a")
    assert store.profiles(1, ["a", "b"]) == {"a": (None, []), "b": (b"state", [])}
    assert store.profiles(2, ["a"]) == {"a": (b"state", [])}
