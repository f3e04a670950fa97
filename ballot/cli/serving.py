"""``ballot serve``: registrar and box in one process, or each service on its own."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import segno
import typer
from pydantic import ValidationError

from ballot.cli.output import fail, language
from ballot.crypto.errors import Invalid
from ballot.locale import message, messages
from ballot.settings import Settings

app = typer.Typer(invoke_without_command=True, help="Run the services of a session.")


@app.callback()
def everything(
    context: typer.Context,
    data_dir: Annotated[
        Path | None, typer.Option(help="Databases, secrets and tls/; default ballot-data.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1).")] = None,
    name: Annotated[str | None, typer.Option(help="Name by which tablets reach it.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the pages (8000).")] = None,
    box_port: Annotated[int | None, typer.Option(help="Port of the box (8001).")] = None,
    signer_port: Annotated[int | None, typer.Option(help="Port of the signer (8002).")] = None,
    box_at: Annotated[str | None, typer.Option(help="Address of a box run elsewhere.")] = None,
    signer_at: Annotated[str | None, typer.Option(help="Address of the second signer.")] = None,
    tick: Annotated[float | None, typer.Option(help="Seconds between turnouts (10).")] = None,
    rehearsal: Annotated[
        bool, typer.Option(help="Sample people, no accounts: never for a real session.")
    ] = False,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Registrar and box in one process; in a practice session the second signer too."""
    own = ("lang", "rehearsal")
    options = {name: value for name, value in context.params.items() if name not in own}
    settings = _settings(language(lang), options)
    context.obj = (settings, lang, rehearsal)
    if context.invoked_subcommand is None:
        run(settings, lang, ("box", "signer", "registrar"), rehearsal)


@app.command("registrar")
def registrar(context: typer.Context) -> None:
    """The registrar and the pages alone; the box is reached at --box-at."""
    settings, lang, rehearsal = context.obj
    run(settings, lang, ("registrar",), rehearsal)


@app.command("box")
def box(context: typer.Context) -> None:
    """The ballot box alone."""
    settings, lang, rehearsal = context.obj
    run(settings, lang, ("box",), rehearsal)


@app.command("signer")
def signer(context: typer.Context) -> None:
    """The second signer, on the scrutineers' own machine."""
    settings, lang, rehearsal = context.obj
    run(settings, lang, ("signer",), rehearsal)


def _settings(lang: str, options: dict[str, Any]) -> Settings:
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = "_".join(str(part) for part in first["loc"])
        fail(message(lang, "serve.setting", name=where, reason=first["msg"]))


def run(settings: Settings, lang: str, services: tuple[str, ...], rehearsal: bool = False) -> None:
    """Serve until a stop signal; one clear line and exit status 2 for what keeps it from it."""
    # Here, so that verifying a record needs no server framework.
    from ballot.web.running import build
    from ballot.web.serving import serve

    try:
        plan = build(settings, services)
        if not rehearsal:
            plan.check_accounts()
    except Invalid as error:
        known = f"serve.refused.{error.code}"
        key = known if known in messages(lang) else "serve.refused"
        fail(message(lang, key, code=error.code, detail=error.detail))
    except OSError as error:
        fail(message(lang, "serve.port", reason=error.strerror or str(error)))

    def started() -> None:
        for one in plan.services:
            typer.echo(message(lang, f"serve.at.{one.name}", address=one.address))
        at = next((one.address for one in plan.services if one.name == "registrar"), "")
        if not at:
            return
        if plan.hallway is None:
            typer.echo(message(lang, "serve.preparing"))
        if plan.hallway is not None and (code := plan.hallway.desk_code):
            typer.echo(message(lang, "serve.desk", code=code))
        elif code := plan.setup_code:
            typer.echo(message(lang, "serve.setup", address=at, code=code))
            segno.make_qr(f"{at}/office/accept?code={code}", error="m").terminal(compact=True)
        else:
            typer.echo(message(lang, "serve.office", address=at))

    asyncio.run(serve([one.listener for one in plan.services], started, plan.stop))
