"""One of the people of the soak test: what they do at random, and what the app told them."""

import random
import re
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from tests.support.sessions import BrowserSession

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = (0.2, 4.0)
ELSEWHERE = ("/attributes", "/interventions", "/events", "/definitions", "/connection", "/guide")
DONE = re.compile(r"\*\*Done\*\* :gray-badge\[(\d+)\]")
DONE_AT_MOST = 25  # then they begin anew: boards that grow would look like a leak
RECEIVED = r"**power\_user\_nudge**"
MISSED = "Probably fired while disconnected"


@dataclass
class Person:
    """A user with a sandbox of their own. They have one tab with the board, and now and then two.

    `acknowledged` is the greatest number of completed tasks that any page has shown them. `sure`
    are clicks whose run they saw the end of, `unsure` those in a tab that they closed at once: what
    becomes of such a click is open. `repeated` are clicks that brought nothing for half of
    `patience`, in seconds: Streamlit may forget one if the run before it ends at that very moment.
    """

    number: int
    url: str
    is_over: threading.Event
    patience: float = PATIENCE_SECONDS
    query: str = ""
    acknowledged: int = 0
    sure: int = 0
    unsure: int = 0
    repeated: int = 0
    openings: int = 0
    problem: str = ""
    exceptions: list[str] = field(default_factory=list)
    _dropped: int = 0  # done tasks that are not on the board any more
    _open: dict[BrowserSession, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.number)

    @property
    def clicks(self) -> int:
        """How often they clicked to complete a task."""
        return self.sure + self.unsure + self.repeated

    # A life

    def live(self, everybody: threading.Barrier) -> None:
        """Publish, wait for all others to have done so, and do this and that until it is over.

        Never raises: what went wrong is in `problem`, with what the open pages showed then.
        """
        try:
            tab = self._open_tab()
            self.query = tab.query
            self._publish(tab)
            everybody.wait()
            while not self.is_over.wait(self._chance.uniform(*PAUSE_SECONDS)):
                tab = self._choose()(tab)
        except threading.BrokenBarrierError:
            pass  # somebody else has a problem
        except Exception:
            self.problem = f"person {self.number}: {traceback.format_exc()}{self._shown()}"
            everybody.abort()
        finally:
            for each in list(self._open):
                self._close_tab(each)

    def _choose(self) -> Callable[[BrowserSession], BrowserSession]:
        common = [self._complete] * 5
        rare = [self._idle, self._reopen, self._leave_at_once, self._use_two_tabs]
        return self._chance.choice([*common, *rare, self._look_elsewhere, self._answer])

    def _publish(self, tab: BrowserSession) -> None:
        tab.wait_for(lambda: "publish" in tab.buttons(), self.patience)
        tab.click("publish")
        tab.wait_for(lambda: "publish" not in tab.buttons(), self.patience)

    def _complete(self, tab: BrowserSession) -> BrowserSession:
        """Complete the next task and see it among those that are done; or see that there was none
        left, if a click of a tab that was closed had completed it."""
        self._have_a_task(tab)
        before = self.note_done(tab)

        def is_done() -> bool:
            return self._total(tab) > before or "complete_task" not in tab.buttons()

        tab.click("complete_task")
        try:
            tab.wait_for(is_done, self.patience / 2)
        except TimeoutError:
            self.repeated += 1
            tab.click("complete_task")
            tab.wait_for(is_done, self.patience)
        tab.wait_until_run(self.patience)
        self.sure += 1
        self.note_done(tab)
        return tab

    def _have_a_task(self, tab: BrowserSession) -> None:
        tab.wait_until_run(self.patience)
        tab.wait_for(lambda: has_action(tab), self.patience)
        if "complete_task" in tab.buttons():
            return
        before = self.note_done(tab)
        tab.click("new_sprint" if done(tab) < DONE_AT_MOST else "reset_board")
        tab.wait_for(lambda: "complete_task" in tab.buttons(), self.patience)
        tab.wait_until_run(self.patience)
        self._dropped += before - self._total(tab)

    def _leave_at_once(self, tab: BrowserSession) -> BrowserSession:
        """Close the tab without waiting for what the click brings."""
        self._have_a_task(tab)
        tab.click("complete_task")
        self.unsure += 1
        return self._reopen(tab)

    def _reopen(self, tab: BrowserSession) -> BrowserSession:
        self._close_tab(tab)
        return self._open_tab()

    def _use_two_tabs(self, tab: BrowserSession) -> BrowserSession:
        """Complete a task in a second tab, and see it in the first. Sprints begin in the first
        alone: the other would not know which done tasks had made room."""
        self._have_a_task(tab)
        other = self._open_tab()
        if "complete_task" in other.buttons():
            self._complete(other)
        tab.wait_for(lambda: self._total(tab) >= self.acknowledged, self.patience)
        self._close_tab(other)
        return tab

    def _look_elsewhere(self, tab: BrowserSession) -> BrowserSession:
        self._close_tab(self._open_tab(self._chance.choice(ELSEWHERE)))
        return tab

    def _answer(self, tab: BrowserSession) -> BrowserSession:
        key = self._chance.choice(("accept_nudge", "dismiss_nudge"))
        with suppress(LookupError):  # there is none, or it was answered
            tab.click(key)
            tab.wait_for(lambda: key not in tab.buttons(), self.patience)
        return tab

    def _idle(self, tab: BrowserSession) -> BrowserSession:
        return tab

    # Tabs

    def _open_tab(self, path: str = "/") -> BrowserSession:
        """Open a page and wait until the whole of it is there."""
        tab = BrowserSession.open(self.url, path=path, query=self.query)
        self._open[tab] = path
        self.openings += 1
        tab.wait_until_run(self.patience)
        tab.wait_for(lambda: "new_user" in tab.buttons(), self.patience)
        return tab

    def _close_tab(self, tab: BrowserSession) -> None:
        path = self._open.pop(tab)
        self.exceptions += [f"{path}: {each.type} {each.message}" for each in tab.exceptions]
        tab.close()

    @contextmanager
    def _tab(self, path: str) -> Iterator[BrowserSession]:
        tab = self._open_tab(path)
        try:
            yield tab
        finally:
            self._close_tab(tab)

    def _shown(self) -> str:
        return "".join(f"{path} showed {tab.texts()}\n" for tab, path in self._open.items())

    # What a board says

    def note_done(self, tab: BrowserSession) -> int:
        """How many tasks are completed as the board says it, now acknowledged."""
        total = self._total(tab)
        self.acknowledged = max(self.acknowledged, total)
        return total

    def _total(self, tab: BrowserSession) -> int:
        return self._dropped + done(tab)

    # What came of it

    def final(self, threshold: int) -> "Final":
        """What the pages say once all has settled, or after a minute in which it has not."""
        with self._tab("/") as board:
            with suppress(TimeoutError):
                board.wait_for(
                    lambda: counted(board) == self._total(board) >= self.acknowledged,
                    self.patience,
                )
            completed, count = self._total(board), counted(board)
            received, missed = self._nudges(is_due=count >= threshold)
            shown = self._shown()
        return Final(self, completed, count, received, missed, shown)

    def _nudges(self, *, is_due: bool) -> tuple[int, int]:
        """How many were received, and how many the app says that it has missed."""
        with self._tab("/interventions") as page:
            if is_due:
                with suppress(TimeoutError):
                    page.wait_for(partial(_has_any, page), self.patience)
            return page.texts().count(RECEIVED), page.texts().count(MISSED)


