"""``ballot verify``: fourteen checks over a public record or a bare Belenios archive."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ballot.cli.output import (
    fail,
    file_sentence,
    language,
    number,
    plain,
    read_file,
    read_start,
    reason,
)
from ballot.cli.report_view import print_report
from ballot.crypto.encoding import compact, parse_code
from ballot.crypto.errors import Invalid
from ballot.locale import message
from ballot.verify.belenios import verify_archive
from ballot.verify.record import verify_record
from ballot.verify.report import Kind, Report, no_report

_MAX_JOBS = 64
_MAX_RECEIPT = 4096
_ARCHIVE = b"BELENIOS".ljust(100, b"\x00")
_RECORD = b"PK\x03\x04"
_OTHER_FILES = ("container.not_a_record", "archive.not_belenios")


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
    jobs: Annotated[str, typer.Option(help="Processes that verify ballots.")] = "1",
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Verify a record off line. Exit 0: valid. 1: invalid. 2: not checkable, or unreadable."""
    lang = language(lang)
    processes = number(lang, "--jobs", jobs, 1, _MAX_JOBS)
    try:
        kind = _kind(file)
        if kind == "belenios" and receipt is not None:
            fail(message(lang, "verify.receipt_of_archive"))
        code = _session_code(session, as_json, lang) if kind == "record" else None
        promise = None if receipt is None else read_file(receipt, _MAX_RECEIPT, lang).strip()
        report = _verify(file, kind, code, promise, processes, lang)
    except Invalid as error:
        sentence = file_sentence(lang, file, error)
        if not as_json:
            fail(sentence)
        typer.echo(compact(no_report(error.code, sentence)).decode())
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(compact(report.to_json()).decode())
    else:
        print_report(Console(highlight=False), report, lang, practice)
    raise typer.Exit(report.exit_code(practice))


def _kind(file: Path) -> Kind:
    """What the file is; raises Invalid ``file.…`` for one that is neither."""
    # The verifier reads more than once; opening a pipe would wait for a writer.
    if os.path.exists(file) and not os.path.isfile(file) and not os.path.isdir(file):
        raise Invalid("file.not_regular")
    start = read_start(file, len(_ARCHIVE))
    if start == _ARCHIVE:
        return "belenios"
    if not start.startswith(_RECORD):
        raise Invalid("file.other" if start else "file.empty")
    return "record"


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
    file: Path, kind: Kind, code: str | None, receipt: bytes | None, jobs: int, lang: str
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
            if kind == "belenios":
                report = verify_archive(lambda: file.open("rb"), jobs, step)
            else:
                report = verify_record(lambda: file.open("rb"), code, jobs, step, receipt)
        except OSError as error:
            raise Invalid("file.unreadable", reason(error)) from None
    if report.checks[0].code in _OTHER_FILES:  # begins like one and is none
        raise Invalid("file.other")
    return report
