"""What all browser sessions of this process share, opened once and closed in one place."""

import gc
from dataclasses import dataclass

import streamlit as st

from lib.connection.backend import Backend
from lib.connection.settings import Settings, load_settings
from lib.people.code_addresses import CodeAddresses
from lib.people.model_budget import ModelBudget
from lib.people.new_sandboxes import NewSandboxes
from lib.people.participants import Participants
from lib.people.permission import PassphraseGate
from lib.people.room import Rooms
from lib.people.visits import VisitBook
from lib.snowplow.definitions import Names, Plan
from lib.ui.secrets import streamlit_secrets
from lib.ui.streamlit_internals import remember_theme
from lib.world.app_state import AppState

FULL_COLLECTION_AFTER = 30  # collections of the younger generation; Python's default is 10


@dataclass(frozen=True)
class Process:
    """What all sessions of this process share."""

    backend: Backend
    state: AppState
    participants: Participants
    gate: PassphraseGate | None
    rooms: Rooms
    new_sandboxes: NewSandboxes
    model_budget: ModelBudget
    visits: VisitBook
    code_addresses: CodeAddresses

    @property
    def settings(self) -> Settings:
        return self.backend.settings


_opened: list[Process] = []  # what `process` returns, for code that runs outside any session


def running() -> Process | None:
    """The process if it is open; None before that, and while the settings are wrong."""
    return _opened[-1] if _opened else None


def _close(process: Process) -> None:
    if process in _opened:
        _opened.remove(process)
    process.participants.close()
    process.backend.close()
    process.state.close()


@st.cache_resource(show_spinner=False, on_release=_close)
def process() -> Process:
    """Settings, sandbox and open worlds, once for each process.

    Raises `SettingsError` for wrong settings, and `sqlite3.Error` or `OSError` if the files cannot
    be written.
    """
    remember_theme()
    settings = load_settings(streamlit_secrets())
    backend = Backend(settings)
    state = AppState(settings.app_db)
    names = Names(settings.definitions_suffix)
    plan = Plan(owner=settings.owner, vendor=settings.vendor, names=names)
    passphrase = settings.presenter_passphrase
    gate = PassphraseGate(passphrase) if passphrase else None
    _collect_garbage_rarely()
    participants = Participants(backend, state, plan)
    opened = Process(
        backend,
        state,
        participants,
        gate,
        Rooms(state),
        NewSandboxes(),
        ModelBudget(),
        VisitBook(),
        CodeAddresses(state),
    )
    _opened.append(opened)
    return opened


def _collect_garbage_rarely() -> None:
    """Run full garbage collections a third as often as Python does on its own.

    A full collection stops every session: 0.2 seconds for what is imported, which `gc.freeze`
    leaves out, and 0.1 seconds for a hundred sessions, every four seconds while all of them
    clicked. Running them even less often costs 100 MB with two hundred people, for closed tabs.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, FULL_COLLECTION_AFTER)
