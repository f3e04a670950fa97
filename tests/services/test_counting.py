"""Counting by itself: a bad share is named and the rest go on; the certificate waits for hands."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from ballot.conduct import read_box
from ballot.crypto.encoding import dumps, loads, sha256
from ballot.demo.officials import Official, Trustee
from ballot.demo.rounds import Casting
from ballot.signing_room import Proposal
from ballot.tally import aggregate
from ballot.tally.certificate import certificate_digest
from ballot.web.sessions import Who
from tests.patience import SECONDS, until
from tests.services.session import JSON, MARKS, Live, live_session, problem_of

SLOT = "projects-1"
CHAIR = "presiding_officer"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A round that is closed: ten ballots, no seal yet; officials have accounts."""
    home = tmp_path_factory.mktemp("counting")
    with live_session(home, deputies=12, accounts=True) as live:
        live.check_in(10)
        casting = live.open_round(SLOT)
        casting.cast([MARKS[n % len(MARKS)] for n in range(10)])
        order = live.order("halt_round", SLOT, CHAIR)
        halted = loads(live.post(live.registrar, "/api/orders", order).content)
        casting.close()
        assert halted == {"returned": 10, "root": casting.round.root}
        live.gate = casting.gate
        live.stage.casting = casting  # type: ignore[attr-defined]
        yield live


class Desk:
    """An official who is signed in."""

    def __init__(self, live: Live, *roles: str) -> None:
        guard = live.hallway.counter._office.guard
        cookie = guard.sessions.open(Who("观察员", frozenset(roles), "o"), "zh")
        self._cookies, self._live = {"desk": cookie}, live

    def get(self, path: str) -> httpx.Response:
        live = self._live
        with httpx.Client(
            base_url=str(live.registrar.base_url), cookies=self._cookies, timeout=SECONDS
        ) as client:
            return client.get(path, headers={"sec-fetch-site": "same-origin"})


def test_a_closed_box_becomes_a_certified_result_without_a_hand_but_the_signers(
    closed: Live,
) -> None:
    live, casting = closed, closed.stage.casting  # type: ignore[attr-defined]
    desk = Desk(live, "observer")
    _nobody_reads_a_box_that_is_not_sealed(live, desk)
    live.reread()
    casting.seal()
    live.followed()
    _only_officials_and_the_registrar_read_it_now(live, desk, casting)
    _a_wrong_share_is_refused_and_named(live, casting)
    _any_two_others_go_on(live, casting)
    until(lambda: _draft(live) is not None)
    _the_certificate_is_what_every_device_computes(live, desk)
    live.stop("registrar")  # nothing of this is lost
    live.start("registrar")
    _the_certificate_is_what_every_device_computes(live, Desk(live, "teller"))
    _the_officials_sign(live)
    _the_certificate_in_force_is_shown(live, Desk(live, "clerk"))


def _nobody_reads_a_box_that_is_not_sealed(live: Live, desk: Desk) -> None:
    for path in ("box", "archive", "certificate"):
        answer = desk.get(f"/api/rounds/{SLOT}/{path}")
        assert problem_of(answer)[0] == 409, path
    assert problem_of(live.box.get(f"/sealed/{SLOT}", headers=live.link()))[1] == "round.not_sealed"


def _only_officials_and_the_registrar_read_it_now(live: Live, desk: Desk, casting: Casting) -> None:
    lines = [*casting.sealed.values()]
    assert desk.get(f"/api/rounds/{SLOT}/box").content.splitlines() == lines
    assert live.box.get(f"/sealed/{SLOT}", headers=live.link()).content.splitlines() == lines
    stranger = {"authorization": "Bearer " + "x" * 43}
    assert problem_of(live.box.get(f"/sealed/{SLOT}", headers=stranger))[1] == "service.secret"
    assert problem_of(live.box.get(f"/sealed/{SLOT}"))[1] == "round.not_certified"
    unknown = live.registrar.get(f"/api/rounds/{SLOT}/box")
    assert problem_of(unknown) == (403, "office.signed_out")
    assert problem_of(desk.get("/api/rounds/none/box"))[1] == "event.slot"


