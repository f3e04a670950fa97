"""Zero-knowledge proofs, Ed25519 signatures, RSASSA-PSS and the Merkle tree.

Sources: belenios-format.md §7; RFC 8032 §5.1.7; RFC 8017 §8.1.2, §9.1.2; RFC 6962 §2.1.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any, TypeVar, cast

from tests.naive.groups import CURVE, L25519, Group

Check = TypeVar("Check", bound=Callable[..., bool])


def once(check: Check) -> Check:
    """Remember what a proof was found to be: forgeries share most of theirs."""
    known: dict[bytes, bool] = {}

    @wraps(check)
    def asked(group: Group, *others: Any) -> bool:
        key = hashlib.sha256(repr((group.name, *others)).encode()).digest()
        if key not in known:
            known[key] = check(group, *others)
        return known[key]

    return cast(Check, asked)


def scalar(group: Group, text: Any) -> int:
    """A challenge or response: decimal digits, 0 <= v < q."""
    if not isinstance(text, str) or not re.fullmatch("0|[1-9][0-9]{0,77}", text):
        raise ValueError("not a decimal number")
    if int(text) >= group.q:
        raise ValueError("not below q")
    return int(text)


def challenge(group: Group, prefix: str, elements: Sequence[Any]) -> int:
    """H(prefix, elements) of belenios-format.md §1."""
    text = prefix + ",".join(group.ser(e) for e in elements)
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % group.q


@once
def schnorr_holds(group: Group, prefix: str, public: Any, proof: Any) -> bool:
    """7.1, 7.2, 7.6: A = g^z X^c, H(A) = c."""
    c, z = _pair(group, proof)
    return challenge(group, prefix, [group.power2(group.g, z, public, c)]) == c


@once
def decryption_holds(
    group: Group, prefix: str, public: Any, alpha: Any, factor: Any, proof: Any
) -> bool:
    """7.7: the factor is alpha to the logarithm of the public key."""
    c, z = _pair(group, proof)
    a, b = group.power2(group.g, z, public, c), group.power2(alpha, z, factor, c)
    return challenge(group, prefix, [a, b]) == c


@once
def interval_holds(
    group: Group, y: Any, prefix: str, alpha: Any, beta: Any, values: range, proof: Any
) -> bool:
    """7.3: (alpha, beta) encrypts one of the values."""
    if not isinstance(proof, list) or len(proof) != len(values):
        return False
    commitments: list[Any] = []
    total = 0
    step = group.inv(group.g)
    rest = group.mul(beta, group.inv(group.power(group.g, values.start)))
    for branch in proof:
        c, z = _pair(group, branch)
        commitments += [group.power2(group.g, z, alpha, c), group.power2(y, z, rest, c)]
        rest = group.mul(rest, step)
        total += c
    return challenge(group, prefix, commitments) == total % group.q


def _pair(group: Group, proof: Any) -> tuple[int, int]:
    if not isinstance(proof, dict) or list(proof) != ["challenge", "response"]:
        raise ValueError("not a proof")
    return scalar(group, proof["challenge"]), scalar(group, proof["response"])


@cache
def ed25519_holds(public: str, message: bytes, signature: str) -> bool:
    """RFC 8032 §5.1.7, with canonical A and R of prime order (no cofactor to argue about)."""
    if not re.fullmatch("[0-9a-f]{64}", public) or not re.fullmatch("[0-9a-f]{128}", signature):
        return False
    data = bytes.fromhex(signature)
    s = int.from_bytes(data[32:], "little")
    try:
        a = CURVE.parse(bytes.fromhex(public)[::-1].hex())
    except ValueError:
        return False
    if s >= L25519 or CURVE.eq(a, CURVE.one):
        return False
    digest = hashlib.sha512(data[:32] + bytes.fromhex(public) + message).digest()
    k = int.from_bytes(digest, "little")
    r = CURVE.power2(CURVE.g, s, CURVE.inv(a), k)
    return not CURVE.eq(r, CURVE.one) and CURVE.ser(r) == data[31::-1].hex()


@cache
def pss_holds(n: int, e: int, message: bytes, signature: bytes) -> bool:
    """RSASSA-PSS-VERIFY with SHA-384, MGF1-SHA-384, salt of 48 bytes."""
    size, bits = (n.bit_length() + 7) // 8, n.bit_length() - 1
    length = (bits + 7) // 8
    s = int.from_bytes(signature, "big")
    if len(signature) != size or s >= n:
        return False
    m = pow(s, e, n)
    if m.bit_length() > 8 * length:
        return False
    encoded = m.to_bytes(length, "big")
    digest = hashlib.sha384(message).digest()
    masked, h, trailer = encoded[: length - 49], encoded[length - 49 : -1], encoded[-1]
    if trailer != 0xBC or masked[0] >> (8 - (8 * length - bits)):
        return False
    mask = b"".join(
        hashlib.sha384(h + i.to_bytes(4, "big")).digest() for i in range(len(masked) // 48 + 1)
    )
    db = bytes(a ^ b for a, b in zip(masked, mask, strict=False))
    db = bytes([db[0] & 0xFF >> (8 * length - bits)]) + db[1:]
    salt = db[-48:]
    if db[:-48] != bytes(len(db) - 49) + b"\x01":
        return False
    return hashlib.sha384(bytes(8) + digest + salt).digest() == h


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, as it stands there."""
    sha: Callable[[bytes], bytes] = lambda data: hashlib.sha256(data).digest()  # noqa: E731
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\x00" + leaves[0])
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha(b"\x01" + merkle_root(leaves[:k]) + merkle_root(leaves[k:]))
