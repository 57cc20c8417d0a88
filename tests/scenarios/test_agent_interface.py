"""Streamlit's agent interface works on the whole app, and is off unless it is asked for.

A program sends what a person would do and is answered with the page as JSON. The app runs as a
process of its own, and each program here is a session of its own: a new person in a new sandbox.
"""

import re
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.processes import running
from lib.connection.settings import KEYS
from lib.diagnosis.broken_events import MISTAKES
from lib.snowplow.definitions import COUNT, PRIORITY
from lib.ui.nudge import CALL_TO_ACTION
from tests.scenarios.test_secrets import given_away
from tests.support.servers import free_port

ROOT = Path(__file__).parent.parent.parent
OPTION = "server.enableAgentApi"
INTERACT = "/_stcore/agent/interact"
PATIENCE_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 0.05
# Lower snake case; the end of a task's own button is the id of the task.
KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*|complete_task-\d+")
# What somebody can use, and what opens and shuts; an element in none of the two is only looked at.
CONTROLS = {
    "button",
    "download_button",
    "form_submit_button",
    "multiselect",
    "number_input",
    "radio",
    "selectbox",
    "text_input",
    "toggle",
}
FOLDED = {"expander", "form", "popover", "tabs"}
# The questions that the app asks before it deletes something: the page and the button of each.
QUESTIONS = {
    "clean_up": "definitions",
    "back_to_now": "attributes",
    "reset_room": "presenter",
}

Element = dict[str, Any]


@contextmanager
def served(database: Path, *options: str) -> Iterator[httpx.Client]:
    """The app with nothing configured but the sandbox's file, and what is asked for."""
    port = free_port()
    url = f"http://localhost:{port}"
    unset = [part for key in KEYS for part in ("-u", key)]
    command = ["-m", "streamlit", "run", "app.py", f"--server.port={port}", *options]
    command += ["--server.address=localhost", "--browser.serverAddress=localhost"]
    program = ["env", *unset, f"SANDBOX_DB={database}", sys.executable]
    log = database.with_suffix(".log")
    with (
        running(command, f"{url}/_stcore/health", ROOT, log, program),
        httpx.Client(base_url=url, timeout=PATIENCE_SECONDS, trust_env=False) as client,
    ):
        yield client


class Program:
    """A session of the app, and the page as the last answer has it."""

    def __init__(self, client: httpx.Client, **first: Any) -> None:
        self._client = client
        self._session: dict[str, str] = {}
        self.page: dict[str, Any] = {}
        self.text = ""
        self.ask(**first)
        self._session = {"session_id": self.page["session_id"]}

    def ask(self, **request: Any) -> "Program":
        """Send a request, which must be answered with the page: a run that does not end in time is
        answered otherwise, and so is a control that is not there."""
        answer = self._client.post(INTERACT, json={**self._session, **request})
        self.text = answer.text
        assert answer.status_code == 200, f"{request}: {answer.text}"
        self.page = answer.json()
        return self

    def go_to(self, page: str) -> "Program":
        return self.ask(page=page)

    def click(self, key: str) -> "Program":
        return self.ask(trigger={"key": key})

    def enter(self, **values: Any) -> "Program":
        return self.ask(widget_state=values)

    def complete(self, times: int) -> "Program":
        for _ in range(times):
            self.click("complete_task")
        return self

    def wait_for(self, is_so: Callable[["Program"], bool]) -> "Program":
        """Ask for the page again until it is so."""
        pause = threading.Event()
        for _ in range(int(PATIENCE_SECONDS / LOOK_AGAIN_SECONDS)):
            if is_so(self):
                return self
            pause.wait(LOOK_AGAIN_SECONDS)
            self.ask()
        raise AssertionError(f"in vain: {self.usable()} {self.page['tree']}")

    def usable(self) -> list[str]:
        """The keys of all that can be used now."""
        return [each["key"] for each in self.page["actions"]]

    def has(self, key: str) -> bool:
        return key in self.usable()

    def elements(self, *kinds: str) -> list[Element]:
        return [each for each in walk(self.page["tree"]) if each["type"] in kinds]

    def keyed(self, key: str) -> Element:
        (found,) = (each for each in walk(self.page["tree"]) if each.get("key") == key)
        return found

    def values(self) -> dict[str, Any]:
        """What the metrics of the page show."""
        return {each["props"]["label"]: each["props"]["value"] for each in self.elements("metric")}

    def texts(self) -> list[str]:
        """What is written on the page, without what is pressed or entered."""
        words = (each.get("props", {}) for each in walk(self.page["tree"]))
        return [str(props[name]) for props in words for name in ("body", "text") if name in props]


def walk(element: Element) -> Iterator[Element]:
    """An element and everything inside it, from the top of the page to its bottom."""
    yield element
    for each in element.get("children", ()):
        yield from walk(each)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("app") / "sandbox.db"


