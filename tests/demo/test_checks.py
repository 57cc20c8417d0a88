"""What can be a demo profile, and what is said about what cannot."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from lib.demo.checks import LENGTHS, MAY_BE_EMPTY, checked, checked_or, different_fields
from lib.demo.demo_profile import DEFAULT, DemoProfile, Item, ProfileError


def problems(**values: Any) -> dict[str, str]:
    with pytest.raises(ProfileError) as caught:
        checked(values)
    return caught.value.problems


def test_what_is_not_said_is_as_in_the_project_tool() -> None:
    assert checked({}) == DEFAULT
    assert checked({"product": "Palabra"}) == DemoProfile(product="Palabra")


def test_a_profile_is_checked_into_itself() -> None:
    assert checked(asdict(DEFAULT)) == DEFAULT


@pytest.mark.parametrize("name", LENGTHS)
def test_every_text_has_a_longest_length_and_most_may_not_be_empty(name: str) -> None:
    limit = LENGTHS[name]
    assert getattr(checked({name: "x" * limit}), name) == "x" * limit
    assert problems(**{name: "x" * (limit + 1)}) == {
        name: f"At most {limit} characters; this has {limit + 1}."
    }
    if name not in MAY_BE_EMPTY:
        assert problems(**{name: " \n\u202e"}) == {name: "This needs at least one character."}


def test_every_field_has_a_check() -> None:
    others = {"logo", "accent", "language", "threshold", "cards", "event", "vendor"}
    assert {*LENGTHS} | others == {*asdict(DEFAULT)}


@pytest.mark.parametrize("value", [None, 5, ["a"], {"a": 1}])
def test_a_text_is_a_text(value: Any) -> None:
    assert problems(product=value, language=value) == {
        "product": "This must be text.",
        "language": "This must be text.",
    }


def test_what_cannot_be_seen_is_left_out() -> None:
    assert checked({"product": " Fjord\n\x00& \u202eFell "}).product == "Fjord & Fell"


@pytest.mark.parametrize("value", [0, 21, 2.5, True, "5", None])
def test_a_threshold_is_a_whole_number_that_a_story_can_reach(value: Any) -> None:
    assert problems(threshold=value) == {"threshold": "A whole number from 1 to 20."}


def test_only_known_placeholders_are_taken() -> None:
    assert checked({"message": "{count} in {project}"}).message == "{count} in {project}"
    assert problems(message="{user} did it") == {
        "message": "{user} is not a placeholder. Use {count}, {number}, {product} or {project}."
    }


@pytest.mark.parametrize("value", ["english", "de_DE", "", "en-", "x" * 100])
def test_a_language_is_a_tag(value: str) -> None:
    assert problems(language=value)["language"].endswith("Use one such as en, de or pt-BR.")


def test_cards_have_titles_and_priorities_and_are_neither_few_nor_many() -> None:
    three = [{"title": "a", "priority": "high"}, {"title": "b"}, {"title": "c"}]
    assert checked({"cards": three}).cards == (Item("a", "high"), Item("b"), Item("c"))
    assert problems(cards=three[:2])["cards"] == "A board starts with 3 to 20 cards; this has 2."
    assert "has 21." in problems(cards=[{"title": "a"}] * 21)["cards"]
    assert problems(cards=[*three, {"title": ""}]) == {
        "cards": "Card 4: This needs at least one character."
    }
    wanted = "needs a title and a priority: low, medium or high."
    for wrong in ({"title": "a", "priority": "urgent"}, {"title": "a", "x": 1}, "a", None):
        assert problems(cards=[*three, wrong]) == {"cards": f"Card 4 {wanted}"}
    assert problems(cards="abc") == {"cards": "This must be a list of cards."}


def test_cards_may_have_no_day_and_nobody_who_works_on_them() -> None:
    left_out = checked({"due": " ", "mine": ""})
    assert (left_out.due, left_out.mine) == ("", "")
    assert problems(due="x" * 9) == {"due": "At most 8 characters; this has 9."}
    assert problems(mine=5) == {"mine": "This must be text."}


def test_an_event_of_ones_own_has_a_name_and_a_vendor_by_iglu_s_rules() -> None:
    found = checked({"event": " product_added ", "vendor": "com.fjordandfell"})
    assert (found.event, found.vendor) == ("product_added", "com.fjordandfell")
    assert checked({"vendor": "com.fjordandfell"}).event == "task_completed"
    for wrong in ("", "product added", "product.added", "iglu:a/b", "x" * 101):
        assert problems(event=wrong) == {
            "event": "An event's name has letters, digits, hyphens and underscores, like"
            " product_added."
        }
    for wrong in ("com/acme", "com acme", "x" * 101):
        assert problems(event="product_added", vendor=wrong) == {
            "vendor": "A vendor has letters, digits, dots, hyphens and underscores, like"
            " com.fjordandfell."
        }


def test_what_opening_the_board_tracks_is_no_completed_card() -> None:
    assert problems(event="page_view", vendor="com.acme") == {
        "event": "Opening the board tracks page_view. Choose another name."
    }


@pytest.mark.parametrize(
    "vendor", ["com.example", "com.snowplowanalytics", "com.snowplowanalytics.snowplow"]
)
def test_the_vendors_whose_schemas_are_there_are_nobody_s_own(vendor: str) -> None:
    assert problems(event="product_added", vendor=vendor) == {
        "vendor": f"{vendor} is reserved. Use a vendor of your own, or none for the app's."
    }


def test_the_app_s_vendor_has_no_event_of_another_name() -> None:
    assert problems(event="product_added") == {
        "vendor": "An event of your own needs the vendor of its schema, such as com.fjordandfell."
    }


@pytest.mark.parametrize(
    "entered", [{"event": "a b", "vendor": ""}, {"event": "lesson_finished", "vendor": ""}]
)
def test_name_and_vendor_of_an_event_are_replaced_together(entered: dict[str, str]) -> None:
    usual = DemoProfile(event="product_added", vendor="com.fjordandfell")
    found, wrong = checked_or({**asdict(usual), **entered, "product": "Palabra"}, usual)
    assert found == replace(usual, product="Palabra") and wrong


def test_a_field_that_is_unknown_is_named() -> None:
    assert problems(colour="red") == {"colour": "There is no field called 'colour' in a profile."}


def test_what_will_not_do_is_replaced_so_that_the_rest_can_be_shown() -> None:
    usual = DemoProfile(product="Palabra", headline="Bravo")
    found, wrong = checked_or({"product": "", "headline": "¡Muy bien!"}, usual)
    assert found == DemoProfile(product="Palabra", headline="¡Muy bien!")
    assert [*wrong] == ["product"]


def test_only_what_is_different_is_told() -> None:
    assert different_fields(DEFAULT) == {}
    assert different_fields(DemoProfile(threshold=3)) == {"threshold": 3}
