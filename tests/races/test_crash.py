"""The plug is pulled in a burst of casts: every receipt given is in the box (attacks B26, C18)."""

import secrets
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ballot.crypto.errors import Invalid
from ballot.store.box import SqlBox
from ballot.store.engine import Database, sqlite_url
from ballot.store.schema import check_version, upgrade
from tests.databases import Server
from tests.patience import SECONDS

# Casts until it is killed; says so only when the insert has returned.
BURST = """
import secrets, sys, threading
from ballot.store.box import SqlBox
from ballot.store.engine import Database
box = SqlBox(Database(sys.argv[1]))
def burst():
    while True:
        tracker = secrets.token_bytes(32)
        alphas = [secrets.token_hex(32) for _ in range(5)]
        box.insert("a", tracker, secrets.token_hex(32), alphas, secrets.token_bytes(9000))
        sys.stdout.write(tracker.hex() + chr(10))
        sys.stdout.flush()
for _ in range(4):
    threading.Thread(target=burst).start()
"""


def test_sqlite_holds_every_receipt_after_kill_9(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "box.db")
    database = Database(url)
    upgrade(database, ["box"])
    SqlBox(database).open("a")
    database.close()
    given: list[str] = []
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", BURST, url], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            given += [process.stdout.readline().strip() for _ in range(20)]
            process.kill()
            given += [line.strip() for line in process.stdout if line.endswith("\n")]
    database = Database(url)
    check_version(database, ["box"])
    box = SqlBox(database)
    assert len(given) >= 60
    assert all(len(tracker) == 64 and box.holds(bytes.fromhex(tracker)) for tracker in given)
    assert box.halt("a")[0] >= len(given)
    database.close()


@pytest.mark.needs("postgresql")
def test_postgresql_holds_every_receipt_after_an_immediate_stop(postgresql: Server) -> None:
    database = Database(postgresql.create_upgraded())
    box = SqlBox(database)
    box.open("a")
    given: list[bytes] = []
    ends: list[str] = []
    enough = threading.Event()

    def burst() -> None:
        while True:
            tracker = secrets.token_bytes(32)
            try:
                box.insert(
                    "a", tracker, secrets.token_hex(32), [secrets.token_hex(32)], b"e" * 9000
                )
            except Invalid as error:
                ends.append(error.code)
                return
            given.append(tracker)
            if len(given) >= 40:
                enough.set()

    with ThreadPoolExecutor(4) as pool:
        bursts = [pool.submit(burst) for _ in range(4)]
        enough.wait(SECONDS)
        postgresql.kill()
        for one in bursts:
            one.result()
    postgresql.start()
    assert ends == ["store.unavailable"] * 4
    assert len(given) >= 40
    assert all(box.holds(tracker) for tracker in given)
    assert box.halt("a")[0] >= len(given)
    database.close()
