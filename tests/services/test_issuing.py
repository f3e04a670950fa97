"""Check-in and issuing over HTTP: who gets tokens, once, and what a lost answer costs: nothing."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

import pytest

from ballot.crypto.encoding import b64url, dumps, loads
from ballot.crypto.errors import Invalid
from tests.records import vote_plan
from tests.services.session import (
    SAME_ORIGIN,
    Live,
    Tablet,
    live_session,
    problem_of,
    together,
)

SLOT = "projects-1"
_next = count()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A check-in is open for ``projects-1``, not for ``projects-2``."""
    home = tmp_path_factory.mktemp("desk")
    with live_session(home, vote_plan(rounds=2), deputies=40) as live:
        late = Tablet(live, live.stage.plan.deputies[0], [SLOT])
        # Before the check-in is opened, with a pass that is good.
        assert problem_of(late.check_in()) == (409, "issue.closed")
        assert problem_of(late.issue()) == (409, "issue.closed")
        live.open_check_in([SLOT])
        yield live


def deputy(live: Live) -> str:
    """A deputy whom no other test uses."""
    return live.stage.plan.deputies[next(_next)]


def arrived(live: Live, who: str | None = None) -> Tablet:
    """A tablet on which a pass was shown."""
    tablet = Tablet(live, who or deputy(live), [SLOT])
    answer = tablet.check_in()
    assert answer.status_code == 200, answer.text
    assert loads(answer.content) == {"slots": [SLOT]}
    return tablet


def stored(live: Live, who: str) -> int:
    found = live.rows("registrar", f"SELECT count(*) FROM request WHERE deputy = '{who}'")
    return int(found[0][0])


# Check-in.


def test_a_pass_is_good_on_one_tablet_and_again_on_the_same(desk: Live) -> None:
    who = deputy(desk)
    first, second = arrived(desk, who), Tablet(desk, who, [SLOT])
    assert first.check_in().content == first.check_in().content
    assert problem_of(second.check_in()) == (409, "pass.used")


def test_a_new_pass_of_the_clerk_frees_the_deputy_from_a_broken_tablet(desk: Live) -> None:
    who = deputy(desk)
    broken, fresh = arrived(desk, who), Tablet(desk, who, [SLOT])
    fresh.code = desk.service.registrar.grant(who)
    assert problem_of(broken.check_in()) == (403, "pass.unknown")
    assert fresh.check_in().status_code == 200
    assert problem_of(broken.issue()) == (403, "issue.not_present")
    assert fresh.issue().status_code == 200


def test_tokens_stay_with_the_tablet_that_asked_for_them(desk: Live) -> None:
    # A broken tablet loses what was issued to it; it is never issued again (protocol §6).
    who = deputy(desk)
    assert arrived(desk, who).issue().status_code == 200
    fresh = Tablet(desk, who, [SLOT])
    fresh.code = desk.service.registrar.grant(who)
    assert fresh.check_in().status_code == 200
    assert problem_of(fresh.issue()) == (409, "token.already_issued")


@pytest.mark.parametrize("code", ["", "abc", "7K3F-9QXM-2T8", "'; DROP TABLE pass;--", "../../x"])
def test_a_pass_of_another_form_is_named_as_that(desk: Live, code: str) -> None:
    # Attack C16.
    tablet = Tablet(desk, None, [SLOT])
    tablet.code = code
    assert problem_of(tablet.check_in()) == (400, "pass.malformed")


def test_an_unknown_pass_and_an_unknown_tablet_get_nothing(desk: Live) -> None:
    tablet = Tablet(desk, None, [SLOT])
    tablet.code = "0000-0000-0000"
    assert problem_of(tablet.check_in()) == (403, "pass.unknown")
    assert problem_of(tablet.issue()) == (403, "issue.not_present")
    assert problem_of(tablet.end()) == (403, "issue.not_present")
    for secret in ("x", b64url(bytes(31)), b64url(bytes(33))):
        tablet.device = secret
        answer = tablet.issue()
        assert problem_of(answer) == (401, "device.unknown")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_an_ended_check_in_ends_the_secret(desk: Live) -> None:
    tablet = arrived(desk)
    assert tablet.issue().status_code == 200
    assert tablet.end().status_code == 204
    assert tablet.end().status_code == 204
    assert problem_of(tablet.issue()) == (403, "issue.not_present")


