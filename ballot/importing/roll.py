"""The roll: rows to deputies, with number, name and delegation (data of the clerk).

A deputy is the number: two deputies of one name stay two, two rows of one number are an error.
Nothing else is imported, neither telephone numbers nor anything that says who a person is.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ballot.importing.cells import read_cell
from ballot.importing.findings import Finding, Import, in_order
from ballot.importing.headers import Field, Layout, about, find_layout, records
from ballot.importing.sheets import Sheet
from ballot.importing.tidying import NAME, NUMBER, is_rare
from ballot.tally.consistency import skeleton
from ballot.tally.session import MAX_DEPUTIES

_LIMIT = 64
FIELDS = (
    Field(
        "number",
        frozenset(
            "代表证号 代表证编号 代表证号码 代表编号 代表号 代表证 编号 证号 证件编号 number no num"
            " deputynumber deputyno deputyid id code".split()
        ),
        required=True,
    ),
    Field(
        "name",
        frozenset("姓名 名字 代表姓名 代表名字 name fullname deputy deputyname".split()),
        required=True,
    ),
    Field(
        "delegation",
        frozenset(
            "代表团 代表团名称 所在代表团 所属代表团 代表团组 团组 代表小组 代表组 所在代表组"
            " delegation group".split()
        ),
    ),
)
_ORDER = Field("order", frozenset("序号 序 顺序 顺序号".split()))
# GB 11643: 18 digits, the last one may be X; Excel keeps 15 digits of a number.
_IDENTITY = re.compile(r"[1-9][0-9]{16}[0-9Xx]")
_EXPONENT = re.compile(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+")
_DATE = re.compile(
    r"([0-9]{4}年)?[0-9]{1,2}月([0-9]{1,2}日)?|[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}|"
    r"[0-9]{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.IGNORECASE,
)
_NUMERALS = str.maketrans("0123456789", "〇一二三四五六七八九")


@dataclass(frozen=True, slots=True)
class RollEntry:
    """A deputy of the file; ``delegation`` is empty where the file has no such column."""

    row: int
    number: str
    name: str
    delegation: str


def read_roll(sheets: Sequence[Sheet]) -> Import[RollEntry]:
    """The roll of a file with everything there is to say about it."""
    layout = find_layout(sheets, (*FIELDS, _ORDER))
    if not isinstance(layout, Layout):
        return Import((), in_order(layout))
    layout.columns.pop("order", None)  # never a deputy's number: it changes with every row added
    findings = list(about(layout, sheets))
    entries = []
    delegations = "delegation" in layout.columns
    if not delegations:
        findings.append(Finding("import.column_absent", layout.header.number, "delegation"))
    for record in records(layout, findings):
        entry = RollEntry(
            record.row,
            read_cell(record, "number", NUMBER, _LIMIT, findings, required=True),
            read_cell(record, "name", NAME, _LIMIT, findings, required=True, question_mark=True),
            read_cell(record, "delegation", NAME, _LIMIT, findings, delegations, True),
        )
        findings += _about_number(entry)
        rare = [c for c in entry.name if is_rare(c)]
        if rare:
            found = {"characters": "".join(rare)}
            findings.append(Finding("import.rare_character", entry.row, "name", fields=found))
        entries.append(entry)
    if not entries:
        findings.append(Finding("import.no_rows"))
    if len(entries) > MAX_DEPUTIES:
        fields: dict[str, str | int] = {"count": len(entries), "limit": MAX_DEPUTIES}
        findings.append(Finding("import.too_many", fields=fields))
    findings += _compare(entries)
    return Import(tuple(entries), in_order(findings), layout.sheet.name, layout.header.number)


def _about_number(entry: RollEntry) -> Iterable[Finding]:
    for code, form in (
        ("import.digits_lost", _EXPONENT),
        ("import.date_in_number", _DATE),
        ("import.identity_number", _IDENTITY),
    ):
        if form.fullmatch(entry.number):
            yield Finding(code, entry.row, "number", entry.number)


def _compare(entries: list[RollEntry]) -> Iterable[Finding]:
    """What deputies have in common, or nearly: each row is told of another one."""
    first: dict[str, RollEntry] = {}
    for entry in entries:
        key = entry.number.casefold()
        if known := first.get(key):
            other: dict[str, str | int] = {"other": known.row, "name": known.name}
            yield Finding("import.number_repeated", entry.row, "number", entry.number, fields=other)
        elif key:
            first[key] = entry
    numbers = [*first.values()]
    yield from _alike(numbers, "number", "import.number_similar", _spoken)
    yield from _alike(entries, "name", "import.namesake", lambda name: name, same=True)
    yield from _alike(entries, "name", "import.name_similar", skeleton)
    one_of_each = {entry.delegation: entry for entry in reversed(entries)}
    groups = [*reversed(one_of_each.values())]
    yield from _alike(groups, "delegation", "import.delegation_similar", _unnumbered)


def _alike(
    entries: Iterable[RollEntry],
    column: str,
    code: str,
    key: Callable[[str], str],
    same: bool = False,
) -> Iterable[Finding]:
    """Entries with one key, as texts ``same`` or different; rows of one number are no namesakes,
    they are repeated.
    """
    groups: dict[str, list[RollEntry]] = {}
    for entry in entries:
        if text := key(getattr(entry, column)):
            groups.setdefault(text, []).append(entry)
    for group in groups.values():
        for entry in group:
            seen = getattr(entry, column)
            others = (
                other
                for other in group
                if (getattr(other, column) == seen) == same and other.number != entry.number
            )
            if other := next(others, None):
                fields = {"other": other.row, "value": getattr(other, column)}
                yield Finding(code, entry.row, column, seen, fields=fields)


def _spoken(number: str) -> str:
    """Numbers that are mistaken for each other: O and 0, I, l and 1, zeros in front."""
    text = number.casefold().translate(str.maketrans("oil", "011"))
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", text)


def _unnumbered(delegation: str) -> str:
    """第1代表团 and 第一代表团 are one delegation."""
    text = re.sub("(?<![0-9])1([0-9])(?![0-9])", r"十\1", skeleton(delegation)).replace("十0", "十")
    return text.translate(_NUMERALS)