@dataclass(frozen=True)
class Final:
    """One person's: what the board has as done and what Signals has counted, and their nudges."""

    person: Person
    completed: int
    counted: int
    received: int
    missed: int
    shown: str

    def __str__(self) -> str:
        who = self.person
        return (
            f"person {who.number}: {who.acknowledged} acknowledged, {who.sure} sure and"
            f" {who.unsure} unsure clicks, {self.completed} done, {self.counted} counted,"
            f" {self.received} nudges received and {self.missed} missed; {self.shown}"
        )


def has_action(tab: BrowserSession) -> bool:
    """Whether the board has its main button. A part that Streamlit has lost on the way comes with
    the next tick."""
    return not {"complete_task", "new_sprint"}.isdisjoint(tab.buttons())


def done(tab: BrowserSession) -> int:
    """How many tasks the board lists as done; 0 before it does."""
    matches = (DONE.match(text) for text in tab.texts())
    return next((int(match[1]) for match in matches if match), 0)


def counted(tab: BrowserSession) -> int:
    """How many tasks Signals has counted, as the board says it."""
    shown = {each.label: each.body for each in tab.elements("metric")}.get("Tasks completed", "")
    return int(shown) if shown.isdecimal() else 0


def _has_any(page: BrowserSession) -> bool:
    return not {RECEIVED, MISSED}.isdisjoint(page.texts())
