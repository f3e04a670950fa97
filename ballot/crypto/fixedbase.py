"""Powers of one fixed public point of edwards25519, from a table (public exponents only).

A verifier raises the election key y to a fresh exponent for every branch of every proof;
with a table of y^(d·2^(8i)) that is 32 point additions. Variable time: never for secrets
(those stay with libsodium). Points go in and out as RFC 8032 bytes that were checked
before. Formulas: extended twisted Edwards coordinates, a = −1, of Hisil et al. 2008 §3.1,
as in RFC 8032 §5.1.4; additions are complete, so the neutral element needs no care.
"""

from functools import lru_cache
from typing import Any

import gmpy2

_P = gmpy2.mpz(2**255 - 19)
_D = -121665 * gmpy2.invert(121666, _P) % _P
_SQRT_MINUS_ONE = gmpy2.powmod(2, (_P - 1) // 4, _P)

Niels = tuple[Any, Any, Any]
"""(y + x, y − x, 2dxy) of an affine point: what one addition needs of its second operand."""


def power_of(point: bytes, exponent: int) -> bytes:
    """point^exponent for 0 ≤ exponent < 2^256; the table of the last few points is kept."""
    x, y, z, t = gmpy2.mpz(0), gmpy2.mpz(1), gmpy2.mpz(1), gmpy2.mpz(0)
    for row, digit in zip(_table(point), exponent.to_bytes(32, "little"), strict=True):
        if digit:
            plus, minus, two_dt = row[digit - 1]
            a, b, c, d = (y - x) * minus, (y + x) * plus, t * two_dt, z + z
            e, f, g, h = b - a, (d - c) % _P, (d + c) % _P, (b + a) % _P
            e %= _P
            x, y, z, t = e * f % _P, g * h % _P, f * g % _P, e * h % _P
    return _encode(x, y, z)


@lru_cache(maxsize=4)
def _table(point: bytes) -> list[list[Niels]]:
    """32 rows of 255 multiples: row i holds point^(d·2^(8i)), d = 1..255."""
    x, y = _decode(point)
    base = (x, y, gmpy2.mpz(1), x * y % _P)
    table = []
    for _ in range(32):
        row = [base]
        for _ in range(255):
            row.append(_add(row[-1], base))
        base = row.pop()
        table.append(_affine(row))
    return table


def _add(p: tuple[Any, ...], q: tuple[Any, ...]) -> tuple[Any, ...]:
    x1, y1, z1, t1 = p
    x2, y2, z2, t2 = q
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * _D * t1 * t2 % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _affine(points: list[tuple[Any, ...]]) -> list[Niels]:
    # One inversion for the whole row (Montgomery's trick).
    products = [gmpy2.mpz(1)]
    for point in points:
        products.append(products[-1] * point[2] % _P)
    inverse = gmpy2.invert(products[-1], _P)
    row: list[Niels] = []
    for point, before in zip(reversed(points), reversed(products[:-1]), strict=True):
        z_inverse = inverse * before % _P
        inverse = inverse * point[2] % _P
        x, y = point[0] * z_inverse % _P, point[1] * z_inverse % _P
        row.append(((y + x) % _P, (y - x) % _P, 2 * _D * x * y % _P))
    return row[::-1]


def _decode(point: bytes) -> tuple[Any, Any]:
    """(x, y) of a checked point. Source: RFC 8032 §5.1.3."""
    number = int.from_bytes(point, "little")
    y, sign = gmpy2.mpz(number & (2**255 - 1)), number >> 255
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    v3 = v * v * v % _P
    x = u * v3 * gmpy2.powmod(u * v3 * v3 * v % _P, (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _SQRT_MINUS_ONE % _P
    return (_P - x if x % 2 != sign else x), y


def _encode(x: Any, y: Any, z: Any) -> bytes:
    """RFC 8032 §5.1.2."""
    inverse = gmpy2.invert(z, _P)
    number = int(y * inverse % _P) | int(x * inverse % _P & 1) << 255
    return number.to_bytes(32, "little")
