"""Blind signatures: RFC 9474, variant RSABSSA-SHA384-PSS-Deterministic.

The signer signs a token without seeing it: what it signs is independent of what it could
later recognise, whatever its computing power. Preparation is PrepareIdentity: the message
holds a fresh credential, so it has the entropy that RFC 9474 §7.3 asks for.

The functions with an underscore are the RFC's, for any modulus and salt length (its vectors
need both); the public ones fix RSA-3072 and a salt of 48 bytes and draw what must be fresh
from ``random``.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import gmpy2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ballot.crypto.errors import Invalid
from ballot.crypto.shapes import hexadecimal, identifier
from ballot.crypto.signing import signed_bytes
from ballot.crypto.slotkey import PublicKey, SlotKey

SALT_SIZE = 48
_HASH_SIZE = 48


@dataclass(frozen=True)
class Blinded:
    """``request`` (384 bytes) goes to the signer; ``inverse`` stays and is erased after use."""

    request: bytes
    inverse: int = field(repr=False)


def token_message(credential: str, session: str, slot: str) -> bytes:
    """What a token signs (protocol §6): the credential S, valid in one slot of one session."""
    return signed_bytes(
        "token",
        {
            "credential": credential,
            "session": hexadecimal(session, "session"),
            "slot": identifier(slot, "slot"),
        },
    )


def blind(public: PublicKey, message: bytes, random: Callable[[int], bytes]) -> Blinded:
    """The request for a signature of ``message``, with a fresh salt and a fresh factor.

    Call it once per signer: a factor serves one key only (attack A22).
    """
    salt = random(SALT_SIZE)
    return _blind(public.n, public.e, message, salt, _unit(public.n, random))


def check_request(public: PublicKey, request: bytes) -> None:
    """Refuse what no tablet blinds (attack D7), before anything is recorded or signed.

    Exactly 384 bytes, 0 < m < n, coprime to n; raises ``issue.malformed``.
    """
    _representative(public.n, request)


def blind_sign(key: SlotKey, request: bytes, random: Callable[[int], bytes]) -> bytes:
    """The signer's answer: as long as the modulus (384 bytes).

    Raises ``issue.malformed`` for what :func:`check_request` refuses, and
    ``token.signer_fault`` if the result is wrong: one faulty answer would give away the
    factors of n (attack A21). Source: RFC 9474 §4.3.
    """
    m = _representative(key.n, request)  # step 1
    s = _rsasp1(key, m, _unit(key.n, random))  # step 2
    if gmpy2.powmod(s, key.e, key.n) != m:  # steps 3, 4
        raise Invalid("token.signer_fault", "the signer's computation was disturbed")
    return s.to_bytes(len(request), "big")  # steps 5, 6


def finalize(public: PublicKey, message: bytes, answer: bytes, inverse: int) -> bytes:
    """The signature of ``message`` (384 bytes), verified; raises ``token.invalid``."""
    return _finalize(public.n, public.e, message, answer, inverse, SALT_SIZE)


def verify(public: PublicKey, message: bytes, signature: bytes) -> None:
    """Refuse anything but an RSASSA-PSS signature of ``message`` under ``public``.

    SHA-384, MGF1 with SHA-384, salt of exactly 48 bytes, 384 bytes, below n (attack D8);
    raises ``token.invalid``. One message has many valid signatures: never tell tokens apart
    by them. Source: RFC 9474 §4.5, RFC 8017 §8.1.2.
    """
    _verify(public.n, public.e, message, signature, SALT_SIZE)


def _blind(n: int, e: int, message: bytes, salt: bytes, r: int) -> Blinded:
    """RFC 9474 §4.2 with given salt and factor r."""
    encoded = _emsa_pss_encode(message, n.bit_length() - 1, salt)  # steps 1, 2
    m = int.from_bytes(encoded, "big")  # step 3
    if gmpy2.gcd(m, n) != 1:  # steps 4, 5
        raise Invalid("token.bad_key", "the encoded message shares a factor with the modulus")
    inverse = int(gmpy2.invert(r, n))  # steps 6-8: r has an inverse, see _unit
    x = gmpy2.powmod(r, e, n)  # step 9
    z = int(m * x % n)  # step 10
    return Blinded(z.to_bytes(_size(n), "big"), inverse)  # steps 11, 12


def _rsasp1(key: SlotKey, m: int, factor: int) -> int:
    """m^d mod n. Source: RFC 8017 §5.2.1, second form, behind base blinding.

    ``powmod_sec`` runs in constant time, the reductions around it do not (attack D7); with
    a fresh factor per call all of them work on a number that nobody outside knows.
    """
    try:
        x = m * gmpy2.powmod(factor, key.e, key.n) % key.n
        s_p = gmpy2.powmod_sec(x % key.p, key.d_p, key.p)
        s_q = gmpy2.powmod_sec(x % key.q, key.d_q, key.q)
        h = (s_p - s_q) * key.q_inverse % key.p
        return int((s_q + h * key.q) * gmpy2.invert(factor, key.n) % key.n)
    except (ValueError, ZeroDivisionError):  # a damaged key: even modulus, no inverse
        raise Invalid("token.signer_fault", "the signer's computation was disturbed") from None


def _finalize(n: int, e: int, message: bytes, answer: bytes, inverse: int, salt_size: int) -> bytes:
    """RFC 9474 §4.4; ``answer`` must be below n too, so that it has one spelling."""
    z = int.from_bytes(answer, "big")  # step 2
    if len(answer) != _size(n) or z >= n:  # step 1
        raise Invalid("token.invalid", "the signer's answer is not a number below the modulus")
    s = z * inverse % n  # step 3
    signature = s.to_bytes(_size(n), "big")  # step 4
    _verify(n, e, message, signature, salt_size)  # steps 5, 6
    return signature


def _verify(n: int, e: int, message: bytes, signature: bytes, salt_size: int) -> None:
    """RFC 8017 §8.1.2 by OpenSSL; length and range stated here, not left to the library."""
    if len(signature) != _size(n):  # step 1
        raise Invalid("token.invalid", f"{len(signature)} bytes instead of {_size(n)}")
    if int.from_bytes(signature, "big") >= n:  # step 2b
        raise Invalid("token.invalid", "not below the modulus")
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), salt_size)
    try:
        _openssl_key(n, e).verify(signature, message, pss, hashes.SHA384())
    except InvalidSignature:
        raise Invalid("token.invalid", "not a signature of this message by this key") from None


@lru_cache(maxsize=256)
def _openssl_key(n: int, e: int) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(e, n).public_key()


def _emsa_pss_encode(message: bytes, bits: int, salt: bytes) -> bytes:
    """RFC 8017 §9.1.1 with SHA-384; the modulus is longer than ``bits`` by one bit."""
    size = -(-bits // 8)
    m_hash = hashlib.sha384(message).digest()  # steps 1, 2
    h = hashlib.sha384(bytes(8) + m_hash + salt).digest()  # steps 5, 6
    db = bytes(size - len(salt) - _HASH_SIZE - 2) + b"\x01" + salt  # steps 7, 8
    masked = bytearray(a ^ b for a, b in zip(db, _mgf1(h, len(db)), strict=True))  # 9, 10
    masked[0] &= 0xFF >> (8 * size - bits)  # step 11
    return bytes(masked) + h + b"\xbc"  # steps 12, 13


def _mgf1(seed: bytes, size: int) -> bytes:
    """MGF1 with SHA-384. Source: RFC 8017 appendix B.2.1."""
    blocks = range(-(-size // _HASH_SIZE))
    return b"".join(hashlib.sha384(seed + i.to_bytes(4, "big")).digest() for i in blocks)[:size]


def _representative(n: int, request: bytes) -> int:
    """RFC 9474 §4.3, step 1, and RFC 8017 §5.2.1, step 1: an integer that may be signed."""
    m = int.from_bytes(request, "big")
    if len(request) != _size(n):
        raise Invalid("issue.malformed", f"{len(request)} bytes instead of {_size(n)}")
    if not 0 < m < n or gmpy2.gcd(m, n) != 1:
        raise Invalid("issue.malformed", "not a unit below the modulus")
    return m


def _unit(n: int, random: Callable[[int], bytes]) -> int:
    """Uniform r in [1, n) coprime to n, by rejection (RFC 9474 §4.2, steps 6-8; attack A22).

    n fills its bytes, so that a draw fits with probability 1/2 at least: 128 misses mean a
    broken generator, not bad luck.
    """
    for _ in range(128):
        r = int.from_bytes(random(_size(n)), "big")
        if 0 < r < n and gmpy2.gcd(r, n) == 1:
            return r
    raise Invalid("random.unusable", "the random generator is broken")


def _size(n: int) -> int:
    return (n.bit_length() + 7) // 8
