"""The profile page: show the app as somebody else's product."""

from contextlib import suppress
from typing import Any, Literal

import streamlit as st

from lib.demo.card_lines import cards_of, lines_of
from lib.demo.checks import LENGTHS, NAMES, NAMES_OF_EVENT, THRESHOLD_AT_MOST, checked_or
from lib.demo.demo_profile import DemoProfile, ProfileError
from lib.demo.profile_file import CHARACTERS_AT_MOST, from_toml, to_toml
from lib.demo.profile_link import link_of
from lib.demo.ready_profiles import ready_profiles
from lib.text import plain
from lib.ui import session
from lib.ui.choices import show_choices
from lib.ui.demo_profile import profile_ban, profile_link, show_preview, use_profile
from lib.ui.publishing import counts_another

LABELS = {
    "product": ("Name of the product", None),
    "project": ("Title of the board", None),
    "plan": ("Plan", "The user's subscription. It is tracked with each event."),
    "item": ("One card is called", "In the singular, such as task, product, lesson"),
    "items": ("Several are called", None),
    "action": ("Button that completes one", None),
    "goal": ("What to do", "In a sentence: Scan, then complete {number}"),
    "counted": ("What is counted", "The label of the number above the board"),
    "add": ("Button that adds one", None),
    "again": ("Button once all are done", None),
    "todo": ("First column", None),
    "in_progress": ("Second column", None),
    "done": ("Third column", None),
    "priority": ("Word for priority", "Tracked as the priority"),
    "low": ("Low", "Tracked as low"),
    "medium": ("Medium", "Tracked as medium"),
    "high": ("High", "Tracked as high"),
    "due": ("Word before the due date", "Empty: the cards show no date"),
    "mine": ("On the user's cards", "On started and done cards. Empty: nothing"),
    "headline": ("Headline", None),
    "message": ("Text", "{count}, {number}, {product} and {project} are filled in"),
    "button": ("Button", None),
    "accepted": ("What it says when pressed", None),
    "event": ("Event", "Its schema's name, such as product_added. Its properties stay the same"),
    "vendor": ("Vendor", "Of its schema, such as com.fjordandfell. Empty: the app's own"),
}
EVENT = (
    "The event that completing a card tracks, and that the definitions count. The app adds its"
    " schema to the sandbox. On Snowplow, add it to your Iglu registry first; the profiles that"
    " ship with the app track the app's own event there."
)
LOGO = (
    "One emoji, one or two letters, or a PNG or WebP picture as a data URL of at most 3,000 bytes"
)
ACCENT = (
    "The color of the logo and of the nudge's star. Checked against the light and the dark theme"
)
LANGUAGE = "The language tag of these words, such as en or pt-BR"
THRESHOLD = "Suggested when you publish the definitions"
CARDS = (
    "One card per line, followed by (high) or (low) if it is not medium. More than ten make two"
    " rounds."
)

participant = session.participant()


def key(name: str) -> str:
    return f"profile_{name}"


def kind(name: str) -> str:
    """The kind of product of a ready profile, and its language unless that is English."""
    language = ready_profiles()[name].language
    tongue = "" if language == "en" else f" ({language})"
    return f"{name.replace('_', ' ').capitalize()}{tongue}"


def fill(profile: DemoProfile) -> None:
    """Put a profile into the fields."""
    st.session_state["profile_draft"] = {name: getattr(profile, name) for name in NAMES}
    for name in NAMES:
        st.session_state.pop(key(name), None)


def entered() -> dict[str, Any]:
    """The current values of the fields."""
    values = {name: st.session_state[key(name)] for name in NAMES}
    return values | {"cards": cards_of(values["cards"])}


def use_entered() -> None:
    """Use the fields as they are now: the button may have been drawn for older values."""
    found, wrong = checked_or(entered(), participant.profile)
    if not wrong:
        with suppress(ProfileError):  # the page says that its link is too long
            use_profile(participant, link_of(found))


def is_to_be_filled() -> bool:
    """Whether to fill the fields with the profile in use: the first time, and when another profile
    comes into use while the fields still hold the last one unchanged."""
    if "profile_draft" not in st.session_state:
        return True
    before: DemoProfile = st.session_state["profile_filled_for"]
    found, problems = checked_or(st.session_state["profile_draft"], before)
    return participant.profile != before == found and not problems


def start_from(name: str) -> None:
    fill(ready_profiles()[name])


def read_source() -> None:
    st.session_state.pop("profile_source_problem", None)
    source = st.session_state["profile_source"]
    try:
        fill(from_toml(source))
    except ProfileError as error:
        st.session_state["profile_source_problem"] = (source, error.problems)


