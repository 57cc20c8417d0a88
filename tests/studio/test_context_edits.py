"""What the form does to an agentic context."""

import pytest
import snowplow_signals as sdk

from lib.snowplow.contexts import recent_activity
from lib.snowplow.definitions import Plan
from lib.studio.context_edits import (
    MOST_EVENTS,
    MOST_PROMPT,
    MOST_SECONDS,
    PAGE_VIEW,
    event_label,
    event_labels,
    known_events,
    new_context,
    properties_of,
    with_events,
    with_properties,
)

PLAN = Plan(owner="you@example.com", vendor="com.example")
LOG = recent_activity(PLAN)


def labels(selections):
    return [event_label(each.event, PLAN.vendor) for each in selections]


def test_new_context_keeps_completed_tasks_and_has_a_name_of_its_own():
    once = new_context((), PLAN)
    twice = new_context(once, PLAN)
    assert [str(each.name) for each in twice] == ["my_context", "my_context_2"]
    (selection,) = once[0].events
    kept = [each.label for each in properties_of(selection, PLAN.vendor)]
    assert labels([selection]) == ["task_completed"]
    assert kept[:2] == ["task_id", "priority"]


def test_versions_of_an_event_are_told_apart_and_keep_what_was_chosen_of_each():
    names = {"vendor": "com.example", "name": "task_completed"}
    versions = [{"version": "1-0-0"}, {"major_version": 1}, {"major_version": 2}, {}, {}]
    events = [
        LOG.events[at % 2].model_copy(update={"event": sdk.EventLogEvent(**names, **version)})
        for at, version in enumerate(versions)
    ]
    log = LOG.model_copy(update={"events": events})
    assert event_labels(log, PLAN.vendor) == [
        "task_completed",
        "com.example/task_completed/1",
        "com.example/task_completed/2",
        "com.example/task_completed",
        "com.example/task_completed (2)",
    ]
    assert with_events(log, event_labels(log, PLAN.vendor), PLAN.vendor) == events


def test_events_that_stay_keep_what_was_chosen_of_them():
    first, *_ = LOG.events
    changed = with_events(LOG, [labels([first])[0], "comment_added"], PLAN.vendor)
    assert labels(changed) == ["task_added", "comment_added"]
    assert changed[0] == first


@pytest.mark.parametrize("label", known_events("com.example"))
def test_every_event_can_be_chosen_and_has_a_property(label):
    (selection,) = with_events(LOG, [label], PLAN.vendor)
    assert labels([selection]) == [label]
    assert selection.properties


def test_properties_of_one_event_leave_the_others_alone():
    chosen = [properties_of(LOG.events[0], PLAN.vendor)[0].selected]
    changed = with_properties(LOG, 0, chosen)
    assert changed[0].properties == chosen
    assert changed[1:] == LOG.events[1:]


def test_what_only_the_python_can_say_stays_a_choice():
    entity = sdk.EventLogEntityProperty(
        vendor="org.acme", name="cart", major_version=2, path="total", output_name="total"
    )
    selection = sdk.EventSelection(
        event=sdk.EventLogEvent(vendor="org.acme", name="bought", version="1-0-0"),
        properties=[entity],
    )
    *_, last = properties_of(selection, PLAN.vendor)
    assert labels([selection]) == ["org.acme/bought/1-0-0"]
    assert (last.label, last.selected) == ("entity cart total total", entity)


def test_a_page_view_has_its_title():
    (selection,) = with_events(LOG, [PAGE_VIEW], PLAN.vendor)
    assert [each.name for each in selection.properties] == ["event_name", "page_title"]


@pytest.mark.parametrize(
    ("field", "most"),
    [("max_events", MOST_EVENTS), ("max_age_seconds", MOST_SECONDS)],
)
def test_limits_are_those_of_the_sdk(field, most):
    known = LOG.model_dump()
    sdk.EventLog.model_validate(known | {field: most})
    with pytest.raises(ValueError, match=field):
        sdk.EventLog.model_validate(known | {field: most + 1})


def test_longest_prompt_is_that_of_the_sdk():
    known = LOG.model_dump()
    sdk.EventLog.model_validate(known | {"prompt": "x" * MOST_PROMPT})
    with pytest.raises(ValueError, match="prompt"):
        sdk.EventLog.model_validate(known | {"prompt": "x" * (MOST_PROMPT + 1)})
