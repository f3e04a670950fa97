"""Which pages stand behind a login, and how the accounts begin."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter
from typer.testing import CliRunner

from ballot.cli import app
from ballot.locale import message
from ballot.store.engine import Database, sqlite_url
from ballot.store.office import OfficeStore
from ballot.store.schema import SERVICES, upgrade
from ballot.tls import write_private
from ballot.web.door import open_accounts
from ballot.web.officials import Officials, officials
from ballot.web.registrar_service import RegistrarService
from tests.offices import PASSWORD, SECRET, cheap, secret_of
from tests.unit.test_web_office import Hall


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap():
        yield


def build(hall: Hall) -> Officials:
    service = RegistrarService(hall.database, SECRET)
    return officials(service, hall.database, SECRET, [], lambda: None)


def paths(router: APIRouter) -> set[str]:
    return {getattr(route, "path", "") for route in router.routes}


def test_without_accounts_there_is_the_desk_and_its_code(tmp_path: Path) -> None:
    found = build(Hall(tmp_path))
    assert re.fullmatch(r"[0-9A-Z-]{14}", found.desk_code)
    assert found.setup_code == ""
    assert {path.split("/")[1] for router in found.routers for path in paths(router)} == {"desk"}


def test_with_accounts_there_is_no_desk_code_and_a_setup_code_until_the_first_login(
    tmp_path: Path,
) -> None:
    hall = Hall(tmp_path)
    hall.accounts.begin("clerk", "样例工作人员")
    first, second = build(hall), build(hall)
    assert first.desk_code == second.desk_code == ""
    assert len({first.setup_code, second.setup_code, ""}) == 3
    assert any("/office/login" in paths(router) for router in first.routers)
    assert not any("/desk/login" in paths(router) for router in first.routers)
    accounts = open_accounts(OfficeStore(hall.database), SECRET, "x")
    offered = secret_of(accounts, second.setup_code)
    from ballot import proving

    typed = proving.code_at(offered, accounts._clock())
    accounts.accept(second.setup_code, PASSWORD, typed)
    assert build(hall).setup_code == ""


def run(home: Path, *more: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["office", "--data-dir", str(home), "--name", "样例", *more])
    return found.exit_code, found.output


def test_the_command_begins_the_accounts_until_somebody_has_one(tmp_path: Path) -> None:
    assert run(tmp_path)[0] == 2
    database = Database(sqlite_url(tmp_path / "registrar.db"))
    upgrade(database, SERVICES["registrar"])
    write_private(tmp_path / "registrar.secret", SECRET.encode())
    status, said = run(tmp_path, "--account", "B A D")
    assert status == 2
    assert not OfficeStore(database).in_use()
    status, said = run(tmp_path)
    assert status == 0
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", said)
    assert found is not None
    assert found[0] not in run(tmp_path)[1]
    accounts = open_accounts(OfficeStore(database), SECRET, "x")
    with OfficeStore(database).write() as entries:
        account = accounts.account("clerk")
        assert account is not None
        entries.change_account(account, password="a hash")
    assert run(tmp_path) == (2, message("zh", "office.begun") + "\n")
    database.close()
