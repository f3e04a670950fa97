"""``ballot demo``: play a whole session on sample data, verify its record, serve the result."""

import secrets
import socket
import sys
import threading
from contextlib import ExitStack, suppress
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ballot.cli.demonstration_view import show, summary
from ballot.cli.output import fail, language, read_file
from ballot.cli.progress import Bars
from ballot.crypto.encoding import code_of_hex, pretty
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS
from ballot.demo.defining import check_sample
from ballot.demo.play import Play
from ballot.demo.sample import MAX_VOTERS, STYLES, load_sample
from ballot.demo.stage import Played
from ballot.locale import message
from ballot.tally.record import write_record
from ballot.verify.report import Report

_MAX_SAMPLE = 16 * 1024 * 1024
_SUITES = {"ed25519": "Ed25519", "belenios-2048": "BELENIOS-2048"}
_MIN_VOTERS = 10


def demo_command(
    data: Annotated[
        Path | None, typer.Option(help="Sample session (JSON); default: Qinghe town.")
    ] = None,
    style: Annotated[str | None, typer.Option(help="three_way, approve or grades.")] = None,
    voters: Annotated[
        int | None, typer.Option(help="So many random ballots instead of the file's.")
    ] = None,
    suite: Annotated[str, typer.Option(help="ed25519 or belenios-2048.")] = "ed25519",
    out: Annotated[Path, typer.Option(help="Directory for the record.")] = Path("demo-out"),
    serve: Annotated[bool, typer.Option(help="Serve the result page at the end.")] = True,
    port: Annotated[int, typer.Option(help="Port of the result page on 127.0.0.1.")] = 8000,
    officials: Annotated[
        bool, typer.Option(help="A link for every official; helpers play those that you do not.")
    ] = False,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Play a whole session with simulated people, from the definition to the public record."""
    lang = language(lang)
    _check_options(lang, style, voters, suite, port if serve else None)
    source = _sample_bytes(data, lang)
    _prepare(out, lang)
    # Here, so that verifying a record needs no server framework.
    from ballot.cli.rehearsing import Watching
    from ballot.demo.rehearsal import nobody, rehearse, wait_for_results

    console = Console(stderr=True)
    path = out / "record.zip"
    watched = serve and sys.stdin.isatty()
    try:
        if officials:
            _walk(source, style, voters, _SUITES[suite], out, port if serve else 0, watched, lang)
            return
        sample = load_sample(source, style, voters, secrets.token_bytes)
        check_sample(sample, _SUITES[suite], secrets.token_bytes)
        bars = Bars(console, lang)
        watch = Watching(console, bars, lang) if watched else nobody
        with bars, ExitStack() as running:
            stage = Play(sample, _SUITES[suite], secrets.token_bytes, bars.step)
            services = running.enter_context(
                rehearse(stage, sample.names, out / "services", port if serve else 0, watch)
            )
            played = stage.run()
            with path.open("wb") as stream:
                write_record(stream, played.members)
            report = _verify(path, played, bars)
            wait_for_results(services)
            bars.stop()
            (out / "summary.json").write_text(pretty(summary(played, path, report)) + "\n", "utf-8")
            show(played, path, report, lang)
            if serve and report.exit_code() == 0:
                _stay(services.at["registrar"], lang)
    except Invalid as error:
        fail(message(lang, "demo.refused", code=error.code, detail=error.detail))
    except TimeoutError as error:
        fail(message(lang, "demo.refused", code="record.invalid", detail=error))
    except OSError as error:
        fail(message(lang, "demo.out", path=out, reason=error.strerror or str(error)))
    if report.exit_code() != 0:
        raise typer.Exit(report.exit_code())


def _walk(
    source: bytes,
    style: str | None,
    voters: int | None,
    group: str,
    out: Path,
    port: int,
    watched: bool,
    lang: str,
) -> None:
    """``--officials``: from the preparation in pages to the record, which is verified."""
    from ballot.cli.walking import walk_through
    from ballot.verify.record import verify_record

    sample = load_sample(source, style, voters, secrets.token_bytes)
    check_sample(sample, group, secrets.token_bytes)
    found = walk_through(sample, group, out, port, watched, lang)
    if found is None:
        return
    path, code = found
    report = verify_record(lambda: path.open("rb"), code, 2, lambda done, total: None)
    typer.echo(message(lang, "demo.verdict", verdict=message(lang, f"demo.{report.verdict}")))
    typer.echo(message(lang, "demo.record", path=path))
    typer.echo(f"  ballot verify {path} --session {code}")
    if report.exit_code() != 0:
        raise typer.Exit(report.exit_code())


def _check_options(
    lang: str, style: str | None, voters: int | None, suite: str, port: int | None
) -> None:
    if style is not None and style not in STYLES:
        fail(message(lang, "demo.option", option="--style", allowed=", ".join(STYLES)))
    if suite not in _SUITES or _SUITES[suite] not in GROUPS:
        fail(message(lang, "demo.option", option="--suite", allowed=", ".join(_SUITES)))
    if voters is not None and not _MIN_VOTERS <= voters <= MAX_VOTERS:
        allowed = f"{_MIN_VOTERS}–{MAX_VOTERS}"
        fail(message(lang, "demo.option", option="--voters", allowed=allowed))
    if port is None:
        return
    if not 1 <= port <= 65533:
        fail(message(lang, "demo.option", option="--port", allowed="1–65533"))
    for number in range(port, port + 3):  # pages, box, second signer
        # Asked before minutes of work, not after.
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                fail(message(lang, "demo.port", port=number))


def _sample_bytes(data: Path | None, lang: str) -> bytes:
    if data is None:
        return resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    return read_file(data, _MAX_SAMPLE, lang)


def _prepare(out: Path, lang: str) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "summary.json").unlink(missing_ok=True)
        (out / "record.zip").unlink(missing_ok=True)
    except OSError as error:
        fail(message(lang, "demo.out", path=out, reason=error.strerror or str(error)))


def _verify(path: Path, played: Played, bars: Bars) -> Report:
    from ballot.verify.record import verify_record

    code = code_of_hex(played.definition.session)
    return verify_record(
        lambda: path.open("rb"), code, 2, lambda done, total: bars.step("verify", done, total)
    )


def _stay(address: str, lang: str) -> None:
    """Keep the services up until Ctrl-C."""
    typer.echo(message(lang, "demo.serving", address=address))
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
