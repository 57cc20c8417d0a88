"""What people take home runs from top to bottom and ends with the nudge."""

import io
import json
import logging
import os
import runpy
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from snowplow_signals import LinkAttributeKey, SignalsSandbox

from lib.connection.backend import new_token
from lib.diagnosis.schema_draft import composed
from lib.diagnosis.schema_form import added_schemas
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.contexts import recent_activity
from lib.snowplow.definitions import (
    COUNT,
    Names,
    Plan,
    attribute_group,
    intervention,
    service,
)
from lib.snowplow.tracking import EventName
from lib.studio import ideas
from lib.studio import take_home_words as words
from lib.studio.notebook import script
from lib.studio.python_reader import read_python
from lib.studio.take_home import TakeHome, ordered
from lib.studio.vocabulary import Definition
from lib.world.own_event import schema_of
from tests.support.snowplow import Snowplow, running_snowplow

PLAN = Plan(owner="you@example.com", vendor="com.example", threshold=3)
SECONDS = 120
NAMES_HERE = """
import socket

real = socket.getaddrinfo


def getaddrinfo(host, port, *rest, **options):
    if host in {hosts!r}:
        host, port = "127.0.0.1", {port}
    return real(host, port, *rest, **options)


socket.getaddrinfo = getaddrinfo
"""


def story(plan: Plan) -> tuple[Definition, ...]:
    group = attribute_group(plan)
    return ordered([intervention(plan), recent_activity(plan), service(plan, group), group])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def address(server: EmbeddedServer) -> str:
    """A sandbox of its own."""
    return f"{server.url}/sandbox/{new_token()}"


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    """An account, which the processes of the test reach too; its settings are in the
    environment."""
    with running_snowplow(tmp_path, monkeypatch) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a notebook installs is there, and nothing is fetched; no settings of the person's."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


