"""From events and sealed boxes to the record: the same bytes as the simulated officials made."""

from collections.abc import Iterable

import pytest

from ballot.conduct import read_box, record_members
from ballot.crypto.errors import Invalid
from ballot.demo.tablets import LocalTablets
from ballot.tally.polls import gate_of, joint_key
from tests.plays import SCRIPTS
from tests.records import played


def boxes(name: str) -> dict[str, list[bytes]]:
    """The sealed boxes of a play."""
    stage = played(name)
    tablets = stage.tablets
    assert isinstance(tablets, LocalTablets)
    return {slot: list(tablets._box.sealed(slot).values()) for slot in stage.board.state.rounds}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_the_record_follows_from_events_and_boxes(name: str) -> None:
    stage, sealed = played(name), boxes(name)
    made = record_members(stage.definition.raw, stage.board.events, sealed.__getitem__)
    assert made == stage.played.members


def test_a_box_in_another_order_or_with_a_ballot_twice_is_refused() -> None:
    stage, slot = played("three_way"), "projects-1"
    state, sealed = stage.board.state, boxes("three_way")[slot]
    gate = gate_of(state, joint_key(state), slot)

    def refused(envelopes: Iterable[bytes]) -> str:
        with pytest.raises(Invalid) as caught:
            read_box(gate, envelopes)
        return caught.value.code

    assert read_box(gate, sealed).root == state.round(slot).root
    assert refused(reversed(sealed)) == "seal.order"
    assert refused([*sealed[:2], sealed[1]]) == "seal.order"
    assert refused([sealed[0], sealed[1].replace(b'"version":1', b'"version":2')]) == (
        "envelope.malformed"
    )


def test_a_box_with_one_ballot_less_makes_no_record() -> None:
    stage, sealed = played("three_way"), boxes("three_way")
    with pytest.raises(Invalid) as caught:
        record_members(stage.definition.raw, stage.board.events, lambda slot: sealed[slot][1:])
    assert caught.value.code == "partial.invalid"
