"""Choices that the app itself may change too.

`st.radio` would bring old ones back. The app changes the choice when its user changes something
else. A browser that does not know this yet sends the old choice along with the next gesture, and
Streamlit mistakes it for a new one. A button is either pressed or not.
"""

from collections.abc import Callable, Mapping

import streamlit as st

CHOSEN, OTHERS = ":material/radio_button_checked:", ":material/radio_button_unchecked:"


def show_choices(
    label: str,
    choices: Mapping[str, str],
    chosen: str | None,
    choose: Callable[[str], None],
    *,
    key: str,
    help: str | None = None,
) -> None:
    """A row of `choices`, each with its words; `choose` is given the one that is pressed."""
    with st.container(key=key, gap=None):
        st.markdown(f":small[{label}]", help=help)
        with st.container(horizontal=True, gap="small"):
            for name, words in choices.items():
                st.button(
                    words,
                    key=f"{key}_{name.lower()}",
                    type="tertiary",
                    icon=CHOSEN if name == chosen else OTHERS,
                    on_click=choose,
                    args=(name,),
                )
