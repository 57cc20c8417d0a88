"""Every mistake, made with the real SDKs against a real sandbox."""

from collections.abc import Iterator

import pytest

from lib.connection.backend import Connection, new_token, sandbox_connection
from lib.sandbox.server.serving import EmbeddedServer
from lib.story.mistakes.catalogue import KINDS, MEANINGS, MISTAKES
from lib.story.mistakes.document import FILE, document
from lib.story.mistakes.making import Outcome, make, mend

BY_KEY = {each.key: each for each in MISTAKES}


@pytest.fixture(scope="module")
def outcomes(connection: Connection) -> dict[str, Outcome]:
    """What came of each mistake that a test has made."""
    return {}


def outcome_of(key: str, connection: Connection, outcomes: dict[str, Outcome]) -> Outcome:
    """What comes of a mistake, made once for all tests."""
    if key not in outcomes:
        outcomes[key] = make(BY_KEY[key], connection)
    return outcomes[key]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    connection = sandbox_connection(server.url, new_token())
    yield connection
    connection.close()
    server.stop()


def test_every_mistake_has_a_key_of_its_own() -> None:
    assert len(BY_KEY) == len(MISTAKES)
    assert KINDS.keys() == MEANINGS.keys()


@pytest.mark.parametrize("key", BY_KEY)
def test_a_mistake_shows_what_the_tutorial_says(
    key: str, connection: Connection, outcomes: dict[str, Outcome]
) -> None:
    mistake = BY_KEY[key]
    outcome = outcome_of(key, connection, outcomes)
    assert mistake.shows in outcome.shown
    assert "as the message says" not in outcome.means and outcome.means.endswith(".")
    assert outcome.is_error or mistake.means


@pytest.mark.parametrize("key", BY_KEY)
def test_the_mended_code_works(key: str, connection: Connection) -> None:
    outcome = mend(BY_KEY[key], connection)
    assert not outcome.is_error, outcome.shown
    assert outcome.shown


def test_the_document_says_what_happens(
    connection: Connection, outcomes: dict[str, Outcome]
) -> None:
    for key in BY_KEY:
        outcome_of(key, connection, outcomes)
    assert FILE.read_text() == document(outcomes), "make mistakes writes it"
