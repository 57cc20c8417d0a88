"""Definitions are read from Python that is written with the SDK, and nothing is executed."""

import builtins
import itertools
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import snowplow_signals as sdk

from lib.studio.python_reader import Asked, read_python
from lib.studio.source_check import Refused

GROUP = """\
my_group = StreamAttributeGroup(
    name="my_group", version=1, attribute_key=user_id, owner="ada@example.com",
    attributes=[Attribute(name="n", type="int32", events=[], aggregation="counter")],
)
"""

# Each is a construct that Snowplow's documentation of Signals uses, in our own words.
DOCUMENTED = {
    "event of one version": 'e = Event(name="note_added", vendor="org.acme", version="2-0-1")',
    "event of any version": 'e = Event(name="note_added", vendor="org.acme")',
    "events of a vendor": 'e = Event(vendor="org.acme")',
    "events of trackers": "e = [PageView(), PagePing(), StructuredEvent()]",
    "no events": "events=[]",
    "atomic property": 'p = AtomicProperty(name="platform")',
    "event property": (
        'p = EventProperty(vendor="org.acme", name="note_added", major_version=1, path="$.a[0].b")'
    ),
    "entity property": (
        'p = EntityProperty(vendor="org.acme", name="note", major_version=1, path="age", index=1)'
    ),
    "date part": 'p = AtomicProperty(name="derived_tstamp", date_part="hour_of_day")',
    "calculated property": (
        'p = CalculatedProperty(operation="concat", separator="-", properties=['
        'AtomicProperty(name="app_id"), AtomicProperty(name="platform")])'
    ),
    "criteria": (
        "c = Criteria(any=["
        'Criterion.like(AtomicProperty(name="page_url"), "%/faq%"),'
        'Criterion.eq(property=AtomicProperty(name="app_id"), value="x"),'
        'Criterion.in_list(AtomicProperty(name="app_id"), values=["x", "y"]),'
        'Criterion.is_null(AtomicProperty(name="app_id"))])'
    ),
    "attribute with a period": (
        'a = Attribute(name="n", type="int32", events=[], aggregation="counter",'
        " period=timedelta(minutes=10), default_value=0)"
    ),
    "attribute with a lifetime": (
        'a = Attribute(name="n", type="double", events=[], aggregation="time_since_last",'
        ' time_unit="min", ttl=timedelta(days=7))'
    ),
    "own key": (
        'k = AttributeKey(name="by_app", description="The app", owner="ada@example.com",'
        ' property=AtomicProperty(name="app_id"), ttl=timedelta(days=365))'
    ),
    "key of a column": 'k = AttributeKey(external_column="CUSTOMER_ID")',
    "backfill": GROUP.replace(
        "version=1", "backfill_since_tstamp=datetime(2025, 1, 1, tzinfo=timezone.utc)"
    ),
    "warehouse": (
        'source = BatchSource(name="s", database="D", schema="S", table="T", timestamp_field="U")\n'
        'g = ExternalBatchAttributeGroup(name="g", version=1, attribute_key=domain_userid,'
        ' owner="ada@example.com", batch_source=source, fields=[Field(name="F", type="int32")])'
    ),
    "service by names": (
        's = Service(name="s", owner="ada@example.com",'
        ' attribute_groups=[{"name": "g", "version": 2}])'
    ),
    "service of objects": (
        GROUP + 's = Service(name="s", owner="ada@example.com", attribute_groups=[my_group])'
    ),
    "single criterion": (
        'i = RuleIntervention(name="i", owner="ada@example.com",'
        ' criteria=InterventionCriterion(attribute="g:a", operator="is not null"))'
    ),
    "nested rule": (
        'i = RuleIntervention(name="i", owner="ada@example.com",'
        " criteria=InterventionCriteriaAll(all=["
        'InterventionCriterion(attribute="g:a", operator=">", value=75.00),'
        "InterventionCriteriaNone(none=["
        'InterventionCriterion(attribute="g:b", operator="in", value=["x"])])]),'
        ' target_attribute_keys=[LinkAttributeKey(name="domain_userid")],'
        ' payload_attribute_groups=[{"name": "g", "version": 1}])'
    ),
    "agentic context": (
        'log = EventLog(name="log", attribute_key=domain_sessionid, max_events=50,'
        " max_age_seconds=1800, events=[EventSelection("
        'event=EventLogEvent(name="page_view", vendor="org.acme", version="1-0-0"),'
        ' properties=[EventLogAtomicProperty(name="page_url", output_name="url"),'
        'EventLogEventProperty(vendor="org.acme", name="f", major_version=1, path="$.foo"),'
        'EventLogEntityProperty(vendor="org.acme", name="f", major_version=1, path="x")])])'
    ),
    "client of settings": (
        "from snowplow_signals import Signals\nimport os\n"
        'sp_signals = Signals(api_url=os.environ["A"], api_key=KEY, api_key_id=os.getenv("B"),'
        ' org_id="c")'
    ),
    "client left out": "sp_signals = Signals({{ config }})",
    "publishing": GROUP + "result = sp_signals.publish([my_group])",
    "taking back": GROUP + "sp_signals.unpublish([my_group])\nsp_signals.delete([my_group])",
    "testing": GROUP + 'data = sp_signals.test(attribute_group=my_group, app_ids=["website"])',
    "imports": "from datetime import datetime, timedelta, timezone\n"
    "from snowplow_signals import (\n    domain_userid, domain_sessionid,\n    user_id,\n)",
}


