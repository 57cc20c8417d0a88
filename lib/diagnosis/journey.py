"""The journey of one event: each step with its time, and where and why it stopped.

The sandbox's trace shows what happened behind the collector. On Snowplow the app cannot see that,
so the journey ends where the collector accepted the event.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lib.snowplow.criteria import criteria_text, meets
from lib.world.events import UserEvent
from lib.world.inbox import Received

IDENTIFIER = re.compile(r"\b(user_id|domain_userid|domain_sessionid|network_userid)\b")
MISSING = re.compile(r'"(.+)" is a required property')
NOT_COUNTED = "no published attribute is computed from it"
SOON_SECONDS = 60.0
BRANCHES = ("all", "any", "none")

TracedStage = Mapping[str, Any]


@dataclass(frozen=True)
class JourneyStep:
    """One step, when it happened (UTC), and what happened, in words."""

    name: str
    tstamp: datetime
    detail: str


@dataclass(frozen=True)
class Stop:
    """Where an event stopped: the stage, the field at fault, and the reason."""

    stage: str
    field: str
    reason: str


def journey(
    event: UserEvent,
    stages: Sequence[TracedStage],
    inbox: Sequence[Received] = (),
    nudge: Any | None = None,
    sent_at: datetime | None = None,
) -> list[JourneyStep]:
    """The known steps, in order. `nudge` is the published intervention, and `sent_at` is when the
    app's tracker got the collector's answer."""
    steps = list(_tracked(event))
    if stages:
        steps += [step for stage in stages for step in _steps_of(stage, stages, nudge)]
    elif sent_at is not None:
        steps.append(JourneyStep("accepted", sent_at, "by the collector"))
    ids = {stage["intervention_id"] for stage in stages if stage["stage"] == "triggered"}
    arrived = [each for each in inbox if each.id in ids]
    steps += [
        JourneyStep("in the app", each.tstamp, f"the app received {each.intervention.name}")
        for each in arrived
    ]
    steps += [
        JourneyStep("shown", each.shown, f"a page showed {each.intervention.name}")
        for each in arrived
        if each.shown is not None
    ]
    return steps


def stops(stages: Sequence[TracedStage]) -> list[Stop]:
    """Where an event stopped, by its trace; empty if it changed something or has no trace."""
    failed = [failure for stage in stages for failure in stage.get("failures", ())]
    if failed:
        return [Stop("validation", _failed_field(each), _reason(each)) for each in failed]
    attributes = _stage(stages, "attributes")
    if attributes is None or attributes["changes"]:
        return []
    ignored = [*attributes["ignored"], *attributes.get("too_large", ())]
    return [Stop("attributes", _ignored_field(each), each) for each in ignored] or [
        Stop("attributes", "", f"{NOT_COUNTED}: publish a group that counts it")
    ]


def milliseconds(steps: Sequence[JourneyStep]) -> list[float]:
    """When each step happened, in milliseconds after the first."""
    return [round((each.tstamp - steps[0].tstamp).total_seconds() * 1000, 1) for each in steps]


def _tracked(event: UserEvent) -> Iterator[JourneyStep]:
    dtm = str(event.raw.get("dtm", "")) if isinstance(event.raw, Mapping) else ""
    if dtm.isdigit():
        yield JourneyStep(
            "tracked", _moment(int(dtm) / 1000), "on the device, by the tracker's clock"
        )


def _steps_of(
    stage: TracedStage, stages: Sequence[TracedStage], nudge: Any | None
) -> Iterator[JourneyStep]:
    tstamp = _moment(stage["tstamp"])
    match stage["stage"]:
        case "received":
            yield JourneyStep("received", _received_at(stage), "by the collector")
        case "validated":
            unknown = ", ".join(stage["unvalidated"])
            detail = (
                f"except {unknown}, which the sandbox does not have"
                if unknown
                else "against its schemas"
            )
            yield JourneyStep("validated", tstamp, detail)
        case "failed":
            details = "; ".join(f"{each.field}: {each.reason}" for each in stops([stage]))
            yield JourneyStep("failed", tstamp, details)
        case "attributes":
            yield JourneyStep("attributes", tstamp, _changes(stage))
        case "criteria":
            yield from (
                JourneyStep("criteria", tstamp, _evaluation(each, stages, nudge))
                for each in stage["evaluations"]
            )
        case "triggered":
            yield JourneyStep("delivered", tstamp, _delivery(stage))


def _received_at(stage: TracedStage) -> datetime:
    """The collector's time, or the trace's if the sandbox's clock was moved."""
    collected = stage["collector_tstamp"] / 1000
    is_real = 0 <= stage["tstamp"] - collected < SOON_SECONDS
    return _moment(collected if is_real else stage["tstamp"])


