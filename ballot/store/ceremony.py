"""The boards of the key ceremony: documents by name, each written once (attack A12).

A ceremony that broke is begun anew on the next board; what stands on the old one stays there.
"""

from sqlmodel import Field, Session, SQLModel, col, select

from ballot.store.engine import Database, insert_new


class CeremonyDocumentRow(SQLModel, table=True):
    """One document of a session; ``board`` counts from 1. No time."""

    __tablename__ = "ceremony_document"
    session: str = Field(primary_key=True)
    board: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(primary_key=True)
    data: bytes


class CeremonyStore:
    """The boards of one session in the registrar's database."""

    def __init__(self, database: Database, session: str) -> None:
        self._database, self._of = database, session

    def documents(self, board: int) -> dict[str, bytes]:
        """Name → bytes of everything on that board, by name."""
        with self._database.read() as session:
            return self._documents(session, board)

    def add(self, board: int, name: str, data: bytes) -> bytes:
        """Keep a document, unless that name is taken; what stands there now."""
        with self._database.write() as session:
            row = {"session": self._of, "board": board, "name": name, "data": data}
            insert_new(session, CeremonyDocumentRow, [row])
            return self._documents(session, board)[name]

    def _documents(self, session: Session, board: int) -> dict[str, bytes]:
        mine = (CeremonyDocumentRow.session == self._of, CeremonyDocumentRow.board == board)
        wanted = select(CeremonyDocumentRow).where(*mine)
        rows = session.exec(wanted.order_by(col(CeremonyDocumentRow.name)))
        return {row.name: row.data for row in rows}
