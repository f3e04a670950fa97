"""The Merkle tree of RFC 6962 §2.1 with SHA-256.

Leaves and nodes are hashed under different prefixes, and a last leaf is never doubled, so
that one root stands for one list (attack E10). A sealed box is the tree over its trackers,
32 bytes each, strictly increasing: one set of ballots has one root.
"""

from collections.abc import Iterable, Iterator, Sequence

from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid

LEAF_SIZE = 32


def root(leaves: Iterable[bytes]) -> bytes:
    """MTH(D[n]), 32 bytes; SHA-256 of nothing for an empty list. Source: RFC 6962 §2.1.

    Reads the leaves once and keeps one hash per bit of their number.
    """
    # (leaves, hash) of full subtrees, sizes falling: the binary digits of the number read.
    peaks: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, node = 1, _leaf(leaf)
        while peaks and peaks[-1][0] == size:
            node = _node(peaks.pop()[1], node)
            size *= 2
        peaks.append((size, node))
    if not peaks:
        return sha256()
    result = peaks.pop()[1]
    while peaks:
        result = _node(peaks.pop()[1], result)
    return result


def sorted_root(leaves: Iterable[bytes]) -> bytes:
    """:func:`root` of 32-byte leaves in strictly increasing order; else ``seal.order``."""
    return root(_increasing(leaves))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """PATH(index, D[n]): sibling hashes from the leaf up. Source: RFC 6962 §2.1.1.

    Raises ``seal.inclusion`` if there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise Invalid("seal.inclusion", f"no leaf {index} among {len(leaves)}")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)  # largest power of two below n
        if index < middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low = middle
    return tuple(reversed(path))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> None:
    """Refuse unless ``leaf`` is number ``index`` of the ``size`` leaves under ``expected``.

    Raises ``seal.inclusion``. ``size`` must come from a signed seal, not from whoever
    brings the proof. Source: RFC 9162 §2.1.3.2.
    """
    if not 0 <= index < size:  # step 1
        raise Invalid("seal.inclusion", f"no leaf {index} among {size}")
    fn, sn, r = index, size - 1, _leaf(leaf)  # steps 2, 3
    for p in proof:  # step 4
        if sn == 0:
            raise Invalid("seal.inclusion", "the proof does not fit the size of the tree")
        if fn & 1 or fn == sn:
            r = _node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = _node(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or r != expected:  # step 5
        raise Invalid("seal.inclusion", "the proof does not lead to the root")


def _increasing(leaves: Iterable[bytes]) -> Iterator[bytes]:
    previous = b""
    for i, leaf in enumerate(leaves):
        if len(leaf) != LEAF_SIZE:
            raise Invalid("seal.order", f"leaf {i} has {len(leaf)} bytes, not {LEAF_SIZE}")
        if leaf <= previous:
            raise Invalid("seal.order", f"leaf {i} is not above the one before it")
        previous = leaf
        yield leaf


def _leaf(data: bytes) -> bytes:
    return sha256(b"\x00", data)


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01", left, right)
