"""How much one sandbox, or one address, may ask of a server *(ours)*.

They do not apply to a sandbox that one person runs alone. Where many share a server, one of them
must not block the others or fill the disk. Beyond a limit the answer is 429 and says when to try
again. Trackers do, so no event is lost. The limits bound what is computed and kept. The constants
below are for requests and hold for every server: they bound what a request may take before it is
looked at, and what all requests may take together.
"""

import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from cachetools import LRUCache

from lib.sandbox.errors import TooMany
from lib.token_bucket import TokenBucket

OPEN_SANDBOXES = 1_000
OPEN_DEFINITIONS_BYTES = 50_000_000  # of all open sandboxes, as JSON
ADDRESSES_KEPT = 10_000
BYTES_PER_EVENT = 2_000  # about twice what a tracker sends for one

SYNC_SECONDS = 1.0
"""How often events are written to the disk, and the database's file is looked for."""

# Requests

MAX_BODY_BYTES = 2 * 1024 * 1024
"""The largest body; beyond it 413."""
MAX_HEAD_BYTES = 64 * 1024
"""The address and the headers of a request; beyond it 431."""
BODY_SECONDS = 30.0
"""How long a body may take to arrive; then 408."""
ARRIVAL_SECONDS = 40.0
"""How long a whole request may take to arrive, begun or not; then the connection is closed."""
READING_SECONDS = 60.0
"""How long a client may leave an answer unread; then the connection is closed."""
BODIES_BYTES = 64 * 1024 * 1024
"""All bodies under way together. Beyond it the one that has been arriving for longest is answered
503, to be sent again; if all have arrived, the new one is."""
BODIES_BYTES_OF_ONE = BODIES_BYTES // 4
"""The bodies under way of one sandbox, or of one address where addresses count; beyond it 503."""
SMALL_BODY_BYTES = 16 * 1024
"""A body that is no larger, and came with its head, is not counted: a head may be larger."""
LARGE_BODY_BYTES = 64 * 1024
LARGE_BODIES_AT_ONCE = 2
"""How many bodies larger than that, or compressed ones, are read and computed at a time: read, they
take some ten times as much memory. The others wait."""
CONNECTIONS_AT_MOST = 10_000
"""Connections of a server; beyond it 503, and the connection that was silent longest is closed."""
SHARE_OF_FILES = 0.5
"""Connections are fewer where the process may open few files: this share of them."""
SILENT_CONNECTIONS = 1_000
SILENT_SECONDS = 2.0
"""Connections that never asked for anything, and as many that wait for the next request; each at
most an eighth of all. Beyond it the one that was silent longest is closed, if it has been for so
long; beyond a quarter of all at once."""
QUEUED_REQUESTS = 10_000
UNREAD_REQUEST_BYTES = 16 * 1024 * 1024
"""Requests that were sent before earlier ones on the same connections were answered, and their
bytes; beyond either the connection that sends more is closed."""
UNREAD_ANSWER_BYTES = 32 * 1024 * 1024
"""Answers that clients do not read; beyond it the connection that has not read for longest is
closed."""

# Events

ENTITIES_IN_EVENT = 500
"""The entities of one event, which fails beyond it."""
TEXT_IN_REASONS = 20_000
"""The characters of the reasons why one event failed. Beyond it, the first ones are kept, with the
number of the others."""
PATTERN_STEPS = 10_000
"""How often a pattern of a schema may go back in one text, if it looks around or refers back. Other
patterns never do. Beyond it the event fails."""

# The address of the client, for code that does not see the request. Empty where addresses have no
# limits.
client_address: ContextVar[str] = ContextVar("client_address", default="")


# Definitions. They hold for every server *(ours)*, and a definition beyond one of them is refused
# with 422. They are several times what people need. Snowplow has a few such numbers of its own, as
# 100 groups of a service: the SDK's models refuse more.

