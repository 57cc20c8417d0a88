"""Iglu: which schemas are held, and what is said of data that they refuse."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.iglu import METASCHEMA, Checked, Iglu, IgluError, SchemaKey, schema_key

SCHEMAS = Path("lib/schemas")
TASK_COMPLETED = "iglu:com.example/task_completed/jsonschema/1-0-0"
THING = "iglu:org.acme/thing/jsonschema/1-0-0"
IGLU = Iglu(SCHEMAS)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


def schema(name: str = "thing", **rules: Any) -> dict[str, Any]:
    described = {"vendor": "org.acme", "name": name, "format": "jsonschema", "version": "1-0-0"}
    return {"self": described, **rules}


def messages(checked: Checked) -> list[tuple[str, str]]:
    return [(failure.path, failure.message) for failure in checked.failures]


def test_bundled_folder_holds_the_schemas_of_the_app():
    files = sorted(each for each in SCHEMAS.rglob("jsonschema/*") if each.is_file())
    assert IGLU.names() == [f"iglu:{each.relative_to(SCHEMAS).as_posix()}" for each in files]
    assert TASK_COMPLETED in IGLU.names()


def test_schema_is_found_by_its_uri():
    held = IGLU.schema(TASK_COMPLETED)
    assert held is not None and held["self"]["name"] == "task_completed"
    assert IGLU.schema("iglu:com.example/none/jsonschema/1-0-0") is None


def test_valid_data_has_no_failures():
    checked = IGLU.check(TASK_COMPLETED, {"task_id": "1", "priority": "low"})
    assert checked == (SchemaKey("com.example", "task_completed", "1-0-0"), (), True)


@pytest.mark.parametrize("version", [0, 1.5, "1", True, None])
def test_nudge_interaction_needs_a_version_from_one(version: Any):
    data = {"intervention_id": "i", "name": "n", "version": version, "action": "accepted"}
    checked = IGLU.check("iglu:com.example/nudge_interaction/jsonschema/1-0-0", data)
    assert [failure.path for failure in checked.failures] == ["$.version"]


def test_every_fault_is_reported_with_its_path():
    checked = IGLU.check(TASK_COMPLETED, {"task_id": 1, "priority": "urgent", "more": 1})
    assert sorted(messages(checked)) == [
        ("$", "Additional properties are not allowed ('more' was unexpected)"),
        ("$.priority", '"urgent" is not one of "low", "medium" or "high"'),
        ("$.task_id", '1 is not of type "string"'),
    ]
    assert {failure.schema for failure in checked.failures} == {TASK_COMPLETED}


def test_unknown_name_of_a_held_vendor_suggests_the_closest():
    checked = IGLU.check("iglu:com.example/task_complete/jsonschema/1-0-0", {})
    message = "task_complete is not in this Iglu. Did you mean task_completed (1-0-0)?"
    assert messages(checked) == [("$", message)]


def test_unlike_name_of_a_held_vendor_lists_what_there_is():
    checked = IGLU.check("iglu:com.example/zzz/jsonschema/1-0-0", {})
    held = sorted(each.name for each in (SCHEMAS / "com.example").iterdir())
    assert {"nudge_interaction", "project", "task_completed"} <= set(held)
    assert messages(checked)[0][1].endswith(f"which holds from com.example: {', '.join(held)}")


def test_unknown_version_of_a_held_name_names_the_versions_held():
    checked = IGLU.check("iglu:com.example/project/jsonschema/1-0-1", {})
    assert messages(checked) == [("$", "project 1-0-1 is not in this Iglu, which holds 1-0-0")]


def test_vendor_that_is_not_held_passes_unvalidated():
    uri = "iglu:com.snowplowanalytics.snowplow/screen_view/jsonschema/1-0-0"
    assert IGLU.check(uri, "anything") == (schema_key(uri), (), False)


@pytest.mark.parametrize(
    "uri",
    [
        "", "com.example/project", "iglu:com.example/project/jsonschema/1", None, 5, [], {},
        "iglu:com.example/project/jsonschema/0-0-0", "iglu:a/b/avro/1-0-0", TASK_COMPLETED + "\n",
        "iglu:" + "a" * 600 + "/b/jsonschema/1-0-0", "iglu:a/b/jsonschema/1-0-١",
    ],
)  # fmt: skip
def test_malformed_uri_fails_and_shows_a_good_one(uri: Any):
    checked = IGLU.check(uri, {})
    assert checked.key is None
    assert "is not a schema URI like iglu:com.example/project/jsonschema/1-0-0" in (
        checked.failures[0].message
    )
    assert len(checked.failures[0].message) < 300


def test_schema_can_be_added_and_is_strict_at_once():
    iglu = Iglu(SCHEMAS)
    assert iglu.check("iglu:org.acme/thing/jsonschema/1-0-0", 5).validated is False
    uri = iglu.add(schema(type="string"))
    assert messages(iglu.check(uri, 5)) == [("$", '5 is not of type "string"')]
    assert uri in iglu.names()


def test_adding_a_schema_leaves_other_sandboxes_alone():
    Iglu(SCHEMAS).add(schema())
    assert "iglu:org.acme/thing/jsonschema/1-0-0" not in Iglu(SCHEMAS).names()


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"type": "object"}, "has no self part"),
        ({"self": {"vendor": "a b"}}, "names no schema"),
        (schema(type="bogus"), "not a usable JSON Schema"),
        (schema(pattern="("), "not a usable JSON Schema"),
        ([], "has no self part"),
    ],
)
def test_broken_schema_is_refused_in_words(broken: Any, words: str):
    with pytest.raises(IgluError, match=words):
        Iglu().add(broken)


@pytest.mark.parametrize("ref", ["http://127.0.0.1:9/x", "https://example.invalid/a/b/c"])
def test_reference_to_a_web_address_is_not_fetched_and_allows_anything(ref: str):
    """As the URI fetcher of CirceValidator in snowplow/iglu-scala-client does."""
    iglu = Iglu()
    uri = iglu.add(schema(properties={"a": {"$ref": ref}, "b": {"type": "string"}}))
    assert iglu.check(uri, {"a": "anything"}).failures == ()
    assert messages(iglu.check(uri, {"a": [], "b": 1})) == [("$.b", '1 is not of type "string"')]


@pytest.mark.parametrize("ref", ["file:///etc/passwd", TASK_COMPLETED, "ftp://a/b", "#/nothing"])
def test_reference_to_anything_else_makes_the_schema_unusable(ref: str):
    with pytest.raises(IgluError, match="not a usable JSON Schema"):
        Iglu().add(schema(**{"$ref": ref}))


@pytest.mark.parametrize(
    "metaschema",
    [
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2020-12/schema",
        METASCHEMA.removesuffix("#"),
        METASCHEMA.replace("http:", "https:"),
        METASCHEMA.replace("1-0-0", "1-0-1"),
        4,
    ],
)
def test_other_metaschema_than_the_self_describing_one_is_refused(metaschema: Any):
    """As findMetaSchemaForSchema of JsonSchemaFactory in networknt/json-schema-validator does."""
    with pytest.raises(IgluError, match="its .schema is .*; it must be http://iglucentral.com"):
        Iglu().add(schema(**{"$schema": metaschema}))


def test_self_describing_metaschema_is_good():
    assert Iglu().add(schema(**{"$schema": METASCHEMA})) == THING


@pytest.mark.parametrize("version", ["1-00-0", "01-0-0", "1-0-01", "0-0-0", "1-0", 1])
def test_schema_with_another_version_than_a_schemaver_is_refused(version: Any):
    broken = schema()
    broken["self"]["version"] = version
    with pytest.raises(IgluError, match="names no schema"):
        Iglu().add(broken)


# Files that are no schemas


def written(folder: Path, path: str, content: bytes) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "it is not valid JSON"),
        (b"", "it is not valid JSON"),
        (b"\xff", "it is not valid JSON"),
        (b"[]", "the schema has no self part"),
        (b"5", "the schema has no self part"),
        (orjson.dumps({"type": "object"}), "the schema has no self part"),
        (orjson.dumps(schema("other")), "its self part says iglu:org.acme/other/jsonschema/1-0-0"),
        (orjson.dumps(schema(type="bogus")), "is not a usable JSON Schema"),
        (orjson.dumps(schema(pattern="{")), "is not a usable JSON Schema: { is not a repetition"),
        (orjson.dumps(schema(**{"$schema": "x"})), "its $schema is 'x'"),
        (b'{"a":' * 600 + b"1" + b"}" * 600, "the schema has no self part"),
    ],
)
def test_file_that_is_not_a_schema_is_reported_and_its_events_fail(
    tmp_path: Path, content: bytes, reason: str
):
    written(tmp_path, "org.acme/good/jsonschema/1-0-0", orjson.dumps(schema("good")))
    iglu = Iglu(written(tmp_path, "org.acme/thing/jsonschema/1-0-0", content))
    [problem] = iglu.problems
    assert problem.schema == "org.acme/thing/jsonschema/1-0-0"
    assert reason in problem.reason
    assert iglu.names() == ["iglu:org.acme/good/jsonschema/1-0-0"]
    [failure] = iglu.check(THING, {}).failures
    assert failure.message.startswith("the schema cannot be used: ")


@pytest.mark.parametrize("name", ["README.md", "1-0-0.json", "1-0-0~", "latest"])
def test_file_that_is_not_named_for_a_version_is_reported(tmp_path: Path, name: str):
    iglu = Iglu(written(tmp_path, f"org.acme/thing/jsonschema/{name}", orjson.dumps(schema())))
    assert [each.schema for each in iglu.problems] == [f"org.acme/thing/jsonschema/{name}"]
    assert iglu.names() == []


def test_folder_in_place_of_a_file_is_reported(tmp_path: Path):
    (tmp_path / "org.acme/thing/jsonschema/1-0-0").mkdir(parents=True)
    assert [each.schema for each in Iglu(tmp_path).problems] == ["org.acme/thing/jsonschema/1-0-0"]


def test_hidden_files_and_other_formats_are_not_looked_at(tmp_path: Path):
    written(tmp_path, "org.acme/thing/jsonschema/.DS_Store", b"x")
    written(tmp_path, "org.acme/thing/avro/1-0-0", b"x")
    assert Iglu(written(tmp_path, "README.md", b"x")).problems == []


def test_bundled_schemas_have_no_problems():
    assert IGLU.problems == []


def test_huge_value_is_not_dumped_into_the_message():
    checked = IGLU.check(TASK_COMPLETED, {"task_id": "x" * 1_000_000, "priority": "low"})
    [failure] = checked.failures
    assert len(failure.message) < 310
    assert failure.message.endswith("is longer than 255 characters")


def test_at_most_twenty_faults_are_reported():
    iglu = Iglu()
    uri = iglu.add(schema(items={"type": "string"}))
    assert len(iglu.check(uri, list(range(1000))).failures) == 20


def test_only_the_first_of_a_million_faults_is_reported():
    iglu = Iglu()
    uri = iglu.add(schema(items={"type": "string"}))
    assert [failure.path for failure in iglu.check(uri, list(range(1_000_000))).failures] == [
        "$[0]"
    ]


@pytest.mark.parametrize("depth", [300, 1024, 100_000])
def test_bottomless_data_fails_without_a_crash(depth: int):
    data: Any = {}
    for _ in range(depth):
        data = {"task_id": data}
    [failure] = IGLU.check(TASK_COMPLETED, data).failures
    assert failure == Failure(TASK_COMPLETED, "$", "cannot be validated: Recursion limit reached")


def test_schema_that_refers_to_itself_without_end_does_not_hang():
    iglu = Iglu()
    uri = iglu.add(schema(allOf=[{"$ref": "#"}]))
    assert iglu.check(uri, 5).failures == ()


@given(uri=st.sampled_from([*IGLU.names(), "iglu:x/y/jsonschema/1-0-0"]) | JSON, data=JSON)
def test_no_data_makes_the_check_raise(uri: Any, data: Any):
    checked = IGLU.check(uri, data)
    orjson.dumps([[failure.path, failure.message] for failure in checked.failures])


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^(a+)+$", "a" * 100_000 + "!"),
        (r"^(a|aa)+$", "a" * 100_000 + "!"),
        (r"^(.*a){20}$", "a" * 100_000 + "!"),
        (r"^(a+)\1+$", "a" * 20_000 + "!"),
        (r"^(?=(a+)b\1)", "a" * 20_000),
        (r"^(a*)*\1!$", "a" * 20_000),
        (r"(?<=a)(a+)+\1b", "a" * 20_000),
    ],
)
@pytest.mark.timeout(300)
def test_pattern_that_goes_back_again_and_again_gives_up(pattern: str, text: str):
    """By default the validator takes a million steps in each text, and a body has many texts."""
    iglu = Iglu()
    key = {"vendor": "com.example", "name": "a", "format": "jsonschema", "version": "1-0-0"}
    uri = iglu.add({"self": key, "items": {"type": "string", "pattern": pattern}})
    checked = iglu.check(uri, [text] * (2_000_000 // len(text)))
    assert checked.failures and checked.validated


def test_pattern_that_looks_around_still_matches():
    iglu = Iglu()
    key = {"vendor": "com.example", "name": "a", "format": "jsonschema", "version": "1-0-0"}
    uri = iglu.add({"self": key, "type": "string", "pattern": r"^(?!test)(\w+)-\1$"})
    results = [not iglu.check(uri, text).failures for text in ("ab-ab", "ab-ac", "test-test")]
    assert results == [True, False, False]


PATTERN = r"^\X$"


def test_pattern_of_names_that_cannot_be_translated_is_not_checked_and_is_named(tmp_path: Path):
    """Nor is what the names that it does not describe may have."""
    file = tmp_path / "org.acme/thing/jsonschema/1-0-0"
    file.parent.mkdir(parents=True)
    rules = {PATTERN: {"type": "string"}, "^n": {"type": "number"}}
    file.write_bytes(orjson.dumps(schema(patternProperties=rules, additionalProperties=False)))
    iglu = Iglu(tmp_path)
    assert iglu.problems == [(THING, f"the pattern {PATTERN!r} is not checked")]
    assert iglu.check(THING, {"é": 1, "n": 1}).failures == ()
    assert [each.path for each in iglu.check(THING, {"n": "text"}).failures] == ["$.n"]
