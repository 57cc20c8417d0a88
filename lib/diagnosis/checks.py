"""Why nothing happened: small independent checks, in the order in which data flows.

Each check looks at one thing. It says that all is well, what is wrong and how to fix it, or that
the app cannot know and where to look. The first finding is the cause: later ones follow from it.

The checks are in `connection_checks.py` and, through `event_checks.py`, in three more modules.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from lib.connection.explanations import SDK_ERRORS, explained

Status = Literal["ok", "finding", "unknown"]


@dataclass(frozen=True)
class Verdict:
    """What a check found: `evidence` says what was seen, `fix` what to do or where to look."""

    status: Status
    evidence: str
    fix: str = ""


def ok(evidence: str) -> Verdict:
    """All is well."""
    return Verdict("ok", evidence)


def finding(evidence: str, fix: str) -> Verdict:
    """Something is wrong, or has not happened yet."""
    return Verdict("finding", evidence, fix)


def unknown(evidence: str, where: str = "") -> Verdict:
    """The app cannot know it."""
    return Verdict("unknown", evidence, where)


@dataclass(frozen=True)
class Check:
    """One check: `question` is what a person reads, `look` does it.

    `prepare` refreshes what the check looks at. Checks that share it run it once for all of them.
    """

    name: str
    question: str
    look: Callable[[], Verdict]
    prepare: Callable[[], None] | None = None


class Diagnosis:
    """A list of checks and what they found so far. `on_news` is called after each.

    `looked_at` is when the checks last ran, UTC; None before. `basis` returns what they depend on:
    when it changes, the findings are outdated.
    """

    def __init__(
        self,
        name: str,
        checks: Sequence[Check],
        on_news: Callable[[], None],
        basis: Callable[[], object] = lambda: None,
    ) -> None:
        self.name = name
        self.checks = tuple(checks)
        self._on_news = on_news
        self._lock = threading.Lock()
        self._verdicts: dict[str, Verdict] = {}
        self._current: Check | None = None
        self.looked_at: datetime | None = None
        self._basis = basis
        self._known_basis: object = None

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """What was found, by the name of the check."""
        with self._lock:
            return dict(self._verdicts)

    @property
    def current(self) -> Check | None:
        """The check that runs now."""
        return self._current

    @property
    def cause(self) -> tuple[Check, Verdict] | None:
        """The first finding, which explains those after it; None without one."""
        return self.cause_in(self.verdicts)

    def cause_in(self, verdicts: Mapping[str, Verdict]) -> tuple[Check, Verdict] | None:
        """The same in verdicts that were read before: another tab may have started it again."""
        for check in self.checks:
            verdict = verdicts.get(check.name)
            if verdict is not None and verdict.status == "finding":
                return check, verdict
        return None

    @property
    def is_outdated(self) -> bool:
        """Whether the findings may no longer hold."""
        return bool(self.verdicts) and self._known_basis != self._basis()

    def run(self) -> "Diagnosis":
        """Run every check in turn, which may take seconds. Returns itself."""
        with self._lock:
            self._verdicts.clear()
        self.looked_at = datetime.now(UTC)
        prepared: set[Callable[[], None] | None] = {None}
        for check in self.checks:
            self._run(check, is_prepared=check.prepare in prepared)
            prepared.add(check.prepare)
        self._known_basis = self._basis()
        return self

    def run_again(self, name: str) -> "Diagnosis":
        """Run one check. Returns itself."""
        for check in self.checks:
            if check.name == name:
                self._run(check, is_prepared=check.prepare is None)
        return self

    def _run(self, check: Check, *, is_prepared: bool) -> None:
        self._current = check
        self._on_news()
        try:
            if check.prepare is not None and not is_prepared:
                check.prepare()
            verdict = check.look()
        except Exception as error:
            # Any error: if the other checks did not run, a person would think that all is well.
            verdict = _not_looked_at(error)
        with self._lock:
            self._verdicts[check.name] = verdict
        self._current = None
        self._on_news()


def _not_looked_at(error: Exception) -> Verdict:
    """An error in words, without addresses: a sandbox's address contains its token."""
    if isinstance(error, SDK_ERRORS):
        problem = explained(error)
        return unknown(f"This could not be checked: {problem.message}", problem.advice)
    words = error.strerror if isinstance(error, OSError) else None
    return unknown(
        f"This could not be checked: {words or type(error).__name__}.", "Check again in a moment."
    )