DEFINITION_BYTES = 150_000
"""The size of a request that brings, publishes or previews definitions."""
DEFINITIONS_BYTES = 2_000_000
"""The size of all definitions of a sandbox."""
ATTRIBUTES_IN_GROUP = 100
EVENTS_IN_ATTRIBUTE = 100
"""The events that one attribute is computed from."""
CRITERIA_IN_ATTRIBUTE = 50
CRITERIA_IN_INTERVENTION = 100
CRITERIA_DEPTH = 10
"""How deep `all`, `any` and `none` of an intervention are nested."""
VALUES_IN_LIST = 1_000
"""The values of an `in` criterion, or of a default value that is a list."""
TEXT_IN_CRITERION = 1_000
"""The characters of a pattern, of a text that a criterion compares with, or of a path."""
PAYLOAD_GROUPS = 20
TARGET_KEYS = 20
PUBLISHED_ATTRIBUTES = 500
"""The attributes of all published groups of a sandbox."""
PUBLISHED_INTERVENTIONS = 100
PUBLISHED_CRITERIA = 2_000
"""The criteria of everything that is published in a sandbox."""
PUBLISHED_PATTERNS = 200
"""Those of them that are `like` or `not like`, which cost more."""
PUBLISHED_REGEXES = 10
"""Those of them that are `rlike` or `not rlike`, which cost most."""

# Schemas of a sandbox's own *(ours)*. Beyond one of them a schema is refused with 422.

SCHEMAS_IN_SANDBOX = 20
SCHEMA_BYTES = 64_000
"""The size of one schema, and of the request that brings it."""
SCHEMAS_BYTES = 500_000
"""The size of all schemas of a sandbox, with what their patterns take when they are compiled."""
SCHEMA_DEPTH = 10
"""How deep the fields of a schema are nested."""
SCHEMA_PARTS = 200
"""The fields that a schema describes, on all levels."""
COMBINED_IN_SCHEMA = 10
"""The schemas of `allOf`, `anyOf` and `oneOf` together."""
VALUES_IN_ENUM = 100
PATTERNS_IN_SCHEMA = 20
TEXT_IN_PATTERN = 500
"""The characters of a pattern of a schema."""
PATTERN_BYTES = 100_000
"""About what one pattern may take when it is compiled."""


# Values *(ours)*. What is beyond one of them changes nothing, and the event's trace says so.

TEXT_IN_VALUE = 10_000
"""The characters of one text that is aggregated or that `like` looks at."""
TEXT_IN_IDENTIFIER = 1_000
"""The characters of an identifier. An event with a longer one has none."""
VALUES_TALLIED = 500
"""The distinct values that one attribute counts, of which it shows the 100 most frequent. Beyond
it, the less frequent half of them is forgotten."""
TEXT_FOR_REGEX = 2_000
"""The characters of a text, or of all texts of a list, that `rlike` looks at."""
VALUES_OF_EVENT_BYTES = 200_000
"""The values that one event gives to all attributes, as JSON. Beyond it, its other attribute groups
do not count it."""
PAYLOAD_BYTES = 100_000
"""The attributes that an intervention sends; those that are beyond it are left out."""
PROFILE_BYTES = 1_000_000
"""What is kept of one identifier in one attribute group, as JSON."""

# Memory of the whole process *(ours)*. Beyond one of them, what was used longest ago leaves.

CACHED_PROFILES_BYTES = 64_000_000
"""About what the profiles that are kept in memory take up there."""
TRACES_BYTES = 32_000_000
"""The traces of events."""
QUEUED_BYTES = 32_000_000
"""The interventions that wait for a connection to read them; a quarter of it for one connection,
which is closed beyond that."""
HELD_BYTES = 8_000_000
"""The interventions that are held for the first subscriber."""

# Requests to the API *(ours)*. Beyond one of them the answer is 422.