def _decryption(live: Live, casting: Casting, trustee: Trustee, share: int) -> bytes:
    group = casting.gate.group
    fingerprint = casting.gate.election.fingerprint
    sums = read_box(casting.gate, casting.sealed.values()).sums
    text = aggregate.decrypt_partially(group, fingerprint, share, sums, live.random).decode()
    body = {"owner": trustee.secret.index, "partial": text}
    return live.draft("decrypted", body, {"trustee": [trustee.official]}, SLOT)


def _a_wrong_share_is_refused_and_named(live: Live, casting: Casting) -> None:
    """Attack A13."""
    first, second = live.stage.trustees[:2]
    number = live.service.state.number
    wrong = _decryption(live, casting, first, second.share)
    assert problem_of(live.post(live.registrar, "/api/events", wrong)) == (422, "partial.invalid")
    value = loads(wrong)
    value["signatures"][0]["signature"] = "0" * 128
    forged = live.post(live.registrar, "/api/events", dumps(value))
    assert problem_of(forged)[1] == "event.signature"
    assert live.service.state.number == number


def _any_two_others_go_on(live: Live, casting: Casting) -> None:
    for trustee in live.stage.trustees[-live.definition.threshold :]:
        data = _decryption(live, casting, trustee, trustee.share)
        answers = [live.post(live.registrar, "/api/events", data) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content  # a repeated one is no second event


def _draft(live: Live) -> Proposal | None:
    room = live.hallway.counter._office.room
    found = [one for one in room.proposals() if one.event.kind == "certified"]
    return found[-1] if found else None


def _the_certificate_is_what_every_device_computes(live: Live, desk: Desk) -> None:
    draft = _draft(live)
    assert draft is not None
    found = desk.get(f"/api/rounds/{SLOT}/certificate").json()
    assert found["draft"] == draft.digest
    assert certificate_digest(found["certificate"]) == draft.event.body["certificate"]
    archive = desk.get(f"/api/rounds/{SLOT}/archive").content
    assert sha256(archive).hex() == found["certificate"]["archive"]
    counted = live.service.board.events[-1]
    assert (counted.kind, counted.signatures) == ("counted", ())
    assert counted.body["totals"] == found["certificate"]["totals"]
    marks = [MARKS[n % len(MARKS)] for n in range(10)]
    rows = [[sum(one[i] == letter for one in marks) for letter in "YNA"] for i in range(3)]
    assert counted.body["totals"] == rows


def _sign(live: Live, draft: Proposal, official: Official, role: str) -> dict[str, Any]:
    signature = official.sign(draft.event, role)
    body = {"role": role, "signature": signature.signature, "signer": signature.signer}
    answer = live.registrar.post(
        f"/api/drafts/{draft.digest}/signatures", content=dumps(body), headers=JSON
    )
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _the_officials_sign(live: Live) -> None:
    draft, stage = _draft(live), live.stage
    assert draft is not None
    hands = {**stage.one("chief_scrutineer"), **stage.counters, **stage.presidium}
    sign = partial(_sign, live, draft)
    states = [sign(one, role)["state"] for role, people in hands.items() for one in people]
    assert states == ["open"] * (len(states) - 1) + ["published"]


def _the_certificate_in_force_is_shown(live: Live, desk: Desk) -> None:
    found = desk.get(f"/api/rounds/{SLOT}/certificate").json()
    assert found["draft"] is None
    event = live.service.board.events[-1]
    assert event.kind == "certified"
    assert certificate_digest(found["certificate"]) == event.body["certificate"]


def test_the_record_of_a_session_counted_by_itself_is_valid(closed: Live, tmp_path: Path) -> None:
    """The one of the test above: publish it, and wait for the service's own verification."""
    live = closed
    body = {"log": live.service.board.log}
    draft = live.draft("published", body, live.stage.presidium)
    assert live.post(live.registrar, "/api/events", draft).status_code == 201
    until(lambda: live.hallway.results is not None)
    assert live.registrar.get("/record.zip").status_code == 200
