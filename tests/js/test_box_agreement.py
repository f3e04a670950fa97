"""What a box holds and what a trustee decrypts: the browser agrees with Python (E1, E2, E24)."""

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ballot.conduct import read_box
from ballot.crypto.encoding import loads
from ballot.crypto.errors import Invalid
from ballot.crypto.keyfile import KeyHeader, lock
from ballot.crypto.merkle import root as merkle_root
from ballot.crypto.threshold import verify_trustees
from ballot.tally import aggregate
from ballot.tally.events import encode as encode_event
from ballot.tally.lifecycle import advance
from ballot.tally.polls import gate_of, joint_key
from ballot.tally.state import Seal
from ballot.trustee import drafts
from ballot.trustee.journal import Journal, encode
from ballot.trustee.sealing import Record, inspect
from tests.elections import Stream
from tests.js.client import Bridge
from tests.records import played
from tests.trustee.test_sealing import (
    MINUTE,
    SLOT,
    box,
    following,
    in_order,
    loads_ballot,
    other_ballots,
    told,
    trustee,
)


def asked(bridge: Bridge, ballots: list[bytes], **changes: Any) -> Any:
    """The browser's view of a box."""
    state = told("sealed")
    seal = state.round(SLOT).seal
    assert seal
    given = {
        "definition": state.definition.raw.decode(),
        "trustees": state.trustees,
        "slot": SLOT,
        "called": None,
        "envelopes": [data.decode() for data in ballots],
        "stated": {"fingerprint": seal.fingerprint, "size": seal.size, "root": seal.root},
        "slips": [],
        "share": None,
    }
    return bridge("box", **{**given, **changes})


def refused(bridge: Bridge, ballots: list[bytes], **changes: Any) -> str:
    with pytest.raises(Invalid) as caught:
        asked(bridge, ballots, **changes)
    return caught.value.code


def test_the_browser_decrypts_what_python_verifies(bridge: Bridge) -> None:
    state = told("sealed")
    gate = gate_of(state, joint_key(state), SLOT)
    mine, group = read_box(gate, box()), gate.group
    found = asked(bridge, box(), share=str(trustee(4).share))
    assert found["seal"]["root"] == mine.root
    assert found["sums"] == [
        [[group.ser(c.alpha), group.ser(c.beta)] for c in row] for row in mine.sums
    ]
    widths = [question.width for question in gate.election.questions]
    partial = aggregate.decode_partial(group, widths, found["partial"].encode())
    key = verify_trustees(group, (state.trustees or "").encode()).key_of(4)
    aggregate.verify_partial(group, gate.election.fingerprint, key, mine.sums, partial)


def test_one_ballot_swapped_left_out_or_added_is_found(bridge: Bridge) -> None:  # E1
    swapped = other_ballots()
    assert refused(bridge, swapped) == "seal.differs"
    assert refused(bridge, box()[1:]) == "seal.differs"
    both = in_order([*box(), *(data for data in swapped if data not in box())])
    assert refused(bridge, both) == "token.spent"
    assert refused(bridge, box()[::-1]) == "seal.order"
    slip = loads(loads_ballot(box()[0]))["credential"]
    assert refused(bridge, box(), slips=[slip]) == "token.unused_slip"


def test_another_election_document_is_refused(bridge: Bridge) -> None:  # E24
    one = told("sealed").round(SLOT)
    called = {"items": list(one.items[::-1]), "seats": one.seats, "calling": "0" * 64}
    assert refused(bridge, box(), called=called) == "ballot.wrong_round"


@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(st.data())
def test_a_changed_envelope_is_refused_alike(bridge: Bridge, data: Any) -> None:
    text = box()[0].decode()
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([c for c in '019af"\\{' if c != text[at]]))
    ballots = [(text[:at] + other + text[at + 1 :]).encode()]
    with pytest.raises(Invalid) as caught:
        inspect(Record(told("round_closed")), SLOT, ballots)
    assert refused(bridge, ballots) == caught.value.code


