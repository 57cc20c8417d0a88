"""Self-describing events and entities: how their envelopes are read."""

import base64
import json
from typing import Any

import orjson
import pytest

from lib.sandbox.limits import ENTITIES_IN_EVENT
from lib.sandbox.pipeline.enrich import enrich
from lib.sandbox.pipeline.events import Entity, Event, FailedEvent
from lib.sandbox.pipeline.iglu import Iglu
from tests.support.enriched import (
    BOARD,
    CONTEXTS,
    PROJECT,
    RECEIVED,
    TASK,
    TASK_COMPLETED,
    UNSTRUCT_EVENT,
    bad,
    good,
    self_describing,
    task_completed,
    tracked,
)


@pytest.mark.parametrize("encode_base64", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_base64_or_plain_and_padded_or_not_give_the_same(encode_base64: bool, padded: bool):
    fields = tracked(task_completed({**TASK, "task_id": "ÿ?>ü"}, BOARD, BOARD), encode_base64)
    if not padded:
        fields = {name: value.rstrip("=") for name, value in fields.items()}
    event = good(fields)
    assert event.data == {**TASK, "task_id": "ÿ?>ü"}
    assert event.entities == [Entity("com.example", "project", "1-0-0", BOARD)] * 2


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_both_base64_alphabets_are_read(encode: Any):
    text = self_describing(TASK_COMPLETED, {**TASK, "task_id": "???>>>"})["ue_pr"]
    assert good({"e": "ue", "ue_px": encode(text.encode()).decode()}).data["task_id"] == "???>>>"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "a self-describing event needs ue_px or ue_pr"),
        ({"ue_px": "%%%"}, "ue_px is not base64"),
        ({"ue_px": "abcde"}, "ue_px is not base64"),
        ({"ue_px": "é"}, "ue_px is not base64"),
        ({"ue_px": "//8"}, "ue_px is not valid JSON"),
        ({"ue_pr": "{"}, "ue_pr is not valid JSON"),
        ({"ue_pr": "\ud800"}, "ue_pr is not valid JSON"),
        ({"ue_pr": '{"a": NaN}'}, "ue_pr is not valid JSON"),
        ({"ue_pr": "[" * 40 + "1" + "]" * 40}, "ue_pr is nested deeper than 39 levels"),
        ({"ue_pr": "[]"}, 'ue_pr is not an object with "schema" and "data"'),
        ({"ue_pr": "{}"}, "ue_pr has the schema None, not"),
        ({"ue_pr": json.dumps({"schema": CONTEXTS, "data": {}})}, "ue_pr has the schema 'iglu:"),
        ({"ue_pr": json.dumps({"schema": UNSTRUCT_EVENT})}, 'ue_pr has no "data"'),
        ({"ue_pr": json.dumps({"schema": UNSTRUCT_EVENT, "data": 5})}, "ue_pr: $.data is not an"),
        (self_describing(None, {}), "None is not a schema URI"),
        (self_describing([1], {}), "[1] is not a schema URI"),
        (self_describing("iglu:com.example/task_complete/jsonschema/1-0-0", {}),
         "task_complete is not in this Iglu. Did you mean task_completed (1-0-0)?"),
    ],
)  # fmt: skip
def test_unreadable_self_describing_event_fails_in_words(fields: dict[str, str], words: str):
    [failure] = bad({**fields, "e": "ue"}).failures
    assert failure.message.startswith(words)


def test_one_bad_entity_among_good_ones_is_named_by_its_place():
    data = [{"schema": PROJECT, "data": BOARD}, "no", {"schema": PROJECT, "data": {}}]
    failed = bad({"e": "pv", "co": json.dumps({"schema": CONTEXTS, "data": data})})
    assert [(one.schema, one.path) for one in failed.failures] == [
        (None, "$.co"),
        (PROJECT, "$"),
        (PROJECT, "$"),
    ]
    assert failed.failures[0].message.startswith("co: $.data[1] is not an object")


def test_entities_that_are_no_list_fail():
    [failure] = bad({"e": "pv", "co": json.dumps({"schema": CONTEXTS, "data": {}})}).failures
    assert failure.message == 'co: "data" is not a list of entities'


# What the schemas of the envelopes in iglu-central and IgluUtils in snowplow/enrich say


def contexts(data: Any, version: int = 1, **more: Any) -> dict[str, str]:
    return {
        "e": "pv",
        "co": json.dumps({"schema": f"{CONTEXTS[:-1]}{version}", "data": data, **more}),
    }


def test_envelope_itself_may_have_more_keys():
    entity = {"schema": PROJECT, "data": BOARD}
    assert good(contexts([entity], meta=1)).entities == [
        Entity("com.example", "project", "1-0-0", BOARD)
    ]


