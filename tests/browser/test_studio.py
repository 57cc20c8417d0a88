"""Somebody defines something of their own, publishes it, uses the board, and sees it work."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.support.app import AppPage
from tests.support.slow_line import SlowLine

OpenWindow = Callable[..., AppPage]

PASTED = """\
from datetime import timedelta
from snowplow_signals import (
    Attribute, Event, EventProperty, InterventionCriteriaAll, InterventionCriterion,
    LinkAttributeKey, RuleIntervention, Service, StreamAttributeGroup, user_id,
)

done = Event(vendor="com.example", name="task_completed", version="1-0-0")
priority = EventProperty(
    vendor="com.example", name="task_completed", major_version=1, path="priority"
)
mine = StreamAttributeGroup(
    name="mine", version=1, attribute_key=user_id, owner="you@example.com",
    attributes=[
        Attribute(name="tasks", type="int32", aggregation="counter", events=[done],
                  period=timedelta(days=1)),
        Attribute(name="mix", type="dict", aggregation="category_count", events=[done],
                  property=priority, period=timedelta(days=1)),
        Attribute(name="quiet", type="double", aggregation="time_since_last", events=[done],
                  time_unit="s"),
    ],
)
served = Service(name="served", owner="you@example.com", attribute_groups=[mine])
keen = RuleIntervention(
    name="keen", version=1, owner="you@example.com",
    criteria=InterventionCriteriaAll(all=[
        InterventionCriterion(attribute="mine:tasks", operator=">=", value=2),
        InterventionCriterion(attribute="mine:mix", operator="is not null"),
    ]),
    target_attribute_keys=[LinkAttributeKey(name="user_id")],
)
sp_signals.publish([mine, served, keen])
"""


def open_studio(window: OpenWindow) -> AppPage:
    return open_tab(window())


def open_tab(studio: AppPage) -> AppPage:
    studio.go("/definitions").page.get_by_role("tab", name="Build your own").click()
    return studio.wait_for_answer()


def begin_on_slow_line(window: OpenWindow) -> tuple[AppPage, SlowLine]:
    """Begin a draft where the server's answers can be held up."""
    studio = window()
    line = SlowLine(studio.page)
    open_tab(studio)
    add(studio, "start_from_nothing", 'name="tasks"')
    return studio, line


def field(studio: AppPage, name: str) -> Locator:
    """A field of the form: the end of its key changes with what it is to show."""
    return studio.page.locator(f"[class*='st-key-{name}_']")


def expect_python(studio: AppPage, says: str) -> None:
    """The draft's Python says this: what was done in the form has arrived, and drew it anew."""
    source = studio.keyed("python_source").get_by_role("textbox")
    expect(source).to_have_value(re.compile(re.escape(says)))
    studio.wait_for_answer()


def choose(studio: AppPage, name: str, option: str, says: str) -> None:
    """Choose something in the form, which makes the Python say something."""
    entry = field(studio, name).get_by_role("combobox")
    entry.click()
    entry.fill(option)  # of a long list, only a part is there
    studio.page.get_by_role("option", name=option).first.click()
    expect_python(studio, says)


def write(studio: AppPage, name: str, text: str, says: str) -> None:
    """The same with a field for text."""
    entry = field(studio, name).get_by_role("textbox")
    entry.fill(text)
    entry.press("Enter")
    expect_python(studio, says)


def add(studio: AppPage, key: str, says: str) -> None:
    """The same with a button that adds something."""
    studio.button(key).click()
    expect_python(studio, says)


def value(attributes: AppPage, name: str) -> Locator:
    """What the attributes page shows of an attribute."""
    exactly = attributes.page.get_by_text(name, exact=True)
    metric = attributes.page.get_by_test_id("stMetric").filter(has=exactly)
    return metric.get_by_test_id("stMetricValue")


def publish_and_watch(window: OpenWindow, studio: AppPage, names: list[str]) -> AppPage:
    """Publish the draft, and open the attributes page beside it: nothing has happened yet."""
    studio.press("publish_draft")
    expect(studio.page.get_by_text("Published, as shown here.")).to_be_visible()
    attributes = window().go("/attributes", user=studio.user)
    for name in names:
        expect(attributes.keyed(f"chart_{name}")).to_be_visible()
    return attributes


def use_board(studio: AppPage, nudge: str) -> None:
    """Complete two tasks, and see the nudge that the rule sends."""
    studio.page.get_by_role("link", name="Use the board").click()
    studio.wait()
    studio.press("complete_task")
    studio.press("complete_task")
    expect(studio.keyed("nudge")).to_contain_text(nudge)


