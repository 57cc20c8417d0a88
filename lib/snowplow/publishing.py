"""Publishing definitions, and what the API says about them, with the Signals Python SDK.

A published version cannot change what it computes. So a changed definition becomes the next
version, and the one that it replaces is unpublished.

Sources: https://docs.snowplow.io/docs/signals/attributes/ and
https://docs.snowplow.io/docs/signals/interventions/
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from snowplow_signals import AttributeGroup, RuleIntervention, Service, SignalsAPIError
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.snowplow.criteria import criteria_text, is_number
from lib.snowplow.definitions import (
    COUNT,
    DEFAULT_NAMES,
    Names,
    Plan,
    attribute_group,
    intervention,
    is_made_here,
    refuse_others,
    service,
)
from lib.snowplow.tracking import EventName

NOT_FOUND = 404
COMPUTED = {"attributes", "ttl", "criteria", "target_attribute_keys", "payload_attribute_groups"}


@dataclass(frozen=True)
class Published:
    """What the API says about the definitions. Each is the API's answer, or None if there is none.

    `others` are published interventions with other names that were made with this app. They are
    read only if these three are not all published.
    """

    group: Any | None = None
    service: Any | None = None
    intervention: Any | None = None
    others: tuple[Any, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether group, service and intervention are all published."""
        return all(
            each is not None and each.is_published
            for each in (self.group, self.service, self.intervention)
        )

    @property
    def is_there(self) -> bool:
        """Whether the API has at least one of them, published or not."""
        return any(each is not None for each in (self.group, self.service, self.intervention))

    @property
    def is_any(self) -> bool:
        """Whether at least one of them is published."""
        return any(
            each is not None and each.is_published
            for each in (self.group, self.service, self.intervention)
        )

    @property
    def version(self) -> int | None:
        """The version of the group that the API has, published or not; None if there is none."""
        return None if self.group is None else int(self.group.version or 1)

    @property
    def threshold(self) -> float | None:
        """The number at which the published intervention triggers; None if there is none."""
        is_published = self.intervention is not None and self.intervention.is_published
        return _threshold(self.intervention) if is_published else None

    def counted_instead(self, event: EventName) -> str:
        """The events that the published count counts, if this one is not among them; else empty."""
        group = self.group if self.group is not None and self.group.is_published else None
        attributes = (group.attributes or []) if group is not None else []
        counted = [one for each in attributes if each.name == COUNT for one in each.events or []]
        if any(
            one.vendor in (None, event.vendor) and one.name in (None, event.name) for one in counted
        ):
            return ""
        return ", ".join(f"{one.vendor or 'any vendor'}/{one.name or 'any'}" for one in counted)

    @property
    def followed(self) -> Any | None:
        """The published intervention that the app follows: the story's, or the newest of the
        others; None if none is published."""
        if self.intervention is not None and self.intervention.is_published:
            return self.intervention
        return self.others[-1] if self.others else None

    @property
    def followed_version(self) -> tuple[str, int] | None:
        """Its name and version, as an intervention that arrives has them."""
        return None if self.followed is None else (self.followed.name, int(self.followed.version))

    @property
    def follows_another(self) -> bool:
        """Whether the app follows an intervention that is not the story's."""
        return bool(self.others) and self.followed is self.others[-1]

    @property
    def rule(self) -> str:
        """The criteria of the published intervention, in words; empty if there is none."""
        return "" if self.followed is None else criteria_text(self.followed.criteria)


def publish(signals: BaseSignalsWithApiClient, plan: Plan, *, is_shared: bool = False) -> Published:
    """Publish all three in one call; returns what the API says afterwards. `is_shared` says that
    others define here too: what they made is not touched.

    Raises `SomebodyElses`, `pydantic.ValidationError` for invalid definitions, `SignalsAPIError` if
    the API refuses, and `httpx.HTTPError` if it cannot be reached.
    """
    old = published(signals, plan.names)
    if is_shared:
        refuse_others(old.group, old.service, old.intervention)
    group, bundle, nudge = next_definitions(plan, old)
    signals.publish([group, bundle, nudge])
    replaced = [
        each
        for each, new in ((old.intervention, nudge), (old.group, group))
        if each is not None and each.is_published and each.version != new.version
        if not _is_sent_along(signals, each)
    ]
    for each in replaced:
        signals.unpublish([definition_of(each, plan.owner)])
    return published(signals, plan.names)


