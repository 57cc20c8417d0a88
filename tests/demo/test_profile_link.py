"""Profiles in files and in addresses: what is written is read again, and nonsense is refused."""

import base64
import tomllib
import zlib
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.demo.card_lines import cards_of, lines_of
from lib.demo.checks import LENGTHS, checked
from lib.demo.demo_profile import DEFAULT, DemoProfile, Item, ProfileError
from lib.demo.pictures import BYTES_AT_MOST as PICTURE_BYTES
from lib.demo.profile_file import from_toml, to_toml
from lib.demo.profile_link import CHARACTERS_AT_MOST, WHOLE, link_of, profile_of
from lib.demo.ready_profiles import FOLDER, ready_profiles
from lib.project import PRIORITIES


def texts(at_most: int) -> st.SearchStrategy[str]:
    characters = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="{}\u2028\u2029")
    return st.text(characters, min_size=1, max_size=at_most).filter(is_sound)


def is_sound(text: str) -> bool:
    return checked({"message": text}).message == text if text.strip() else False


# Made once: to make a strategy costs more than to draw from it.
WORDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={name: texts(min(limit, 24)) for name, limit in LENGTHS.items()}
)
EVENTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"event": "product_added", "vendor": "com.fjordandfell"}]
)
CARDS = st.lists(
    st.builds(lambda t, p: {"title": t, "priority": p}, texts(60), st.sampled_from(PRIORITIES)),
    min_size=3,
    max_size=20,
)


@st.composite
def profiles(draw: st.DrawFn) -> DemoProfile:
    try:
        return checked({**draw(WORDS), **draw(EVENTS), "cards": draw(CARDS)})
    except ProfileError:
        return DEFAULT


@given(profiles())
def test_a_profile_comes_back_from_its_file(profile: DemoProfile) -> None:
    assert from_toml(to_toml(profile)) == profile


@given(profiles())
def test_a_profile_comes_back_from_its_link(profile: DemoProfile) -> None:
    assert profile_of(link_of(profile)) == profile


@given(st.lists(st.builds(Item, texts(60), st.sampled_from(PRIORITIES)), max_size=20))
def test_cards_come_back_from_their_lines(cards: list[Item]) -> None:
    assert cards_of(lines_of(cards)) == tuple(cards)


@given(st.text(max_size=200) | st.text("abcdefABC019-_", max_size=200).map(lambda t: WHOLE + t))
def test_any_text_is_a_profile_or_is_refused(text: str) -> None:
    try:
        assert isinstance(profile_of(text), DemoProfile)
    except ProfileError as error:
        assert error.problems


@given(st.text(max_size=300))
def test_any_pasted_text_is_a_profile_or_is_refused(text: str) -> None:
    try:
        assert isinstance(from_toml(text), DemoProfile)
    except ProfileError as error:
        assert error.problems


def packed(content: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return WHOLE + base64.urlsafe_b64encode(packer.compress(content) + packer.flush()).decode()


@pytest.mark.parametrize(
    "link",
    [
        WHOLE,
        WHOLE + "!",
        packed(b"")[:-3],
        packed(b"[1]").rstrip("="),
        packed(b"{").rstrip("="),
        packed(b'{"product": "' + b"x" * 50_000_000 + b'"}').rstrip("="),
        packed(b"[" * 20_000).rstrip("="),
        WHOLE + "A" * CHARACTERS_AT_MOST,
    ],
)
def test_nonsense_and_bombs_are_refused_before_they_fill_the_memory(link: str) -> None:
    with pytest.raises(ProfileError, match="cannot be read"):
        profile_of(link)


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ProfileError, match="no profile called 'shop', only project_tool, "):
        profile_of("shop")


def test_what_a_link_carries_is_checked() -> None:
    with pytest.raises(ProfileError) as caught:
        profile_of(packed(b'{"product": "", "accent": "#ffff00"}').rstrip("="))
    assert {*caught.value.problems} == {"product", "accent"}


def test_a_link_names_a_profile_that_ships_and_carries_any_other_whole() -> None:
    shop = ready_profiles()["webshop"]
    assert link_of(shop) == "webshop"
    assert link_of(replace(shop, threshold=3)).startswith(WHOLE)


def test_links_and_files_from_before_there_were_events_are_as_they_were() -> None:
    old = packed(b'{"product": "Palabra"}').rstrip("=")
    assert profile_of(old) == from_toml('product = "Palabra"') == DemoProfile(product="Palabra")
    assert profile_of(old).event == "task_completed"


def test_a_profile_that_does_not_fit_into_an_address_is_refused() -> None:
    import random

    picture = base64.b64encode(random.Random(1).randbytes(2 * PICTURE_BYTES)).decode()
    with pytest.raises(ProfileError, match="does not fit into a link"):
        link_of(replace(DEFAULT, logo=f"data:image/png;base64,{picture}"))


def test_files_that_are_no_profile_are_refused_with_the_reason() -> None:
    with pytest.raises(ProfileError, match="This is not TOML: "):
        from_toml("product = ")
    with pytest.raises(ProfileError, match="at most 20,000 characters"):
        from_toml("#" * 20_001)


def test_the_default_is_written_out_among_those_that_ship() -> None:
    assert from_toml((FOLDER / "project_tool.toml").read_text()) == DEFAULT


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_profiles_that_ship_say_every_word(path: Any) -> None:
    assert list(tomllib.loads(path.read_text())) == [each.name for each in fields(DemoProfile)]
    assert len(ready_profiles()[path.stem].template.sprints[0]) >= 9
