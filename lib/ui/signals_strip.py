"""The strip of four stages as a component: they light up in order, which no native element does.

One element, so a click costs one message for it. It stays still on systems that are set to reduced
motion.
"""

from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from lib.diagnosis.strip import StripStage

HTML = """
<div><ol aria-label="What Signals sees of the last event" aria-live="polite"></ol></div>
"""
CSS = """
div { container-type: inline-size; }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.4rem; }
li {
  position: relative; display: grid; grid-template-columns: 3.6rem 1fr auto;
  align-items: baseline; gap: 0 0.6rem;
  padding: 0.45rem 0.7rem; border: 1px solid var(--st-border-color);
  border-left-width: 0.35rem; border-radius: var(--st-base-radius);
  background: var(--st-background-color); color: var(--st-text-color);
}
.name, .after { font-size: 0.8rem; color: var(--st-gray-text-color); }
.title { font-weight: 650; overflow-wrap: anywhere; }
.detail { grid-column: 2 / 4; font-size: 0.85rem; color: var(--st-gray-text-color);
  overflow-wrap: anywhere; }
.done { border-left-color: var(--st-primary-color); }
.busy { border-left-color: var(--st-orange-text-color); }
.stopped { border-left-color: var(--st-red-text-color); }
.hit {
  border-left-color: var(--st-green-text-color); background: var(--st-green-background-color);
}
.large { font-size: 1.25rem; }
@container (max-width: 18rem) { /* the longest word of a title, task_completed, in one line */
  .title { grid-column: 2 / 4; }
  .after { grid-column: 1; grid-row: 2; }
  .detail { grid-row: 2; }
}
@container (min-width: 27rem) {
  ol { grid-template-columns: repeat(2, 1fr); }
  li { grid-template-columns: 1fr auto; align-content: start; }
  .title, .detail { grid-column: 1 / 3; }
  .title { grid-row: 2; }
}
@container (min-width: 48rem) {
  ol { grid-template-columns: repeat(4, 1fr); }
}
/* Only opacity and transform move: a browser does that without repainting the page. */
@keyframes arrive {
  from { opacity: 0.25; transform: translateX(-0.6rem); }
  to { opacity: 1; transform: none; }
}
@keyframes glow { 60% { opacity: 1; } }
.new::after {
  content: ""; position: absolute; inset: -1px; border-radius: inherit; opacity: 0;
  box-shadow: 0 0 0 2px var(--st-primary-color);
}
.new { animation: arrive 0.45s ease-out var(--delay) both; }
.new::after { animation: glow 0.45s ease-out var(--delay); }
@media (prefers-reduced-motion: reduce) { .new, .new::after { animation: none; } }
"""
JS = """
const STEP_MS = 140

function cell(kind, text) {
  const element = document.createElement("span")
  element.className = kind
  element.textContent = text
  return element
}

function row(stage, place, isNew) {
  const element = document.createElement("li")
  element.className = stage.state + (isNew ? " new" : "")
  element.style.setProperty("--delay", `${place * STEP_MS}ms`)
  const after = stage.after === null ? "" : `+${stage.after} ms`
  element.append(
    cell("name", stage.name), cell("title", stage.title), cell("after", after),
    cell("detail", stage.detail))
  return element
}

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ol")
  const before = list.dataset.shown ? JSON.parse(list.dataset.shown) : null
  const now = JSON.stringify(data)
  if (now === list.dataset.shown) return
  list.dataset.shown = now
  list.className = data.large ? "large" : ""
  const isOther = before !== null && before.event !== data.event
  list.replaceChildren(...data.stages.map((stage, place) => {
    const was = before && JSON.stringify(before.stages[place])
    const isNew = before !== null && (isOther || was !== JSON.stringify(stage))
    return row(stage, place, isNew && stage.state !== "idle")
  }))
}
"""

_component = st.components.v2.component("signals_strip", html=HTML, css=CSS, js=JS)


def show_strip(event_id: str, stages: Sequence[StripStage], *, large: bool) -> None:
    """Draw the stages. Those of another event light up one after the other."""
    shown = {"event": event_id, "large": large, "stages": [asdict(each) for each in stages]}
    _component(key="signals_strip", data=shown)
