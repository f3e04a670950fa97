"""Databases for tests: a SQLite file, and a private PostgreSQL server that the tests may kill.

The server is the Debian package ``postgresql``; it listens on a socket in its own directory and
runs as the account ``postgres`` where the tests run as root.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ballot.store.engine import Database, sqlite_url
from ballot.store.schema import BRANCHES, upgrade
from tests.patience import SECONDS, until


def server_programs() -> Path | None:
    """The directory of ``initdb`` and ``postgres``; Debian keeps it out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Server:
    """A PostgreSQL server of our own; a ``safe`` one holds what it commits through a power cut,
    as the box insists on.
    """

    def __init__(self, safe: bool = False) -> None:
        self._safe = safe
        programs = server_programs()
        assert programs is not None
        self._programs, self._names = programs, count(1)
        self.home = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path is short
        self._account: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
            self._account = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self._run("initdb", "-D", self.home / "data", "-U", "owner", "-A", "trust", "-N")
        self.start()
        self._upgraded, self._shared = False, ""

    def start(self) -> None:
        """Start, and wait until it answers."""
        # A killed server leaves what it wrote to the system's cache, so that fsync, which the
        # box insists on elsewhere, would only cost time here.
        sync = f"fsync={'on' if self._safe else 'off'}"
        options: list[str | Path] = ["-c", "listen_addresses=", "-c", sync, "-k", self.home]
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.home / "data", *options],
                stderr=log,
                **self._account,
            )
        until(self._answers, self.log)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.url("postgres")).close()
            return True
        return False

    def kill(self) -> None:
        """An immediate stop: every process of the server ends at once, nothing is written."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(SECONDS)

    def log(self) -> str:
        """What the server wrote to its log."""
        return (self.home / "log").read_text()

    def url(self, name: str, user: str = "owner") -> str:
        """The URL of a database."""
        return f"postgresql://{user}@/{name}?host={self.home}"

    def create(self, template: str = "template1") -> str:
        """A new database; its URL."""
        name = f"test_{next(self._names)}"
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def create_upgraded(self) -> str:
        """A new database with all tables; its URL."""
        self._make_upgraded()
        return self.create("upgraded")

    def emptied(self) -> str:
        """The one database that tests share, with all tables and no rows: new ones take time."""
        self._make_upgraded()
        if not self._shared:
            self._shared = self.create_upgraded()
        name = name_in(self._shared)
        look = "SELECT string_agg(quote_ident(tablename), ',') FROM pg_tables WHERE schemaname = "
        tables = self.execute(name, f"{look} 'public' AND tablename <> 'alembic_version'")[0][0]
        # In this role triggers sleep, also those that refuse.
        self.execute(name, f"SET session_replication_role = replica; TRUNCATE {tables}")
        return self._shared

    def _make_upgraded(self) -> None:
        if not self._upgraded:
            self.execute("postgres", "CREATE DATABASE upgraded")
            database = Database(self.url("upgraded"))
            upgrade(database, BRANCHES)
            database.close()
            self._upgraded = True

    def execute(self, name: str, statement: str) -> list[tuple[object, ...]]:
        """One statement as the superuser."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Stop and remove everything."""
        self.kill()
        shutil.rmtree(self.home)

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [self._programs / program, *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self.home, **self._account)


def name_in(url: str) -> str:
    """The name of the database in one of our URLs."""
    return url.split("/")[3].split("?")[0]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The server of this test process."""
    server = Server()
    yield server
    server.close()


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "test.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.create()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind with all tables."""
    if request.param == "sqlite":
        opened = Database(sqlite_url(tmp_path / "test.db"))
        upgrade(opened, BRANCHES)
    else:
        server: Server = request.getfixturevalue("postgresql")
        opened = Database(server.emptied())
    yield opened
    opened.close()
