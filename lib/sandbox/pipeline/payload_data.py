"""What `payload_data` allows: events of text, with three required fields and no unknown ones.

Each version has the fields of the ones before it. A payload that breaks this fails as a whole.

Sources: schemas/com.snowplowanalytics.snowplow/payload_data/jsonschema in snowplow/iglu-central,
and Tp2Adapter in snowplow/enrich.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from operator import or_
from typing import Any

from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.quoting import quoted, quoted_value

PAYLOAD_DATA = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-"
MAX_FAILURES = 20

_REQUIRED = frozenset({"e", "p", "tv"})
_ADDED = (
    "tna aid p dtm tz e tid eid tv duid nuid uid vid ip res url page refr fp ctype cookie lang"
    " f_pdf f_qt f_realp f_wma f_dir f_fla f_java f_gears f_ag cd ds cs vp mac"
    " pp_mix pp_max pp_miy pp_may ad_ba ad_ca ad_ad ad_uid"
    " tr_id tr_af tr_tt tr_tx tr_sh tr_ci tr_st tr_co tr_cu"
    " ti_id ti_sk ti_nm ti_na ti_ca ti_pr ti_qu ti_cu sa sn st sp"
    " se_ca se_ac se_la se_pr se_va ue_na ue_pr ue_px co cx",
    "ua",
    "tnuid",
    "stm sid",
    "ttm",
)
_ALLOWED = {
    f"{PAYLOAD_DATA}{addition}": names
    for addition, names in enumerate(
        accumulate((frozenset(names.split()) for names in _ADDED), or_)
    )
}


def is_good(envelope: Any) -> bool:
    """Whether a body is a payload that breaks nothing, in which nothing that is read is deep."""
    if type(envelope) is not dict or not is_payload_data(envelope.get("schema")):
        return False
    rows, allowed = envelope.get("data"), _ALLOWED[envelope["schema"]]
    return type(rows) is list and rows != [] and all(_is_good(row, allowed) for row in rows)


def is_payload_data(schema: object) -> bool:
    """Whether a schema URI is one of the versions of `payload_data`."""
    return isinstance(schema, str) and schema in _ALLOWED


def row_failures(schema: str, rows: Sequence[Any]) -> list[Failure]:
    """What the rows of a payload break, at most 20 faults."""
    faults = (fault for index, row in enumerate(rows) for fault in _faults(index, row, schema))
    return [Failure(schema, path, message) for path, message in islice(faults, MAX_FAILURES)]


def _is_good(row: Any, allowed: frozenset[str]) -> bool:
    return (
        type(row) is dict
        and set(map(type, row.values())) <= {str}
        and row.keys() >= _REQUIRED
        and row.keys() <= allowed
    )


def _faults(index: int, row: Any, schema: str) -> Iterator[tuple[str, str]]:
    """The path and the words of each fault of a row."""
    path = f"$.data[{index}]"
    if not isinstance(row, dict):
        yield path, f"an event must be an object of strings, not {quoted_value(row)}"
        return
    for name in sorted(_REQUIRED - row.keys()):
        yield path, f'"{name}" is missing: each event in a payload needs e, p and tv'
    version = schema.rpartition("/")[2]
    for name, value in row.items():
        if name not in _ALLOWED[schema]:
            advice = "send your own data in a self-describing event or in an entity"
            yield path, f"{quoted(name)} is not a field of payload_data {version}: {advice}"
        elif not isinstance(value, str):
            yield f"{path}.{name}", f'"{name}" must be a string, not {quoted_value(value)}'
