"""A diagnosis on a page: the cause first, then every check, each of which can be run again."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial

import streamlit as st

from lib.diagnosis.checks import Check, Diagnosis, Status, Verdict
from lib.text import plain
from lib.ui.presentation import for_audience, is_presenting
from lib.world.participant import Participant

ICONS: dict[Status, str] = {
    "ok": ":green[:material/check_circle:]",
    "finding": ":red[:material/error:]",
    "unknown": ":gray[:material/help:]",
}
WORDS: dict[Status, str] = {
    "ok": "fine",
    "finding": "to fix",
    "unknown": "unknown from here",
}


def start_diagnosis(participant: Participant, diagnosis: Diagnosis) -> None:
    """Run the checks in the background. For a button's callback."""
    participant.jobs.start(_job(diagnosis), diagnosis.run).wait()


def is_running(participant: Participant, diagnosis: Diagnosis) -> bool:
    """Whether checks are being run."""
    job = participant.jobs.find(_job(diagnosis))
    return job is not None and not job.is_done


def show_diagnosis(participant: Participant, diagnosis: Diagnosis, key: str) -> None:
    """What the checks found so far; `key` tells the buttons of two diagnoses apart."""
    running, verdicts = is_running(participant, diagnosis), diagnosis.verdicts
    if not running and diagnosis.is_outdated:
        st.info("Something changed since these checks ran.", icon=":material/update:")
        return
    if running:
        done = len(verdicts) / len(diagnosis.checks)
        current = diagnosis.current
        st.progress(min(1.0, done), text=current.question if current else "Checking…")
    cause = diagnosis.cause_in(verdicts)
    if cause is not None or (verdicts and not running):
        _show_cause(cause, verdicts)
    if verdicts and not is_presenting():
        with st.expander(_summary(verdicts.values()), key=f"checks_{key}"):
            st.caption(
                f"Checked at {diagnosis.looked_at:%H:%M:%S} UTC, in the order in which data flows."
                " Press a question to check again."
            )
            for check in diagnosis.checks:
                if check.name in verdicts:
                    verdict = verdicts[check.name]
                    _show_check(participant, diagnosis, check, verdict, key, running=running)


def _summary(verdicts: Iterable[Verdict]) -> str:
    counts = Counter(verdict.status for verdict in verdicts)
    return "Checks: " + ", ".join(
        f"{counts[status]} {words}" for status, words in WORDS.items() if counts[status]
    )


def _show_cause(cause: tuple[Check, Verdict] | None, verdicts: Mapping[str, Verdict]) -> None:
    if cause is not None:
        _, verdict = cause
        st.warning(
            plain(for_audience(verdict.fix)),
            title=plain(for_audience(verdict.evidence)),
            icon=":material/error:",
        )
    elif any(verdict.status == "unknown" for verdict in verdicts.values()):
        st.info(
            "No problem found in the checks that are possible from here. The others are marked"
            " below.",
            icon=":material/help:",
        )
    else:
        st.success("No problem found.", icon=":material/check_circle:")


def _show_check(
    participant: Participant,
    diagnosis: Diagnosis,
    check: Check,
    verdict: Verdict,
    key: str,
    *,
    running: bool,
) -> None:
    with st.container(key=f"{key}_{check.name}", gap=None):
        st.button(
            f"{ICONS[verdict.status]} **{check.question}**",
            key=f"again_{key}_{check.name}",
            type="tertiary",
            on_click=_look_again,
            args=(participant, diagnosis, check.name),
            disabled=running,
        )
        fix = f" {verdict.fix}" if verdict.status != "ok" else ""
        st.caption(plain(verdict.evidence + fix))


def _look_again(participant: Participant, diagnosis: Diagnosis, name: str) -> None:
    job = _job(diagnosis)
    participant.jobs.start(job, partial(diagnosis.run_again, name)).wait()


def _job(diagnosis: Diagnosis) -> str:
    return f"diagnosis of the {diagnosis.name}"
