"""Rolls: what is imported, what is said, and what stops the import (attacks B29, C10)."""

from pathlib import Path
from typing import Any

import pytest

from ballot.crypto.encoding import parse_json
from ballot.crypto.errors import Invalid
from ballot.importing.changes import Change, changes
from ballot.importing.findings import Finding, Import
from ballot.importing.reading import read_sheets
from ballot.importing.roll import RollEntry, read_roll
from ballot.importing.sheets import Row, Sheet
from ballot.importing.words import Piece, pieces, sentence

DATA = Path(__file__).parents[1] / "data"
QINGHE = Path(__file__).parents[2] / "ballot" / "data" / "qinghe_town.json"
HEADER = ("编号", "姓名", "代表团")


def file(name: str) -> Import[RollEntry]:
    return read_roll(read_sheets((DATA / "importing" / name).read_bytes(), name))


def roll(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> Import[RollEntry]:
    numbered = tuple(Row(n, cells) for n, cells in enumerate((header, *rows), 1))
    return read_roll([Sheet("名册", numbered)])


def codes(found: Import[Any], level: str = "") -> list[tuple[str, int | None]]:
    return [
        (one.code.removeprefix("import."), one.row)
        for one in found.findings
        if level in ("", one.level)
    ]


# The sample files: exactly what data/importing says


def test_the_messy_roll_gives_61_deputies_19_tidied_rows_and_5_to_look_at() -> None:
    found = file("roll_messy.xlsx")
    entries = found.accepted()
    assert [one.number for one in entries] == [f"ZX-{n:03}" for n in range(1, 62)]
    groups = [one.delegation for one in entries]
    assert [groups.count(f"第{n}代表团") for n in "一二三"] == [21, 20, 20]
    assert (found.sheet, found.header_row) == ("Sheet1", 3)
    assert codes(found, "error") == []
    assert codes(found, "warning") == [
        ("namesake", 12),
        ("rare_character", 20),
        ("namesake", 39),
        ("namesake", 58),
        ("namesake", 59),
    ]
    assert codes(found, "note") == [
        ("title_skipped", 1),
        ("title_skipped", 2),
        ("columns_ignored", 3),
        ("footer_skipped", 69),
    ]
    assert entries[16].name == "王\U00020bb7祥"
    assert all(" " not in one.name and "\u3000" not in one.name for one in entries)
    assert found.count("tidied") == 19


def test_the_messy_roll_shows_each_change_as_it_was() -> None:
    tidied = {one.row: one for one in file("roll_messy.xlsx").at("tidied")}
    assert {row: one.column for row, one in tidied.items() if one.column != "name"} == {
        **dict.fromkeys((8, 15, 32, 52, 64, 23, 42), "number"),
        **dict.fromkeys((10, 57), "delegation"),
    }
    assert (tidied[8].seen, tidied[8].became, tidied[8].kinds) == ("ZX-００５", "ZX-005", ("wide",))
    assert (tidied[64].seen, tidied[64].became) == ("ＺＸ－０５８", "ZX-058")
    assert (tidied[44].seen, tidied[44].became) == ("\u3000刘卫国", "刘卫国")
    assert (tidied[56].seen, tidied[56].became) == ("李秀珍\t", "李秀珍")
    assert (tidied[62].seen, tidied[62].became) == ("王 晓彤", "王晓彤")
    names = [row for row, one in tidied.items() if one.column == "name"]
    assert names == [5, 6, 13, 17, 18, 24, 34, 44, 56, 62]


def test_the_gb18030_roll_keeps_rare_characters_and_quoted_commas() -> None:
    found = file("roll_gb18030.csv")
    entries = found.accepted()
    groups = [one.delegation for one in entries]
    assert [groups.count(f"第{n}代表团") for n in "一二三"] == [22, 22, 22]
    names = {one.number: one.name for one in entries}
    assert (names["GL-013"], names["GL-041"], names["GL-060"]) == ("𠮷玉山", "陈䶮", "马㛃华")
    assert names["GL-006"] == "王丽华"
    assert codes(found) == [
        ("rare_character", 14),
        ("rare_character", 42),
        ("rare_character", 61),
        ("columns_ignored", 1),
    ]


def test_the_plain_roll_equals_the_session_and_says_only_what_is_not_imported() -> None:
    found = file("roll_import.xlsx")
    session = parse_json(QINGHE.read_bytes())
    assert [(one.number, one.name, one.delegation) for one in found.accepted()] == [
        (one["deputy_no"], one["name"], one["delegation"]) for one in session["roll"]
    ]
    assert codes(found) == [("sheet_chosen", None), ("columns_ignored", 1)]


# Errors: nothing is imported


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("1", "甲", "一"), ("1", "乙", "一")], ("number_repeated", 3)),
        ([("a-1", "甲", "一"), ("Ａ－１ ", "甲", "一")], ("number_repeated", 3)),
        ([("1", "", "一")], ("empty", 2)),
        ([("", "甲", "一")], ("empty", 2)),
        ([("1", "甲", "")], ("empty", 2)),
        ([("\u200b", "甲", "一")], ("empty", 2)),
        ([("--", "甲", "一")], ("no_letters", 2)),
        ([("1", "王?祥", "一")], ("lost_character", 2)),
        ([("1", "王\ufffd祥", "一")], ("lost_character", 2)),
        ([("1", "王\ue863", "一")], ("private_character", 2)),
        ([("1", "王\ud842", "一")], ("private_character", 2)),
        ([("1", "#REF!", "一")], ("error_value", 2)),
        ([("3.30102E+17", "甲", "一")], ("digits_lost", 2)),
        ([("2025年3月1日", "甲", "一")], ("date_in_number", 2)),
        ([("1-Mar", "甲", "一")], ("date_in_number", 2)),
        ([("1", "甲" * 65, "一")], ("too_long", 2)),
        ([], ("no_rows", None)),
    ],
)
def test_an_error_stops_the_whole_import(
    rows: list[tuple[str, ...]], expected: tuple[str, int | None]
) -> None:
    found = roll(("9", "好", "一"), *rows) if expected[0] != "no_rows" else roll(*rows)
    row = None if expected[1] is None else expected[1] + 1
    assert codes(found, "error") == [(expected[0], row)]
    with pytest.raises(Invalid, match=r"import\.refused"):
        found.accepted()


