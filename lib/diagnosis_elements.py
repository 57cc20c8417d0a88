"""A diagnosis on a page: the cause first, then every check, each of which can be run again."""

from functools import partial

import streamlit as st

from lib.diagnosis import Check, Diagnosis, Verdict
from lib.elements import plain
from lib.participant import Participant

ICONS = {
    "ok": ":green[:material/check_circle:]",
    "finding": ":red[:material/error:]",
    "unknown": ":gray[:material/help:]",
}


def start_diagnosis(participant: Participant, diagnosis: Diagnosis) -> None:
    """Run the checks in the background. For a button's callback."""
    run = participant.diagnose_event if diagnosis is participant.event_diagnosis else diagnosis.run
    participant.jobs.start(_job(participant, diagnosis), run).wait()


def is_running(participant: Participant, diagnosis: Diagnosis) -> bool:
    """Whether checks are being run."""
    job = participant.jobs.find(_job(participant, diagnosis))
    return job is not None and not job.is_done


def show_diagnosis(participant: Participant, diagnosis: Diagnosis, key: str) -> None:
    """What the checks found so far; `key` tells the buttons of two diagnoses apart."""
    running = is_running(participant, diagnosis)
    if running:
        done = len(diagnosis.verdicts) / len(diagnosis.checks)
        current = diagnosis.current
        st.progress(min(1.0, done), text=current.question if current else "Looking…")
    elif diagnosis.verdicts:
        _show_cause(diagnosis)
    for check in diagnosis.checks:
        verdict = diagnosis.verdicts.get(check.name)
        if verdict is not None:
            _show_check(participant, diagnosis, check, verdict, key, running=running)


def _show_cause(diagnosis: Diagnosis) -> None:
    if diagnosis.cause is not None:
        _, verdict = diagnosis.cause
        st.warning(plain(verdict.fix), title=plain(verdict.evidence), icon=":material/error:")
    elif any(verdict.status == "unknown" for verdict in diagnosis.verdicts.values()):
        st.info(
            "Nothing wrong was found in what can be known from here. What cannot is marked below.",
            icon=":material/help:",
        )
    else:
        st.success("Nothing is wrong.", icon=":material/check_circle:")


def _show_check(
    participant: Participant,
    diagnosis: Diagnosis,
    check: Check,
    verdict: Verdict,
    key: str,
    *,
    running: bool,
) -> None:
    again = partial(diagnosis.run_again, check.name)
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_{check.name}"):
        st.markdown(
            f"{ICONS[verdict.status]} **{check.question}** {plain(verdict.evidence)}"
            + (f" :gray[{plain(verdict.fix)}]" if verdict.status == "unknown" else ""),
            width="stretch",
        )
        st.button(
            "Look again",
            key=f"again_{key}_{check.name}",
            type="tertiary",
            icon=":material/refresh:",
            on_click=_look_again,
            args=(participant, diagnosis, again),
            disabled=running,
        )


def _look_again(participant: Participant, diagnosis: Diagnosis, again: partial[Diagnosis]) -> None:
    participant.jobs.start(_job(participant, diagnosis), again).wait()


def _job(participant: Participant, diagnosis: Diagnosis) -> str:
    return f"diagnosis {diagnosis is participant.event_diagnosis}"
