"""Candidate projects: rows to the items of a definition, in the order of the ballot."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ballot.importing.cells import read_cell
from ballot.importing.findings import Finding, Import, in_order
from ballot.importing.headers import Field, Layout, Record, about, find_layout, records
from ballot.importing.sheets import Sheet
from ballot.importing.tidying import NUMBER, TEXT
from ballot.tally.consistency import skeleton

_TITLE_LIMIT, _TEXT_LIMIT, _MOST = 200, 2000, 480
_LARGE = 100_000  # 万元: ten times a thousand million; more often yuan in a column of 万元
FIELDS = (
    Field("order", frozenset("序号 序 顺序 票面顺序 排序".split())),
    Field("id", frozenset("编号 项目编号 项目代码 id code projectid".split())),
    Field(
        "title",
        frozenset(
            "项目名称 名称 项目 候选项目 候选项目名称 title name project projectname".split()
        ),
        required=True,
    ),
    Field(
        "content",
        frozenset(
            "主要建设内容 建设内容 项目内容 内容 主要内容 建设内容及规模 主要建设内容及规模"
            " 建设规模及内容 项目概况 content description".split()
        ),
    ),
    Field(
        "location",
        frozenset("建设地点 地点 项目地点 实施地点 建设地址 location place site".split()),
    ),
    Field(
        "unit",
        frozenset(
            "责任单位 实施单位 牵头单位 承办单位 主办单位 责任部门 建设单位 项目责任单位 unit"
            " responsibleunit department".split()
        ),
    ),
    Field(
        "investment",
        frozenset(
            "投资 投资额 总投资 投资总额 投资金额 计划投资 预算 预算金额 预计投资 估算投资 投资估算"
            " 投资万元 总投资万元 计划投资万元 investment budget cost".split()
        ),
    ),
    Field(
        "funding",
        frozenset("资金来源 资金渠道 资金筹措 经费来源 funding fundingsource".split()),
    ),
    Field(
        "completion",
        frozenset(
            "完成时限 完成时间 完成日期 计划完成时间 预计完成时间 时限 竣工时间 completion deadline"
            " due".split()
        ),
    ),
    Field("category", frozenset("项目类别 类别 类型 项目类型 所属领域 领域 category type".split())),
    Field(
        "beneficiaries",
        frozenset("受益范围 受益人口 受益对象 受益群众 受益人数 受益情况 beneficiaries".split()),
    ),
)
_TEXTS = ("content", "unit", "location", "funding", "completion", "category", "beneficiaries")
_ID = re.compile(r"[A-Za-z0-9-]{1,32}", re.ASCII)
_AMOUNT = re.compile(r"(?:¥|人民币)?([0-9]+(?:\.[0-9]+)?)(亿元?|万元?|元)?(?:整|人民币)?")
_IN_WAN = {"亿": Fraction(10_000), "万": Fraction(1), "元": Fraction(1, 10_000)}
_NOTHING = frozenset(("-", "--", "—", "——", "/", "\\", "无"))
_DAY = re.compile(
    r"([0-9]{4})(?:年|[-./])([0-9]{1,2})(?:(?:月|[-./])([0-9]{1,2})日?|月|)(?: ?00:00(?::00)?)?"
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class ProjectEntry:
    """An item as the definition has it; ``investment`` in 万元 or None."""

    row: int
    id: str
    title: str
    content: str
    unit: str
    location: str
    investment: int | None
    funding: str
    completion: str
    category: str
    beneficiaries: str

    def encode(self) -> dict[str, str | int | None]:
        """The member of a definition's ``items``."""
        names = ("id", "title", "investment", *_TEXTS)
        return {name: getattr(self, name) for name in names}


def read_projects(sheets: Sequence[Sheet]) -> Import[ProjectEntry]:
    """The list of a file with everything there is to say about it."""
    layout = find_layout(sheets, FIELDS)
    if not isinstance(layout, Layout):
        return Import((), in_order(layout))
    findings = list(about(layout, sheets))
    findings += [
        Finding("import.column_absent", layout.header.number, field.name)
        for field in FIELDS
        if field.name not in (*layout.columns, "order", "id")
    ]
    rows = records(layout, findings, order="order")
    unit = _unit(layout.label("investment")) if "investment" in layout.columns else "万"
    entries = [_entry(record, n, unit, findings) for n, record in enumerate(rows, 1)]
    if not entries:
        findings.append(Finding("import.no_rows"))
    if len(entries) > _MOST:
        fields: dict[str, str | int] = {"count": len(entries), "limit": _MOST}
        findings.append(Finding("import.too_many", fields=fields))
    findings += _compare(entries)
    return Import(tuple(entries), in_order(findings), layout.sheet.name, layout.header.number)


