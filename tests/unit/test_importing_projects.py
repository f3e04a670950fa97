"""Candidate projects to the items of a definition (attack B29)."""

from pathlib import Path
from typing import Any

import pytest

from ballot.crypto.encoding import dumps, loads, parse_json
from ballot.crypto.errors import Invalid
from ballot.importing.findings import Import
from ballot.importing.projects import ProjectEntry, read_projects
from ballot.importing.reading import read_sheets
from ballot.importing.sheets import Row, Sheet
from ballot.importing.words import sentence
from ballot.tally.definition import decode_definition
from tests.sessions import definition

ROOT = Path(__file__).parents[2]
QINGHE = ROOT / "ballot" / "data" / "qinghe_town.json"
WORKBOOK = ROOT / "tests" / "data" / "importing" / "projects_import.xlsx"


def projects(
    *rows: tuple[str, ...], header: tuple[str, ...] = ("项目名称", "投资（万元）", "完成时限")
) -> Import[ProjectEntry]:
    numbered = tuple(Row(n, cells) for n, cells in enumerate((header, *rows), 1))
    return read_projects([Sheet("项目", numbered)])


def codes(found: Import[Any], *levels: str) -> list[tuple[str, int | None]]:
    wanted = levels or ("error", "warning", "tidied")
    return [
        (one.code.removeprefix("import."), one.row)
        for one in found.findings
        if one.level in wanted and one.code != "import.column_absent"
    ]


def the_workbook() -> Import[ProjectEntry]:
    return read_projects(read_sheets(WORKBOOK.read_bytes(), WORKBOOK.name))


def test_the_workbook_equals_the_sessions_candidates() -> None:
    found = the_workbook()
    assert [one.code for one in found.findings] == ["import.sheet_chosen"]
    expected = parse_json(QINGHE.read_bytes())["candidates"]
    assert len(expected) == 9
    for one, candidate in zip(found.accepted(), expected, strict=True):
        year, month, day = candidate["planned_completion"].split("-")
        assert one == ProjectEntry(
            row=one.row,
            id=f"P{one.row - 1:02}",
            title=candidate["name"],
            content=candidate["content"],
            unit=candidate["responsible_unit"],
            location=candidate["location"],
            investment=candidate["investment_wan_yuan"],
            funding=candidate["funding"],
            completion=f"{year}年{int(month)}月{int(day)}日",
            category=candidate["category"],
            beneficiaries=candidate["beneficiaries"],
        )


def test_a_definition_takes_the_items_as_they_are_encoded() -> None:
    draft = loads(definition().raw)
    items = [one.encode() for one in the_workbook().accepted()]
    vote = next(one for one in draft["votes"] if one["kind"] == "selection")
    vote.update(items=items, seats=8, waiver=None)
    accepted = decode_definition(dumps(draft))
    assert [one.title for one in accepted.votes[0].items] == [one["title"] for one in items]


@pytest.mark.parametrize(
    ("header", "cell", "value", "tidied"),
    [
        ("投资（万元）", "186", 186, []),
        ("投资", "186.0", 186, ["tidied"]),
        ("投资", "１８６", 186, ["tidied"]),
        ("投资", "1,860", 1860, ["converted"]),
        ("投资", "186万元", 186, ["converted"]),
        ("投资", "1.2亿元", 12_000, ["converted"]),
        ("投资（元）", "1860000", 186, ["converted"]),
        ("投资（亿元）", "0.5", 5_000, ["converted"]),
        ("投资", "0", 0, []),
        ("投资", "", None, []),
        ("投资", "—", None, ["tidied"]),
        ("投资", "无", None, []),
    ],
)
def test_an_investment_is_whole_wan_yuan(
    header: str, cell: str, value: int | None, tidied: list[str]
) -> None:
    found = projects(("甲", cell), header=("项目名称", header))
    assert found.accepted()[0].investment == value
    assert [code for code, _ in codes(found)] == tidied