@pytest.mark.parametrize("construct", DOCUMENTED)
def test_what_the_documentation_shows_is_read(construct: str) -> None:
    read_python(DOCUMENTED[construct])


def test_definitions_are_the_sdks_own() -> None:
    program = read_python(GROUP + "sp_signals.publish([my_group])")

    group = sdk.StreamAttributeGroup(
        name="my_group",
        version=1,
        attribute_key=sdk.user_id,
        owner="ada@example.com",
        attributes=[sdk.Attribute(name="n", type="int32", events=[], aggregation="counter")],
    )
    assert program.definitions == (group,)
    assert program.asked == (Asked("publish", (group,)),)


def test_a_definition_that_is_only_named_in_a_call_is_there_too() -> None:
    program = read_python('sp_signals.publish([AttributeKey(name="k")])')

    assert [each.name for each in program.definitions] == ["k"]


def test_a_client_may_have_another_name() -> None:
    program = read_python(f'{GROUP}c = Signals(api_url="x")\nc.test(my_group)')

    assert [each.action for each in program.asked] == ["test"]


def test_times_are_read() -> None:
    program = read_python(
        GROUP.replace(
            "version=1",
            "ttl=timedelta(days=1, hours=2),"
            " backfill_since_tstamp=datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))",
        )
    )

    group = program.definitions[0]
    assert group.ttl == timedelta(hours=26)
    assert group.backfill_since_tstamp == datetime(2026, 1, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("x = 1\nfor y in x: pass", 2, 1, "no loops"),
        ('ä = "ü"; print(ä)', 1, 10, "`print` is not defined"),
        ('x = Event(nme="a")', 1, 11, "Did you mean `name`?"),
        ("x = Evnt()", 1, 5, "Did you mean `Event`?"),
        (
            'Attribute(name="n", events=[], aggregation="counter",\n  type="integer")',
            2,
            3,
            "Attribute refuses `type`: Input should be 'bytes'",
        ),
        ('Event("page_view")', 1, 7, "takes its arguments by name"),
        ("x = [...]", 1, 6, "Something is left out"),
        ("sp_signals.pull_interventions([])", 1, 1, "only publish, unpublish, delete, test"),
        ("sp_signals.publish([1])", 1, 1, "takes definitions"),
        ("x = (1", 1, 5, "Python cannot read this"),
        ("timedelta(days=9999999999)", 1, 1, "This is refused"),
        ("import pandas", 1, 8, "`import pandas` is not read"),
        ("from snowplow_signals import *", 1, 30, "import each name, or leave the import out"),
    ],
)
def test_a_refusal_says_where_and_why(source: str, line: int, column: int, words: str) -> None:
    with pytest.raises(Refused) as refused:
        read_python(source)

    assert words in refused.value.reason
    assert (refused.value.line, refused.value.column) == (line, column)


