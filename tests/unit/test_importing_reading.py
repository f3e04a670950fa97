"""Files to sheets: encodings, delimiters, cells as people typed them, hostile files (C9, C10)."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from ballot.crypto.errors import Invalid
from ballot.importing.reading import read_sheets
from ballot.importing.sheets import MAX_FILE
from ballot.importing.workbook import read_workbook
from tests.workbooks import packed, parts, workbook

TABLE = "编号,姓名\r\n001,王𠮷祥\r\n"
EXPECTED = [("编号", "姓名"), ("001", "王𠮷祥")]


def cells(data: bytes, name: str = "roll.csv") -> list[tuple[str, ...]]:
    (sheet,) = read_sheets(data, name)
    return [row.cells for row in sheet.rows]


def refusal(data: bytes, name: str = "roll.xlsx") -> str:
    with pytest.raises(Invalid) as caught:
        read_sheets(data, name)
    return caught.value.code


# CSV and TSV


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode("utf-8"),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("gb18030"),
        b"\xff\xfe" + TABLE.encode("utf-16-le"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16-le", "utf-16-be"],
)
def test_text_is_read_in_the_encoding_it_has(data: bytes) -> None:
    assert cells(data) == EXPECTED


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_below_a_title_that_has_others(delimiter: str) -> None:
    rows = ["名册，共2人", *(delimiter.join(row) for row in [("编号", "姓名"), ("1", "王,李;张")])]
    quoted = "\n".join(rows).replace("王,李;张", '"王,李;张"')
    assert cells(quoted.encode())[1:] == [("编号", "姓名"), ("1", "王,李;张")]


def test_the_hint_of_a_spreadsheet_names_the_delimiter_and_is_no_row() -> None:
    (sheet,) = read_sheets("sep=;\r\n编号;姓名\r\n1,5;王\r\n".encode(), "roll.csv")
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (2, ("编号", "姓名")),
        (3, ("1,5", "王")),
    ]


def test_a_line_break_in_quotes_stays_in_its_cell_and_rows_keep_their_numbers() -> None:
    (sheet,) = read_sheets(b'a,b\n\n" x\ny",2\n , \n3,4\n', "x.csv")
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (1, ("a", "b")),
        (3, (" x\ny", "2")),
        (5, ("3", "4")),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "import.empty_file"),
        (b" \r\n", "import.empty_file"),
        (b"a,b\0c\n1,2\n", "import.not_table"),
        ("编号,姓名".encode("utf-16-le"), "import.not_table"),  # without its mark
        (b"a,b\n\xff\xff,2\n", "import.encoding"),
        (b'a,b\n"open,2\n', "import.damaged"),
        (b'a,b\n"x"y,2\n', "import.damaged"),
        (b"a,b\n" + b"x" * 40_000 + b",2\n", "import.too_long_cell"),
        (b"a,b\n" + b"x" * 140_000 + b",2\n", "import.damaged"),
        (b"a,b\n" * 30_001, "import.too_many_rows"),
        (b"a" * (MAX_FILE + 1), "import.too_big"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "import.not_table"),
        (b"%PDF-1.7\n", "import.not_table"),
    ],
)
def test_what_is_no_table_is_refused_with_one_code(data: bytes, code: str) -> None:
    assert refusal(data, "roll.csv") == code


# XLSX: cells as people see them


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        ("001", "General", "001"),
        ("ＺＸ－０５８", "General", "ＺＸ－０５８"),
        (" 李　燕", "General", " 李　燕"),
        ("33010219900101123X", "General", "33010219900101123X"),
        (7, "000", "007"),
        (5, '"ZX-"000', "ZX-005"),
        (5, '000"号"', "005号"),
        (1.0, "General", "1"),
        (0.1 + 0.2, "General", "0.3"),
        (12000061001, "General", "12000061001"),
        (330102199001011236, "0", "3.30102199001011E+17"),  # Excel has lost the rest
        (True, "General", "TRUE"),
        (date(2025, 10, 31), 'yyyy"年"m"月"d"日"', "2025年10月31日"),
        (date(2025, 10, 31), "mm-dd-yy", "2025年10月31日"),
        (date(2025, 11, 1), 'yyyy"年"m"月"', "2025年11月"),
        (datetime.fromisoformat("2025-11-01T08:30"), "yyyy-mm-dd hh:mm", "2025年11月1日08:30"),
        ("=1+1", "General", ""),  # a formula without the value that a spreadsheet had stored
    ],
)
def test_cells_are_read_as_a_spreadsheet_shows_them(
    value: object, number_format: str, shown: str
) -> None:
    (sheet,) = read_workbook(workbook([[value, "."]], formats={"A1": number_format}))
    assert sheet.rows[0].cells[0] == shown


def test_hidden_sheets_are_not_read() -> None:
    book = Workbook()
    book.worksheets[0].append(["a", "b"])
    hidden = book.create_sheet("隐藏")
    hidden.append(["c", "d"])
    hidden.sheet_state = "hidden"
    out = BytesIO()
    book.save(out)
    assert [sheet.name for sheet in read_workbook(out.getvalue())] == ["Sheet"]


def test_a_cell_merged_over_rows_stands_in_each_of_them() -> None:
    data = workbook(
        [["一团", 1], [None, 2], [None, 3], ["二团", 4], [None, None]], ["A1:A3", "A4:A5"]
    )
    (sheet,) = read_workbook(data)
    assert [row.cells for row in sheet.rows] == [
        ("一团", "1"),
        ("一团", "2"),
        ("一团", "3"),
        ("二团", "4"),
    ]
    assert sheet.merged == {(2, 0), (3, 0)}


def test_a_row_far_below_costs_no_more_than_its_number() -> None:
    (sheet,) = read_workbook(packed(parts(b'<row r="90000"><c r="BZ90000"><v>1</v></c></row>')))
    assert sheet.rows == ()  # columns beyond the 64th are not read
    (sheet,) = read_workbook(packed(parts(b'<row r="90000"><c r="B90000"><v>1</v></c></row>')))
    assert [(row.number, row.cells) for row in sheet.rows] == [(90_000, ("", "1"))]


# XLSX: hostile


def _with(name: str, data: bytes) -> dict[str, bytes]:
    return {**parts(b"<row><c><v>1</v></c></row>"), name: data}


def _types(old: bytes, new: bytes) -> dict[str, bytes]:
    members = parts(b"")
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(old, new)
    return members


_BILLION = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:secret">]>'
_ROW = b'<row r="%d"><c><v>1</v></c></row>'
HOSTILE: dict[str, Callable[[], tuple[dict[str, bytes], str]]] = {
    "zip bomb": lambda: (_with("xl/media/a.bin", bytes(40 * 1024 * 1024)), "import.bomb"),
    "ratio": lambda: (_with("xl/media/a.bin", bytes(20 * 1024 * 1024)), "import.bomb"),
    "entity bomb": lambda: (parts(b"<row><c><v>1</v></c></row>", _BILLION), "import.dtd"),
    "outside entity": lambda: (parts(b"", _OUTSIDE), "import.dtd"),
    "entity in another part": lambda: (_with("xl/styles.xml", _OUTSIDE + b"<x/>"), "import.dtd"),
    "utf-16 part": lambda: (
        _with("xl/styles.xml", '<!DOCTYPE x []><x a="1"/>'.encode("utf-16")),
        "import.damaged",
    ),
    "ebcdic part": lambda: (
        _with("xl/styles.xml", b"<?xml version='1.0' encoding='cp037'?><x/>"),
        "import.damaged",
    ),
    "a million rows": lambda: (
        parts(b"<row><c><v>1</v></c></row>" * 1_300_000),
        "import.bomb",
    ),
    "too many rows": lambda: (
        parts(b"".join(_ROW % n for n in range(1, 30_002))),
        "import.too_many_rows",
    ),
    "a row beyond the last": lambda: (parts(_ROW % 99_999_999_999), "import.too_many_rows"),
    "a long tag": lambda: (
        parts(b"<row " + b" ".join(b'a%d=""' % n for n in range(200_000)) + b"/>"),
        "import.bomb",
    ),
    "macros": lambda: (_with("xl/vbaProject.bin", b"x"), "import.macros"),
    "macro type": lambda: (
        _types(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
        "import.macros",
    ),
    "thousands of parts": lambda: (
        {**parts(b""), **{f"xl/media/{n}": b"" for n in range(1001)}},
        "import.bomb",
    ),
    "another archive": lambda: ({"word/document.xml": b"<x/>"}, "import.not_table"),
    "no XML": lambda: (parts(b"<row><c>"), "import.damaged"),
    "wrong types": lambda: (parts(b'<row><c t="s"><v>7</v></c></row>'), "import.damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_with_one_code(name: str) -> None:
    members, code = HOSTILE[name]()
    with pytest.raises(Invalid) as caught:
        read_workbook(packed(members))
    assert caught.value.code == code


_MEASURED = """
import sys
from ballot.importing import worker
worker.main()
status = open("/proc/self/status").read()
print(status.split("VmHWM:")[1].split()[0], file=sys.stderr)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="VmHWM is Linux")
@pytest.mark.parametrize("name", ["zip bomb", "entity bomb", "a million rows", "too many rows"])
def test_the_reader_of_a_hostile_workbook_stays_below_200_mb(name: str) -> None:
    members, code = HOSTILE[name]()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED], input=packed(members), capture_output=True, check=True
    )
    assert code.encode() in done.stdout
    assert int(done.stderr.split()[-1]) < 200_000  # kB; the child's own peak


