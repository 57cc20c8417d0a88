"""The collector under everything that can be sent to it, byte by byte.

It answers 200 `ok` to whatever has the form of a request below 2 MB, every event is accounted for,
and all that can be asked afterwards is answered.
"""

import gzip
import json
import zlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.pipeline.tracker_fields import COLUMNS, DIMENSIONS
from tests.support import wire
from tests.support.hostile import json_texts, texts
from tests.support.known import GROUP, USER, Known, as_json
from tests.support.sandbox import (
    HTTP,
    PAYLOAD,
    SEEN,
    TASK_COMPLETED,
    TP2,
    TRACKER,
    UNSTRUCT,
    SandboxProcess,
    World,
    new_id,
)
from tests.support.size import FULL, sized

REQUESTS = 6  # to one sandbox, one after the other
SAME = "11111111-2222-4333-8444-555555555555"
FIELDS = sorted({*COLUMNS, *DIMENSIONS, "e", "ue_pr", "ue_px", "co", "cx", "tnuid"} - {"eid", "cv"})
CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1"
UTF8 = ("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Sent:
    """One request: its bytes after the start of the path, and how many events were meant."""

    method: str
    query: str
    headers: list[tuple[str, bytes]]
    body: bytes
    events: int
    with_same_id: int

    @property
    def is_http(self) -> bool:
        """Whether the headers hold no control characters: a server may refuse those with 400."""
        values = b"".join(value for _, value in self.headers).replace(b"\t", b"")
        return all(byte >= 0x20 and byte != 0x7F for byte in values)


# What is sent

header_values = st.one_of(
    st.sampled_from([b"", b"*", b"null", b"https://a.example", b"\xff\xfe", b"a\tb", b"x" * 5_000]),
    st.binary(max_size=20).map(lambda raw: bytes(byte for byte in raw if byte not in b"\r\n\0")),
)
headers = st.lists(
    st.tuples(
        st.sampled_from(
            ["Origin", "Cookie", "SP-Anonymous", "User-Agent", "Content-Type", "Accept", "Referer"]
            + ["X-Forwarded-For", "Authorization", "Access-Control-Request-Method"]
        ),
        header_values,
    ),
    max_size=4,
)
queries = st.one_of(
    st.just(""),
    st.just(""),
    st.binary(max_size=30).map(lambda raw: quote(raw, safe="=&+;")),
    st.dictionaries(st.sampled_from(FIELDS), texts, max_size=3).map(
        lambda fields: "&".join(f"{k}={quote(v[:200].encode(*UTF8))}" for k, v in fields.items())
    ),
)


def described(schema: str, data: str) -> str:
    return '{"schema":%s,"data":%s}' % (json.dumps(schema), data)  # noqa: UP031 - braces abound


@st.composite
def self_describing(draw: st.DrawFn) -> str:
    """An envelope as text with hostile data inside, that may be broken itself."""
    schema = draw(st.sampled_from([SEEN, SEEN, SEEN, TASK_COMPLETED, "iglu:a/b/c", ""]))
    data = draw(json_texts)
    if draw(st.booleans()):
        data = '{"value":%s,"value":%s}' % (draw(json_texts), data)  # noqa: UP031
    text = described(UNSTRUCT, described(schema, data))
    return text if draw(st.integers(0, 9)) else text[: draw(st.integers(0, len(text)))]


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, bool]:
    """One event as JSON text, and whether it has the one id that is sent again and again.

    All other ids are new, and not hypothesis's, which likes to draw one twice.
    """
    has_same_id = draw(st.integers(0, 3)) == 0
    fields = {name: json.dumps(value) for name, value in TRACKER.items()}
    fields["eid"] = json.dumps(SAME if has_same_id else new_id())
    fields["e"] = json.dumps(draw(st.sampled_from(["ue", "ue", "ue", "pv", "se", "pp", "tr", "?"])))
    fields["uid"] = json.dumps(draw(st.one_of(st.just(new_id()), texts)))
    for plain, in_base64, envelope in (
        ("ue_pr", "ue_px", draw(self_describing())),
        ("co", "cx", described(CONTEXTS, f"[{described(SEEN, draw(json_texts))}]")),
    ):
        if draw(st.booleans()):
            fields[plain] = json.dumps(envelope)
        else:
            text = urlsafe_b64encode(envelope.encode(*UTF8)).decode()
            fields[in_base64] = json.dumps(text.rstrip("=") if draw(st.booleans()) else text)
    for name in draw(st.lists(st.sampled_from(FIELDS), max_size=4)):
        is_text = draw(st.integers(0, 9)) > 0
        fields[name] = draw(texts.map(json.dumps) if is_text else json_texts)
    return "{" + ",".join(f"{json.dumps(k)}:{v}" for k, v in fields.items()) + "}", has_same_id


