"""An agentic context in words: its summary, the answer in JSON, and the narrative for a prompt.

The words, the table and its order are Snowplow's. Not documented, and therefore decided here
*(ours)*: seconds are whole and rounded down; a column is filled by the entry's key of that name;
in `event_context`, texts have single quotes, everything else is as in JSON except for the quotes
around keys; characters that would end a line are escaped, so that an event's data cannot look like
a separate line.

Source: https://docs.snowplow.io/docs/signals/applications/agentic-contexts/ (response format)
"""

import json
from typing import Any

from snowplow_signals.models.model import EventLogBufferResponse

from lib.sandbox.queries.event_logs import AgenticContext, Entry, Moment

NAME, URL = "event_name", "page_urlpath"
COLUMNS = "seconds_since_start_of_session, event, url, event_context"
SCHEMA_VERSION = 1
CONTROLS = (*range(32), *range(127, 160), 0x2028, 0x2029)
IN_A_LINE = str.maketrans({chr(code): f"\\u{code:04x}" for code in CONTROLS})
IN_QUOTES = IN_A_LINE | str.maketrans({"\\": "\\\\", "'": "\\'"})


def context_response(context: AgenticContext) -> EventLogBufferResponse:
    """The context as the API answers it in JSON."""
    return EventLogBufferResponse(
        name=context.log.name,
        version=SCHEMA_VERSION,
        attribute_key=context.log.attribute_key.name,
        identifier=context.identifier,
        events=context.entries,
        prompt=context.log.prompt,
        started_at_ms=context.started,
        summary=summary(context),
    )


def narrative(context: AgenticContext) -> str:
    """The context as plain text, for a prompt."""
    lines = [
        "[START CONTEXT]",
        summary(context),
        "## Real-time user behaviour",
        "Events are ordered from oldest to most recent.",
        COLUMNS,
        *(_row(moment, context.started) for moment in context.moments),
        "[END CONTEXT]",
    ]
    return "\n".join(lines)


def summary(context: AgenticContext) -> str:
    """Time on the current page, age of the session, and the limits of the log."""
    return (
        f"{_seconds(context.page_since, context.now)} seconds on the current page."
        f" Session started {_seconds(context.started, context.now)} seconds ago."
        f" Based on last {context.log.max_events} recorded events"
        f" for the last {context.log.max_age_seconds} seconds."
    )


def _row(moment: Moment, started: int) -> str:
    entry: Entry = moment.entry or {}
    rest = {name: value for name, value in entry.items() if name not in (NAME, URL)}
    name, url = (str(entry.get(column, "")).translate(IN_A_LINE) for column in (NAME, URL))
    return f"{_seconds(started, moment.tstamp)}, {name}, {url}, {in_words(rest)}"


def in_words(value: Any) -> str:
    r"""A value in the manner of JSON, on one line.

    >>> in_words({"sku": "SKU123", "sizes": [1, None, True], "by": {"name": "O'Neil\n"}})
    "{sku: 'SKU123', sizes: [1, null, true], by: {name: 'O\\'Neil\\u000a'}}"
    """
    if isinstance(value, str):
        return f"'{value.translate(IN_QUOTES)}'"
    if isinstance(value, dict):
        parts = (f"{key.translate(IN_A_LINE)}: {in_words(each)}" for key, each in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        return f"[{', '.join(in_words(each) for each in value)}]"
    return json.dumps(value)


def _seconds(since: int, until: int) -> int:
    return (until - since) // 1000
