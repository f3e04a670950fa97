"""Seal and decryption on one device: exactly the announced box, verified ballot by ballot."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

import tests.plays  # noqa: F401 -- the scripts
from ballot.crypto import merkle
from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.demo.officials import Trustee
from ballot.demo.tablets import LocalTablets
from ballot.tally import aggregate
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.events import Event, chain
from ballot.tally.lifecycle import advance, replay
from ballot.tally.polls import gate_of, joint_key
from ballot.tally.state import Seal, State
from ballot.trustee import drafts
from ballot.trustee.documents import Place
from ballot.trustee.journal import Journal
from ballot.trustee.sealing import Record, decrypt, inspect, record_of, seal
from tests.elections import Stream
from tests.records import played

SLOT, MINUTE = "projects-1", "2025-01-16T05:00Z"


@cache
def told(kind: str) -> State:
    """The session up to the last event of that kind."""
    stage = played("trustee_missing")
    kinds = [event.kind for event in stage.board.events]
    end = len(kinds) - kinds[::-1].index(kind)
    return replay(stage.definition, stage.board.events[:end])


@cache
def box() -> list[bytes]:
    """The sealed box."""
    tablets = played("trustee_missing").tablets
    assert isinstance(tablets, LocalTablets)
    return list(tablets._box.sealed(SLOT).values())


def trustee(index: int) -> Trustee:
    return played("trustee_missing").trustees[index - 1]


def place(index: int) -> Place:
    return Place(played("trustee_missing").definition, index, trustee(index).official.key)


def empty(index: int) -> Journal:
    return Journal(told("defined").session, place(index).id)


def sealing(
    state: State, index: int = 1, ballots: Iterable[bytes] | None = None, **changes: Any
) -> tuple[Journal, Event]:
    given: dict[str, Any] = {"journal": empty(index), "minute": MINUTE} | changes
    return seal(
        Record(state), given["journal"], place(index), SLOT,
        box() if ballots is None else ballots, given["minute"],
    )  # fmt: skip


def opening(
    state: State, index: int = 5, ballots: Iterable[bytes] | None = None, **changes: Any
) -> tuple[Journal, Event]:
    given: dict[str, Any] = {"journal": empty(index), "share": trustee(index).share} | changes
    return decrypt(
        Record(state), given["journal"], place(index), given["share"], SLOT,
        box() if ballots is None else ballots, MINUTE, Stream("decrypt"),
    )  # fmt: skip


def refused(run: Callable[[], object]) -> str:
    with pytest.raises(Invalid) as caught:
        run()
    return caught.value.code


def with_round(state: State, **changes: Any) -> State:
    return state.with_round(SLOT, **changes)


# What is meant to happen


def test_seals_and_partials_are_what_the_lifecycle_accepts() -> None:
    state = told("round_closed")
    for index in (1, 2, 3, 5):
        _, event = sealing(state, index)
        again = drafts.decode(drafts.encode(event))
        assert again == event
        state = advance(state, following(state, event))
    assert len(state.round(SLOT).sealers) == 4
    for index in (5, 2, 4):  # the fourth has not sealed
        journal, event = opening(state, index)
        assert event.body["owner"] == index
        assert journal.entry(SLOT)
        state = advance(state, following(state, event))
    assert len(state.round(SLOT).partials) == 3


def following(state: State, event: Event) -> Event:
    made = chain(None, event, event.signatures)
    return replace(made, number=state.number + 1, previous=state.last)


def test_progress_is_told_for_every_ballot() -> None:
    done: list[int] = []
    found = inspect(Record(told("round_closed")), SLOT, box(), done.append)
    assert done == list(range(1, len(box()) + 1))
    assert (found.size, found.root) == (len(box()), told("round_closed").round(SLOT).root)


def test_the_seal_is_in_the_journal_and_repeats_itself() -> None:
    journal, event = sealing(told("round_closed"))
    entry = journal.entry(SLOT)
    assert entry
    assert (entry.root, entry.minute) == (event.body["root"], MINUTE)
    again = sealing(told("round_closed"), journal=journal, minute="2025-01-16T06:00Z")
    assert again == (journal, event)


# Attacks


def test_a_second_root_is_never_sealed() -> None:  # E2, B5
    journal, _ = sealing(told("round_closed"))
    other = merkle.root([b"\0" * 32]).hex()
    forked = with_round(told("round_closed"), root=other)
    assert refused(lambda: sealing(forked, journal=journal)) == "seal.second"


def test_a_second_root_is_never_decrypted() -> None:  # E2, E22
    journal, _ = sealing(told("round_closed"))
    moved = replace(journal, rounds=(replace(journal.rounds[0], root="0" * 64),))
    assert refused(lambda: opening(told("sealed"), 1, journal=moved)) == "seal.second"
    opened, _ = opening(told("sealed"), 5)
    moved = replace(opened, rounds=(replace(opened.rounds[0], size=1),))
    assert refused(lambda: opening(told("sealed"), 5, journal=moved)) == "seal.second"


def test_a_restored_key_only_decrypts_what_was_under_way() -> None:  # E2
    restored = replace(empty(5), restored=(SLOT,))
    state = told("round_closed")
    assert refused(lambda: sealing(state, 5, journal=restored)) == "seal.restored"
    opening(told("sealed"), 5, journal=restored)
    elsewhere = replace(empty(5), restored=("projects-9",))
    sealing(state, 5, journal=elsewhere)


def test_what_the_events_say_was_sealed_is_not_sealed_again() -> None:  # E2
    assert refused(lambda: sealing(told("sealed"), 1)) == "seal.twice"


@pytest.mark.parametrize("seals", range(4))
def test_fewer_than_q_seals_open_nothing(seals: int) -> None:  # E1, E22
    state, sealed = told("sealed"), told("sealed").round(SLOT).seals
    few = with_round(state, seals=dict(list(sealed.items())[:seals]))
    assert refused(lambda: opening(few)) == "seal.too_few"


def test_seals_of_another_root_do_not_count() -> None:  # E22
    state = told("sealed")
    seals = dict(state.round(SLOT).seals)
    first = next(iter(seals))
    seals[first] = replace(seals[first], root="0" * 64)
    assert refused(lambda: opening(with_round(state, seals=seals))) == "seal.too_few"


def other_ballots() -> list[bytes]:
    """The box with its first ballot swapped for another good one of the same deputy."""
    gate = gate_of(told("sealed"), joint_key(told("sealed")), SLOT)
    ballots = [(loads(loads_ballot(data))["credential"], data) for data in box()]
    wallet = next(
        w for w in played("trustee_missing").wallets[SLOT] if w.credential == ballots[0][0]
    )
    random = Stream("other ballot")
    unsigned = encrypt(gate, "AAA", wallet.credential, random(32))
    made = seal_envelope(gate, unsigned, wallet.s, wallet.token, random)
    return in_order([made, *(data for _, data in ballots[1:])])


def loads_ballot(data: bytes) -> bytes:
    """The Belenios ballot, sorted so that our reader takes it."""
    from ballot.crypto.encoding import loads_compact

    return dumps({"credential": loads_compact(loads(data)["ballot"].encode())["credential"]})


def in_order(ballots: list[bytes]) -> list[bytes]:
    from ballot.tally.envelope import decode_envelope

    gate = gate_of(told("sealed"), joint_key(told("sealed")), SLOT)
    return sorted(ballots, key=lambda data: decode_envelope(gate, data).tracker)


@pytest.mark.parametrize("run", [sealing, opening])
def test_one_ballot_swapped_left_out_or_added_is_found(run: Any) -> None:  # E1
    state = told("round_closed") if run is sealing else told("sealed")
    swapped = other_ballots()
    assert len(swapped) == len(box())
    assert refused(lambda: run(state, ballots=swapped)) == "seal.differs"
    assert refused(lambda: run(state, ballots=box()[1:])) == "seal.differs"
    assert refused(lambda: run(state, ballots=[])) == "seal.differs"
    both = in_order([*box(), *(data for data in swapped if data not in box())])
    assert len(both) == len(box()) + 1
    assert refused(lambda: run(state, ballots=both)) == "token.spent"
    assert refused(lambda: run(state, ballots=box()[::-1])) == "seal.order"


def test_a_ballot_with_a_bad_proof_is_not_sealed() -> None:  # E1
    first = box()[0]
    at = first.index(b'\\"response\\":\\"') + len(b'\\"response\\":\\"')
    digit = b"1" if first[at : at + 1] != b"1" else b"2"
    broken = in_order([first[:at] + digit + first[at + 1 :], *box()[1:]])
    assert refused(lambda: sealing(told("round_closed"), ballots=broken)).startswith("ballot.")


def test_a_slip_that_was_left_over_is_found_in_the_box() -> None:
    state, credential = told("round_closed"), loads(loads_ballot(box()[0]))["credential"]
    record = Record(state, frozenset([credential]))
    assert refused(lambda: inspect(record, SLOT, box())) == "token.unused_slip"
    events = played("trustee_missing").board.events
    assert record_of(state, events).unused_slips == frozenset()


@pytest.mark.parametrize(
    "change",
    [
        {"items": ("A", "B")},
        {"calling": "0" * 64},
        {"fingerprint": "A" * 43},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_election_document_seals_nothing(change: dict[str, Any]) -> None:  # E24
    state = told("round_closed")
    if "items" in change:
        change = {"items": state.round(SLOT).items[::-1]}
    assert refused(lambda: sealing(with_round(state, **change))) == "ballot.wrong_round"


def test_ballots_made_for_more_places_are_not_sealed() -> None:  # E24
    fewer = with_round(told("round_closed"), seats=1)
    assert refused(lambda: sealing(fewer)) == "ballot.over_limit"


def test_another_joint_key_seals_and_opens_nothing() -> None:  # E24
    of = played("three_way").trustees_bytes.decode()
    other = of if of != told("sealed").trustees else played("approve").trustees_bytes.decode()
    if other == told("sealed").trustees:
        other = "[]"
    closed = replace(told("round_closed"), trustees=other)
    assert refused(lambda: sealing(closed)) in ("ballot.wrong_round", "trustees.malformed")
    sealed = replace(told("sealed"), trustees=other)
    assert refused(lambda: opening(sealed)) in ("drill.share", "trustees.malformed")


def test_a_share_of_another_trustee_opens_nothing() -> None:
    assert refused(lambda: opening(told("sealed"), share=trustee(1).share)) == "drill.share"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"closed": None}, "event.order"),
        ({"voided": "0" * 64}, "event.order"),
        ({"returned": {"tablet": 10_000}}, "event.surplus"),
        ({"issued": {"tablet": 7, "paper": 3}}, "event.order"),
        ({"ever_counted": True}, "event.order"),
    ],
)
def test_what_the_events_do_not_allow_is_not_decrypted(changes: Any, code: str) -> None:
    state = told("sealed")
    if "returned" in changes:
        seals = {
            name: Seal(s.fingerprint, 10_000, s.root) for name, s in state.round(SLOT).seals.items()
        }
        changes = {**changes, "seals": seals}
    assert refused(lambda: opening(with_round(state, **changes))) == code


def test_no_box_is_sealed_before_the_round_is_closed() -> None:
    assert refused(lambda: sealing(told("round_opened"))) == "event.order"
    assert refused(lambda: inspect(Record(told("round_opened")), SLOT, box())) == "event.order"
    voided = with_round(told("round_closed"), voided="0" * 64)
    assert refused(lambda: sealing(voided)) == "event.order"


def test_a_fault_of_this_machine_is_not_handed_out_as_a_share(  # A13
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = aggregate.decrypt_partially

    def wrong(group: Any, fingerprint: str, share: int, sums: Any, random: Any) -> bytes:
        return right(group, fingerprint, share + 1, sums, random)

    monkeypatch.setattr(aggregate, "decrypt_partially", wrong)
    assert refused(lambda: opening(told("sealed"))) == "partial.invalid"


def test_a_trustee_decrypts_once() -> None:  # A13
    assert refused(lambda: opening(told("decrypted"), 1)) == "event.order"
