"""Roll, passes, presence, requests and answers, slot keys."""

import sqlalchemy as sa
from alembic import op

from ballot.store.migrations.triggers import append_only

revision = "roll_1"
down_revision = None
branch_labels = ("roll",)
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "roll",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "deputy",
        sa.Column("number", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_table(
        "pass",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _deputy(),
    )
    op.create_table(
        "check_in",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("halted", sa.Boolean, nullable=False),
    )
    op.create_table(
        "check_in_slot",
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("check_in", sa.Integer, sa.ForeignKey("check_in.number"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_table(
        "presence",
        sa.Column("check_in", sa.Integer, sa.ForeignKey("check_in.number"), primary_key=True),
        _deputy(primary_key=True),
        sa.Column("channel", sa.String),
        sa.Column("device", sa.LargeBinary, unique=True),
        sa.Column("ended", sa.Boolean, nullable=False),
    )
    op.create_table(
        "request",
        _deputy(primary_key=True),
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("blinded", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "answer",
        sa.Column("deputy", sa.String, primary_key=True),
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("signatures", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["deputy", "slot"], ["request.deputy", "request.slot"]),
    )
    op.create_table(
        "vault",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("key_file", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "slot_key",
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("public", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    append_only("roll", "deputy", "request", "answer", "vault", "slot_key")


def _deputy(primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "deputy",
        sa.String,
        sa.ForeignKey("deputy.number"),
        primary_key=primary_key,
        nullable=False,
    )
