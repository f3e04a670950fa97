"""Sessions in preparation: what the clerk typed and imported, frozen versions, first events."""

revision = "office_2"
down_revision = "office_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
