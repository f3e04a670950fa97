"""Workbooks for the tests of importing: plain ones, and hostile ones built part by part."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook

_TYPES = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="rels"'
    b' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    b'<Default Extension="xml" ContentType="application/xml"/>'
    b'<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    b'officedocument.spreadsheetml.sheet.main+xml"/>'
    b'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-'
    b'officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Target="%s" Type="http://schemas.openxmlformats.org/officeDocument/'
    b'2006/relationships/%s"/></Relationships>'
)
_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(
    rows: Iterable[Sequence[Any]], merged: Sequence[str] = (), formats: dict[str, str] | None = None
) -> bytes:
    """A workbook of one sheet as a spreadsheet program writes it."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    for cell, number_format in (formats or {}).items():
        sheet[cell].number_format = number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parts(sheet_data: bytes, head: bytes = b"") -> dict[str, bytes]:
    """The parts of a smallest workbook whose sheet has these bytes inside its sheetData."""
    sheet = head + b"<worksheet " + _MAIN + b"><sheetData>" + sheet_data
    return {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELS % (b"xl/workbook.xml", b"officeDocument"),
        "xl/workbook.xml": b"<workbook "
        + _MAIN
        + b' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        b'<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _RELS % (b"worksheets/sheet1.xml", b"worksheet"),
        "xl/styles.xml": b"<styleSheet " + _MAIN + b"/>",
        "xl/worksheets/sheet1.xml": sheet + b"</sheetData></worksheet>",
    }


def packed(members: dict[str, bytes]) -> bytes:
    """The archive of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()
