"""The room: the people who share one sandbox or account, and their names.

A sandbox's token is a secret, so people join by a code that stands for it: three words and three
digits, about 34 random bits, which the server keeps and a presenter can replace. Participant ids
are secrets too, because anyone with an id can read that person's interventions: screens show
display names.

    NameProblem          a name that cannot be used; its text is for the person
"""

import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from lib.people.room_words import WORDS
from lib.snowplow.attributes import completed_tasks
from lib.snowplow.interventions import SENDER
from lib.text import DIRECTION_CONTROLS
from lib.world.app_state import AppState

NAME_AT_MOST = 30
NOT_A_NAME = ("everyone", "simulated", "somebody else", "me")
MEMBERS_AT_MOST = 500
CODE = re.compile(r"[a-z]{9,15}[0-9]{3}")
WORD = "(?:[A-Z]?[a-z]{1,9}|[A-Z]{2,9})"
WORDS_AND_NUMBER = re.compile(rf"{WORD}(?:[\s_-]+{WORD}){{1,3}}[\s_-]*[0-9]{{0,9}}")
PART = re.compile(r"[a-z0-9]{1,13}")  # of a code that was mistyped or pasted twice, as 482amber


class NameProblem(Exception):
    """A name that cannot be used, in words for the person who chose it."""


@dataclass(frozen=True)
class Room:
    """A sandbox or account that a presenter opened for others. On an account there is no code."""

    place: str = field(repr=False)
    code: str
    is_paused: bool


@dataclass(frozen=True)
class Member:
    """Somebody in a room. `has_chosen` says whether they were asked for their name."""

    user_id: str = field(repr=False)
    name: str
    has_chosen: bool


@dataclass(frozen=True)
class Standing:
    """How far a member is, in tasks and in the guide. `nudged_at` is when the nudge arrived,
    `was_handled` says whether a page showed it, and `has_accepted` whether they accepted it."""

    member: Member
    steps: int
    tasks: float | None
    nudged_at: datetime | None
    is_here: bool
    was_handled: bool = False
    has_accepted: bool = False

    @property
    def name(self) -> str:
        return self.member.name


