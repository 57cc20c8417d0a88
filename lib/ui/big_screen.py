"""The big screen: what a room sees of itself on a projector, drawn by a component of ours.

Streamlit's elements have fixed sizes and sit in a frame. A projector needs the whole window, type
that grows with it, and a moment that everybody notices. The component gets data and reports when
somebody leaves it; everything it shows is text.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import segno
import streamlit as st

from lib.charts.room_chart import Everybody, room_chart
from lib.demo.demo_profile import DemoProfile
from lib.people.room import Standing

CROSSING_SECONDS = 15  # a moment older than this is no longer news
PIECES = re.compile(r"[^/?&=.-]*[/?&=.-]*")


def _source(kind: str) -> str:
    return Path(__file__).with_suffix(f".{kind}").read_text(encoding="utf-8")


_component = st.components.v2.component(
    "big_screen", html=_source("html"), css=_source("css"), js=_source("js")
)


def show_big_screen(data: dict[str, Any], on_left: Callable[[], None]) -> None:
    """Cover the window with `data`, as `screen_data` makes it, until somebody leaves."""
    _component(key="screen", data=data, on_left_change=on_left)


def screen_data(
    everybody: Everybody,
    simulated_nudges: int,
    threshold: float | None,
    profile: DemoProfile,
    *,
    link: str,
    code: str,
    is_paused: bool,
) -> dict[str, Any]:
    """Everything that the big screen shows. Without a link nobody can join."""
    nudged = [each for each in everybody.people if each.nudged_at is not None]
    return room_chart(everybody, threshold) | {
        "task": _task(threshold, profile, can_join=bool(link)),
        "qr": _qr(link) if link else "",
        "code": code.replace("-", " "),
        "address": [each for each in PIECES.findall(link.partition("://")[2]) if each],
        "nudges": len(nudged) + simulated_nudges,
        "detail": _detail(len(nudged), simulated_nudges),
        "state": "Paused" if is_paused else "",
        "crossings": _crossings(nudged),
    }


def _qr(link: str) -> str:
    code = segno.make(link, error="m", micro=False)
    return code.svg_data_uri(light="#ffffff", omitsize=True, border=2)


def _task(threshold: float | None, profile: DemoProfile, *, can_join: bool) -> str:
    if threshold is None:
        return "Scan to join" if can_join else ""
    goal = profile.goal_of(profile.number_of(threshold))
    return f"Scan, then {goal}" if can_join else goal[:1].upper() + goal[1:]


def _detail(people: int, simulated: int) -> str:
    if not simulated:
        return "so far"
    return f"{people:,} {'person' if people == 1 else 'people'}, {simulated:,} simulated"


def _crossings(nudged: Sequence[Standing]) -> list[dict[str, str]]:
    """Those who were nudged a moment ago, earliest first. A crossing is identified by its time: the
    id of a person is a secret."""
    now = datetime.now(UTC)
    new = [
        (each.nudged_at, each.name)
        for each in nudged
        if each.nudged_at and (now - each.nudged_at).total_seconds() < CROSSING_SECONDS
    ]
    return [{"id": at.isoformat(), "name": name} for at, name in sorted(new)]
