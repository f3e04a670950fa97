"""Events: one canonical line each, bodies of exactly the members of docs/record.md."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballot.crypto import encoding, signing
from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import (
    MAX_SIGNATURES,
    Event,
    chain,
    decode_event,
    draft,
    encode,
    sign_event,
    signed_document,
)
from tests.sessions import MINUTE, NOTHING, at, key

DOCUMENT = Path(__file__).parents[2] / "docs/record.md"


def every_kind() -> dict[str, Event]:
    """One event of every kind."""
    session = at("closed")
    slotted = {kind for kind, entry in KINDS.items() if entry.slot == "one"}
    return {kind: session.event(kind, "projects-1" if kind in slotted else None) for kind in KINDS}


EVENTS = every_kind()


def changed(kind: str, /, **changes: Any) -> bytes:
    """The line of an event of that kind with other members."""
    return dumps(loads(encode(EVENTS[kind])) | changes)


def with_body(kind: str, /, **changes: Any) -> bytes:
    """The line of an event of that kind with other members of its body."""
    return changed(kind, body=EVENTS[kind].body | changes)


def assert_malformed(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        decode_event(data)
    assert refused.value.code == "event.malformed"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_from_its_line(kind: str) -> None:
    event = EVENTS[kind]
    assert decode_event(encode(event)) == event
    assert decode_event(encode(event)).digest == event.digest


def test_the_digest_of_an_event_is_that_of_its_whole_line() -> None:
    event = EVENTS["sealed"]
    assert event.digest == encoding.sha256(encode(event)).hex()
    assert replace(event, signatures=()).digest != event.digest


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_has_exactly_its_members(kind: str) -> None:
    assert_malformed(with_body(kind, extra=1))
    for name in EVENTS[kind].body:
        rest = {k: v for k, v in EVENTS[kind].body.items() if k != name}
        assert_malformed(changed(kind, body=rest))


@pytest.mark.parametrize("kind", KINDS)
def test_no_member_of_a_body_takes_a_fraction_of_its_type(kind: str) -> None:
    for name in EVENTS[kind].body:
        assert_malformed(with_body(kind, **{name: True}))


@pytest.mark.parametrize(
    "name", ["number", "previous", "kind", "session", "slot", "minute", "body", "signatures"]
)
def test_an_event_has_exactly_its_members(name: str) -> None:
    value = loads(encode(EVENTS["sealed"]))
    value.pop(name)
    assert_malformed(dumps(value))
    assert_malformed(changed("sealed", extra=None))


@pytest.mark.parametrize("kind", KINDS)
def test_a_slot_stands_where_the_kind_has_one(kind: str) -> None:
    match KINDS[kind].slot:
        case "one":
            assert_malformed(changed(kind, slot=None))
        case "none":
            assert_malformed(changed(kind, slot="projects-1"))
        case "any":
            assert decode_event(changed(kind, slot=None)).slot is None
            assert decode_event(changed(kind, slot="projects-1")).slot == "projects-1"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        encode(EVENTS["adopted"]) + b"\n",
        encode(EVENTS["adopted"]).replace(b":", b": ", 1),
        changed("adopted", number=0),
        changed("adopted", previous="A" * 64),
        changed("adopted", kind="reopened"),
        changed("adopted", session="0"),
        changed("adopted", minute="2025-01-16T02:42:01Z"),
        changed("adopted", signatures=[{"signer": "a", "role": "clerk", "signature": "00"}]),
        changed("adopted", signatures=loads(encode(EVENTS["adopted"]))["signatures"] * 301),
        with_body("box_empty", envelopes=1),
        with_body("keys_ready", drills=[{"factor": "1", "challenge": "1"}]),
        with_body("round_opened", channels=["tablet", "tablet"]),
        with_body("round_opened", channels=[]),
        with_body("round_opened", channels=["telephone"]),
        with_body("round_opened", fingerprint="AAAA"),
        with_body("round_closed", tablet={"returned": -1, "root": NOTHING}),
        with_body("paper_counted", void={"over_vote": 0, "unreadable": 0}),
        with_body("paper_counted", rows=[[]]),
        with_body("counted", totals=[[0, 0, 0, 0, 0, 0]]),
        with_body("counted", outcome=[]),
        with_body("voided", reason="displeasing"),
        with_body("run_off_called", items=["b", "b"]),
        with_body("run_off_called", items=[]),
        with_body("tie_settled", method="vote"),
        with_body("override", permits="anything"),
        with_body("override", text=""),
    ],
)
def test_another_shape_is_malformed(data: bytes) -> None:
    assert_malformed(data)


def test_more_signatures_than_officers_are_malformed() -> None:
    one = loads(encode(EVENTS["defined"]))["signatures"]
    assert_malformed(changed("defined", signatures=one * (MAX_SIGNATURES + 1)))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_malformed(data: bytes) -> None:
    assert_malformed(data)


def test_a_signature_covers_all_but_number_previous_and_signatures() -> None:
    event = EVENTS["voided"]
    document = signed_document(event, "member-1", "presidium")
    assert set(document) == set("kind session slot minute body signer role".split())
    elsewhere = replace(event, number=99, previous=None, signatures=())
    assert signed_document(elsewhere, "member-1", "presidium") == document
    signature = sign_event(key("member-1"), event, "member-1", "presidium")
    signing.verify(key("member-1").public, "voided", document, signature.signature)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "adjourned"},
        {"session": "1" * 64},
        {"slot": "projects-2"},
        {"minute": "2025-01-16T02:43Z"},
        {"body": {}},
        {"signer": "member-2"},
        {"role": "clerk"},
    ],
)
def test_a_signature_holds_for_nothing_else(changes: dict[str, Any]) -> None:
    event = EVENTS["voided"]
    document = signed_document(event, "member-1", "presidium")
    signature = sign_event(key("member-1"), event, "member-1", "presidium").signature
    with pytest.raises(Invalid) as refused:
        signing.verify(key("member-1").public, "voided", document | changes, signature)
    assert refused.value.code == "signature.invalid"


def test_a_chain_numbers_links_and_sorts() -> None:
    first = chain(None, draft("defined", NOTHING, None, MINUTE, {}), ())
    assert (first.number, first.previous) == (1, None)
    drafted = draft("adopted", NOTHING, None, MINUTE, {})
    names = ("member-2", "chair", "member-1")
    signatures = [sign_event(key(name), drafted, name, "presidium") for name in names]
    second = chain(first, drafted, signatures)
    assert (second.number, second.previous) == (2, first.digest)
    assert [s.signer for s in second.signatures] == ["chair", "member-1", "member-2"]


def test_the_table_of_kinds_is_that_of_the_document() -> None:
    text = DOCUMENT.read_text("utf-8")
    rows = re.findall(r"^\| ((?:`\w+` ?)+)\| (–|id|id or null|id of.*?) \|", text, re.MULTILINE)
    stated = {kind: slot for kinds, slot in rows for kind in re.findall(r"\w+", kinds)}
    words = {"–": "none", "id or null": "any"}
    assert {k: words.get(slot, "one") for k, slot in stated.items()} == {
        k: entry.slot for k, entry in KINDS.items()
    }
