"""Officials' accounts and invitations; drafts and the signatures under them."""

import sqlalchemy as sa
from alembic import op

from ballot.store.migrations.triggers import append_only

revision = "office_1"
down_revision = None
branch_labels = ("office",)
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "office_vault",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("key_file", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("roles", sa.String, nullable=False),
        sa.Column("password", sa.String),
        sa.Column("totp", sa.LargeBinary),
        sa.Column("public_key", sa.String, unique=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("reset_by", sa.String, sa.ForeignKey("account.id")),
    )
    op.create_table(
        "invitation",
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("kind", sa.String, nullable=False),
    )
    op.create_table(
        "draft",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("slot", sa.String),
        sa.Column("minute", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("proposer", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
    )
    op.create_table(
        "draft_signature",
        sa.Column("draft", sa.String, sa.ForeignKey("draft.digest"), primary_key=True),
        sa.Column("role", sa.String, primary_key=True),
        sa.Column("signer", sa.String, primary_key=True),
        sa.Column("signature", sa.String, nullable=False),
    )
    op.create_table(
        "withdrawal",
        sa.Column("draft", sa.String, sa.ForeignKey("draft.digest"), primary_key=True),
        sa.Column("account", sa.String, nullable=False),
    )
    append_only("office_vault", "draft", "draft_signature", "withdrawal")
