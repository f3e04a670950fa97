"""What the services keep and show: never a person beside a ballot, never an order."""

import logging
import re
import threading
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from ballot.crypto.encoding import loads
from ballot.tally.envelope import decode_envelope
from tests.patience import SECONDS
from tests.services.session import Live, live_session, name_of, problem_of
from tests.services.test_casting import edited
from tests.unit.test_web_hall import SCHEMA, fits

FIRST = "projects-1"
# Attacks B17, D15: the box keeps exactly this, without row numbers; the board's tables hold
# public documents and the last turnout shown.
BOX_SCHEMA = {
    "envelope": {"tracker", "slot", "credential", "envelope"},
    "alpha": {"slot", "alpha"},
    "round": {"slot", "halted", "size", "root"},
    "box_key": {"public", "key_file"},
    "definition": {"session", "raw"},
    "event": {"number", "line"},
    "turnout": {"slot", "shown"},
    "alembic_version": {"version_num"},
}


def test_the_box_keeps_a_written_list_of_columns(live: Live) -> None:
    found = live.rows("box", "SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    assert {name for name, _ in found} == set(BOX_SCHEMA)
    for name, sql in found:
        columns = {row[1] for row in live.rows("box", f"PRAGMA table_info({name})")}
        assert columns == BOX_SCHEMA[name]
        if name in ("envelope", "alpha", "round"):
            assert "WITHOUT ROWID" in sql.upper()
        assert "AUTOINCREMENT" not in sql.upper()


def test_casting_logs_nothing_also_when_it_refuses(
    live: Live, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    # Attacks B30, D13, D14.
    caplog.set_level(logging.INFO)
    for name in ("uvicorn", "uvicorn.access", "uvicorn.error", "ballot", "sqlalchemy.engine"):
        logging.getLogger(name).propagate = True
    wallet = live.wallet(FIRST)
    envelope = live.envelope(live.gate, "YNA", wallet)
    bad = edited(envelope, lambda v: v.update(cap_proof=None)).ljust(live.gate.length)
    assert problem_of(live.cast(bad))[1] == "ballot.over_limit"
    assert live.cast(envelope.ljust(live.gate.length)).status_code == 200
    again = live.body(live.gate, "NNN", wallet)
    assert problem_of(live.cast(again))[1] == "token.spent"
    said = "".join(capfd.readouterr())
    ours = [
        record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    ]
    text = said + "\n".join(f"{r.getMessage()} {r.args} {r.exc_text}" for r in ours)
    tracker = decode_envelope(live.gate, envelope).tracker.hex()
    for canary in (wallet.credential, tracker, envelope[100:140].decode(), "POST", "127.0.0.1:"):
        assert canary not in text


def test_the_definition_is_one_for_all(live: Live) -> None:
    # Attack B20.
    headers = [{"user-agent": f"tablet {n}", "accept-language": "en"} for n in range(50)]
    answers = [live.registrar.get("/api/definition", headers=one) for one in headers]
    assert {answer.content for answer in answers} == {live.definition.raw}
    assert {tuple(sorted(_constant(answer).items())) for answer in answers} == {
        tuple(sorted(_constant(answers[0]).items()))
    }


def _constant(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


PATHS = {"slot": FIRST, "path": "page.css", "number": "QH-001", "deputy": "QH-001"}


def routes(live: Live) -> list[str]:
    """The path of every route of the registrar, its parameters filled in."""
    (running,) = [one for one in live.plan("registrar").services if one.name == "registrar"]
    app: Any = getattr(running.listener.app, "app", running.listener.app)
    found = []
    for route in _flat(app.routes):
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda m: PATHS.get(m[1], "x"), route)
        found.append(path)
    return sorted(set(found))


def _flat(known: Any) -> list[str]:
    paths = []
    for route in known:
        inner: Any = getattr(route, "original_router", None) or getattr(route, "app", None)
        if isinstance(route, APIRoute):
            paths.append(route.path)
        elif getattr(inner, "routes", None):
            paths += _flat(inner.routes)
        elif hasattr(route, "path"):
            paths.append(route.path)
    return paths


STREAMS = ("/api/stream", "/api/hall")


def test_no_route_names_a_deputy_to_whom_nobody_knows(live: Live) -> None:
    # Attacks C6, C21, E26: every route there is, without a login and with a foreign secret.
    found = routes(live)
    assert {"/api/definition", "/api/events", "/hall", "/tablet", "/desk"} <= set(found)
    assert len(found) > 20
    salt = live.stage.salt
    for path in found:
        if path in STREAMS:
            continue
        for headers in ({}, {"authorization": "Bearer x", "cookie": "desk=x; session=x"}):
            answer = live.registrar.get(path, headers=headers, follow_redirects=True)
            _names_nobody(live, path, answer.content, salt)
        for query in ("?q=QH", "?deputy=QH-001", "?lang=en", "?q=%25"):
            _names_nobody(live, path, live.registrar.get(path + query).content, salt)


def _names_nobody(live: Live, path: str, content: bytes, salt: bytes) -> None:
    officials = {official.name for official in live.stage.officials}
    for number in live.stage.plan.deputies:
        assert name_of(number).encode() not in content, path
        assert number.encode() not in content or name_of(number) in officials, path
        assert live.passes[number].encode() not in content, path
    assert salt not in content
    assert salt.hex().encode() not in content


def test_the_hall_stream_is_a_closed_schema_that_moves_with_the_tick(live: Live) -> None:
    # Attack C22; the schema itself is held by tests/unit/test_web_hall.py.
    frames: list[Any] = []

    def listen() -> None:
        with httpx.stream("GET", f"{live.registrar.base_url}/api/hall", timeout=SECONDS) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    frames.append(loads(line.removeprefix("data: ").encode()))
                if len(frames) >= 4:
                    return

    thread = threading.Thread(target=listen)
    thread.start()
    live.cast(live.body(live.gate))
    thread.join(SECONDS)
    assert len(frames) == 4
    assert all(fits(frame, SCHEMA) for frame in frames)
    assert {frame["step"] for frame in frames} == {"voting"}
    for given in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert live.registrar.get("/api/hall", headers=given).status_code == 403


def test_nothing_in_the_box_is_in_the_order_of_issuing_or_casting(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # Attacks B16, B17, D11, light: what a reader of the halted box sees first to last, in the
    # answers, the table and the raw file, is the order of the trackers and no other.
    with live_session(tmp_path_factory.mktemp("order"), signers=(), deputies=60) as live:
        live.check_in(60)
        casting = live.open_round(FIRST)
        cast = []
        for wallet in live.stage.wallets[FIRST]:
            envelope = live.envelope(casting.gate, "YNA", wallet)
            assert live.cast(envelope.ljust(casting.gate.length)).status_code == 200
            cast.append((decode_envelope(casting.gate, envelope).tracker, wallet.credential))
        casting.close()
        live.followed()
        live.stop("box")
        by_tracker = [credential for _, credential in sorted(cast)]
        table = live.rows("box", "SELECT credential, envelope FROM envelope")
        assert [row[0] for row in table] == by_tracker
        raw = b"".join(file.read_bytes() for file in sorted(live.hall.data_dir.glob("box.db*")))
        # Every envelope's own text stands there once; pages of one table may go up or down.
        places = [raw.index(b'\\"credential\\":\\"' + c.encode()) for _, c in sorted(cast)]
        issued = [raw.index(b'\\"credential\\":\\"' + c.encode()) for _, c in cast]
        assert abs(_rank(issued)) < 0.45 < abs(_rank(places))
        assert live.rows("box", "SELECT * FROM alpha") == []


def _rank(places: list[int]) -> float:
    """Spearman's rank correlation of a sequence with its own order."""
    n, order = len(places), sorted(places)
    d = sum((order.index(place) - i) ** 2 for i, place in enumerate(places))
    return 1 - 6 * d / (n * (n * n - 1))


def test_payloads_in_addresses_are_neither_shown_nor_followed(live: Live) -> None:
    # Attacks C1, C15, C16.
    number = count()
    for payload in (
        "<script>alert(1)</script>",
        "%3Cscript%3E",
        "../../../../etc/passwd",
        "..%2f..%2f..%2fregistrar.db",
        "%00",
        "//evil.example",
        "'%20OR%201=1--",
        "{{7*7}}",
        "a" * 5000,
    ):
        for path in ("/", "/static/", "/certificate/", "/notice/", "/api/", "/desk/"):
            answer = live.registrar.get(f"http://127.0.0.1:{live.hall.port}{path}{payload}")
            assert answer.status_code in (200, 303, 400, 404, 405), (path, payload)
            assert b"<script>alert(1)" not in answer.content
            assert answer.content.strip() != b"49"
            assert "evil" not in answer.headers.get("location", "")
            assert b"SQLite format" not in answer.content
            next(number)
    assert next(number) == 54
