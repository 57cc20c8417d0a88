"""The picture on the nudge's card and bar, as a component: it moves when a nudge arrives.

Whoever asks their system for less motion sees it without any.
"""

import streamlit as st

from lib.demo.colors import ink

HTML = """<div class="picture" aria-hidden="true"><svg viewBox="0 0 24 24"><path
  d="M12 2l2.9 6.3 6.8.8-5 4.7 1.3 6.8L12 17.3 6 20.6l1.3-6.8-5-4.7 6.8-.8z"/></svg></div>"""
CSS = """
.picture {
  position: relative; display: grid; place-items: center; width: 3.2rem; height: 3.2rem;
  border-radius: 50%; background: var(--accent);
}
svg { width: 1.8rem; fill: var(--ink); }
.small { width: 2rem; height: 2rem; }
.small svg { width: 1.2rem; }
.picture::after {
  content: ""; position: absolute; inset: 0; border-radius: 50%; opacity: 0;
  background: var(--accent);
}
/* Only opacity and transform move: a browser does that without drawing the page anew. */
@keyframes arrive {
  0% { transform: scale(0.2) rotate(-25deg); }
  55% { transform: scale(1.2) rotate(12deg); }
  100% { transform: none; }
}
@keyframes spread {
  0% { opacity: 0.6; transform: none; }
  55%, 100% { opacity: 0; transform: scale(1.5); }
}
.new { animation: arrive 0.7s ease-out 2; }
.new::after { animation: spread 0.7s ease-out 2; }
@media (prefers-reduced-motion: reduce) { .new, .new::after { animation: none; } }
"""
JS = """
export default function ({ data, parentElement }) {
  const picture = parentElement.querySelector(".picture")
  picture.style.setProperty("--accent", data.accent)
  picture.style.setProperty("--ink", data.ink)
  picture.classList.toggle("small", data.small)
  if (picture.dataset.shown === data.id) return
  picture.dataset.shown = data.id
  picture.classList.remove("new")
  void picture.offsetWidth  // so that the movement begins anew
  picture.classList.add("new")
}
"""

_component = st.components.v2.component("arrival", html=HTML, css=CSS, js=JS)


def show_arrival(what: str, accent: str, *, small: bool = False) -> None:
    """Draw the picture in an accent color; it moves once for each thing that arrives."""
    data = {"id": what, "accent": accent, "ink": ink(accent), "small": small}
    _component(key="arrival", data=data, width=36 if small else 56)
