"""A counted vector for people: numbers, table, and the sentences that are read out."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ballot.cli.output import plain
from ballot.locale import message
from ballot.locale.outcomes import (
    item_name,
    named_sentence,
    ordinal,
    outcome_label,
    stop_sentence,
    unanimous_sentences,
    vacancy_sentence,
    validity_sentence,
    warning_sentences,
)
from ballot.tally.count import Counts
from ballot.tally.grades import Rating, consequence
from ballot.tally.outcome import Decision, NotCounted, Selection
from ballot.tally.vectors import Case


def print_case(console: Console, case: Case, lang: str) -> None:
    """One counted vector: its numbers, a table, a sentence per item, and the warnings."""
    _say(console, case.name, style="bold")
    outcome = case.outcome
    if isinstance(outcome, NotCounted):
        _say(console, stop_sentence(lang, outcome, case.rules, case.turnout, ()))
    else:
        for text in _figures(case, lang):
            _say(console, text)
        if isinstance(outcome, Rating):
            console.print(_grade_table(outcome, lang))
            sentences = _grade_sentences(case, outcome, lang)
        else:
            console.print(_count_table(case, outcome, lang))
            sentences = _count_sentences(case, outcome, lang)
        for text in sentences:
            _say(console, text)
    if case.expected is not None:
        same = case.expected == case.fields()
        _say(console, message(lang, "count.as_expected" if same else "count.not_as_expected"))
    console.print()


def _say(console: Console, text: str, style: str = "") -> None:
    # Text, because what stands in the file must not be read as markup.
    console.print(Text(plain(text), style=style), soft_wrap=True)


def _figures(case: Case, lang: str) -> Iterator[str]:
    heads = case.turnout
    yield message(
        lang,
        "count.figures",
        deputies_all=heads.deputies_all,
        present=heads.present,
        issued=heads.issued,
        returned=heads.returned,
    )
    yield validity_sentence(lang, heads)
    yield message(lang, "count.valid", valid=heads.valid, invalid=heads.returned - heads.valid)


def _count_sentences(case: Case, outcome: Selection | Decision, lang: str) -> Iterator[str]:
    names = [item_name(lang, i) for i in range(len(outcome.reasons))]
    for reason in outcome.reasons:
        yield named_sentence(lang, reason, names)
    if isinstance(outcome, Selection) and isinstance(case.turnout, Counts):
        vacancy = vacancy_sentence(lang, outcome, case.turnout.seats)
        if vacancy:
            yield vacancy
    yield from warning_sentences(lang, outcome.warnings, names)


def _grade_sentences(case: Case, outcome: Rating, lang: str) -> Iterator[str]:
    names = [item_name(lang, i) for i in range(len(outcome.items))]
    if case.rules.grading:
        words = {
            "rate_denominator": case.rules.grading.rate_denominator,
            "grade_denominator": case.rules.grading.grade_denominator,
        }
        named = {key: message(lang, f"grade.denominator.{word}") for key, word in words.items()}
        yield message(lang, "grade.formula", **named)
    for name, item in zip(names, outcome.items, strict=True):
        text = message(lang, f"grade.consequence.{consequence(item.grade)}")
        yield message(lang, "outcome.named", name=name, reason=text)
    yield from unanimous_sentences(lang, outcome.unanimous, names)


def _count_table(case: Case, outcome: Selection | Decision, lang: str) -> Table:
    marks = ("yes",) if case.totals is None else ("yes", "no", "abstain")
    columns = ("number", *marks, "majority", "rank", "outcome")
    table = _table(lang, *(f"count.column.{key}" for key in columns))
    counts = [getattr(case.turnout, key) for key in marks]
    for reason in outcome.reasons:
        passed = reason.yes >= reason.threshold_votes
        table.add_row(
            str(reason.item + 1),
            # Style ``approve`` has 赞成 only.
            *("" if column is None else str(column[reason.item]) for column in counts),
            message(lang, "count.yes" if passed else "count.no"),
            ordinal(lang, reason.rank),
            outcome_label(lang, reason),
        )
    return table


def _grade_table(outcome: Rating, lang: str) -> Table:
    columns = ("rate", "strict", "dissatisfied", "score", "grade")
    table = _table(lang, "count.column.number", *(f"grade.{key}" for key in columns))
    none = message(lang, "grade.no_rate")
    for i, item in enumerate(outcome.items):
        rates = [item.percent(rate) for rate in (item.f1, item.f2, item.f3)]
        table.add_row(
            str(i + 1),
            *(none if rate is None else f"{rate}%" for rate in rates),
            item.score() or none,
            message(lang, f"grade.{item.grade}"),
        )
    return table


def _table(lang: str, *keys: str) -> Table:
    table = Table()
    for key in keys:
        table.add_column(message(lang, key), justify="right")
    return table
