"""All secrets and nonces of one trustee in one ceremony, from one 32-byte seed.

Whoever repeats a step after a reload or a crash must write the same bytes: a second version of a
document would abort the ceremony (attack A12). So nothing is drawn but the seed, and each nonce
depends on everything that it signs or encrypts: two different messages never share one.
"""

import hashlib
from collections.abc import Callable

from ballot.crypto.encoding import sha256
from ballot.crypto.group import Group
from ballot.crypto.threshold import TrusteeSecret, draw_secret

SEED_SIZE = 32


def expand(seed: bytes, what: str, *about: bytes) -> Callable[[int], bytes]:
    """A source of 64-byte blocks for ``what``, determined by the seed and what it is ``about``.

    block i = SHA-512(k ‖ u32be(i)), k = SHA-256(``ballot/v1/ceremony`` ‖ 0x00 ‖ seed ‖ ``what`` ‖
    0x00 ‖ SHA-256 of each of ``about``).
    """
    if len(seed) != SEED_SIZE:
        raise ValueError(f"a seed has {SEED_SIZE} bytes")
    start = b"ballot/v1/ceremony\x00" + seed + what.encode() + b"\x00"
    key, count = sha256(start, *(sha256(part) for part in about)), 0

    def block(size: int) -> bytes:
        nonlocal count
        if size != 64:
            raise ValueError("scalars are reduced from 64 bytes")
        count += 1
        return hashlib.sha512(key + (count - 1).to_bytes(4, "big")).digest()

    return block


def secret_of(group: Group, seed: bytes, session: str, index: int, threshold: int) -> TrusteeSecret:
    """Signing key, decryption key and polynomial of trustee ``index`` in that session."""
    place = f"{session}/{group.name}/{threshold}/{index}".encode()
    return draw_secret(group, index, threshold, expand(seed, "secret", place))