BODIES: list[Any] = [
    [],
    {},
    {"device": 1, "pass": "7K3F-9QXM-2T8B"},
    {"device": b64url(bytes(31)), "pass": "7K3F-9QXM-2T8B"},
    {"device": b64url(bytes(32)), "pass": ["7K3F-9QXM-2T8B"]},
    {"device": b64url(bytes(32)), "more": 1, "pass": "7K3F-9QXM-2T8B"},
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_check_in_of_another_shape_is_refused(desk: Live, body: Any) -> None:
    answer = desk.registrar.post("/api/check-in", content=dumps(body), headers=SAME_ORIGIN)
    assert problem_of(answer) == (400, "pass.malformed")


@pytest.mark.parametrize("path", ["/api/check-in", "/api/issue", "/api/check-in/end"])
def test_pages_of_other_origins_cannot_check_in(desk: Live, path: str) -> None:
    # Attack C3.
    json = {"content-type": "application/json"}
    for given in (
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "null"},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
        {"origin": "https://evil.example"},
    ):
        assert desk.registrar.post(path, content=b"{}", headers=json | given).status_code == 403


# Issuing.


def test_the_same_request_gets_the_same_answer(desk: Live) -> None:
    # Attacks B12, E31: a lost reply and a reload cost nothing.
    tablet = arrived(desk)
    first = tablet.issue()
    assert first.status_code == 200
    assert tablet.issue().content == first.content
    assert problem_of(tablet.issue(tablet.draw())) == (409, "token.already_issued")
    assert tablet.issue().content == first.content


def blinded(tablet: Tablet, change: Any) -> bytes:
    value = loads(tablet.request)
    change(value)
    return dumps(value)


def number(live: Live, which: str) -> bytes:
    """A blinded message that no tablet sends: 0, n, n + 1 or 2³⁰⁷² − 1 (attack D7)."""
    n = live.definition.slot(SLOT)[1].keys[1].n
    value = {"0": 0, "n": n, "n + 1": n + 1, "all ones": 2**3072 - 1}[which]
    return value.to_bytes(384, "big")


@pytest.mark.parametrize("which", ["0", "n", "n + 1", "all ones"])
def test_a_message_no_tablet_blinds_is_refused_before_anything_is_kept(
    desk: Live, which: str
) -> None:
    who = deputy(desk)
    tablet = arrived(desk, who)
    text = b64url(number(desk, which))
    wrong = blinded(tablet, lambda v: v["requests"][0]["blinded"].__setitem__(1, text))
    assert problem_of(tablet.issue(wrong)) == (400, "issue.malformed")
    assert stored(desk, who) == 0
    assert tablet.issue().status_code == 200


SHAPES: dict[str, Any] = {
    "no request": lambda v: v.update(requests=[]),
    "no list": lambda v: v.update(requests={"slot": 1}),
    "a member more": lambda v: v.update(more=1),
    "a member more inside": lambda v: v["requests"][0].update(deputy="QH-001"),
    "one signer's": lambda v: v["requests"][0]["blinded"].pop(),
    "a third": lambda v: v["requests"][0]["blinded"].append(v["requests"][0]["blinded"][0]),
    "383 bytes": lambda v: v["requests"][0]["blinded"].__setitem__(0, b64url(bytes(383))),
    "385 bytes": lambda v: v["requests"][0]["blinded"].__setitem__(0, b64url(bytes(385))),
    "another slot": lambda v: v["requests"][0].update(slot="projects-2"),
    "no such slot": lambda v: v["requests"][0].update(slot="projects-9"),
    "a slot that is no text": lambda v: v["requests"][0].update(slot=[1]),
    "the slot twice": lambda v: v["requests"].append(v["requests"][0]),
}


@pytest.fixture(scope="module")
def shaped(desk: Live) -> Tablet:
    return arrived(desk)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_request_of_another_shape_is_refused(desk: Live, shaped: Tablet, shape: str) -> None:
    wrong = blinded(shaped, SHAPES[shape])
    assert problem_of(shaped.issue(wrong)) == (400, "issue.malformed")


def test_a_request_that_is_no_json_or_endless_is_refused(desk: Live, shaped: Tablet) -> None:
    # Attacks C11, D13: no framework speaks, nothing is quoted.
    for body in (b"", b"{", b'{"requests":1e5}', b"canary", b" " * (256 * 1024 + 1)):
        answer = shaped.issue(body)
        assert problem_of(answer) == (400, "issue.malformed")
        assert b"canary" not in answer.content


def test_of_fifty_requests_at_once_one_is_signed(desk: Live) -> None:
    # Attack A18.
    tablet = arrived(desk)
    drawn = [tablet.draw() for _ in range(50)]
    answers = together([partial(tablet.issue, one) for one in drawn])
    good = [i for i, answer in enumerate(answers) if answer.is_success]
    refused = {problem_of(answer) for answer in answers if not answer.is_success}
    assert len(good) == 1
    assert refused == {(409, "token.already_issued")}
    assert tablet.issue(drawn[good[0]]).content == answers[good[0]].content


