"""Officials' accounts and the drafts that wait for signatures, in the registrar's database.

Drafts, signatures and withdrawals are only ever added. That a draft was published is told by
the events themselves and kept nowhere else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sqlmodel import Session, col, delete, select

from ballot.crypto.errors import Invalid
from ballot.store.engine import Database, insert_new
from ballot.store.office_tables import (
    AccountRow,
    DraftRow,
    DraftSignatureRow,
    InvitationRow,
    OfficeVaultRow,
    WithdrawalRow,
)
from ballot.store.vault import Random, Vault

Kind = Literal["first", "reset"]
_OWNER = "office"


@dataclass(frozen=True)
class Account:
    """An official's account. ``state``: ``active`` once a password is set. ``failures``: wrong
    attempts since the last login; ``reset_by``: who asked for a reset that waits for a second.
    """

    id: str
    name: str
    roles: tuple[str, ...]
    password: str | None = None
    totp: bytes | None = None
    public_key: str | None = None
    failures: int = 0
    reset_by: str | None = None

    @property
    def state(self) -> Literal["invited", "active"]:
        """Whether the invitation was accepted."""
        return "invited" if self.password is None else "active"


@dataclass(frozen=True)
class Draft:
    """A draft as it lies there. ``body`` in canonical JSON; ``role``: proposed as what;
    ``session``: for which definition.
    """

    digest: str
    kind: str
    slot: str | None
    minute: str
    body: bytes
    proposer: str
    role: str
    session: str


class Entries:
    """What one transaction of an :class:`OfficeStore` can read and write."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # Accounts and invitations.

    def accounts(self) -> list[Account]:
        """All accounts, by id."""
        return [_account(row) for row in self._session.exec(_by_id())]

    def account(self, account_id: str) -> Account | None:
        """The account of that id."""
        row = self._session.get(AccountRow, account_id)
        return None if row is None else _account(row)

    def add_account(self, account: Account) -> bool:
        """A new account; False if the id is taken."""
        return insert_new(self._session, AccountRow, [_fields(account)]) == 1

    def change_account(self, account: Account, **changes: Any) -> Account:
        """The account with these changes; ``account.key_taken`` for the key of another one."""
        changed = replace(account, **changes)
        taken = select(AccountRow.id).where(AccountRow.public_key == changed.public_key)
        if changed.public_key and set(self._session.exec(taken)) - {account.id}:
            raise Invalid("account.key_taken", "the key is registered for somebody else")
        self._session.merge(AccountRow(**_fields(changed)))
        return changed

    def put_invitation(self, account_id: str, digest: bytes, kind: Kind) -> None:
        """The account's only invitation from now on."""
        self.end_invitation(account_id)
        self._session.add(InvitationRow(account=account_id, digest=digest, kind=kind))
        self._session.flush()

    def invited(self, digest: bytes) -> Account | None:
        """Whose invitation this is."""
        wanted = select(InvitationRow.account).where(InvitationRow.digest == digest)
        found = self._session.exec(wanted).first()
        return None if found is None else self.account(found)

    def invitations(self) -> dict[str, str]:
        """account → kind of the invitation that waits."""
        return {row.account: row.kind for row in self._session.exec(select(InvitationRow))}

    def end_invitation(self, account_id: str) -> None:
        """The invitation is used up or replaced."""
        self._session.exec(delete(InvitationRow).where(col(InvitationRow.account) == account_id))

    # Drafts.

    def drafts(self, of_session: str) -> list[Draft]:
        """Every draft of that session that was not withdrawn, by minute."""
        taken_back = select(WithdrawalRow.draft)
        wanted = select(DraftRow).where(
            DraftRow.session == of_session, col(DraftRow.digest).not_in(taken_back)
        )
        order = (col(DraftRow.minute), col(DraftRow.digest))
        return [_draft(row) for row in self._session.exec(wanted.order_by(*order))]

    def draft(self, digest: str) -> Draft | None:
        """The draft of that digest, withdrawn or not."""
        row = self._session.get(DraftRow, digest)
        return None if row is None else _draft(row)

    def add_draft(self, draft: Draft) -> bool:
        """Keep a draft; False if it is there."""
        return insert_new(self._session, DraftRow, [asdict(draft)]) == 1

    def signatures(self, digest: str) -> list[tuple[str, str, str]]:
        """(signer, role, signature) under a draft, by role and signer."""
        wanted = select(DraftSignatureRow).where(DraftSignatureRow.draft == digest)
        order = (col(DraftSignatureRow.role), col(DraftSignatureRow.signer))
        rows = self._session.exec(wanted.order_by(*order))
        return [(row.signer, row.role, row.signature) for row in rows]

    def add_signature(self, digest: str, signer: str, role: str, signature: str) -> None:
        """Keep a verified signature; the same again changes nothing."""
        row = {"draft": digest, "role": role, "signer": signer, "signature": signature}
        insert_new(self._session, DraftSignatureRow, [row])

    def is_withdrawn(self, digest: str) -> bool:
        """Whether the draft was taken back."""
        return self._session.get(WithdrawalRow, digest) is not None

    def withdraw(self, digest: str, account_id: str) -> None:
        """Take a draft back; again changes nothing."""
        insert_new(self._session, WithdrawalRow, [{"draft": digest, "account": account_id}])


class OfficeStore:
    """The office's tables in the registrar's database."""

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

    def in_use(self) -> bool:
        """Whether there is any account."""
        with self._database.read() as session:
            return session.exec(select(AccountRow.id)).first() is not None

    def vault(self, passphrase: str, random: Random) -> Vault:
        """The vault of the second factors, made when it is first asked for.

        Raises what :func:`ballot.crypto.keyfile.unlock` raises.
        """
        with self._database.read() as session:
            known = session.exec(select(OfficeVaultRow.key_file)).first()
        if known is not None:
            return Vault.open(known, passphrase)
        vault, key_file = Vault.make(_OWNER, passphrase, random)
        with self._database.write() as session:
            row = {"owner": _OWNER, "key_file": key_file}
            made = insert_new(session, OfficeVaultRow, [row])
        return vault if made else self.vault(passphrase, random)


def _by_id() -> Any:
    return select(AccountRow).order_by(col(AccountRow.id))


def _account(row: AccountRow) -> Account:
    return Account(**row.model_dump(exclude={"roles"}), roles=tuple(row.roles.split()))


def _fields(account: Account) -> dict[str, Any]:
    return asdict(account) | {"roles": " ".join(account.roles)}


def _draft(row: DraftRow) -> Draft:
    return Draft(**row.model_dump())
