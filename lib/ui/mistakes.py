"""A mistake on the page: its code, the button that runs it, the result, and the fixed code."""

import inspect
import math
import time
from functools import partial

import streamlit as st

from lib.connection.explanations import Explanation
from lib.story.mistakes import given
from lib.story.mistakes.making import Printed, make_beside
from lib.story.mistakes.mistake import Mistake, code_of
from lib.text import with_code
from lib.ui import session
from lib.ui.elements import show_code, show_problem
from lib.ui.ticking import ticking
from lib.world.jobs import Job
from lib.world.participant import Participant

LOOK_SECONDS = 1.0
REFUSED = "mistake_refused"


def made(participant: Participant, mistakes: tuple[Mistake, ...]) -> int:
    """How many of these were made."""
    return sum(_outcome(participant.jobs.find(_job(each, False))) is not None for each in mistakes)


def show_mistake(participant: Participant, mistake: Mistake) -> None:
    """One mistake, folded until somebody opens it."""
    job = participant.jobs.find(_job(mistake, False))
    is_made = _outcome(job) is not None
    icon = ":material/check_circle:" if is_made else ":material/radio_button_unchecked:"
    with st.expander(mistake.title, icon=icon, key=f"mistake_{mistake.key}"):
        st.markdown(mistake.what)
        show_code(code_of(mistake.wrong))
        _button(participant, mistake, is_mended=False)
        _show_refusal(mistake)
        if job is None:
            return
        outcome = _show_result(job)
        if outcome is None:
            return
        st.markdown(f"**What it means.** {with_code(outcome.means)}")
        st.markdown("**Fixed code:**")
        show_code(code_of(mistake.mended))
        _button(participant, mistake, is_mended=True)
        mended = participant.jobs.find(_job(mistake, True))
        if mended is not None:
            _show_result(mended)


def show_given() -> None:
    """What the code is given when it starts."""
    with st.popover("What the code is given", icon=":material/code:", key="mistakes_given"):
        st.caption("The names in the code that are not from the SDKs.")
        st.markdown((given.__doc__ or "").partition("\n\n")[2])
        show_code(inspect.getsource(given.Given.value_after_tasks))


def _button(participant: Participant, mistake: Mistake, *, is_mended: bool) -> None:
    running = participant.jobs.find(_job(mistake, is_mended))
    st.button(
        "Run the fixed code" if is_mended else "Run the broken code",
        key=f"{'mend' if is_mended else 'make'}_{mistake.key}",
        icon=":material/build:" if is_mended else ":material/play_arrow:",
        on_click=_start,
        args=(participant, mistake, is_mended),
        disabled=running is not None and not running.is_done,
    )


def _start(participant: Participant, mistake: Mistake, is_mended: bool) -> None:
    session.this_visit().pop(REFUSED, None)
    seconds = _seconds_to_wait(participant)
    if seconds > 0:
        session.this_visit()[REFUSED] = (mistake.key, time.monotonic() + seconds)
        return
    backend, world = session.process().backend, participant.world
    work = partial(make_beside, backend, world, mistake, is_mended=is_mended)
    participant.jobs.start(_job(mistake, is_mended), work).wait()


def _seconds_to_wait(participant: Participant) -> float:
    """The seconds until this person may have a sandbox for mistakes; 0 if they have it."""
    have: set[str] = st.session_state.setdefault("mistake_worlds", set())
    if participant.world in have:
        return 0
    seconds = session.process().new_sandboxes.wait(session.visitor(), st.context.ip_address)
    if seconds == 0:
        have.add(participant.world)
    return seconds


def _show_refusal(mistake: Mistake) -> None:
    """Why the code did not run, and how long to wait, until that is over."""
    key, until = session.this_visit().get(REFUSED, (None, 0.0))
    if key == mistake.key and time.monotonic() < until:
        ticking(partial(_show_wait, until), LOOK_SECONDS)


def _show_wait(until: float) -> None:
    seconds = until - time.monotonic()
    if seconds <= 0:
        st.rerun()
    problem = Explanation(
        "Too many sandboxes were made from your network address.",
        f"Each person's first mistake needs one. Wait {math.ceil(seconds)} s.",
    )
    show_problem(problem)


def _show_result(job: Job) -> Printed | None:
    """What a run shows on a terminal, or why it could not run."""
    if not job.is_done:
        st.caption("Under way…")
    elif job.problem is not None:
        show_problem(job.problem)
    outcome = _outcome(job)
    if outcome is not None:
        st.markdown("**What you see:**")
        show_code(outcome.shown)
    return outcome


def _outcome(job: Job | None) -> Printed | None:
    found: Printed | None = job.result if job is not None else None
    return found


def _job(mistake: Mistake, is_mended: bool) -> str:
    return f"{'mended' if is_mended else 'mistake'}_{mistake.key}"
