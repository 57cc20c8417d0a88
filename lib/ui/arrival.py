"""The picture on the nudge's card and bar, as a component: it moves when a nudge arrives. If the
card is out of sight then, the page scrolls to it, unless somebody is typing.

It stays still on systems that are set to reduced motion.
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
/* Only opacity and transform move: a browser does that without repainting the page. */
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
const arrived = new Set()  // for as long as the browser keeps the page

// A phone shows one card of the board at a time: what arrives above it would not be seen.
function scrollToCard(picture, id) {
  if (arrived.has(id)) return
  arrived.add(id)
  const card = picture.getRootNode().host?.closest(".st-key-nudge")
  const isTyping = document.activeElement?.matches("input[type=text], textarea")
  if (!card || isTyping) return
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches
  const options = { block: "nearest", behavior: isCalm ? "instant" : "smooth" }
  requestAnimationFrame(() => setTimeout(() => card.scrollIntoView(options)))  // once it is drawn
}

export default function ({ data, parentElement }) {
  const picture = parentElement.querySelector(".picture")
  picture.style.setProperty("--accent", data.accent)
  picture.style.setProperty("--ink", data.ink)
  picture.classList.toggle("small", data.small)
  if (picture.dataset.shown === data.id) return
  picture.dataset.shown = data.id
  picture.classList.remove("new")
  void picture.offsetWidth  // so that the animation starts again
  picture.classList.add("new")
  if (!data.small) scrollToCard(picture, data.id)
}
"""

_component = st.components.v2.component("arrival", html=HTML, css=CSS, js=JS)


def show_arrival(what: str, accent: str, *, small: bool = False) -> None:
    """Draw the picture in an accent color; it moves once for each thing that arrives. A small one
    is on the bar, which is always in sight."""
    data = {"id": what, "accent": accent, "ink": ink(accent), "small": small}
    _component(key="arrival", data=data, width=36 if small else 56)
