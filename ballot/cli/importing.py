"""``ballot import roll`` and ``import projects``: preview a file, and write it if all is well.

Exit status: 0 clean or tidied, 1 errors (nothing is written), 2 unreadable.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ballot.cli.output import fail, language, plain, read_file, reason
from ballot.crypto.encoding import dumps, pretty
from ballot.crypto.errors import Invalid
from ballot.importing.changes import Change, item_changes, roll_changes
from ballot.importing.findings import LEVELS, Entry, Finding, Import
from ballot.importing.projects import read_projects
from ballot.importing.reading import read_sheets
from ballot.importing.roll import RollEntry, read_roll
from ballot.importing.sheets import MAX_FILE, Sheet
from ballot.importing.words import change_sentence, phrase, sentence
from ballot.locale import message, messages
from ballot.tls import write_private

app = typer.Typer(no_args_is_help=True, help="Import a roll or candidate projects (XLSX, CSV).")

E = TypeVar("E", bound=Entry)
File = Annotated[Path, typer.Argument(help="XLSX, CSV or TSV.")]
Previous = Annotated[
    Path | None, typer.Option(help="The file imported before: what differs is shown.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Out = Annotated[Path | None, typer.Option(help="New file to write.")]
Lang = Annotated[str, typer.Option(help="zh or en.")]
_STYLES = {"error": "bold red", "warning": "bold yellow", "tidied": "blue", "note": "dim"}


@app.command("roll")
def roll_command(
    file: File,
    previous: Previous = None,
    as_json: AsJson = False,
    out: Out = None,
    lang: Lang = "zh",
) -> None:
    """Deputies: number, name, delegation. ``--out`` writes what ``ballot install`` reads."""
    lang = language(lang)
    found = _read(file, read_roll, lang)
    differences = None
    if previous is not None:
        before, columns = _earlier_roll(previous, lang)
        differences = roll_changes(before, found.entries, columns)
    counts = Counter(one.delegation for one in found.entries if one.delegation)
    named = ", ".join(f"{name} {count}" for name, count in counts.items())
    extra = message(lang, "import.cli.delegations", counts=named) if counts else ""
    _show(found, differences, lang, as_json, "deputies", extra)
    _write(found, _encode_roll, out, lang, as_json)


@app.command("projects")
def projects_command(
    file: File,
    previous: Previous = None,
    as_json: AsJson = False,
    out: Out = None,
    lang: Lang = "zh",
) -> None:
    """Candidate projects. ``--out`` writes the ``items`` of a definition."""
    lang = language(lang)
    found = _read(file, read_projects, lang)
    differences = None
    if previous is not None:
        before = _accepted(previous, _read(previous, read_projects, lang), lang)
        differences = item_changes(before, found.entries)
    _show(found, differences, lang, as_json, "projects", "")
    _write(found, lambda items: dumps([one.encode() for one in items]), out, lang, as_json)


def _read(file: Path, read: Callable[[Sequence[Sheet]], Import[E]], lang: str) -> Import[E]:
    data = read_file(file, MAX_FILE, lang)
    try:
        return read(read_sheets(data, file.name))
    except Invalid as error:
        text = message(lang, error.code) if error.code in messages(lang) else str(error)
        fail(message(lang, "import.cli.unreadable", path=file, text=text))


def _earlier_roll(file: Path, lang: str) -> tuple[Sequence[RollEntry], tuple[str, ...]]:
    """A table, or the ``roll.json`` made of one, which has no delegations."""
    from ballot.installing import decode_roll

    if file.suffix.lower() != ".json":
        return _accepted(file, _read(file, read_roll, lang), lang), ("name", "delegation")
    try:
        roll = decode_roll(read_file(file, MAX_FILE, lang))
    except Invalid as error:
        fail(message(lang, "import.cli.unreadable", path=file, text=error))
    return [RollEntry(0, one.number, one.name, "") for one in roll.deputies], ("name",)


def _accepted(file: Path, found: Import[E], lang: str) -> tuple[E, ...]:
    try:
        return found.accepted()
    except Invalid:
        fail(message(lang, "import.cli.previous", path=file))


def _show(
    found: Import[Any],
    differences: Sequence[Change] | None,
    lang: str,
    as_json: bool,
    what: str,
    extra: str,
) -> None:
    counts = {level: found.count(level) for level in LEVELS}
    if as_json:
        changed = None if differences is None else [asdict(one) for one in differences]
        answer = {
            "sheet": found.sheet,
            "header_row": found.header_row,
            "counts": counts,
            "findings": [_encode(one, lang) for one in found.findings],
            "changes": changed,
            what: [asdict(one) for one in found.entries],
        }
        typer.echo(pretty(answer))
        return
    console = Console(highlight=False)
    if found.header_row:
        key = "import.cli.where" if found.sheet else "import.cli.where_text"
        console.print(Text(plain(message(lang, key, sheet=found.sheet, row=found.header_row))))
    table = Table(*(message(lang, f"import.cli.{name}") for name in ("row", "level")))
    table.add_column(message(lang, "import.cli.finding"), overflow="fold")
    for one in found.findings:
        level = Text(message(lang, f"import.level.{one.level}"), _STYLES[one.level])
        table.add_row(str(one.row or ""), level, Text(plain(phrase(lang, one))))
    if found.findings:
        console.print(table)
    if differences is not None:
        key = "import.cli.changes" if differences else "import.cli.no_changes"
        console.print(message(lang, key))
        for change in differences:
            console.print(Text("  " + plain(change_sentence(lang, change))), soft_wrap=True)
    if extra:
        console.print(Text(plain(extra)), soft_wrap=True)
    text = message(
        lang,
        "import.cli.counts",
        count=len(found.entries),
        what=message(lang, f"import.cli.{what}"),
        errors=counts["error"],
        tidied=counts["tidied"],
        warnings=counts["warning"],
    )
    console.print(Text(text, "bold"), soft_wrap=True)


def _write(
    found: Import[E],
    encode: Callable[[Sequence[E]], bytes],
    out: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    try:
        entries = found.accepted()
    except Invalid:
        errors = message(lang, "import.cli.refused", errors=found.count("error"))
        typer.echo(errors, err=True)
        raise typer.Exit(1) from None
    text = message(lang, "import.cli.preview")
    if out is not None:
        if out.exists():  # an adopted roll lives by its salt: it is never written over
            fail(message(lang, "import.cli.exists", path=out))
        try:
            write_private(out, encode(entries))
        except OSError as error:
            fail(message(lang, "import.cli.unwritable", path=out, reason=reason(error)))
        text = message(lang, "import.cli.written", path=out)
    typer.echo(plain(text), err=as_json)


def _encode_roll(entries: Sequence[RollEntry]) -> bytes:
    from ballot.installing import Roll
    from ballot.store.roll import Deputy

    deputies = tuple(Deputy(one.number, one.name) for one in entries)
    return Roll(deputies, secrets.token_bytes(32)).encode()


def _encode(finding: Finding, lang: str) -> dict[str, Any]:
    """What a program wants to know; ``fields`` are in the sentence."""
    value = asdict(finding)
    del value["fields"]
    return {**value, "level": finding.level, "sentence": sentence(lang, finding)}