# Hostile programs: what each kind does to a value, and the values it is done to.
VALUES = ("1", '"a"', "[]", "user_id", "Event", "timedelta", "sp_signals")
KINDS = {
    "attribute": "({0}).__class__.__base__.__subclasses__()",
    "own attribute": "x = {0}\nx.__class__",
    "call of a value": "x = {0}\nx(1)(2)",
    "index": "x = {0}\nx[0]",
    "function": "x = lambda: {0}",
    "definition": "def f():\n    return {0}",
    "class": "class A({0}):\n    pass",
    "loop": "while {0}:\n    pass",
    "comprehension": "[{0} for x in [1]]",
    "condition": "{0} if 1 else 2",
    "arithmetic": "{0} * 10 ** 10",
    "power": "x = 9 ** 9 ** 9 ** 9",
    "comparison": "{0} == {0}",
    "walrus": "[x := {0}]",
    "star": "Event(*{0})",
    "double star": "Event(**{0})",
    "format": 'f"{{{0}}}"',
    "format method": '"{{0.__class__}}".format({0})',
    "bytes": "x = b'{0}'",
    "deletion": "del {0}",
    "decorator": "@{0}\ndef f(): pass",
    "await": "await {0}",
    "yield": "yield {0}",
    "assertion": "assert {0}",
    "raise": "raise {0}",
    "builtin": 'eval({0})\nexec({0})\n__import__("os")',
    "getattr": 'getattr({0}, "__class__")',
    "secret": 'sp_signals = Signals(api_key=open("/etc/passwd").read(), api_url={0}.x)',
    "environment": 'import os\nx = os.environ["HOME"]\ny = {0}',
    "client": "x = sp_signals.api_client\ny = {0}",
}
SINGLE = [
    'import os\nos.system("touch hacked")',
    'from os import system\nsystem("touch hacked")',
    "from snowplow_signals import *",
    "from snowplow_signals.api_client import ApiClient",
    "from . import x",
    "import os as o\no.abort()",
    "import subprocess",
    "(" * 1000,
    "[" * 25 + "]" * 25,
    "-" * 30_000 + "1",
    "not " * 5_000 + "1",
    "x" + ".x" * 10_000,
    "x" + "()" * 10_000,
    "x" + "[0]" * 10_000,
    "1" * 5_000,
    "0x" + "f" * 30_000,
    '"a" ' * 13_000,
    "x = 1\n" * 400,
    "#" * 50_000,
    "[" + "1," * 15_000 + "]",
    "x = 1e999",
    'x = "\\ud800"',
    "x = '\ud800'",
    "x = 1\x00",
    "x = \u202e1",
    "x = 1j",
    "a, b = 1, 2",
    "a.b = 1",
    "a[0] = 1",
    "x: int = 1",
    "x += 1",
    "__builtins__ = 1",
    "Signals = 1\nx = SignalsSandbox",
    "sp_signals",
    "sp_signals.publish(sp_signals)",
    "sp_signals.publish([user_id], [user_id])",
    "sp_signals.publish.__globals__",
    "Criterion.model_construct()",
    "Event.model_validate({})",
    "Event.__init__.__globals__",
    "timezone.utc.__class__",
    "datetime.now()",
    "timedelta.__subclasses__()",
    "ｅｖａｌ('1')",
    "x = [1]\nx()",
    "x = {1: 2}",
    "x = {1}",
    "match x:\n    case 1: pass",
    "type X = 1",
    "  x = 1",
    "if 1:\n\tx = 1\n        y = 2",
    "x = '''",
    "x = 'a",
    "$",
    "!ls",
    "?x",
    "x = 0777",
    "async def f(): pass",
    "with open('x') as f: pass",
    "try:\n    pass\nfinally:\n    pass",
    "global x",
    "print('hello')",
    "\\",
    "Event(name='a', name='b')",
    'AttributeKey(name="k", external_column="other")',
    "datetime(99999, 1, 1)",
    "timedelta(1, 2, 3, 4, 5, 6, 7, 8)",
    "Signals(api_key=Signals(api_key=1))",
    "Signals(1, 2)",
    'Signals(api_key=__import__("os").environ["HOME"])',
]


def hostile_programs() -> Iterator[str]:
    yield from SINGLE
    for kind, value in itertools.product(KINDS.values(), VALUES):
        yield kind.format(value)


def test_there_are_two_hundred_hostile_programs() -> None:
    assert len(set(hostile_programs())) >= 200


def test_hostile_programs_are_refused_and_nothing_is_executed(monkeypatch) -> None:
    touched: list[str] = []

    def touch(name: str) -> object:
        return lambda *_, **__: touched.append(name)

    for name in ("system", "abort", "popen", "getenv"):
        monkeypatch.setattr(os, name, touch(name))
    monkeypatch.setattr(subprocess, "Popen", touch("Popen"))
    accepted = []
    with monkeypatch.context() as patched:
        for name in ("eval", "exec", "open", "input", "breakpoint"):
            patched.setattr(builtins, name, touch(name))
        for program in hostile_programs():
            try:
                read_python(program)
                accepted.append(program[:100])
            except Refused:
                pass

    assert accepted == []
    assert touched == []


def test_a_hostile_program_takes_no_longer_than_the_largest_honest_one() -> None:
    """A bound that holds on a busy machine: both run on it."""
    attribute = 'Attribute(name="n", type="int32", events=[], aggregation="counter"),\n'
    honest = GROUP.replace("attributes=[", f"attributes=[{attribute * 570}")
    read_python(honest)  # which is accepted

    def seconds(program: str) -> float:
        times = []
        for _ in range(3):
            began = time.process_time()
            with suppress(Refused):
                read_python(program)
            times.append(time.process_time() - began)
        return min(times)

    limit = seconds(honest)
    assert [each[:50] for each in hostile_programs() if seconds(each) > limit] == []
