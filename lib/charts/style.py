"""Colors and words of the charts.

Values and labels are untrusted, and Plotly reads markup in all text, so everything shown goes
through `plain_text`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

MAX_LABEL = 48


@dataclass(frozen=True)
class Colors:
    """The chart's colors in one mode. `series` is the theme's `chartCategoricalColors`."""

    text: str
    grid: str
    series: tuple[str, ...]
    on_series: str

    @property
    def line(self) -> str:
        return self.series[0]

    @property
    def threshold(self) -> str:
        return self.series[1]

    @property
    def intervention(self) -> str:
        return self.series[3]

    @property
    def muted(self) -> str:
        return self.series[6]


LIGHT = Colors(
    text="#120d24",
    grid="rgba(18,13,36,0.12)",
    series=("#1177d7", "#c55213", "#0e3737", "#60187b", "#682707", "#5806d5", "#78728f"),
    on_series="#ffffff",
)
DARK = Colors(
    text="#f5f3fb",
    grid="rgba(245,243,251,0.16)",
    series=("#d7ecff", "#cd6f16", "#3c976e", "#ce54ff", "#fbd608", "#77fdac", "#9284b8"),
    on_series="#14111f",
)


def hover(content: str) -> str:
    """The label at the pointer: the content, and the time below it."""
    return f"{content}<br>%{{x|%b %-d, %H:%M:%S}} UTC<extra></extra>"


def number_text(value: float) -> str:
    """A number as a person reads it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def time_text(moment: datetime) -> str:
    """A time as Plotly reads it: without an offset, which it would ignore."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def clock_text(moment: datetime) -> str:
    """The time of day, UTC."""
    return moment.astimezone(UTC).strftime("%H:%M:%S")


def shortened(value: Any) -> str:
    """Any value on one short line, without invisible or invalid characters."""
    # Cut first, so that a text of a megabyte takes no longer than a short one.
    line = " ".join(str(value)[: 4 * MAX_LABEL].split())
    visible = "".join(c for c in line if c.isprintable())
    return visible if len(visible) <= MAX_LABEL else visible[: MAX_LABEL - 1] + "…"


def plain_text(value: Any) -> str:
    """Any value as text that Plotly shows as it is: no tags, no entities, no formulas."""
    return escape(shortened(value), quote=False).replace("$", "&#36;")
