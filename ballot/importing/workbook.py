"""XLSX to text, for :mod:`ballot.importing.worker`: hostile until proved otherwise (attack C9).

Nothing is parsed before the archive's directory keeps the limits and no part has a document type
declaration. XML entities can only be declared in one, so neither expansion nor outside files
can happen, whatever the XML parser allows: defusedxml would have nothing left to do.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.cell import coordinate_to_tuple

from ballot.crypto.errors import Invalid
from ballot.importing.sheets import MAX_COLUMNS, Budget, Row, Sheet

_MAX_ENTRIES = 1000
_MAX_UNPACKED = 32 * 1024 * 1024
_MAX_RATIO = 200
_RATIO_FROM = 4 * 1024 * 1024
_MAX_LINES = 100_000
_MAX_SHEETS = 50
_MAX_MERGES = 5000
_MAX_TOKEN = 512 * 1024
_UTF_8 = (b"utf-8", b"us-ascii", b"ascii")
_UNREAD = ("docprops/", "customxml/", "xl/theme/", "xl/drawings/", "xl/charts/", "xl/comments")
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)", re.IGNORECASE)
_SHEET = re.compile(rb"(?:<\?xml[^>]*>\s*)?(<(\w+:|)worksheet\b[^>]*>)")
_DATA = re.compile(
    rb"<(\w+:|)sheetData\s*/>|<(\w+:|)sheetData\b.*</(\w+:|)sheetData\s*>", re.DOTALL
)
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?ref=\"([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})\"")
_QUOTED = re.compile(r'"([^"]*)"|\\(.)')

Corner = tuple[int, int]
Merges = list[tuple[Corner, Corner]]


def read_workbook(data: bytes) -> tuple[Sheet, ...]:
    """The visible sheets of a workbook; raises Invalid ``import.…``."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_directory(archive, len(data))
            parts, merges = _checked_parts(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        raise Invalid("import.damaged", str(error)[:200]) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl leaves out is not imported anyway
            return tuple(_sheets(parts, merges))
    except (Invalid, MemoryError):
        raise
    except Exception as error:  # openpyxl raises nearly anything on a damaged file
        raise Invalid("import.damaged", f"{type(error).__name__}: {error}"[:200]) from None


def _check_directory(archive: zipfile.ZipFile, packed: int) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _MAX_ENTRIES or unpacked > _MAX_UNPACKED:
        raise Invalid("import.bomb", f"{len(entries)} parts, {unpacked} bytes")
    if unpacked > _RATIO_FROM and unpacked > _MAX_RATIO * packed:
        raise Invalid("import.bomb", f"{unpacked} bytes packed into {packed}")
    if len(set(names)) != len(names):
        raise Invalid("import.damaged", "a part occurs twice")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Invalid("import.encrypted")
    if "[Content_Types].xml" not in names:
        raise Invalid("import.not_table", "a ZIP archive, but no workbook")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Invalid("import.macros", "vbaProject.bin")


def _checked_parts(archive: zipfile.ZipFile) -> tuple[io.BytesIO, dict[str, Merges]]:
    """The XML parts that are needed, checked, as an archive: openpyxl can reach nothing else.
    Of a sheet they hold the cells alone; its merged ranges are returned beside them.
    """
    checked, merges = io.BytesIO(), {}
    with zipfile.ZipFile(checked, "w") as parts:
        for entry in archive.infolist():
            name = entry.filename
            if not name.lower().endswith((".xml", ".rels")) or name.lower().startswith(_UNREAD):
                continue
            part = archive.read(entry)
            _check_part(name, part)
            if root := _SHEET.match(part):
                cells = _DATA.search(part, root.end())
                merges[name] = _merges(part[cells.end() if cells else 0 :])
                # A stated size saves openpyxl from looking through the sheet for one.
                size = b"<" + root[2] + b'dimension ref="A1"/>'
                inner = cells[0] if cells else b""
                part = root[1] + size + inner + b"</" + root[2] + b"worksheet>"
            parts.writestr(zipfile.ZipInfo(name), part)
    return checked, merges


def _check_part(name: str, part: bytes) -> None:
    """UTF-8 without ``<!``, which declarations, comments and CDATA begin with; then no token is
    longer than the way from one ``<`` to the next (a long one takes expat quadratic time).
    """
    declared = _ENCODING.match(part.removeprefix(b"\xef\xbb\xbf").lstrip())
    if b"\0" in part or (declared and declared[1].lower() not in _UTF_8):
        raise Invalid("import.damaged", f"{name}: not UTF-8")
    if b"<!" in part:
        raise Invalid("import.dtd", name)
    if max(map(len, part.split(b"<"))) > _MAX_TOKEN:
        raise Invalid("import.bomb", f"{name}: a long token")
    if name == "[Content_Types].xml" and b"macroenabled" in part.lower():
        raise Invalid("import.macros", "its content type")


def _merges(tail: bytes) -> Merges:
    found = [
        (coordinate_to_tuple(one[1].decode()), coordinate_to_tuple(one[2].decode()))
        for one in islice(_MERGE.finditer(tail), _MAX_MERGES + 1)
    ]
    if len(found) > _MAX_MERGES:
        raise Invalid("import.bomb", "merged ranges")
    return found


def _sheets(parts: io.BytesIO, merges: dict[str, Merges]) -> Iterator[Sheet]:
    book = load_workbook(parts, read_only=True, data_only=True, keep_links=False)
    budget, nothing = Budget(), {id(EMPTY_CELL)}
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if len(sheets) > _MAX_SHEETS:
        raise Invalid("import.bomb", f"{len(sheets)} sheets")
    for sheet in sheets:
        sheet.reset_dimensions()  # stated by the file, not counted
        rows = {}
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1):
            if number > _MAX_LINES:
                raise Invalid("import.too_many_rows", f"row {number}")
            if nothing.issuperset(map(id, cells)):  # at the speed of C: files have many such rows
                continue
            if row := budget.row(number, [_text(cell) for cell in cells]):
                rows[number] = row
        # openpyxl has no public way to the part of a sheet opened for reading only.
        path: str = sheet._worksheet_path  # type: ignore[attr-defined]
        merged = _fill(rows, merges.get(path, []), budget)
        yield Sheet(sheet.title[:100], tuple(rows[n] for n in sorted(rows)), merged)


