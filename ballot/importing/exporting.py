"""Tables to XLSX and CSV that a spreadsheet opens as text and numbers only (attack C8).

The same table gives the same bytes: neither format carries a date of its making.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ballot.importing.tidying import guard

Value = str | int | None

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEADER = Font(bold=True)
_GROUND = PatternFill("solid", fgColor="F1ECE4")
_DATES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_NO_DATE = b"1980-01-01T00:00:00Z"


def to_csv(rows: Iterable[Sequence[Value]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it; every text in quotes, so that no delimiter of
    another country opens a new cell inside it.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in rows:
        writer.writerow(["" if v is None else v if isinstance(v, int) else _safe(v) for v in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def to_xlsx(
    sheets: Iterable[tuple[str, Sequence[Sequence[Value]]]], widths: Sequence[int] = ()
) -> bytes:
    """A workbook of (name, rows); the first row of each is its header. Integers stay numbers."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31])
        write_rows(sheet, rows)
        for index, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(index)].width = width
        sheet.freeze_panes = "A2"
    return save(book)


def write_rows(sheet: Worksheet, rows: Iterable[Sequence[Value]], start: int = 1) -> None:
    """Rows from ``start`` on, as text cells: also where they are edited they stay text."""
    for number, row in enumerate(rows, start):
        for column, value in enumerate(row, 1):
            if value is None or value == "":
                continue
            cell = sheet.cell(number, column)
            if not isinstance(cell, Cell):
                continue
            if isinstance(value, int):
                cell.value = value
            else:
                cell.value = _safe(value)
                cell.data_type = "s"  # never the formula that openpyxl would make of =…
                cell.number_format = "@"
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if number == start:
                cell.font, cell.fill = _HEADER, _GROUND


def save(book: Workbook) -> bytes:
    """The bytes of a workbook, without dates and in a fixed order."""
    made = io.BytesIO()
    book.save(made)
    fixed = io.BytesIO()
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(fixed, "w") as out:
        for name in parts.namelist():
            part = parts.read(name)
            if name == "docProps/core.xml":
                part = _DATES.sub(rb"\g<1>" + _NO_DATE, part)
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, part)
    return fixed.getvalue()


def _safe(text: str) -> str:
    """Without characters that XML cannot hold; a formula is guarded."""
    return guard(_UNWRITABLE.sub("\ufffd", text)[:32_767])
