"""``ballot verify``: fourteen checks over a public record or a bare Belenios archive."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from ballot.cli.output import fail, language, plain, read_file, read_start
from ballot.crypto.encoding import compact, parse_code
from ballot.crypto.errors import Invalid
from ballot.locale import message, messages
from ballot.verify.belenios import verify_archive
from ballot.verify.record import verify_record
from ballot.verify.report import Check, Report

_MAX_JOBS = 64
_MAX_RECEIPT = 4096
_ARCHIVE_NAME = b"BELENIOS".ljust(100, b"\x00")


def verify_command(
    file: Annotated[Path, typer.Argument(help="record.zip, or a Belenios archive (.bel).")],
    session: Annotated[
        str | None, typer.Option(help="The 会议码 of the notice, like 7K3F-9QXM-2T8B.")
    ] = None,
    practice: Annotated[
        bool, typer.Option("--practice", help="Accept the record of a rehearsal (演练).")
    ] = False,
    receipt: Annotated[
        Path | None, typer.Option(help="A receipt whose ballot must be in the box (JSON).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    jobs: Annotated[int, typer.Option(help="Processes that verify ballots.")] = 1,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Verify a record off line. Exit 0: valid. 1: invalid. 2: not checkable, or unreadable."""
    lang = language(lang)
    if not 1 <= jobs <= _MAX_JOBS:
        fail(message(lang, "verify.bad_jobs", high=_MAX_JOBS))
    is_archive = _first_bytes(file, lang).startswith(_ARCHIVE_NAME)
    code = None if is_archive else _session_code(session, as_json, lang)
    promise = None if receipt is None else read_file(receipt, _MAX_RECEIPT, lang).strip()
    report = _verify(file, is_archive, code, promise, jobs, lang)
    if as_json:
        typer.echo(compact(report.to_json()).decode())
    else:
        _print(report, lang)
    raise typer.Exit(report.exit_code(practice))


def _first_bytes(file: Path, lang: str) -> bytes:
    if file.is_fifo():  # the verifier reads more than once; opening would wait for a writer
        fail(message(lang, "file.unreadable", path=file, reason="pipe"))
    return read_start(file, 512, lang)


def _session_code(session: str | None, as_json: bool, lang: str) -> str | None:
    """The code in its printed form; asked for on a terminal when it was not given."""
    if session is None and sys.stdin.isatty() and not as_json:
        session = typer.prompt(message(lang, "verify.ask_code"), default="", show_default=False)
    if not session:
        return None
    try:
        return parse_code(session)
    except Invalid:
        fail(message(lang, "verify.bad_code", code=plain(session)[:40]))


def _verify(
    file: Path, is_archive: bool, code: str | None, receipt: bytes | None, jobs: int, lang: str
) -> Report:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(message(lang, "verify.progress"), total=None)

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        try:
            if is_archive:
                return verify_archive(lambda: file.open("rb"), jobs, step)
            return verify_record(lambda: file.open("rb"), code, jobs, step, receipt)
        except OSError as error:
            reason = error.strerror or str(error)
            fail(message(lang, "file.unreadable", path=file, reason=reason))


def _print(report: Report, lang: str) -> None:
    console = Console(highlight=False)
    if report.practice:
        console.print(Text(message(lang, "verify.practice"), "bold"))
    for name, value in _facts(report.facts):
        console.print(Text(f"{name}  {value}"), soft_wrap=True)
    table = Table(show_edge=False, pad_edge=False)
    for name in ("check", "what", "result", "evidence"):
        table.add_column(message(lang, f"verify.column.{name}"))
    for check in report.checks:
        table.add_row(
            check.id,
            message(lang, f"verify.{check.id}"),
            message(lang, f"verify.status.{check.status}"),
            Text(_evidence(check, lang)),
        )
    console.print(table)
    if report.kind == "belenios":
        console.print(message(lang, "verify.bare_archive"), soft_wrap=True)
    console.print(Text(message(lang, f"verify.verdict.{report.verdict}"), "bold"))


def _facts(facts: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Nested facts as lines ``rounds.projects-1.root  …``."""
    if isinstance(facts, dict):
        return [row for name, value in facts.items() for row in _facts(value, f"{prefix}{name}.")]
    if isinstance(facts, list | tuple) and any(isinstance(entry, dict) for entry in facts):
        return [row for i, entry in enumerate(facts, 1) for row in _facts(entry, f"{prefix}{i}.")]
    return [(prefix.rstrip("."), str(facts))]


def _evidence(check: Check, lang: str) -> str:
    if check.status == "pass":
        return ", ".join(f"{name} {value}" for name, value in check.evidence.items())
    known = messages(lang).get(f"verify.code.{check.code}", "")
    return " ".join(part for part in (known, check.detail, f"[{check.code}]") if part)
