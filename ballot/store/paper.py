"""Paper counts as officials entered them, in the registrar's database. No row has a time.

Entries are only ever added: a correction is a further entry, an entry set aside stays. A pile
that somebody counts sheet by sheet is working paper and goes with the entry that it becomes.
``replaces`` names which sheet of a round is counted: by the event it would replace, empty for the
first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlmodel import Field, Session, SQLModel, col, delete, select

from ballot.store.engine import Database


class PaperEntryRow(SQLModel, table=True):
    """The ``number``-th entry of an official; ``numbers`` in canonical JSON, None where it was
    set aside; ``by``: who entered it or set it aside.
    """

    __tablename__ = "paper_entry"
    session: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    replaces: str = Field(primary_key=True)
    official: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    numbers: bytes | None
    entered_by: str


class PaperPileRow(SQLModel, table=True):
    """The sums of the sheets that an official has counted so far, in canonical JSON."""

    __tablename__ = "paper_pile"
    session: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    replaces: str = Field(primary_key=True)
    official: str = Field(primary_key=True)
    content: bytes


class CountOf(NamedTuple):
    """Which sheet is counted: of a session (its digest), a round, and what it would replace."""

    session: str
    slot: str
    replaces: str


@dataclass(frozen=True)
class PaperEntry:
    """One entry; ``numbers`` is None where it only sets the earlier ones aside."""

    official: str
    number: int
    numbers: bytes | None
    entered_by: str


class PaperEntries:
    """What one transaction can read and write of one count."""

    def __init__(self, session: Session, of: CountOf) -> None:
        self._session, self._of = session, of

    def all(self) -> list[PaperEntry]:
        """Every entry, by official and number."""
        order = (col(PaperEntryRow.official), col(PaperEntryRow.number))
        wanted = select(PaperEntryRow).where(*self._mine(PaperEntryRow)).order_by(*order)
        rows = self._session.exec(wanted)
        return [PaperEntry(row.official, row.number, row.numbers, row.entered_by) for row in rows]

    def add(self, official: str, numbers: bytes | None, by: str) -> None:
        """One more entry of an official."""
        number = 1 + sum(entry.official == official for entry in self.all())
        said: dict[str, Any] = {
            "official": official,
            "number": number,
            "numbers": numbers,
            "entered_by": by,
        }
        self._session.add(PaperEntryRow(**self._of._asdict(), **said))
        self._session.flush()

    def pile(self, official: str) -> bytes | None:
        """The pile of an official, if one was begun."""
        row = self._session.get(PaperPileRow, (*self._of, official))
        return None if row is None else row.content

    def put_pile(self, official: str, content: bytes | None) -> None:
        """The pile from now on; None: there is none."""
        if content is None:
            mine = self._mine(PaperPileRow)
            self._session.exec(
                delete(PaperPileRow).where(*mine, col(PaperPileRow.official) == official)
            )
        else:
            said: dict[str, Any] = {"official": official, "content": content}
            self._session.merge(PaperPileRow(**self._of._asdict(), **said))

    def _mine(self, table: Any) -> list[Any]:
        return [getattr(table, name) == value for name, value in self._of._asdict().items()]


class PaperStore:
    """The paper counts in the registrar's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def write(self, of: CountOf) -> Iterator[PaperEntries]:
        """One transaction on a count, with no other writer beside it."""
        with self._database.write() as session:
            yield PaperEntries(session, of)

    @contextmanager
    def read(self, of: CountOf) -> Iterator[PaperEntries]:
        """A transaction that only reads."""
        with self._database.read() as session:
            yield PaperEntries(session, of)
