"""What a service refuses to start with, its certificates, and how its keys and session get in."""

import socket
import ssl
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from typer.testing import CliRunner

from ballot.cli import app
from ballot.crypto.encoding import code_of_hex, parse_json
from ballot.crypto.group import group_named
from ballot.demo.defining import write_definition
from ballot.demo.officials import appoint
from ballot.installing import Roll
from ballot.locale import LANGUAGES, message
from ballot.settings import Settings
from ballot.store.engine import Database
from ballot.store.presence import Deputy
from ballot.store.roll import RollStore
from ballot.tls import issue, load_authority
from ballot.web import running
from ballot.web.running import build
from tests.records import empty_stage, vote_plan
from tests.services.session import Live, free_ports, live_session, name_of, scrypt_cost

RUN = CliRunner()
Break = Callable[[Live], list[str]]


@pytest.fixture
def cheap() -> Iterator[None]:
    with scrypt_cost(2):
        yield


@pytest.fixture
def installed(tmp_path: Path, cheap: None) -> Live:
    """A session that is installed and not running, its signer elsewhere."""
    return Live(tmp_path, empty_stage())


def rewritten(name: str, text: str) -> Break:
    def change(live: Live) -> list[str]:
        (live.hall.data_dir / name).write_text(text)
        return []

    return change


def missing(name: str) -> Break:
    def change(live: Live) -> list[str]:
        (live.hall.data_dir / name).unlink()
        return []

    return change


def readable(live: Live) -> list[str]:
    (live.hall.data_dir / "box.secret").chmod(0o640)
    return []


def another_version(live: Live) -> list[str]:
    live.execute("registrar", "DELETE FROM alembic_version")
    return []


def never_installed(live: Live) -> list[str]:
    """A box that was prepared, and told of no session."""
    missing("box.db")(live)
    arguments = ["prepare", "box", "--data-dir", str(live.hall.data_dir)]
    assert RUN.invoke(app, arguments).exit_code == 0
    return []


def signer_beside(live: Live) -> list[str]:
    """The scrutineers' database lies on the server (attack E35)."""
    for name in ("signer.db", "signer.secret"):
        (live.own.data_dir / name).rename(live.hall.data_dir / name)
    return []


def port_in_use(_: Live) -> list[str]:
    return ["--box-port", str(HELD[0].getsockname()[1])]


def rolled_back(live: Live) -> list[str]:
    live.execute("box", "INSERT INTO turnout VALUES ('projects-1', 1)")
    return []


HELD: list[socket.socket] = []
ANY = "0.0.0.0"  # noqa: S104 -- to be refused
AT = ["--signer-at", "http://127.0.0.1:9"]
# What is wrong → the key of the one line that says so, and what is told beside --data-dir.
BROKEN: dict[str, tuple[str, Break, list[str]]] = {
    "no box secret": ("serve.refused.secret.missing", missing("box.secret"), AT),
    "no link secret": ("serve.refused.secret.missing", missing("link.secret"), AT),
    "a secret for all to read": ("serve.refused.secret.readable", readable, AT),
    "a short secret": ("serve.refused.secret.short", rewritten("box.secret", "short"), AT),
    "another secret": ("serve.refused", rewritten("box.secret", "x" * 40), AT),
    "another version": ("serve.refused.store.version", another_version, AT),
    "no session": ("serve.refused.service.not_ready", never_installed, AT),
    "plain HTTP": ("serve.refused.serve.plain_http", lambda _: ["--host", ANY], AT),
    "no second signer": ("serve.refused.serve.no_signer", lambda _: [], []),
    "signer beside": ("serve.refused.serve.signer_here", signer_beside, []),
    "a port in use": ("serve.port", port_in_use, AT),
    "a port that is none": ("serve.setting", lambda _: ["--port", "70000"], AT),
    "an older box": ("serve.refused.box.rolled_back", rolled_back, AT),
}