@pytest.fixture(scope="module")
def app(database: Path) -> Iterator[httpx.Client]:
    with served(database, f"--{OPTION}=true") as client:
        yield client


# The story


def with_nudge(app: httpx.Client) -> Program:
    """A program that did what brings the nudge."""
    program = Program(app).click("publish").complete(5)
    return program.wait_for(lambda page: page.has("accept_nudge"))


def wait_for_count(program: Program, count: int) -> None:
    """On the attributes page, where each run asks Signals again."""
    program.go_to("attributes").wait_for(lambda page: page.values().get(COUNT) == count)


@pytest.fixture
def nudged(app: httpx.Client) -> Program:
    return with_nudge(app)


def test_no_nudge_comes_before_the_fifth_task(app):
    program = Program(app).click("publish").complete(4)
    wait_for_count(program, 4)
    assert not program.has("accept_nudge")


def test_fifth_task_brings_the_nudge_with_its_call_to_action(nudged):
    assert nudged.keyed("accept_nudge")["props"]["label"] == CALL_TO_ACTION


def test_nudge_that_was_accepted_is_gone(nudged):
    assert not nudged.click("accept_nudge").has("accept_nudge")


def test_attributes_page_tells_the_five_tasks(nudged):
    wait_for_count(nudged, 5)
    assert nudged.values() == {COUNT: 5, PRIORITY: "high"}


def test_inbox_has_the_nudge_that_was_accepted(nudged):
    nudged.click("accept_nudge").go_to("interventions")
    (received,) = [each for each in nudged.elements("container") if is_received(each)]
    said = [each["props"] for each in walk(received) if each["type"] in ("badge", "json")]
    assert [each.get("label", each.get("body")) for each in said] == [
        "version 1",
        "accepted",
        {COUNT: "5", PRIORITY: "high"},
    ]


def is_received(element: Element) -> bool:
    return str(element.get("key")).startswith("received_")


def test_events_page_lists_the_five_tasks(nudged):
    nudged.go_to("events").wait_for(lambda page: len(listed(page)) > 6)
    assert Counter((each["event"], each["status"]) for each in listed(nudged)) == {
        ("task_completed", "accepted"): 5,
        ("screen_view", "accepted"): 1,
        ("page_view", "accepted"): 1,
    }


def listed(program: Program) -> list[dict[str, str]]:
    """The rows of the page's table."""
    return [
        dict(zip((each["name"] for each in table["columns"]), row, strict=True))
        for table in (each["data"] for each in program.elements("dataframe"))
        for row in table["preview"]["rows"]
    ]


def test_each_of_many_events_of_one_second_can_be_chosen(nudged):
    options = nudged.go_to("events").keyed("event")["props"]["options"]
    assert [nudged.enter(event=each).keyed("event")["value"] for each in options] == options


def test_threshold_that_was_published_is_the_new_line(nudged):
    wait_for_count(nudged, 5)
    nudged.go_to("definitions").enter(threshold=7).click("publish").go_to("")
    assert "5 of 7: 2 more to the nudge" in nudged.texts()


def test_new_user_starts_at_none(nudged):
    assert nudged.click("new_user").values()["Tasks completed"] == "—"


# Every page, in every state that a program can bring about


def at_first(app: httpx.Client) -> Program:
    return Program(app)


def with_broken_events(app: httpx.Client) -> Program:
    program = with_nudge(app).go_to("events")
    for kind in MISTAKES:
        program.click(f"broken_{kind}")
    return program


def with_checks(app: httpx.Client) -> Program:
    """Both diagnoses were made."""
    program = Program(app).click("publish").complete(1).click("why")
    program.wait_for(lambda page: page.has("again_event_definitions"))
    program.go_to("connection").click("check_connection")
    return program.wait_for(lambda page: page.has("again_connection_definitions"))


def with_own_account_refused(app: httpx.Client) -> Program:
    program = Program(app).go_to("connection").click("use_account")
    assert program.elements("error")
    return program


def unpublished(app: httpx.Client) -> Program:
    return with_nudge(app).go_to("definitions").click("unpublish")


def ahead_in_time(app: httpx.Client) -> Program:
    return with_nudge(app).go_to("attributes").click("forward_day")


def presenting(app: httpx.Client) -> Program:
    return with_nudge(app).enter(presentation=True)


def with_room(app: httpx.Client) -> Program:
    return Program(app).click("publish").go_to("presenter")


def with_big_screen(app: httpx.Client) -> Program:
    return with_room(app).enter(big_screen=True)


def with_paused_room(app: httpx.Client) -> Program:
    return with_room(app).click("pause_room")


def as_guest(app: httpx.Client) -> Program:
    code = re.search(r"sandbox=([\w-]+)", with_room(app).text)
    assert code is not None
    return Program(app, query_params={"sandbox": [code[1]]})


