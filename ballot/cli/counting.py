"""``ballot count`` and ``ballot margin``: the counting rules for people who counted on paper."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ballot.cli.case_view import print_case
from ballot.cli.output import fail, language, read_file
from ballot.crypto import encoding
from ballot.crypto.errors import Invalid
from ballot.locale import message
from ballot.locale.outcomes import join
from ballot.tally.margin import Margin, MarginRange, MarginRule, Span, check_margin, lawful
from ballot.tally.vectors import judge, load

MAX_FILE = 8 * 1024 * 1024
MAX_NUMBER = 10_000
_LISTED = 8

Lang = Annotated[str, typer.Option("--lang", help="zh 或 en")]


def count_command(
    file: Annotated[Path, typer.Argument(help="计票数据（JSON）：一组或多组 / vectors")],
    as_json: Annotated[bool, typer.Option("--json", help="只输出 JSON / JSON only")] = False,
    lang: Lang = "zh",
) -> None:
    """按票决办法计票：给出票数，得出结果和逐项理由。 Counts → outcome, with a reason per item."""
    language(lang)
    data = read_file(file, MAX_FILE, lang)
    try:
        vectors = load(data)
        single = len(vectors) == 1
        cases = [judge(v, "vector" if single else f"vectors[{i}]") for i, v in enumerate(vectors)]
        _require_distinct([case.name for case in cases], lang)
    except Invalid as error:
        fail(message(lang, "count.bad_file", path=file, detail=error))
    if as_json:
        outcomes = [{"name": case.name, "outcome": case.fields()} for case in cases]
        typer.echo(encoding.pretty(outcomes))
        return
    console = Console(highlight=False)
    for case in cases:
        print_case(console, case, lang)


def margin_command(
    seats: Annotated[str, typer.Argument(help="应选数 / places")],
    candidates: Annotated[str | None, typer.Argument(help="候选数 / candidates")] = None,
    base: Annotated[str, typer.Option(help="seats 或 candidates")] = "seats",
    low: Annotated[str, typer.Option(help="下限 / lower end")] = "1/10",
    high: Annotated[str, typer.Option(help="上限，none 为不设 / upper end or none")] = "1/5",
    lang: Lang = "zh",
) -> None:
    """差额：应选若干项，候选可以有几项。 Which numbers of candidates are lawful.

    0: 符合 lawful (also with a waiver, said so); 1: 不符合 refused; 2: 输入有误 bad input.
    """
    language(lang)
    places = _number(lang, "SEATS", seats, 1)
    if base not in ("seats", "candidates"):
        fail(message(lang, "margin.bad_base", value=base))
    try:
        ends = MarginRange.parse(low, None if high == "none" else high, "margin")
    except Invalid as error:
        fail(message(lang, "margin.bad_range", detail=error.detail))
    rule = MarginRule(base, ends)
    if candidates is None:
        allowed = lawful(places, rule)
        _print_lawful(lang, places, rule, allowed, None if allowed else places + 1)
        return
    number = _number(lang, "CANDIDATES", candidates, 0)
    margin = check_margin(places, number, rule)
    typer.echo(_verdict(lang, number, rule, margin))
    if margin.verdict != "ok":
        _print_lawful(lang, places, rule, margin.allowed, margin.waiver)
    if margin.verdict == "refused":
        raise typer.Exit(1)


def _require_distinct(names: list[str], lang: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Invalid("document.shape", message(lang, "count.name_twice", name=name))
        seen.add(name)


def _number(lang: str, name: str, value: str, low: int) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", value) or not low <= int(value) <= MAX_NUMBER:
        fail(message(lang, "margin.bad_number", name=name, low=low, high=MAX_NUMBER, value=value))
    return int(value)


def _print_lawful(
    lang: str, seats: int, rule: MarginRule, allowed: Span, waiver: int | None
) -> None:
    base = message(lang, f"margin.base.{rule.base}")
    low, high = rule.range.low, rule.range.high
    key = "margin.range" if high else "margin.range_open"
    words = {"seats": seats, "range": message(lang, key, base=base, low=low, high=high)}
    if allowed:
        typer.echo(message(lang, "margin.numbers", numbers=_span(lang, allowed), **words))
    else:
        typer.echo(message(lang, "margin.none", **words))
    if waiver is not None:
        typer.echo(message(lang, "margin.waiver", number=waiver))


def _span(lang: str, span: Span) -> str:
    if span.last is None:
        return message(lang, "margin.span_open", first=span.first)
    if span.last - span.first >= _LISTED:
        return message(lang, "margin.span", first=span.first, last=span.last)
    return join(lang, [str(number) for number in range(span.first, span.last + 1)])


def _verdict(lang: str, candidates: int, rule: MarginRule, margin: Margin) -> str:
    return message(
        lang,
        f"margin.{margin.verdict}",
        candidates=candidates,
        base=message(lang, f"margin.base.{rule.base}"),
        **margin.encode(),
    )