@pytest.fixture(scope="module", autouse=True)
def held() -> Iterator[None]:
    """Somebody listens where a service wants to."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        HELD.append(one)
        yield


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_at_the_start_is_said_in_one_line(installed: Live, case: str) -> None:
    # Attacks B7, C24, D9, E35.
    key, change, more = BROKEN[case]
    arguments = ["serve", "--data-dir", str(installed.hall.data_dir)]
    arguments += ["--port", "0", "--box-port", "0", "--signer-port", "0", *more, *change(installed)]
    for lang in LANGUAGES:
        done = RUN.invoke(app, [*arguments, "--lang", lang])
        assert done.exit_code == 2, done.output
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        fields = dict.fromkeys(("code", "detail", "reason", "name"), "|")
        parts = message(lang, key, **fields).split("|")
        assert line.startswith(parts[0])
        assert line.endswith(parts[-1])


def test_a_practice_session_may_run_all_three_in_one_place(tmp_path: Path, cheap: None) -> None:
    live = Live(tmp_path, empty_stage(practice=True))
    signer_beside(live)
    settings = live.hall.model_copy(
        update={"port": 0, "box_port": 0, "signer_port": 0, "signer_at": "", "box_at": ""}
    )
    plan = build(settings, ("box", "signer", "registrar"))
    assert [one.name for one in plan.services] == ["box", "signer", "registrar"]
    for one in plan.services:
        one.listener.socket.close()


# Certificates.


def test_a_session_over_https_with_the_halls_own_authority(tmp_path: Path) -> None:
    # Attack D9.
    done = RUN.invoke(
        app, ["tls", "init", "--name", "127.0.0.1", "--data-dir", str(tmp_path / "hall")]
    )
    assert done.exit_code == 0, done.output
    authority = tmp_path / "hall/tls/authority.pem"
    certificate = load_authority(authority.parent)
    pairs = certificate.fingerprint.upper()
    assert ":".join(pairs[i : i + 2] for i in range(0, 64, 2)) in done.stdout
    for name in ("authority", "registrar", "box", "signer"):
        assert stat.S_IMODE((authority.parent / f"{name}.key").stat().st_mode) == 0o600
    with live_session(tmp_path, signers=("clerk",), scheme="https") as live:
        assert live.hall.box_at.startswith("https://")
        live.check_in(6)
        casting = live.open_round("projects-1")
        answer = live.cast(live.body(casting.gate, "YYN", live.stage.wallets["projects-1"][0]))
        assert answer.status_code == 200
        assert live.registrar.get("/authority.pem").content == authority.read_bytes()
        # The hall's authority is nobody's but the hall's.
        for address in (live.hall.box_at, f"https://127.0.0.1:{live.hall.port}"):
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                httpx.get(f"{address}/health")
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{live.hall.port}/health")


def test_the_scrutineers_authority_is_trusted_where_its_certificate_was_put(
    tmp_path: Path,
) -> None:
    for place, name in (("hall", "hall.local"), ("own", "scrutineers.local")):
        arguments = ["tls", "init", "--name", name, "--data-dir", str(tmp_path / place)]
        assert RUN.invoke(app, arguments).exit_code == 0
    own, hall = tmp_path / "own/tls", tmp_path / "hall/tls"
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(own / "signer.pem", own / "signer.key")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(our_context(tmp_path / "hall"), server, "scrutineers.local")
    (hall / "trusted-scrutineers.pem").write_bytes((own / "authority.pem").read_bytes())
    handshake(our_context(tmp_path / "hall"), server, "scrutineers.local")


def our_context(data: Path) -> ssl.SSLContext:
    """What the hall's services check certificates against."""
    found = running._verify(Settings(data_dir=data))
    assert isinstance(found, ssl.SSLContext)
    return found


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("hall.local", True),
        ("ballot.lan", True),
        ("192.168.7.9", True),
        ("fd00::1", True),
        ("bank.example", False),
        ("local.example", False),
        ("8.8.8.8", False),
    ],
)
def test_the_authority_is_worth_nothing_for_the_names_of_others(
    tmp_path: Path, name: str, good: bool
) -> None:
    arguments = ["tls", "init", "--name", "hall.local", "--data-dir", str(tmp_path)]
    assert RUN.invoke(app, arguments).exit_code == 0
    directory, authority = tmp_path / "tls", load_authority(tmp_path / "tls")
    chain, key = issue(authority, [name], authority.certificate.not_valid_before_utc)
    # Valid from a day before the authority is: the clock here stands after both.
    (directory / "leaf.pem").write_bytes(chain)
    (directory / "leaf.key").write_bytes(key)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(directory / "leaf.pem", directory / "leaf.key")
    client = ssl.create_default_context(cafile=str(directory / "authority.pem"))
    if good:
        handshake(client, server, name)
    else:
        with pytest.raises(ssl.SSLCertVerificationError, match="subtree"):
            handshake(client, server, name)


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> None:
    """Both sides in memory; raises what the client refuses."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    waiting = set(ends)
    while waiting:
        for end in ends:
            try:
                end.do_handshake()
                waiting.discard(end)
            except ssl.SSLWantReadError:
                continue


# Preparing and installing.


def invoke(*arguments: str) -> Any:
    done = RUN.invoke(app, [*arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_keys_are_made_apart_and_the_adopted_session_is_put_in(tmp_path: Path, cheap: None) -> None:
    # Protocol §3, §13: each service makes its own secrets; public keys leave it.
    hall, own = tmp_path / "hall", tmp_path / "scrutineers"
    with patch("ballot.installing.generate_slot_key", _some_key()):
        box_key = parse_json(invoke("prepare", "box", "--data-dir", str(hall)).encode())["box_key"]
        made = [
            parse_json(
                invoke(
                    "prepare", service, "--data-dir", str(place), "--slot", "projects-1"
                ).encode()
            )
            for service, place in (("registrar", hall), ("signer", own))
        ]
    assert [one["signer"] for one in made] == ["clerk", "scrutineers"]
    (own / "link.secret").unlink()
    (own / "link.secret").write_bytes((hall / "link.secret").read_bytes())
    (own / "link.secret").chmod(0o600)
    for file in [*hall.glob("*.secret"), *own.glob("*.secret"), *hall.glob("*.db")]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    raw, roll, code = _definition(hall, own, box_key)
    (tmp_path / "definition.json").write_bytes(raw)
    (tmp_path / "roll.json").write_bytes(roll.encode())
    other = Roll(roll.deputies[:-1], roll.salt)
    (tmp_path / "other.json").write_bytes(other.encode())
    for service, place in (("registrar", hall), ("signer", own), ("box", hall)):
        arguments = ["install", service, str(tmp_path / "definition.json")]
        arguments += ["--data-dir", str(place), "--roll"]
        if service != "box":
            wrong = RUN.invoke(app, [*arguments, str(tmp_path / "other.json")])
            assert wrong.exit_code == 2
            assert len(wrong.stderr.splitlines()) == 1
        for _ in range(2):  # the same again is fine
            assert code in invoke(*arguments, str(tmp_path / "roll.json"))
    # A key that a definition may name already is never replaced.
    again = RUN.invoke(app, ["prepare", "box", "--data-dir", str(hall)])
    assert again.exit_code == 2
    assert len(again.stderr.splitlines()) == 1
    settings = Settings(data_dir=hall, port=0, box_port=0, signer_at="http://127.0.0.1:9")
    plans = [
        build(settings, ("box", "signer", "registrar")),
        build(Settings(data_dir=own, signer_port=free_ports(1)[0]), ("signer",)),
    ]
    names = [one.name for plan in plans for one in plan.services]
    assert names == ["box", "registrar", "signer"]
    for plan in plans:
        for one in plan.services:
            one.listener.socket.close()


def _some_key() -> Callable[[], Any]:
    """Slot keys out of the tests' own, because making one takes seconds."""
    stage = empty_stage(vote_plan(rounds=2))
    keys = iter([*stage.slot_keys["clerk"].values(), *stage.slot_keys["scrutineers"].values()])
    return lambda: next(keys)


def _definition(hall: Path, own: Path, box_key: str) -> tuple[bytes, Roll, str]:
    """What the drafter writes from the public keys: definition, roll, 会议码."""
    stage = empty_stage()
    keys = {}
    for service, signer, place in (("registrar", "clerk", hall), ("signer", "scrutineers", own)):
        database = Database(Settings(data_dir=place).database(service))
        secret = (place / f"{service}.secret").read_text()
        keys[signer] = RollStore(database).keys(secret)
        database.close()
    deputies = tuple(Deputy(number, name_of(number)) for number in stage.plan.deputies)
    roll = Roll(deputies, b"s" * 32)
    definition = write_definition(
        replace(stage.plan),
        appoint(stage.plan.people, stage.random),
        keys,
        lambda _: [],
        box_key,
        roll.salt,
        stage.random,
    )
    assert group_named(stage.plan.group) is definition.group
    return definition.raw, roll, code_of_hex(definition.session)
