"""The tables of the roll: deputies and blinded requests, never a credential or an envelope."""

from sqlmodel import Field, ForeignKeyConstraint, SQLModel


class RollRow(SQLModel, table=True):
    """The salt of the roll's digest, which stays here (attack E26): one row."""

    __tablename__ = "roll"
    digest: str = Field(primary_key=True)
    salt: bytes


class DeputyRow(SQLModel, table=True):
    """A deputy by the number on the roll."""

    __tablename__ = "deputy"
    number: str = Field(primary_key=True)
    name: str


class PassRow(SQLModel, table=True):
    """A pass in force; only the digest of its code is known."""

    __tablename__ = "pass"
    digest: bytes = Field(primary_key=True)
    deputy: str = Field(foreign_key="deputy.number")


class CheckInRow(SQLModel, table=True):
    """A check-in, by the number of the event that opened it."""

    __tablename__ = "check_in"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    halted: bool


class CheckInSlotRow(SQLModel, table=True):
    """A slot is issued in one check-in, which names it in its ``place``."""

    __tablename__ = "check_in_slot"
    slot: str = Field(primary_key=True)
    check_in: int = Field(foreign_key="check_in.number")
    place: int


class PresenceRow(SQLModel, table=True):
    """A deputy in a check-in; ``device`` is the digest of the tablet's secret."""

    __tablename__ = "presence"
    check_in: int = Field(primary_key=True, foreign_key="check_in.number")
    deputy: str = Field(primary_key=True, foreign_key="deputy.number")
    channel: str | None
    device: bytes | None = Field(unique=True)
    ended: bool


class RequestRow(SQLModel, table=True):
    """What was asked for a deputy and slot, once (attack A18)."""

    __tablename__ = "request"
    deputy: str = Field(primary_key=True, foreign_key="deputy.number")
    slot: str = Field(primary_key=True)
    blinded: bytes


class AnswerRow(SQLModel, table=True):
    """What was answered: the token is issued when this row is there."""

    __tablename__ = "answer"
    __table_args__ = (ForeignKeyConstraint(["deputy", "slot"], ["request.deputy", "request.slot"]),)
    deputy: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    signatures: bytes


class VaultRow(SQLModel, table=True):
    """The key file that opens the slot keys: one row."""

    __tablename__ = "vault"
    owner: str = Field(primary_key=True)
    key_file: bytes


class SlotKeyRow(SQLModel, table=True):
    """A slot key, sealed in the vault."""

    __tablename__ = "slot_key"
    slot: str = Field(primary_key=True)
    public: str
    sealed: bytes
