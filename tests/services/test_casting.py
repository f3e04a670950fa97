"""Casting over HTTP: each of the box's refusals, one receipt for one envelope, one length."""

import re
import socket
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.signing import verify
from ballot.polling import receipt_document
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.envelope import decode_envelope, pad
from ballot.tally.gate import Gate, build_gate
from tests.patience import SECONDS
from tests.services.session import ANSWER, Live, problem_of, together

Change = Callable[[dict[str, Any]], object]
FIRST = "projects-1"
# −1 of Ed25519 in Belenios' spelling: a point of order two.
ORDER_TWO = "7f" + "ff" * 30 + "ec"


def edited(envelope: bytes, change: Change) -> bytes:
    value = loads(envelope)
    change(value)
    return dumps(value)


def in_ballot(pattern: str, new: str) -> Change:
    """Replace what the pattern's group finds first in the ballot."""

    def change(value: dict[str, Any]) -> None:
        found = re.search(pattern, value["ballot"])
        assert found is not None
        value["ballot"] = value["ballot"][: found.start(1)] + new + value["ballot"][found.end(1) :]

    return change


def second_gate(live: Live) -> Gate:
    """The gate of the round that is not open."""
    return build_gate(live.definition, live.stage.y, "projects-2")


def other_slots_token(live: Live) -> bytes:
    wallet = live.wallet("projects-2")
    return live.envelope(live.gate, "YYN", wallet)


def another_hand(live: Live) -> bytes:
    """A ballot under one credential signed with the secret of another (attack E20)."""
    mine, shown = live.wallet(FIRST), live.wallet(FIRST)
    unsigned = encrypt(live.gate, "YYN", shown.credential, live.random(32))
    return seal_envelope(live.gate, unsigned, mine.s, shown.token, live.random)


def spent(live: Live) -> bytes:
    wallet = live.wallet(FIRST)
    assert live.cast(live.body(live.gate, "YYN", wallet)).status_code == 200
    return live.envelope(live.gate, "NNN", wallet)


def alpha_in_the_box(live: Live) -> bytes:
    seed = live.random(32)
    first = pad(live.gate, live.envelope(live.gate, "YYN", seed=seed))
    assert live.cast(first).status_code == 200
    return live.envelope(live.gate, "YYN", seed=seed)


def edit(change: Change) -> Callable[[Live], bytes]:
    return lambda live: edited(live.envelope(live.gate, "YNA"), change)