@pytest.mark.parametrize("restored", [None, ["projects-1"]])
def test_the_journals_agree(bridge: Bridge, restored: list[str] | None) -> None:  # E2, E22
    seals = [Seal("A" * 43, 3, merkle_root([]).hex()), Seal("A" * 43, 3, "1" * 64)]
    acts = [(s, m) for s in seals for m in (None, "2025-01-16T02:42Z", "2025-01-16T02:43Z")]
    empty = Journal("0" * 64, "scrutineer-1", None if restored is None else tuple(restored))
    for first in acts:
        for second in acts:
            mine, theirs, said = empty, loads(encode(empty)), ["", ""]
            for seal, minute in (first, second):
                try:
                    if minute:
                        mine.require_may_seal("projects-1")
                    mine = mine.admit("projects-1", seal, minute)
                except Invalid as error:
                    said[0] = error.code
                given = {"fingerprint": seal.fingerprint, "size": seal.size, "root": seal.root}
                try:
                    theirs = bridge(
                        "admit", journal=theirs, slot="projects-1", seal=given, minute=minute
                    )
                except Invalid as error:
                    said[1] = error.code
            assert said[0] == said[1]
            assert loads(encode(mine)) == theirs


def test_a_browsers_seal_and_partial_are_what_the_lifecycle_accepts(bridge: Bridge) -> None:
    index, passphrase = 5, "口令一二三四"
    of, official = told("sealed").definition, trustee(index).official
    group, share = of.group, trustee(index).share
    keys = [
        (KeyHeader("official", official.id, official.key.public, None), official.key.seed),
        (
            KeyHeader("trustee", official.id, group.ser(group.power_g(share)), of.session),
            share.to_bytes(32, "big"),
        ),
    ]
    files = [lock(*one, passphrase, Stream("keys")).decode() for one in keys]
    given = {
        "name": "job", "definition": of.raw.decode(), "official": files[0],
        "passphrase": passphrase, "slot": SLOT, "envelopes": [data.decode() for data in box()],
        "journal": loads(encode(Journal(of.session, official.id))),
    }  # fmt: skip
    events = played("trustee_missing").board.events
    lines = [encode_event(event).decode() for event in events]
    closed = told("round_closed").number

    def job(name: str, **more: Any) -> Any:
        return bridge("trustee_job", job=name, **{**given, "minute": MINUTE, **more})

    made = job("seal", lines=lines[:closed])
    again = {"journal": made["journal"], "minute": "2025-01-16T09:00Z"}
    assert job("seal", lines=lines[:closed], **again) == made
    draft = drafts.decode(made["draft"].encode())
    assert (draft.kind, draft.body["root"]) == ("sealed", told("sealed").round(SLOT).root)
    advance(told("round_closed"), following(told("round_closed"), draft))
    for count, code in [(closed, "seal.too_few"), (closed - 1, "event.order")]:
        with pytest.raises(Invalid) as caught:
            job("decrypt", lines=lines[:count], share=files[1])
        assert caught.value.code == code
    sealed = told("sealed").number
    opened = job("decrypt", lines=lines[:sealed], share=files[1])
    draft = drafts.decode(opened["draft"].encode())
    advance(told("sealed"), following(told("sealed"), draft))
    other = {**made["journal"], "rounds": [{**made["journal"]["rounds"][0], "root": "0" * 64}]}
    for name, end, code in [("seal", closed, "seal.second"), ("decrypt", sealed, "seal.second")]:
        with pytest.raises(Invalid) as caught:
            job(name, lines=lines[:end], journal=other, share=files[1])
        assert caught.value.code == code
    few = lines[: sealed - 1]
    with pytest.raises(Invalid) as caught:
        job("decrypt", lines=few, share=files[1])
    assert caught.value.code == "seal.too_few"
