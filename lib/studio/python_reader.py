"""Reading definitions from Python that is written with the Signals SDK. Nothing is executed.

The program is parsed into a tree (`ast`), and the tree is walked: a call is made only if its name
is in `vocabulary`, and then it is the SDK's own class that checks the arguments. Everything else is
refused, with the place and a sentence: control flow, functions, attributes of values, arithmetic.
The line that makes the client is skipped unread, as it holds secrets. `source_check` bounds the
program before it is parsed.

Names of the SDK count as imported: snippets of documentation often leave imports out.
"""

import ast
import difflib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import snowplow_signals as sdk
from pydantic import BaseModel, ValidationError

from lib.snowplow.criteria import is_number
from lib.studio.source_check import Refused, check_source, syntax_refused
from lib.studio.vocabulary import (
    ACTIONS,
    CLIENT,
    CLIENTS,
    CRITERIA,
    DEFINITIONS,
    EVENTS,
    KEYS,
    MODELS,
    TIMES,
    Definition,
    argument_names,
)

MOST_STATEMENTS = 300
SKIPPED_MODULES = ("os",)  # only the client's line uses them
CLIENT_ARGUMENTS = ("api_url", "api_key", "api_key_id", "org_id", "sandbox_token")
METHODS = frozenset(CRITERIA.values())
METHOD_ARGUMENTS = {"in_list": ("property", "values")}
CALLABLE_TIMES: dict[Any, tuple[str, ...]] = {
    timedelta: ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"),
    datetime: ("year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"),
    timezone: ("offset",),
}
TEST_ARGUMENTS = ("attribute_group", "attribute_key_ids", "app_ids", "window")


@dataclass(frozen=True)
class Asked:
    """One call of the client: `publish`, `unpublish`, `delete` or `test`, and with what."""

    action: str
    definitions: tuple[Definition, ...]


@dataclass(frozen=True)
class Program:
    """What a program defines, each once and in the order of the text, and what it asks for."""

    definitions: tuple[Definition, ...]
    asked: tuple[Asked, ...]

    @property
    def draft(self) -> tuple[Definition, ...]:
        """The definitions without the keys that are only parts of others: those come along."""
        published = [one for each in self.asked for one in each.definitions]
        parts = [getattr(each, "attribute_key", None) for each in self.definitions]
        return tuple(each for each in self.definitions if each in published or each not in parts)


def read_python(source: str) -> Program:
    """The definitions in a program. Raises `Refused` for anything but definitions."""
    check_source(source)
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise syntax_refused(error) from None
    except (ValueError, RecursionError, MemoryError):
        raise Refused(1, 1, "Python cannot read this.") from None
    if len(tree.body) > MOST_STATEMENTS:
        line = tree.body[MOST_STATEMENTS].lineno
        raise Refused(line, 1, f"This is too long: at most {MOST_STATEMENTS} statements.")
    reader = _Reader(source.splitlines())
    for statement in tree.body:
        reader.read(statement)
    return Program(tuple(reader.definitions), tuple(reader.asked))


class _Unusable:
    """What a client's call answers, and a module: nothing can be made of it."""


