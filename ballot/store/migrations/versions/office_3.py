"""The board of the key ceremony: the documents that the trustees' devices show each other."""

import sqlalchemy as sa
from alembic import op

from ballot.store.migrations.triggers import append_only

revision = "office_3"
down_revision = "office_2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ceremony_document",
        sa.Column("session", sa.String, primary_key=True),
        sa.Column("board", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    append_only("ceremony_document")
