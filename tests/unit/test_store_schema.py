"""The tables: exactly these columns, who may do what with them, versions, files."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlmodel import SQLModel

from ballot.crypto.errors import Invalid
from ballot.store import (
    board,
    box,
    ceremony,
    office_tables,
    paper,
    preparing_tables,
    roll_tables,
    schema,
)
from ballot.store.engine import Database, sqlite_url
from ballot.store.schema import BRANCHES, SERVICES, check_server, check_version, grant, upgrade
from tests.databases import Server, name_in

BOARD = {
    "definition": "session raw",
    "event": "number line",
    "turnout": "slot shown",
}
ROLL = {
    "roll": "digest salt",
    "deputy": "number name",
    "pass": "digest deputy",
    "check_in": "number halted",
    "check_in_slot": "slot check_in place",
    "presence": "check_in deputy channel device ended",
    "request": "deputy slot blinded",
    "answer": "deputy slot signatures",
    "vault": "owner key_file",
    "slot_key": "slot public sealed",
}
OFFICE = {
    "ceremony_document": "session board name data",
    "office_vault": "owner key_file",
    "account": "id name roles password totp public_key failures reset_by",
    "invitation": "account digest kind",
    "draft": "digest kind slot minute body proposer role session",
    "prepared": "name document",
    "attachment": "vote item digest name kind content",
    "frozen": "number definition roll keys",
    "frozen_event": "version number line",
    "frozen_end": "version reason account",
    "draft_signature": "draft role signer signature",
    "withdrawal": "draft account",
    "paper_entry": "session slot replaces official number numbers entered_by",
    "paper_pile": "session slot replaces official content",
}
# The box by heart (attack D15): no time, no number of its own, no address, nobody.
BOX = {
    "round": ["slot text key", "halted boolean", "size integer?", "root bytes?"],
    "envelope": ["tracker bytes key", "slot text", "credential text", "envelope bytes"],
    "alpha": ["slot text key", "alpha text key"],
    "box_key": ["public text key", "key_file bytes"],
}
KINDS = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BLOB": "bytes",
    "BYTEA": "bytes",
}


def described(database: Database, table: str) -> list[str]:
    look = inspect(database.engine)
    keys = look.get_pk_constraint(table)["constrained_columns"]
    found = []
    for column in look.get_columns(table):
        assert column["default"] is None, column
        kind = KINDS[str(column["type"])] + ("?" if column["nullable"] else "")
        key = " key" if column["name"] in keys else ""
        found.append(f"{column['name']} {kind}{key}")
    return found


def test_the_box_has_exactly_these_columns_types_and_keys(url: str) -> None:
    database = Database(url)
    upgrade(database, SERVICES["box"])
    look = inspect(database.engine)
    assert set(look.get_table_names()) == {*BOARD, *BOX, "alembic_version"}
    assert {table: described(database, table) for table in BOX} == BOX
    unique = look.get_unique_constraints("envelope")
    assert [one["column_names"] for one in unique] == [["slot", "credential"]]
    for table in BOX:
        assert not look.get_foreign_keys(table)
        assert not [i for i in look.get_indexes(table) if "duplicates_constraint" not in i]
    database.close()


@pytest.mark.parametrize(
    ("service", "wanted"), [("registrar", BOARD | ROLL | OFFICE), ("signer", BOARD | ROLL)]
)
def test_the_registrar_and_the_signer_have_exactly_these_columns(
    url: str, service: str, wanted: dict[str, str]
) -> None:
    database = Database(url)
    upgrade(database, SERVICES[service])
    look = inspect(database.engine)
    found = {
        table: " ".join(column["name"] for column in look.get_columns(table))
        for table in look.get_table_names()
    }
    assert found == {**wanted, "alembic_version": "version_num"}
    assert look.get_pk_constraint("request")["constrained_columns"] == ["deputy", "slot"]
    assert look.get_pk_constraint("answer")["constrained_columns"] == ["deputy", "slot"]
    database.close()


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    with database.read() as session:
        context = MigrationContext.configure(session.connection())
        assert compare_metadata(context, SQLModel.metadata) == []


def test_an_upgrade_again_changes_nothing_and_another_version_is_refused(url: str) -> None:
    database = Database(url)
    with pytest.raises(Invalid, match=r"store\.version"):
        check_version(database, ["board"])
    upgrade(database, ["board"])
    upgrade(database, ["board"])
    check_version(database, ["board"])
    with pytest.raises(Invalid, match=r"store\.version: box"):
        check_version(database, ["board", "box"])
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'board_9'")
    with pytest.raises(Invalid, match=r"store\.version: board"):
        check_version(database, ["board"])
    database.close()


# Loaded: their tables are in SQLModel.metadata.
MODELS = (board, box, ceremony, office_tables, paper, preparing_tables, roll_tables)
ROWS = {
    "ceremony_document": "INSERT INTO ceremony_document VALUES ('s', 1, 'n', 'd')",
    "definition": "INSERT INTO definition VALUES ('s', 'x')",
    "event": "INSERT INTO event VALUES (1, 'x')",
    "envelope": "INSERT INTO envelope VALUES ('t', 's', 'c', 'e')",
    "deputy": "INSERT INTO deputy VALUES ('1', 'n')",
    "request": "INSERT INTO request VALUES ('1', 's', 'b')",
    "answer": "INSERT INTO answer VALUES ('1', 's', 'a')",
    "office_vault": "INSERT INTO office_vault VALUES ('office', 'k')",
    "draft": "INSERT INTO draft VALUES ('d', 'k', 's', 'm', 'b', 'clerk', 'clerk', 'n')",
    "draft_signature": "INSERT INTO draft_signature VALUES ('d', 'clerk', 'clerk', 's')",
    "withdrawal": "INSERT INTO withdrawal VALUES ('d', 'clerk')",
    "frozen": "INSERT INTO frozen VALUES (1, 'd', 'r', 'k')",
    "frozen_event": "INSERT INTO frozen_event VALUES (1, 1, 'l')",
    "frozen_end": "INSERT INTO frozen_end VALUES (1, 'ended', 'clerk')",
}


def fill(database: Database) -> None:
    with database.write() as session:
        for statement in ROWS.values():
            session.connection().exec_driver_sql(statement)


def try_to(database: Database, statement: str) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql(statement)


@pytest.mark.parametrize("table", ROWS)
def test_rows_are_only_ever_added(database: Database, table: str) -> None:
    fill(database)
    column = ROWS[table] and inspect(database.engine).get_columns(table)[-1]["name"]
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = 'y'"):
        with pytest.raises(Invalid, match=r"store\.unavailable"):
            try_to(database, statement)
    with database.read() as session:
        rows = session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}")
        assert rows.scalar_one() == 1


@pytest.mark.needs("postgresql")
def test_the_services_own_role_cannot_change_or_delete_evidence(postgresql: Server) -> None:
    url = postgresql.create()
    name = name_in(url)
    owner = Database(url)
    upgrade(owner, BRANCHES)
    fill(owner)
    postgresql.execute("postgres", 'CREATE ROLE "the service" LOGIN')
    grant(owner, BRANCHES, "the service")
    grant(owner, BRANCHES, "the service")
    for table in ROWS:
        for statement in (
            f"DELETE FROM {table}",
            f"UPDATE {table} SET ctid = ctid",
            f"TRUNCATE {table}",
            f"DROP TABLE {table}",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        ):
            with (
                psycopg.connect(postgresql.url(name, "the%20service")) as connection,
                pytest.raises(
                    (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)
                ),
            ):
                connection.execute(statement)
    service = Database(postgresql.url(name, "the%20service"))
    check_version(service, BRANCHES)
    mine = box.SqlBox(service)
    mine.open("a")
    mine.insert("a", b"1" * 32, "c", ["x"], b"e")
    assert mine.halt("a")[0] == 1
    service.close()
    owner.close()


@pytest.mark.needs("postgresql")
def test_a_server_that_loses_commits_or_keeps_times_or_contents_is_refused(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.create()
    database = Database(url)
    with pytest.raises(Invalid, match=r"store\.unsafe: fsync is off"):
        check_server(database)
    monkeypatch.delitem(schema._SETTINGS, "fsync")
    check_server(database)
    postgresql.execute(name_in(url), f"ALTER DATABASE {name_in(url)} SET log_statement = 'mod'")
    database.close()
    database = Database(url)
    with pytest.raises(Invalid, match=r"store\.unsafe: log_statement is mod"):
        check_server(database)
    database.close()


def test_sqlite_has_no_roles(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"store\.url"):
        grant(Database(sqlite_url(tmp_path / "a.db")), BRANCHES, "service")


def test_the_files_are_their_owners_alone_and_durable(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.touch(0o644)
    database = Database(sqlite_url(path))
    upgrade(database, BRANCHES)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
    with database.read() as session:
        for name, value in wanted.items():
            found = session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one()
            assert found == value, name
    for table in BOX.keys() - {"box_key"}:
        with database.read() as session:
            row = session.connection().exec_driver_sql(
                f"SELECT sql FROM sqlite_master WHERE name = '{table}'"
            )
            assert "WITHOUT ROWID" in row.scalar_one()
    database.close()


@pytest.mark.parametrize(
    "text",
    ["", "x", "sqlite://", "sqlite:///:memory:", "mysql://a/b", "sqlite:////missing/dir/a.db"],
)
def test_another_kind_of_url_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"store\.url"):
        Database(text)


def test_an_error_of_the_database_quotes_nothing(database: Database) -> None:
    canary = "canary-7b1f"
    fill(database)
    with pytest.raises(Invalid) as caught:
        try_to(database, f"INSERT INTO envelope VALUES ('t', 's', '{canary}', 'e')")
    error: Any = caught.value
    assert canary not in str(error)
    assert canary not in repr(error)
    assert error.__suppress_context__
    assert not database.engine.echo
    assert database.engine.hide_parameters
