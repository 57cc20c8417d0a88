"""The simulated tool: what a click changes, what it leaves alone, and what a reload keeps."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.project import (
    MAX_TASKS,
    PRIORITIES,
    SPRINTS,
    STATUSES,
    Project,
    ProjectError,
    Task,
    mentions,
)

SOUND = {"id": "task-1", "title": "a", "priority": "low", "status": "todo"}


def small_project():
    return Project(
        "p",
        "P",
        "growth",
        [
            Task("task-1", "a", "high", "todo"),
            Task("task-2", "b", "low", "in_progress"),
            Task("task-3", "c", "high", "todo"),
            Task("task-4", "d", "medium", "in_progress"),
            Task("task-5", "e", "high", "done"),
        ],
        next_number=6,
        sprints=1,
    )


def test_a_fresh_project_has_open_tasks_of_every_priority_and_none_done():
    project = Project.fresh()
    assert (project.name, project.plan, len(project.tasks)) == ("Website relaunch", "growth", 9)
    assert {task.priority for task in project.tasks} == set(PRIORITIES)
    assert {task.status for task in project.tasks} == {"todo", "in_progress"}
    assert [task.id for task in project.tasks] == [f"task-{n}" for n in range(1, 10)]


def test_two_fresh_projects_share_nothing():
    first, second = Project.fresh(), Project.fresh()
    first.complete("task-1")
    assert second.tasks[0].status == "in_progress"


def test_the_next_task_is_in_progress_then_of_high_priority_then_the_first():
    project = small_project()
    order = []
    while task := project.next_open:
        order.append(task.id)
        project.complete(task.id)
    assert order == ["task-4", "task-2", "task-1", "task-3"]
    assert project.all_done


def test_completing_twice_counts_once():
    project = small_project()
    assert project.complete("task-1") == Task("task-1", "a", "high", "done")
    assert project.complete("task-1") is None
    assert project.complete("task-99") is None


def test_only_a_task_to_do_can_be_started():
    project = small_project()
    assert project.start("task-1") == Task("task-1", "a", "high", "in_progress")
    assert project.start("task-1") is None
    assert project.start("task-5") is None


def test_only_a_task_that_is_done_can_be_reopened():
    project = small_project()
    assert project.reopen("task-5") == Task("task-5", "e", "high", "todo")
    assert [project.reopen(each) for each in ("task-5", "task-2", "task-99")] == [None] * 3


def test_time_and_comments_add_up_whatever_the_status():
    project = small_project()
    for each in ("task-1", "task-2", "task-5"):
        project.log_time(each, 10)
        project.log_time(each, 0.5)
        task = project.comment(each, "Looks good")
        assert task is not None and (task.minutes, task.comments) == (10.5, 1)
    assert (project.log_time("task-99", 1), project.comment("task-99", "?")) == (None, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "needs text"), (" \n", "needs text"), ("x" * 2_001, "at most 2,000 characters")],
)
def test_a_comment_that_will_not_do_is_refused_in_words(text, message):
    project = small_project()
    with pytest.raises(ProjectError, match=message):
        project.comment("task-1", text)
    assert project == small_project()


def test_at_most_fifty_people_are_mentioned_by_names_that_fit_their_schema():
    text = " ".join(f"@person{number}" for number in range(60)) + " @" + "x" * 65
    assert mentions(text) == [f"person{number}" for number in range(50)]
    assert mentions("@" + "x" * 64) == ["x" * 64]


def test_a_project_from_before_time_and_comments_were_kept_can_be_read():
    data = json.loads(small_project().to_json())
    for task in data["tasks"]:
        del task["minutes"], task["comments"]
    assert Project.from_json(json.dumps(data)) == small_project()


def test_one_task_of_a_sprint_is_due_each_day_after_it_began():
    first, second = date(2026, 12, 30), date(2027, 2, 1)
    project = Project.fresh(today=first)
    assert [task.due for task in project.tasks] == [first + timedelta(n) for n in range(1, 10)]
    while task := project.next_open:
        project.complete(task.id)
    assert project.new_sprint(second)[0].due == date(2027, 2, 2)
    assert project.add("Call the printer").due is None


def test_due_days_are_kept_as_they_are_on_whichever_day_they_are_read():
    project = Project.fresh(today=date(2026, 12, 30))
    read = Project.from_json(project.to_json(), today=date(2027, 3, 1))
    assert [task.due for task in read.tasks] == [task.due for task in project.tasks]


def test_a_project_from_before_tasks_were_due_can_be_read():
    data = json.loads(Project.fresh(today=date(2026, 12, 30)).to_json())
    for task in data["tasks"]:
        del task["due"]
    data["tasks"][0]["status"] = "done"
    read = Project.from_json(json.dumps(data))
    assert ([task.due for task in read.tasks], read.tasks[0].status) == ([None] * 9, "done")


@pytest.mark.parametrize("due", ["soon", 5, "2026-13-01", {}])
def test_a_day_that_is_none_is_no_project(due):
    data = json.loads(small_project().to_json())
    data["tasks"][0]["due"] = due
    assert Project.from_json(json.dumps(data)) == Project.fresh()


def test_filters_combine():
    project = small_project()
    assert [task.id for task in project.filtered("todo", "high")] == ["task-1", "task-3"]
    assert [task.id for task in project.filtered("done")] == ["task-5"]
    assert [task.id for task in project.filtered(priority="medium")] == ["task-4"]
    assert project.filtered() == project.tasks


def test_an_added_task_is_to_do_with_its_title_cleaned():
    project = small_project()
    assert project.add("  Call\n\t the \x00print\x07er \ud800 ", "low") == Task(
        "task-6", "Call the printer", "low", "todo"
    )
    assert project.tasks[-1].id == "task-6"


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("", "A task needs a title."),
        (" \n\x00 ", "A task needs a title."),
        ("x" * 121, "A title has at most 120 characters; this one has 121."),
    ],
)
def test_a_title_that_will_not_do_is_refused_in_words(title, message):
    project = small_project()
    with pytest.raises(ProjectError) as caught:
        project.add(title)
    assert str(caught.value) == message
    assert len(project.tasks) == 5


def test_an_unknown_priority_is_refused():
    with pytest.raises(ProjectError, match="^A priority is low, medium or high.$"):
        small_project().add("x", "urgent")


def test_a_full_board_refuses_more():
    project = small_project()
    while len(project.tasks) < MAX_TASKS:
        project.add("x")
    with pytest.raises(ProjectError, match="^This board holds at most 200 tasks. Complete them"):
        project.add("one more")


def test_a_new_sprint_waits_until_all_is_done():
    project = Project.fresh()
    assert project.new_sprint() == []
    assert len(project.tasks) == 9


def test_sprints_never_end_never_repeat_an_id_and_never_overfill_the_board():
    project, seen = Project.fresh(), []
    for _ in range(40):
        while task := project.next_open:
            seen.append(project.complete(task.id).id)
        assert len(project.new_sprint()) in {len(sprint) for sprint in SPRINTS}
        assert len(project.tasks) <= MAX_TASKS
    assert len(seen) == len(set(seen)) > 350


tasks = st.builds(
    lambda title, priority, status: (title, priority, status),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=120),
    st.sampled_from(PRIORITIES),
    st.sampled_from(STATUSES),
)


@given(st.lists(tasks, max_size=20))
def test_a_project_survives_being_written_and_read(generated):
    project = Project("p", "P", "growth")
    for title, priority, status in generated:
        task = project.add(title, priority)
        if status == "in_progress":
            project.start(task.id)
        if status == "done":
            project.complete(task.id)
            project.log_time(task.id, 7.5)
            project.comment(task.id, "Done")
    assert Project.from_json(project.to_json()) == project


def test_unknown_fields_are_ignored():
    data = json.loads(small_project().to_json())
    data["colour"] = "red"
    data["tasks"][0]["assignee"] = "ann"
    assert Project.from_json(json.dumps(data)) == small_project()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tasks", None),
        ("tasks", "abc"),
        ("tasks", [{"id": "task-1"}]),
        ("tasks", [{"id": "task-1", "title": "a", "priority": "urgent", "status": "todo"}]),
        ("tasks", [{"id": "one", "title": "a", "priority": "low", "status": "todo"}]),
        ("tasks", [{"id": "task-1", "title": "a", "priority": "low", "status": "todo"}] * 2),
        ("tasks", [{"id": "task-1", "title": 5, "priority": "low", "status": "todo"}]),
        ("tasks", [{"id": "task-1", "title": "a", "priority": [], "status": "todo"}]),
        *(("tasks", [{**SOUND, "minutes": each}]) for each in (-1, "5", True, None, float("inf"))),
        *(("tasks", [{**SOUND, "comments": each}]) for each in (-1, "5", 1.5)),
        ("next_number", "7"),
        ("next_number", -1),
        ("name", None),
    ],
)
def test_broken_data_gives_a_fresh_project(name, value):
    data = json.loads(small_project().to_json())
    assert Project.from_json(json.dumps({**data, name: value})) == Project.fresh()


@pytest.mark.parametrize("text", [None, "", "{", "null", "[]", "7", b"\xff", "[" * 100_000])
def test_what_is_no_project_gives_a_fresh_one(text):
    assert Project.from_json(text) == Project.fresh()


def test_a_number_that_would_repeat_an_id_is_put_right():
    data = json.loads(small_project().to_json())
    assert Project.from_json(json.dumps({**data, "next_number": 2})).add("x").id == "task-6"


def test_a_title_cannot_turn_the_text_around_it_to_the_other_direction():
    assert Project.fresh().add("say \u202eolleh").title == "say olleh"