# Box checks C1–C8: what is sent, and the answer (attacks A5, A7, A17, B1, B2, B10, E3, E4, E28).
REFUSED: dict[str, tuple[int, str, Callable[[Live], bytes]]] = {
    "C1 no JSON": (400, "envelope.malformed", lambda _: b"[" * 1000),
    "C1 nothing": (400, "envelope.malformed", lambda _: b""),
    "C1 another version": (400, "envelope.malformed", edit(lambda v: v.update(version=2))),
    "C1 one member more": (400, "envelope.malformed", edit(lambda v: v.update(name="样例"))),
    "C1 a blank": (400, "envelope.malformed", edit(in_ballot(r'^\{()"', " "))),
    "C1 a leading zero": (
        400,
        "envelope.malformed",
        edit(in_ballot(r'"challenge":"()', "0")),
    ),
    "C1 upper case": (400, "envelope.malformed", edit(in_ballot(r'"alpha":"(\w+)"', "A" * 64))),
    "C2 no such slot": (409, "ballot.wrong_round", edit(lambda v: v.update(slot="projects-9"))),
    "C2 a slot that is not open": (
        409,
        "round.not_open",
        lambda live: live.envelope(second_gate(live), "YYN"),
    ),
    "C3 another election": (
        409,
        "ballot.wrong_round",
        lambda live: edited(
            live.envelope(second_gate(live), "YYN"), lambda v: v.update(slot=FIRST)
        ),
    ),
    "C4 no token": (403, "token.invalid", edit(lambda v: v.update(token=[]))),
    "C4 one signer's": (403, "token.invalid", edit(lambda v: v.update(token=v["token"][:1]))),
    "C4 swapped": (403, "token.invalid", edit(lambda v: v.update(token=v["token"][::-1]))),
    "C4 another slot's": (403, "token.invalid", other_slots_token),
    "C5 spent": (409, "token.spent", spent),
    "C6 a point of order two": (
        422,
        "ballot.bad_element",
        edit(in_ballot(r'"alpha":"(\w+)"', ORDER_TWO)),
    ),
    "C7 another response": (422, "ballot.bad_proof", edit(in_ballot(r'"response":"(\d+)"', "1"))),
    "C7 another's signature": (422, "ballot.bad_proof", another_hand),
    "C7 an alpha that is in the box": (422, "ballot.bad_proof", alpha_in_the_box),
    "C8 no cap proof": (422, "ballot.over_limit", edit(lambda v: v.update(cap_proof=None))),
    "C8 a short cap proof": (
        422,
        "ballot.over_limit",
        edit(lambda v: v.update(cap_proof=v["cap_proof"][:-1])),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_box_refuses_by_its_code_and_says_nothing_of_the_ballot(live: Live, case: str) -> None:
    status, code, make = REFUSED[case]
    envelope = make(live)
    before = live.in_box(FIRST)
    answer = live.cast(pad(live.gate, envelope))
    assert problem_of(answer) == (status, code)
    assert live.in_box(FIRST) == before
    # Attacks B24, D13: one length, five members, nothing of what was sent.
    assert len(answer.content) == ANSWER
    assert sorted(loads(answer.content.rstrip())) == ["code", "status", "title", "title_en", "type"]
    assert not re.search(r"[0-9a-f]{16}", answer.text)


def test_a_refused_ballot_leaves_its_token_good(live: Live) -> None:
    # Attack B12.
    wallet = live.wallet(FIRST)
    bad = edited(live.envelope(live.gate, "YNA", wallet), lambda v: v.update(cap_proof=None))
    assert problem_of(live.cast(pad(live.gate, bad)))[1] == "ballot.over_limit"
    assert live.cast(live.body(live.gate, "YNA", wallet)).status_code == 200


def test_a_receipt_names_the_round_and_the_tracker_and_is_signed(live: Live) -> None:
    # Attacks B9, E17: four members and no time, order or number.
    envelope = live.envelope(live.gate, "YNA")
    tracker = decode_envelope(live.gate, envelope).tracker.hex()
    receipt = loads(live.cast(pad(live.gate, envelope)).content.rstrip(b" "))
    document = receipt_document(live.definition.session, FIRST, tracker)
    assert receipt == document | {"signature": receipt["signature"]}
    verify(live.definition.box_key, "receipt", document, receipt["signature"])
    assert tracker in live.in_box(FIRST)


def test_the_same_envelope_gets_the_same_bytes_again(live: Live) -> None:
    body = live.body(live.gate)
    assert len({live.cast(body).content for _ in range(3)}) == 1


def test_two_hundred_at_once_are_one_ballot_with_one_receipt(live: Live) -> None:
    # Attack B11.
    body, before = live.body(live.gate), live.in_box(FIRST)
    answers = together([partial(live.cast, body)] * 200, 32)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(live.in_box(FIRST) - before) == 1


def test_of_many_ballots_under_one_token_one_is_taken(live: Live) -> None:
    # Attacks A18, B10, B11.
    wallet, before = live.wallet(FIRST), live.in_box(FIRST)
    bodies = [live.body(live.gate, marks, wallet) for marks in ("YYN", "NNN", "AAA", "YNA") * 2]
    answers = together([partial(live.cast, body) for body in bodies])
    refused = [problem_of(answer) for answer in answers if answer.status_code != 200]
    assert refused == [(409, "token.spent")] * 7
    assert len(live.in_box(FIRST) - before) == 1


def test_one_alpha_under_many_tokens_is_taken_once_and_the_others_stay_good(live: Live) -> None:
    # Attack E32.
    seed, before = live.random(32), live.in_box(FIRST)
    wallets = [live.wallet(FIRST) for _ in range(12)]
    bodies = [pad(live.gate, live.envelope(live.gate, "YYN", w, seed)) for w in wallets]
    answers = together([partial(live.cast, body) for body in bodies])
    refused = [answer for answer in answers if answer.status_code != 200]
    assert [problem_of(answer) for answer in refused] == [(422, "ballot.bad_proof")] * 11
    assert len(live.in_box(FIRST) - before) == 1
    loser = wallets[answers.index(refused[0])]
    assert live.cast(live.body(live.gate, "YNA", loser)).status_code == 200


# The answer, whatever it is.


def raw(live: Live, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A cast's whole answer as it crosses the network; reads until the box closes."""
    size = len(body) if length is None else length
    lines = [
        "POST /cast HTTP/1.1",
        f"Host: 127.0.0.1:{live.hall.box_port}",
        "Connection: close",
        f"Content-Length: {size}",
        *headers,
    ]
    with socket.create_connection(("127.0.0.1", live.hall.box_port), timeout=SECONDS) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def headers_of(answer: bytes) -> tuple[str, dict[str, str]]:
    head, _, _ = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    pairs = [line.split(": ", 1) for line in lines]
    assert len({name for name, _ in pairs}) == len(pairs)
    return status, dict(pairs)


OURS = "Content-Type: application/vnd.ballot.envelope"


@pytest.fixture(scope="module")
def answers(live: Live) -> dict[str, bytes]:
    """One answer of every sort, to requests of a page of the registrar."""
    origin = f"Origin: http://127.0.0.1:{live.hall.port}"
    good = live.body(live.gate)
    found = {
        "accepted": raw(live, good, OURS, origin),
        "again": raw(live, good, OURS, origin),
        "with a cookie": raw(live, good, OURS, origin, "Cookie: ballot=1"),
        "malformed": raw(live, b" " * len(good), OURS, origin),
        "another media type": raw(live, good, "Content-Type: application/json", origin),
        "no media type": raw(live, good, origin),
        "a parameter": raw(live, good, OURS + "; charset=utf-8", origin),
        # What comes after the limit is not waited for.
        "too large": raw(live, good + b" ", OURS, origin, length=1024 * 1024 + 1),
    }
    with patch("ballot.web.box_service.cast", side_effect=RuntimeError("a canary")):
        found["failed"] = raw(live, live.body(live.gate), OURS, origin)
    with patch("ballot.web.bodies.SLOWEST", 0.2):
        found["too slow"] = raw(live, good[:-1], OURS, origin, length=len(good))
    return found


STATUS = {
    "accepted": 200,
    "again": 200,
    "with a cookie": 200,
    "malformed": 400,
    "another media type": 415,
    "no media type": 415,
    "a parameter": 415,
    "too large": 413,
    "failed": 500,
    "too slow": 408,
}


def test_every_answer_has_its_status(answers: dict[str, bytes]) -> None:
    # Attacks C3, C11.
    found = {case: int(headers_of(answer)[0].split(" ")[1]) for case, answer in answers.items()}
    assert found == STATUS
    assert b"canary" not in answers["failed"]


def test_every_answer_has_one_length_and_the_same_headers(answers: dict[str, bytes]) -> None:
    # Attacks B24, D14. A date is the same for everyone who asks at that second and is not kept.
    seen = set()
    for answer in answers.values():
        _, found = headers_of(answer)
        assert found.pop("content-type") in ("application/json", "application/problem+json")
        assert found.pop("date").endswith(" GMT")
        assert found["content-length"] == str(ANSWER)
        assert len(answer.partition(b"\r\n\r\n")[2]) == ANSWER
        seen.add(tuple(sorted(found.items())))
    assert len(seen) == 1
    names = [name for name, _ in seen.pop()]
    assert not {"set-cookie", "server", "etag", "content-encoding"}.intersection(names)


def test_the_box_never_sets_a_cookie(live: Live, answers: dict[str, bytes]) -> None:
    # Attack E14.
    assert not any(b"set-cookie" in answer.lower() for answer in answers.values())
    for path in ("/turnout", "/head", "/health", "/sealed/projects-1", "/cast", "/nowhere"):
        assert "set-cookie" not in live.box.get(path, headers={"cookie": "ballot=1"}).headers


def preflight(live: Live, origin: str, method: str = "POST", asked: str = "content-type") -> Any:
    headers = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": asked,
    }
    return live.box.options("/cast", headers=headers)


def test_pages_of_the_registrar_may_cast_and_no_others(live: Live) -> None:
    # Attack E14: exactly one origin, one method, one header, no credentials.
    own = f"http://127.0.0.1:{live.hall.port}"
    answer = preflight(live, own)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == own
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert "access-control-allow-credentials" not in answer.headers
    assert preflight(live, own, "PUT").status_code == 400
    assert preflight(live, own, asked="authorization").status_code == 400
    for other in (f"http://127.0.0.1:{live.hall.port + 1}", "https://evil.example", "null"):
        answer = preflight(live, other)
        assert answer.status_code == 400
        assert "access-control-allow-origin" not in answer.headers
        seen = live.cast(b"", origin=other)
        assert "access-control-allow-origin" not in seen.headers


def test_another_host_is_not_answered(live: Live) -> None:
    # Attack C15.
    assert live.cast(live.body(live.gate), host="evil.example").status_code == 400
    assert live.box.get("/turnout", headers={"host": "evil.example"}).status_code == 400


def test_the_turnout_moves_with_the_tick_alone(live: Live) -> None:
    # Attack B23: a schema of whole numbers, nothing of choices.
    value = live.box.get("/turnout").json()
    assert sorted(value) == ["slots"]
    assert [sorted(entry) for entry in value["slots"]] == [["number", "slot"]]
    assert value["slots"][0]["number"] <= len(live.in_box(FIRST))
