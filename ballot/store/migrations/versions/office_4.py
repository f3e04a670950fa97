"""Paper sheets as two people entered them."""

revision = "office_4"
down_revision = "office_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
