"""The undocumented parts of Streamlit that the app uses.

Each function says why. tests/ui/test_streamlit_internals.py has a test for each, which fails with
a plain sentence if a new release no longer has what the function needs. Elsewhere,
`lib/ui/doorkeeper.py` knows the paths that Streamlit's server answers, and has tests of its own.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NoReturn

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx, script_runner
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.runtime.scriptrunner_utils.script_run_context import RunLocation, ThreadState
from streamlit.runtime.state.session_state import WStates

POPULATE = "_populate_theme_msg"
RUN = "_run_script"
ASKED = "RerunData"
CREATE = "_create_scriptrunner"
OVERTAKEN = "Couldn't find fragment with id"


def insist_on_the_frame() -> None:
    """Make Streamlit run the frame from the first visit on, and not a page alone.

    Until `st.navigation` has run once in a process, Streamlit treats a folder called pages/ as
    pages of its own: it shows a menu of the files' names, and runs a page without the frame.
    """
    PagesManager.uses_pages_directory = False


def named_fragment(draw: Callable[[], None], name: str, seconds: float) -> Callable[[], None]:
    """A fragment that runs every `seconds` and that Streamlit identifies by this name.

    Streamlit identifies a fragment by its place on the page and its function's `__qualname__`,
    and has no option for a name.
    """

    def panel() -> None:
        draw()

    panel.__qualname__ = name
    return st.fragment(panel, run_every=seconds)


def draw_fragments(keys: Sequence[str]) -> NoReturn:
    """End the run of a panel, and draw the fragments with these keys.

    `st.rerun` does it for callbacks only: anywhere else it would cut off a page that is being
    drawn. A panel that draws nothing has nothing to be cut off.
    """
    with ThreadState.scoped(run_location=RunLocation.CALLBACK):
        st.rerun(keys)


def ignore_late_ticks() -> None:
    """Keep ticks of panels that are gone from starting a run. Calling it again changes nothing.

    Streamlit ignores a tick of a fragment that is gone, unless it comes while another page is being
    drawn: then the tick waits, and starts an empty run, in the name of the page that was left. The
    browser mistakes that for a change of pages, and the next tick for a change back, and throws
    elements away. The page stays white, with "Bad delta path index" on the console.

    Streamlit itself ignores a tick that waits while a click is handled, but logs a warning about a
    fragment that it does not find. These warnings are filtered out: on a busy server, every second
    click causes one.

    Between checking that the fragment is there and passing the tick on, Streamlit may also wait for
    the interpreter while the run that the tick came into ends. The tick then gets a thread of its
    own, and what the ended run has not sent yet is dropped: the page keeps saying that it runs, and
    never ticks again. When two hundred people published at once, this happened to one page in every
    third try.

    Source: `_run_script_thread` in Streamlit's `script_runner.py`, and `request_rerun` in its
    `app_session.py`.
    """
    logging.getLogger(script_runner.__name__).addFilter(_is_worth_a_line)
    _start_no_thread_for_late_ticks()
    run = getattr(ScriptRunner, RUN, None)
    if run is None or hasattr(run, "original"):
        return

    def run_unless_late(runner: ScriptRunner, asked: RerunData) -> None:
        if not _is_late_tick(asked):
            run(runner, asked)

    run_unless_late.original = run  # type: ignore[attr-defined]
    setattr(ScriptRunner, RUN, run_unless_late)


def _start_no_thread_for_late_ticks() -> None:
    create = getattr(AppSession, CREATE, None)
    if create is None or hasattr(create, "original"):
        return

    def create_unless_late(session: AppSession, asked: RerunData) -> None:
        fragment = asked.fragment_id if asked.is_auto_rerun else None
        if not fragment or session.has_fragment(fragment):
            create(session, asked)

    create_unless_late.original = create  # type: ignore[attr-defined]
    setattr(AppSession, CREATE, create_unless_late)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(OVERTAKEN)


def _is_late_tick(asked: RerunData) -> bool:
    fragments, context = asked.fragment_id_queue, get_script_run_ctx()
    if context is None or not fragments or not asked.is_auto_rerun:
        return False
    has_gesture = asked.widget_states is not None  # that it was joined to: see below
    return not has_gesture and not any(map(context.fragment_storage.contains, fragments))


def take_widgets_out_of_ticks() -> None:
    """Keep ticks from reporting what the browser's widgets hold. Calling it again changes nothing.

    A browser sends a gesture a moment after it was made. A tick that is sent in between carries the
    gesture too, and Streamlit would do it twice: one click completed two tasks. And a tick that a
    gesture overtakes may restore what the widgets held before, after the gesture's callback,
    because Streamlit abandons the tick's run only later: what somebody had typed was undone. Every
    gesture has a message of its own.

    Source: `setTriggerValue`, `scheduleFlush` and `handleAutoRerun` in Streamlit's frontend, and
    `request_rerun` in its `app_session.py`.
    """
    asked = getattr(app_session, ASKED, None)
    if asked is not RerunData:
        return

    def without_widgets_of_ticks(**fields: Any) -> RerunData:
        if fields.get("is_auto_rerun"):
            fields["widget_states"] = None
        return RerunData(**fields)

    setattr(app_session, ASKED, without_widgets_of_ticks)


def look_at_widgets_as_they_are() -> None:
    """Make a gesture look for changes in a copy. Calling it again changes nothing.

    The run that a gesture interrupts continues for a moment in its own thread, and may record a
    widget meanwhile. Streamlit then raises "dictionary keys changed during iteration", and shows it
    in place of the page. It happens rarely, and on very busy machines only.

    Source: `_call_callbacks` in Streamlit's `session_state.py`.
    """

    def keys(states: WStates) -> Iterator[str]:
        return iter(tuple(states.states))

    WStates.__iter__ = keys  # type: ignore[method-assign]


def is_missing_file(error: StreamlitSecretNotFoundError) -> bool:
    """Whether there is no secrets file at all, rather than one that cannot be read.

    Streamlit raises the same exception for both and tells them apart by an id.
    """
    return error.error_id == "no-secrets-found"


def remember_theme() -> None:
    """Build the theme that Streamlit sends once for each process. Calling it again changes nothing.

    Streamlit sends the theme with each run of a page and each tick of a panel, and goes through all
    theme options for it each time, although the result is always the same. That is half a
    millisecond of CPU, a sixth of what an open tab costs that only ticks.

    After changing the theme in `.streamlit/config.toml`, start the app again.

    Source: `_create_new_session_message` in Streamlit's `app_session.py`.
    """
    populate = getattr(app_session, POPULATE, None)
    if populate is None or hasattr(populate, "original"):
        return

    @cache
    def remembered(section: str) -> CustomThemeConfig:
        message = CustomThemeConfig()
        populate(message, section)
        return message

    def fill(message: Any, section: str = "theme") -> None:
        known = remembered(section)
        if known.ByteSize():  # merging an empty one would create the section
            message.MergeFrom(known)

    fill.original = populate  # type: ignore[attr-defined]
    setattr(app_session, POPULATE, fill)
