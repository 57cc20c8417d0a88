"""What a person does in the app and sees of it, in words; and what the sandbox kept of it."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
from streamlit.testing.v1 import AppTest

from lib.diagnosis.diagnoses import Diagnoses
from lib.text import WORD_JOINER
from lib.ui import session
from lib.world.participant import Participant
from tests.support.waiting import PATIENCE_SECONDS


def go_to(at: AppTest, page: str) -> AppTest:
    """Open a page as the navigation does."""
    return at.switch_page(f"pages/{page}.py").run()


def click(at: AppTest, key: str) -> AppTest:
    """Click a button, wherever it is; the nudge's are outside what `at.button` finds."""
    at.get_by_key(key).click().run()
    return at


def publish(at: AppTest) -> AppTest:
    return click(at, "publish")


def complete(at: AppTest, times: int) -> AppTest:
    for _ in range(times):
        click(at, "complete_task")
    return at


def stop_sandbox(at: AppTest) -> AppTest:
    """The sandbox ends, once it has what the app tracked so far."""
    assert world(at).emitter.wait_until_sent(PATIENCE_SECONDS)
    sandbox = session.process().backend.sandbox
    assert sandbox is not None
    sandbox.stop()
    return at


def diagnoses_of(at: AppTest) -> Diagnoses:
    """Why nothing happened in the world that the page looks at."""
    return session.process().participants.diagnoses(world(at))


def has(at: AppTest, key: str) -> bool:
    """Whether there is an element with this key."""
    try:
        at.get_by_key(key)
    except KeyError:
        return False
    return True


def metric(at: AppTest, label: str) -> str:
    (found,) = (each.value for each in at.metric if unescaped(each.label) == label)
    return str(found)


def count(at: AppTest) -> str:
    """The number of completed tasks, as the board shows it."""
    return metric(at, "Tasks completed")


def alerts(kind: Any) -> list[tuple[str, str]]:
    """Title and text of alerts, such as `at.error`, as a person reads them."""
    return [(unescaped(each.proto.title), unescaped(each.value)) for each in kind]


def unescaped(markdown: str) -> str:
    """What a person sees of escaped text."""
    return re.sub(r"\\(.)", r"\1", markdown).replace(WORD_JOINER, "")


def texts(at: AppTest) -> str:
    """All the words on the page but those in code, as a person reads them."""
    kinds = (at.title, at.header, at.markdown, at.caption, at.text, at.info, at.warning)
    return "\n".join(unescaped(str(each.value)) for kind in kinds for each in kind)


def world(at: AppTest) -> Participant:
    """The world that a session looks at."""
    process = session.process()
    user_id = at.query_params["user"]
    asked = at.query_params.get("sandbox")
    room = process.rooms.joined_by(asked) if asked else None
    token = room.place if room else asked or process.state.home(user_id, "")
    return process.participants.join(user_id, token)


@dataclass(frozen=True)
class Kept:
    """An event that the sandbox accepted. `data` is what a self-describing one describes."""

    name: str
    schema: str
    columns: dict[str, Any]
    data: Any
    entities: list[dict[str, Any]]


def kept(at: AppTest) -> list[Kept]:
    """The events that the sandbox accepted from a session's user, oldest first, as Micro tells.

    Waits until all that was tracked is sent.
    """
    participant = world(at)
    assert participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    answer = httpx.get(f"{participant.connection.collector_url}/micro/good", trust_env=False)
    assert answer.is_success, answer.text
    events = [_kept(each["schema"], each["event"]) for each in reversed(answer.json())]
    return [each for each in events if each.columns["user_id"] == participant.user_id]


def _kept(schema: str, columns: dict[str, Any]) -> Kept:
    described = (columns.get("unstruct_event") or {}).get("data") or {}
    entities = (columns.get("contexts") or {}).get("data") or []
    name = schema.removeprefix("iglu:").split("/")[1]
    return Kept(name, schema, columns, described.get("data"), entities)


def names(at: AppTest) -> list[str]:
    """The names of the events that the sandbox accepted from a session's user, oldest first."""
    return [event.name for event in kept(at)]


def everything(at: AppTest) -> str:
    """All that was sent to the browser."""
    return "".join(str(getattr(node, "proto", "")) for node in at._tree)
