"""The ballot box: envelopes by tracker, and nothing that tells who, when or in which order.

No time, no number, no row id (attacks B17, D11, D15). After the halt of a round the tables are
written anew in tracker order, so that their pages say nothing either.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Field, SQLModel, UniqueConstraint, col, delete, select

from ballot.crypto import keyfile, merkle
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import SigningKey
from ballot.store.engine import Database, insert_new
from ballot.store.vault import Random

_PAGE = 200  # envelopes read at a time: no transaction stays open while somebody downloads
_NO_ROWID = {"sqlite_with_rowid": False}


class RoundRow(SQLModel, table=True):
    """A round that was opened; ``size`` and ``root`` are of its halted box."""

    __tablename__ = "round"
    __table_args__ = _NO_ROWID
    slot: str = Field(primary_key=True)
    halted: bool
    size: int | None
    root: bytes | None


class EnvelopeRow(SQLModel, table=True):
    """One envelope; a credential stands once in its slot (attacks B10, B11)."""

    __tablename__ = "envelope"
    __table_args__: Any = (UniqueConstraint("slot", "credential"), _NO_ROWID)
    tracker: bytes = Field(primary_key=True)
    slot: str
    credential: str
    envelope: bytes


class AlphaRow(SQLModel, table=True):
    """An α in an open box: none stands twice (attack E32). Gone after the halt."""

    __tablename__ = "alpha"
    __table_args__ = _NO_ROWID
    slot: str = Field(primary_key=True)
    alpha: str = Field(primary_key=True)


class BoxKeyRow(SQLModel, table=True):
    """The key of the receipts, as an encrypted key file: one row."""

    __tablename__ = "box_key"
    public: str = Field(primary_key=True)
    key_file: bytes


class SqlBox:
    """A :class:`ballot.polling.Box` in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_key(self, key: SigningKey, passphrase: str, random: Random) -> None:
        """Keep the key of the receipts; ``store.key_exists`` when there is one."""
        header = keyfile.KeyHeader("box", "box", key.public, None)
        data = keyfile.lock(header, key.seed, passphrase, random)
        with self._database.write() as session:
            if session.exec(select(BoxKeyRow.public)).first() is not None:
                raise Invalid("store.key_exists", "the box has its key")
            session.add(BoxKeyRow(public=key.public, key_file=data))

    def has_key(self) -> bool:
        """Whether the key of the receipts is there."""
        with self._database.read() as session:
            return session.exec(select(BoxKeyRow.public)).first() is not None

    def key(self, passphrase: str) -> SigningKey:
        """The key of the receipts; ``store.no_key``, or what :func:`keyfile.unlock` raises."""
        with self._database.read() as session:
            data = session.exec(select(BoxKeyRow.key_file)).first()
        if data is None:
            raise Invalid("store.no_key", "the box has no key")
        header, seed = keyfile.unlock(data, passphrase, purpose="box", session=None)
        key = SigningKey(seed)
        if key.public != header.public:
            raise Invalid("key.damaged", "not the secret of the public key beside it")
        return key

    def open(self, slot: str) -> None:
        """Open the slot's round. Again: nothing changes, a halted one stays halted (attack B13)."""
        with self._database.write() as session:
            row = {"slot": slot, "halted": False, "size": None, "root": None}
            insert_new(session, RoundRow, [row])

    def is_open(self, slot: str) -> bool:
        """See :class:`ballot.polling.Box`."""
        with self._database.read() as session:
            return session.exec(_open_round(slot)).first() is not None

    def holds(self, tracker: bytes) -> bool:
        """See :class:`ballot.polling.Box`."""
        with self._database.read() as session:
            return session.exec(_with_tracker(tracker)).first() is not None

    def spent(self, slot: str, credential: str) -> bool:
        """See :class:`ballot.polling.Box`."""
        mine = (col(EnvelopeRow.slot) == slot, col(EnvelopeRow.credential) == credential)
        with self._database.read() as session:
            return session.exec(select(EnvelopeRow.slot).where(*mine)).first() is not None

    def insert(
        self, slot: str, tracker: bytes, credential: str, alphas: list[str], envelope: bytes
    ) -> None:
        """See :class:`ballot.polling.Box`: one transaction, durable when it returns."""
        with self._database.write() as session:
            if session.exec(_with_tracker(tracker)).first() is not None:
                return  # the same bytes came twice at once
            if session.exec(_open_round(slot)).first() is None:
                raise Invalid("round.not_open", "no vote is open in this slot")
            row = {
                "tracker": tracker,
                "slot": slot,
                "credential": credential,
                "envelope": envelope,
            }
            if insert_new(session, EnvelopeRow, [row]) == 0:
                raise Invalid("token.spent", "another ballot was cast with this token")
            rows = [{"slot": slot, "alpha": alpha} for alpha in sorted(alphas)]
            if insert_new(session, AlphaRow, rows) != len(rows):
                raise Invalid("ballot.bad_proof", "an α of this ballot is already in the box")

    def halt(self, slot: str) -> tuple[int, bytes]:
        """End the slot's casting for good and write the box anew; (R, root).

        Every receipt given is in it, and none is given after it. Again: the same answer. If
        it is interrupted the box stays halted, and the next call finishes.
        """
        with self._database.write() as session:
            row = session.get(RoundRow, slot)
            if row is None:
                row = RoundRow(slot=slot, halted=True, size=None, root=None)
            if row.size is not None and row.root is not None:
                return row.size, row.root
            row.halted = True
            session.add(row)
        self._rewrite()
        size, root = self._measure(slot)
        with self._database.write() as session:
            row = session.get_one(RoundRow, slot)
            row.size, row.root = size, root
            session.add(row)
        return size, root

    def sealed(self, slot: str) -> Iterator[tuple[bytes, bytes]]:
        """(tracker, envelope) of a halted round by tracker; ``round.still_open`` before."""
        with self._database.read() as session:
            row = session.get(RoundRow, slot)
            if row is None or not row.halted:
                raise Invalid("round.still_open", "the box of this slot is not halted")
        return self._pages(slot)

    def turnout(self) -> dict[str, int]:
        """Envelopes in the box, for every slot that was opened."""
        wanted = (
            select(RoundRow.slot, func.count(col(EnvelopeRow.tracker)))
            .join(EnvelopeRow, col(EnvelopeRow.slot) == col(RoundRow.slot), isouter=True)
            .group_by(col(RoundRow.slot))
        )
        with self._database.read() as session:
            return dict(session.exec(wanted).all())

    def check(self, shown: Mapping[str, int], sealed: Mapping[str, tuple[int, bytes]]) -> None:
        """Refuse (``box.rolled_back``) a box that holds less than was shown, or another set
        than was stated at the closing: an older copy was put back (attack B7).
        """
        found = self.turnout()
        for slot, count in shown.items():
            if found.get(slot, 0) < count:
                raise Invalid("box.rolled_back", f"{slot}: {count} were shown before")
        for slot, stated in sealed.items():
            if self._measure(slot) != stated:
                raise Invalid("box.rolled_back", f"{slot}: not the box that was closed")

    def _measure(self, slot: str) -> tuple[int, bytes]:
        wanted = select(EnvelopeRow.tracker).where(col(EnvelopeRow.slot) == slot)
        with self._database.read() as session:
            trackers = session.exec(wanted.order_by(col(EnvelopeRow.tracker))).all()
        return len(trackers), merkle.sorted_root(trackers)

    def _pages(self, slot: str) -> Iterator[tuple[bytes, bytes]]:
        last = b""
        while True:
            wanted = (
                select(EnvelopeRow.tracker, EnvelopeRow.envelope)
                .where(col(EnvelopeRow.slot) == slot, col(EnvelopeRow.tracker) > last)
                .order_by(col(EnvelopeRow.tracker))
                .limit(_PAGE)
            )
            with self._database.read() as session:
                rows = session.exec(wanted).all()
            yield from rows
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]

    def _rewrite(self) -> None:
        """All envelopes in tracker order, and no α of a halted round any more."""
        if not self._database.is_sqlite:
            with self._database.write() as session:
                session.connection().exec_driver_sql("SELECT rewrite_box()")
            return
        halted = select(RoundRow.slot).where(col(RoundRow.halted))
        with self._database.write() as session:
            session.exec(delete(AlphaRow).where(col(AlphaRow.slot).in_(halted)))
        # A WITHOUT ROWID table still shows its history in the allocation of its pages and in
        # the WAL (attack D11): VACUUM writes every page anew, by key.
        with self._database.alone() as connection:
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        if busy:
            raise Invalid("store.unavailable", "another program reads the box")


def _open_round(slot: str) -> Any:
    return select(RoundRow.slot).where(col(RoundRow.slot) == slot, ~col(RoundRow.halted))


def _with_tracker(tracker: bytes) -> Any:
    return select(EnvelopeRow.slot).where(col(EnvelopeRow.tracker) == tracker)