def _is_sent_along(signals: BaseSignalsWithApiClient, replaced: Any) -> bool:
    """Whether a published intervention sends the values of this version of a group: without it, it
    would be unpublished too."""
    link = (replaced.name, _version(replaced))
    listed = _unless_unknown(signals.interventions.list) or []
    return any(
        link == (each.name, each.version)
        for rule in listed
        if rule.is_published
        for each in getattr(rule, "payload_attribute_groups", None) or []
    )


def unpublish(
    signals: BaseSignalsWithApiClient, names: Names = DEFAULT_NAMES, *, is_shared: bool = False
) -> Published:
    """Unpublish all three; returns what the API says afterwards. Raises as `publish` does.

    The group comes last: the API may refuse to unpublish it while a published service uses it. If
    `is_shared`, what others made stays, and so does the group that it uses.
    """
    found = _every_version(signals, names)
    left = _made_by_others(found, names) if is_shared else []
    for each in found:
        if each.is_published and each not in left:
            signals.unpublish([definition_of(each)])
    return published(signals, names)


def published(
    signals: BaseSignalsWithApiClient, names: Names = DEFAULT_NAMES, *, is_whole: bool = True
) -> Published:
    """What the API says about the three definitions. Raises `SignalsAPIError`, `httpx.HTTPError`.

    If `is_whole` is false and there is no group, the other two are not read: they cannot work
    without it.
    """
    group = _in_force(partial(signals.get_attribute_group, names.group))
    if group is None and not is_whole:
        return Published(others=_others(signals, names))
    found = Published(
        group=group,
        service=_unless_unknown(lambda: signals.registry.get_service(names.service)),
        intervention=_in_force(partial(signals.interventions.get, names.intervention)),
    )
    return found if found.is_complete else replace(found, others=_others(signals, names))


def _in_force(read: Callable[..., Any]) -> Any | None:
    """The newest version; the one before it if only that is published and the newest is a draft."""
    newest = _unless_unknown(read)
    if newest is None or newest.is_published or _version(newest) == 1:
        return newest
    before = _unless_unknown(partial(read, version=_version(newest) - 1))
    return before if before is not None and before.is_published else newest


def _others(signals: BaseSignalsWithApiClient, names: Names) -> tuple[Any, ...]:
    """The published interventions with other names that were made with this app, each in its
    highest version. In a shared account, other people's interventions are ignored."""
    listed = _unless_unknown(signals.interventions.list) or []
    ours = [
        each
        for each in listed
        if each.is_published and each.name != names.intervention and is_made_here(each)
    ]
    return tuple({each.name: each for each in sorted(ours, key=_version)}.values())


def _version(definition: Any) -> int:
    return int(definition.version or 1)


def _unless_unknown(read: Callable[[], Any]) -> Any | None:
    try:
        return read()
    except SignalsAPIError as error:
        if error.status_code == NOT_FOUND:
            return None
        raise


# Versions


def next_definitions(
    plan: Plan, old: Published
) -> tuple[AttributeGroup, Service, RuleIntervention]:
    """The definitions to publish for a plan, in the versions that follow those that exist.

    Raises `pydantic.ValidationError` for an invalid plan.
    """
    group = attribute_group(plan, next_version(old.group, attribute_group(plan)))
    nudge = intervention(plan, next_version(old.intervention, intervention(plan)))
    return group, service(plan, group), nudge


def next_version(old: Any | None, new: AttributeGroup | RuleIntervention) -> int:
    """The version to publish: the old one if it computes the same, else the next; 1 if new."""
    if old is None:
        return 1
    is_same = _computation(definition_of(old, new.owner)) == _computation(new)
    return int(old.version) + (0 if is_same else 1)


