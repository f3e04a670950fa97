"""Nothing that is stored tells the order of the casts (attacks B16, B17, D11-D13, B30)."""

import math
import secrets
from collections.abc import Sequence
from pathlib import Path

import pytest

from ballot.crypto.errors import Invalid
from ballot.store.box import SqlBox
from ballot.store.engine import Database, sqlite_url
from ballot.store.schema import upgrade
from tests.databases import Server, name_in

COUNT = 150


def correlation(found: Sequence[int]) -> float:
    """Spearman's rank correlation of a sequence of cast numbers with 0, 1, 2, …"""
    ranks = {value: rank for rank, value in enumerate(sorted(found))}
    n = len(found)
    squares = sum((place - ranks[value]) ** 2 for place, value in enumerate(found))
    return 1 - 6 * squares / (n * (n * n - 1))


def fill(box: SqlBox) -> list[bytes]:
    """Ballots as long as real ones and longer than a page, which end with :func:`tails`; their
    trackers in cast order.
    """
    box.open("a")
    trackers = [secrets.token_bytes(32) for _ in range(COUNT)]
    for tracker in trackers:
        alphas = [tracker.hex()[:32] + secrets.token_hex(16) for _ in range(3)]
        box.insert("a", tracker, secrets.token_hex(32), alphas, _envelope(tracker))
    return trackers


def _envelope(tracker: bytes) -> bytes:
    return tracker + secrets.token_bytes(5000) + tails([tracker])[0]


def tails(trackers: Sequence[bytes]) -> list[bytes]:
    """What a ballot ends with: it lies in another page than the tracker, which is its key."""
    return [tracker[::-1] for tracker in trackers]


def order_in(data: bytes, trackers: Sequence[bytes]) -> list[int]:
    """Cast numbers in the order in which all their occurrences lie in ``data``."""
    places = []
    for number, tracker in enumerate(trackers):
        place = data.find(tracker)
        while place >= 0:
            places.append((place, number))
            place = data.find(tracker, place + 1)
    return [number for _, number in sorted(places)]


def first_occurrences(numbers: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(numbers))


def tells_the_order(found: Sequence[int]) -> bool:
    """Whether the cast numbers lie in an order that chance makes once in a million times."""
    return len(found) > 1 and abs(correlation(found)) * math.sqrt(len(found) - 1) > 4.9


def test_sqlite_files_keep_no_order_after_the_halt(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "box.db"))
    upgrade(database, ["box"])
    box = SqlBox(database)
    trackers = fill(box)
    before = b"".join((tmp_path / name).read_bytes() for name in ("box.db", "box.db-wal"))
    assert tells_the_order(first_occurrences(order_in(before, tails(trackers))))  # the test can see
    box.halt("a")
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert trackers[0] not in files["box.db-wal"]
    for data in files.values():
        for marks in (trackers, tails(trackers)):
            found = order_in(data, marks)
            assert not tells_the_order(first_occurrences(found))
            assert not tells_the_order(first_occurrences(found[::-1]))
        assert not [t for t in trackers if t.hex()[:32].encode() in data]  # no α is left
    assert set(order_in(files["box.db"], trackers)) == set(range(COUNT))
    database.close()


@pytest.mark.needs("postgresql")
def test_postgresql_keeps_no_order_after_the_halt_even_for_a_superuser(
    postgresql: Server,
) -> None:
    url = postgresql.create_upgraded()
    name = name_in(url)
    database = Database(url)
    box = SqlBox(database)
    trackers = fill(box)
    look = "SELECT tracker FROM envelope ORDER BY ctid"
    assert [bytes(row[0]) for row in postgresql.execute(name, look)] == trackers  # type: ignore[call-overload]
    box.halt("a")
    found = [bytes(row[0]) for row in postgresql.execute(name, look)]  # type: ignore[call-overload]
    assert found == sorted(trackers)
    assert len(postgresql.execute(name, "SELECT DISTINCT xmin::text FROM envelope")) == 1
    assert postgresql.execute(name, "SELECT count(*) FROM alpha") == [(0,)]
    where = "SELECT reltoastrelid::regclass::text FROM pg_class WHERE oid = 'envelope'::regclass"
    toast = postgresql.execute(name, where)[0][0]
    chunks = f"SELECT chunk_data FROM {toast} WHERE chunk_seq = 0 ORDER BY ctid"
    toasted = [bytes(row[0])[:32] for row in postgresql.execute(name, chunks)]  # type: ignore[call-overload]
    assert toasted == sorted(trackers)
    assert len(postgresql.execute(name, f"SELECT DISTINCT xmin::text FROM {toast}")) == 1
    postgresql.execute(name, "CHECKPOINT")
    oid = postgresql.execute(name, f"SELECT oid FROM pg_database WHERE datname = '{name}'")[0][0]
    for path in (postgresql.home / "data" / "base" / str(oid)).iterdir():
        data = path.read_bytes()
        for marks in (trackers, tails(trackers)):
            assert not tells_the_order(first_occurrences(order_in(data, marks))), path.name
        assert not [t for t in trackers if t.hex()[:32].encode() in data], path.name
    database.close()


def test_refused_casts_leave_no_trace_in_output_log_or_error(
    database: Database, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    box = SqlBox(database)
    box.open("a")
    canary = "canary-" + secrets.token_hex(16)
    first = ("a", b"1" * 32, canary + "c", [canary + "a"], canary.encode())
    box.insert(*first)
    errors = []
    for cast in (
        ("a", b"2" * 32, canary + "c", [canary + "b"], canary.encode()),
        ("a", b"3" * 32, canary + "d", [canary + "a"], canary.encode()),
        ("b", b"4" * 32, canary + "e", [canary + "e"], canary.encode()),
    ):
        with pytest.raises(Invalid) as caught:
            box.insert(*cast)
        errors.append(repr(caught.value))
    output = capfd.readouterr()
    log = ""
    if not database.is_sqlite:
        log = request.getfixturevalue("postgresql").log()
    assert canary not in output.out + output.err + log + "".join(errors)
