"""A sheet as text: what every reader makes, and how much of it is read (attack C9)."""

from collections.abc import Iterable
from dataclasses import dataclass

from ballot.crypto.errors import Invalid

MAX_FILE = 8 * 1024 * 1024
MAX_ROWS = 30_000
"""Rows with text, over all sheets; a definition has at most 25,000 deputies."""
MAX_COLUMNS = 64
"""Columns further right are not read, as columns without a known header are not imported."""
MAX_CELL = 32_767
"""Characters of a cell: the limit of Excel."""
MAX_TEXT = 8 * 1024 * 1024
"""Characters of all cells: one shared text may stand in a million cells."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row by the number a spreadsheet shows beside it, from 1; no empty cells at its end."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows that hold text. ``merged`` are the cells (row number, column from 0) whose text
    was filled in from a cell merged over several rows.
    """

    name: str
    rows: tuple[Row, ...]
    merged: frozenset[tuple[int, int]] = frozenset()


class Budget:
    """Counts what the sheets of one file hold, and refuses what is too much."""

    def __init__(self) -> None:
        self._rows = self._text = 0

    def row(self, number: int, cells: Iterable[str], again: bool = False) -> Row | None:
        """The row without empty cells at its end; None for one without any text. ``again`` is
        said of a row that has only grown.

        Raises ``import.too_many_rows`` or ``import.too_long_cell``.
        """
        kept = [cell if not cell.isspace() else "" for cell in cells][:MAX_COLUMNS]
        while kept and not kept[-1]:
            kept.pop()
        if not kept:
            return None
        self._rows += not again
        self._text += sum(map(len, kept))
        if self._rows > MAX_ROWS or self._text > MAX_TEXT:
            raise Invalid("import.too_many_rows", f"row {number}")
        if max(map(len, kept)) > MAX_CELL:
            raise Invalid("import.too_long_cell", f"row {number}")
        return Row(number, tuple(kept))
