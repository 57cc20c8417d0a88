"""The guide: the whole story, step by step, each with a check of what really happened."""

import inspect
from collections.abc import Callable
from functools import partial

import streamlit as st

from lib.connection.explanations import Explanation
from lib.diagnosis.checks import Verdict
from lib.snowplow.definitions import COUNT
from lib.story import guide
from lib.story.guide import STEPS, Step
from lib.text import plain
from lib.ui import session
from lib.ui.autoplay import show_play_button
from lib.ui.elements import show_code, show_problem
from lib.ui.presentation import is_presenting
from lib.ui.room import show_room
from lib.ui.take_home import show_take_home
from lib.ui.ticking import looking

LOOKS_EVERY_SECONDS = 2.0
JOB = "guide"

participant = session.participant()
diagnoses = session.diagnoses()
participant.first_look()
done = guide.done_steps(participant)
current = guide.next_step(participant)
if session.publishing_ban() is not None and "ask" not in done:
    participant.context.refresh_soon()  # it decides whether that step is possible


def start(work: Callable[[], object], step: Step) -> None:
    job = participant.jobs.start(JOB, work)
    st.session_state["guide_job"] = (participant.world, step.key, job)
    session.this_visit()["pressed"] = step.key
    job.wait()
    st.session_state.pop("guide_facts", None)


def check(step: Step) -> None:
    start(partial(guide.explained_check, participant, step, diagnoses), step)


def do(step: Step) -> None:
    if ban_on(step) is None:
        may_publish = session.publishing_ban() is None
        work = partial(guide.do_step, participant, step, diagnoses, may_publish=may_publish)
        start(work, step)


def reset(step: Step) -> None:
    if ban_on_reset(step) is None:
        start(partial(guide.reset_step, participant, step), step)


def ban_on(step: Step) -> Explanation | None:
    """Why this session may not do what the step needs; None if it may."""
    if step.publishes(participant):
        return session.publishing_ban()
    # A preview publishes nothing, and costs the account's owner money.
    return session.account_ban() if step.key == "define" else None


def ban_on_reset(step: Step) -> Explanation | None:
    """Why this session may not revert the step; None if it may."""
    return session.publishing_ban() if step.key == "publish" else None


def is_busy() -> bool:
    job = participant.jobs.find(JOB)
    return job is not None and not job.is_done


def look() -> None:
    """Notice what was done on another page or in another tab."""
    participant.refresh_soon()
    participant.events.refresh_soon()
    guide.note_progress(participant)
    if guide.done_steps(participant) != done:
        st.rerun()


def show_outcome(step: Step) -> None:
    """The result of the last check of this step, unless something happened since."""
    world, key, job = st.session_state.get("guide_job", ("", "", None))
    if (world, key) != (participant.world, step.key) or job is None:
        return
    if not job.is_done:
        st.info("Under way…", icon=":material/hourglass_top:")
        return
    facts = guide.facts(participant, step)
    if facts != st.session_state.setdefault("guide_facts", facts):
        return
    if job.problem is not None:
        show_problem(job.problem)
    elif step.key in done:
        return
    elif isinstance(job.result, Verdict) and job.result.status != "ok":
        st.warning(plain(job.result.fix), title=plain(job.result.evidence), icon=":material/info:")


def show_evidence(verdict: Verdict) -> None:
    """The evidence that a step was done. Its result may be gone since."""
    if verdict.status == "ok":
        st.success(plain(verdict.evidence), icon=":material/check:")
    else:
        st.info(f"Done earlier. Now: {plain(verdict.evidence)}", icon=":material/history:")


def show_step(number: int, step: Step) -> None:
    is_done = step.key in done
    # The step of the last button stays open when it is done, so that its result is seen.
    is_open = step is current or session.this_visit().get("pressed") == step.key
    ban = ban_on_reset(step) if is_done else ban_on(step)
    is_barred = participant.is_paused or ban is not None
    icon = ":material/check_circle:" if is_done else ":material/radio_button_unchecked:"
    with st.expander(
        f"{number}. {step.title}",
        icon=icon,
        expanded=is_open,
        key=f"step_{step.key}_{'done' if is_done else 'open'}{'_now' if is_open else ''}",
    ):
        st.markdown(f"**{participant.profile.told(step.what)}** {step.why}")
        if ban is not None and not is_done:
            st.info(plain(ban.advice), title=plain(ban.message), icon=":material/lock:")
        if is_done:
            show_evidence(step.check(participant))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(step.page, label="Open the page", icon=":material/open_in_new:")
            if not is_done:
                button("Check", "check", step, check, ":material/fact_check:")
                button("Do it for me", "do", step, do, ":material/auto_fix_high:", is_barred)
            elif guide.can_be_reset(participant, step):
                button("Reset this step", "reset", step, reset, ":material/restart_alt:", is_barred)
            else:
                st.caption("To do it again, become a new user. What Snowplow counted stays.")
        show_outcome(step)
        if not is_presenting():
            with st.popover(
                "The code behind this step", icon=":material/code:", key=f"code_{step.key}"
            ):
                for each in step.code:
                    show_code(inspect.cleandoc(inspect.getsource(each)))


def button(
    label: str,
    name: str,
    step: Step,
    action: Callable[[Step], None],
    icon: str,
    is_barred: bool = False,
) -> None:
    st.button(
        label,
        key=f"{name}_{step.key}",
        icon=icon,
        on_click=action,
        args=(step,),
        disabled=is_busy() or is_barred,
    )


def show_finish() -> None:
    st.success(
        "You published, tracked, watched, were nudged, answered, previewed a definition,"
        " personalized the board, asked an assistant, and broke and fixed an event.",
        title="That is the whole loop",
        icon=":material/celebration:",
    )
    events = participant.events.events
    with st.grid(4, min_column_width=140):
        st.metric(plain(participant.profile.counted), participant.seen.current.get(COUNT))
        st.metric(
            "Events accepted" if participant.connection.inspector else "Events sent",
            sum(each.status in ("accepted", "sent") for each in events),
        )
        st.metric("Events failed", sum(each.status == "failed" for each in events))
        st.metric("Interventions received", len(participant.inbox))


st.title("Guide", anchor=False)
st.caption(
    f"The whole story in {len(STEPS)} steps, in about ten minutes. Do each on its own page."
    " This page tracks your progress."
)
show_room(participant)
with st.container(horizontal=True, vertical_alignment="center"):
    show_play_button(participant)
    st.caption(
        "Plays by itself in a minute and a half, with captions, as a new user. You can pause it and"
        " take over.",
        width="content",
    )
st.progress(len(done) / len(STEPS), text=f"{len(done)} of {len(STEPS)} steps done")
if current is None:
    show_finish()
for number, step in enumerate(STEPS, 1):
    show_step(number, step)
if not is_presenting():
    st.page_link(
        "pages/mistakes.py",
        label="Common mistakes: what goes wrong, and what you see",
        icon=":material/bug_report:",
    )
    show_take_home(participant, "/guide")
    if participant.connection.mode == "sandbox":
        st.page_link(
            "pages/connection.py",
            label="Point your own code at this sandbox",
            icon=":material/terminal:",
        )
looking(look, LOOKS_EVERY_SECONDS)
