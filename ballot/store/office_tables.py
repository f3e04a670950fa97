"""The tables of the office: officials' accounts, drafts and signatures. No row has a time."""

from sqlmodel import Field, SQLModel


class OfficeVaultRow(SQLModel, table=True):
    """The key file that opens the secrets of the second factors: one row."""

    __tablename__ = "office_vault"
    owner: str = Field(primary_key=True)
    key_file: bytes


class AccountRow(SQLModel, table=True):
    """An official's account; without a password nobody can sign in with it.

    ``roles`` are separated by spaces; ``password`` is a hash, ``totp`` sealed in the vault;
    ``failures`` since the last login; ``reset_by`` asked for a reset that a second must confirm.
    """

    __tablename__ = "account"
    id: str = Field(primary_key=True)
    name: str
    roles: str
    password: str | None = None
    totp: bytes | None = None
    public_key: str | None = Field(default=None, unique=True)
    failures: int = 0
    reset_by: str | None = Field(default=None, foreign_key="account.id")


class InvitationRow(SQLModel, table=True):
    """The invitation in force of an account; only the digest of its code is known."""

    __tablename__ = "invitation"
    account: str = Field(primary_key=True, foreign_key="account.id")
    digest: bytes = Field(unique=True)
    kind: str


class DraftRow(SQLModel, table=True):
    """A draft of an event, by the digest of what is signed; ``body`` in canonical JSON;
    ``session``: the digest of the definition it belongs to.
    """

    __tablename__ = "draft"
    digest: str = Field(primary_key=True)
    kind: str
    slot: str | None
    minute: str
    body: bytes
    proposer: str
    role: str
    session: str


class DraftSignatureRow(SQLModel, table=True):
    """A verified signature under a draft."""

    __tablename__ = "draft_signature"
    draft: str = Field(primary_key=True, foreign_key="draft.digest")
    role: str = Field(primary_key=True)
    signer: str = Field(primary_key=True)
    signature: str


class WithdrawalRow(SQLModel, table=True):
    """A draft that is no longer put forward, and by whom it was taken back."""

    __tablename__ = "withdrawal"
    draft: str = Field(primary_key=True, foreign_key="draft.digest")
    account: str
