"""Definition, events and turnout in a database, and the board that publishes over it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ballot.crypto.errors import Invalid
from ballot.publishing import Board, EventStore, MemoryEvents
from ballot.store.board import BoardStore
from ballot.store.engine import Database, sqlite_url
from ballot.store.schema import upgrade
from ballot.tally.events import encode
from tests.sessions import at, definition


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventStore]:
    if request.param == "memory":
        yield MemoryEvents()
        return
    database = Database(sqlite_url(tmp_path / "board.db"))
    upgrade(database, ["board"])
    yield BoardStore(database)
    database.close()


def test_a_board_replays_what_was_published(store: EventStore) -> None:
    session = at("issued")
    board = Board(session.definition, store)
    for event in session.events:
        published = board.publish(event, event.signatures)
        assert published == event
    assert board.log == session.log
    again = Board(session.definition, store)
    assert again.state == board.state == session.state
    assert again.events == session.events
    assert store.lines(3) == [encode(event) for event in session.events[3:]]


def test_a_refused_event_leaves_nothing(store: EventStore) -> None:
    session = at("ready")
    board = Board(session.definition, store)
    for event in session.events[:2]:
        board.publish(event, event.signatures)
    state, early = board.state, at("issued").events[4]
    with pytest.raises(Invalid, match=r"event\.order"):
        board.publish(early, early.signatures)
    with pytest.raises(Invalid, match=r"keys\.too_few_signatures"):
        board.publish(session.events[2], ())
    assert (board.state, len(store.lines())) == (state, 2)


def test_a_malformed_draft_is_refused_before_anyone_looks_inside(store: EventStore) -> None:
    session = at("ready")
    board = Board(session.definition, store)
    board.publish(session.events[0], session.events[0].signatures)
    malformed = session.draft("check_in_opened", slots=1)
    with pytest.raises(Invalid, match=r"event\.malformed"):
        board.publish(malformed, session.signatures(malformed))
    assert len(store.lines()) == 1


def test_a_follower_takes_each_line_once_and_no_other(store: EventStore) -> None:
    session = at("ready")
    board = Board(session.definition, store)
    lines = [encode(event) for event in session.events]
    for line in (*lines, *lines):
        board.follow(line)
    assert board.events == session.events
    other = at("start").publish("defined").publish("objection").events[1]
    with pytest.raises(Invalid, match=r"event\.chain"):
        board.follow(encode(other))
    later = at("issued").publish("objection").events[-1]
    with pytest.raises(Invalid, match=r"event\.chain"):
        board.follow(encode(later))
    with pytest.raises(Invalid, match=r"event\.malformed"):
        board.follow(lines[0] + b" ")
    assert len(store.lines()) == len(lines)


def test_boards_of_several_workers_publish_into_one_chain(database: Database) -> None:
    session = at("ready")
    boards = [Board(session.definition, BoardStore(database)) for _ in range(4)]
    for event in session.events:
        boards[0].publish(event, event.signatures)

    def object_to(number: int) -> None:
        draft = session.draft("objection", text=f"说明{number}")
        boards[number % 4].publish(draft, session.signatures(draft))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(object_to, range(16)))
    known = len(session.events)
    for board in boards:
        board.refresh()
        assert len(board.events) == known + 16
        assert board.log == boards[0].log
    numbers = {event.body["text"] for event in boards[0].events[known:]}
    assert numbers == {f"说明{number}" for number in range(16)}


def test_one_database_serves_one_session(database: Database) -> None:
    store = BoardStore(database)
    assert store.definition() is None
    store.put_definition(definition().raw)
    store.put_definition(definition().raw)
    assert store.definition() == definition().raw
    with pytest.raises(Invalid, match=r"store\.other_session"):
        store.put_definition(definition(note="another").raw)


def test_events_have_no_gap_and_no_number_twice(database: Database) -> None:
    store = BoardStore(database)
    assert store.append(1, b"one")
    assert not store.append(1, b"other")
    with pytest.raises(Invalid, match=r"event\.chain"):
        store.append(3, b"three")
    assert store.append(2, b"two")
    assert store.lines() == [b"one", b"two"]