class Rooms:
    """All rooms of this app, kept in its file."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def find(self, place: str) -> Room | None:
        """The room of a sandbox or account; None if nobody has opened one."""
        row = self._state.rooms.room(place)
        return None if row is None else Room(place, *row)

    def open(self, place: str, *, with_code: bool) -> Room:
        """The room of a sandbox or account, with the code that it has or a new one."""
        room = self.find(place)
        if room is not None:
            return room
        if with_code:
            return self.new_code(place)
        self._state.rooms.save_room(place, "", None)
        return Room(place, "", is_paused=False)

    def new_code(self, place: str) -> Room:
        """The room with a new code. The old code stops working."""
        code = new_code()
        while not self._state.rooms.save_room(place, code, squeezed(code)):
            code = new_code()
        return self.find(place) or Room(place, code, is_paused=False)

    def joined_by(self, code: str) -> Room | None:
        """The room that a code stands for, whatever its spaces and capitals; None if there is none.

        Wrong codes lock nobody out: a whole room may share an address. Guessing is still hopeless:
        a session gets one try a second (`lib/world/pace.py`), so a thousand of them at once try
        2**25 of the 2**34 codes in an eight-hour workshop: one chance in 500.
        """
        place = self._state.rooms.room_place(squeezed(code))
        return None if place is None else self.find(place)

    def has_others(self, place: str) -> bool:
        """Whether anybody other than the presenter is or was in a room."""
        return self._state.rooms.count_members(place) > 1

    def pause(self, place: str, is_paused: bool) -> None:
        """Pause or resume a room."""
        self._state.rooms.pause_room(place, is_paused)

    def member(self, place: str, user_id: str) -> Member:
        """A member of a room. A new one gets a name."""
        found = self._state.rooms.member(place, user_id)
        number = self._state.rooms.count_members(place) if found is None else 0
        while found is None:
            number += 1
            self._state.rooms.add_member(place, user_id, f"Guest {number}", MEMBERS_AT_MOST)
            found = self._state.rooms.member(place, user_id)
        return Member(user_id, *found)

    def follow(self, place: str, user_id: str, to: str) -> None:
        """Move a member to a new user id and keep the name: it is the same person."""
        self._state.rooms.move_member(place, user_id, to)

    def rename(self, place: str, user_id: str, name: str) -> None:
        """Give a member the name that they chose. Raises `NameProblem`."""
        name = checked_name(name)
        if not self._state.rooms.rename_member(place, user_id, name):
            raise NameProblem(f"Somebody here is already called {name}. Add something to it.")

    def standings(
        self,
        place: str,
        here: Collection[str],
        intervention: tuple[str, int] | None,
        *,
        has_count: bool = True,
    ) -> list[Standing]:
        """How far everybody is, in the order in which they joined.

        `here` are the users whose board is open, and `intervention` the name and the version that
        count as a nudge. `has_count` says that Signals counts tasks here; where it does not, the
        tasks that the app has tracked count.
        """
        for user_id in here:
            self.member(place, user_id)
        steps = self._state.guide_counts(place)
        return [
            Standing(
                Member(user_id, name, has_chosen),
                steps.get(f"{place}:{user_id}", 0),
                completed_tasks(self._state.last_values(f"{place}:{user_id}"))
                if has_count
                else self._state.count_completed(f"{place}:{user_id}"),
                *self._nudge(f"{place}:{user_id}", intervention, is_here=user_id in here),
            )
            for user_id, name, has_chosen in self._state.rooms.members(place)
        ]

    def _nudge(
        self, world: str, intervention: tuple[str, int] | None, *, is_here: bool
    ) -> tuple[datetime | None, bool, bool, bool]:
        """When the nudge first arrived, whether they are here, and what happened to the nudge."""
        arrived = [
            (tstamp, body.get("intervention_id"), answer)
            for tstamp, body, answer, _ in self._state.inbox(world)
            if (body.get("name"), body.get("version")) == intervention
            and not SENDER.items() <= (body.get("attributes") or {}).items()
        ]
        shown = self._state.shown(world)
        was_handled = any(
            answer or (key in shown and not shown[key][1]) for _, key, answer in arrived
        )
        return (
            min((tstamp for tstamp, *_ in arrived), default=None),
            is_here,
            was_handled,
            any(answer == "accepted" for *_, answer in arrived),
        )


def new_code() -> str:
    """A code that can be read aloud, from at least 30 random bits.

    >>> len(WORDS) ** 3 * 900 >= 2**34
    True
    """
    words = [secrets.choice(WORDS) for _ in range(3)]
    return "-".join([*words, str(100 + secrets.randbelow(900))])


def squeezed(code: str) -> str:
    """A code without capitals, spaces and hyphens, which people write in different ways.

    >>> squeezed(" Amber Otter--STONE 482 ")
    'amberotterstone482'
    """
    return "".join(c for c in code[:200].lower() if c.isalnum())


def is_code(text: str) -> bool:
    """Whether this looks like a code, right or wrong.

    >>> is_code("amber otter stone 482"), is_code("Zr8h_q3kTn2Lw5Vd-0xYb1Gs")
    (True, False)
    """
    return CODE.fullmatch(squeezed(text)) is not None


def was_meant_as_code(text: str) -> bool:
    """Whether this is a mistyped code, and not a sandbox's token: a few words, with or without a
    number; or parts of words and digits, all in lower or all in upper case, as in a code that was
    pasted twice. One token in a hundred million looks like that.

    >>> was_meant_as_code("amber-otter-stones-4825"), was_meant_as_code("amber-otter-stone")
    (True, True)
    >>> was_meant_as_code("amb3r-otter-bottle-4821")
    True
    >>> was_meant_as_code("Zr8h_q3kTn2Lw5Vd-0xYb1Gs")
    False
    """
    written = text.strip()
    is_words = WORDS_AND_NUMBER.fullmatch(written) is not None
    return not is_code(text) and (is_words or _has_parts_of_a_code(written))


def _has_parts_of_a_code(text: str) -> bool:
    """Whether there are three parts or more, one of them a word, in letters of one case."""
    small = text.lower()
    parts = re.split(r"[\s_-]+", small)
    has_word = any(len(each) >= 3 and each.isalpha() for each in parts)
    is_in_one_case = text[1:] in (small[1:], small[1:].upper())  # phones begin with a capital
    is_split = len(parts) >= 3 and all(PART.fullmatch(each) for each in parts)
    return is_in_one_case and has_word and is_split


def checked_name(name: str) -> str:
    """The name on one line, without invisible characters. Raises `NameProblem`.

    >>> checked_name("  Ana \\n Maria ")
    'Ana Maria'
    """
    spaced = " ".join(name.split())
    visible = "".join(
        c
        for c in spaced
        if unicodedata.category(c) not in ("Cc", "Cf", "Cs") and c not in DIRECTION_CONTROLS
    ).strip()
    if not visible:
        raise NameProblem("A name needs at least one character.")
    if visible.casefold() in NOT_A_NAME:
        raise NameProblem("Choose another name. This one could be mistaken for something else.")
    if len(visible) > NAME_AT_MOST:
        raise NameProblem(f"A name has at most {NAME_AT_MOST} characters.")
    return visible
