"""The roll in one database: deputies, the salt of their digest, slot keys, transactions.

The signer's database has the same tables, filled from the scrutineers' own roll.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from sqlmodel import select

from ballot.crypto.errors import Invalid
from ballot.crypto.slotkey import SlotKey
from ballot.store.engine import Database, insert_new
from ballot.store.entries import Entries
from ballot.store.presence import Deputy
from ballot.store.roll_tables import DeputyRow, RollRow, SlotKeyRow, VaultRow
from ballot.store.vault import Random, Vault
from ballot.tally.session import list_digest

__all__ = ["Deputy", "RollStore"]


class RollStore:
    """The roll's tables in one service's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def write(self) -> Iterator[Entries]:
        """One transaction, with no other writer beside it."""
        with self._database.write() as session:
            yield Entries(session)

    @contextmanager
    def read(self) -> Iterator[Entries]:
        """A transaction that only reads."""
        with self._database.read() as session:
            yield Entries(session)

    def put_roll(self, deputies: Iterable[Deputy], salt: bytes) -> None:
        """Keep the roll and the salt of its digest; another one is ``store.roll_exists``."""
        rows = [{"number": one.number, "name": one.name} for one in deputies]
        found = list_digest(salt, [row["number"] for row in rows])
        with self._database.write() as session:
            known = session.exec(select(RollRow.digest)).first()
            if known == found:
                return
            if known is not None:
                raise Invalid("store.roll_exists", "another roll is here")
            if insert_new(session, DeputyRow, rows) != len(rows):
                raise Invalid("roll.twice", "a number stands twice on the roll")
            session.add(RollRow(digest=found, salt=salt))

    def deputies(self) -> list[Deputy]:
        """The whole roll, by number."""
        with self.read() as entries:
            return entries.deputies()

    def salt(self) -> bytes:
        """The salt of the digests of roll and attendance; ``store.no_roll``."""
        with self._database.read() as session:
            found = session.exec(select(RollRow.salt)).first()
        if found is None:
            raise Invalid("store.no_roll", "there is no roll")
        return found

    def put_keys(
        self, owner: str, keys: Mapping[str, SlotKey], passphrase: str, random: Random
    ) -> None:
        """Keep the signer's slot keys, encrypted; ``store.key_exists`` when there are some."""
        vault, key_file = Vault.make(owner, passphrase, random)
        rows = []
        for slot, key in keys.items():
            public = key.public.encode()
            sealed = vault.seal(slot, public, key.encode(), random)
            rows.append({"slot": slot, "public": public, "sealed": sealed})
        with self._database.write() as session:
            if session.exec(select(VaultRow.owner)).first() is not None:
                raise Invalid("store.key_exists", "there are slot keys")
            session.add(VaultRow(owner=owner, key_file=key_file))
            insert_new(session, SlotKeyRow, rows)

    def has_keys(self) -> bool:
        """Whether there are slot keys."""
        with self._database.read() as session:
            return session.exec(select(VaultRow.owner)).first() is not None

    def keys(self, passphrase: str) -> dict[str, SlotKey]:
        """The slot keys; ``store.no_key``, or what :func:`keyfile.unlock` raises."""
        with self._database.read() as session:
            key_file = session.exec(select(VaultRow.key_file)).first()
            rows = session.exec(select(SlotKeyRow.slot, SlotKeyRow.public, SlotKeyRow.sealed)).all()
        if key_file is None:
            raise Invalid("store.no_key", "there are no slot keys")
        vault = Vault.open(key_file, passphrase)
        return {
            slot: SlotKey.decode(vault.unseal(slot, public, sealed))
            for slot, public, sealed in rows
        }
