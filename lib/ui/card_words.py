"""The text of a card, on the board and in the preview of a demo profile."""

from lib.demo.demo_profile import DemoProfile
from lib.project import Task
from lib.text import plain

PRIORITY_COLORS = {"high": "red", "medium": "orange", "low": "green"}


def card_words(profile: DemoProfile, task: Task, *, is_next: bool = False) -> str:
    """The text of a card: its title, and below it what else there is to know. `index_page.css`
    shows the bold one as an avatar."""
    color = PRIORITY_COLORS[task.priority]
    known = [f":{color}-badge[{plain(profile.priority_name(task.priority))}]"]
    if is_next:
        known.append(":violet-badge[next]")
    if due := profile.due_words(task.due):
        known.append(f":small[:gray[{plain(due)}]]")
    if profile.mine and task.status != "todo":
        known.append(f":violet-badge[**{plain(profile.mine)}**]")
    return f"{plain(task.title)}\n\n{' '.join(known)}"
