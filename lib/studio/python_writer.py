"""Definitions as the Python that one would type with the Signals SDK.

The reverse of `python_reader`: reading what is written here gives the same definitions. Only what
differs from the SDK's defaults is written, besides versions. Events, keys of one's own and an owner
that occurs often get a name, as in Snowplow's tutorial.
"""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import snowplow_signals as sdk
from pydantic import BaseModel, RootModel
from snowplow_signals.models.model import VersionedLinkAttributeGroup

from lib.studio.code_layout import Call, Node, Row, Table, Text, quoted, written
from lib.studio.vocabulary import CLIENT, CRITERIA, KEYS, MODELS, Definition, argument_names

FIRST = ("vendor", "name", "version", "description", "attribute_key", "owner", "type")
THEN = ("aggregation", "events", "property", "criteria", "period", "attributes")
VERSIONED = (sdk.AttributeGroup, sdk.RuleIntervention)  # their version is always written
OWNER = "OWNER"
OF_PROGRAMS = {"os", "uuid", "time", "threading", "COLLECTOR_URL", "Signals", "SignalsSandbox"}
OF_PYTHON = {*dir(builtins), "timedelta", "datetime", "timezone"}
TAKEN = {*MODELS, *KEYS, CLIENT, OWNER, *OF_PYTHON, *OF_PROGRAMS}
SETTINGS = {
    "api_url": "SIGNALS_API_URL",
    "api_key": "CONSOLE_API_KEY",
    "api_key_id": "CONSOLE_API_KEY_ID",
    "org_id": "ORG_ID",
}
UNITS = (
    ("days", timedelta(days=1)),
    ("hours", timedelta(hours=1)),
    ("minutes", timedelta(minutes=1)),
    ("seconds", timedelta(seconds=1)),
    ("microseconds", timedelta(microseconds=1)),
)


def written_python(
    definitions: Sequence[Definition], action: str = "publish", *, client: bool = True
) -> str:
    """A program that makes these definitions and publishes them, or does something else with them.

    With `client`, it also makes the client, from the settings of the environment.
    """
    writer = _Writer(list(definitions))
    names = [writer.assign(each) for each in definitions]
    asked = Call(f"{CLIENT}.{action}", [("", Row([Text(each) for each in names]))])
    blocks = [*writer.blocks]
    if client:
        blocks.append(written(_client(), f"{CLIENT} = "))
        writer.imported.add("Signals")
    if names:
        blocks.append(written(asked))
    head = _imports(writer.imported, writer.times, with_os=client)
    return "\n\n".join([*head, *blocks]) + "\n"


def _client() -> Call:
    return Call(
        "Signals",
        [(name, Text(f"os.environ[{quoted(setting)}]")) for name, setting in SETTINGS.items()],
    )


def _imports(imported: set[str], times: set[str], *, with_os: bool) -> list[str]:
    """The blocks of imports, sorted as ruff sorts them: classes, then other names."""
    plain = ["import os"] if with_os else []
    if times:
        plain.append(f"from datetime import {', '.join(sorted(times))}")
    names = sorted(imported, key=lambda name: (name[0].islower(), name))
    line = f"from snowplow_signals import {', '.join(names)}"
    if len(line) > 100:
        rows = "".join(f"    {name},\n" for name in names)
        line = f"from snowplow_signals import (\n{rows})"
    return ["\n".join(each) for each in (plain, [line] if names else []) if each]


