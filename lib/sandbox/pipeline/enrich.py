"""From the fields of one event to the canonical event, or to a failed event with every reason.

It does what Enrich does before its configurable enrichments: types, self-describing JSON, schemas,
the event's vendor and name, times, URLs. All faults of an event are reported, up to 100.

Differences from Enrich *(ours)*, besides those of `tracker_fields`, `page_urls` and `iglu`:

- No lookups (location, user agent, referrer, currency), no PII, no event fingerprint.
- The JSON of `contexts` and `unstruct_event` stays in `Event.entities` and `Event.data`; the two
  atomic columns of that name stay empty.
- `co` and `cx` may both be present: the entities of both are kept. `ue_px` beats `ue_pr`.
- Self-describing JSON on an event that is not of type `ue` is ignored.
- `SP-Anonymous` also discards an `ip`, `nuid` or `tnuid` that the tracker sent.
- `etl_tstamp` is the time of collection: here the two are one step.
- An event with more than 500 entities fails.
- A derived time before 1970 (sent millennia after it was created) fails the event.

Source: https://docs.snowplow.io/docs/fundamentals/canonical-event/
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lib.sandbox.limits import ENTITIES_IN_EVENT
from lib.sandbox.pipeline.derived_tstamp import derived_tstamp
from lib.sandbox.pipeline.events import Entity, Event, FailedEvent, Failure, kept_reasons
from lib.sandbox.pipeline.iglu import Checked, Iglu, SchemaKey
from lib.sandbox.pipeline.page_urls import page_columns, referrer_columns
from lib.sandbox.pipeline.quoting import quoted, shortened
from lib.sandbox.pipeline.self_describing import (
    CONTEXTS,
    UNSTRUCT_EVENT,
    envelope_data,
    exact_data,
)
from lib.sandbox.pipeline.tracker_fields import (
    COLUMNS,
    DIMENSIONS,
    Parser,
    Value,
    dimensions,
    first_ip,
    new_event_id,
    text,
)

ATOMIC = "iglu:com.snowplowanalytics.snowplow/atomic/jsonschema/1-0-0"
ANONYMOUS_ID = "00000000-0000-0000-0000-000000000000"
ANONYMOUS_ADDRESS = "unknown"  # `ipAndPartitionKey` of Service in snowplow/stream-collector
SANDBOX_VERSION = "snowplow-signals-sandbox"
MAX_FAILURES = 100

_DESCRIBED = {"schema", "data"}
# Tracker fields for what the request says too. The fields win.
_OF_REQUEST = frozenset({"ua", "ip", "nuid", "tnuid"})

_SNOWPLOW = "com.snowplowanalytics.snowplow"
_EVENTS = {
    "pv": ("page_view", SchemaKey(_SNOWPLOW, "page_view", "1-0-0")),
    "pp": ("page_ping", SchemaKey(_SNOWPLOW, "page_ping", "1-0-0")),
    "se": ("struct", SchemaKey("com.google.analytics", "event", "1-0-0")),
    "tr": ("transaction", SchemaKey(_SNOWPLOW, "transaction", "1-0-0")),
    "ti": ("transaction_item", SchemaKey(_SNOWPLOW, "transaction_item", "1-0-0")),
}
_URLS = (("url", "page_url", page_columns), ("refr", "page_referrer", referrer_columns))
_network_userid = text(128)
_useragent = text(1000)


@dataclass(frozen=True, slots=True)
class Collected:
    """What the collector knows about a request besides its events.

    `collector_tstamp` is in milliseconds since the epoch, UTC; `ip` is the peer's address;
    `cookie_id` the collector's own cookie; `anonymous` whether `SP-Anonymous` was sent;
    `request` the name of the stored request, if it is stored.
    """

    collector_tstamp: int
    ip: str | None = None
    user_agent: str | None = None
    cookie_id: str | None = None
    anonymous: bool = False
    request: int | None = None


def enrich(
    fields: dict[str, str],
    received: Collected,
    iglu: Iglu,
    new_id: Callable[[], str] = new_event_id,
) -> Event | FailedEvent:
    """One event from its tracker-protocol fields. Never raises, whatever the fields hold.

    `new_id` names events without `eid`. `Event.unvalidated` names each schema once.
    """
    return Together(iglu).enriched(fields, received, new_id)


def failed_event(
    payload: Any, failures: list[Failure], received: Collected, first_event: Any = None
) -> FailedEvent:
    """A failed event of any payload, with the ids that can be read from it or its first event."""
    fields = next((each for each in (payload, first_event) if isinstance(each, dict)), {})
    event_id, user_id = (_short_text(fields.get(name)) for name in ("eid", "uid"))
    reasons = kept_reasons(failures[:MAX_FAILURES])
    return FailedEvent(received.collector_tstamp, payload, reasons, event_id, user_id)


def _short_text(value: object) -> str | None:
    return shortened(value, 255) if isinstance(value, str) else None


def _too_many(source: str, entities: list[Any]) -> str:
    return f"{source}: an event has at most {ENTITIES_IN_EVENT} entities, not {len(entities):,}"


class Together:
    """Enriches events that arrived together, one by one.

    Many came with one request or have the same entities, which are parsed and checked once.
    """

    def __init__(self, iglu: Iglu) -> None:
        self.iglu = iglu
        self.good_entities: dict[tuple[str, str], _Entities] = {}
        self._received: Collected | None = None
        self._columns: dict[str, Value] | None = None

    def enriched(
        self, fields: dict[str, str], received: Collected, new_id: Callable[[], str] = new_event_id
    ) -> Event | FailedEvent:
        """See `enrich`."""
        return _Enrichment(fields, received, self).result(new_id)

    def request_columns(self, received: Collected) -> dict[str, Value] | None:
        """What a request says about its events; None if some of it cannot be read."""
        if received is not self._received:
            self._received, self._columns = received, _request_columns(received)
        return self._columns


def _request_columns(received: Collected) -> dict[str, Value] | None:
    said = (
        ("useragent", _useragent, received.user_agent),
        ("user_ipaddress", first_ip, received.ip),
        ("network_userid", _network_userid, received.cookie_id),
    )
    try:
        parsed = {column: parse(value) for column, parse, value in said if value}
    except ValueError:
        return None
    return {column: value for column, value in parsed.items() if value is not None}


class _Entities(NamedTuple):
    """The entities of a field, all of them good, and the schemas that nothing validated."""

    entities: list[Entity]
    unvalidated: dict[str, None]


class _Enrichment:
    """The state of enriching one event: its columns and faults so far."""

    __slots__ = (
        "atomic",
        "entities",
        "exact",
        "failures",
        "fields",
        "iglu",
        "received",
        "together",
        "unvalidated",
    )

    def __init__(self, fields: dict[str, str], received: Collected, together: Together) -> None:
        self.fields = fields
        self.received = received
        self.together = together
        self.iglu = together.iglu
        self.failures: list[Failure] = []
        self.unvalidated: dict[str, None] = {}
        self.entities: list[Entity] = []
        self.exact: dict[str, Any] = {}
        self.atomic: dict[str, Any] = {
            "collector_tstamp": received.collector_tstamp,
            "etl_tstamp": received.collector_tstamp,
            "v_collector": SANDBOX_VERSION,
            "v_etl": SANDBOX_VERSION,
        }

    def result(self, new_id: Callable[[], str]) -> Event | FailedEvent:
        self._add_request()
        self._add_fields()
        self._add_urls()
        key, data = self._event()
        self._add_entities()
        derived = self._derived_tstamp()
        if self.failures or key is None:
            return self._failed(key)
        atomic = self.atomic
        atomic["derived_tstamp"] = derived
        atomic["event_vendor"], atomic["event_name"], atomic["event_version"] = key
        atomic["event_format"] = "jsonschema"
        event_id = atomic["event_id"] = atomic.get("event_id") or new_id()
        return Event(
            event_id,
            self.received.collector_tstamp,
            derived,
            key.vendor,
            key.name,
            key.version,
            atomic,
            data,
            self.entities,
            list(self.unvalidated),
        )

    def _add_request(self) -> None:
        """Add what the request says and the tracker's fields do not."""
        received, fields = self.received, self.fields
        columns = self.together.request_columns(received)
        if columns is not None and _OF_REQUEST.isdisjoint(fields):
            self.atomic.update(columns)
            return
        if received.user_agent and not fields.get("ua"):
            self._add("useragent", _useragent, received.user_agent, "the User-Agent header")
        if received.ip and not fields.get("ip"):
            self._add("user_ipaddress", first_ip, received.ip, "the peer's address")
        if received.cookie_id and not (fields.get("nuid") or fields.get("tnuid")):
            self._add("network_userid", _network_userid, received.cookie_id, "the cookie")

    def _add_fields(self) -> None:
        fields = self.fields
        atomic = self.atomic
        for name, value in fields.items():
            target = COLUMNS.get(name)
            if target is None or not value:
                continue
            column, parse = target
            try:
                parsed = parse(value)
            except ValueError as error:
                self._fail(ATOMIC, name, f"{name} ({column}): {error}")
                continue
            if parsed is not None:
                atomic[column] = parsed
        if tnuid := fields.get("tnuid"):
            self._add("network_userid", _network_userid, tnuid, "tnuid")
        for name, columns in DIMENSIONS.items():
            if name in fields and fields[name]:
                self._add_dimensions(name, columns)
        if self.received.anonymous:
            self.atomic["user_ipaddress"] = ANONYMOUS_ADDRESS
            self.atomic["network_userid"] = ANONYMOUS_ID

    def _add(self, column: str, parse: Parser, value: str, source: str) -> None:
        try:
            parsed = parse(value)
        except ValueError as error:
            self._fail(ATOMIC, source, f"{source} ({column}): {error}")
            return
        if parsed is not None:
            self.atomic[column] = parsed

    def _add_dimensions(self, name: str, columns: tuple[str, str]) -> None:
        try:
            self.atomic.update(zip(columns, dimensions(self.fields[name]), strict=True))
        except ValueError as error:
            self._fail(ATOMIC, name, f"{name} ({' and '.join(columns)}): {error}")

    def _add_urls(self) -> None:
        for name, column, derive in _URLS:
            if column in self.atomic:
                try:
                    self.atomic.update(derive(self.atomic[column]))
                except ValueError as error:
                    self._fail(ATOMIC, name, f"{name} ({column}): {error}")

    def _event(self) -> tuple[SchemaKey | None, Any]:
        """Vendor, name and version by the type of event, and the data of a self-describing one."""
        kind = self.fields.get("e", "")
        if kind == "ue":
            self.atomic["event"] = "unstruct"
            return self._self_describing_event()
        if kind not in _EVENTS:
            said = f"{quoted(kind)} is not" if kind else "it is missing and must be"
            self._fail(ATOMIC, "e", f"e (event): {said} one of ue, {', '.join(_EVENTS)}")
            return None, None
        self.atomic["event"], key = _EVENTS[kind]
        return key, None

    def _self_describing_event(self) -> tuple[SchemaKey | None, Any]:
        source = "ue_px" if self.fields.get("ue_px") else "ue_pr"
        inner = self._envelope(source, UNSTRUCT_EVENT)
        if inner is None:
            return None, None
        return self._checked(inner, source)

    def _add_entities(self) -> None:
        for source in ("cx", "co"):
            value = self.fields.get(source)
            if not value:
                continue
            known = self.together.good_entities.get((source, value))
            if known is not None and len(known.entities) + len(self.entities) <= ENTITIES_IN_EVENT:
                self.entities += known.entities
                self.unvalidated |= known.unvalidated
            else:
                self._add_entities_of(source, value)

    def _add_entities_of(self, source: str, value: str) -> None:
        inner = self._envelope(source, CONTEXTS)
        if inner is None:
            return
        if not isinstance(inner, list):
            self._fail(f"{CONTEXTS}0", source, f'{source}: "data" is not a list of entities')
            return
        if len(self.entities) + len(inner) > ENTITIES_IN_EVENT:
            self._fail(f"{CONTEXTS}0", source, _too_many(source, inner))
            return
        before, self.unvalidated = self.unvalidated, {}
        checked = [self._checked(one, source, index) for index, one in enumerate(inner)]
        entities = [Entity(*key, data) for key, data in checked if key is not None]
        if not self.failures:
            self.together.good_entities[source, value] = _Entities(entities, self.unvalidated)
        self.entities += entities
        self.unvalidated = before | self.unvalidated

    def _envelope(self, source: str, prefix: str) -> Any:
        """What the envelope in a field holds, or None after a failure."""
        value = self.fields.get(source)
        if not value:
            self._fail(f"{prefix}0", source, "a self-describing event needs ue_px or ue_pr")
            return None
        try:
            return envelope_data(value, source.endswith("x"), prefix)
        except ValueError as error:
            self._fail(f"{prefix}0", source, f"{source} {error}")
            return None

    def _checked(
        self, described: Any, source: str, index: int | None = None
    ) -> tuple[SchemaKey | None, Any]:
        """The key and data of a self-describing JSON; the key is None when it has none."""
        if not isinstance(described, dict) or described.keys() != _DESCRIBED:
            place = "$.data" if index is None else f"$.data[{index}]"
            problem = 'is not an object with "schema" and "data" and nothing else'
            self._fail(None, source, f"{source}: {place} {problem}")
            return None, None
        uri, data = described["schema"], described["data"]
        checked = self.iglu.check(uri, data)
        if checked.failures:
            checked = self._checked_exactly(checked, uri, source, index)
        if checked.failures and len(self.failures) < MAX_FAILURES:
            self.failures += checked.failures
        if checked.key and not checked.validated:
            self.unvalidated[uri] = None
        return checked.key, data

    def _checked_exactly(
        self, checked: Checked, uri: object, source: str, index: int | None
    ) -> Checked:
        """The check repeated on what was sent, if it has integers that do not fit into 64 bits."""
        if source not in self.exact:
            self.exact[source] = exact_data(self.fields[source], source.endswith("x"))
        exact = self.exact[source]
        if exact is None:
            return checked
        return self.iglu.check(uri, (exact if index is None else exact[index])["data"])

    def _derived_tstamp(self) -> int:
        known = self.atomic.get
        derived = derived_tstamp(
            self.received.collector_tstamp,
            known("dvce_created_tstamp"),
            known("dvce_sent_tstamp"),
            known("true_tstamp"),
        )
        if derived < 0:
            self._fail(ATOMIC, "dtm", "dtm lies so long before stm that the event predates 1970")
        return derived

    def _fail(self, schema: str | None, source: str, message: str) -> None:
        if len(self.failures) < MAX_FAILURES:
            path = f"$.{source}" if " " not in source else "$"
            self.failures.append(Failure(schema, path, shortened(message)))

    def _failed(self, key: SchemaKey | None) -> FailedEvent:
        failed = failed_event(self.fields, self.failures, self.received)
        failed.schema = key.uri if key else None
        return failed
