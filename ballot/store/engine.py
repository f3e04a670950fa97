"""One service's database: SQLite file or PostgreSQL, one writer at a time, no data in errors."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from ballot.crypto.errors import Invalid

# In this order: a WAL that survives a power cut once the commit has returned (attack B26), and
# no trace of what was deleted, in the file or in a temporary one (attack D11).
_PRAGMAS = (
    "busy_timeout=30000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "foreign_keys=ON",
    "temp_store=MEMORY",
)
_WRITER = 0x62616C6C6F74  # the advisory lock of whoever writes: "ballot"


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


class Database:
    """A database by its URL, ``sqlite:///PATH`` or ``postgresql://…``; raises ``store.url``.

    Nothing that the driver says about a failure leaves :meth:`write` and :meth:`read`: its
    messages quote rows (attack D13). The refusal is ``store.unavailable``.
    """

    def __init__(self, url: str) -> None:
        self.engine = _open(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # Threads wait in line here instead of in SQLite's sleeping retries.
        self._line = threading.Lock()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that nobody else writes beside; it is durable when this returns.

        Serial writing is what makes "read, decide, insert" one step on both databases; the
        constraints of the tables hold all the same.
        """
        with self._line, self._session("BEGIN IMMEDIATE") as session:
            if not self.is_sqlite:
                session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads."""
        with self._session("BEGIN") as session:
            yield session

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection outside any transaction, for SQLite's VACUUM."""
        with self._line, _silent(), self.engine.connect() as connection:
            yield connection.execution_options(begin="")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _session(self, begin: str) -> Iterator[Session]:
        with _silent(), self.engine.connect() as connection:
            connection.execution_options(begin=begin)
            with connection.begin(), Session(connection) as session:
                yield session
                session.flush()


def insert_new(session: Session, table: type, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that break no key and say how many; never an error that quotes one."""
    if not rows:
        return 0
    target: Table = table.__table__  # type: ignore[attr-defined]
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(target).on_conflict_do_nothing()
    # Counted by what comes back: drivers disagree about the row count of many rows.
    found = insert.returning(next(iter(target.primary_key)))
    return len(session.connection().execute(found, [*rows]).all())


@contextmanager
def _silent() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise Invalid("store.unavailable", type(error).__name__) from None


def _open(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        raise Invalid("store.url", "not a database URL") from None
    if parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:"):
        _make_private(Path(str(parsed.database)))
        engine = create_engine(parsed, hide_parameters=True)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"options": "-c synchronous_commit=on"},
        )
    raise Invalid("store.url", "neither sqlite:///PATH nor postgresql://HOST/NAME")


def _make_private(path: Path) -> None:
    """The file exists and is its owner's alone; SQLite gives its companions the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise Invalid("store.url", f"{path}: {error.strerror}") from None


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, see _begin
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get("begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)
