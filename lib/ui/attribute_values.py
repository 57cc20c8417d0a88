"""The values of the chosen source, now and over time: each attribute is drawn by its kind.

A few attributes are all drawn. Of many, only the chosen ones are drawn, and a table has all of
them: a tick must not take longer because a group has fifty attributes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from lib.cached import cached_property
from lib.charts.attribute_chart import attribute_chart, attribute_summary
from lib.charts.durations import short_duration
from lib.charts.style import shortened
from lib.diagnosis.missing_values import computation_text, why_missing, why_no_profile
from lib.snowplow.criteria import is_number
from lib.studio.readable import Readable, Shown, SourceAttributes
from lib.studio.thresholds import Threshold, thresholds
from lib.text import code, plain, with_code
from lib.ui.elements import show_problem, show_value
from lib.ui.presentation import is_presenting
from lib.world.history import Mark, Reading, last_change
from lib.world.participant import Participant
from lib.world.polling import FAST_FOR_SECONDS, FAST_SECONDS, IDLE_SECONDS, SLOW_SECONDS
from lib.world.watched import Source, began_at

SHOWN_VALUES = "attributes_of"  # the key of the choice
FEW = 6  # up to this many are all drawn
AT_FIRST = 4  # drawn at first, if there are more
TALL, LOW = 280, 200  # pixels
TREND_POINTS = 40
REDRAWN_AFTER = timedelta(seconds=15)
EVERYTHING = "All"
# How much of the time the charts show. There is no dragging: on a phone, a swipe scrolls.
SPANS = {
    EVERYTHING: None,
    "10 minutes": timedelta(minutes=10),
    "1 minute": timedelta(minutes=1),
}
KEY_NAMES = {
    "user_id": "User",
    "domain_sessionid": "Session",
    "domain_userid": "Browser",
    "network_userid": "Cookie",
    "project_id": "Project",
}


@dataclass(frozen=True)
class Values:
    """What is known about one part: its readings, and why there can be none, if so."""

    part: SourceAttributes
    history: Sequence[Reading]
    latest: Reading | None
    why_not: str

    def why_missing(self, shown: Shown) -> str:
        """Why an attribute has no value now; empty if it has one, and before the first reading."""
        if self.why_not:
            return self.why_not
        if self.latest is None or self.latest.values.get(shown.name) is not None:
            return ""
        had_value = any(each.values.get(shown.name) is not None for each in self.history)
        return why_missing(shown.definition, had_value=had_value)


@dataclass(frozen=True)
class Attribute:
    """One attribute and what is known about it. `place` distinguishes those of the same name."""

    values: Values
    shown: Shown
    place: str

    @property
    def now(self) -> Any:
        """Its value."""
        return self.values.latest.values.get(self.shown.name) if self.values.latest else None


def is_story(participant: Participant, source: Source) -> bool:
    """Whether this is the story's service, whose history is kept permanently."""
    return source.version is None and (source.name, source.key) == (
        participant.names.service,
        "user_id",
    )


def values_of(participant: Participant, chosen: Readable) -> list[Values]:
    """The values of the chosen parts. Starts reading those that are not read for every page."""
    sources = [each.source for each in chosen.parts if not is_story(participant, each.source)]
    participant.watched.look(sources)
    mine = participant.identifiers
    return [
        _values(participant, each, why_no_profile(each.source.key, mine)) for each in chosen.parts
    ]


def _values(participant: Participant, part: SourceAttributes, why_not: str) -> Values:
    if is_story(participant, part.source):
        return Values(part, participant.history, participant.seen.values, why_not)
    history = participant.watched.readings(part.source)
    return Values(part, history, history[-1] if history else None, why_not)


