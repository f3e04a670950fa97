"""Sessions in preparation: what the clerk typed and imported, frozen versions, first events."""

import sqlalchemy as sa
from alembic import op

from ballot.store.migrations.triggers import append_only

revision = "office_2"
down_revision = "office_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; a draft belongs to a session from now on."""
    op.create_table(
        "prepared",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "attachment",
        sa.Column("vote", sa.String, primary_key=True),
        sa.Column("item", sa.String, primary_key=True),
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "frozen",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("definition", sa.LargeBinary, nullable=False),
        sa.Column("roll", sa.LargeBinary, nullable=False),
        sa.Column("keys", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "frozen_event",
        sa.Column("version", sa.Integer, sa.ForeignKey("frozen.number"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("line", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "frozen_end",
        sa.Column("version", sa.Integer, sa.ForeignKey("frozen.number"), primary_key=True),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
    )
    op.add_column("draft", sa.Column("session", sa.String, nullable=False, server_default=""))
    append_only("frozen", "frozen_event", "frozen_end")