def test_while_the_second_signer_is_away_nothing_is_lost(desk: Live) -> None:
    # Attacks E7, E35: without it no token completes; the same request does when it is back.
    tablet = arrived(desk)
    before = desk.service.registrar.counts().tablet[SLOT]
    desk.stop("signer")
    for _ in range(2):
        assert problem_of(tablet.issue()) == (503, "issue.signer_away")
    assert problem_of(tablet.issue(tablet.draw())) == (409, "token.already_issued")
    assert desk.service.registrar.counts().tablet[SLOT] == before
    desk.start("signer")
    assert tablet.issue().status_code == 200
    assert desk.service.registrar.counts().tablet[SLOT] == before + 1
    counts = desk.signer.get("/counts", headers=desk.link())
    assert {"number": before + 1, "slot": SLOT} in loads(counts.content)["tablet"]


def test_the_signer_answers_the_registrar_alone(desk: Live) -> None:
    known = desk.link()["authorization"]
    for given in ("", "Bearer x", known + "x", known[:-1], known.replace("Bearer", "Basic")):
        headers = SAME_ORIGIN | {"authorization": given}
        for path in ("/sign", "/paper"):
            answer = desk.signer.post(path, content=b"{}", headers=headers)
            assert problem_of(answer) == (401, "service.secret")
        assert problem_of(desk.signer.get("/counts", headers=headers)) == (401, "service.secret")


def test_the_signer_signs_for_its_own_roll_alone(desk: Live) -> None:
    # Attack B8.
    request = loads(Tablet(desk, None, [SLOT]).request)["requests"][0]
    asked = {"requests": [{"request": request["blinded"][1], "slot": SLOT}]}
    answer = desk.ask_signer("/sign", asked | {"deputy": "QH-999"})
    assert problem_of(answer) == (403, "issue.not_present")


def test_a_signer_that_was_not_told_of_the_check_in_yet_does_not_call_it_closed(
    desk: Live,
) -> None:
    # The registrar's question may overtake its event; the tablet only waits.
    request = loads(Tablet(desk, None, ["projects-2"]).request)["requests"][0]
    entry = {"request": request["blinded"][1], "slot": "projects-2"}
    answer = desk.ask_signer("/sign", {"deputy": "QH-040", "requests": [entry]})
    assert problem_of(answer) == (503, "service.not_ready")
    sheets = desk.ask_signer("/paper", {"deputy": "QH-040", "slots": ["projects-2"]})
    assert problem_of(sheets) == (503, "service.not_ready")
    order = desk.order("halt_check_in", "projects-2", "clerk")
    assert problem_of(desk.post(desk.signer, "/orders", order)) == (503, "service.not_ready")


WRONG: list[Any] = [
    {"deputy": ["QH-001"], "requests": []},
    {"deputy": 7, "requests": [{"request": b64url(bytes(384)), "slot": SLOT}]},
    {"deputy": "QH-001", "requests": [{"request": b64url(bytes(384)), "slot": [SLOT]}]},
    {"deputy": "QH-001", "requests": 1},
]


@pytest.mark.parametrize("body", WRONG, ids=range(len(WRONG)))
def test_the_signer_refuses_another_shape(desk: Live, body: Any) -> None:
    assert problem_of(desk.ask_signer("/sign", body)) == (400, "issue.malformed")


@pytest.mark.parametrize("slots", [SLOT, [1], {"a": 1}, [["x"]]], ids=range(4))
def test_the_signer_refuses_sheets_of_another_shape(desk: Live, slots: Any) -> None:
    answer = desk.ask_signer("/paper", {"deputy": "QH-040", "slots": slots})
    assert answer.status_code == 400
    problem_of(answer)


# Paper.


def test_a_deputy_has_one_channel(desk: Live) -> None:
    # Attack E13.
    who = deputy(desk)
    desk.take_paper(who)
    tablet = Tablet(desk, who, [SLOT])
    assert problem_of(tablet.check_in()) == (409, "issue.other_channel")
    desk.service.registrar.return_paper(who)
    assert tablet.check_in().status_code == 200
    assert tablet.issue().status_code == 200
    with pytest.raises(Invalid, match=r"issue\.other_channel"):
        desk.take_paper(who)


def test_a_sheet_taken_after_the_pass_was_shown_stops_the_tablet(desk: Live) -> None:
    # Attack E13: between check-in and request.
    who = deputy(desk)
    tablet = arrived(desk, who)
    desk.take_paper(who)
    assert problem_of(tablet.issue()) == (409, "issue.other_channel")
