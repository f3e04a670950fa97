"""Text as people type it, made plain: each step has a name, so that a preview can say what it did.

Nothing here decides what is right: :func:`tidy` returns the plain text with the kinds of change,
and :func:`trouble` names what no step may repair.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from ballot.crypto.encoding import check_text
from ballot.crypto.errors import Invalid

Rules = tuple[tuple[str, Callable[[str], str]], ...]

_HAN = "\u2e80-\u2fdf\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_WIDE_ALNUM = {code: plain for code, plain in _WIDE.items() if chr(plain).isalnum()}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－─"), "-")
_DOTS = dict.fromkeys(map(ord, "•‧∙⋅・･●"), "·")
# Radicals look like the characters they are parts of; copies from PDF files are full of them.
_COMPATIBILITY = re.compile("[\u2e80-\u2fdf\uf900-\ufaff\U0002f800-\U0002fa1f]")
_FORMULA = re.compile(r"[\s']*[=+\-@＝＋－＠\t\r\n]")
_ERROR_VALUE = re.compile(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|#+)")


def guard(text: str) -> str:
    """``text`` for a spreadsheet: an apostrophe before what it could take for a formula, also in
    its East Asian forms (attack C8; OWASP, CSV Injection).
    """
    return "'" + text if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """The inverse of :func:`guard`."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text[1:]) else text


@cache
def is_hidden(character: str) -> bool:
    """Whether no document may hold it (attack B29), or it controls a device."""
    if unicodedata.category(character) in ("Cc", "Cf"):
        return not character.isspace()
    try:
        check_text(unicodedata.normalize("NFC", character))
    except Invalid:
        return unicodedata.category(character) != "Cs"
    return False


def is_rare(character: str) -> bool:
    """A Chinese character outside GBK: older systems lose it or show a box."""
    if not re.fullmatch(f"[{_HAN}]", character):
        return False
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return True
    return False


def _compatible(text: str) -> str:
    return _COMPATIBILITY.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def _no_hidden(text: str) -> str:
    return text if text.isascii() and text.isprintable() else _without_hidden(text)


def _without_hidden(text: str) -> str:
    return "".join(c for c in text if not is_hidden(c))


def _one_space(text: str) -> str:
    return " ".join(text.split())


def _name_space(text: str) -> str:
    """Chinese names are padded to equal width (李　燕); other names keep a space between words."""
    return re.sub(f"(?<=[{_HAN}]) | (?=[{_HAN}])", "", _one_space(text))


_ALL: Rules = (
    ("hidden", _no_hidden),
    ("apostrophe", unguard),
    ("compatibility", _compatible),
    ("normal_form", lambda text: unicodedata.normalize("NFC", text)),
)
NUMBER: Rules = (
    *_ALL,
    ("wide", lambda text: text.translate(_WIDE)),
    ("dash", lambda text: text.translate(_DASHES)),
    ("space", lambda text: "".join(text.split())),
    # A column of numbers that a program has taken for fractions.
    ("decimal", lambda text: re.sub(r"^([0-9]+)\.0$", r"\1", text)),
)
NAME: Rules = (
    *_ALL,
    ("wide", lambda text: text.translate(_WIDE_ALNUM)),
    ("dot", lambda text: text.translate(_DOTS)),
    ("space", _name_space),
)
TEXT: Rules = (*_ALL, ("space", _one_space))
KINDS = tuple(dict.fromkeys(kind for kind, _ in (*NUMBER, *NAME, *TEXT)))


def tidy(text: str, rules: Rules) -> tuple[str, tuple[str, ...]]:
    """(plain text, kinds of change in the order made)."""
    kinds = []
    for kind, rule in rules:
        plain = rule(text)
        if plain != text:
            kinds.append(kind)
        text = plain
    return text, tuple(kinds)


def trouble(text: str, question_mark: bool = False) -> str:
    """The code of what is wrong with a tidied text whatever its field, or nothing.

    ``question_mark`` says that the field has none: it then stands for a character that another
    program could not write.
    """
    if _ERROR_VALUE.match(text):
        return "import.error_value"
    if "\ufffd" in text or (question_mark and re.search("[?？]", text)):
        return "import.lost_character"
    # Private use: another character on each machine. Lone surrogates: half a character.
    if any(unicodedata.category(c) in ("Co", "Cs") for c in text):
        return "import.private_character"
    return ""