def _changes(stage: TracedStage) -> str:
    changes = [
        f"{each['attribute']}: {_value(each['before'])} → {_value(each['after'])}"
        for each in stage["changes"]
        if each["before"] != each["after"]
    ]
    if stage["changes"] and not changes:
        return "the values did not change"
    ignored = [*stage["ignored"], *stage.get("too_large", ())]
    return ", ".join(changes or ignored or [f"unchanged, as {NOT_COUNTED}"])


def _evaluation(
    evaluation: Mapping[str, Any], stages: Sequence[TracedStage], nudge: Any | None
) -> str:
    before, after = (str(evaluation[key]).lower() for key in ("was_met", "is_met"))
    name = f"{evaluation['name']} v{evaluation['version']}"
    is_nudge = nudge is not None and (nudge.name, nudge.version) == (
        evaluation["name"],
        evaluation["version"],
    )
    turned = _turned(nudge.criteria, stages) if is_nudge and nudge is not None else []
    by = f", by {' and '.join(turned)}" if turned else ""
    return f"{name}: {before} → {after}{by}"


def _turned(criteria: Any, stages: Sequence[TracedStage]) -> list[str]:
    """The parts of criteria that became true with this event."""
    changes = (_stage(stages, "attributes") or {}).get("changes", [])
    before = {f"{each['group']}:{each['attribute']}": each["before"] for each in changes}
    after = {f"{each['group']}:{each['attribute']}": each["after"] for each in changes}
    return [
        criteria_text(part)
        for part in _parts(criteria)
        if meets(part, before) is False and meets(part, after)
    ]


def _parts(criteria: Any) -> Iterator[Any]:
    """Every single criterion in a tree of `all`, `any` and `none`."""
    children = next((getattr(criteria, each) for each in BRANCHES if hasattr(criteria, each)), None)
    if children is None:
        yield criteria
    for child in children or ():
        yield from _parts(child)


def _delivery(stage: TracedStage) -> str:
    connections = stage["connections"]
    to = "1 listener" if connections == 1 else f"{connections} listeners"
    late = {"held": ", held until somebody listens", "lost": ", lost because nobody listened"}
    return f"{stage['name']} v{stage['version']} to {to}{late.get(stage.get('fate', ''), '')}"


def _reason(failure: Mapping[str, Any]) -> str:
    schema = f" ({failure['schema']})" if failure["schema"] else ""
    return f"{failure['message']}{schema}"


def _failed_field(failure: Mapping[str, Any]) -> str:
    """The property at fault; "schema" where it is the schema itself."""
    missing = MISSING.match(failure["message"])
    if missing:
        return missing.group(1)
    return str(failure["path"]).lstrip("$").lstrip(".") or "schema"


def _ignored_field(complaint: str) -> str:
    found = IDENTIFIER.search(complaint)
    return found.group() if found else ""


def _stage(stages: Sequence[TracedStage], name: str) -> TracedStage | None:
    return next((each for each in stages if each["stage"] == name), None)


def _value(value: Any) -> str:
    return "none" if value is None else str(value)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