def show_field(name: str) -> None:
    """A field, with its error below."""
    if name == "cards":
        st.text_area("Cards", key=key(name), help=CARDS, height=320)
    elif name == "threshold":
        st.number_input("Nudge at", 1, THRESHOLD_AT_MOST, step=1, key=key(name), help=THRESHOLD)
    elif name == "accent":
        st.color_picker("Accent color", key=key(name), help=ACCENT)
    elif name == "logo":
        st.text_input("Logo", key=key(name), help=LOGO, max_chars=5_000)
    elif name == "message":
        label, meaning = LABELS[name]
        st.text_area(label, key=key(name), help=meaning, max_chars=LENGTHS[name], height=90)
    elif name == "language":
        st.text_input("Language", key=key(name), help=LANGUAGE, max_chars=20)
    elif name in NAMES_OF_EVENT:
        label, meaning = LABELS[name]
        st.text_input(label, key=key(name), help=meaning, max_chars=120)
    else:
        label, meaning = LABELS[name]
        st.text_input(label, key=key(name), help=meaning, max_chars=LENGTHS[name])
    if problem := problems.get(name):
        st.markdown(f":red[:material/error: {plain(problem)}]")


def show_fields(*names: str) -> None:
    with st.grid(3 if len(names) == 3 else 2, min_column_width=150) as grid:
        for name in names:
            with grid.cell():
                show_field(name)


if is_to_be_filled():
    fill(participant.profile)
st.session_state["profile_filled_for"] = participant.profile
draft = st.session_state["profile_draft"]
for name in NAMES:
    shown = lines_of(draft["cards"]) if name == "cards" else draft[name]
    st.session_state.setdefault(key(name), shown)
st.session_state["profile_draft"] = entered()
profile, problems = checked_or(entered(), participant.profile)

st.title("Profile", anchor=False)
st.caption(
    "Show the app as somebody else's product: its name, its words, its nudge, its event. Start from"
    " one of these, change what you like, and use it."
)
show_choices(
    "Start from",
    {name: kind(name) for name in ready_profiles()},
    next(
        (name for name, ready in ready_profiles().items() if ready == profile and not problems),
        None,
    ),
    start_from,
    key="profile_ready",
)

ban = profile_ban()
if ban is not None:
    st.info(plain(ban.advice), title=plain(ban.message), icon=":material/lock:")
try:
    link = link_of(profile)
except ProfileError as error:
    link = ""
    problems[""] = str(error)
is_in_use = profile == participant.profile and not problems
with st.container(horizontal=True, vertical_alignment="center"):
    st.button(
        "In use" if is_in_use else "Use this profile",
        key="use_profile",
        type="secondary" if is_in_use else "primary",
        icon=":material/check:" if is_in_use else ":material/storefront:",
        on_click=use_entered,
        disabled=bool(problems) or is_in_use or ban is not None,
        help="The board starts over if its title, its plan or its cards change",
    )
    st.download_button(
        "Download",
        to_toml(profile),
        "profile.toml",
        key="download_profile",
        icon=":material/download:",
        disabled=bool(problems),
        on_click="ignore",
    )
    if problems:
        wrong = ", ".join(
            LABELS.get(each, (each.capitalize(), None))[0] for each in problems if each
        )
        said = problems.get("", f"Correct these first: {wrong}.")
        st.markdown(f":red[:material/error: {plain(said)}]")
    elif is_in_use:
        st.page_link("pages/board.py", label="Next: see the board", icon=":material/view_kanban:")
published = participant.seen.published.threshold
is_other_threshold = published is not None and published != profile.threshold
counts_other_event = counts_another(participant)
if is_in_use and (is_other_threshold or counts_other_event):
    if is_other_threshold:
        st.markdown(
            f":material/info: The published nudge fires at {published:g}. To make it"
            f" {profile.threshold}, publish again with {profile.threshold}."
        )
    if counts_other_event:
        st.markdown(f":material/info: {plain(counts_other_event)}")
    st.page_link("pages/definitions.py", label="Definitions", icon=":material/rule:")

left, right = st.columns([3, 2], gap="large")
with left:
    product, board, cards, nudge, event = st.tabs(["Product", "Board", "Cards", "Nudge", "Event"])
    with product:
        show_fields("product", "project")
        show_fields("logo", "accent")
        show_fields("item", "items")
        show_fields("action", "counted")
    with board:
        show_fields("todo", "in_progress", "done")
        show_fields("priority", "low", "medium", "high")
        show_fields("add", "again", "plan", "goal")
        show_fields("due", "mine", "language")
    with cards:
        show_field("cards")
    with nudge:
        show_field("headline")
        show_field("message")
        show_fields("button", "threshold")
        show_field("accepted")
    with event:
        st.caption(EVENT)
        show_fields("event", "vendor")
with right:
    show_preview(profile)

if link and not problems:
    st.markdown("**Link.** Anyone who opens it sees this product, on this server or another.")
    height: Literal["content"] | int = 120 if len(link) > 200 else "content"
    st.code(profile_link(link), language=None, wrap_lines=True, height=height)
with st.expander("Paste a profile", key="paste_profile"):
    source = st.text_area(
        "Contents of a profile file",
        key="profile_source",
        persist_state="session",
        height=160,
        max_chars=CHARACTERS_AT_MOST,
        help="A file that you downloaded here, or one from the repository's profiles folder",
    )
    st.button("Read it", key="read_profile", icon=":material/input:", on_click=read_source)
    refused, source_problems = st.session_state.get("profile_source_problem", ("", {}))
    for name, problem in source_problems.items() if source == refused else ():
        where = f"**{plain(name)}:** " if name else ""
        st.markdown(f":red[:material/error: {where}{plain(problem)}]")
