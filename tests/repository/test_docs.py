"""The documents for developers are true: what they name exists, and the rules that they state hold.

What is in backticks is a path, a command, a setting, or something that the code defines.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

import pytest
import snowplow_tracker
import streamlit

from lib.connection.settings import KEYS

ROOT = Path(__file__).parent.parent.parent
DOCS = ("docs/architecture.md", "CONTRIBUTING.md")
LINKING = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
ARCHITECTURE = (ROOT / DOCS[0]).read_text()
CODE = [ROOT / "app.py", ROOT / "frame.py", *ROOT.glob("lib/**/*.py"), *ROOT.glob("pages/*.py")]
TESTS = list(ROOT.glob("tests/**/*.py"))
FENCES = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
# The tests' own files that other people's internals are gathered in.
SHARED_BY_TESTS = [ROOT / "tests/conftest.py", *ROOT.glob("tests/support/*.py")]
LIBRARIES = (
    "fastapi",
    "httpx",
    "plotly",
    "requests",
    "snowplow_signals",
    "snowplow_tracker",
    "starlette",
    "streamlit",
    "urllib3",
    "uvicorn",
)
NOT_OF_THE_CODE = {".venv", "variance"}  # made by commands, and by a recipe


def prose(path: str) -> str:
    """A document without what is in fences."""
    return FENCES.sub("", (ROOT / path).read_text())


def in_backticks(path: str) -> list[str]:
    """What a document has in backticks, but for the steps of recipes: test_recipes follows them."""
    before, _, recipes = prose(path).partition("\n## Recipes\n")
    said = re.sub(r"^\d+\. .*$", "", recipes, flags=re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", before + said)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def defined(body: list[ast.stmt]) -> set[str]:
    """What the statements of a module or of a class define."""
    names: set[str] = set()
    for each in body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(each.name)
        elif isinstance(each, ast.Assign):
            names |= {target.id for target in each.targets if isinstance(target, ast.Name)}
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            names.add(each.target.id)
    return names


@cache
def owners() -> dict[str, set[str]]:
    """What each module and each class defines, classes with the attributes that they set."""
    found: dict[str, set[str]] = {}
    for path in [*CODE, *TESTS]:
        found.setdefault(path.stem, set()).update(defined(tree(path).body))
        for each in ast.walk(tree(path)):
            if isinstance(each, ast.ClassDef):
                found.setdefault(each.name, set()).update(defined(each.body), attributes_set(each))
    return found


def attributes_set(owner: ast.ClassDef) -> set[str]:
    return {
        each.attr
        for each in ast.walk(owner)
        if isinstance(each, ast.Attribute)
        and isinstance(each.ctx, ast.Store)
        and isinstance(each.value, ast.Name)
        and each.value.id == "self"
    }


@cache
def strings() -> set[str]:
    """Every text in the code: keys of widgets, parameters of the address, names of threads."""
    return {
        each.value
        for path in CODE
        for each in ast.walk(tree(path))
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def is_known(name: str) -> bool:
    """Whether something is there that is called so."""
    if " " in name:
        return is_command(name)
    if "/" in name or (ROOT / name).exists():
        return not name.startswith("/") and any(ROOT.glob(name))
    if name.split(".")[0] in LIBRARIES:
        return is_theirs(name) or name in strings()
    owner, _, member = name.rpartition(".")
    if owner and name not in strings():
        outside = {"st": streamlit, "Tracker": snowplow_tracker.Tracker}.get(owner)
        return member in owners().get(owner, set()) or hasattr(outside, member)
    everything = set().union(owners(), *owners().values())
    return name in everything | strings() | set(KEYS) | NOT_OF_THE_CODE


def is_theirs(name: str) -> bool:
    """Whether an installed library has this module, this name in it, or this attribute that a class
    sets on itself."""
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        owner, _, attribute = name.rpartition(".")
        try:
            found = resolve_name(owner)
        except (ImportError, AttributeError, ValueError):
            return False
        is_set = re.compile(rf"self\.{attribute}(: .+)? = ")
        return inspect.isclass(found) and is_set.search(inspect.getsource(found)) is not None
    return True


def private_names_of_others(paths: list[Path]) -> set[str]:
    """The private names in these files that none of them defines, and those that a class of ours
    calls on a base class that is not ours."""
    nodes = [node for path in paths for node in ast.walk(tree(path))]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    ours = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    ours |= {node.name for node in nodes if isinstance(node, ast.AsyncFunctionDef)}
    ours |= {node.id for node in nodes if isinstance(node, ast.Name)}
    ours |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    ours |= {name for each in classes for name in attributes_set(each) | defined(each.body)}
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    used |= {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}
    inherited = {
        name
        for each in classes
        if not any(ast.unparse(base) in {one.name for one in classes} for base in each.bases)
        for name in called_on_super(each)
    }
    return {name for name in (used - ours) | inherited if re.match(r"_[^_]", name)}


def called_on_super(owner: ast.ClassDef) -> Iterator[str]:
    for each in ast.walk(owner):
        if isinstance(each, ast.Attribute) and ast.unparse(each.value) == "super()":
            yield each.attr


def is_command(words: str) -> bool:
    """Whether a command names targets and files that exist."""
    program, first, *rest = words.split()
    if program == "make":
        makefile = (ROOT / "Makefile").read_text()
        variables = [word.split("=")[0] for word in rest if re.match(r"[A-Z_]+=", word)]
        return all(
            re.search(pattern, makefile, re.MULTILINE)
            for pattern in (rf"^{first}:", *(rf"^{each} \?=" for each in variables))
        )
    if program == ".venv/bin/python":
        paths = [word for word in rest if "/" in word]
        return first == "-m" and all((ROOT / each).exists() for each in paths)
    return program in ("npm", "git")


@pytest.mark.parametrize("path", DOCS)
def test_everything_in_backticks_exists(path: str) -> None:
    named = in_backticks(path)
    assert len(named) > 20
    assert [name for name in named if not is_known(name)] == []


def test_a_name_that_is_gone_is_noticed() -> None:
    gone = ("lib/nothing.py", "make nothing", "participant.nothing", "Participant.nothing", "GONE")
    assert [name for name in gone if is_known(name)] == []


@pytest.mark.parametrize("path", LINKING, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", FENCES.sub("", path.read_text()))
    assert [link for link in links if not path.parent.joinpath(link).exists()] == []


def test_the_diagram_names_files_and_functions_that_exist() -> None:
    (diagram,) = re.findall(r"```mermaid\n(.*?)```", ARCHITECTURE, re.DOTALL)
    files = re.findall(r"[\w/]+\.py", diagram)
    names = re.findall(r"\b\w+\.(?!py\b)\w+", diagram)
    assert len(files) >= 10 and len(names) >= 20
    assert [each for each in [*files, *names] if not is_known(each)] == []


def test_every_room_has_its_place_in_the_tree() -> None:
    (drawn,) = re.findall(r"```\n(app\.py.*?)```", ARCHITECTURE, re.DOTALL)
    rooms = {path.parent.name for path in ROOT.glob("lib/*/**/__init__.py")}
    assert rooms <= set(re.findall(r"^ *(\w+)/ ", drawn, re.MULTILINE))


def relied_on() -> set[str]:
    """The names of libraries in the section about other people's code."""
    section = prose(DOCS[0]).split("\n## What we rely on in other people's code\n", 1)[1]
    named = re.findall(r"`([\w.]+)`", section.split("\n## ", 1)[0])
    return {name for name in named if name.split(".")[0] in LIBRARIES}


def test_what_we_rely_on_in_other_people_s_code_is_still_there() -> None:
    gone = sorted(name for name in relied_on() if not is_theirs(name) and name not in strings())
    assert len(relied_on()) > 30
    assert not gone, f"An upgrade took away {gone}. docs/architecture.md says what uses them."


def test_every_private_name_that_we_rely_on_is_listed() -> None:
    used = private_names_of_others([*CODE, *SHARED_BY_TESTS])
    unlisted = sorted(used - {name.rpartition(".")[2] for name in relied_on()})
    assert {"_should_retry", "_check_token", "_validate", "_tree"} <= used
    assert not unlisted, f"List {unlisted} in docs/architecture.md: other people's private names."


def test_a_private_name_that_is_gone_or_not_listed_is_noticed(tmp_path: Path) -> None:
    assert not is_theirs("snowplow_tracker.emitters.Emitter._is_gone")
    assert not is_theirs("uvicorn.gone.Server")
    code = tmp_path / "code.py"
    code.write_text(
        "class Ours(Theirs):\n"
        "    def _own(self): return super()._inherited(_option=self._own(), other=1)\n"
    )
    assert private_names_of_others([code]) == {"_inherited", "_option"}
