"""What people's own code did, by address."""

from datetime import UTC, datetime

from lib.people.visits import Visit, VisitBook, Visits

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_each_address_has_its_own_visits() -> None:
    book = VisitBook(lambda: NOW)
    book.note("one", "events", 200, failed=1)
    book.note("one", "api", 404)
    assert book.of("one") == Visits(events=Visit(NOW, 200, failed=1), api=Visit(NOW, 404))
    assert book.of("other") == Visits()


def test_stream_counts_while_it_is_open() -> None:
    book = VisitBook(lambda: NOW)
    with book.streaming("one"), book.streaming("one"):
        assert book.of("one").open_streams == 2
    assert book.of("one").open_streams == 0
