"""Versions of the tables, and what the service's role in PostgreSQL may do with them."""

from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ballot.crypto.errors import Invalid
from ballot.store.engine import Database

BRANCHES = ("board", "roll", "office", "box")
SERVICES = {
    "registrar": ("board", "roll", "office"),
    "signer": ("board", "roll"),
    "box": ("board", "box"),
}
"""Which groups of tables each service has."""

# Rows of the first are only ever added; those of the second say how things stand (attack C19).
_ADDED = {
    "board": ("definition", "event"),
    "roll": ("roll", "deputy", "vault", "slot_key", "request", "answer"),
    "office": (
        "office_vault",
        "draft",
        "draft_signature",
        "withdrawal",
        "frozen",
        "frozen_event",
        "frozen_end",
        "ceremony_document",
        "paper_entry",
    ),
    "box": ("box_key", "envelope", "alpha"),
}
_KEPT = {
    "board": ("turnout",),
    "roll": ("pass", "check_in", "check_in_slot", "presence"),
    "office": ("account", "invitation", "prepared", "attachment", "paper_pile"),
    "box": ("round",),
}
# What a server does beside storing, and the only setting under which the box may live on it:
# commits that last, and nothing that keeps times, order or contents elsewhere (attacks D12, D13).
_SETTINGS = {
    "fsync": "on",
    "track_commit_timestamp": "off",
    "archive_mode": "off",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length_on_error": "0",
}


def upgrade(database: Database, branches: Iterable[str]) -> None:
    """Bring these branches to the version of this program; nothing or all of it."""
    config = _config()
    with database.write() as session:
        config.attributes["connection"] = session.connection()
        for branch in branches:
            command.upgrade(config, f"{branch}@head")


def check_version(database: Database, branches: Iterable[str]) -> None:
    """Refuse (``store.version``) tables that another version of the program made."""
    scripts = ScriptDirectory.from_config(_config())
    with database.read() as session:
        found = MigrationContext.configure(session.connection()).get_current_heads()
    for branch in branches:
        head = scripts.get_revision(f"{branch}@head")
        if head.revision not in found:
            raise Invalid("store.version", f"{branch}: run `ballot db upgrade`")


def check_server(database: Database) -> None:
    """Refuse (``store.unsafe``) a PostgreSQL server that loses ballots or remembers their order."""
    if database.is_sqlite:
        return
    with database.read() as session:
        for name, wanted in _SETTINGS.items():
            found = session.connection().exec_driver_sql(f"SHOW {name}").scalar_one()
            if found != wanted:
                raise Invalid("store.unsafe", f"{name} is {found}, wanted: {wanted}")


def grant(database: Database, branches: Iterable[str], role: str) -> None:
    """Give the service's own PostgreSQL role what it needs and no more.

    It cannot change or delete an event, a request or an envelope; the box is rewritten by
    the function ``rewrite_box`` with its owner's rights. Raises ``store.url`` on SQLite.
    """
    if database.is_sqlite:
        raise Invalid("store.url", "SQLite has no roles")
    quoted = database.engine.dialect.identifier_preparer.quote_identifier(role)
    with database.write() as session:
        for branch in branches:
            for table in (*_ADDED[branch], *_KEPT[branch]):
                more = ", UPDATE, DELETE" if table in _KEPT[branch] else ""
                session.connection().execute(text(f'REVOKE ALL ON "{table}" FROM {quoted}'))
                session.connection().execute(
                    text(f'GRANT SELECT, INSERT{more} ON "{table}" TO {quoted}')
                )
            if branch == "box":
                session.connection().execute(
                    text(f"GRANT EXECUTE ON FUNCTION rewrite_box() TO {quoted}")
                )
        session.connection().execute(text(f"GRANT SELECT ON alembic_version TO {quoted}"))


def _config() -> Config:
    config = Config()
    location = str(Path(__file__).with_name("migrations")).replace("%", "%%")
    config.set_main_option("script_location", location)
    return config
