"""The tables of a session in preparation. No row has a time."""

from sqlmodel import Field, SQLModel


class PreparedRow(SQLModel, table=True):
    """A part of what is being prepared, in canonical JSON; written again with every change."""

    __tablename__ = "prepared"
    name: str = Field(primary_key=True)
    document: bytes


class AttachmentRow(SQLModel, table=True):
    """Background to a project: a file by the digest of its content; ``kind`` is a media type."""

    __tablename__ = "attachment"
    vote: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    name: str
    kind: str
    content: bytes


class FrozenRow(SQLModel, table=True):
    """A frozen version: definition and roll byte for byte, and its secret keys, sealed."""

    __tablename__ = "frozen"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    definition: bytes
    roll: bytes
    keys: bytes


class FrozenEventRow(SQLModel, table=True):
    """One line of the events of a frozen version, until its session is installed."""

    __tablename__ = "frozen_event"
    version: int = Field(primary_key=True, foreign_key="frozen.number")
    number: int = Field(primary_key=True)
    line: bytes


class FrozenEndRow(SQLModel, table=True):
    """A version that is no longer put forward: ``taken_back``, or ``ended`` after a practice."""

    __tablename__ = "frozen_end"
    version: int = Field(primary_key=True, foreign_key="frozen.number")
    reason: str
    account: str