def test_memory_beyond_the_limit_ends_in_a_refusal() -> None:
    greedy = (
        "import sys, ballot.importing.worker as w, ballot.importing.workbook as b\n"
        "b.read_workbook = lambda data: bytearray(1 << 30) and ()\n"
        "w.main()"
    )
    done = subprocess.run([sys.executable, "-c", greedy], input=b"", capture_output=True)
    assert b"out of memory" in done.stdout


def test_a_reader_that_dies_or_hangs_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook([["a"]])
    monkeypatch.setattr("ballot.importing.reading._SECONDS", 0.001)
    assert refusal(data) == "import.bomb"
    monkeypatch.undo()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert refusal(data) == "import.bomb"


def test_the_worker_answers_what_the_function_answers() -> None:
    data = workbook([["编号", "姓名"], ["001", "王𠮷祥\u200b"], [None, None], ["一", 2]], ["A3:A4"])
    assert read_sheets(data, "roll.xlsx") == read_workbook(data)
    assert refusal(packed(HOSTILE["entity bomb"]()[0])) == "import.dtd"


def test_no_secret_of_the_environment_reaches_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {}

    def run(*_: object, env: dict[str, str], **__: object) -> subprocess.CompletedProcess[bytes]:
        given.update(env)
        return subprocess.CompletedProcess([], 0, b'{"sheets":[]}')

    monkeypatch.setenv("BALLOT_SECRET", "x")
    monkeypatch.setattr("subprocess.run", run)
    read_sheets(b"PK", "a.xlsx")
    assert set(given) <= {"PYTHONPATH", "SYSTEMROOT"}


def test_old_encrypted_and_macro_files_are_named() -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1")
    assert refusal(ole + bytes(600), "a.xls") == "import.old_excel"
    locked = ole + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert refusal(locked) == "import.encrypted"
    assert refusal(workbook([["a"]]), "A.XLSM") == "import.macros"
    plain = packed(parts(b""))
    entry = plain.index(b"PK\x01\x02")
    flagged = plain[: entry + 8] + b"\x01" + plain[entry + 9 :]
    assert refusal(flagged) == "import.encrypted"
    assert refusal(plain[:300]) == "import.damaged"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_occurs_twice_is_refused() -> None:
    data = BytesIO(packed(parts(b"")))
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("xl/workbook.xml", b"<other/>")
    assert refusal(data.getvalue()) == "import.damaged"
