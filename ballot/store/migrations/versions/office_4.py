"""Paper sheets as two people entered them."""

import sqlalchemy as sa
from alembic import op

from ballot.store.migrations.triggers import append_only

revision = "office_4"
down_revision = "office_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "paper_entry",
        sa.Column("session", sa.String, primary_key=True),
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("replaces", sa.String, primary_key=True),
        sa.Column("official", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("numbers", sa.LargeBinary),
        sa.Column("entered_by", sa.String, nullable=False),
    )
    op.create_table(
        "paper_pile",
        sa.Column("session", sa.String, primary_key=True),
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("replaces", sa.String, primary_key=True),
        sa.Column("official", sa.String, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    append_only("paper_entry")
