"""A session in preparation, in the registrar's database: parts, attachments, frozen versions.

Parts are written again with every change; what was frozen, and how it ended, is only ever added.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.store.engine import Database, insert_new
from ballot.store.preparing_tables import (
    AttachmentRow,
    FrozenEndRow,
    FrozenEventRow,
    FrozenRow,
    PreparedRow,
)

MAX_ATTACHMENTS = 10
"""For one project; each at most as large as a page of the clerk's accepts."""

Ending = Literal["taken_back", "ended"]


@dataclass(frozen=True)
class Attachment:
    """A file beside a project. ``digest`` is the hex SHA-256 of its content, ``kind`` its type."""

    vote: str
    item: str
    digest: str
    name: str
    kind: str


@dataclass(frozen=True)
class Frozen:
    """A frozen version. ``keys`` are sealed; ``end`` says how it ended, None while it stands."""

    number: int
    definition: bytes
    roll: bytes
    keys: bytes
    end: str | None = None

    @property
    def session(self) -> str:
        """The session digest, hex."""
        return sha256(self.definition).hex()


class PreparingStore:
    """The tables of the preparation in the registrar's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Parts.

    def parts(self) -> dict[str, bytes]:
        """Every part by name."""
        with self._database.read() as session:
            return {row.name: row.document for row in session.exec(select(PreparedRow))}

    def change(self, change: Callable[[Mapping[str, bytes]], Mapping[str, bytes | None]]) -> None:
        """Read all parts, decide, write: one transaction. ``change`` answers the parts that
        differ; None takes one away. What it raises leaves everything as it was.

        Raises ``prepare.frozen`` while a version stands: it is taken back first.
        """
        with self._database.write() as session:
            if _standing(session) is not None:
                raise Invalid("prepare.frozen", "a frozen version stands")
            known = {row.name: row for row in session.exec(select(PreparedRow))}
            for name, document in change({n: r.document for n, r in known.items()}).items():
                if document is None:
                    session.exec(delete(PreparedRow).where(col(PreparedRow.name) == name))
                else:
                    session.merge(PreparedRow(name=name, document=document))

    # Attachments.

    def attachments(self, vote: str | None = None) -> list[Attachment]:
        """What lies beside the projects of a vote, or of all."""
        columns = (
            AttachmentRow.vote,
            AttachmentRow.item,
            AttachmentRow.digest,
            AttachmentRow.name,
            AttachmentRow.kind,
        )
        order = (col(AttachmentRow.vote), col(AttachmentRow.item), col(AttachmentRow.name))
        with self._database.read() as session:
            rows = session.connection().execute(select(*columns).order_by(*order)).all()  # type: ignore[call-overload]
        found = [Attachment(*row) for row in rows]
        return [one for one in found if vote in (None, one.vote)]

    def attach(self, attachment: Attachment, content: bytes) -> None:
        """Keep a file; the same again changes nothing. Raises ``prepare.too_many_files``."""
        with self._database.write() as session:
            beside = select(AttachmentRow.digest).where(
                AttachmentRow.vote == attachment.vote, AttachmentRow.item == attachment.item
            )
            if len(set(session.exec(beside)) - {attachment.digest}) >= MAX_ATTACHMENTS:
                raise Invalid("prepare.too_many_files", f"{MAX_ATTACHMENTS} are there")
            insert_new(session, AttachmentRow, [{**vars(attachment), "content": content}])

    def content(self, vote: str, item: str, digest: str) -> tuple[Attachment, bytes] | None:
        """A file, if it is there."""
        with self._database.read() as session:
            row = session.get(AttachmentRow, (vote, item, digest))
            if row is None:
                return None
            values = row.model_dump(exclude={"content"})
            return Attachment(**values), row.content

    def detach(self, vote: str, item: str | None = None, digest: str | None = None) -> None:
        """Take away a file, all of an item, or all of a vote."""
        wanted = delete(AttachmentRow).where(col(AttachmentRow.vote) == vote)
        if item is not None:
            wanted = wanted.where(col(AttachmentRow.item) == item)
        if digest is not None:
            wanted = wanted.where(col(AttachmentRow.digest) == digest)
        with self._database.write() as session:
            session.exec(wanted)

    # Frozen versions.

    def next_number(self) -> int:
        """The number of the version that would be frozen now."""
        with self._database.read() as session:
            return (session.exec(select(func.max(FrozenRow.number))).one() or 0) + 1

    def freeze(self, frozen: Frozen) -> None:
        """Keep a version; ``prepare.frozen`` while another one stands, or when somebody else
        froze one of this number first.
        """
        with self._database.write() as session:
            if _standing(session) is not None:
                raise Invalid("prepare.frozen", "a frozen version stands")
            row = {name: value for name, value in vars(frozen).items() if name != "end"}
            if insert_new(session, FrozenRow, [row]) != 1:
                raise Invalid("prepare.frozen", "another version was frozen first")

    def standing(self) -> Frozen | None:
        """The version that stands: frozen, neither taken back nor ended."""
        with self._database.read() as session:
            return _standing(session)

    def versions(self) -> list[Frozen]:
        """All versions, the last one first."""
        with self._database.read() as session:
            rows = session.exec(select(FrozenRow).order_by(col(FrozenRow.number).desc()))
            ends = {row.version: row.reason for row in session.exec(select(FrozenEndRow))}
            return [_frozen(row, ends.get(row.number)) for row in rows]

    def end(self, number: int, reason: Ending, account: str) -> None:
        """The version no longer stands. Slips of a session that took place were handed out: their
        part goes with it. Raises ``prepare.not_frozen``, and ``prepare.adopted`` for taking back
        what the presidium has adopted.
        """
        with self._database.write() as session:
            standing = _standing(session)
            if standing is None or standing.number != number:
                raise Invalid("prepare.not_frozen", f"version {number} does not stand")
            if reason == "taken_back" and len(_lines(session, number, 0)) >= ADOPTED:
                raise Invalid("prepare.adopted", "the presidium has adopted it")
            row = {"version": number, "reason": reason, "account": account}
            insert_new(session, FrozenEndRow, [row])
            if reason == "ended":
                session.exec(delete(PreparedRow).where(col(PreparedRow.name) == "slips"))


ADOPTED = 2
"""Events of a version once it is adopted: ``defined``, then ``adopted`` (protocol §8)."""


class FrozenEvents:
    """The events of a frozen version; see :class:`ballot.publishing.EventStore`."""

    def __init__(self, database: Database, version: int) -> None:
        self._database, self._version = database, version

    def lines(self, after: int = 0) -> list[bytes]:
        """The lines with a number above ``after``, in order."""
        with self._database.read() as session:
            return _lines(session, self._version, after)

    def append(self, number: int, line: bytes) -> bool:
        """Keep the line; False if there is an event of that number.

        Raises ``prepare.not_frozen`` when the version was taken back in this moment.
        """
        with self._database.write() as session:
            standing = _standing(session)
            if standing is None or standing.number != self._version:
                raise Invalid("prepare.not_frozen", f"version {self._version} does not stand")
            last = len(_lines(session, self._version, 0))
            if number > last + 1:
                raise Invalid("event.chain", f"event {number} after event {last}")
            row = {"version": self._version, "number": number, "line": line}
            return insert_new(session, FrozenEventRow, [row]) == 1


def _standing(session: Session) -> Frozen | None:
    ended = select(FrozenEndRow.version)
    wanted = select(FrozenRow).where(col(FrozenRow.number).not_in(ended))
    row = session.exec(wanted.order_by(col(FrozenRow.number).desc())).first()
    return None if row is None else _frozen(row, None)


def _frozen(row: FrozenRow, end: str | None) -> Frozen:
    return Frozen(row.number, row.definition, row.roll, row.keys, end)


def _lines(session: Session, version: int, after: int) -> list[bytes]:
    wanted = select(FrozenEventRow.line).where(
        FrozenEventRow.version == version, col(FrozenEventRow.number) > after
    )
    return list(session.exec(wanted.order_by(col(FrozenEventRow.number))))
