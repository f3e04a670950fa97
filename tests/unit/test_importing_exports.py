"""Exports that open as text (attack C8), templates, and the words of findings."""

import csv
import io
import re
import zipfile
from pathlib import Path
from string import Formatter

import pytest
from openpyxl import load_workbook

from ballot.importing import findings, tidying
from ballot.importing.exporting import Value, to_csv, to_xlsx
from ballot.importing.findings import CODES, Finding
from ballot.importing.projects import FIELDS, read_projects
from ballot.importing.reading import read_sheets
from ballot.importing.roll import read_roll
from ballot.importing.templates import projects_template, roll_template
from ballot.importing.words import sentence
from ballot.locale import LANGUAGES, message, messages
from tests.workbooks import workbook

FORMULAS = (
    '=HYPERLINK("http://x","供水")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1",
    "＝1", "＋1", "－1", "＠x", "'=1", "''=1",
)  # fmt: skip
PLAIN = ("供水", "QH-001", "'供水'", "1=1", "", "—")


def test_formulas_are_neutralised_in_csv_and_nothing_else_changes() -> None:
    data = to_csv([text, 7] for text in (*FORMULAS, *PLAIN))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows] == ["'" + text for text in FORMULAS] + list(PLAIN)
    assert {row[1] for row in rows} == {"7"}
    assert '"供水",7\r\n' in data.decode("utf-8-sig")  # texts in quotes, numbers bare


def test_formulas_are_text_cells_in_xlsx() -> None:
    rows: list[list[Value]] = [["名称", "赞成"]]
    rows += [[text, 7] for text in FORMULAS]
    data = to_xlsx([("结果", rows)])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    cells = list(load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(min_row=2))
    assert {row[0].data_type for row in cells} == {"s"}
    assert {row[0].number_format for row in cells} == {"@"}
    assert all(str(row[0].value).startswith("'") for row in cells)
    assert {(row[1].data_type, row[1].value) for row in cells} == {("n", 7)}


def test_the_same_table_gives_the_same_bytes_and_bears_no_date() -> None:
    rows: list[list[Value]] = [["甲", 1], ["\x00\x0b\ud800", None]]
    table = [("表/一:二", rows)]
    data = to_xlsx(table)
    assert data == to_xlsx(table)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        core = archive.read("docProps/core.xml").decode()
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    assert set(re.findall(r"\d{4}-\d\d-\d\dT", core)) == {"1980-01-01T"}
    assert load_workbook(io.BytesIO(data)).sheetnames == ["表 一 二"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_template_is_read_back_and_its_example_row_is_never_imported(lang: str) -> None:
    found = read_roll(read_sheets(roll_template(lang), "t.xlsx"))
    assert [one.code for one in found.findings if one.level != "note"] == ["import.no_rows"]
    assert "import.example_skipped" in [one.code for one in found.findings]
    listed = read_projects(read_sheets(projects_template(lang), "t.xlsx"))
    assert [one.code for one in listed.findings if one.level != "note"] == ["import.no_rows"]
    assert "import.example_skipped" in [one.code for one in listed.findings]
    assert roll_template(lang) == roll_template(lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_filled_in_template_is_imported(lang: str) -> None:
    book = load_workbook(io.BytesIO(roll_template(lang)))
    book.worksheets[0].append(["1", "001", "甲", "第一代表团"])
    columns = book.worksheets[0].column_dimensions
    assert [columns[letter].number_format for letter in "ABCD"] == ["General", "@", "@", "@"]
    row = book.worksheets[0].max_row
    out = io.BytesIO()
    book.save(out)
    found = read_roll(read_sheets(out.getvalue(), "t.xlsx"))
    assert [(one.row, one.number, one.name) for one in found.accepted()] == [(row, "001", "甲")]


# Words


def test_every_code_and_name_has_a_sentence_and_every_sentence_a_code() -> None:
    refusals = {
        f"import.{name}"
        for name in "too_big empty_file old_excel encrypted macros not_table bomb dtd damaged"
        " encoding too_many_rows too_long_cell refused".split()
    }
    expected = set(CODES) | refusals | {"import.at_row", "import.nothing"}
    groups = ("character", "change", "cli", "field", "kind", "level", "template")
    for lang in LANGUAGES:
        keys = {key for key in messages(lang) if key.startswith("import.")}
        assert {key for key in keys if key.split(".")[1] not in groups} == expected
        assert {f"import.level.{level}" for level in findings.LEVELS} <= keys
        assert {f"import.kind.{kind}" for kind in tidying.KINDS} == {
            key for key in keys if key.startswith("import.kind.")
        }
        fields = {one.name for one in FIELDS} | {"number", "name", "delegation"}
        assert {f"import.field.{name}" for name in fields} == {
            key for key in keys if key.startswith("import.field.")
        }


def test_the_refusals_named_in_the_code_are_those_with_a_sentence() -> None:
    folder = Path(findings.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    named = set(re.findall(r'Invalid\(\s*"(import\.[a-z_]+)"', source))
    assert named
    assert named | {"import.old_excel"} == {
        key
        for key in messages("zh")
        if key.startswith("import.") and key.count(".") == 1 and key not in CODES
    } - {"import.at_row", "import.nothing"}


def test_every_finding_can_be_said_with_the_fields_its_code_gives() -> None:
    known = {"column", "seen", "became", "kinds"}
    given = {"other", "name", "value", "letter", "sheets", "sheet", "others", "columns", "length",
             "limit", "count", "total", "read", "characters", "place"}  # fmt: skip
    for code in CODES:
        wanted = {name for _, name, _, _ in Formatter().parse(messages("zh")[code]) if name}
        assert wanted <= known | given, code
        finding = Finding(code, 3, "name", "甲", "乙", ("space",), dict.fromkeys(given, "值"))
        for lang in LANGUAGES:
            assert message(lang, "import.at_row", row=3, text="").strip() in sentence(lang, finding)


def test_a_hostile_cell_does_not_fill_in_a_field_of_its_sentence() -> None:
    data = workbook([["编号", "姓名"], ["1", "{seen} ?"]])
    (error,) = read_roll(read_sheets(data, "x.xlsx")).at("error")
    assert "{seen} ?" in sentence("zh", error)
