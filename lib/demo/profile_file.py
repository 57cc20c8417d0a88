"""A demo profile as TOML: a file in the repository, a download, or pasted text."""

import json
import tomllib
from dataclasses import fields

from lib.demo.checks import checked
from lib.demo.demo_profile import DemoProfile, Item, ProfileError

CHARACTERS_AT_MOST = 20_000
ABOUT = "# A demo profile of the project app: the words and the look of a product.\n"


def to_toml(profile: DemoProfile) -> str:
    """The whole profile, for `from_toml`.

    >>> print(to_toml(DemoProfile(threshold=3)).splitlines()[5])
    threshold = 3
    """
    lines = [
        f"{each.name} = {_literal(getattr(profile, each.name))}" for each in fields(DemoProfile)
    ]
    return ABOUT + "\n".join(lines) + "\n"


def from_toml(text: str) -> DemoProfile:
    """The profile in a text. Raises `ProfileError`."""
    if len(text) > CHARACTERS_AT_MOST:
        raise ProfileError({"": f"A profile has at most {CHARACTERS_AT_MOST:,} characters."})
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProfileError({"": f"This is not TOML: {error}"[:200] + "."}) from None
    return checked(values)


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return "[\n" + "".join(f"    {_card(each)},\n" for each in value) + "]"
    # Texts here have no control characters; JSON writes all others as TOML does.
    return json.dumps(value, ensure_ascii=False)


def _card(item: Item) -> str:
    title = json.dumps(item.title, ensure_ascii=False)
    return f'{{ title = {title}, priority = "{item.priority}" }}'
