"""What a person reads after publishing."""

from types import SimpleNamespace
from typing import Any

import pytest

from lib.snowplow.publishing import Published
from lib.ui.publishing import difference


def definition(version: int = 1, *, is_published: bool = True) -> Any:
    return SimpleNamespace(version=version, is_published=is_published)


def published(version: int = 1, nudge: int = 1, *, is_published: bool = True) -> Published:
    return Published(
        definition(version, is_published=is_published),
        definition(is_published=is_published),
        definition(nudge, is_published=is_published),
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Published(), published(), "Published. Events count from now on."),
        (
            published(is_published=False),
            published(),
            "Published. Events count from now on.",
        ),
        (published(), published(), "All of this was already published."),
        (published(), published(nudge=2), "Published. The count continues."),
        (
            published(),
            published(version=2),
            "Published. The new version of the group counts from zero.",
        ),
        (
            published(),
            Published(definition(), definition()),
            "The nudge is not published: its intervention needs an attribute that is left out.",
        ),
    ],
)
def test_sentence_says_what_publishing_changed(
    before: Published, after: Published, expected: str
) -> None:
    assert difference(before, after) == expected
