"""The end of a round: receipts given are kept, none is given after, and a restart knows it all."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ballot.crypto import merkle
from ballot.crypto.encoding import loads
from ballot.crypto.errors import Invalid
from ballot.tally.envelope import decode_envelope
from tests.patience import until
from tests.services.session import Live, live_session, problem_of, together

SLOT = "projects-1"


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A round that is open, and nothing cast."""
    with live_session(tmp_path_factory.mktemp("closing"), deputies=8) as live:
        live.check_in(6)
        live.gate = live.open_round(SLOT).gate
        yield live


def trackers(lines: bytes, live: Live) -> list[bytes]:
    return [decode_envelope(live.gate, line).tracker for line in lines.splitlines()]


def test_a_round_from_its_first_receipt_to_its_record(cast: Live, tmp_path: Path) -> None:
    _a_box_from_an_older_copy_does_not_start(cast, tmp_path)
    given = _casts_race_the_halt(cast)
    _the_halt_is_for_the_presiding_officer_and_final(cast, given)
    _what_was_cast_keeps_its_receipt(cast, given)


def _a_box_from_an_older_copy_does_not_start(live: Live, tmp_path: Path) -> None:
    """Attacks B7, C18: the hall was told of ballots that an older copy does not hold."""
    assert live.cast(live.body(live.gate)).status_code == 200
    live.stop("box")
    older, newer = tmp_path / "older", tmp_path / "newer"
    _move_box(live, older)
    for file in older.iterdir():
        shutil.copy2(file, live.hall.data_dir)
    live.start("box")
    assert live.cast(live.body(live.gate)).status_code == 200
    until(lambda: live.hallway.shown.cast.get(SLOT) == 2)
    live.stop("box")
    _move_box(live, newer)
    for file in older.iterdir():
        shutil.copy2(file, live.hall.data_dir)
    # The copy knows of one ballot shown and holds one: it cannot know. The registrar does.
    live.start("box")
    until(lambda: live.hallway.trouble == "box.rolled_back", live.hallway.missing)
    health = live.registrar.get("/health")
    assert health.status_code == 503
    assert "box.rolled_back" in health.json()["missing"]
    live.stop("box")
    # Envelopes alone taken from the copy: the box itself remembers what was shown.
    _move_box(live, tmp_path / "put back")
    for file in newer.iterdir():
        shutil.move(file, live.hall.data_dir)
    live.execute("box", "UPDATE turnout SET shown = shown + 1")
    with pytest.raises(Invalid, match=r"box\.rolled_back"):
        live.start("box")
    live.execute("box", "UPDATE turnout SET shown = shown - 1")
    live.start("box")
    until(lambda: "box.away" not in live.hallway.missing())
    # The incident stays: a box that catches up by new ballots must not hide it.
    assert live.hallway.trouble == "box.rolled_back"
    live.stop("registrar")
    live.start("registrar")
    assert live.hallway.trouble == ""


def _move_box(live: Live, to: Path) -> None:
    """The files of a box that does not run: the database and what SQLite keeps beside it."""
    to.mkdir()
    for file in live.hall.data_dir.glob("box.db*"):
        shutil.move(file, to)


def _casts_race_the_halt(live: Live) -> list[bytes]:
    """Attack B13: every receipt given is in the sealed box, none is given after the halt."""
    bodies = [live.body(live.gate) for _ in range(24)]
    order = live.order("halt_round", SLOT, "presiding_officer")
    jobs = [partial(live.cast, body) for body in bodies]
    jobs.insert(8, partial(live.post, live.box, "/orders", order))
    answers = together(jobs, 8)
    halted = loads(answers.pop(8).content)
    accepted = [body for body, answer in zip(bodies, answers, strict=True) if answer.is_success]
    refused = [answer for answer in answers if not answer.is_success]
    assert accepted
    assert refused
    assert {problem_of(answer) for answer in refused} == {(409, "round.not_open")}
    sealed = _fetch(live)
    assert halted == {"returned": len(sealed), "root": merkle.sorted_root(sealed).hex()}
    assert sealed == sorted(sealed)
    assert len(sealed) == len(accepted) + 2
    given = {decode_envelope(live.gate, body.rstrip(b" ")).tracker for body in accepted}
    assert given <= set(sealed)
    return accepted


def _fetch(live: Live) -> list[bytes]:
    order = live.order("fetch_box", SLOT, "scrutineer")
    answer = live.post(live.box, "/orders", order)
    return trackers(answer.content, live)


def _the_halt_is_for_the_presiding_officer_and_final(live: Live, given: list[bytes]) -> None:
    order = live.order("halt_round", SLOT, "presiding_officer")
    first = live.post(live.box, "/orders", order).content
    assert live.post(live.box, "/orders", order).content == first
    # Not before the certificate may anyone read the box.
    assert problem_of(live.box.get(f"/sealed/{SLOT}")) == (409, "round.not_certified")
    assert live.box.get("/sealed/..%2f..%2fbox.db").status_code in (404, 409)


def _what_was_cast_keeps_its_receipt(live: Live, given: list[bytes]) -> None:
    """Attacks E16, E17: the same bytes after the close and after a restart; new ones never."""
    receipts = [live.cast(body).content for body in given[:4]]
    new = [live.body(live.gate) for _ in range(3)]
    for restart in (False, True):
        if restart:
            live.stop("box")
            live.start("box")
        for _ in range(3):
            assert [live.cast(body).content for body in given[:4]] == receipts
            for body in new:
                assert problem_of(live.cast(body)) == (409, "round.not_open")