@pytest.mark.parametrize(
    ("cell", "text", "found"),
    [
        ("2025年10月31日", "2025年10月31日", []),
        ("2025-10-31", "2025年10月31日", ["converted"]),
        ("2025/1/5", "2025年1月5日", ["converted"]),
        ("2025.10", "2025年10月", ["converted"]),
        ("2025年底前", "2025年底前", []),
        ("２０２５年１０月", "2025年10月", ["converted"]),
        ("2025-02-30", "2025-02-30", ["date_impossible"]),
        ("2025-13-01", "2025-13-01", ["date_impossible"]),
        ("2024-02-29", "2024年2月29日", ["converted"]),
    ],
)
def test_a_completion_date_has_one_form_and_words_stay(
    cell: str, text: str, found: list[str]
) -> None:
    result = projects(("甲", "1", cell))
    assert result.accepted()[0].completion == text
    assert [code for code, _ in codes(result)] == found


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("供水", "1"), ("供水", "1")], ("title_repeated", 3)),
        ([("供水（一期）", "1"), ("供水 一期", "1")], ("title_similar", 3)),
        ([("供水１号", "1"), ("供水1号", "1")], ("title_similar", 3)),
        ([("供水A", "1"), ("供水a", "1")], ("title_similar", 3)),
        ([("A\u0410供水", "1")], ("mixed_scripts", 2)),
        ([("", "1")], ("empty", 2)),
        ([("——", "1")], ("no_letters", 2)),
        ([("长" * 201, "1")], ("too_long", 2)),
        ([("甲", "186.5")], ("investment_fraction", 2)),
        ([("甲", "约186")], ("investment_unreadable", 2)),
        ([("甲", "-5")], ("investment_unreadable", 2)),
        ([("甲\ufffd", "1")], ("lost_character", 2)),
    ],
)
def test_an_error_stops_the_whole_list(
    rows: list[tuple[str, ...]], expected: tuple[str, int]
) -> None:
    found = projects(*rows)
    assert codes(found, "error") == [expected]
    with pytest.raises(Invalid, match=r"import\.refused"):
        found.accepted()


def test_a_twin_from_the_compatibility_block_is_the_same_name() -> None:
    found = projects(("隆昌路改造", "1"), ("\uf9dc昌路改造", "1"))
    assert codes(found) == [("title_repeated", 3), ("tidied", 3)]


def test_too_much_text_is_named_with_its_length() -> None:
    found = projects(("甲", "长" * 2001), header=("项目名称", "建设内容"))
    (error,) = found.at("error")
    assert sentence("zh", error) == "第 2 行：主要内容有 2001 个字，最多 2000 个。"


def test_ids_come_from_their_column_or_are_made_and_stand_once() -> None:
    header = ("项目编号", "项目名称")
    found = projects(("Q01", "甲"), ("", "乙"), header=header)
    assert [one.id for one in found.accepted()] == ["Q01", "P02"]
    assert codes(projects(("Q1", "甲"), ("q1", "乙"), header=header)) == [("id_repeated", 3)]
    assert codes(projects(("甲1", "甲"), header=header)) == [("id_characters", 2)]


def test_the_ballot_follows_the_rows_and_another_numbering_is_said() -> None:
    header = ("序号", "项目名称")
    found = projects(("2", "甲"), ("1", "乙"), ("３", "丙"), header=header)
    assert codes(found) == [("order_differs", 2), ("order_differs", 3)]
    assert [one.title for one in found.accepted()] == ["甲", "乙", "丙"]


def test_a_large_investment_is_to_be_checked() -> None:
    assert codes(projects(("甲", "1860000"))) == [("investment_large", 2)]


def test_columns_that_are_not_there_are_named() -> None:
    found = projects(("甲", "1"))
    absent = {one.column for one in found.findings if one.code == "import.column_absent"}
    assert absent == {"content", "location", "unit", "funding", "category", "beneficiaries"}