def test_the_sentence_of_a_repeated_number_names_both_rows() -> None:
    found = roll(("ZX-009", "郭霞", "一"), ("ZX-009", "姚冬生", "二"))
    (error,) = found.at("error")
    assert sentence("zh", error) == "第 3 行：编号与第 2 行（郭霞）重复。"
    assert sentence("en", error) == "Row 3: The number repeats row 2 (郭霞)."


# To look at: kept


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("1", "郭霞", "一"), ("2", "郭　霞", "一")], [("namesake", 2), ("namesake", 3)]),
        (
            [("1", "阿里·买", "一"), ("2", "阿里买", "一")],
            [("name_similar", 2), ("name_similar", 3)],
        ),
        ([("7", "甲", "一"), ("007", "乙", "一")], [("number_similar", 2), ("number_similar", 3)]),
        ([("A0", "甲", "一"), ("AO", "乙", "一")], [("number_similar", 2), ("number_similar", 3)]),
        (
            [("1", "甲", "第1代表团"), ("2", "乙", "第一代表团"), ("3", "丙", "第一代表团")],
            [("delegation_similar", 2), ("delegation_similar", 3)],
        ),
        ([("33010219900101123x", "甲", "一")], [("identity_number", 2)]),
        ([("1", "王䶮", "一")], [("rare_character", 2)]),
    ],
)
def test_what_may_be_right_is_kept_and_shown(
    rows: list[tuple[str, ...]], expected: list[tuple[str, int]]
) -> None:
    found = roll(*rows)
    assert codes(found, "warning") == expected
    assert len(found.accepted()) == len(rows)


def test_numbers_of_delegations_are_not_taken_for_each_other() -> None:
    assert codes(roll(("1-12", "甲", "第十一代表团"), ("11-2", "乙", "第一代表团"))) == []


# Rows that are no deputies


def test_titles_totals_examples_and_repeated_headers_are_left_out_with_a_note() -> None:
    rows = [
        Row(1, ("某镇代表名册",)),
        Row(3, ("序号", *HEADER)),
        Row(4, ("示例", "A-001", "某某", "一")),
        Row(5, ("1", "01", "甲", "一")),
        Row(6, ("小计", "", "1人")),
        Row(7, ("序号", *HEADER)),
        Row(8, ("2", "02", "乙", "二")),
        Row(9, ("3",)),
        Row(11, ("合计：３人", "", "")),
        Row(12, ("填表人：", "", "", "")),
    ]
    found = read_roll([Sheet("", tuple(rows))])
    assert [one.number for one in found.accepted()] == ["01", "02"]
    assert codes(found) == [
        ("row_without_data", 9),
        ("total_differs", 11),
        ("title_skipped", 1),
        ("columns_ignored", 3),
        ("example_skipped", 4),
        ("footer_skipped", 6),
        ("header_repeated", 7),
        ("footer_skipped", 11),
        ("footer_skipped", 12),
    ]


