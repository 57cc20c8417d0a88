"""Every mistake, run with the real SDKs against a real sandbox."""

import re
from collections.abc import Iterator

import pytest

from lib.connection.backend import Connection, new_token, sandbox_connection
from lib.sandbox.server.serving import EmbeddedServer
from lib.story.mistakes.catalogue import KINDS, MEANINGS, MISTAKES
from lib.story.mistakes.document import FILE, document
from lib.story.mistakes.making import Printed, make, mend
from lib.studio.fitting import WITHOUT_FIELD

BY_KEY = {each.key: each for each in MISTAKES}


@pytest.fixture(scope="module")
def outcomes(connection: Connection) -> dict[str, Printed]:
    """The output of each mistake that a test has run."""
    return {}


def outcome_of(key: str, connection: Connection, outcomes: dict[str, Printed]) -> Printed:
    """The output of a mistake, run once for all tests."""
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


def test_every_mistake_has_its_own_key() -> None:
    assert len(BY_KEY) == len(MISTAKES)
    assert KINDS.keys() == MEANINGS.keys()


@pytest.mark.parametrize("key", BY_KEY)
def test_a_mistake_shows_what_the_tutorial_says(
    key: str, connection: Connection, outcomes: dict[str, Printed]
) -> None:
    mistake = BY_KEY[key]
    outcome = outcome_of(key, connection, outcomes)
    assert mistake.shows in outcome.shown
    assert "as the message says" not in outcome.means and outcome.means.endswith(".")
    assert outcome.is_error or mistake.means


@pytest.mark.parametrize("key", BY_KEY)
def test_the_fixed_code_works(key: str, connection: Connection) -> None:
    outcome = mend(BY_KEY[key], connection)
    assert not outcome.is_error, outcome.shown
    assert outcome.shown


def test_every_aggregation_that_needs_no_property_is_named() -> None:
    named = re.findall(r"`(\w+)`", BY_KEY["no_property"].what.partition(" need no property")[0])
    assert named == list(WITHOUT_FIELD)


def test_the_document_says_what_happens(
    connection: Connection, outcomes: dict[str, Printed]
) -> None:
    for key in BY_KEY:
        outcome_of(key, connection, outcomes)
    assert FILE.read_text() == document(outcomes), "make mistakes writes it"
