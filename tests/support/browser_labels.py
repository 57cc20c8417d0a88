"""A browser's choices, which know only labels: AppTest knows what was chosen by its value."""

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1.element_tree import InitialValue, Selectbox


def as_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, a choice sends the label under which something was chosen, until the app sets
    another one, even if it is gone."""
    chosen: dict[str, str] = {}
    now = Selectbox._widget_state.fget

    def state(box: Selectbox) -> WidgetState:
        is_chosen_now = not isinstance(box._value, InitialValue)
        if box.proto.set_value and not is_chosen_now:
            chosen[box.id] = box.proto.raw_value
        elif is_chosen_now or box.id not in chosen:
            chosen[box.id] = now(box).string_value
        return WidgetState(id=box.id, string_value=chosen[box.id])

    monkeypatch.setattr(Selectbox, "_widget_state", property(state))
