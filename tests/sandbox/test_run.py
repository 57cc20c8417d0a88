"""`python -m lib.sandbox run`: programs that connect as Snowplow's tutorials do, unchanged.

`LOOP` does, in our own words, what the closing script of Snowplow's Python tutorial does, call by
call; `DEFINITIONS` what its page before does. Only the five constants are filled in.

Source: https://docs.snowplow.io/tutorials/python-tracking-and-signals/retrieve-and-act/
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lib.sandbox import run as run_module
from lib.sandbox.__main__ import addresses
from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import SandboxProcess
from tests.support.waiting import PROGRAM_SECONDS

ROOT = Path(__file__).parent.parent.parent
CONNECT = """
from snowplow_signals import Signals
sp_signals = Signals(
    api_url=SIGNALS_API_URL,
    api_key=CONSOLE_API_KEY,
    api_key_id=CONSOLE_API_KEY_ID,
    org_id=ORG_ID,
)
"""
DEFINITIONS = """
from datetime import timedelta
from snowplow_signals import (
    Attribute, Event, EventProperty, InterventionCriteriaAny, InterventionCriterion,
    LinkAttributeKey, RuleIntervention, Service, StreamAttributeGroup, user_id,
)
done = {"events": [Event(vendor="com.example", name="task_completed", version="1-0-0")]}
priority = EventProperty(vendor="com.example", name="task_completed", major_version=1,
                         path="priority")
week = timedelta(days=7)
group = StreamAttributeGroup(
    name="project_engagement", version=1, attribute_key=user_id, owner="you@example.com",
    attributes=[
        Attribute(name="tasks_completed_count", type="int32", aggregation="counter", period=week,
                  **done),
        Attribute(name="last_completed_task_priority", type="string", aggregation="last",
                  property=priority, period=week, **done),
    ],
)
service = Service(name="project_engagement_service", owner="you@example.com",
                  attribute_groups=[group])
nudge = RuleIntervention(
    name="power_user_nudge", version=1, owner="you@example.com",
    criteria=InterventionCriteriaAny(any=[InterventionCriterion(
        attribute="project_engagement:tasks_completed_count", operator=">=", value=5)]),
    target_attribute_keys=[LinkAttributeKey(name="user_id")],
)
sp_signals.publish([group, service, nudge])
"""
LOOP = """
import queue, time, uuid
from snowplow_signals import AttributeKeyIdentifiers
from snowplow_tracker import SelfDescribing, SelfDescribingJson, Snowplow, Subject
me = str(uuid.uuid4())
Snowplow.create_tracker(namespace="project-app", endpoint=COLLECTOR_URL,
                        app_id="project-app-backend", subject=Subject().set_user_id(me))
tracker = Snowplow.get_tracker("project-app")
subscription = sp_signals.pull_interventions(AttributeKeyIdentifiers({"user_id": [me]}))
handled = queue.Queue()
subscription.add_handler(handled.put)
subscription.start()
project = SelfDescribingJson("iglu:com.example/project/jsonschema/1-0-0",
                             {"project_id": "p1", "plan": "team"})
for number in range(6):
    task = SelfDescribingJson("iglu:com.example/task_completed/jsonschema/1-0-0",
                              {"task_id": str(number), "priority": "high"})
    tracker.track(SelfDescribing(task, context=[project]))
tracker.flush()
count = None
while count is None:
    time.sleep(0.1)
    values = sp_signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier=me)
    count = values["tasks_completed_count"]
print("Count", count)
print("Received", subscription.get(timeout=60).name)
print("Handled", handled.get(timeout=60).name)
subscription.stop()
"""


def run(*arguments: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """`python -m lib.sandbox run`, with these arguments."""
    return python("-m", "lib.sandbox", "run", *arguments, folder=folder)


def python(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PROGRAM_SECONDS
    )


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a program into a folder of its own."""

    def write(*parts: str, name: str = "program.py") -> Path:
        file = tmp_path / "own" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(parts), encoding="utf-8")
        return file

    return write


def test_the_closing_script_of_the_tutorial_runs_to_its_end(
    start_process: Callable[..., SandboxProcess], write: Callable[..., Path]
) -> None:
    constants = start_process().constants()
    defined = run(write(constants, CONNECT, DEFINITIONS))
    assert (defined.returncode, defined.stdout) == (0, ""), defined.stderr
    done = run(write(constants, CONNECT, LOOP))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Count 6",
        "Received power_user_nudge",
        "Handled power_user_nudge",
    ]
    assert "Console's token request is answered on this machine." in done.stderr