def test_a_merged_delegation_is_filled_in_and_said() -> None:
    rows = (Row(1, HEADER), Row(2, ("1", "甲", "一团")), Row(3, ("2", "乙", "一团")))
    found = read_roll([Sheet("", rows, frozenset({(3, 2)}))])
    assert [one.delegation for one in found.accepted()] == ["一团", "一团"]
    assert codes(found) == [("merged_cell", 3)]


# Headers


@pytest.mark.parametrize(
    "header",
    [
        ("代表证号 ", "姓　名", "代表团"),
        ("代 表 编 号", "代表姓名", "所在代表团"),
        ("编号（必填）", "姓名*", "代表团名称"),
        ("No.", "Name", "Delegation"),
    ],
)
def test_headers_are_known_by_many_names(header: tuple[str, ...]) -> None:
    assert len(roll(("1", "甲", "一"), header=header).accepted()) == 1


def test_what_is_wrong_with_the_header_is_named() -> None:
    assert codes(roll(("1", "甲"), header=("序号", "姓名"))) == [("column_missing", 1)]
    twice = roll(("1", "甲", "乙"), header=("编号", "姓名", "代表姓名"))
    assert codes(twice) == [("column_twice", 1)]
    assert twice.findings[0].fields == {"letter": "C"}
    assert codes(roll(("1", "甲"), header=("x", "y"))) == [("no_header", None)]
    assert codes(read_roll([])) == [("no_header", None)]
    absent = roll(("1", "甲"), header=("编号", "姓名"))
    assert codes(absent) == [("column_absent", 1)]
    assert absent.accepted()[0].delegation == ""


def test_two_sheets_with_rolls_are_not_merged() -> None:
    rows = (Row(1, HEADER), Row(2, ("1", "甲", "一")))
    found = read_roll([Sheet("一团", rows), Sheet("二团", rows)])
    assert codes(found) == [("several_sheets", None)]
    assert found.findings[0].fields == {"sheets": "一团、二团"}


# Words and changes


def test_invisible_characters_are_shown_by_name() -> None:
    assert pieces("zh", "\u3000刘\u200b卫国") == (
        Piece("\u3000", "全角空格"),
        Piece("刘"),
        Piece("\u200b", "零宽空格"),
        Piece("卫国"),
    )
    seen = "\ufeffa\u202eb\U000e0041\tc\u00a0"
    assert [one.name for one in pieces("en", seen) if one.name] == [
        "byte order mark",
        "direction mark",
        "U+E0041",
        "tab",
        "no-break space",
    ]
    finding = Finding("import.tidied", 44, "name", "\u3000刘卫国", "刘卫国", ("space",))
    assert sentence("zh", finding) == "第 44 行：姓名中的空格：〔全角空格〕刘卫国 → 刘卫国"
    assert pieces("zh", "长" * 200)[-1].text.endswith("…")


@pytest.mark.parametrize(
    ("seen", "plain"),
    [
        ("王\u200d小\u202e明", "王小明"),
        ("\ufeff王明", "王明"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("⽅芳", "方芳"),  # Kangxi radical U+2F45
        ("\uf9dc", "隆"),  # compatibility ideograph
        ("John  Smith ", "John Smith"),
        ("葛\U000e0100", "葛"),
        ("'=王", "=王"),
    ],
)
def test_names_are_tidied_with_a_finding_that_shows_what_was(seen: str, plain: str) -> None:
    found = roll(("1", seen, "一"))
    assert found.accepted()[0].name == plain
    (tidied,) = found.at("tidied")
    assert (tidied.seen, tidied.became, bool(tidied.kinds)) == (seen, plain, True)


def test_changes_to_the_previous_import_are_added_removed_and_old_to_new() -> None:
    before = roll(("1", "甲", "一"), ("2", "乙", "一"), ("3", "丙", "一")).accepted()
    now = roll(("1", "甲", "一"), ("3", "丁", "二"), ("4", "戊", "二")).accepted()

    def compare(old: Any, new: Any) -> tuple[Change, ...]:
        return changes(
            old, new, lambda one: one.number, lambda one: one.name, ("name", "delegation")
        )

    assert compare(before, now) == (
        Change("changed", "3", "name", "丙", "丁"),
        Change("changed", "3", "delegation", "一", "二"),
        Change("added", "4", "", "", "戊"),
        Change("removed", "2", "", "乙", ""),
    )
    assert compare(now, now) == ()
