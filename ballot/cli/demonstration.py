"""``ballot demo``: play a whole session on sample data, verify its record, serve the result."""

import secrets
import socket
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ballot.cli.output import fail, language, read_file
from ballot.crypto.encoding import code_of_hex, pretty
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS
from ballot.demo.defining import check_sample
from ballot.demo.play import Play, Played
from ballot.demo.sample import MAX_VOTERS, STYLES, load_sample
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
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Play a whole session with simulated people, from the definition to the public record."""
    lang = language(lang)
    _check_options(lang, style, voters, suite, port if serve else None)
    source = _sample_bytes(data, lang)
    _prepare(out, lang)
    console = Console(stderr=True)
    try:
        sample = load_sample(source, style, voters, secrets.token_bytes)
        check_sample(sample, _SUITES[suite], secrets.token_bytes)
        with _Bars(console, lang) as bars:
            played = Play(sample, _SUITES[suite], secrets.token_bytes, bars.step).run()
            path = out / "record.zip"
            with path.open("wb") as stream:
                write_record(stream, played.members)
            report = _verify(path, played, bars)
    except Invalid as error:
        fail(message(lang, "demo.refused", code=error.code, detail=error.detail))
    except OSError as error:
        fail(message(lang, "demo.out", path=out, reason=error.strerror or str(error)))
    (out / "summary.json").write_text(pretty(_summary(played, path, report)) + "\n", "utf-8")
    _show(played, path, report, lang)
    if report.exit_code() != 0:
        raise typer.Exit(report.exit_code())
    if serve:
        _serve(path, port, lang)


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
    if not 1 <= port <= 65535:
        fail(message(lang, "demo.option", option="--port", allowed="1–65535"))
    # Asked before minutes of work, not after.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            fail(message(lang, "demo.port", port=port))


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


class _Bars:
    """One progress bar per long step."""

    def __init__(self, console: Console, lang: str) -> None:
        self._lang = lang
        self._tasks: dict[str, Any] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )

    def __enter__(self) -> "_Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, name: str, done: int, total: int) -> None:
        """Show ``done`` of ``total`` of a step; a later round of it starts the bar again."""
        if name not in self._tasks:
            title = message(self._lang, f"demo.step.{name}")
            self._tasks[name] = self._progress.add_task(title, total=total)
        self._progress.update(self._tasks[name], completed=done, total=total)


def _verify(path: Path, played: Played, bars: _Bars) -> Report:
    from ballot.verify.record import verify_record

    code = code_of_hex(played.definition.session)
    return verify_record(
        lambda: path.open("rb"), code, 2, lambda done, total: bars.step("verify", done, total)
    )


def _summary(played: Played, path: Path, report: Report) -> dict[str, Any]:
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


def _show(played: Played, path: Path, report: Report, lang: str) -> None:
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


def _serve(path: Path, port: int, lang: str) -> None:
    import uvicorn

    from ballot.web.app import result_app

    typer.echo(message(lang, "demo.serving", port=port))
    uvicorn.run(
        result_app(path), host="127.0.0.1", port=port, log_level="warning", server_header=False
    )
