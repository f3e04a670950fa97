"""Workbooks to fill in: header, one example row that is marked and never imported, notes."""

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from ballot.importing import projects, roll
from ballot.importing.exporting import save, write_rows
from ballot.locale import message

_ROLL = ("order", *(one.name for one in roll.FIELDS))
_PROJECTS = tuple(one.name for one in projects.FIELDS if one.name != "id")
_WIDTHS = {
    "order": 8,
    "number": 14,
    "name": 14,
    "delegation": 18,
    "title": 30,
    "content": 50,
    "location": 24,
    "funding": 26,
    "beneficiaries": 20,
}
_EXAMPLE = Font(italic=True, color="808080")


def roll_template(lang: str) -> bytes:
    """The workbook for a roll."""
    return _template(lang, "roll", _ROLL, 4)


def projects_template(lang: str) -> bytes:
    """The workbook for a list of candidate projects."""
    return _template(lang, "projects", _PROJECTS, 5)


def _template(lang: str, kind: str, columns: tuple[str, ...], notes: int) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = message(lang, f"import.template.{kind}")
    header = [message(lang, f"import.template.column.{name}") for name in columns]
    example = [message(lang, f"import.template.example.{name}") for name in columns]
    write_rows(sheet, [header, example])
    for index, name in enumerate(columns, 1):
        column = sheet.column_dimensions[get_column_letter(index)]
        column.width = _WIDTHS.get(name, 16)
        if name not in ("order", "investment"):
            column.number_format = "@"  # text: 001 stays 001, and 1-2 does not become a date
        sheet.cell(2, index).font = _EXAMPLE
    sheet.freeze_panes = "A2"
    about = book.create_sheet(message(lang, "import.template.notes"))
    lines = [message(lang, f"import.template.note.{kind}.{n}") for n in range(1, notes + 1)]
    write_rows(about, [[line] for line in (message(lang, "import.template.notes"), *lines)])
    about.column_dimensions["A"].width = 90
    return save(book)
