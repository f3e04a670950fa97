"""``ballot prepare`` and ``ballot install``: a service's keys, then the adopted session."""

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from ballot.cli.output import fail, language, read_file
from ballot.crypto.encoding import MAX_DOCUMENT, code_of_hex, pretty
from ballot.crypto.errors import Invalid
from ballot.locale import message
from ballot.settings import Settings

DataDir = Annotated[Path, typer.Option(help="The service's directory.")]
Lang = Annotated[str, typer.Option(help="zh or en.")]


def prepare_command(
    service: Annotated[str, typer.Argument(help="registrar, box or signer.")],
    data_dir: DataDir = Path("ballot-data"),
    slot: Annotated[
        list[str] | None, typer.Option(help="Id of a slot; once for each (not for the box).")
    ] = None,
    signer: Annotated[str, typer.Option(help="The signer's id in the definition.")] = "",
    lang: Lang = "zh",
) -> None:
    """Make a service's database, secret and keys; print the public keys for the definition."""
    lang = language(lang)
    from ballot.installing import make_secret, prepare_box, prepare_signer
    from ballot.store.engine import Database

    settings = _settings(service, data_dir, lang)
    if service != "box" and not slot:
        fail(message(lang, "prepare.slots"))
    try:
        passphrase = make_secret(data_dir / f"{service}.secret")
        make_secret(data_dir / "link.secret")
        database = Database(settings.database(service))
        if service == "box":
            public: Any = {"box_key": prepare_box(database, passphrase, secrets.token_bytes)}
        else:
            default = {"registrar": "clerk", "signer": "scrutineers"}[service]
            slots, owner = slot or [], signer or default
            with Progress(console=Console(stderr=True)) as bars:
                task = bars.add_task(message(lang, "prepare.keys"), total=len(slots))
                keys = prepare_signer(
                    database,
                    service,
                    owner,
                    slots,
                    passphrase,
                    secrets.token_bytes,
                    lambda done, _: bars.update(task, completed=done),
                )
            public = {"keys": keys, "signer": owner}
    except (Invalid, OSError) as error:
        fail(message(lang, "prepare.failed", service=service, reason=error))
    typer.echo(pretty(public))


def install_command(
    service: Annotated[str, typer.Argument(help="registrar, box or signer.")],
    definition: Annotated[Path, typer.Argument(help="The definition, byte for byte.")],
    roll: Annotated[Path | None, typer.Option(help="The roll (not for the box).")] = None,
    data_dir: DataDir = Path("ballot-data"),
    lang: Lang = "zh",
) -> None:
    """Put the session into a prepared service; prints its 会议码 to compare."""
    lang = language(lang)
    from ballot.installing import decode_roll, install_definition, install_roll
    from ballot.store.engine import Database

    settings = _settings(service, data_dir, lang)
    raw = read_file(definition, MAX_DOCUMENT, lang)
    if service != "box" and roll is None:
        fail(message(lang, "install.roll"))
    listed = None if roll is None else read_file(roll, MAX_DOCUMENT, lang)
    try:
        database = Database(settings.database(service))
        installed = install_definition(database, service, raw)
        if listed is not None and service != "box":
            install_roll(database, installed, decode_roll(listed))
    except (Invalid, OSError) as error:
        fail(message(lang, "install.failed", service=service, reason=error))
    code = code_of_hex(installed.session)
    typer.echo(message(lang, "install.done", title=installed.title, code=code))


def _settings(service: str, data_dir: Path, lang: str) -> Settings:
    known = ("registrar", "box", "signer")
    if service not in known:
        fail(message(lang, "prepare.service", service=service, known=", ".join(known)))
    try:
        return Settings(data_dir=data_dir)
    except ValidationError as error:
        fail(message(lang, "serve.setting", name="", reason=error.errors()[0]["msg"]))