@pytest.mark.parametrize("more", [{"meta": 1}, {"id": None}, {"$schema": "x"}, {"": {}}])
def test_more_keys_than_schema_and_data_fail_an_event_and_an_entity(more: dict[str, Any]):
    problem = 'is not an object with "schema" and "data" and nothing else'
    event = {"schema": TASK_COMPLETED, "data": TASK, **more}
    described = {"e": "ue", "ue_pr": json.dumps({"schema": UNSTRUCT_EVENT, "data": event})}
    [failure] = bad(described).failures
    assert failure.message == f"ue_pr: $.data {problem}"
    [failure] = bad(contexts([{"schema": PROJECT, "data": BOARD, **more}])).failures
    assert failure.message == f"co: $.data[0] {problem}"


def test_only_the_second_version_of_contexts_may_be_empty():
    assert good(contexts([])).entities == []
    [failure] = bad(contexts([], version=0)).failures
    assert failure.message == f"co has no entities: only {CONTEXTS} may have none"


@pytest.mark.parametrize("version", [2, 3, 10, 99])
def test_version_of_an_envelope_that_iglu_central_does_not_have_fails(version: int):
    [failure] = bad(contexts([{"schema": PROJECT, "data": BOARD}], version)).failures
    assert failure.message.endswith("contexts/jsonschema/1-0-0 or 1")
    newer = f"{UNSTRUCT_EVENT[:-1]}{version}"
    [failure] = bad(self_describing(TASK_COMPLETED, TASK, newer)).failures
    assert failure.message.endswith("unstruct_event/jsonschema/1-0-0")


@pytest.mark.parametrize("version", ["1-00-0", "1-0-00", "01-0-0", "1-01-0", "0-0-0", "1-0"])
def test_schemaver_with_leading_zeros_fails(version: str):
    uri = f"iglu:org.unknown/thing/jsonschema/{version}"
    [failure] = bad(self_describing(uri, {})).failures
    assert "is not a schema URI" in failure.message


# Integers that do not fit into 64 bits: circeToJackson in snowplow/iglu-scala-client keeps them

COUNTED = "iglu:org.acme/counted/jsonschema/1-0-0"


def counted(rule: dict[str, Any]) -> Iglu:
    described = {"vendor": "org.acme", "name": "counted", "format": "jsonschema"}
    iglu = Iglu()
    iglu.add({"self": {**described, "version": "1-0-0"}, "properties": {"count": rule}})
    return iglu


def with_count(text: str, encode: bool = False) -> dict[str, str]:
    """An event and an entity whose count is this JSON, exactly."""
    described = f'{{"schema": "{COUNTED}", "data": {{"count": {text}}}}}'
    event = f'{{"schema": "{UNSTRUCT_EVENT}", "data": {described}}}'
    entities = f'{{"schema": "{CONTEXTS}", "data": [{described}]}}'
    if not encode:
        return {"e": "ue", "ue_pr": event, "co": entities}
    event, entities = (base64.b64encode(each.encode()).decode() for each in (event, entities))
    return {"e": "ue", "ue_px": event, "cx": entities}


@pytest.mark.parametrize("encode", [True, False])
@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"type": "integer"}, str(2**64)),
        ({"type": "integer"}, str(-(2**63) - 1)),
        ({"type": "integer", "minimum": 0}, "1" * 300),
        ({"type": ["integer", "null"]}, "1" + "0" * 30),
        ({"type": "integer", "maximum": 10**18 * 100}, str(10**20 - 1)),
    ],
)
def test_integer_of_any_size_is_an_integer(rule: dict[str, Any], text: str, encode: bool):
    result = enrich(with_count(text, encode), RECEIVED, counted(rule))
    assert isinstance(result, Event), result
    orjson.dumps(result)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"type": "integer"}, "1e30"),
        ({"type": "integer"}, "12345678901234567890.5"),
        ({"type": "integer", "maximum": 10}, str(2**64)),
        ({"type": "string"}, str(2**64)),
        ({"type": "integer", "multipleOf": 2}, str(2**64 + 1)),
    ],
)
def test_large_number_that_breaks_its_rule_fails(rule: dict[str, Any], text: str):
    result = enrich(with_count(text), RECEIVED, counted(rule))
    assert isinstance(result, FailedEvent)
    assert [each.path for each in result.failures] == ["$.count"] * 2


@pytest.mark.timeout(300)
def test_many_entities_with_large_integers_are_read_once():
    iglu = counted({"type": "integer"})
    entity = f'{{"schema": "{COUNTED}", "data": {{"count": {2**64}}}}}'
    entities = f'{{"schema": "{CONTEXTS}", "data": [{",".join([entity] * ENTITIES_IN_EVENT)}]}}'
    assert isinstance(enrich({"e": "pv", "co": entities}, RECEIVED, iglu), Event)
