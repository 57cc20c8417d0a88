"""How much the fuzz tests do: a little and always the same, or `FUZZ_REQUESTS` and at random.

`make test` leaves `FUZZ_REQUESTS` unset; `make fuzz` sets it to the requests that the tests of the
API, and again those of the collector, make at least.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings

FULL = int(os.environ.get("FUZZ_REQUESTS", "0"))
HISTORIES = 500 if FULL else 30
"""How many generated histories each aggregation and the engine are compared over."""


def sized(small: int, full: int) -> Any:
    """Hypothesis settings with one of two numbers of examples."""
    return settings(
        max_examples=full if FULL else small,
        derandomize=not FULL,
        database=None,
        deadline=None,
        # Definitions are large to generate, and what a server answers is slower than a function.
        suppress_health_check=list(HealthCheck),
    )
