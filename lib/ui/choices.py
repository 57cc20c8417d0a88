"""Choices of which the app itself may take another one.

`st.radio` would bring old ones back. The app takes another choice when its user changes something
else; a browser that has not heard of it yet sends the old one along with the next gesture, and
Streamlit takes that for a new choice. A button is pressed or it is not.
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