@dataclass
class _Writer:
    """Writes one program: which names it has given, and what they need to be imported."""

    definitions: list[Definition]
    blocks: list[str] = field(default_factory=list)
    imported: set[str] = field(default_factory=set)
    times: set[str] = field(default_factory=set)
    names: dict[str, BaseModel] = field(default_factory=dict)
    owner: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        owners = Counter(
            each.__dict__.get("owner") for each in self.definitions if each.__dict__.get("owner")
        )
        owner, count = owners.most_common(1)[0] if owners else (None, 0)
        self.owner = owner if count > 1 else None
        if self.owner is not None:
            self.blocks.append(f"{OWNER} = {quoted(self.owner)}")

    def assign(self, model: BaseModel) -> str:
        """Write `name = model` unless that was done, and what it needs before; returns the name."""
        for name, known in self.names.items():
            if known is model or (known == model and type(known) is type(model)):
                return name
        for needed in _parts_with_names(model):
            self.assign(needed)
        node = self.model(model)
        name = self._free_name(model)
        self.blocks.append(written(node, f"{name} = "))
        self.names[name] = model
        return name

    def _free_name(self, model: BaseModel) -> str:
        wanted = re.sub(r"\W", "_", model.__dict__["name"], flags=re.ASCII)
        if not wanted or wanted[0].isdigit() or wanted.startswith("__"):
            wanted = f"the_{wanted.lstrip('_')}"
        kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(model).__name__).lower()
        for name in (wanted, f"{wanted}_{kind}", *(f"{wanted}_{n}" for n in range(2, 1000))):
            if name not in TAKEN and name not in self.names and not keyword.iskeyword(name):
                return name
        raise ValueError(f"There are too many definitions called {wanted}.")

    # Values

    def value(self, value: Any) -> Node:
        """Any value in a definition."""
        if isinstance(value, RootModel):
            return self.value(value.root)
        if isinstance(value, BaseModel):
            return self._named(value) or self.model(value)
        if isinstance(value, list):
            return Row([self.value(each) for each in value])
        if isinstance(value, timedelta):
            return self._duration(value)
        if isinstance(value, datetime):
            return self._instant(value)
        if isinstance(value, str):
            return Text(quoted(value))
        return Text(repr(value).replace("e+", "e"))

    def _named(self, model: BaseModel) -> Node | None:
        """The name of something that has one: a key of the SDK, or what was assigned before."""
        for name, key in KEYS.items():
            if isinstance(model, sdk.AttributeKey) and model == key:
                self.imported.add(name)
                return Text(name)
        for name, known in self.names.items():
            if known == model and type(known) is type(model):
                return Text(name)
        return None

    def model(self, model: BaseModel) -> Node:
        """A model as a call of its class."""
        if isinstance(model, VersionedLinkAttributeGroup):
            return _link(model)
        if isinstance(model, sdk.Criterion):
            short = self._criterion(model)
            if short is not None:
                return short
        name = _class_name(model)
        self.imported.add(name)
        arguments = []
        for argument, attribute in _in_order(type(model)):
            value = model.__dict__[attribute]
            if not _is_default(model, attribute, value):
                arguments.append((argument, self._argument(argument, value)))
        return Call(name, arguments)

    def _argument(self, argument: str, value: Any) -> Node:
        if argument == OWNER.lower() and value is not None and value == self.owner:
            return Text(OWNER)
        if argument == "attribute_groups":
            return self._groups(value)
        is_link = isinstance(value, sdk.LinkAttributeKey) and argument == "attribute_key"
        if is_link and value.name in KEYS and KEYS[value.name].name == value.name:
            self.imported.add(value.name)
            return Text(value.name)
        return self.value(value)

    def _groups(self, links: Sequence[VersionedLinkAttributeGroup]) -> Node:
        """The groups that a service bundles: by their names in the program if they are there."""
        names = {
            (known.name, known.version): name
            for name, known in self.names.items()
            if isinstance(known, sdk.AttributeGroup)
        }
        found = [names.get((link.name, link.version)) for link in links]
        return Row(
            [Text(name) if name else _link(link) for name, link in zip(found, links, strict=True)]
        )

    def _criterion(self, criterion: sdk.Criterion) -> Node | None:
        """A criterion by the SDK's short methods, if one says exactly this."""
        method = CRITERIA[criterion.operator]
        is_unary = method.startswith("is_")
        is_list = isinstance(criterion.value, list)
        if is_unary != (criterion.value is None) or (method == "in_list" and not is_list):
            return None
        self.imported.add("Criterion")
        parts = [criterion.property] if is_unary else [criterion.property, criterion.value]
        return Call(f"Criterion.{method}", [("", self.value(each)) for each in parts])

    def _duration(self, duration: timedelta) -> Node:
        self.times.add("timedelta")
        left, arguments = abs(duration), []
        for name, unit in UNITS:
            count, left = divmod(left, unit)
            if count:
                sign = -1 if duration < timedelta(0) else 1
                arguments.append((name, Text(str(sign * count))))
        return Call("timedelta", arguments or [("days", Text("0"))])

    def _instant(self, instant: datetime) -> Node:
        self.times.add("datetime")
        parts = [instant.year, instant.month, instant.day, instant.hour, instant.minute]
        parts += [instant.second, instant.microsecond]
        while len(parts) > 3 and not parts[-1]:
            parts.pop()
        arguments: list[tuple[str, Node]] = [("", Text(str(each))) for each in parts]
        offset = instant.utcoffset()
        if offset is not None and offset == UTC.utcoffset(None):
            self.times.add("timezone")
            arguments.append(("tzinfo", Text("timezone.utc")))
        elif offset is not None:
            self.times.add("timezone")
            arguments.append(("tzinfo", Call("timezone", [("", self._duration(offset))])))
        return Call("datetime", arguments)


def _parts_with_names(model: BaseModel) -> Iterator[BaseModel]:
    """The parts of a model that get a name of their own before it: its events and its key."""
    key = model.__dict__.get("attribute_key")
    if isinstance(key, sdk.AttributeKey) and not any(key == each for each in KEYS.values()):
        yield key
    for attribute in model.__dict__.get("attributes") or []:
        for event in attribute.events:
            if event.name and type(event) is sdk.Event:
                yield event


def _link(link: VersionedLinkAttributeGroup) -> Node:
    return Table([("name", Text(quoted(link.name))), ("version", Text(repr(link.version)))])


def _class_name(model: BaseModel) -> str:
    """The SDK's name for a model: of its own class, else of the class that is made from it."""
    kind = type(model)
    for name, known in MODELS.items():
        if known is kind:
            return name
    return next(name for name, known in MODELS.items() if issubclass(known, kind))


def _in_order(model: type[BaseModel]) -> Iterable[tuple[str, str]]:
    """The arguments of a model's class and their fields, in the order that people write them."""
    ranks = {name: rank for rank, name in enumerate((*FIRST, *THEN))}
    return sorted(argument_names(model).items(), key=lambda each: ranks.get(each[0], 100))


def _is_default(model: BaseModel, attribute: str, value: Any) -> bool:
    if attribute == "version" and isinstance(model, VERSIONED):
        return False
    field_info = type(model).model_fields[attribute]
    if field_info.is_required() or type(value) is not type(field_info.default):
        return False
    return bool(value == field_info.default)