def _fill(rows: dict[int, Row], merges: Merges, budget: Budget) -> frozenset[tuple[int, int]]:
    """Repeat what is merged over several rows, as in a column of delegations, in each of them."""
    filled: set[tuple[int, int]] = set()
    last = max(rows, default=0)
    for (top, left), (bottom, _) in merges:
        if top not in rows or left > len(rows[top].cells) or not rows[top].cells[left - 1]:
            continue
        for number in range(top + 1, min(bottom, last) + 1):
            if (number, left - 1) in filled:
                raise Invalid("import.damaged", f"row {number}: merged twice")
            if number in rows:
                cells = [*rows[number].cells, *[""] * (left - len(rows[number].cells))]
                cells[left - 1] = rows[top].cells[left - 1]
                rows[number] = budget.row(number, cells, again=True) or rows[number]
                filled.add((number, left - 1))
    return frozenset(filled)


def _text(cell: Any) -> str:
    """What the spreadsheet shows in a cell, as far as it tells people apart."""
    match cell.value:
        case None:
            return ""
        case str() as text:
            return text
        case bool() as truth:
            return str(truth).upper()
        case datetime() as moment:
            return _date_text(moment, cell.number_format, moment.time())
        case date() as day:
            return _date_text(day, cell.number_format, time())
        case time() | timedelta() as other:
            return str(other)
        case int() | float() as number:
            return _number_text(number, cell.number_format)
        case other:
            return str(other)


def _date_text(day: date, number_format: str, clock: time) -> str:
    """In the form of people.md §8; without the day where the format shows months only."""
    shown = _QUOTED.sub("", number_format).lower()
    text = f"{day.year}年{day.month}月" + (f"{day.day}日" if "d" in shown else "")
    return text + (f"{clock:%H:%M}" if clock != time() else "")


def _number_text(number: float, number_format: str) -> str:
    """A number as it is shown: 1.0 as 1; under the format ``000`` 7 as 007, under ``"ZX-"000`` as
    ZX-007. Beyond 15 digits Excel has lost the last ones: such a number keeps its exponent.
    """
    if abs(number) >= 1e15 or number != int(number):
        return f"{number:.15G}"
    literals: list[str] = []

    def keep(found: re.Match[str]) -> str:
        literals.append(found[1] or found[2] or "")
        return "\ue000"

    # Where zeros and literals are all there is, each literal stands before or after the zeros.
    shown = _QUOTED.sub(keep, number_format)
    parts = re.fullmatch("(\ue000*)(0+)(\ue000*)", shown)
    text = f"{int(number)}"
    if not parts or number < 0:
        return text
    before = "".join(literals[: len(parts[1])])
    return before + text.zfill(len(parts[2])) + "".join(literals[len(parts[1]) :])
