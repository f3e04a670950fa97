"""What must hold of the installed libraries before anything is trusted to them."""

from collections.abc import Callable

from nacl import bindings as sodium

from ballot.crypto.errors import Invalid
from ballot.crypto.group import Ed25519

_P = 2**255 - 19


def self_test(
    is_valid_point: Callable[[bytes], bool] = sodium.crypto_core_ed25519_is_valid_point,
) -> None:
    """Refuse a libsodium whose subgroup test is faulty (CVE-2025-69277, attack D3).

    PyNaCl before 1.6.2 bundles one that takes P + T₂ for a member, P of prime order and
    T₂ = (0, -1) the point of order 2. Called once when a program starts; a system library
    in place of the bundled one is caught as well, whatever its version says.
    Raises ``library.unsafe``.
    """
    if not is_valid_point(Ed25519.g):
        raise Invalid("library.unsafe", "libsodium refuses the base point of edwards25519")
    if is_valid_point(_plus_t2(Ed25519.g)):
        raise Invalid("library.unsafe", "libsodium accepts points outside the subgroup")


def _plus_t2(point: bytes) -> bytes:
    """(x, y) + (0, -1) = (-x, -y), for x ≠ 0, on RFC 8032 §5.1.2 encodings."""
    number = int.from_bytes(point, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    return (_P - y | (1 - sign) << 255).to_bytes(32, "little")
