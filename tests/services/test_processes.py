"""The services as processes: pulled plugs, stop signals, and what they print: next to nothing."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ballot.crypto.encoding import loads
from ballot.demo.rounds import Casting
from ballot.tally.envelope import decode_envelope
from tests.patience import SECONDS, until
from tests.plays import end
from tests.records import empty_stage
from tests.services.processes import Apart
from tests.services.session import name_of, problem_of

SLOT, TABLETS = "projects-1", 26
# What a process may print: where it is reached, and the code of the desk.
LINES = re.compile(
    r"签到处登录码：[0-9A-Z-]{14}（.*）|\S+\s*http://127\.0\.0\.1:\d+|会场页面：http://127\.0\.0\.1:\d+"
)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    live = Apart(tmp_path_factory.mktemp("apart"), empty_stage(deputies=TABLETS))
    try:
        live.start()
        live.begin()
        yield live
    finally:
        for process in live.processes.values():
            process.kill()
            process.wait()
        for name in ("registrar", "box", "signer"):
            getattr(live, name).close()


def test_a_session_on_three_machines_survives_its_accidents(apart: Apart) -> None:
    apart.check_in(TABLETS)
    casting = apart.open_round(SLOT)
    apart.gate = casting.gate
    bodies = [apart.body(apart.gate, "YYN", w) for w in apart.stage.wallets[SLOT]]
    given = _plug_pulled_in_a_burst(apart, bodies[:12])
    given |= _told_to_stop_in_a_burst(apart, bodies[12:20])
    given |= set(_cast_all(apart, bodies))
    _nothing_is_printed(apart, casting)
    casting.close()
    assert given == {tracker.hex() for tracker in casting.sealed} == apart.in_box(SLOT)
    assert len(given) == TABLETS
    casting.seal()
    casting.decrypt()
    casting.certify()
    end(apart.stage)
    until(lambda: apart.registrar.get("/record.zip").status_code == 200)
    apart.stop()
    _no_half_knows_the_other(apart)


def tracker_of(apart: Apart, body: bytes) -> str:
    return decode_envelope(apart.gate, body.rstrip(b" ")).tracker.hex()


def _cast_all(apart: Apart, bodies: list[bytes]) -> list[str]:
    """Every tablet sends its bytes until they are answered, as tablets do."""
    for body in bodies:
        answer = apart.cast(body)
        assert answer.status_code == 200, answer.text
    return [tracker_of(apart, body) for body in bodies]


def _burst(apart: Apart, bodies: list[bytes], after: int) -> tuple[threading.Event, list[str]]:
    """Cast from four tablets at once; the event is set when ``after`` receipts were given."""
    given: list[str] = []
    enough, line, lock = threading.Event(), iter(bodies), threading.Lock()

    def work() -> None:
        with httpx.Client(base_url=apart.hall.box_at, timeout=SECONDS) as client:
            while True:
                with lock:
                    body = next(line, None)
                if body is None:
                    return
                try:
                    answer = client.post("/cast", content=body, headers=HEADERS)
                except httpx.HTTPError:
                    return
                assert answer.status_code == 200, answer.text
                assert loads(answer.content.rstrip())["tracker"] == tracker_of(apart, body)
                given.append(tracker_of(apart, body))
                if len(given) >= after:
                    enough.set()

    apart.workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in apart.workers:
        worker.start()
    assert enough.wait(SECONDS)
    return enough, given


HEADERS = {"content-type": "application/vnd.ballot.envelope"}


def _plug_pulled_in_a_burst(apart: Apart, bodies: list[bytes]) -> set[str]:
    """Attacks B26, C18: every receipt given is in the box after the restart."""
    _, given = _burst(apart, bodies, 4)
    apart.kill("box")
    for worker in apart.workers:
        worker.join()
    assert 4 <= len(given) < len(bodies)
    apart.start("box")
    assert set(given) <= apart.in_box(SLOT)
    return set(given)


def _told_to_stop_in_a_burst(apart: Apart, bodies: list[bytes]) -> set[str]:
    """A stop signal lets what is in flight finish: what was accepted is answered and stored."""
    before = apart.in_box(SLOT)
    _, given = _burst(apart, bodies, 2)
    apart.stop("box")
    for worker in apart.workers:
        worker.join()
    apart.start("box")
    assert apart.in_box(SLOT) - before == set(given)
    return set(given)


def canaries(apart: Apart, casting: Casting) -> dict[str, str]:
    """What must not stand in anything that a process prints."""
    found = {"session": casting.gate.election.fingerprint}
    for number, wallet in enumerate(apart.stage.wallets[SLOT][:3]):
        found[f"credential {number}"] = wallet.credential
        body = apart.body(apart.gate, "YYN", wallet)
        found[f"ballot {number}"] = body[200:230].decode()
        found[f"tracker {number}"] = tracker_of(apart, body)
    for deputy in apart.stage.plan.deputies:
        found[f"pass {deputy}"] = apart.passes[deputy]
        found[f"name {deputy}"] = name_of(deputy)
    return found


def _nothing_is_printed(apart: Apart, casting: Casting) -> None:
    """Attacks B30, D13, D14: neither for casts that were accepted nor for refused ones."""
    wallet = apart.stage.wallets[SLOT][0]
    spent = apart.body(apart.gate, "NNN", wallet)
    assert problem_of(apart.cast(spent)) == (409, "token.spent")
    assert problem_of(apart.cast(spent.replace(b"alpha", b"Alpha"))) == (400, "envelope.malformed")
    assert problem_of(apart.cast(b"\xff" * len(spent))) == (400, "envelope.malformed")
    assert problem_of(apart.cast(b"{}", **{"content-type": "text/plain"}))[0] == 415
    for path in ("/cast?name=canary", "/%00", "/..%2f..%2fetc/passwd"):
        apart.box.get(path)
    for name in apart.processes:
        said = apart.printed(name)
        for what, text in canaries(apart, casting).items():
            assert text not in said, (name, what)
        others = [line for line in said.splitlines() if not LINES.fullmatch(line)]
        # The registrar says when box or signer were away, without a word about anybody.
        assert all("does not follow" in line for line in others), others


def _no_half_knows_the_other(apart: Apart) -> None:
    """Attacks B31, E35: who was here and what was cast lie on two machines without a common key."""
    wallets = apart.stage.wallets[SLOT]
    places = {name: apart.settings_of(name).data_dir for name in ("registrar", "box", "signer")}
    files = {
        name: b"".join(file.read_bytes() for file in sorted(place.rglob("*")) if file.is_file())
        for name, place in places.items()
    }
    # The record, which everyone has, is made by the registrar from the sealed box.
    registrar = files["registrar"]
    for file in sorted(places["registrar"].glob("record.*")):
        registrar = registrar.replace(file.read_bytes(), b"")
    for wallet in wallets:
        assert wallet.credential.encode() in files["box"]
        for side in (registrar, files["signer"]):
            assert wallet.credential.encode() not in side
            assert wallet.token[0] not in side
    for deputy in apart.stage.plan.deputies:
        for text in (deputy, name_of(deputy), apart.passes[deputy]):
            assert text.encode() not in files["box"]


def test_a_process_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ballot", "serve", "--data-dir", str(tmp_path), "box"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
