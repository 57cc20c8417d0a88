"""The form for the words of an intervention: what the app shows when it arrives.

Each field is saved as soon as it is left, for everyone in the sandbox or account.
"""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lib.demo.own_words import BUTTON_AT_MOST, HEADLINE_AT_MOST, TEXT_AT_MOST, OwnWords
from lib.studio.changes import with_suffix
from lib.studio.handler import written_handler
from lib.text import code, plain
from lib.ui import session
from lib.ui.building import building_ban, is_own, own_suffix
from lib.ui.elements import show_code
from lib.ui.fields import key_to_show
from lib.ui.presentation import is_presenting
from lib.world.participant import Participant

KINDS = {False: "A nudge on the page", True: "A brief note"}


def show_words(participant: Participant, name: str, attributes: Sequence[str]) -> None:
    """The fields for the words of an intervention; its payload has these attributes."""
    if name == participant.names.intervention:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Its words come from the demo profile.", width="content")
            st.page_link("pages/profile.py", label="Change them", icon=":material/storefront:")
        return
    words = participant.words_of(name)
    is_closed = not _may_write(name)
    key = key_to_show(_key(name, "told"), words.is_told_only)
    st.radio(
        "When it arrives, the app shows",
        tuple(KINDS),
        index=int(words.is_told_only),
        format_func=lambda each: KINDS[each],
        key=key,
        horizontal=True,
        disabled=is_closed,
        on_change=_keep,
        args=(participant, name, "told", key),
        help="A nudge stays until it is answered. A brief note disappears after ten seconds, and"
        " stays in the list of received interventions.",
    )
    _show_texts(participant, name, words, is_closed=is_closed)
    _show_names(words, attributes)
    if not is_presenting():
        with st.expander(
            "The handler that shows it", icon=":material/code:", key=f"handler_{name}"
        ):
            show_code(written_handler(name, words))


def _may_write(name: str) -> bool:
    """Whether this session may write an intervention's words: guests only those of their own."""
    return is_own(name) and building_ban() is None


def _show_texts(participant: Participant, name: str, words: OwnWords, *, is_closed: bool) -> None:
    fields = [
        ("headline", "Headline", words.headline, HEADLINE_AT_MOST, f"{name} arrived"),
        ("text", "Text", words.text, TEXT_AT_MOST, "The values in its payload"),
    ]
    if not words.is_told_only:
        fields.append(("button", "Button", words.button, BUTTON_AT_MOST, "None: dismiss only"))
    for field, label, value, at_most, otherwise in fields:
        key = key_to_show(_key(name, field), value)
        st.text_input(
            label,
            value,
            max_chars=at_most,
            key=key,
            placeholder=otherwise,
            disabled=is_closed,
            on_change=_keep,
            args=(participant, name, field, key),
        )


def _show_names(words: OwnWords, attributes: Sequence[str]) -> None:
    """Which names may be in braces, and which names there are not attributes."""
    unknown = words.unknown_names(attributes)
    if unknown:
        names = ", ".join(code(f"{{{each}}}") for each in unknown)
        st.markdown(
            f":orange[:material/warning: Its payload has no {names}, so that stays as typed.]"
        )
    if attributes:
        names = ", ".join(code(f"{{{each}}}") for each in attributes)
        # No caption: code in one has too little contrast.
        st.markdown(
            f":small[Its payload has {names}. In the words, each is replaced by its value.]"
        )


def _keep(participant: Participant, name: str, field: str, key: str) -> None:
    """Save this field only: others may have changed since. For the fields' callbacks."""
    if not _may_write(name):  # a disabled field is no safeguard
        return
    words = participant.words_of(name)
    typed = st.session_state[key]
    if field == "told":
        changed = replace(words, is_told_only=bool(typed))
    else:
        texts = {"headline": words.headline, "text": words.text, "button": words.button}
        changed = OwnWords.of(**texts | {field: typed}, is_told_only=words.is_told_only)
    participant.keep_words(name, changed)


def follow_new_name(old: str, new: str) -> None:
    """Copy the words of an intervention in a draft to its new name, unless that has words."""
    participant = session.participant()
    old, new = (with_suffix(each, own_suffix()) for each in (old, new))
    if building_ban() is None and participant.words_of(new).is_empty:
        participant.keep_words(new, participant.words_of(old))


def words_line(words: OwnWords) -> str:
    """Somebody's words in a line of Markdown."""
    if words.is_empty:
        return "its name and its values. It has no words yet."
    parts = [plain(words.headline), plain(words.text)]
    return " · ".join(each for each in parts if each)


def _key(name: str, field: str) -> str:
    return f"words_{field}_{name}"