@st.composite
def encoded(draw: st.DrawFn, body: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """A body in some content encoding, true or false."""
    name = draw(st.sampled_from([None, None, None, "gzip", "deflate", "lie", "br", "cut"]))
    match name:
        case "gzip":
            return gzip.compress(body), [("Content-Encoding", b"gzip")]
        case "deflate":
            return zlib.compress(body), [("Content-Encoding", b"deflate")]
        case "lie":
            return body, [("Content-Encoding", b"gzip")]
        case "br":
            return body, [("Content-Encoding", draw(header_values))]
        case "cut":
            return gzip.compress(body)[:-5], [("Content-Encoding", b"gzip")]
    return body, []


@st.composite
def posts(draw: st.DrawFn) -> Sent:
    """A request with a list of events, or with anything else."""
    sent = draw(st.lists(rows(), min_size=1, max_size=4))
    if draw(st.integers(0, 3)):
        body = described(PAYLOAD, "[" + ",".join(row for row, _ in sent) + "]").encode()
    else:
        text = draw(st.one_of(json_texts, json_texts.map(lambda data: described(PAYLOAD, data))))
        body = draw(st.one_of(st.just(text.encode("utf-8", "replace")), st.binary(max_size=50)))
        sent = []
    query = draw(queries)
    body, encoding = draw(encoded(body))
    same = sum(has_same_id for _, has_same_id in sent)
    kind = [("Content-Type", b"application/json")] if draw(st.integers(0, 9)) else []
    return Sent("POST", query, kind + draw(headers) + encoding, body, len(sent), same)


@st.composite
def gets(draw: st.DrawFn) -> Sent:
    return Sent(draw(st.sampled_from(["GET", "HEAD"])), draw(queries), draw(headers), b"", 0, 0)


# What has to be true afterwards


class Target:
    """A sandbox that is told everything and asked everything.

    `sent` holds the requests whose events were told apart.
    """

    def __init__(self, url: str) -> None:
        self.world = World(url)
        self.sent: list[Sent] = []
        self.known = Known(url, self.world)

    def send(self, sent: Sent) -> None:
        """Asserts the answer, and that each event of the request was kept or is a duplicate."""
        path = f"/sandbox/{self.world.token}" + (TP2 if sent.method == "POST" else "/i")
        raw = wire.request(sent.method, f"{path}?{sent.query}", sent.headers, sent.body)
        good, bad = self.known.counts()
        answer = wire.exchange(self.world.url, raw)
        now_good, now_bad = self.known.counts()
        kept = (now_good - good, now_bad - bad)
        if answer.status == 400 and not sent.is_http:
            assert kept == (0, 0)
            return
        assert answer.status == 200, (sent, answer)
        assert sent.method != "POST" or answer.body == b"ok"
        assert self._accounts_for(sent, *kept), (sent, kept)

    def _accounts_for(self, sent: Sent, good: int, bad: int) -> bool:
        if sent.method != "POST":
            return good + bad == 1  # a pixel, counted by HEAD too
        if not sent.events:  # not a list of events: one failure, or whatever it happens to be
            return good + bad >= 1
        if (good, bad) == (0, 1) and self.known.get("/micro/bad?limit=1")[0]["rawEvent"] is None:
            return True  # the body could not be read, and is kept as a whole
        self.sent.append(sent)
        return sent.events - sent.with_same_id <= good + bad <= sent.events

    def is_consistent(self) -> bool:
        """Asserts that everything can be read, and that it adds up."""
        good, bad = self.known.get("/micro/good"), self.known.get("/micro/bad")
        assert (len(good), len(bad)) == self.known.counts()
        ids = [each["event"]["event_id"] for each in good]
        assert len(set(ids)) == len(ids)
        self._traces(ids, bad)
        self._duplicates(ids, bad)
        self._values([each["event"].get("user_id") for each in good])
        body = {"attribute_group": as_json(GROUP), "window": "P1D"}
        assert self.known.post("/api/v1/testing/attribute_groups/", body)
        return self.known.is_as_it_was() and self.known.takes_in_events()

    def _duplicates(self, ids: list[str], bad: list[Any]) -> None:
        failed = [(each["rawEvent"] or {}).get("parameters", {}).get("eid") for each in bad]
        sent = sum(each.with_same_id for each in self.sent)
        duplicates = sent - ids.count(SAME) - failed.count(SAME)
        assert duplicates >= 0
        assert duplicates == 0 or SAME in ids

    def _traces(self, ids: list[str], bad: list[Any]) -> None:
        for each in ids:
            assert self.known.get(f"/trace/{each}")["stages"][0]["stage"] == "received"
        for each in bad:
            event_id = ((each["rawEvent"] or {}).get("parameters") or {}).get("eid")
            if isinstance(event_id, str) and event_id in (SAME, event_id.lower()):
                wire.count()
                url = f"{self.world.collector}/trace/{quote(event_id, safe='')}"
                assert HTTP.get(url).status_code in (200, 404)

    def _values(self, users: list[Any]) -> None:
        asked = [each for each in users if isinstance(each, str)][:50]
        body = {"service": "everything", "attribute_keys": {"user_id": [USER, *asked]}}
        read = self.known.post("/api/v1/get-online-attributes", body)
        assert [len(values) for values in read.values()] == [1 + len(asked)] * len(read)


@sized(12, FULL // REQUESTS + 1)
@given(
    requests=st.lists(
        st.one_of(posts(), posts(), posts(), gets()), min_size=REQUESTS, max_size=REQUESTS
    )
)
def send_all(url: str, requests: list[Sent]) -> None:
    target = Target(url)
    for sent in requests:
        target.send(sent)
    target.is_consistent()


def test_whatever_is_sent_is_answered_kept_and_harms_no_later_read(sandbox: SandboxProcess) -> None:
    send_all(sandbox.signals)