def _entry(record: Record, place: int, unit: str, findings: list[Finding]) -> ProjectEntry:
    texts = {
        name: read_cell(record, name, TEXT, _TEXT_LIMIT, findings)
        for name in _TEXTS
        if name != "completion"
    }
    entry = ProjectEntry(
        row=record.row,
        id=read_cell(record, "id", NUMBER, 32, findings) or f"P{place:02}",
        title=read_cell(record, "title", TEXT, _TITLE_LIMIT, findings, required=True),
        investment=_investment(record, unit, findings),
        completion=_completion(record, findings),
        **texts,
    )
    if not _ID.fullmatch(entry.id):
        findings.append(Finding("import.id_characters", record.row, "id", entry.id))
    order = read_cell(record, "order", NUMBER, 32, [])
    if order and order != str(place):
        fields = {"place": place}
        findings.append(Finding("import.order_differs", record.row, "order", order, fields=fields))
    return entry


def _unit(header: str) -> str:
    """亿, 万 or 元, as the header says; without a word it is 万元, as on the ballot."""
    text = unicodedata.normalize("NFKC", header)
    return "亿" if "亿" in text else "元" if "元" in text and "万" not in text else "万"


def _investment(record: Record, unit: str, findings: list[Finding]) -> int | None:
    """Whole 万元: a definition has no fractions, and nobody but the clerk may round."""
    seen = record.cells.get("investment", "")
    text = read_cell(record, "investment", NUMBER, 40, findings)
    if not text or text in _NOTHING:
        return None
    plain = re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", text)
    amount = _AMOUNT.fullmatch(plain)
    where = (record.row, "investment", seen)
    if not amount:
        findings.append(Finding("import.investment_unreadable", *where))
        return None
    wan = Fraction(amount[1]) * _IN_WAN[(amount[2] or unit)[0]]
    if wan.denominator != 1:
        findings.append(Finding("import.investment_fraction", *where))
        return None
    value = int(wan)
    if value >= _LARGE:
        findings.append(Finding("import.investment_large", *where, fields={"value": value}))
    if str(value) != text:
        findings.append(Finding("import.converted", *where, str(value)))
    return value


def _completion(record: Record, findings: list[Finding]) -> str:
    """A date in the form of people.md §8; any other words as they stand (2025年底前)."""
    text = read_cell(record, "completion", TEXT, _TEXT_LIMIT, findings)
    day = _DAY.fullmatch(unicodedata.normalize("NFKC", text))
    if not day:
        return text
    year, month, number = int(day[1]), int(day[2]), int(day[3] or 1)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= month <= 12 or not 1 <= number <= _DAYS[month - 1] - (month == 2 and not leap):
        findings.append(Finding("import.date_impossible", record.row, "completion", text))
        return text
    plain = f"{year}年{month}月" + (f"{number}日" if day[3] else "")
    if plain != text:
        findings.append(Finding("import.converted", record.row, "completion", text, plain))
    return plain


def _compare(entries: list[ProjectEntry]) -> Iterable[Finding]:
    """Titles and ids that a definition would refuse (attack B29), with both rows."""
    titles: dict[str, ProjectEntry] = {}
    ids: dict[str, ProjectEntry] = {}
    for entry in entries:
        where = (entry.row, "title", entry.title)
        if _mixed_scripts(entry.title):
            yield Finding("import.mixed_scripts", *where)
        known = titles.setdefault(skeleton(entry.title) or f" {entry.row}", entry)
        if known is not entry:
            code = "repeated" if known.title == entry.title else "similar"
            fields: dict[str, str | int] = {"other": known.row, "value": known.title}
            yield Finding(f"import.title_{code}", *where, fields=fields)
        known = ids.setdefault(entry.id.casefold(), entry)
        if known is not entry:
            fields = {"other": known.row}
            yield Finding("import.id_repeated", entry.row, "id", entry.id, fields=fields)


def _mixed_scripts(title: str) -> bool:
    """Latin letters beside Greek or Cyrillic ones, which look the same."""
    scripts = {unicodedata.name(c, "").split(" ")[0] for c in title if c.isalpha()}
    return "LATIN" in scripts and not scripts.isdisjoint(("CYRILLIC", "GREEK"))
