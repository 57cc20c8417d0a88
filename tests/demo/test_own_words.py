"""Words for interventions, as people type them."""

from lib.demo.own_words import HEADLINE_AT_MOST, OwnWords


def test_what_is_kept_is_what_was_typed() -> None:
    words = OwnWords.of("“Hi” {a}", "b\\c", "Go", is_told_only=True)
    assert OwnWords.kept(words.to_keep) == words


def test_words_are_one_visible_line_and_not_too_long() -> None:
    words = OwnWords.of("x" * 500, "one\n\n two\x00\ud800", "\u202ereversed")
    assert (len(words.headline), words.text, words.button) == (
        HEADLINE_AT_MOST,
        "one two",
        "reversed",
    )


def test_unknown_placeholders_are_reported_once_each() -> None:
    words = OwnWords("{a} {b}", "{b} {c} {} { d } {{e}}")
    assert words.unknown_names(["a"]) == ["b", "c", "e"]
