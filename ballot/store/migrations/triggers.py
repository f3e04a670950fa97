"""Rows that are only ever added: triggers that refuse the rest (attack C19)."""

from alembic import op


def append_only(*tables: str, truncate: bool = False) -> None:
    """Refuse to change or delete rows of these tables, on both databases.

    ``truncate``: PostgreSQL may still empty the table as a whole, as its owner; the box needs
    that to be written anew.
    """
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for action in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
                )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $$"
    )
    actions = "UPDATE OR DELETE" if truncate else "UPDATE OR DELETE OR TRUNCATE"
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_only_added BEFORE {actions} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