@dataclass(frozen=True)
class ValuesPage:
    """One drawing of the values. `rules` are the published interventions."""

    participant: Participant
    chosen: Readable
    values: Sequence[Values]
    rules: Sequence[Any]
    dark: bool

    def show(self) -> None:
        """Draw all of it."""
        self._show_problem()
        if self.chosen.size > FEW:
            self._show_many()
        elif len(self._keys) > 1:
            self._show_side_by_side()
        else:
            self._show_few()

    @cached_property
    def _attributes(self) -> list[Attribute]:
        return [
            Attribute(each, shown, f"{at}_{shown.name}" if len(self.values) > 1 else shown.name)
            for at, each in enumerate(self.values)
            for shown in each.part.attributes
        ]

    @property
    def _keys(self) -> list[str]:
        return list(dict.fromkeys(each.part.source.key for each in self.values))

    def _show_problem(self) -> None:
        problem = self.participant.watched.problem([each.part.source for each in self.values])
        if problem is not None:
            show_problem(problem)

    # A few

    def _show_few(self) -> None:
        if self.values[0].why_not:
            self._show_whose(self._keys[0])
            return
        if is_presenting():
            self._show_charts(self._attributes)
        self._show_whose(self._keys[0])
        self._show_metrics(self._attributes)
        if not is_presenting():
            self._show_controls()
            self._show_charts(self._attributes)

    def _show_side_by_side(self) -> None:
        if not is_presenting():
            self._show_controls()
        grid = st.grid(len(self._keys), min_column_width=300, gap=("medium", "large"))
        for key in self._keys:
            with grid.cell():
                self._show_whose(key)
                mine = [each for each in self._attributes if each.values.part.source.key == key]
                if mine[0].values.why_not:
                    continue
                self._show_metrics(mine)
                for each in mine:
                    self._show_chart(each, LOW)

    def _show_whose(self, key: str) -> None:
        """Whose values these are, and why there are none, if there can be none."""
        whose = self._of_key(key)
        if len(self._keys) > 1:
            st.markdown(self._owner(key))
        self._show_why_not(whose)

    def _of_key(self, key: str) -> list[Values]:
        return [each for each in self.values if each.part.source.key == key]

    def _owner(self, key: str) -> str:
        """Whose values a key names, such as the session with its id."""
        identifier = self.participant.identifiers.get(key, "")
        return f"**{plain(KEY_NAMES.get(key, key))}** {code(identifier) if identifier else ''}"

    def _show_why_not(self, whose: Sequence[Values]) -> None:
        if whose[0].why_not:
            st.info(with_code(whose[0].why_not), icon=":material/person_off:")
        elif all(each.latest is None for each in whose):
            st.caption("The values are being read.")

    def _show_metrics(self, attributes: Sequence[Attribute]) -> None:
        with st.grid(max(1, min(len(attributes), 3)), min_column_width=150):
            for each in attributes:
                _show_metric(each)

    def _show_charts(self, attributes: Sequence[Attribute]) -> None:
        if len(attributes) <= 2:
            for each in attributes:
                self._show_chart(each, TALL)
            return
        grid = st.grid(2, min_column_width=360, gap=("small", "large"))
        for each in attributes:
            with grid.cell():
                self._show_chart(each, LOW)

    def _show_chart(self, attribute: Attribute, height: int) -> None:
        name, unit = attribute.shown.name, attribute.shown.unit
        history = [each for each in attribute.values.history if each.at <= self._drawn_until]
        st.markdown(
            f"**{plain(name)}** :gray[{plain(computation_text(attribute.shown.definition))}]"
        )
        if why := attribute.values.why_missing(attribute.shown):
            st.caption(f":material/info: {with_code(why)}")
        if attribute.values.why_not:
            return
        lines = self._thresholds(attribute)
        chart = attribute_chart(
            name,
            history,
            self._marks(attribute.values),
            now=self._drawn_until,
            thresholds=lines,
            unit=unit,
            dark=self.dark,
            span=SPANS[st.session_state.get("span", EVERYTHING)],
            height=height,
        )
        if chart is None:
            _show_as_table(name, attribute.now)
            return
        st.plotly_chart(
            chart,
            theme=None,
            key=f"chart_{attribute.place}",
            alt=attribute_summary(name, history, thresholds=lines, unit=unit),
            config={"displaylogo": False, "displayModeBar": False},
        )

    def _marks(self, values: Values) -> list[Mark]:
        """What happened since the values were first read: a chart has no data from before."""
        if is_story(self.participant, values.part.source) or not values.history:
            return self._all_marks
        return [each for each in self._all_marks if each.at >= values.history[0].at]

    @cached_property
    def _all_marks(self) -> list[Mark]:
        return self.participant.marks

    def _thresholds(self, attribute: Attribute) -> list[Threshold]:
        return thresholds(self.rules, attribute.shown.group, attribute.shown.name)

    @cached_property
    def _drawn_until(self) -> datetime:
        """The time up to which the charts are drawn. It moves on when there is something new, and
        otherwise only now and then, because a chart flickers when it is drawn again. The time since
        an event changes with each reading, so only its first value counts as new."""
        newest = [each.now is None if each.shown.unit else each.now for each in self._attributes]
        content = (
            self.participant.world,
            self.participant.ahead,
            self.chosen.key,
            newest,
            self._all_marks[-1:],
        )
        now = self.participant.now
        drawn: datetime
        drawn, old_content = st.session_state.get("drawn", (now, None))
        if now - drawn > REDRAWN_AFTER or content != old_content:
            drawn = now
            st.session_state["drawn"] = (now, content)
        return drawn

    def _show_controls(self) -> None:
        read = [each.latest.at for each in self.values if each.latest is not None]
        begins = [each.history[0].at for each in self.values if each.history]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f"Read at {max(read):%H:%M:%S} UTC." if read else "Not read yet.",
                help=f"Now every {self.participant.polling.beat:g} seconds. For"
                f" {FAST_FOR_SECONDS:g} seconds after an event, every {FAST_SECONDS:g}; then every"
                f" {SLOW_SECONDS:g}, and every {IDLE_SECONDS:g} after a quiet minute."
                + (f" The history begins at {min(begins):%H:%M:%S} UTC." if begins else ""),
                width="content",
            )
            st.radio(
                "Show",
                SPANS,
                index=list(SPANS).index(EVERYTHING),
                key="span",
                persist_state="session",
                horizontal=True,
                label_visibility="collapsed",
            )

    # Many

    def _show_many(self) -> None:
        if len(self._keys) > 1:
            st.markdown(" · ".join(map(self._owner, self._keys)))
        for key in self._keys:
            self._show_why_not(self._of_key(key))
        if not is_presenting():
            self._show_controls()
        by_place = {each.place: each for each in self._attributes}
        # Each source has its own key: what was chosen for another one means nothing here.
        chosen = st.multiselect(
            "Charts",
            list(by_place),
            default=[at for at, each in by_place.items() if not each.values.why_not][:AT_FIRST],
            format_func=lambda place: self._label(by_place[place]),
            max_selections=FEW,
            key=f"charts_{self.chosen.key}",
            help=f"At most {FEW} at a time. The table has all of them.",
            persist_state="session",
        )
        self._show_charts([by_place[each] for each in chosen])
        st.markdown(f"**All {self.chosen.size} attributes**")
        st.dataframe(
            [self._row(each) for each in self._attributes],
            hide_index=True,
            key="attribute_table",
            column_config={"trend": st.column_config.LineChartColumn("trend", width="medium")},
            alt=f"The values of {self.chosen.label}",
        )

    def _label(self, attribute: Attribute) -> str:
        if len(self.values) == 1:
            return attribute.shown.name
        return f"{attribute.shown.name} ({attribute.shown.group})"

    def _row(self, attribute: Attribute) -> dict[str, Any]:
        name, unit, value = attribute.shown.name, attribute.shown.unit, attribute.now
        is_time = unit and is_number(value)
        why = attribute.values.why_missing(attribute.shown)
        of = {"group": attribute.shown.group, "key": attribute.values.part.source.key}
        return {
            "attribute": name,
            **(of if len(self.values) > 1 else {}),
            "value": short_duration(value, unit) if is_time else _in_line(value),
            "trend": _trend(name, attribute.values.history),
            "why it is empty": why.replace("`", ""),
        }


