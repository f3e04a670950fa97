"""``ballot db``, ``passes``, ``codes`` and ``check-test``: what they make and what they refuse."""

import json
import re
import secrets
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ballot.cli import app
from ballot.crypto.encoding import code, dumps, loads, sha256
from ballot.crypto.group import GROUPS
from ballot.crypto.proofs import random_scalar
from ballot.registrar import Registrar
from ballot.store.board import BoardStore
from ballot.store.engine import Database, sqlite_url
from ballot.store.roll import RollStore
from ballot.store.schema import SERVICES, check_version, upgrade
from ballot.tally.casting import encrypt
from ballot.tally.definition import decode_definition
from ballot.tally.envelope import tracker
from ballot.tally.events import encode
from ballot.tally.polls import gate_of
from tests.databases import Server
from tests.desks import DEPUTIES, SALT, SLOTS, opened, the_definition
from tests.elections import Stream, Trustees, derive
from tests.sessions import at, definition

ED = GROUPS["Ed25519"]


def ballot(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(*arguments: object) -> str:
    result = ballot(*arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    return result.stderr


# ballot db


def test_db_upgrade_makes_each_services_tables_and_db_check_says_so(tmp_path: Path) -> None:
    here = ("--data-dir", tmp_path)
    assert "registrar" in refused("db", "upgrade", *here)
    for service in SERVICES:
        assert f"{service}.db" in refused("db", "check", service, *here)
        assert ballot("db", "upgrade", service, *here).exit_code == 0
        check_version(Database(sqlite_url(tmp_path / f"{service}.db")), SERVICES[service])
    result = ballot("db", "check", *here)
    assert result.stdout.count("\n") == 3
    assert result.exit_code == 0
    assert ballot("db", "upgrade", *here, "--lang", "en").stdout.count("this program") == 3


def test_db_refuses_in_one_line_what_it_cannot_use(tmp_path: Path) -> None:
    here = ("--data-dir", tmp_path)
    assert "desk" in refused("db", "upgrade", "desk", *here)
    assert "--url" in refused("db", "upgrade", "--url", sqlite_url(tmp_path / "a.db"))
    assert "store.url" in refused("db", "upgrade", "box", "--url", "mysql://secret@host/x")
    assert "secret" not in refused("db", "upgrade", "box", "--url", "mysql://secret@host/x")
    (tmp_path / "box.db").write_bytes(b"no database, but long enough to be read as one" * 99)
    assert "store.unavailable" in refused("db", "check", *here)
    (tmp_path / "box.db").unlink()
    Database(sqlite_url(tmp_path / "box.db")).close()
    assert "store.version" in refused("db", "check", *here)
    assert "store.url" in refused("db", "upgrade", "box", *here, "--role", "service")
    assert "fr" in refused("db", "check", *here, "--lang", "fr")


@pytest.mark.needs("postgresql")
def test_db_upgrade_on_postgresql_gives_the_role_its_rights(postgresql: Server) -> None:
    url = postgresql.create()
    postgresql.execute("postgres", "CREATE ROLE box_service LOGIN")
    result = ballot("db", "upgrade", "box", "--url", url, "--role", "box_service")
    assert result.exit_code == 0, result.output
    assert "store.unsafe" in refused("db", "check", "box", "--url", url)  # fsync is off here


# ballot passes


@pytest.fixture
def registrar(tmp_path: Path) -> Path:
    database = Database(sqlite_url(tmp_path / "registrar.db"))
    upgrade(database, SERVICES["registrar"])
    RollStore(database).put_roll(DEPUTIES, SALT)
    BoardStore(database).put_definition(definition(drawn=True).raw)
    database.close()
    return tmp_path


def test_passes_are_printed_for_everyone_and_open_the_check_in(registrar: Path) -> None:
    sheet = registrar / "passes.html"
    result = ballot("passes", "--data-dir", registrar, "--out", sheet)
    assert result.exit_code == 0, result.output
    assert sheet.stat().st_mode & 0o777 == 0o600
    text = unescape(sheet.read_text("utf-8"))
    cards = re.findall(r'class="who">(\S+) (\S+)</p>\s*<p class="code">([0-9A-Z-]{14})<', text)
    assert [(number, name) for number, name, _ in cards] == [
        (one.number, one.name) for one in DEPUTIES
    ]
    # Whole QR codes of 21 modules or more and a border of two: cameras do not read micro ones.
    sizes = [int(size) for size in re.findall(r'<svg viewBox="0 0 (\d+) \d+"', text)]
    assert len(sizes) == len(DEPUTIES)
    assert min(sizes) >= 21 + 2 * 2
    assert "青禾镇第二十届人民代表大会第四次会议" in text
    assert not re.search(r"https?://|<script", text.replace("http://www.w3.org", ""))
    database = Database(sqlite_url(registrar / "registrar.db"))
    one = Registrar(the_definition(drawn=True), RollStore(database), {}, secrets.token_bytes)
    one.follow(opened())
    for number, (_, _, pass_code) in enumerate(cards):
        assert one.check_in(pass_code, sha256(b"%d" % number)) == SLOTS
    assert one.counts().present == len(DEPUTIES)
    database.close()


def test_passes_are_refused_before_the_old_ones_are_void(registrar: Path, tmp_path: Path) -> None:
    here = ("--data-dir", registrar)
    sheet = tmp_path / "a.html"
    assert ballot("passes", *here, "--out", sheet).exit_code == 0
    before = _passes(registrar)
    assert "a.html" in refused("passes", *here, "--out", sheet)
    assert _passes(registrar) == before
    assert "registrar.db" in refused("passes", "--data-dir", tmp_path / "no", "--out", sheet)
    assert "--out" in refused("passes", *here)
    assert "missing" in refused("passes", *here, "--out", tmp_path / "missing" / "a.html")
    (tmp_path / "b").mkdir()
    assert ballot("db", "upgrade", "registrar", "--data-dir", tmp_path / "b").exit_code == 0
    said = refused("passes", "--data-dir", tmp_path / "b", "--out", tmp_path / "c", "--lang", "en")
    assert "ballot install registrar" in said


def _passes(directory: Path) -> set[bytes]:
    database = Database(sqlite_url(directory / "registrar.db"))
    with database.read() as session:
        rows = session.connection().exec_driver_sql("SELECT digest FROM pass").all()
    database.close()
    return {bytes(row[0]) for row in rows}


# ballot codes


def draft(**changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = loads(definition(drawn=True).raw)
    for vote in value["votes"]:
        for slot in vote["slots"]:
            slot["drawn"] = []
    return value | changes


def test_codes_make_slips_and_sorted_lists_that_belong_together(tmp_path: Path) -> None:
    source, out = tmp_path / "draft.json", tmp_path / "slips"
    source.write_text(json.dumps(draft(), indent=2), "utf-8")
    result = ballot("codes", "--session-draft", source, "--out", out)
    assert result.exit_code == 0, result.output
    text = (out / "slips.html").read_text("utf-8")
    slips = re.findall(r'class="code">([1-9A-HJ-NP-Za-km-z-]{19})<', text)
    assert len(set(slips)) == len(slips) == definition().deputies
    assert slips == sorted(slips)
    value = draft()
    for vote in value["votes"]:
        for slot in vote["slots"]:
            listed = loads((out / f"{slot['id']}.json").read_bytes())
            secrets_of = [derive("2.0", slot["uuid"], slip) % ED.q for slip in slips]
            assert listed == sorted(ED.ser(ED.power_g(s)) for s in secrets_of)
            slot["drawn"] = listed
    assert {path.name for path in out.iterdir()} == {
        "slips.html",
        "drawn_lists.json",
        *(f"{slot['id']}.json" for vote in value["votes"] for slot in vote["slots"]),
    }
    assert {path.stat().st_mode & 0o777 for path in (out, out / "slips.html")} == {0o700, 0o600}
    source.write_bytes(dumps(value))  # what the definition will be
    decode_definition(dumps(value))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"group": "RSA"}, "group"),
        ({"deputies": 0}, "deputies"),
        ({"deputies": 10**9}, "deputies"),
        ({"votes": []}, "votes"),
        ({"votes": [{"slots": [{"id": "../x", "uuid": "1" * 22}]}]}, "slot"),
        ({"votes": [{"slots": [{"id": "a", "uuid": "1"}]}]}, "uuid"),
        ({"votes": [{"slots": [{"id": n, "uuid": "1" * 22} for n in "aa"]}]}, "twice"),
        ({"votes": [{"slots": [{"id": n, "uuid": "1" * 22} for n in "ab"]}]}, "twice"),
        ({"assembly": ""}, "assembly"),
    ],
)
def test_codes_refuse_a_draft_before_anything_is_written(
    tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    source = tmp_path / "draft.json"
    source.write_bytes(json.dumps(draft(**changes)).encode())
    out = tmp_path / "slips"
    assert place in refused("codes", "--session-draft", source, "--out", out)
    assert not out.exists()


def test_codes_refuse_a_directory_that_is_there(tmp_path: Path) -> None:
    source = tmp_path / "draft.json"
    source.write_bytes(json.dumps(draft()).encode())
    assert str(tmp_path) in refused("codes", "--session-draft", source, "--out", tmp_path)
    assert "none.json" in refused("codes", "--session-draft", tmp_path / "none.json", "--out", "x")
    source.write_bytes(b"[]")
    assert "draft" in refused("codes", "--session-draft", source, "--out", tmp_path / "y")


# ballot check-test


@pytest.fixture(scope="module")
def opened_test(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A test ballot of a session whose keys are ready, as its tablet opened it."""
    here, trustees = tmp_path_factory.mktemp("test-ballot"), Trustees(ED, Stream("check"))
    keys = trustees.pedersen(3, 5).encode().decode()
    session = at("start").publish("defined").publish("adopted").publish("keys_ready", trustees=keys)
    (here / "definition.json").write_bytes(session.definition.raw)
    (here / "events.jsonl").write_bytes(b"".join(encode(one) + b"\n" for one in session.events))
    gate = gate_of(session.state, trustees.y, "projects-1")
    credential = ED.ser(ED.power_g(random_scalar(ED, secrets.token_bytes)))
    seed, e = secrets.token_bytes(32), secrets.token_bytes(32)
    unsigned = encrypt(gate, "YNA", credential, seed)
    opening = {
        "credential": credential,
        "e": e.hex(),
        "marks": "YNA",
        "seed": seed.hex(),
        "slot": gate.slot,
    }
    (here / "opening.json").write_bytes(dumps(opening))
    return {"here": here, "opening": opening, "code": code(tracker(unsigned.digest, e))}


def check(case: dict[str, Any], opening: Path, *more: object) -> Result:
    here = case["here"]
    files = ("--definition", here / "definition.json", "--events", here / "events.jsonl")
    return ballot("check-test", opening, *files, *more)


def test_check_test_says_the_trackers_code_and_the_marks(opened_test: dict[str, Any]) -> None:
    result = check(opened_test, opened_test["here"] / "opening.json")
    assert result.exit_code == 0, result.output
    assert opened_test["code"] in result.stdout
    lines = [line for line in result.stdout.splitlines() if "项目" in line]
    assert [line.split()[1] for line in lines] == ["赞成", "反对", "弃权"]
    english = check(opened_test, opened_test["here"] / "opening.json", "--lang", "en").stdout
    assert "Tracker code" in english
    assert "Against" in english


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("marks", "NYA"),
        ("seed", "00" * 32),
        ("e", "00" * 32),
        ("credential", ED.ser(ED.power_g(7))),
    ],
)
def test_another_opening_has_another_code(
    opened_test: dict[str, Any], tmp_path: Path, member: str, value: str
) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(dumps(opened_test["opening"] | {member: value}))
    result = check(opened_test, other)
    assert result.exit_code == 0, result.output
    assert opened_test["code"] not in result.stdout


@pytest.mark.parametrize(
    "changes",
    [
        {"marks": "YN"},
        {"marks": "YYY"},
        {"marks": "SUA"},
        {"slot": "projects-9"},
        {"slot": "projects-2"},
        {"seed": "00"},
        {"e": "zz" * 32},
        {"credential": "00" * 32},
        {"token": []},
    ],
)
def test_check_test_refuses_in_one_line(
    opened_test: dict[str, Any], tmp_path: Path, changes: dict[str, Any]
) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(dumps(opened_test["opening"] | changes))
    result = check(opened_test, other)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
