"""What is prepared and what was frozen, in both databases."""

from collections.abc import Mapping

import pytest

from ballot.crypto.errors import Invalid
from ballot.store.engine import Database
from ballot.store.preparing import (
    MAX_ATTACHMENTS,
    Attachment,
    Frozen,
    FrozenEvents,
    PreparingStore,
)

VERSION = Frozen(1, b"definition", b"roll", b"keys")


@pytest.fixture
def store(database: Database) -> PreparingStore:
    return PreparingStore(database)


def put(store: PreparingStore, **parts: bytes | None) -> None:
    store.change(lambda _: parts)


def test_parts_are_written_again_and_taken_away_in_one_step(store: PreparingStore) -> None:
    put(store, about=b"1", votes=b"2")
    put(store, about=b"3", votes=None)
    assert store.parts() == {"about": b"3"}

    def fails(known: Mapping[str, bytes]) -> Mapping[str, bytes | None]:
        assert known == {"about": b"3"}
        raise Invalid("prepare.changed")

    with pytest.raises(Invalid, match=r"prepare\.changed"):
        store.change(fails)
    assert store.parts() == {"about": b"3"}


def test_one_version_stands_and_locks_the_parts_until_it_ends(store: PreparingStore) -> None:
    assert store.standing() is None
    assert store.next_number() == 1
    store.freeze(VERSION)
    assert store.standing() == VERSION
    assert store.next_number() == 2
    with pytest.raises(Invalid, match=r"prepare\.frozen"):
        put(store, about=b"1")
    with pytest.raises(Invalid, match=r"prepare\.frozen"):
        store.freeze(Frozen(2, b"d", b"r", b"k"))
    with pytest.raises(Invalid, match=r"prepare\.not_frozen"):
        store.end(2, "taken_back", "clerk")
    store.end(1, "taken_back", "clerk")
    assert store.standing() is None
    put(store, about=b"1")
    with pytest.raises(Invalid, match=r"prepare\.frozen"):
        store.freeze(VERSION)  # a number is used once
    store.freeze(Frozen(2, b"d", b"r", b"k"))
    assert [(one.number, one.end) for one in store.versions()] == [(2, None), (1, "taken_back")]


def test_events_belong_to_their_version_and_end_with_it(
    store: PreparingStore, database: Database
) -> None:
    store.freeze(VERSION)
    events = FrozenEvents(database, 1)
    assert events.append(1, b"defined")
    assert not events.append(1, b"another")
    with pytest.raises(Invalid, match=r"event\.chain"):
        events.append(3, b"too far")
    store.end(1, "taken_back", "clerk")
    with pytest.raises(Invalid, match=r"prepare\.not_frozen"):
        events.append(2, b"adopted")
    store.freeze(Frozen(2, b"d", b"r", b"k"))
    assert FrozenEvents(database, 2).lines() == []
    assert events.lines() == [b"defined"]


def test_what_was_adopted_ends_and_is_not_taken_back(
    store: PreparingStore, database: Database
) -> None:
    store.freeze(VERSION)
    for number, line in enumerate((b"defined", b"adopted"), 1):
        FrozenEvents(database, 1).append(number, line)
    with pytest.raises(Invalid, match=r"prepare\.adopted"):
        store.end(1, "taken_back", "clerk")
    store.end(1, "ended", "clerk")
    assert store.versions()[0].end == "ended"


def test_attachments_are_kept_once_counted_and_taken_away(store: PreparingStore) -> None:
    one = Attachment("projects", "P01", "d0", "说明.pdf", "application/pdf")
    store.attach(one, b"content")
    store.attach(one, b"content")
    assert store.attachments() == [one]
    assert store.content("projects", "P01", "d0") == (one, b"content")
    assert store.content("projects", "P02", "d0") is None
    for n in range(1, MAX_ATTACHMENTS):
        store.attach(Attachment("projects", "P01", f"d{n}", "b.pdf", "application/pdf"), b"x")
    with pytest.raises(Invalid, match=r"prepare\.too_many_files"):
        store.attach(Attachment("projects", "P01", "dd", "c.pdf", "application/pdf"), b"x")
    store.attach(one, b"content")  # which is there
    store.attach(Attachment("projects", "P02", "d0", "c.pdf", "application/pdf"), b"x")
    store.detach("projects", "P01", "d0")
    assert len(store.attachments("projects")) == MAX_ATTACHMENTS
    store.detach("projects", "P01")
    assert [found.item for found in store.attachments()] == ["P02"]
    store.detach("projects")
    assert store.attachments() == []