def test_what_is_built_with_the_form_moves_and_nudges(window: OpenWindow) -> None:
    studio = open_studio(window)
    add(studio, "start_from_nothing", 'name="tasks"')
    write(studio, "attribute_name", "finished", 'name="finished"')
    add(studio, "add_attribute", 'name="tasks"')
    write(studio, "attribute_name", "focus", 'name="focus"')
    choose(studio, "attribute_field", "task_completed: priority", 'path="priority"')
    add(studio, "add_attribute", 'name="tasks"')
    write(studio, "attribute_name", "quiet", 'name="quiet"')
    choose(studio, "aggregation", "time_since_last", 'time_unit="d"')
    add(studio, "add_rule", 'operator=">="')
    write(studio, "rule_0_value", "2", "value=2")
    add(studio, "rule_add_condition", 'operator="is not null"')
    choose(studio, "rule_1_attribute", "focus (my_group)", 'attribute="my_group:focus"')

    attributes = publish_and_watch(window, studio, ["finished", "focus", "quiet"])
    expect(value(attributes, "finished")).to_have_text("0")
    use_board(studio, "my_nudge")

    expect(value(attributes, "finished")).to_have_text("2")
    expect(value(attributes, "focus")).to_have_text("high")
    expect(value(attributes, "quiet")).to_contain_text(" s")
    assert studio.errors == attributes.errors == []


def test_the_form_is_filled_in_from_field_to_field_with_the_keyboard(window: OpenWindow) -> None:
    studio = open_studio(window)
    add(studio, "start_from_nothing", 'name="tasks"')
    name = field(studio, "attribute_name").get_by_role("textbox")
    events = field(studio, "attribute_events").get_by_role("combobox")
    name.fill("finished")
    name.press("Tab")  # to the help of the next field
    expect_python(studio, 'name="finished"')

    studio.page.keyboard.press("Tab")
    expect(events).to_be_focused()


def test_what_is_typed_in_the_form_while_the_server_takes_its_time_is_kept(
    window: OpenWindow,
) -> None:
    studio, line = begin_on_slow_line(window)
    group = field(studio, "name_of_attribute_groups").get_by_role("textbox")
    attribute = field(studio, "attribute_name").get_by_role("textbox")

    with line.held():
        group.fill("mine")
        group.press("Tab")
        line.wait_for_whole_run()
        attribute.fill("finished")
    attribute.press("Enter")

    expect_python(studio, 'name="finished"')
    expect_python(studio, 'name="mine"')


def test_a_double_click_on_remove_removes_one(window: OpenWindow) -> None:
    studio = open_studio(window)
    add(studio, "start_from_nothing", 'name="tasks"')
    for name in ("first", "second"):
        add(studio, "add_attribute", 'name="tasks"')
        write(studio, "attribute_name", name, f'name="{name}"')

    studio.button("remove_attribute_of_3").dblclick()

    expect(studio.button("remove_attribute_of_2")).to_be_visible()
    expect_python(studio, 'name="first"')
    assert studio.errors == []


def test_a_preview_is_of_what_was_typed_just_before_it(window: OpenWindow) -> None:
    studio = open_studio(window)
    add(studio, "start_from_nothing", 'name="tasks"')
    field(studio, "attribute_name").get_by_role("textbox").fill("finished")
    studio.button("preview_draft").click()

    expect_python(studio, 'name="finished"')
    expect(studio.page.get_by_text("Preview of my_group")).to_be_visible()


def test_what_is_pasted_as_python_moves_and_nudges(window: OpenWindow) -> None:
    studio = open_studio(window)
    studio.keyed("python_source").get_by_role("textbox").fill(PASTED)
    studio.press("apply_python")

    attributes = publish_and_watch(window, studio, ["tasks", "mix", "quiet"])
    use_board(studio, "keen")

    expect(value(attributes, "tasks")).to_have_text("2")
    expect(value(attributes, "mix")).to_have_text("1 item")
    expect(value(attributes, "quiet")).to_contain_text(" s")
    assert studio.errors == attributes.errors == []


def test_what_was_changed_stays_when_the_next_click_comes_before_it_is_drawn(
    window: OpenWindow,
) -> None:
    studio, line = begin_on_slow_line(window)
    attribute = field(studio, "attribute_name").get_by_role("textbox")

    with line.held():
        attribute.fill("finished")
        attribute.press("Enter")
        line.wait_for_whole_run()
        studio.button("add_rule").dispatch_event("click")

    expect_python(studio, "RuleIntervention(")
    expect_python(studio, 'name="finished"')
