"""Envelopes by tracker, their α, rounds, the key of the receipts."""

import sqlalchemy as sa
from alembic import op

from ballot.store.migrations.triggers import append_only

revision = "box_1"
down_revision = None
branch_labels = ("box",)
depends_on = None

# The service's role may neither change nor delete an envelope; writing the box anew is the one
# thing it may ask for. TRUNCATE begins new files, the old ones are unlinked at the commit, and
# all rows carry one xmin in tracker order (attack D12). What the write-ahead log still holds is
# why check_server refuses to archive it.
_REWRITE = """
CREATE FUNCTION {schema}.rewrite_box() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $$
BEGIN
  CREATE TEMP TABLE kept ON COMMIT DROP AS
    SELECT tracker, slot, credential, envelope FROM envelope ORDER BY tracker;
  TRUNCATE envelope;
  INSERT INTO envelope (tracker, slot, credential, envelope)
    SELECT tracker, slot, credential, envelope FROM pg_temp.kept ORDER BY tracker;
  CREATE TEMP TABLE kept_alpha ON COMMIT DROP AS
    SELECT slot, alpha FROM alpha WHERE slot IN (SELECT slot FROM round WHERE NOT halted);
  TRUNCATE alpha;
  INSERT INTO alpha (slot, alpha) SELECT slot, alpha FROM pg_temp.kept_alpha ORDER BY slot, alpha;
END $$
"""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "round",
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("halted", sa.Boolean, nullable=False),
        sa.Column("size", sa.Integer),
        sa.Column("root", sa.LargeBinary),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "envelope",
        sa.Column("tracker", sa.LargeBinary, primary_key=True),
        sa.Column("slot", sa.String, nullable=False),
        sa.Column("credential", sa.String, nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("slot", "credential"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alpha",
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("alpha", sa.String, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "box_key",
        sa.Column("public", sa.String, primary_key=True),
        sa.Column("key_file", sa.LargeBinary, nullable=False),
    )
    append_only("envelope", truncate=True)
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
        op.execute(_REWRITE.format(schema=schema))
        op.execute("REVOKE ALL ON FUNCTION rewrite_box() FROM PUBLIC")
