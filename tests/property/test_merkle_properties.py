"""Merkle trees over any set of trackers."""

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ballot.crypto.errors import Invalid
from ballot.crypto.merkle import inclusion_proof, root, sorted_root, verify_inclusion

TRACKER = st.binary(min_size=32, max_size=32)
BOX = st.sets(TRACKER, min_size=1, max_size=80).map(sorted)


def naive_root(leaves: list[bytes]) -> bytes:
    """Level by level, an odd last node moving up: another way to write RFC 6962 §2.1."""
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [
            hashlib.sha256(b"\x01" + b"".join(p)).digest() if len(p) == 2 else p[0] for p in pairs
        ]
    return level[0]


@given(BOX)
def test_the_streamed_root_is_the_root_level_by_level(box: list[bytes]) -> None:
    assert sorted_root(iter(box)) == root(box) == naive_root(box)


@given(BOX, st.data())
def test_every_proof_holds_for_its_leaf_and_place_only(
    box: list[bytes], data: st.DataObject
) -> None:
    size = len(box)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size + 1).filter(lambda i: i != index))
    proof, expected = inclusion_proof(box, index), root(box)
    verify_inclusion(box[index], index, size, proof, expected)
    assert len(proof) <= (size - 1).bit_length()
    with pytest.raises(Invalid, match=r"seal\.inclusion"):
        verify_inclusion(box[index], other, size, proof, expected)


@given(BOX, TRACKER, st.data())
def test_a_tracker_outside_the_box_has_no_proof(
    box: list[bytes], leaf: bytes, data: st.DataObject
) -> None:
    assume(leaf not in box)
    index = data.draw(st.integers(0, len(box) - 1))
    proof = data.draw(
        st.one_of(st.just(inclusion_proof(box, index)), st.lists(TRACKER, max_size=8))
    )
    with pytest.raises(Invalid, match=r"seal\.inclusion"):
        verify_inclusion(leaf, index, len(box), proof, root(box))


@given(BOX, BOX)
def test_different_boxes_have_different_roots(one: list[bytes], two: list[bytes]) -> None:
    assert (root(one) == root(two)) == (one == two)


@given(BOX, st.data())
def test_a_box_has_one_order(box: list[bytes], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(box))
    assume(shuffled != box)
    with pytest.raises(Invalid, match=r"seal\.order"):
        sorted_root(shuffled)


@given(BOX, st.data())
def test_one_tracker_more_less_or_changed_changes_the_root(
    box: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(box) - 1))
    new = data.draw(TRACKER.filter(lambda leaf: leaf not in box))
    fewer = box[:index] + box[index + 1 :]
    roots = {root(box), root(fewer), root(sorted([*box, new])), root(sorted([*fewer, new]))}
    assert len(roots) == 4
