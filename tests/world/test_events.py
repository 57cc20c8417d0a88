"""A user's events: finding, counting and posting them again."""

import shlex
import uuid
from datetime import timedelta

import httpx
import orjson
import pytest

from lib.world.events import (
    curl_command,
    matching,
    newest_task,
    per_minute,
)
from tests.support.event_worlds import (
    NOON,
    TASK_SCHEMA,
    an_event,
    patience,  # noqa: F401 (a fixture)
    read,
    world,  # noqa: F401 (a fixture)
)
from tests.support.worlds import complete


@pytest.mark.parametrize(
    ("outcomes", "names", "words", "found"),
    [
        ([], [], "", [0, 1, 2, 3]),
        (["accepted"], [], "", [0]),
        (["failed"], [], "", [1, 3]),
        (["on its way", "accepted"], [], "", [0, 2]),
        ([], ["page_view"], "", [2]),
        (["accepted"], ["page_view"], "", []),
        ([], [], "WEBSITE", [0]),
        ([], [], "website growth", [0]),
        ([], [], "website nonsense", []),
        ([], [], "not one of", [1]),
        ([], [], "https://a.example", [2]),
        ([], [], "event-3", [3]),
        ([], [], 'say "hi"', [3]),
        ([], [], "c:\\temp", [3]),
    ],
)
def test_events_are_found_by_outcome_name_and_anything_in_them(outcomes, names, words, found):
    events = [
        an_event(0, entities=[{"data": {"project_id": "website", "plan": "growth"}}]),
        an_event(
            1,
            status="failed",
            failures=[{"schema": TASK_SCHEMA, "path": "$.p", "message": "not one of them"}],
        ),
        an_event(2, status="waiting", name="page_view", raw={"url": "https://a.example/"}),
        an_event(3, status="refused", reason='too many say "Hi" in C:\\temp'),
    ]
    assert matching(events, outcomes, names, words) == [events[each] for each in found]


def test_events_are_counted_in_the_half_hour_before_the_newest():
    events = [an_event(0), an_event(1), an_event(30), an_event(30, status="failed"), an_event(30)]
    assert per_minute(events) == {
        (NOON + timedelta(minutes=1), "accepted"): 1,
        (NOON + timedelta(minutes=30), "accepted"): 2,
        (NOON + timedelta(minutes=30), "failed"): 1,
    }
    assert per_minute([]) == {}


def test_the_event_to_follow_is_the_users_newest_completed_task():
    failed = an_event(3, status="failed")
    stranger, task, page_view = (
        an_event(2, user_id=None),
        an_event(1),
        an_event(4, name="page_view", schema=None),
    )
    assert newest_task([page_view, failed, stranger, task], "u", TASK_SCHEMA) is task
    assert newest_task([page_view, failed], "u", TASK_SCHEMA) is page_view
    assert newest_task([], "u", TASK_SCHEMA) is None


def test_the_curl_command_posts_the_very_event_with_a_new_id(world):
    participant = world.join()
    complete(participant, 1)
    (event,) = read(participant)
    new_id = str(uuid.uuid4())
    command = curl_command(event, participant.connection.collector_url, new_id)
    curl, url, _, header, _, body = shlex.split(command.replace("\\\n", ""))
    name, _, value = header.partition(": ")
    answer = httpx.post(url, content=body, headers={name: value}, trust_env=False)
    assert (curl, answer.status_code) == ("curl", 200)
    again = next(each for each in read(participant) if each.event_id == new_id)
    assert (again.status, again.data, again.entities, again.user_id) == (
        "accepted",
        event.data,
        event.entities,
        event.user_id,
    )


def test_quotes_in_an_event_cannot_end_the_curl_command():
    event = an_event(raw={"e": "pv", "url": "https://a.example/'; rm -rf ~; '$(date)`id`"})
    *_, body = shlex.split(curl_command(event, "https://c.example", "new").replace("\\\n", ""))
    assert orjson.loads(body)["data"] == [event.raw | {"eid": "new"}]


def test_what_could_not_be_read_has_no_curl_command():
    assert curl_command(an_event(raw="no json"), "https://c.example", "new") == ""
