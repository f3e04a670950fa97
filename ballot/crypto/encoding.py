"""Canonical JSON, digests, and the twelve-character codes people compare.

Own documents are the RFC 8785 subset of protocol §4: ASCII snake_case names, no floats,
integers within ±(2^53−1), well-formed NFC strings without bidi controls or zero-width
characters, depth ≤ 16, no duplicate names. A reader re-encodes and refuses bytes that
differ, so one value has one spelling. Belenios documents keep Belenios' own bytes:
:func:`compact` writes them and :func:`loads_compact` reads them.
"""

import base64
import binascii
import hashlib
import json
import re
import unicodedata
from typing import Any

from ballot.crypto.errors import Invalid

MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1
MAX_DOCUMENT = 64 * 1024 * 1024

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
# Possessive, and an unclosed string runs to the end: linear time on hostile input.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
# Bidi controls, zero-width characters, variation selectors, line separators, BOM, tags
# (UTS #39, "Trojan Source"): two texts that look the same must be the same.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def check_text(text: str, where: str = "") -> str:
    """Return ``text`` if it is well formed, NFC and free of invisible characters.

    Raises ``document.text`` otherwise (attack B29).
    """
    if text.isascii():
        return text
    if _SURROGATE.search(text):
        raise Invalid("document.text", f"{where}: lone surrogate")
    found = _HIDDEN.search(text)
    if found:
        raise Invalid("document.text", f"{where}: invisible character U+{ord(found[0]):04X}")
    if not unicodedata.is_normalized("NFC", text):
        raise Invalid("document.text", f"{where}: not in normal form NFC")
    return text


def dumps(value: Any) -> bytes:
    """Canonical bytes of ``value`` (dict, list, str, int, bool, None). Source: RFC 8785."""
    _check(value, 1)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def loads(data: bytes) -> Any:
    """The value whose canonical bytes are exactly ``data``.

    Raises ``document.malformed`` for what is not JSON of our subset and
    ``document.not_canonical`` for another spelling of an allowed value.
    """
    value = _parse(data)
    if dumps(value) != data:
        raise Invalid("document.not_canonical", "bytes differ from their canonical form")
    return value


def compact(value: Any) -> bytes:
    """Belenios bytes: no spaces, raw UTF-8, members in the order given (format §1)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def loads_compact(data: bytes) -> Any:
    """The value whose :func:`compact` bytes are exactly ``data``; member order is kept."""
    value = _parse(data)
    try:
        written = compact(value)
    except UnicodeEncodeError:
        raise Invalid("document.text", "lone surrogate") from None
    if written != data:
        raise Invalid("document.not_canonical", "bytes differ from their compact form")
    return value


def parse_json(data: bytes) -> Any:
    """JSON without the canonical-form test, for files people write (sample data, vectors).

    Duplicate names, floats and deep nesting are refused all the same.
    """
    return _parse(data.removeprefix(b"\xef\xbb\xbf"))


def pretty(value: Any) -> str:
    """Indented JSON for people and scripts that read our output."""
    return json.dumps(value, ensure_ascii=False, indent=1)


def _parse(data: bytes) -> Any:
    if len(data) > MAX_DOCUMENT:
        raise Invalid("document.malformed", f"larger than {MAX_DOCUMENT} bytes")
    depth = 0
    # Nesting is measured before the parser runs, so that depth costs no stack (attack E18).
    for bracket in _BRACKET.finditer(_STRING.sub(b"", data)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise Invalid("document.malformed", f"nested deeper than {MAX_DEPTH}")
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_small_int,
        )
    except UnicodeDecodeError as error:
        raise Invalid("document.malformed", f"not UTF-8 at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise Invalid("document.malformed", f"not JSON: {error}"[:200]) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Invalid("document.malformed", "a name occurs twice")
    return found


def _no_float(text: str) -> Any:
    raise Invalid("document.malformed", f"not an integer: {text[:40]}")


def _small_int(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise Invalid("document.malformed", "integer beyond 2^53-1")
    return int(text)


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH + 1:
        raise Invalid("document.malformed", f"nested deeper than {MAX_DEPTH}")
    match value:
        case None | bool():
            return
        case int():
            if abs(value) > MAX_INTEGER:
                raise Invalid("document.malformed", "integer beyond 2^53-1")
        case str():
            check_text(value)
        case list() | tuple():
            for entry in value:
                _check(entry, depth + 1)
        case dict():
            for name, entry in value.items():
                if not isinstance(name, str) or not _NAME.fullmatch(name):
                    raise Invalid("document.malformed", f"name {str(name)[:40]!r}")
                _check(entry, depth + 1)
        case _:
            raise Invalid("document.malformed", f"no JSON value: {type(value).__name__}")


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of the concatenated parts, 32 bytes."""
    return hashlib.sha256(b"".join(parts)).digest()


def digest(value: Any) -> str:
    """Lower-case hex SHA-256 of the canonical bytes of a document (protocol §4)."""
    return sha256(dumps(value)).hex()


def b64(data: bytes) -> str:
    """Standard-alphabet base64 without padding, as Belenios writes digests (format §1)."""
    return base64.b64encode(data).decode().rstrip("=")


def unb64(text: str, size: int) -> bytes:
    """The ``size`` bytes written by :func:`b64`; other spellings are refused (attack A7)."""
    return _decode(text, size, b64, base64.b64decode)


def b64url(data: bytes) -> str:
    """URL-safe base64 without padding (RFC 4648 §5), as tokens are written."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64url(text: str, size: int) -> bytes:
    """The ``size`` bytes written by :func:`b64url`; other spellings are refused."""
    return _decode(text, size, b64url, base64.urlsafe_b64decode)


def _decode(text: str, size: int, write: Any, read: Any) -> bytes:
    try:
        data: bytes = read(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != size or write(data) != text:
        raise Invalid("document.malformed", f"not the base64 of {size} bytes")
    return data


def code(digest_bytes: bytes) -> str:
    """The 校验码 of a digest: its first 60 bits in Crockford base 32, as 4-4-4 capitals.

    There is no shorter code (attack E33). People compare codes, devices full digests.
    """
    bits = int.from_bytes(digest_bytes[:8], "big") >> 4
    text = "".join(_CROCKFORD[bits >> shift & 31] for shift in range(55, -1, -5))
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def code_of_hex(hex_digest: str) -> str:
    """:func:`code` of a digest written in hex."""
    return code(bytes.fromhex(hex_digest))


def parse_code(text: str) -> str:
    """A code as people type it (lower case, full width, O for 0, I or L for 1, no dashes).

    Returns the printed form or raises ``code.malformed``; fewer than twelve characters
    are never accepted (attack E33).
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = re.sub(r"[\s\-‐‑‒–—−_.]", "", plain).translate(str.maketrans("OIL", "011"))
    if len(plain) != 12 or any(c not in _CROCKFORD for c in plain):
        raise Invalid("code.malformed", "a code has twelve characters, like 7K3F-9QXM-2T8B")
    return f"{plain[:4]}-{plain[4:8]}-{plain[8:]}"
