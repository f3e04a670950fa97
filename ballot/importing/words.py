"""Findings and changes as sentences, and invisible characters by name (全角空格)."""

import unicodedata
from dataclasses import dataclass

from ballot.importing.changes import Change
from ballot.importing.findings import Finding
from ballot.importing.tidying import is_hidden
from ballot.locale import message

_NAMED = {
    " ": "space",
    "\u3000": "wide_space",
    "\u00a0": "no_break_space",
    "\t": "tab",
    "\n": "line_break",
    "\r": "line_break",
    "\u200b": "zero_width_space",
    "\ufeff": "byte_order_mark",
    "\u200c": "joiner",
    "\u200d": "joiner",
    "\u00ad": "soft_hyphen",
}
_DIRECTIONS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, or one invisible character with the name to show in its place."""

    text: str
    name: str = ""


def pieces(lang: str, text: str) -> tuple[Piece, ...]:
    """``text`` so that a reader sees all of it; what is very long ends with an ellipsis."""
    found: list[Piece] = []
    run = ""
    for character in text[:_SHOWN]:
        name = _name(lang, character)
        if not name:
            run += character
            continue
        if run:
            found.append(Piece(run))
        found.append(Piece(character, name))
        run = ""
    if run or len(text) > _SHOWN:
        found.append(Piece(run + ("…" if len(text) > _SHOWN else "")))
    return tuple(found)


def visible(lang: str, text: str, blanks: bool = True) -> str:
    """:func:`pieces` as one line: 〔全角空格〕刘卫国; ``blanks`` False leaves plain spaces."""
    return "".join(
        f"〔{one.name}〕" if one.name and (blanks or one.text != " ") else one.text
        for one in pieces(lang, text)
    )


def _name(lang: str, character: str) -> str:
    if character in _NAMED:
        return message(lang, f"import.character.{_NAMED[character]}")
    if character in _DIRECTIONS:
        return message(lang, "import.character.direction")
    if character.isspace():
        return message(lang, "import.character.space")
    if is_hidden(character) or unicodedata.category(character) in ("Co", "Cs"):
        return f"U+{ord(character):04X}"
    return ""


def field_name(lang: str, column: str) -> str:
    """What people call a field: 编号, 姓名, 代表团."""
    return message(lang, f"import.field.{column}") if column else ""


def sentence(lang: str, finding: Finding) -> str:
    """:func:`phrase` with the number of the row."""
    text = phrase(lang, finding)
    if finding.row is None:
        return text
    return message(lang, "import.at_row", row=finding.row, text=text)


def phrase(lang: str, finding: Finding) -> str:
    """What was found in a row, or in the file, and what to do."""
    stop = "、" if lang == "zh" else ", "
    kinds = stop.join(message(lang, f"import.kind.{kind}") for kind in finding.kinds)
    values = {
        name: value if isinstance(value, int) else visible(lang, value, blanks=False)
        for name, value in finding.fields.items()
    }
    return message(
        lang,
        finding.code,
        column=field_name(lang, finding.column),
        seen=visible(lang, finding.seen, blanks=bool(finding.kinds)),
        became=visible(lang, finding.became, blanks=False),
        kinds=kinds,
        **values,
    )


def change_sentence(lang: str, change: Change) -> str:
    """One line of the differences to the import before."""
    return message(
        lang,
        f"import.change.{change.kind}",
        key=change.key,
        column=field_name(lang, change.column),
        old=visible(lang, change.old, blanks=False) or message(lang, "import.nothing"),
        new=visible(lang, change.new, blanks=False) or message(lang, "import.nothing"),
    )
