"""RFC 6962: vectors of the reference implementation, and attack E10."""

import hashlib
import tracemalloc
from collections.abc import Sequence

import pytest

from ballot.crypto.errors import Invalid
from ballot.crypto.merkle import inclusion_proof, root, sorted_root, verify_inclusion

# The leaves and roots that the reference implementation of Certificate Transparency tests.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
TRACKERS = sorted(hashlib.sha256(bytes([i])).digest() for i in range(7))


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH as RFC 6962 §2.1 writes it."""
    if len(leaves) < 2:
        return hashlib.sha256(b"".join(b"\x00" + leaf for leaf in leaves)).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node(naive_root(leaves[:k]), naive_root(leaves[k:]))


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root(LEAVES[:size]).hex() == ROOTS[size]
    assert naive_root(LEAVES[:size]).hex() == ROOTS[size]


def test_the_paths_of_rfc_6962_2_1_3() -> None:
    # The tree of seven leaves drawn there: PATH(0) = [b, h, l], PATH(3) = [c, g, l],
    # PATH(4) = [f, j, k], PATH(6) = [i, k].
    d = TRACKERS
    a, b, c, e, f, j = (naive_root([d[i]]) for i in (0, 1, 2, 4, 5, 6))
    g, h, i = node(a, b), naive_root(d[2:4]), node(e, f)
    k, l = node(g, h), node(i, j)  # noqa: E741
    assert inclusion_proof(d, 0) == (b, h, l)
    assert inclusion_proof(d, 3) == (c, g, l)
    assert inclusion_proof(d, 4) == (f, j, k)
    assert inclusion_proof(d, 6) == (i, k)
    assert root(d) == node(k, l)


def test_an_empty_tree_is_the_hash_of_nothing() -> None:
    assert root([]) == sorted_root([]) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(66))
def test_every_leaf_of_every_size_has_a_proof(size: int) -> None:
    leaves = sorted(hashlib.sha256(bytes([i])).digest() for i in range(size))
    expected = sorted_root(leaves)
    assert expected == naive_root(leaves)
    for index, leaf in enumerate(leaves):
        proof = inclusion_proof(leaves, index)
        verify_inclusion(leaf, index, size, proof, expected)
        for other in {index ^ 1, index + 1, size - 1 - index} - {index}:
            with pytest.raises(Invalid, match=r"seal\.inclusion"):
                verify_inclusion(leaf, other, size, proof, expected)


@pytest.mark.parametrize("index", [-1, 7, 100])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(Invalid, match=r"seal\.inclusion"):
        inclusion_proof(TRACKERS, index)
    with pytest.raises(Invalid, match=r"seal\.inclusion"):
        verify_inclusion(TRACKERS[0], index, 7, inclusion_proof(TRACKERS, 0), root(TRACKERS))


def test_nothing_is_included_in_an_empty_tree() -> None:
    with pytest.raises(Invalid, match=r"seal\.inclusion"):
        verify_inclusion(TRACKERS[0], 0, 0, (), root([]))


# Attack E10


def test_a_node_is_no_leaf() -> None:
    left, right = naive_root(TRACKERS[:1]), naive_root(TRACKERS[1:2])
    proof = inclusion_proof(TRACKERS[:4], 0)
    with pytest.raises(Invalid, match=r"seal\.inclusion"):
        verify_inclusion(left + right, 0, 2, proof[1:], root(TRACKERS[:4]))
    assert root([left + right]) != root(TRACKERS[:2])
    with pytest.raises(Invalid, match=r"seal\.order"):
        sorted_root([left + right])


def test_a_leaf_is_no_node() -> None:
    top = root(TRACKERS[:2])
    assert root([top]) != top
    with pytest.raises(Invalid, match=r"seal\.inclusion"):
        verify_inclusion(top, 0, 1, (), top)


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_the_last_leaf_is_never_doubled(size: int) -> None:
    doubled = [*TRACKERS[:size], TRACKERS[size - 1]]
    assert root(doubled) != root(TRACKERS[:size])
    with pytest.raises(Invalid, match=r"seal\.order"):
        sorted_root(doubled)


@pytest.mark.parametrize("index", range(7))
def test_a_size_with_another_path_is_refused(index: int) -> None:
    proof, expected = inclusion_proof(TRACKERS, index), root(TRACKERS)
    for size in (index, 3, 4, 14, 2**40):
        with pytest.raises(Invalid, match=r"seal\.inclusion"):
            verify_inclusion(TRACKERS[index], index, size, proof, expected)


@pytest.mark.parametrize("index", range(7))
def test_a_proof_too_short_too_long_or_altered_is_refused(index: int) -> None:
    proof, expected = inclusion_proof(TRACKERS, index), root(TRACKERS)
    flipped = [
        (*proof[:i], bytes([p[0] ^ 1]) + p[1:], *proof[i + 1 :]) for i, p in enumerate(proof)
    ]
    cut = (proof[0][:-1], *proof[1:])
    for other in [(), proof[1:], proof[:-1], (*proof, expected), cut, *flipped]:
        with pytest.raises(Invalid, match=r"seal\.inclusion"):
            verify_inclusion(TRACKERS[index], index, 7, other, expected)


def test_a_last_leaf_is_not_the_only_one() -> None:
    # Its path has left siblings only: without step 4a it would prove itself in a tree of one.
    proof, expected = inclusion_proof(TRACKERS[:4], 3), root(TRACKERS[:4])
    with pytest.raises(Invalid, match="does not fit the size"):
        verify_inclusion(TRACKERS[3], 0, 1, proof, expected)


def test_another_leaf_or_root_is_refused() -> None:
    proof, expected = inclusion_proof(TRACKERS, 2), root(TRACKERS)
    for leaf, top in [(TRACKERS[3], expected), (TRACKERS[2], root(TRACKERS[:6]))]:
        with pytest.raises(Invalid, match=r"seal\.inclusion"):
            verify_inclusion(leaf, 2, 7, proof, top)


@pytest.mark.parametrize(
    "leaves",
    [
        TRACKERS[::-1],
        [*TRACKERS[1:], TRACKERS[0]],
        [TRACKERS[0], TRACKERS[0]],
        [b""],
        [TRACKERS[0][:31]],
        [TRACKERS[0] + b"\0"],
    ],
    ids=["reversed", "rotated", "twice", "empty leaf", "31 bytes", "33 bytes"],
)
def test_a_sealed_box_is_32_byte_trackers_in_strict_order(leaves: list[bytes]) -> None:
    with pytest.raises(Invalid, match=r"seal\.order"):
        sorted_root(leaves)


def test_zero_bytes_are_a_leaf_like_any_other() -> None:
    assert sorted_root([bytes(32)]) == naive_root([bytes(32)])


def test_a_root_is_computed_from_a_stream_in_little_memory() -> None:
    leaves = (i.to_bytes(32, "big") for i in range(20_000))
    tracemalloc.start()
    found = sorted_root(leaves)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000  # all leaves would be two megabytes; other threads may allocate, too
    assert found == naive_root([i.to_bytes(32, "big") for i in range(20_000)])
