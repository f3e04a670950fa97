"""Drawn codes (抽取码): slips in the Belenios 2.0 credential form (protocol §6).

A slip carries ``XXX-XXX-XXX-XXX-XXX``: 14 random Base58 digits and a check digit. With the
slot's uuid it gives the secret exponent; g^s is in the slot's public list. Also derives the
newer form (22 digits) of a code that another tool made. Source: belenios-format.md §6.
"""

import hashlib
import itertools
import re
from collections.abc import Callable

from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_SLIP = re.compile(r"(?:[1-9A-HJ-NP-Za-km-z]{3}-){4}[1-9A-HJ-NP-Za-km-z]{3}", re.ASCII)
_LONG = re.compile(r"(?:[1-9A-HJ-NP-Za-km-z]{5,6}-){3}[1-9A-HJ-NP-Za-km-z]{5,6}", re.ASCII)


def draw_digits(count: int, random: Callable[[int], bytes]) -> str:
    """``count`` uniform Base58 digits (bytes of 232 and above are rejected)."""
    drawn = (byte for _ in itertools.count() for byte in random(32) if byte < 232)
    return "".join(BASE58[byte % 58] for byte in itertools.islice(drawn, count))


def draw_code(random: Callable[[int], bytes]) -> str:
    """A fresh slip: about 82 random bits and its check digit."""
    digits = draw_digits(14, random)
    digits += _check_digit(digits)
    return "-".join(digits[i : i + 3] for i in range(0, 15, 3))


def _check_digit(digits: str) -> str:
    value = 0
    for digit in digits:
        value = value * 58 + BASE58.index(digit)
    return BASE58[53 - value % 53]


def parse_slip(text: str) -> str:
    """A slip as typed, in printed form; raises ``code.malformed`` saying where it is wrong."""
    plain = re.sub(r"[\s\-‐‑–—]", "", text)
    shown = "-".join(plain[i : i + 3] for i in range(0, len(plain), 3))
    if not _SLIP.fullmatch(shown):
        raise Invalid("code.malformed", "a slip has fifteen digits in five groups of three")
    if _check_digit(plain[:14]) != plain[14]:
        raise Invalid("code.malformed", "the check digit is wrong: a character was mistyped")
    return shown


def derive_secret(group: Group, uuid: str, code: str) -> int:
    """The secret exponent s of a private credential in the election ``uuid``."""
    if _SLIP.fullmatch(code):
        derived = hashlib.pbkdf2_hmac("sha256", code.encode(), uuid.encode(), 1000, 32)
        return int.from_bytes(derived, "big") % group.q
    if _LONG.fullmatch(code):
        blocks = (
            hashlib.sha256(f"derive_credential|{uuid}|{i}|{code}".encode()).digest() for i in (0, 1)
        )
        return int.from_bytes(b"".join(blocks), "big") % group.q
    raise Invalid("code.malformed", "not a Belenios private credential")
