"""Checks of the intervention that should follow an event: its criteria, and its delivery."""

from typing import Any

from lib.diagnosis.attribute_checks import may_lag
from lib.diagnosis.checks import Verdict, finding, ok, unknown
from lib.diagnosis.situation import Situation, value_in_words
from lib.diagnosis.unknowns import NOTHING_TRACKED, in_console, untraced
from lib.snowplow.criteria import criteria_text, meets, names_in
from lib.snowplow.definitions import COUNT

TASKS_AT_MOST = 1_000
START_OVER = "Become a new user. In the sandbox, a new threshold works too: it is a new version."


def criteria_met(situation: Situation) -> Verdict:
    """Whether the values meet the criteria."""
    nudge = situation.intervention
    if nudge is None:
        return unknown("No intervention is published with this app.")
    line, read = criteria_text(nudge.criteria), _read(situation, nudge)
    if situation.is_met:
        return ok(f"{line}: yes ({read}).")
    if situation.receipt is not None:
        return ok(f"{line}: that was true when it fired. The latest values: {read}.")
    if situation.is_met is None:
        return unknown(
            f"The values ({read}) do not show whether {line}.",
            "Console shows the criteria of the intervention, under Signals.",
        )
    if may_lag(situation):
        return unknown(
            f"Not with the values read so far ({read}), which may be older than this event.",
            "Check again in a few seconds. Console shows failed events under Data quality.",
        )
    return finding(f"Not yet. It fires when {line} ({read}).", _how_to_meet(situation, nudge))


def fired(situation: Situation) -> Verdict:
    """Whether the intervention can fire for this user with this event: it fires once."""
    nudge, receipt, miss, event = (
        situation.intervention,
        situation.receipt,
        situation.miss,
        situation.event,
    )
    if nudge is None:
        return unknown("No intervention is published with this app.")
    if event is None:
        return unknown(NOTHING_TRACKED)
    title = f"{nudge.name} version {nudge.version}"
    if receipt is not None and receipt.tstamp < event.tstamp:
        return _fired_already(f"{title} arrived at {receipt.tstamp:%Y-%m-%d %H:%M:%S} UTC.")
    if receipt is not None:
        return ok(f"It fired, and arrived at {receipt.tstamp:%H:%M:%S} UTC.")
    if miss is not None and miss.tstamp < event.tstamp:
        return _fired_already(f"{title} probably fired while the app was disconnected.")
    if situation.is_met is False:
        return ok("Not yet: its criteria are not met.")
    if situation.is_sandbox:
        return _fired_in_sandbox(situation)
    if situation.was_met:
        return _was_met(
            f"Wait a few seconds: it may still come for an event that did. {START_OVER}"
        )
    return in_console(
        situation,
        "the intervention has fired for this user before",
        "Signals > Interventions. To be sure, become a new user",
    )


def received(situation: Situation) -> Verdict:
    """Whether the intervention arrived."""
    receipt = situation.receipt
    if situation.intervention is None:
        return unknown("No intervention is published with this app.")
    if receipt is not None:
        answer = f" You {receipt.answer} it." if receipt.answer else " It is waiting for an answer."
        return ok(f"It arrived at {receipt.tstamp:%H:%M:%S} UTC.{answer}")
    fate = (situation.trigger or {}).get("fate")
    if fate == "held":
        return finding(
            "It fired while nobody listened, and the sandbox holds it for ten seconds.",
            "It arrives if the app is listening again by then.",
        )
    if fate == "lost":
        return _lost("It fired while nobody listened.")
    if situation.miss is not None:
        return _lost("It probably fired while the app was disconnected.")
    if situation.is_met:
        return finding(
            "The criteria are met, but nothing arrived.",
            "Wait a few seconds and check again. If nothing comes, it may have fired for this user"
            " before. Become a new user.",
        )
    return unknown("There is nothing to receive yet.")


def _read(situation: Situation, nudge: Any) -> str:
    """The values that the criteria name, as read last, or else as the event left them."""
    left = {each["attribute"]: each["after"] for each in situation.changes}
    values = {**left, **situation.seen.current}
    return ", ".join(
        f"{name} {'is' if values[name] is not None else 'has'} {value_in_words(values[name])}"
        if name in values
        else f"{name} was not read"
        for name in names_in(nudge.criteria)
    )


def _how_to_meet(situation: Situation, nudge: Any) -> str:
    values = situation.seen.current
    tasks = next(
        (
            more
            for more in range(1, TASKS_AT_MOST + 1)
            if meets(nudge.criteria, {**values, COUNT: situation.seen.count + more})
        ),
        None,
    )
    if tasks is None:
        return "Completing more tasks is not enough. See the definitions page."
    return (
        f"Complete {tasks} more {'task' if tasks == 1 else 'tasks'}, or publish a lower threshold"
        " on the definitions page."
    )


def _fired_in_sandbox(situation: Situation) -> Verdict:
    if situation.stages is None:
        return untraced(situation)
    if situation.trigger is not None:
        return ok("This event made it fire.")
    evaluation = situation.evaluation
    if evaluation is None:
        return finding(
            "It was published after this event, when its criteria were already met, and it fires"
            " only with an event that crosses the threshold.",
            START_OVER,
        )
    if evaluation["was_met"]:
        return _was_met(START_OVER)
    if not evaluation["is_met"]:
        return ok("This event did not cross the threshold. A later one did.")
    return _fired_already("This event crossed the threshold, but nothing was sent.")


def _was_met(fix: str) -> Verdict:
    return finding(
        "The criteria were already met before this event, and an intervention fires only with an"
        " event that crosses the threshold.",
        fix,
    )


def _fired_already(evidence: str) -> Verdict:
    return finding(f"{evidence} An intervention fires once for each user.", START_OVER)


def _lost(evidence: str) -> Verdict:
    return finding(f"{evidence} It is not sent again.", START_OVER)