def with_form_open(app: httpx.Client) -> Program:
    return Program(app).click("open_form")


def with_story_playing(app: httpx.Client) -> Program:
    return Program(app).click("play_story")


STATES = (
    at_first,
    with_nudge,
    with_broken_events,
    with_checks,
    with_own_account_refused,
    unpublished,
    ahead_in_time,
    presenting,
    with_room,
    with_big_screen,
    with_paused_room,
    as_guest,
    with_form_open,
    with_story_playing,
)


class Seen(Program):
    """A page that was looked at, to be read only."""

    def __init__(self, program: Program) -> None:
        self.page, self.text = program.page, program.text


def tour(program: Program) -> dict[str, Seen]:
    """Where a program is, and every page that the app lists, as it is then."""
    found = {f"where it began: {program.page['page']['title']}": Seen(program)}
    for each in program.page["pages"]:
        found[each["title"]] = Seen(program.go_to(each["url_path"]))
    return found


@pytest.fixture(scope="module", params=STATES, ids=lambda state: state.__name__)
def pages(request: pytest.FixtureRequest, app: httpx.Client) -> dict[str, Seen]:
    return tour(request.param(app))


def test_every_page_opens_without_an_exception(pages):
    wrong = {title: page.elements("exception") for title, page in pages.items()}
    assert wrong == {title: [] for title in pages}
    assert {page.page["status"] for page in pages.values()} == {"ready"}


def test_every_page_has_help(pages):
    listed = [each for page in pages.values() for each in page.page["pages"]]
    assert [each for each in listed if not each.get("help")] == []


def test_every_control_is_of_a_kind_that_is_known_here(pages):
    kinds = {each["type"] for page in pages.values() for each in page.page["actions"]}
    assert kinds - CONTROLS == set()


def test_every_control_has_a_key_that_says_what_it_does(pages):
    nameless = {
        (title, each["type"], each["props"].get("label"), each.get("key"))
        for title, page in pages.items()
        for each in page.elements(*CONTROLS, *FOLDED)
        if not KEY.fullmatch(each.get("key", ""))
    }
    assert nameless == set()


def test_no_two_elements_of_a_page_have_the_same_key(pages):
    for title, page in pages.items():
        keys = Counter(each["key"] for each in walk(page.page["tree"]) if "key" in each)
        assert [key for key, times in keys.items() if times > 1] == [], title


def test_every_control_has_a_label(pages):
    unlabelled = {
        (title, each["key"])
        for title, page in pages.items()
        for each in page.elements(*CONTROLS)
        if not each["props"].get("label", "").strip()
    }
    assert unlabelled == set()


def test_only_downloads_zooming_and_buttons_in_a_table_need_a_browser(pages):
    """The field "Event" does what those buttons do."""
    found = {
        (each["type"], each.get("key", ""))
        for page in pages.values()
        for each in walk(page.page["tree"])
        if "support" in each
    }
    assert found <= {
        ("dataframe", ""),
        ("download_button", "download_history"),
        ("download_button", "script_account"),
        ("download_button", "script_sandbox"),
        ("plotly_chart", f"chart_{COUNT}"),
        ("plotly_chart", f"chart_{PRIORITY}"),
    }


@pytest.mark.parametrize("button", QUESTIONS)
def test_what_deletes_asks_first_and_takes_no_for_an_answer(app, button):
    program = ahead_in_time(app).go_to(QUESTIONS[button]).click(button)
    (dialog,) = program.elements("dialog")
    (refusal,) = (key for key in program.usable() if key.startswith("cancel_"))
    assert dialog["props"]["is_open"] and dialog["props"]["title"]
    assert not program.click(refusal).elements("dialog")


# What a program is not told


def tokens_in(database: Path) -> dict[str, str]:
    """Of all sandboxes that somebody is in, by the user."""
    with sqlite3.connect(database.with_suffix(".app.db")) as file:
        return dict(file.execute("SELECT user_id, sandbox_token FROM home"))


def test_token_of_the_sandbox_is_in_no_answer(pages, database):
    (user,) = {each for page in pages.values() for each in page.page["query_params"]["user"]}
    text = "\n".join(page.text for page in pages.values())
    assert given_away(text, {"the token": tokens_in(database)[user]}) == set()


# Off by default


def test_app_as_it_is_started_has_no_agent_interface(tmp_path):
    with served(tmp_path / "sandbox.db") as client:
        answer = client.post(INTERACT, json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_available")


@pytest.mark.parametrize(
    "file", [".streamlit/config.toml", "Makefile", ".devcontainer/devcontainer.json"]
)
def test_nothing_that_starts_the_app_turns_it_on(file):
    assert OPTION.partition(".")[2].lower() not in (ROOT / file).read_text().lower()