def test_the_script_runs_in_a_sandbox_of_its_own_too(
    start_process: Callable[..., SandboxProcess], write: Callable[..., Path]
) -> None:
    constants = start_process("--isolated").constants().replace("<token>", "a" * 32)
    done = run(write(constants, CONNECT, DEFINITIONS, LOOP))
    assert done.returncode == 0, done.stderr
    assert "Received power_user_nudge" in done.stdout


def test_a_notebook_whose_first_cell_is_the_printed_line_reaches_the_sandbox(
    start_process: Callable[..., SandboxProcess], write: Callable[..., Path]
) -> None:
    process = start_process()
    constants = process.constants()
    assert process.process.stdout is not None
    printed = iter(process.process.stdout.readline, "")
    cell = next(line for line in printed if "notebook" in line).partition(": ")[2]
    read = "print(sp_signals.get_attribute_group('project_engagement').name)\n"
    notebook = write(cell, constants, CONNECT, DEFINITIONS, read)
    done = python(notebook, folder=notebook.parent)
    assert (done.returncode, done.stdout) == (0, "project_engagement\n"), done.stderr


@pytest.mark.parametrize("name", ["CONSOLE_API_KEY", "CONSOLE_API_KEY_ID", "ORG_ID"])
def test_a_wrong_key_is_refused_as_console_refuses_it(
    shared_server: EmbeddedServer, write: Callable[..., Path], name: str
) -> None:
    printed = addresses(shared_server.url, isolated=False).splitlines()
    constants = "\n".join(line for line in printed if " = " in line)
    wrong = re.sub(rf"^{name} = .*$", f'{name} = "b"', constants, flags=re.M)
    done = run(write(wrong, CONNECT, DEFINITIONS))
    assert done.returncode == 1
    assert f"{name} is not what `python -m lib.sandbox` prints" in done.stderr
    assert "httpx.HTTPStatusError: Client error '401 Unauthorized'" in done.stderr


def test_a_script_has_its_own_arguments_folder_and_exit_code(write: Callable[..., Path]) -> None:
    write("word = 'its own'", name="lib.py")  # of the same name as this project's package
    script = write("import sys, lib\nprint(__name__, lib.word, sys.argv[1:])\nsys.exit(3)")
    done = run(script, "-m", "--port", "a b")
    assert (done.returncode, done.stdout) == (3, "__main__ its own ['-m', '--port', 'a b']\n")


def test_a_module_runs_with_its_own_arguments() -> None:
    done = run("-m", "json.tool", "--compact", "/dev/null")
    assert done.returncode == 1
    assert "Expecting value" in done.stderr


def test_a_script_that_fails_fails(write: Callable[..., Path]) -> None:
    done = run(write("raise LookupError('what it says')"))
    assert done.returncode == 1
    assert done.stderr.endswith("LookupError: what it says\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], f"usage: {run_module.command()} run [-m MODULE | SCRIPT] [ARGUMENTS]"),
        (["-m"], "usage: "),
        (["--port", "1"], "usage: "),
        (["missing.py"], "There is no script 'missing.py' in "),
    ],
)
def test_program_that_cannot_run_is_reported(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_module.run(arguments) == 2
    assert said in capsys.readouterr().err


def test_the_command_that_is_said_runs_the_python_that_runs_now(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = tmp_path.resolve()
    (here / "else where").mkdir()
    monkeypatch.setattr(sys, "executable", str(here / ".venv/bin/python"))
    monkeypatch.chdir(here)
    assert run_module.command() == ".venv/bin/python -m lib.sandbox"
    monkeypatch.chdir(here / "else where")
    assert run_module.command() == f"{here}/.venv/bin/python -m lib.sandbox"
    monkeypatch.setattr(sys, "executable", str(here / "else where/python"))
    monkeypatch.chdir(here)
    assert run_module.command() == "'else where/python' -m lib.sandbox"


def test_server_says_the_same_command(shared_server: EmbeddedServer) -> None:
    printed = addresses(shared_server.url, isolated=False)
    assert f"Run it with: {run_module.command()} run SCRIPT" in printed.splitlines()


def test_module_that_is_not_there_is_named() -> None:
    done = run("-m", "no_such_module")
    assert done.returncode == 1
    assert "No module named no_such_module" in done.stderr


def test_help_says_what_is_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_module.run(["--help"]) == 0
    told = "The token request to Snowplow's Console is answered on this"
    assert told in capsys.readouterr().out
