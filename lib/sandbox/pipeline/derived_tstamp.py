"""When an event happened, by the collector's clock.

Source: https://docs.snowplow.io/docs/events/timestamps/ and Enrich's condition `dtm < stm`.
"""


def derived_tstamp(collected: int, created: int | None, sent: int | None, true: int | None) -> int:
    """The time of an event, in milliseconds since the epoch, UTC, like all four arguments.

    A device's clock may be wrong, but how long the event waited on the device is right:

    >>> derived_tstamp(collected=10_000, created=500, sent=700, true=None)
    9800

    Only when it was created before it was sent. The Python tracker cuts the time of sending to
    whole seconds: without the condition its events would lie up to a second in the future.

    >>> derived_tstamp(collected=10_000, created=700, sent=500, true=None)
    10000

    The result is below zero when the two lie further apart than `collected` and 1970.
    """
    if true is not None:
        return true
    if created is None or sent is None or created >= sent:
        return collected
    return collected - (sent - created)