def _computation(definition: Any) -> dict[str, Any]:
    """What a published version may not change. Attribute keys are compared by name: the API may
    answer with more of a key's fields."""
    computed: dict[str, Any] = definition.model_dump(
        mode="json", include=COMPUTED, exclude_none=True
    )
    key = getattr(definition, "attribute_key", None)
    return computed | {"attribute_key": key.name if key is not None else ""}


# Reading what the API says


def plan_of(seen: Published, default: Plan) -> Plan:
    """The plan that leads to what the API has, published or not; the default where it has nothing.

    The intervention needs the count, so without it the plan has the default's attributes. A count
    is a whole number: a threshold of 2.5 takes three tasks.
    """
    attributes = (seen.group.attributes or []) if seen.group is not None else []
    names = tuple(each.name for each in attributes)
    threshold = _threshold(seen.intervention)
    return replace(
        default,
        owner=(seen.group.owner if seen.group is not None else None) or default.owner,
        threshold=default.threshold if threshold is None else math.ceil(threshold),
        period=next((each.period for each in attributes if each.period), default.period),
        attributes=names if COUNT in names else default.attributes,
    )


def _threshold(intervention: Any | None) -> float | None:
    """The number of completed tasks that is enough for an intervention to fire; None where its
    criteria ask for something else, or for more than that."""
    criteria = intervention.criteria if intervention is not None else None
    together = getattr(criteria, "all", None) or []
    for criterion in getattr(criteria, "any", None) or (together if len(together) == 1 else []):
        is_count = str(getattr(criterion, "attribute", "")).endswith(f":{COUNT}")
        if is_count and criterion.operator == ">=" and is_number(criterion.value):
            return criterion.value
    return None


def definition_of(answer: Any, owner: str | None = None) -> Any:
    """The API's answer as the SDK's definition class, with this owner if one is given.

    Raises `pydantic.ValidationError` if the owner is not an email address: the API takes any text.
    """
    if isinstance(answer, Service):
        return answer
    model = RuleIntervention if hasattr(answer, "criteria") else AttributeGroup
    known = answer.model_dump(mode="json", exclude_none=True, by_alias=True)
    return model.model_validate(known | ({"owner": owner} if owner is not None else {}))


# Cleaning up


def clean_up(signals: BaseSignalsWithApiClient, names: Names = DEFAULT_NAMES) -> list[str]:
    """Unpublish and delete every version that this app made; returns the names of those it kept.

    A definition with one of these names, but without this app's description, is somebody else's.
    It stays, and so does the group that it uses. Raises as `publish` does.
    """
    found = _every_version(signals, names)
    others = _made_by_others(found, names)
    ours = [each for each in found if each not in others]
    for each in ours:
        if each.is_published:
            signals.unpublish([definition_of(each)])
    for each in ours:
        signals.delete([definition_of(each)])
    return [each.name for each in others]


def _made_by_others(found: Sequence[Any], names: Names) -> list[Any]:
    """What others made of this, and the group if that uses it."""
    others = [each for each in found if not is_made_here(each)]
    if any(each.name != names.group for each in others):  # it uses the group
        others += [each for each in found if each.name == names.group and each not in others]
    return others


def _every_version(signals: BaseSignalsWithApiClient, names: Names) -> list[Any]:
    """Everything with these names, each before what it uses, the newest version first."""
    bundle = _unless_unknown(lambda: signals.registry.get_service(names.service))
    return [
        *_versions(partial(signals.interventions.get, names.intervention)),
        *([] if bundle is None else [bundle]),
        *_versions(partial(signals.get_attribute_group, names.group)),
    ]


def _versions(read: Callable[..., Any]) -> list[Any]:
    """Every version of a definition, the newest first."""
    newest = _unless_unknown(read)
    if newest is None:
        return []
    older = range(_version(newest) - 1, 0, -1)
    found = [newest, *(_unless_unknown(partial(read, version=each)) for each in older)]
    return [each for each in found if each is not None]
