"""The end of the demo: its summary as a file, its result as a table."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ballot.crypto.encoding import code_of_hex
from ballot.demo.stage import Played
from ballot.locale import message
from ballot.verify.report import Report


def summary(played: Played, path: Path, report: Report) -> dict[str, Any]:
    """``summary.json``: what was selected, the totals, and the verdict."""
    first, last = played.facts[0], played.certificates[-1]
    certificate = played.certificates[0]
    names = _columns(played)
    vote = played.definition.votes[0]
    return {
        "record": str(path),
        "session_code": code_of_hex(played.definition.session),
        "selected": last["elected"],
        "totals": [
            {"id": item, "title": vote.item(item).title, **dict(zip(names, row, strict=True))}
            for item, row in zip(first.items, first.totals, strict=True)
        ],
        "counts": {
            "deputies_all": played.definition.deputies,
            "present": first.present,
            "issued": sum(c.issued for c in first.channels),
            "returned": sum(c.returned for c in first.channels),
            "valid": sum(c.valid for c in first.channels),
            "invalid": sum(c.void for c in first.channels),
            "invalid_by_reason": certificate["void_reasons"],
            "channels": [
                {
                    "name": c.name,
                    "issued": c.issued,
                    "returned": c.returned,
                    "valid": c.valid,
                    "invalid": c.void,
                    **{name: [row[i] for row in c.totals] for i, name in enumerate(names)},
                }
                for c in first.channels
            ],
        },
        "outcome": certificate["outcome"],
        "rounds": len(played.certificates),
        "verify": report.verdict,
    }


def _columns(played: Played) -> tuple[str, ...]:
    return {
        "three_way": ("yes", "no", "abstain"),
        "approve": ("yes",),
        "grades": ("satisfied", "basic", "unsatisfied", "unknown", "abstain"),
    }[played.definition.votes[0].style]


def show(played: Played, path: Path, report: Report, lang: str) -> None:
    """The result as a table, where the record is, and the commands to verify it."""
    console, vote = Console(), played.definition.votes[0]
    facts, certificate = played.facts[0], played.certificates[0]
    table = Table(title=f"{played.definition.assembly}\n{vote.title}", title_justify="left")
    table.add_column("#", justify="right")
    table.add_column(message(lang, "demo.item"), overflow="fold")
    names = _columns(played)
    for name in names:
        table.add_column(message(lang, f"demo.mark.{name}"), justify="right")
    table.add_column(message(lang, "demo.outcome"))
    words = _outcomes(certificate["outcome"], lang)
    elected = set(played.certificates[-1]["elected"])
    for i, (item, row) in enumerate(zip(facts.items, facts.totals, strict=True)):
        word = words[i]
        if item in elected and i not in certificate["outcome"].get("elected", []):
            word = f"{word} → {message(lang, 'demo.elected_later')}"
        table.add_row(str(i + 1), vote.item(item).title, *map(str, row), word)
    console.print(table)
    code = code_of_hex(played.definition.session)
    console.print(message(lang, "demo.verdict", verdict=message(lang, f"demo.{report.verdict}")))
    console.print(message(lang, "demo.code", code=code))
    console.print(message(lang, "demo.record", path=path), soft_wrap=True)
    console.print(f"  ballot verify {path} --session {code}", soft_wrap=True)
    if played.definition.group.name == "BELENIOS-2048":
        console.print(
            f"  unzip -j {path} '*.bel' -d DIR && belenios-tool election verify --dir DIR"
        )


def _outcomes(outcome: dict[str, Any], lang: str) -> list[str]:
    if "items" in outcome:
        return [message(lang, f"demo.grade.{item['f5']}") for item in outcome["items"]]
    return [message(lang, f"demo.outcome.{r['outcome']}") for r in outcome["reasons"]]
