"""The script that people take along runs, against a sandbox in a process of its own."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from snowplow_signals import SignalsSandbox

from lib.connection.backend import new_token
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.definitions import COUNT, Names, Plan
from lib.snowplow.publishing import Published, publish
from lib.story.script import script

PLAN = Plan(owner="you@example.com", vendor="com.example", threshold=3)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


def published(server: EmbeddedServer, plan: Plan) -> Published:
    return publish(SignalsSandbox(api_url=server.url, sandbox_token=new_token()), plan)


@pytest.mark.parametrize("plan", [PLAN, replace(PLAN, threshold=2, names=Names("_emea"))])
def test_the_script_publishes_tracks_reads_and_is_nudged(server, plan, tmp_path: Path):
    token = new_token()
    text = script(published(server, plan), "com.example", is_sandbox=True)
    file = tmp_path / "personalization.py"
    file.write_text(text.replace('sandbox_token="any"', f'sandbox_token="{token}"'))
    environment = {
        "COLLECTOR_URL": f"{server.url}/sandbox/{token}",
        "SIGNALS_API_URL": server.url,
        "PATH": "",
    }
    run = subprocess.run(
        [sys.executable, str(file)], env=environment, capture_output=True, text=True, timeout=50
    )
    assert run.returncode == 0, run.stderr
    assert "Nudged" in run.stdout.splitlines()
    assert f"Received {plan.names.intervention} " in run.stdout
    assert f"'{COUNT}': {plan.threshold}" in run.stdout


def test_the_script_for_an_account_reads_its_credentials_from_the_environment(server):
    text = script(published(server, PLAN), "com.acme", is_sandbox=False)
    ast.parse(text)
    assert 'api_key=os.environ["CONSOLE_API_KEY"]' in text
    assert "iglu:com.acme/task_completed/jsonschema/1-0-0" in text


def test_there_is_no_script_before_everything_is_published():
    with pytest.raises(ValueError, match="Publish the definitions first"):
        script(Published(), "com.example", is_sandbox=True)
