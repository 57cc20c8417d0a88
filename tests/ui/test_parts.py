"""Parts of a page that are drawn alone: what a click on the board sends, and when all of it."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from lib.ui import parts
from lib.ui.parts import WATCHING, Page, Part, draw_what_changed
from tests.support.app_server import Server
from tests.support.hostile_text import TASK, described, sandbox_of
from tests.support.sessions import BrowserSession


class CountingTab(BrowserSession):
    """A tab that counts runs: those of the whole page, those of parts, and how many have ended."""

    whole = 0
    parts = 0
    ends = 0
    is_losing = False

    def _apply(self, message: ForwardMsg) -> None:
        if not self.is_losing:
            super()._apply(message)
        if message.WhichOneof("type") == "navigation":
            self.whole += 1
        if message.WhichOneof("type") == "script_finished":
            self.ends += message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            self.parts += message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY

    def begin(self, tasks: int = 1) -> None:
        """Publish, and complete this many tasks."""
        self.wait_until_run()
        self.click("publish")
        self.wait_for(lambda: "publish" not in self.buttons())
        for count in range(1, tasks + 1):
            self.complete(count)

    def complete(self, count: int) -> None:
        """Complete a task, until the page shows that many."""
        self.click("complete_task")
        self.wait_for(lambda: self.count == str(count))
        self.wait_until_run()

    def draws_parts_only(self, count: int, completed_in: BrowserSession | None = None) -> bool:
        """Complete a task, here or in another tab; whether that drew parts here, and not the whole
        page."""
        self.wait_for_tick()
        before = self.whole
        (completed_in or self).click("complete_task")
        self.wait_for(lambda: self.count == str(count))
        self.wait_until_run()
        return self.whole == before

    def wait_for_tick(self) -> None:
        before = self.parts
        self.wait_for(lambda: self.parts > before)
        self.wait_until_run()

    @contextmanager
    def losing_what_comes(self) -> Iterator[None]:
        """Do something whose run is over before this ends, and of which nothing is seen."""
        before = self.ends
        self.is_losing = True
        yield
        self.wait_for(lambda: self.ends > before)
        self.is_losing = False

    @property
    def count(self) -> str:
        return str(self.elements("metric")[0].body)


def test_click_draws_only_the_parts_that_it_changed(server: Server) -> None:
    with CountingTab.open(server.url) as tab:
        tab.begin()
        titles = [each.body for each in tab.elements("heading")]
        # On a busy machine there may be more news than that of the task.
        count = next(count for count in range(2, 9) if tab.draws_parts_only(count))

        assert any(text.startswith(f"**Done** :gray-badge[{count}]") for text in tab.texts())
        assert [each.body for each in tab.elements("heading")] == titles
        assert not tab.exceptions


def test_page_that_is_not_known_to_have_arrived_is_drawn_whole(server: Server) -> None:
    query = f"user={uuid.uuid4()}"
    with CountingTab.open(server.url, query=query) as first:
        first.begin()
    with CountingTab.open(server.url, query=query, ticking=False) as tab:
        tab.wait_until_run()
        before = tab.whole
        tab.click("complete_task")
        tab.wait_for(lambda: tab.whole == before + 1)


def test_page_goes_on_looking_for_news_after_its_parts_were_drawn(server: Server) -> None:
    query = f"user={uuid.uuid4()}"
    with CountingTab.open(server.url, query=query) as tab:
        tab.begin()
        tab.wait_for_tick()
        tab.complete(2)
        with CountingTab.open(server.url, query=query) as other:
            other.wait_until_run()
            other.complete(3)
        tab.wait_for(lambda: tab.count == "3")


def test_button_completes_nothing_in_a_tab_that_names_a_task_done_in_another(
    server: Server,
) -> None:
    query = f"user={uuid.uuid4()}"
    with CountingTab.open(server.url, query=query) as tab:
        tab.wait_until_run()
        tab.click("publish")
        tab.wait_for(lambda: "publish" not in tab.buttons())
        with CountingTab.open(server.url, query=query, ticking=False) as stale:
            stale.wait_until_run()
            tab.complete(1)
            stale.complete(1)
            stale.complete(2)
        tab.wait_for(lambda: tab.count == "2")


def test_click_repeated_by_a_timer_rerun_counts_once(server: Server) -> None:
    with CountingTab.open(server.url) as tab:
        tab.begin()
        tab.wait_for_tick()
        tab.click("complete_task", with_tick=True)
        tab.wait_for(lambda: tab.count == "2")
        tab.wait_until_run()
        tab.complete(3)


def test_parts_that_never_came_are_drawn_again_by_the_next_click(server: Server) -> None:
    """Streamlit drops what a run has drawn if the next one begins before it was sent."""
    with CountingTab.open(server.url) as tab:
        tab.begin()
        tab.wait_for_tick()
        with tab.losing_what_comes():
            tab.click("complete_task-2")  # in progress
        tab.click("complete_task-5")  # to do
        tab.wait_for(lambda: not {"complete_task-2", "complete_task-5"} & set(tab.buttons()))


def test_news_of_another_tab_draws_only_the_parts_that_it_changed(server: Server) -> None:
    query = f"user={uuid.uuid4()}"
    with CountingTab.open(server.url, query=query) as tab:
        tab.begin()
        with CountingTab.open(server.url, query=query, ticking=False) as other:
            other.wait_until_run()
            # On a busy machine there may be more news than that of the task.
            assert any(tab.draws_parts_only(count, completed_in=other) for count in range(2, 9))


def test_news_that_draws_parts_moves_the_guides_line(server: Server) -> None:
    with CountingTab.open(server.url) as tab:
        tab.begin()
        user = re.findall(r"user=([0-9a-f-]{36})", tab.query)[0]
        sandbox = sandbox_of(server, user)
        tab.wait_for_tick()
        for number in range(4):
            data = {"task_id": f"elsewhere-{number}", "priority": "low"}
            sandbox.post(e="ue", ue_pr=described(TASK, data))
        tab.wait_for(lambda: "accept_nudge" in tab.buttons())
        tab.wait_for(lambda: "Guide: 4 of 10 steps done" in tab.texts())


def answers_in_parts(server: Server) -> bool:
    """Be nudged and answer; whether the answer drew parts, and not the whole page."""
    with CountingTab.open(server.url) as tab:
        tab.begin(tasks=5)
        tab.wait_for(lambda: "accept_nudge" in tab.buttons())
        tab.wait_for_tick()
        before = tab.whole
        tab.click("accept_nudge")
        tab.wait_for(lambda: "accept_nudge" not in tab.buttons())
        tab.wait_until_run()
        return tab.whole == before


def test_answer_to_a_nudge_draws_only_the_parts_that_it_changed(server: Server) -> None:
    # On a busy machine there may be more news than the answer.
    assert any(answers_in_parts(server) for _ in range(4))


def test_page_that_is_to_be_drawn_whole_is_not_drawn_in_parts_before_that() -> None:
    page = Page(revision=1, rest=Part(lambda: "new", shown="old"))
    draw_what_changed(page, 2, is_tick=True)
    draw_what_changed(page, 3, is_tick=False)

    assert page.revision == 1


def test_parts_of_a_page_that_was_just_drawn_are_drawn_again_until_its_first_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts.time, "monotonic", lambda: 7.0)
    drawn = {key: Part(lambda: "same", shown="same") for key in ("button", WATCHING)}
    page = Page(revision=1, parts=drawn)
    page.note_end()

    assert page.parts_to_draw(is_tick=False) == ["button"]
    page.note_tick(is_own=True)
    assert page.parts_to_draw(is_tick=False) == []


def test_click_that_changes_the_rest_of_the_page_draws_all_of_it(server: Server) -> None:
    with CountingTab.open(server.url) as tab:
        tab.begin()
        tab.click("why")
        tab.wait_until_run()
        tab.wait_for_tick()
        before = tab.whole
        tab.complete(2)  # the checks below tell of it

        assert tab.whole > before


def test_last_click_brings_another_button_in_place_of_this_one(server: Server) -> None:
    with CountingTab.open(server.url) as tab:
        tab.begin(tasks=9)
        tab.wait_for(lambda: "new_sprint" in tab.buttons())
        tab.click("new_sprint")
        tab.wait_for(lambda: "complete_task" in tab.buttons())
        assert "new_sprint" not in tab.buttons()
        assert not tab.exceptions


def test_card_that_is_clicked_moves_to_what_is_done(server: Server) -> None:
    with CountingTab.open(server.url) as tab:
        tab.begin()
        tab.wait_for_tick()
        tab.click("complete_task-5")
        tab.wait_for(lambda: "complete_task-5" not in tab.buttons() and tab.count == "2")
        assert not tab.exceptions
