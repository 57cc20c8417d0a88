"""A schema that somebody writes: what the form makes of it, and the version that it may be."""

import pytest

from lib.diagnosis.schema_draft import METASCHEMA, NotSchema, composed, following, written
from lib.sandbox.pipeline.iglu import METASCHEMA as EXPECTED
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.pipeline.own_schemas import OwnSchemas, next_versions

ROWS = [
    {"field": " id ", "type": "string", "required": True, "values": "", "meaning": "Which"},
    {"field": "size", "type": "integer", "required": False, "values": "1, 2", "meaning": ""},
    {"field": "", "type": "string", "required": True, "values": "", "meaning": ""},
    {"field": None, "type": None, "required": None, "values": None, "meaning": None},
]


def test_a_form_becomes_a_self_describing_schema() -> None:
    assert composed("com.acme", "order", "1-0-0", "An order", ROWS) == {
        "$schema": METASCHEMA,
        "self": {"vendor": "com.acme", "name": "order", "format": "jsonschema", "version": "1-0-0"},
        "description": "An order",
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "Which", "maxLength": 255},
            "size": {"type": "integer", "enum": [1, 2]},
        },
        "required": ["id"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("rows", [ROWS, [], ROWS[2:]])
def test_what_the_form_makes_is_taken(rows) -> None:
    OwnSchemas(Iglu()).check_new(composed("com.acme", "order", "1-0-0", "", rows))


@pytest.mark.parametrize("held", [[], ["1-0-0"], ["1-0-9", "1-0-10"], ["2-1-3", "1-9-9"]])
def test_the_versions_offered_are_those_that_the_sandbox_takes(held) -> None:
    newest = {"1-0-10": "1-0-10"}.get(held[-1], held[0]) if held else ""
    assert list(following(held)) == next_versions(newest)


def test_the_metaschema_is_the_one_that_the_sandbox_asks_for() -> None:
    assert METASCHEMA == EXPECTED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "in line 1, column 2"),
        ("[]", "A schema is a JSON object."),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ("[" * 100_000, "This is not JSON"),
    ],
)
def test_what_is_no_schema_is_told_with_its_place(text: str, words: str) -> None:
    with pytest.raises(NotSchema, match=words.replace(".", r"\.")):
        written(text)
