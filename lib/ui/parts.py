"""Parts of a page that are drawn again alone, when nothing else has changed.

News, and a gesture whose callback runs within `redrawing`, compare what each part shows with what
it would show now, and have Streamlit draw the parts that differ. If anything else on the page
changed, the whole page is drawn, as always.

What a run has drawn is lost if the next run begins in another thread before it was sent. So parts
are drawn alone only if the browser has the rest. A page's first tick proves that, because the
browser starts to tick at the very end of a run. A gesture that waited for the end of the page's own
run continues in that run's thread, which drops parts at most: these are drawn again. Otherwise a
page that was drawn a while ago is assumed to be complete, and drawn once more with the next tick:
on a busy machine, people who click often would never see a tick. The same holds for parts that were
drawn alone.

A part is a fragment with a key; see `st.rerun` in Streamlit's documentation.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import streamlit as st

from lib.story.guide import note_progress
from lib.ui.pacing import hold
from lib.ui.streamlit_internals import draw_fragments
from lib.world.participant import Participant

WATCHING = "watching_part"
SETTLED_SECONDS = 0.35  # longer than a busy server takes to send what a run drew
T = TypeVar("T")


@dataclass
class Part:
    """One part: `read` says what it would show now, `shown` what it shows."""

    read: Callable[[], Any]
    shown: Any = None

    def is_changed(self) -> bool:
        """Whether it would show something else now, which becomes what it shows."""
        before, self.shown = self.shown, self.read()
        return bool(self.shown != before)


@dataclass
class Page:
    """A page as its last whole run drew it: its parts, and the rest.

    `revision` says which news the page shows. `thread` drew it. `began` and `ended` are when the
    run did, in seconds of `time.monotonic`; the end is infinite until then. `proven` is when the
    newest page began that the browser is known to have received, `has_ticked` whether any page of
    this session ever ticked. `read` has values that its parts share, by name. `drawn` are the parts
    that the last run drew, and `drawn_at` is when it ended. `unproven` are parts that the browser
    may lack.
    """

    revision: int
    proven: float = -math.inf
    has_ticked: bool = False
    began: float = field(default_factory=time.monotonic)
    thread: threading.Thread = field(default_factory=threading.current_thread)
    ended: float = math.inf
    rest: Part | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    read: dict[str, Any] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    drawn_at: float = -math.inf
    unproven: set[str] = field(default_factory=set)

    @property
    def is_being_drawn(self) -> bool:
        """Whether its own run is still under way, rather than one of its parts'."""
        return self.ended == math.inf

    @property
    def is_proven(self) -> bool:
        """Whether the browser is known to have all of it."""
        return self.proven == self.began

    @property
    def is_whole(self) -> bool:
        """Whether the browser has all of it. Where nothing ever ticks, that is not known."""
        goes_on = not self.is_being_drawn and self.thread is threading.current_thread()
        return self.is_proven or goes_on or (_is_settled(self.ended) and self.has_ticked)

    def note_end(self) -> None:
        """The page's own run ends, or a run of its parts."""
        if self.is_being_drawn:
            self.ended = time.monotonic()
            self.note_drawing([each for each in self.parts if each != WATCHING])
        self.drawn_at = time.monotonic()

    def note_tick(self, *, is_own: bool) -> None:
        """A tick came. One that the page's own run started proves that the browser has the page;
        one that a run of parts started proves that it has those."""
        self.has_ticked = True
        if is_own:
            self.proven = self.began
        self.unproven -= self.drawn

    def parts_to_draw(self, *, is_tick: bool) -> list[str]:
        """The parts that would show something else now, and those that may not have come."""
        self.read.clear()
        changed = {key for key, part in self.parts.items() if part.is_changed()}
        is_sure = not is_tick and _is_settled(self.drawn_at)
        return sorted(changed if is_sure else changed | self.unproven)

    def note_drawing(self, keys: list[str]) -> None:
        """These parts are drawn now, alone or with the page."""
        self.drawn = set(keys)
        self.unproven |= self.drawn
        self.drawn_at = math.inf


def _is_settled(ended: float) -> bool:
    """Whether a run ended so long ago that the browser most likely has what it drew."""
    return time.monotonic() - ended > SETTLED_SECONDS


@dataclass
class Kept:
    """The page of a session; None before the first."""

    page: Page | None = None


@st.cache_resource(scope="session", show_spinner=False)
def _kept() -> Kept:
    """Not in the session's state: a page refers to everything that a user's world holds."""
    return Kept()


def begin_page(revision: int) -> Page:
    """A whole run of a page begins, at a revision of the news. For the frame."""
    kept = _kept()
    before = kept.page or Page(revision)
    kept.page = Page(revision, before.proven, before.has_ticked)
    return kept.page


def has_come(since: float) -> bool:
    """Whether the browser is known to have received a page that began after a moment, in seconds of
    `time.monotonic`, and so shows what was done at that moment."""
    page = _kept().page
    return page is not None and page.proven > since


def note_rest(read: Callable[[], Any]) -> None:
    """Note what the page shows outside its parts. Without this call, it is always drawn whole."""
    page = _kept().page or begin_page(0)
    page.rest = Part(read, read())


def note_news_shown() -> None:
    """One piece of news that comes during this run is shown by it: no reason to draw it again."""
    page = _kept().page
    if page is not None:
        page.revision += 1


def end_page(page: Page, ending: Callable[[], None]) -> None:
    """Start what watches for news, now and at the end of each run of parts, which replaces what
    watched before. For the frame."""

    def watch(_: None) -> None:
        ending()
        page.note_end()

    show_part(WATCHING, lambda: None, watch)


def show_part(key: str, read: Callable[[], T], draw: Callable[[T], None]) -> None:
    """Draw a part here: `draw` is given what `read` returns, and uses nothing else."""
    page = _kept().page or begin_page(0)
    part = page.parts[key] = Part(read)

    def drawn() -> None:
        if page.is_being_drawn:
            part.shown = read()
        draw(part.shown)

    st.fragment(drawn, key=key)()


def read_once(name: str, read: Callable[[], T]) -> T:
    """What `read` returned for the parts that were drawn last: they agree with each other, and with
    a gesture that comes next."""
    page = _kept().page or begin_page(0)
    if name not in page.read:
        page.read[name] = read()
    return cast(T, page.read[name])


@contextmanager
def redrawing(participant: Participant) -> Iterator[None]:
    """Do a gesture, for the callback of a button in a part: afterwards what changed is drawn."""
    page = _kept().page
    is_whole = page is not None and page.is_whole
    yield
    note_progress(participant)  # which is news, so it comes before the revision is read
    if page is not None and is_whole:
        draw_what_changed(page, participant.revision, is_tick=False)
    st.rerun()  # the part would otherwise be drawn alone


def draw_what_changed(page: Page, revision: int, *, is_tick: bool) -> None:
    """Draw the parts that would show something else now, which ends the run. Returns if the whole
    page has to be drawn."""
    keys = page.parts_to_draw(is_tick=is_tick)
    if page.rest is not None and page.rest.is_changed():
        page.rest = None  # else a gesture before the page is drawn would find no change
    if page.rest is not None:
        hold("run")
        page.revision = revision
        page.note_drawing(keys)
        draw_fragments([*keys, WATCHING])