JSON_BYTES = 500_000
"""The size of any request but a tracker's."""
JSON_DEPTH = 30
"""How deep lists and objects are nested in it."""
JSON_ITEMS = 1_000
"""The items of any list or object in it."""
JSON_OBJECTS = 3_000
"""All lists and objects in it that are not empty."""
PROBLEMS_LISTED = 100
"""If a request has more, the answer only says how many."""
NAMES_IN_REQUEST = 500
"""The definitions that one request publishes or unpublishes."""
ATTRIBUTES_IN_READ = 500
IDENTIFIERS_IN_READ = 1_000
VALUES_IN_READ = 50_000
"""Attributes times identifiers."""
TARGETS_IN_SUBSCRIPTION = 1_000
"""The identifiers that one subscription names."""
ANSWER_BYTES = 10_000_000
"""The values that one request reads, or the events that it looks through."""
REQUEST_HEADERS_BYTES = 8_000
"""The headers of a request to the collector that are kept, to be shown; the rest is left out."""
REQUESTS_KEPT = 1_000
"""The requests that a sandbox keeps, and as many with their bodies; the oldest leave."""
LISTED_EVENTS = 10_000
"""The events that Micro's lists have on a server that many share; one has 5 kB, all its columns."""
LISTED_BYTES = 3_000_000
"""The payloads of the events that one list for inspection has; older ones are left out."""
COMPUTING_SECONDS = 5.0
"""How long one request may compute, as others have their turns in between."""


@dataclass(frozen=True)
class Limits:
    """What a server allows. The defaults are far above what people need, and what a simulated team
    of 1,000 users needs (200 events a second).

    - `events_per_second`: events of one sandbox on average, including failed ones. An event counts
      again for each `BYTES_PER_EVENT` that it has.
    - `events_at_once`: how many more may come in a burst. A body may hold 20,000 events; a body
      with more than this number would never pass.
    - `subscriptions`: streams of interventions that are open in one sandbox.
    - `definitions`: of all kinds and versions in one sandbox.
    - `stored_events`: accepted events that one sandbox keeps, and as many failed ones. More push
      the oldest out; what was computed from those stays.
    - `stored_bytes`: the size of the events of either kind, with how they were received or why they
      failed, and of the definitions.
    - `sandboxes`: in one database. Beyond it, a new one replaces one that nobody uses.
    - `per_address`: whether an address may send no more than a sandbox, and keep no more requests
      open than a sandbox may have subscriptions. Only where other machines can reach the server: on
      loopback, all clients have the same address.
    """

    events_per_second: float = 2_000
    events_at_once: int = 100_000
    subscriptions: int = 1_000
    definitions: int = 1_000
    stored_events: int = 200_000
    stored_bytes: int = 300_000_000
    sandboxes: int = 5_000
    per_address: bool = False


class EventLimit:
    """The rate of events that each sandbox may send, and each address where they have limits."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._addresses: LRUCache[str, TokenBucket] = LRUCache(ADDRESSES_KEPT)

    def bucket(self) -> TokenBucket:
        """A new bucket, for a sandbox or an address."""
        limits = self._limits
        return TokenBucket(limits.events_per_second, limits.events_at_once, self._monotonic)

    def take(self, count: int, weight: int, sandbox: TokenBucket) -> None:
        """Let `count` events of this total weight pass, or none of them; raises TooMany."""
        address = self._bucket_of_address()
        buckets = {"This sandbox": sandbox}
        if address is not None:
            buckets["Your address"] = address
        who = max(buckets, key=lambda name: buckets[name].wait(weight))
        seconds = math.ceil(buckets[who].wait(weight))
        if seconds > 0:
            heavy = f", and these count as {weight:,}" if weight > count else ""
            raise TooMany(
                f"{who} sends too many events. The limit is {self._limits.events_per_second:,.0f} a"
                f" second, after {self._limits.events_at_once:,} at once{heavy}. Stored:"
                f" none of {count:,}. Send all again in {seconds} s.",
                seconds,
            )
        for bucket in buckets.values():
            bucket.take(weight)

    def _bucket_of_address(self) -> TokenBucket | None:
        """None where addresses have no limits."""
        address = client_address.get()
        if not address:
            return None
        return self._addresses.setdefault(address, self.bucket())
