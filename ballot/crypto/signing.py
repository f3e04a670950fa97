"""Ed25519 signatures of officials and of the box over canonical documents.

One strict rule for keys and signatures, the same here and in the browser (attack D4): the
public key A and the commitment R are canonical points of prime order, S is below L. Then
the cofactored and the plain equation of RFC 8032 §5.1.7 accept exactly the same signatures,
and each signature has one spelling.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from ballot.crypto.encoding import dumps
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Ed25519

SEED_SIZE = 32
_L = Ed25519.q
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{128}", re.ASCII)


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A secret Ed25519 key: the 32-byte seed of RFC 8032 §5.1.5."""

    seed: bytes

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_SIZE:
            raise Invalid("signature.bad_key", f"{len(self.seed)} bytes instead of {SEED_SIZE}")

    @cached_property
    def _pair(self) -> tuple[bytes, bytes]:
        return sodium.crypto_sign_seed_keypair(self.seed)

    @property
    def public(self) -> str:
        """The public key as documents state it: 64 lower-case hex digits."""
        return self._pair[0].hex()


def signed_bytes(kind: str, document: dict[str, Any]) -> bytes:
    """What every signature covers (protocol §4): ``ballot/v1/<kind>`` ‖ 0x00 ‖ canonical bytes."""
    if not _KIND.fullmatch(kind):
        raise Invalid("document.shape", f"{kind[:40]!r} is not a kind of document")
    return f"ballot/v1/{kind}".encode() + b"\x00" + dumps(document)


def sign(key: SigningKey, kind: str, document: dict[str, Any]) -> str:
    """The signature of ``document``: 128 lower-case hex digits, the same at every call."""
    message = signed_bytes(kind, document)
    return sodium.crypto_sign(message, key._pair[1])[: sodium.crypto_sign_BYTES].hex()


def verify(public: str, kind: str, document: dict[str, Any], signature: str) -> None:
    """Refuse anything but the signature of ``document`` as a ``kind`` by ``public``.

    Raises ``signature.bad_key`` for a key that :func:`check_public_key` refuses and
    ``signature.invalid`` for every other failure.
    """
    key = check_public_key(public)
    if not _SIGNATURE.fullmatch(signature):
        raise Invalid("signature.invalid", "not 128 lower-case hex digits")
    data = bytes.fromhex(signature)
    if not sodium.crypto_core_ed25519_is_valid_point(data[:32]):
        raise Invalid("signature.invalid", "R is not a canonical point of prime order")
    if int.from_bytes(data[32:], "little") >= _L:
        raise Invalid("signature.invalid", "S is not below the group order")
    try:
        sodium.crypto_sign_open(data + signed_bytes(kind, document), key)
    except BadSignatureError:
        raise Invalid("signature.invalid", "not a signature of this document") from None


@lru_cache(maxsize=1024)
def check_public_key(public: str) -> bytes:
    """The 32 bytes of a public key that may sign, or ``signature.bad_key`` (attacks A6, D4).

    Refused: other spellings, points off the curve, non-canonical encodings, the eight
    points of small order, and any point with a torsion part.
    """
    if not _KEY.fullmatch(public):
        raise Invalid("signature.bad_key", "not 64 lower-case hex digits")
    key = bytes.fromhex(public)
    if not sodium.crypto_core_ed25519_is_valid_point(key):
        raise Invalid("signature.bad_key", "not a canonical point of prime order")
    return key
