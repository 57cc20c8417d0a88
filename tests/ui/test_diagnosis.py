"""A diagnosis on a page, while another tab may start the checks again."""

from types import SimpleNamespace
from typing import Any

from streamlit.testing.v1 import AppTest

from lib.diagnosis.checks import Check, Diagnosis, Verdict, finding, ok
from tests.support.steps import alerts

CHECKS = [
    Check("a", "Does it work?", lambda: ok("Yes.")),
    Check("b", "Does it last?", lambda: finding("No.", "Mend it.")),
]


class BegunAnew(Diagnosis):
    """One whose checks another tab starts again once somebody has looked at what they found."""

    @property
    def verdicts(self) -> dict[str, Verdict]:
        found = dict(super().verdicts)
        with self._lock:
            self._verdicts.clear()
        return found


def draw(participant: "Any", diagnosis: "Any") -> None:
    from lib.ui.diagnosis import show_diagnosis

    show_diagnosis(participant, diagnosis, "test")


def test_checks_that_begin_again_in_another_tab_leave_what_is_being_drawn_whole() -> None:
    diagnosis = BegunAnew("test", CHECKS, lambda: None)
    diagnosis.run()
    idle = SimpleNamespace(jobs=SimpleNamespace(find=lambda _: None))
    drawn = {"participant": idle, "diagnosis": diagnosis}
    at = AppTest.from_function(draw, kwargs=drawn).run()

    assert not at.exception
    assert alerts(at.warning) == [("No.", "Mend it.")]
    assert [each.label for each in at.button] == [
        ":green[:material/check_circle:] **Does it work?**",
        ":red[:material/error:] **Does it last?**",
    ]