def _show_metric(attribute: Attribute) -> None:
    name, unit, value = attribute.shown.name, attribute.shown.unit, attribute.now
    latest = attribute.values.latest
    began = began_at(latest, name, unit) if latest is not None else None
    if began is not None:
        words, about = short_duration(value, unit), f"since {began:%H:%M:%S} UTC"
    elif isinstance(value, list | dict):
        words = f"{len(value)} {'item' if len(value) == 1 else 'items'}"
        about = plain(shortened(_in_line(value)))
    else:
        show_value(plain(name), value, last_change(name, reversed(attribute.values.history)))
        return
    st.metric(plain(name), words, about, delta_color="off", delta_arrow="off")


def _show_as_table(name: str, value: Any) -> None:
    """A value that no chart can show."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value or (), start=1)
    rows = [{"entry": str(entry), "value": _in_line(each)} for entry, each in pairs]
    st.dataframe(rows, hide_index=True, height=LOW, alt=f"The value of {name}")


def _in_line(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _trend(name: str, history: Sequence[Reading]) -> list[float] | None:
    """The newest numbers, or how many items there were; None for anything else."""
    values = [each.values.get(name) for each in history[-TREND_POINTS:]]
    sizes = [len(each) if isinstance(each, list | dict) else each for each in values]
    numbers = [float(each) for each in sizes if is_number(each)]
    return numbers or None
