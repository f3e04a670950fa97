"""What an import says about a file: a closed set of codes, each with its level.

A code is also the key of its sentence in the locale files. A page shows errors first, then what
a person should look at, then what was tidied, then notes on the file as a whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

from ballot.crypto.errors import Invalid

Level = Literal["error", "warning", "tidied", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "tidied", "note")

_CODES: Mapping[Level, str] = {
    "error": """
        column_missing column_twice no_header no_rows several_sheets
        date_in_number digits_lost empty error_value lost_character
        no_letters private_character too_long too_many
        number_repeated
        id_characters id_repeated investment_fraction investment_unreadable mixed_scripts
        title_repeated title_similar
    """,
    "warning": """
        column_absent row_without_data total_differs
        delegation_similar identity_number namesake name_similar number_similar rare_character
        date_impossible investment_large order_differs
    """,
    "tidied": "converted merged_cell tidied",
    "note": "columns_ignored example_skipped footer_skipped header_repeated sheet_chosen"
    " title_skipped",
}
CODES: Mapping[str, Level] = {
    f"import.{name}": level for level, names in _CODES.items() for name in names.split()
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say. ``row`` is None for the whole file, ``column`` the name of a field or
    empty; ``seen`` stood in the file and ``became`` is imported instead of it. ``fields`` fill
    in the sentence, ``kinds`` name what was tidied.
    """

    code: str
    row: int | None = None
    column: str = ""
    seen: str = ""
    became: str = ""
    kinds: tuple[str, ...] = ()
    fields: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """How much it matters; KeyError for an unknown code."""
        return CODES[self.code]


class Entry(Protocol):
    """What an import makes of a row: a frozen dataclass with the number of its row."""

    @property
    def row(self) -> int:
        """The row it stands in."""


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Import(Generic[E]):
    """A file as read: the entries for the preview, and what was found.

    Only :meth:`accepted` hands them over for use, all or nothing.
    """

    entries: tuple[E, ...]
    findings: tuple[Finding, ...]
    sheet: str = ""
    header_row: int | None = None

    def accepted(self) -> tuple[E, ...]:
        """All entries; raises ``import.refused`` when there is any error."""
        errors = self.count("error")
        if errors:
            raise Invalid("import.refused", f"{errors} errors")
        return self.entries

    def at(self, level: Level) -> tuple[Finding, ...]:
        """The findings of a level, in the order of the file."""
        return tuple(one for one in self.findings if one.level == level)

    def count(self, level: Level) -> int:
        """How many errors; of other levels, in how many rows."""
        found = self.at(level)
        return len(found) if level == "error" else len({one.row for one in found})


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By level, then by row: those on the whole file first."""
    return tuple(sorted(findings, key=lambda one: (LEVELS.index(one.level), one.row or 0)))
