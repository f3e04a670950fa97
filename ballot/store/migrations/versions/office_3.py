"""The board of the key ceremony: the documents that the trustees' devices show each other."""

revision = "office_3"
down_revision = "office_2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
