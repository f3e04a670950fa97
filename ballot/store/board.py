"""What every service keeps: the definition's bytes, the events, the last turnout shown."""

from collections.abc import Mapping

from sqlalchemy import func
from sqlmodel import Field, SQLModel, col, select

from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.store.engine import Database, insert_new


class DefinitionRow(SQLModel, table=True):
    """The definition that this database serves: one row."""

    __tablename__ = "definition"
    session: str = Field(primary_key=True)
    raw: bytes


class EventRow(SQLModel, table=True):
    """One line of ``events.jsonl``, without its line end."""

    __tablename__ = "event"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    line: bytes


class TurnoutRow(SQLModel, table=True):
    """How many envelopes of a slot the hall was last told (attack B7)."""

    __tablename__ = "turnout"
    slot: str = Field(primary_key=True)
    shown: int


class BoardStore:
    """The board's tables in one service's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def definition(self) -> bytes | None:
        """The definition's canonical bytes, once there are any."""
        with self._database.read() as session:
            return session.exec(select(DefinitionRow.raw)).first()

    def put_definition(self, raw: bytes) -> None:
        """Keep the definition; ``store.other_session`` when another one is here."""
        with self._database.write() as session:
            known = session.exec(select(DefinitionRow.raw)).first()
            if known is None:
                session.add(DefinitionRow(session=sha256(raw).hex(), raw=raw))
            elif known != raw:
                raise Invalid("store.other_session", "one database serves one session")

    def lines(self, after: int = 0) -> list[bytes]:
        """The events with a number above ``after``, in order."""
        wanted = select(EventRow.line).where(col(EventRow.number) > after)
        with self._database.read() as session:
            return list(session.exec(wanted.order_by(col(EventRow.number))))

    def append(self, number: int, line: bytes) -> bool:
        """Keep the line as event ``number``; False if another writer was there first."""
        with self._database.write() as session:
            last = session.exec(select(func.max(EventRow.number))).one() or 0
            if number > last + 1:
                raise Invalid("event.chain", f"event {number} after event {last}")
            return insert_new(session, EventRow, [{"number": number, "line": line}]) == 1

    def shown(self) -> dict[str, int]:
        """The turnout last shown, by slot."""
        with self._database.read() as session:
            return {row.slot: row.shown for row in session.exec(select(TurnoutRow))}

    def show(self, turnout: Mapping[str, int]) -> None:
        """Remember a turnout about to be shown; ``box.rolled_back`` if it is a smaller one."""
        with self._database.write() as session:
            known = {row.slot: row for row in session.exec(select(TurnoutRow))}
            for slot, count in turnout.items():
                row = known.get(slot) or TurnoutRow(slot=slot, shown=0)
                if count < row.shown:
                    raise Invalid("box.rolled_back", f"{slot}: {count}, but {row.shown} were shown")
                row.shown = count
                session.add(row)
