"""The picture on the nudge's card, as a component: it moves when a nudge arrives.

Whoever asks their system for less motion sees it without any.
"""

import streamlit as st

HTML = """<div aria-hidden="true"><svg viewBox="0 0 24 24"><path
  d="M12 2l2.9 6.3 6.8.8-5 4.7 1.3 6.8L12 17.3 6 20.6l1.3-6.8-5-4.7 6.8-.8z"/></svg></div>"""
CSS = """
div {
  display: grid; place-items: center; width: 3.2rem; height: 3.2rem;
  border-radius: 50%; background: var(--st-violet-background-color);
  border: 2px solid var(--st-primary-color); box-sizing: border-box;
}
svg { width: 1.8rem; fill: var(--st-primary-color); }
@keyframes arrive {
  0% { transform: scale(0.2) rotate(-25deg); box-shadow: 0 0 0 0 var(--st-primary-color); }
  55% { transform: scale(1.2) rotate(12deg); box-shadow: 0 0 0 0.7rem transparent; }
  100% { transform: none; box-shadow: none; }
}
.new { animation: arrive 0.7s ease-out 2; }
@media (prefers-reduced-motion: reduce) { .new { animation: none; } }
"""
JS = """
export default function ({ data, parentElement }) {
  const picture = parentElement.querySelector("div")
  if (picture.dataset.shown === data) return
  picture.dataset.shown = data
  picture.classList.remove("new")
  void picture.offsetWidth  // so that the movement begins anew
  picture.classList.add("new")
}
"""

_component = st.components.v2.component("arrival", html=HTML, css=CSS, js=JS)


def show_arrival(what: str) -> None:
    """Draw the picture; it moves once for each thing that arrives."""
    _component(key="arrival", data=what, width=56)
