"""Definition, events, turnout shown."""

import sqlalchemy as sa
from alembic import op

from ballot.store.migrations.triggers import append_only

revision = "board_1"
down_revision = None
branch_labels = ("board",)
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "definition",
        sa.Column("session", sa.String, primary_key=True),
        sa.Column("raw", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "turnout",
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("shown", sa.Integer, nullable=False),
    )
    append_only("definition", "event")
