"""Which sheet and row name the columns, and the rows below them that hold data."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ballot.importing.findings import Finding
from ballot.importing.sheets import Row, Sheet
from ballot.importing.tidying import TEXT, is_hidden, tidy

_SEARCHED = 30
_FOOTER = re.compile(
    r"(合计|总计|共计|小计|累计|共\d|人数合计|填[表报]|制表|审核|负责人|注[:1-9]|备注:|说明:|total\b)",
    re.IGNORECASE,
)
_SUM = re.compile(r"(?:合计|总计|共计|共|total\D{0,3})\D{0,6}(\d{1,6})", re.IGNORECASE)
_EXAMPLE = re.compile(r"\W?(示例|样例|例[:如]|example\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """A column to import and the headers people give it, already in :func:`plain` form."""

    name: str
    words: frozenset[str]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The header row of a sheet: ``columns`` field name -> column from 0."""

    sheet: Sheet
    index: int
    columns: dict[str, int]
    twice: tuple[tuple[str, int], ...]
    missing: tuple[str, ...]

    @property
    def header(self) -> Row:
        """The row itself."""
        return self.sheet.rows[self.index]

    def label(self, name: str) -> str:
        """What the file calls a column."""
        return self.header.cells[self.columns[name]]


@dataclass(frozen=True, slots=True)
class Record:
    """A row of data: field name -> text as it stands in the file."""

    row: int
    cells: dict[str, str]
    merged: frozenset[str]


def plain(header: str) -> str:
    """A header without what people vary: width, case, spaces, points, a unit in brackets."""
    text = unicodedata.normalize("NFKC", "".join(c for c in header if not is_hidden(c)))
    text = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", text).casefold()
    return "".join(c for c in text if c.isalnum())


def letter(column: int) -> str:
    """The letter of a column counted from 0: A, …, Z, AA, …"""
    text = ""
    while column >= 0:
        text = chr(65 + column % 26) + text
        column = column // 26 - 1
    return text


def find_layout(sheets: Sequence[Sheet], fields: Sequence[Field]) -> Layout | list[Finding]:
    """The one sheet with all required columns, or the errors that say why there is none."""
    found = [layout for sheet in sheets if (layout := _layout(sheet, fields))]
    complete = [layout for layout in found if not layout.missing]
    if len(complete) > 1:
        names = "、".join(layout.sheet.name for layout in complete)
        return [Finding("import.several_sheets", fields={"sheets": names})]
    if not found:
        return [Finding("import.no_header")]
    layout = complete[0] if complete else min(found, key=lambda one: len(one.missing))
    row = layout.header.number
    errors = [Finding("import.column_missing", row, name) for name in layout.missing] + [
        Finding("import.column_twice", row, name, fields={"letter": letter(column)})
        for name, column in layout.twice
    ]
    return errors or layout


def _layout(sheet: Sheet, fields: Sequence[Field]) -> Layout | None:
    """The row near the top that names most columns."""
    best, most = None, 0
    for index, row in enumerate(sheet.rows[:_SEARCHED]):
        columns: dict[str, int] = {}
        twice = []
        for column, cell in enumerate(row.cells):
            name = next((one.name for one in fields if plain(cell) in one.words), "")
            if name in columns:
                twice.append((name, column))
            elif name:
                columns[name] = column
        # A title stands alone in its row.
        if len(columns) > most and sum(map(bool, row.cells)) > 1:
            missing = tuple(one.name for one in fields if one.required and one.name not in columns)
            best, most = Layout(sheet, index, columns, tuple(twice), missing), len(columns)
    return best


def about(layout: Layout, sheets: Sequence[Sheet]) -> Iterator[Finding]:
    """What of the file is not imported: other sheets, rows above the header, other columns."""
    if len(sheets) > 1:
        others = "、".join(sheet.name for sheet in sheets if sheet is not layout.sheet)
        names: dict[str, str | int] = {"sheet": layout.sheet.name, "others": others}
        yield Finding("import.sheet_chosen", fields=names)
    for row in layout.sheet.rows[: layout.index]:
        yield Finding("import.title_skipped", row.number, seen=_line(row))
    taken = set(layout.columns.values())
    ignored = [
        tidy(cell, TEXT)[0] or letter(column)
        for column, cell in enumerate(layout.header.cells)
        if column not in taken
    ]
    if ignored:
        fields: dict[str, str | int] = {"columns": "、".join(ignored)}
        yield Finding("import.columns_ignored", layout.header.number, fields=fields)


def records(layout: Layout, findings: list[Finding], order: str = "") -> list[Record]:
    """The rows of data below the header; what is left out goes to ``findings``.

    ``order`` is a field that alone makes no row of data: lists are numbered beyond their end.
    """
    kept: list[Record] = []
    labels = {name: plain(layout.label(name)) for name in layout.columns}
    sums: list[tuple[Row, int]] = []
    for row in layout.sheet.rows[layout.index + 1 :]:
        cells = {
            name: row.cells[column] if column < len(row.cells) else ""
            for name, column in layout.columns.items()
        }
        merged = {
            name
            for name, column in layout.columns.items()
            if (row.number, column) in layout.sheet.merged
        }
        filled = {name for name in cells if cells[name] and name != order} - merged
        start = unicodedata.normalize("NFKC", next(filter(None, row.cells))).strip()
        first = "".join(start.split())
        if filled and all(plain(cells[name]) == labels[name] for name in filled):
            findings.append(Finding("import.header_repeated", row.number))
        elif _EXAMPLE.match(first):
            findings.append(Finding("import.example_skipped", row.number, seen=_line(row)))
        elif len(filled) < 2 and _FOOTER.match(first):
            findings.append(Finding("import.footer_skipped", row.number, seen=_line(row)))
            stated = _SUM.match("".join(unicodedata.normalize("NFKC", _line(row)).split()))
            if stated:
                sums.append((row, int(stated[1])))
        elif not filled:
            findings.append(Finding("import.row_without_data", row.number, seen=_line(row)))
        else:
            kept.append(Record(row.number, cells, frozenset(merged)))
    for row, total in sums:
        if total != len(kept):
            found: dict[str, str | int] = {"total": total, "read": len(kept)}
            findings.append(Finding("import.total_differs", row.number, fields=found))
    return kept


def _line(row: Row) -> str:
    return tidy(" ".join(filter(None, row.cells)), TEXT)[0][:200]
