"""Streamlit elements that several pages share: the nudge, the state of the connection, problems."""

import time

import streamlit as st

from lib import session
from lib.definitions import INTERVENTION, Plan, Published, difference
from lib.explanations import SDK_ERRORS, Explanation, explained
from lib.participant import Participant, Received
from lib.settings import SettingsError

LIVELY_SECONDS = 0.5
LIVELY_FOR_SECONDS = 60.0
CALM_SECONDS = 3.0
CALL_TO_ACTION = "Invite a teammate"


def plain(text: object) -> str:
    """Text from outside, so that Markdown shows it as it is.

    >>> plain("**bold** :red[x]")
    '\\\\*\\\\*bold\\\\*\\\\* \\\\:red\\\\[x\\\\]'
    """
    escaped = (f"\\{each}" if each in "\\`*_{}[]()<>#+-.!|~$:&" else each for each in str(text))
    return "".join(escaped)


def show_problem(problem: Explanation) -> None:
    """What went wrong and what to do, where it went wrong."""
    st.error(plain(problem.advice), title=plain(problem.message), icon=":material/error:")


def show_settings_problems(error: SettingsError) -> None:
    """Every mistake in the settings, and nothing else: the app cannot start without them."""
    st.title("Almost there", anchor=False)
    messages: dict[str, list[str]] = {}
    for problem in error.problems:
        messages.setdefault(problem.fix, []).append(problem.message)
    lines = [f"- {plain(' '.join(each))} {plain(fix)}" for fix, each in messages.items()]
    st.error(
        "\n".join(lines),
        title="The settings need a correction before the app can start",
        icon=":material/settings_alert:",
    )
    st.caption(
        "Settings come from st.secrets, else the environment, else .env. Reload when done; after a"
        " change of the environment, start the app again."
    )


def publish(participant: Participant, plan: Plan) -> None:
    """Publish a plan, and say what came of it. For a button's callback."""
    before = participant.seen.published or Published()
    st.session_state.pop("publish_problem", None)
    try:
        participant.publish(plan)
    except SDK_ERRORS as error:
        st.session_state["publish_problem"] = explained(error)
    else:
        if participant.seen.problem is not None:
            return  # what came of it is not known, and the page says that the connection is lost
        after = participant.seen.published or Published()
        icon = ":material/check_circle:" if after.is_complete else ":material/warning:"
        st.toast(difference(before, after), icon=icon)


def forget_publish_problem() -> None:
    """What went wrong is no longer true once something is changed."""
    st.session_state.pop("publish_problem", None)


def show_nudge(participant: Participant) -> None:
    """The newest intervention that nobody answered yet, at the bottom of whichever page is open."""
    waiting = [each for each in participant.inbox if each.answer is None]
    if not waiting:
        return
    newest = waiting[0]
    more = f" {len(waiting) - 1} more after this." if len(waiting) > 1 else ""
    with st.bottom, st.container(key="nudge"):
        text, buttons = st.columns([3, 2], vertical_alignment="center")
        text.info(
            plain(_reason(newest) + more),
            title=_headline(newest),
            icon=":material/celebration:",
        )
        with buttons, st.container(horizontal=True, horizontal_alignment="right"):
            if newest.intervention.name == INTERVENTION:
                st.button(
                    CALL_TO_ACTION,
                    key="accept_nudge",
                    type="primary",
                    icon=":material/group_add:",
                    on_click=_accept,
                    args=(participant, newest),
                )
            st.button(
                "Dismiss",
                key="dismiss_nudge",
                icon=":material/close:",
                on_click=participant.answer,
                args=(newest, "dismissed"),
            )


def _headline(received: Received) -> str:
    if received.intervention.name == INTERVENTION:
        return "You are on a roll! Work is more fun together."
    return "An intervention arrived."


def _reason(received: Received) -> str:
    """What was sent and the values that came with it: whoever sent it knows why."""
    intervention = received.intervention
    values = ", ".join(
        f"{name}: {value}" for name, value in (intervention.attributes or {}).items()
    )
    sent_with = f" with {values}" if values else ""
    return f"Signals sent {intervention.name} (version {intervention.version}){sent_with}."


def _accept(participant: Participant, received: Received) -> None:
    participant.answer(received, "accepted")
    st.toast("Invitation noted. This is a demo: nobody gets an email.", icon=":material/mail:")


def watch_for_news(participant: Participant, shown: int) -> None:
    """Run the page again when there is something newer than `shown`. Costs next to nothing else.

    A tab that has had no news for a minute is looked after less often.
    """
    is_calm = st.session_state.pop("is_calm", False)
    until = time.monotonic() + LIVELY_FOR_SECONDS

    def look() -> None:
        participant.refresh_soon()
        st.session_state["is_calm"] = not is_calm and time.monotonic() > until
        if participant.revision != shown or st.session_state["is_calm"]:
            st.rerun()

    st.fragment(look, run_every=CALM_SECONDS if is_calm else LIVELY_SECONDS)()


def show_connection(participant: Participant) -> None:
    """Which of the two connections is in use, and how it is, in the sidebar."""
    is_sandbox = participant.connection.mode == "sandbox"
    name = "Sandbox" if is_sandbox else "Snowplow"
    with st.sidebar:
        st.page_link(
            "pages/connection.py",
            label=f":violet-badge[:material/cloud: {name}]",
            help="What the app is connected to",
        )
        for line in connection_lines(participant):
            st.caption(line)
        st.button(
            "New user",
            key="new_user",
            icon=":material/person_add:",
            on_click=session.new_user,
        )
        st.caption("Start over with a fresh UUID. The definitions stay published.")


def connection_lines(participant: Participant) -> list[str]:
    """The state of the connection in a few words, one line for each part."""
    delivery = participant.tracking.emitter.delivery
    lines = [
        ":material/hearing: Listening for interventions"
        if participant.is_live
        else ":material/hearing_disabled: Connecting to interventions…"
    ]
    if delivery.retry_at is not None:
        lines.append(
            f":material/schedule_send: {delivery.waiting} "
            f"{'event waits' if delivery.waiting == 1 else 'events wait'} to be sent again"
        )
    else:
        lines.append(":material/send: No event is held back")
    lines += [
        f":material/block: {refusal.events} refused by the collector (status {refusal.status})"
        for refusal in delivery.refusals[-1:]
    ]
    return lines


def show_outage(participant: Participant) -> None:
    """That the connection is lost, while it is, at the top of whichever page is open."""
    problem, since = participant.seen.problem, participant.seen.since
    if problem is None or since is None:
        return
    waiting = participant.tracking.emitter.delivery.waiting
    kept = f" {waiting} tracked so far will be sent then." if waiting else ""
    st.warning(
        f"{plain(problem.advice)} What you see was read before {since:%H:%M:%S} UTC.{kept}",
        title=f"Connection lost: {plain(problem.message)}",
        icon=":material/cloud_off:",
    )
