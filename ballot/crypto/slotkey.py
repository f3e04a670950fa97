"""Slot keys: the RSA key with which one signer signs the tokens of one slot.

RSA-3072 with e = 65537 (protocol §3). A :class:`PublicKey` has passed every check of attack
A20 when it exists, so nothing can be blinded for a key that would link the token to its
request. A :class:`SlotKey` keeps the primes in Chinese-remainder form (RFC 8017 §3.2).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import gmpy2
from cryptography.hazmat.primitives.asymmetric import rsa

from ballot.crypto.errors import Invalid
from ballot.crypto.shapes import hexadecimal

MODULUS_BITS = 3072
MODULUS_SIZE = MODULUS_BITS // 8
PRIME_SIZE = MODULUS_SIZE // 2
EXPONENT = 65537

# The product of all primes below 2^16: one gcd is the whole trial division.
_SMALL_PRIMES = gmpy2.primorial(2**16)


@dataclass(frozen=True)
class PublicKey:
    """A slot key as the definition states it; :func:`check_slot_key` has accepted it."""

    n: int
    e: int = EXPONENT

    def __post_init__(self) -> None:
        check_slot_key(self)

    @classmethod
    def decode(cls, text: Any, where: str = "slot key") -> Self:
        """The key written by :meth:`encode`; raises ``document.shape`` or ``token.bad_key``."""
        return cls(int(hexadecimal(text, where, MODULUS_SIZE), 16))

    def encode(self) -> str:
        """n as 384 big-endian bytes in lower-case hex: 768 digits."""
        return self.n.to_bytes(MODULUS_SIZE, "big").hex()


def check_slot_key(key: PublicKey) -> None:
    """Refuse a key whose maker could be cheating, as far as n and e show it (attack A20).

    RSA hides a blinded message perfectly only where r -> r^e is a permutation. With e = 1
    or a small e, an even, short or smooth modulus, or a power of one number, it may not be.
    Raises ``token.bad_key``. Source: RFC 9474 §7; Goldberg et al. 2019.
    """
    n = key.n
    if key.e != EXPONENT:
        raise Invalid("token.bad_key", f"the public exponent is not {EXPONENT}")
    if n <= 0 or n.bit_length() != MODULUS_BITS:
        raise Invalid("token.bad_key", f"{n.bit_length()} bits instead of {MODULUS_BITS}")
    if gmpy2.gcd(n, _SMALL_PRIMES) != 1:
        raise Invalid("token.bad_key", "the modulus has a factor below 2^16")
    if gmpy2.is_power(n):
        raise Invalid("token.bad_key", "the modulus is a square or a higher power")


@dataclass(frozen=True, repr=False)
class SlotKey:
    """A secret slot key: d_p = 1/e mod p-1, d_q = 1/e mod q-1, q_inverse = 1/q mod p."""

    n: int
    e: int
    p: int
    q: int
    d_p: int
    d_q: int
    q_inverse: int

    @classmethod
    def from_primes(cls, p: int, q: int, e: int = EXPONENT) -> Self:
        """The key with these primes (RFC 8017 §3.2); ``token.bad_key`` if there is none."""
        try:
            d_p, d_q = gmpy2.invert(e, p - 1), gmpy2.invert(e, q - 1)
            q_inverse = gmpy2.invert(q, p)
        except ZeroDivisionError:
            raise Invalid("token.bad_key", "no RSA key has these primes") from None
        return cls(p * q, e, p, q, int(d_p), int(d_q), int(q_inverse))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The key written by :meth:`encode`; raises ``token.bad_key``."""
        if len(data) != MODULUS_SIZE:
            raise Invalid("token.bad_key", f"{len(data)} bytes instead of {MODULUS_SIZE}")
        p = int.from_bytes(data[:PRIME_SIZE], "big")
        q = int.from_bytes(data[PRIME_SIZE:], "big")
        if not (gmpy2.is_prime(p) and gmpy2.is_prime(q)):
            raise Invalid("token.bad_key", "not two primes")
        key = cls.from_primes(p, q)
        check_slot_key(key.public)
        return key

    def encode(self) -> bytes:
        """p and q, 192 big-endian bytes each. Secret: belongs into an encrypted key file."""
        return self.p.to_bytes(PRIME_SIZE, "big") + self.q.to_bytes(PRIME_SIZE, "big")

    @cached_property
    def public(self) -> PublicKey:
        """What the definition states."""
        return PublicKey(self.n, self.e)


def generate_slot_key() -> SlotKey:
    """A fresh slot key. The one function of this package that draws its own randomness.

    The primes come from OpenSSL (FIPS 186, RFC 9474 §6.2): a prime search of our own, fed
    from a ``random`` argument, would be worse. Takes about 0.3 s.
    """
    secret = rsa.generate_private_key(EXPONENT, MODULUS_BITS).private_numbers()
    key = SlotKey.from_primes(secret.p, secret.q)
    check_slot_key(key.public)
    return key