def printed(notebook: str, folder: Path) -> str:
    """What a notebook prints, run from top to bottom by a kernel of its own."""
    document: Any = nbformat.reads(notebook, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(document, timeout=SECONDS, kernel_name="python3", resources=resources)
    done = client.execute()
    outputs = [output for cell in done.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def assert_is_nudged(said: str, plan: Plan = PLAN) -> None:
    lines = said.splitlines()
    assert lines[-1] == "Nudged", said
    assert any(each.startswith(f"Received {plan.names.intervention} ") for each in lines)
    assert f"'{COUNT}': {plan.threshold - 1}" in said  # read before the last event


@pytest.mark.parametrize("plan", [PLAN, replace(PLAN, threshold=2, names=Names("_emea"))])
def test_script_for_a_sandbox_ends_with_the_nudge(address: str, plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "sandbox.py"
    file.write_text(TakeHome(story(plan), plan.vendor, address).files()["sandbox.py"])
    run = subprocess.run(
        [sys.executable, str(file)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert run.returncode == 0, run.stderr
    assert_is_nudged(run.stdout, plan)


def test_notebook_for_a_sandbox_ends_with_the_nudge_where_it_was_published(
    address: str, tmp_path: Path
) -> None:
    SignalsSandbox(api_url=address, sandbox_token="any").publish([*story(PLAN)])
    home = TakeHome(story(PLAN), PLAN.vendor, address)
    assert_is_nudged(printed(home.files()["sandbox.ipynb"], tmp_path))


def test_notebook_for_an_account_ends_with_the_nudge(snowplow: Snowplow, tmp_path: Path) -> None:
    startup = tmp_path / "ipython/profile_default/startup"
    startup.mkdir(parents=True)
    names_here = NAMES_HERE.format(hosts=snowplow.hosts, port=snowplow.port)
    (startup / "00-names.py").write_text(names_here)
    home = TakeHome(story(PLAN), PLAN.vendor, "http://localhost:1/sandbox/secret")
    assert_is_nudged(printed(home.files()["account.ipynb"], tmp_path))


def test_script_for_an_account_ends_with_the_nudge(
    snowplow: Snowplow,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    # The script chooses a level of its own, which other tests in this process must not inherit.
    caplog.set_level(logging.CRITICAL, logger="snowplow_tracker.emitters")
    file = tmp_path / "account.py"
    file.write_text(TakeHome(story(PLAN), PLAN.vendor).files()["account.py"])
    runpy.run_path(str(file))
    assert_is_nudged(capsys.readouterr().out)


def test_definitions_are_written_as_one_would_type_them() -> None:
    home = TakeHome(story(PLAN), PLAN.vendor)
    (published,) = [each.text for each in home.cells(is_sandbox=False) if "publish(" in each.text]
    assert read_python(published).definitions == story(PLAN)
    assert "model_validate" not in published


def test_no_file_has_the_sandboxs_token_unless_it_is_for_the_sandbox() -> None:
    files = TakeHome(story(PLAN), PLAN.vendor, "http://localhost:8501/sandbox/the-token").files()
    with_token = {name for name, text in files.items() if "the-token" in text}
    assert with_token == {"sandbox.ipynb", "sandbox.py"}
    for name in with_token:
        assert "It holds the address of your sandbox" in files[name]


def test_without_an_address_it_says_how_to_start_a_sandbox() -> None:
    files = TakeHome(story(PLAN), PLAN.vendor).files()
    for name in ("sandbox.py", "sandbox.ipynb", "README.md"):
        assert ".venv/bin/python -m lib.sandbox --port 8085" in files[name]
    assert '"http://127.0.0.1:8085"' in files["sandbox.py"]


def test_schemas_go_along_under_the_vendor_of_the_events(tmp_path: Path) -> None:
    plan = replace(PLAN, vendor="com.acme")
    files = TakeHome(story(plan), "com.acme").files()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    iglu = Iglu(tmp_path / "schemas")
    assert iglu.problems == []
    assert "iglu:com.acme/task_completed/jsonschema/1-0-0" in iglu.names()
    assert "iglu:com.acme/task_completed/jsonschema/1-0-0" in files["account.py"]
    assert not any("com.example" in each for each in iglu.names())


def test_what_has_no_rule_waits_for_no_nudge() -> None:
    group = attribute_group(PLAN)
    files = TakeHome(ordered([service(PLAN, group), group]), PLAN.vendor).files()
    assert "Nudged" not in files["sandbox.py"]
    assert "for number in range(1, 6):" in files["sandbox.py"]


@pytest.mark.parametrize("is_sandbox", [True, False])
def test_it_subscribes_before_it_tracks(is_sandbox: bool) -> None:
    code = script(TakeHome(story(PLAN), PLAN.vendor).cells(is_sandbox=is_sandbox))
    marks = ("USER = ", "pull_interventions(", "\n    act(", "act(3)")
    places = [code.index(each) for each in marks]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("definitions", "said"),
    [
        (story(PLAN), words.EXACT),
        (ideas.changed(PLAN), words.NOT_EXACT),
        (story(replace(PLAN, vendor="com.another")), words.NOT_EXACT),
        (story(replace(PLAN, threshold=101)), words.NOT_ENOUGH.format(most=100)),
    ],
)
def test_it_says_when_the_rule_becomes_true(definitions: list[Definition], said: str) -> None:
    *_, told, _ = TakeHome(ordered(definitions), PLAN.vendor).cells(is_sandbox=True)
    assert told.text == f"## Be nudged\n\n{said}"


def test_a_rule_that_is_not_sent_to_the_user_is_named() -> None:
    of_project = {"target_attribute_keys": [LinkAttributeKey(name="project_id")]}
    *others, rule = ideas.payload(PLAN)
    home = TakeHome(ordered([*others, rule.model_copy(update=of_project)]), PLAN.vendor)
    text = "\n".join(each.text for each in home.cells(is_sandbox=True))
    assert words.NOT_HEARD.format("milestone_with_facts") in text


def test_events_that_cannot_be_written_are_named() -> None:
    group = attribute_group(replace(PLAN, vendor="com.another"))
    text = TakeHome((group,), PLAN.vendor).files()["sandbox.py"]
    assert "Add them to `act`: com.another/task_completed/1-0-0." in text


def test_an_event_whose_schema_was_added_is_tracked() -> None:
    event = EventName("com.fjordandfell", "product_added")
    group = attribute_group(replace(PLAN, event=event.name, event_vendor=event.vendor))
    home = TakeHome((group,), PLAN.vendor, added=added_schemas([schema_of(event)]))
    text = home.files()["sandbox.py"]
    assert f'"{event.schema}"' in text and "Add them to `act`" not in text
    assert 'f"task-{number}"' in text and "iglu:com.example/project/jsonschema/1-0-0" in text


def test_the_same_files_make_the_same_archive() -> None:
    home = TakeHome(story(PLAN), PLAN.vendor)
    assert home.archive() == home.archive()
    with zipfile.ZipFile(io.BytesIO(home.archive())) as archive:
        names = archive.namelist()
    assert names == [f"take-home/{each}" for each in home.files()]


def test_schemas_that_were_added_go_along() -> None:
    schema = composed("com.acme", "order", "1-0-0", "An order", [])
    files = TakeHome(story(PLAN), PLAN.vendor, added=added_schemas([schema])).files()
    assert json.loads(files["schemas/com.acme/order/jsonschema/1-0-0"]) == schema