@dataclass
class _Reader:
    """Walks through the statements of one program and keeps what they define."""

    lines: list[str]
    names: dict[str, Any] = field(default_factory=dict)
    clients: set[str] = field(default_factory=lambda: {CLIENT})
    definitions: list[Definition] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    # Statements

    def read(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.ImportFrom):
            self._import_from(statement)
        elif isinstance(statement, ast.Import):
            self._import(statement)
        elif isinstance(statement, ast.Assign):
            self._assign(statement)
        elif isinstance(statement, ast.Expr):
            self._expression(statement.value)
        else:
            raise self.refused(statement, "This only reads definitions, calls and assignments.")

    def _import_from(self, statement: ast.ImportFrom) -> None:
        known = {"snowplow_signals": _sdk_names(), "datetime": dict(TIMES)}
        module = statement.module or ""
        if statement.level or module not in known:
            raise self.refused(
                statement, f"`{module}` is not read: import from snowplow_signals and datetime."
            )
        for each in statement.names:
            if each.name not in known[module]:
                raise self.refused(each, f"`{each.name}` of {module} is not read here.")
            value = known[module][each.name]
            if each.name in CLIENTS and each.asname:
                raise self.refused(each, f"Import {each.name} under its own name.")
            if value is not None:
                self._bind(each, each.asname or each.name, value)

    def _import(self, statement: ast.Import) -> None:
        for each in statement.names:
            if each.name not in SKIPPED_MODULES or each.asname:
                raise self.refused(
                    each, f"`import {each.name}` is not read: write `from datetime import …`."
                )
            self.names[each.name] = _Unusable()

    def _assign(self, statement: ast.Assign) -> None:
        target = statement.targets[0]
        if len(statement.targets) != 1 or not isinstance(target, ast.Name):
            raise self.refused(target, "Assign one value to one name.")
        if self._is_client(statement.value):
            self._check_client(statement.value)
            self.names.pop(target.id, None)
            self.clients.add(target.id)
            return
        value = self._asked(statement.value) or self.value(statement.value)
        self._bind(target, target.id, value)

    def _expression(self, node: ast.expr) -> None:
        if self._is_client(node):
            self._check_client(node)
        elif self._asked(node) is None:
            self.value(node)

    def _bind(self, node: ast.AST, name: str, value: Any) -> None:
        if name.startswith("__"):
            raise self.refused(node, "Names that begin with two underscores are Python's own.")
        self.clients.discard(name)
        self.names[name] = value
        self._note(value)

    def _note(self, *values: Any) -> None:
        for each in values:
            is_new = not any(each is known for known in self.definitions)
            is_own = not any(each is key for key in KEYS.values())
            if isinstance(each, DEFINITIONS) and is_new and is_own:
                self.definitions.append(each)

    # The client

    def _is_client(self, node: ast.expr) -> bool:
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        return is_call and node.func.id in CLIENTS  # type: ignore[attr-defined]

    def _check_client(self, node: Any) -> None:
        """The client's arguments are secrets: only their shape is looked at."""
        if node.args and not _is_placeholder(node.args):
            raise self.refused(node, "Give the client its arguments by name.")
        for each in node.keywords:
            if each.arg not in CLIENT_ARGUMENTS or not _is_setting(each.value):
                raise self.refused(each, "The client takes texts, names and os.environ only.")

    def _asked(self, node: ast.expr) -> _Unusable | None:
        """What a call of the client asks for is noted; None if this is no such call."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        owner, action = node.func.value, node.func.attr
        if not isinstance(owner, ast.Name) or owner.id not in self.clients:
            return None
        if action not in ACTIONS:
            raise self.refused(
                node.func, f"`{action}` is not read here: only {', '.join(ACTIONS)} are."
            )
        given = self._arguments(node, TEST_ARGUMENTS if action == "test" else ("objects",))
        found: Any = given.get("objects") or []
        if action == "test":
            found = [given.get("attribute_group")]
        if not isinstance(found, list) or not all(isinstance(each, DEFINITIONS) for each in found):
            raise self.refused(node, f"`{action}` takes definitions: {_example(action)}.")
        self._note(*found)
        self.asked.append(Asked(action, tuple(found)))
        return _Unusable()

    # Values

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.Name):
            return self._named(node)
        if isinstance(node, ast.List | ast.Tuple):
            return [self.value(each) for each in node.elts]
        if isinstance(node, ast.Dict):
            return self._dict(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            number = self._constant(node.operand)
            if is_number(number):
                return -number
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr == "utc" and self._named(node.value) is timezone:
                return TIMES["UTC"]
            raise self.refused(node, f"`.{node.attr}` is not read: write the value itself.")
        raise self.refused(node, "This is not read: write the value itself.")

    def _constant(self, node: ast.Constant) -> Any:
        value = node.value
        if value is Ellipsis:
            raise self.refused(node, "Something is left out here: write it in place of the dots.")
        if isinstance(value, float) and not math.isfinite(value):
            raise self.refused(node, "This number is too large.")
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise self.refused(node, "This text has half a character in it.") from None
        if value is None or isinstance(value, str | int | float):
            return value
        raise self.refused(node, "This kind of value is not read.")

    def _named(self, node: ast.Name) -> Any:
        known = self.names if node.id in self.names else _sdk_names() | dict(TIMES)
        value = known.get(node.id)
        if isinstance(value, _Unusable) or (value is None and node.id in (*CLIENTS, CLIENT)):
            raise self.refused(node, f"`{node.id}` is no part of a definition.")
        if value is None and node.id not in self.names:
            close = difflib.get_close_matches(node.id[:100], [*self.names, *_sdk_names()], 1)
            hint = f" Did you mean `{close[0]}`?" if close else ""
            raise self.refused(node, f"`{node.id}` is not defined before this line.{hint}")
        return value

    def _dict(self, node: ast.Dict) -> dict[str, Any]:
        found = {}
        for key, value in zip(node.keys, node.values, strict=True):
            name = None if key is None else self.value(key)
            if not isinstance(name, str):
                raise self.refused(node, "The names in a dictionary are texts.")
            found[name] = self.value(value)
        return found

    # Calls

    def _call(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Attribute):
            return self._criterion(node, node.func)
        if not isinstance(node.func, ast.Name):
            raise self.refused(node.func, "Only the SDK's classes are called here.")
        called = self._named(node.func)
        if isinstance(called, type) and issubclass(called, BaseModel):
            return self._model(node, called)
        if any(called is each for each in EVENTS.values()):
            self._arguments(node, ())
            return called()
        if isinstance(called, type) and called in CALLABLE_TIMES:
            given = self._arguments(node, CALLABLE_TIMES[called])
            return self._made(node, lambda: called(**given))
        raise self.refused(node.func, f"`{node.func.id}` is not called here.")

    def _criterion(self, node: ast.Call, method: ast.Attribute) -> Any:
        is_criterion = isinstance(method.value, ast.Name) and (
            self._named(method.value) is sdk.Criterion
        )
        if not is_criterion or method.attr not in METHODS:
            raise self.refused(method, f"`.{method.attr}` is not called here.")
        default = ("property",) if method.attr.startswith("is_") else ("property", "value")
        given = self._arguments(node, METHOD_ARGUMENTS.get(method.attr, default))
        make = getattr(sdk.Criterion, method.attr)
        return self._made(node, lambda: make(**given))

    def _model(self, node: ast.Call, model: type[BaseModel]) -> Any:
        if node.args:
            raise self.refused(
                node.args[0], f"{model.__name__} takes its arguments by name, as in name=…"
            )
        given = self._arguments(node, tuple(argument_names(model)))
        return self._made(node, lambda: model(**given))

    def _arguments(self, node: ast.Call, allowed: Sequence[str]) -> dict[str, Any]:
        """The arguments of a call by name; those without a name in the order of `allowed`."""
        if len(node.args) > len(allowed):
            raise self.refused(node.args[len(allowed)], "This is one argument too many.")
        given = {name: self.value(each) for name, each in zip(allowed, node.args, strict=False)}
        for each in node.keywords:
            name = each.arg or "**"
            if name not in allowed or name in given:
                close = difflib.get_close_matches(name, allowed, 1)
                hint = f" Did you mean `{close[0]}`?" if close and name not in given else ""
                raise self.refused(each, f"`{name}` is no argument here.{hint}")
            given[name] = self.value(each.value)
        return given

    def _made(self, node: ast.Call, make: Callable[[], Any]) -> Any:
        """What a call makes. What the SDK refuses is told at the argument that it refuses."""
        try:
            return make()
        except ValidationError as error:
            problem = error.errors()[0]
            place = problem["loc"][0] if problem["loc"] else ""
            at = next((each for each in node.keywords if each.arg == place), node)
            name = f"`{'.'.join(map(str, problem['loc']))}`: " if problem["loc"] else ""
            raise self.refused(at, f"{error.title} refuses {name}{problem['msg']}.") from None
        except (ValueError, TypeError, OverflowError) as error:
            raise self.refused(node, f"This is refused: {error}.") from None

    def refused(self, node: ast.AST, reason: str) -> Refused:
        """A refusal at the place of a node. Python counts its columns in bytes."""
        line: int = getattr(node, "lineno", 1)
        text = self.lines[line - 1].encode() if line <= len(self.lines) else b""
        column = len(text[: getattr(node, "col_offset", 0)].decode(errors="replace"))
        return Refused(line, column + 1, reason)


def _sdk_names() -> dict[str, Any]:
    """What the SDK's names stand for. Its clients stand for nothing."""
    return {**MODELS, **KEYS, **EVENTS, **dict.fromkeys(CLIENTS)}


def _is_placeholder(arguments: Sequence[ast.expr]) -> bool:
    """Whether this is the documentation's `Signals({{ config }})`."""
    node: Any = arguments[0]
    for _ in range(2):
        node = node.elts[0] if isinstance(node, ast.Set) and len(node.elts) == 1 else None
    return len(arguments) == 1 and isinstance(node, ast.Name)


def _is_setting(node: ast.expr) -> bool:
    """Whether a client's argument is a text, a name, or read from the environment."""
    if isinstance(node, ast.Subscript):
        return _is_os(node.value, "environ") and isinstance(node.slice, ast.Constant)
    if isinstance(node, ast.Call):
        is_read = _is_os(node.func, "getenv") and not node.keywords
        return is_read and all(isinstance(each, ast.Constant) for each in node.args)
    return isinstance(node, ast.Name | ast.Constant)


def _is_os(node: ast.expr, name: str) -> bool:
    is_attribute = isinstance(node, ast.Attribute) and node.attr == name
    return is_attribute and isinstance(node.value, ast.Name) and node.value.id == "os"  # type: ignore[attr-defined]


def _example(action: str) -> str:
    return "sp_signals.test(my_group)" if action == "test" else f"sp_signals.{action}([my_group])"
