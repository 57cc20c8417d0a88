"""A code font for Python in a text area: Streamlit's text area has the font of prose.

A component adds the style and shows nothing. It reaches outside itself, to the one text area that
holds the draft, by the class that Streamlit documents for a key. Everything else about the text
area, including the keyboard, screen readers and the theme, stays Streamlit's.
"""

import streamlit as st

from lib.ui.draft import SOURCE

STYLE = f"""
.st-key-{SOURCE} textarea {{
    font-family: "Source Code Pro", ui-monospace, monospace;
    font-size: 0.8125rem;
    line-height: 1.5;
    white-space: pre;
    overflow-x: auto;
    tab-size: 4;
}}
"""

_font = st.components.v2.component(
    "code_font", html="<span></span>", css=STYLE, isolate_styles=False
)


def use_code_font() -> None:
    """Show the draft's Python in a code font on this page."""
    _font(key="code_font", height=1)
