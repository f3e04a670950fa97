"""Any table, any bytes: findings or one refusal, never a traceback; what is exported comes back."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from ballot.crypto.encoding import check_text, dumps
from ballot.crypto.errors import Invalid
from ballot.importing.delimited import read_delimited
from ballot.importing.exporting import to_csv, to_xlsx
from ballot.importing.findings import Import
from ballot.importing.projects import read_projects
from ballot.importing.roll import RollEntry, read_roll
from ballot.importing.sheets import Row, Sheet
from ballot.importing.tidying import NAME, NUMBER, TEXT, guard, tidy, unguard
from ballot.importing.words import sentence
from ballot.importing.workbook import read_workbook
from ballot.locale import LANGUAGES

HEADERS = ("序号", "编号", "姓名", "代表团", "项目名称", "投资（元）", "完成时限", "备注", "")
AWKWARD = (
    "=1+1",
    "'=x",
    "－5",
    "１２",
    "合计",
    "示例",
    "2025-02-30",
    "1e9",
    "#REF!",
    "一\u200b",
    "\ufffd",
)
cell = st.text(max_size=12) | st.sampled_from((*HEADERS, *AWKWARD))
rows = st.lists(st.lists(cell, max_size=6).map(tuple), max_size=8)
writable = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


def _sheet(table: list[tuple[str, ...]]) -> Sheet:
    kept = [row for row in table if any(one and not one.isspace() for one in row)]
    return Sheet("", tuple(Row(n, row) for n, row in enumerate(kept, 1)))


@given(rows, st.sampled_from((("编号", "姓名", "代表团"), ("项目名称", "投资", "完成时限"), ())))
def test_any_table_gives_findings_that_can_be_said(
    table: list[tuple[str, ...]], header: tuple[str, ...]
) -> None:
    sheet = _sheet([header, *table])
    roll, projects = read_roll([sheet]), read_projects([sheet])
    for one in (*roll.findings, *projects.findings):
        for lang in LANGUAGES:
            assert sentence(lang, one)
    if not roll.count("error"):
        dumps([[one.number, one.name, one.delegation] for one in roll.accepted()])
    if not projects.count("error"):
        dumps([one.encode() for one in projects.accepted()])


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda t: t.encode("gb18030", "ignore")))
def test_any_bytes_are_a_sheet_or_one_refusal(data: bytes) -> None:
    for read in (read_delimited, read_workbook):
        with suppress(Invalid):
            read(data)


@given(st.text())
def test_guarding_is_undone_and_leaves_no_formula(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text).lstrip()[:1] not in tuple("=+-@＝＋－＠")
    assert guard(text)[:1] not in ("\t", "\r", "\n")


@given(st.text(), st.sampled_from((NUMBER, NAME, TEXT)))
def test_tidied_text_may_stand_in_a_document_and_is_tidy(text: str, rules: object) -> None:
    plain, kinds = tidy(text, rules)  # type: ignore[arg-type]
    check_text(plain)
    assert plain == plain.strip()
    assert bool(kinds) or plain == text


@st.composite
def _deputies(draw: st.DrawFn) -> list[tuple[str, str, str]]:
    """A roll without errors, some of it looking like formulas."""
    table = draw(st.lists(st.tuples(writable, writable, writable), min_size=1, max_size=6))
    entries = []
    for n, (number, name, group) in enumerate(table):
        plain = (f"={tidy(number, NUMBER)[0]}{n}号", f"甲{tidy(name, NAME)[0]}", f"团{group}")
        entries.append(
            (tidy(plain[0], NUMBER)[0], tidy(plain[1], NAME)[0], tidy(plain[2], NAME)[0])
        )
    return entries


@given(_deputies())
def test_an_exported_roll_comes_back_as_it_was(deputies: list[tuple[str, str, str]]) -> None:
    def as_read(sheets: tuple[Sheet, ...]) -> Import[RollEntry]:
        return read_roll(sheets)

    table = [("代表证号", "姓名", "代表团"), *deputies]
    for found in (
        as_read((read_delimited(to_csv(table)),)),
        as_read(read_workbook(to_xlsx([("名册", table)]))),
    ):
        assert [(one.number, one.name, one.delegation) for one in found.entries] == deputies


@given(st.lists(st.lists(writable, min_size=1, max_size=5), min_size=1, max_size=6))
def test_an_exported_table_is_read_back_cell_by_cell(table: list[list[str]]) -> None:
    def plain(line: list[str] | tuple[str, ...]) -> list[str]:
        kept = [unguard(one) for one in line]
        kept = [one if not one.isspace() else "" for one in kept]
        while kept and not kept[-1]:
            kept.pop()
        return kept

    expected = [kept for line in table if (kept := plain([guard(one) for one in line]))]
    header = ["编号", "姓名", "代表团", "备注", "序号"]
    (sheet,) = read_workbook(to_xlsx([("表", [header, *table])]))
    assert [plain(row.cells) for row in sheet.rows][1:] == expected
    text = read_delimited(to_csv([header, *table]))
    assert [plain(row.cells) for row in text.rows][1:] == expected
