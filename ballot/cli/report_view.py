"""A report for people: what to compare, each check with its evidence, every finding in words.

The verifier's details are English and name places (``projects-1: ballot 3 (…): …``); here the
place is said in the reader's language, and code and detail follow small, for the technician.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ballot.locale import message, messages
from ballot.locale.outcomes import join
from ballot.verify.report import Check, Report

_SHOWN = 5
_COLOURS = {"pass": "green", "fail": "bold red", "not_checkable": "bold yellow"}
_CODES = ("fingerprint_code", "root_code", "certificate_code")
_ARCHIVE_FACTS = ("name", "uuid", "group", "fingerprint_code", "credentials", "ballots", "counted")
_SLOT = re.compile(r"([a-z0-9-]{1,32}): (?=.)", re.ASCII)
_PLACE = re.compile(
    r"(ballot|event|trustee group|trustee|line|entry|question) ([0-9]{1,9})(?: \([^()]*\))?"
    r"(?:, answer ([0-9]{1,9}))?(?:: |$)"
)


def print_report(console: Console, report: Report, lang: str, practice: bool) -> None:
    """Print all of ``report``; ``practice`` is whether a rehearsal was asked for."""
    if report.practice:
        console.print(Text(message(lang, "verify.practice"), "bold"), soft_wrap=True)
    for line in _record(report.facts, lang) if report.kind == "record" else _archive(report, lang):
        console.print(line, soft_wrap=True)
    console.print()
    console.print(_checks(report, lang))
    for line in _left_out(report, lang):
        console.print(line, soft_wrap=True)
    console.print()
    if report.kind == "belenios":
        console.print(message(lang, "verify.bare_archive"), soft_wrap=True)
    rehearsed = report.practice and report.verdict == "valid" and not practice
    verdict = "practice" if rehearsed else report.verdict
    console.print(Text(message(lang, f"verify.verdict.{verdict}"), "bold"), soft_wrap=True)


# What a reader compares with notice and hall screen.


def _record(facts: Mapping[str, Any], lang: str) -> Iterator[Text]:
    if "session_code" not in facts:
        return
    yield Text(f"{facts['assembly']} · {facts['title']} · {facts['date']}")
    yield _fact(lang, "session_code", facts["session_code"])
    for one in facts.get("rounds", ()):
        yield Text(message(lang, "verify.round", **_round_words(one, lang)))
        for name in _CODES:
            if one.get(name):
                yield _fact(lang, name, one[name], "  ")
        if "ballots" in one:
            yield _fact(lang, "ballots", one["ballots"], "  ")
        if one.get("replaced"):
            yield _fact(lang, "replaced", len(one["replaced"]), "  ")
        elected = [str(one["items"].get(item, item)) for item in _texts(one.get("elected"))]
        if elected:
            yield Text("  " + message(lang, "verify.fact.elected"))
        for title in elected:
            yield Text(f"    {title}")


def _round_words(one: Mapping[str, Any], lang: str) -> dict[str, str]:
    kind = message(lang, f"verify.round.{one['kind']}")
    return {"vote": one["vote"], "kind": kind, "slot": one["slot"]}


def _texts(value: Any) -> list[str]:
    """The texts of a list that a certificate states, whatever it states."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _archive(report: Report, lang: str) -> Iterator[Text]:
    for name in _ARCHIVE_FACTS:
        if name in report.facts:
            yield _fact(lang, name, report.facts[name])
    for number, row in enumerate(report.facts.get("result", ()), 1):
        label = message(lang, "verify.fact.result", number=number)
        yield Text(f"{label}  {join(lang, [str(count) for count in row])}")
    if report.facts.get("archive"):
        yield _fact(lang, "archive", report.facts["archive"])


def _fact(lang: str, name: str, value: object, indent: str = "") -> Text:
    label = message(lang, f"verify.fact.{name}")
    return Text(f"{indent}{label}  ").append(str(value), "bold" if name.endswith("_code") else "")


# The checks.


def _checks(report: Report, lang: str) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in report.checks:
        if not _aside(check):
            status = message(lang, f"verify.status.{check.status}")
            text = Text(message(lang, f"verify.{check.id}"))
            for line in _said(check, lang):
                text.append("\n").append_text(line)
            table.add_row(check.id, Text(status, _COLOURS[check.status]), text)
    return table


def _aside(check: Check) -> bool:
    """Whether the check has nothing of its own to say and is listed after the others."""
    return check.status == "not_applicable" or check.code == "verify.not_reached"


def _left_out(report: Report, lang: str) -> Iterator[Text]:
    """One line for all checks left out for the same reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for check in report.checks:
        if _aside(check):
            reasons.setdefault((check.status, check.code), []).append(check.id)
    for (status, code), ids in reasons.items():
        line = message(
            lang,
            "verify.left_out",
            checks=join(lang, ids),
            status=message(lang, f"verify.status.{status}"),
            reason=_sentence(code, lang),
        )
        yield Text(line, "dim" if status == "not_applicable" else _COLOURS[status])


def _said(check: Check, lang: str) -> Iterator[Text]:
    """The evidence, then why the check did not pass."""
    evidence = [
        message(lang, f"verify.evidence.{name}", value=_value(value))
        for name, value in check.evidence.items()
        if name not in ("findings", "failures")
    ]
    if evidence and check.status == "pass":
        yield Text(join(lang, evidence), "dim")
    if check.status == "pass":
        return
    findings = check.evidence.get("findings") or [{"code": check.code, "detail": check.detail}]
    for finding in findings[:_SHOWN]:
        yield from _finding(finding["code"], finding["detail"], lang)
    more = check.evidence.get("failures", 0) - _SHOWN
    if more > 0:
        yield Text(message(lang, "verify.more", number=more))


def _value(value: Any) -> str:
    return " ".join(str(entry) for entry in value) if isinstance(value, list) else str(value)


def _finding(code: str, detail: str, lang: str) -> Iterator[Text]:
    place = join(lang, list(_place(detail, lang)))
    sentence = _sentence(code, lang)
    yield Text(message(lang, "verify.at", place=place, sentence=sentence) if place else sentence)
    yield Text(f"{code} · {detail}" if detail else code, "dim")


def _sentence(code: str, lang: str) -> str:
    return messages(lang).get(f"verify.code.{code}", code)


def _place(detail: str, lang: str) -> Iterator[str]:
    """Where a detail says that something is wrong: slot, then ballot, event, trustee …"""
    if slot := _SLOT.match(detail):
        yield slot[1]
        detail = detail[slot.end() :]
    while found := _PLACE.match(detail):
        kind = found[1].replace(" ", "_")
        yield message(lang, f"verify.place.{kind}", number=found[2])
        if found[3]:
            yield message(lang, "verify.place.answer", number=found[3])
        detail = detail[found.end() :]
