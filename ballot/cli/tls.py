"""``ballot tls init``: a certificate authority for the hall and the services' certificates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import segno
import typer

from ballot.cli.output import fail, language
from ballot.locale import message
from ballot.tls import issue, load_authority, make_authority, save_authority, write_private

SERVICES = ("registrar", "box", "signer")
app = typer.Typer(no_args_is_help=True, help="Certificates for the hall's own network.")


@app.command("init")
def init(
    name: Annotated[
        list[str], typer.Option(help="Name or address of this machine in the hall; repeatable.")
    ],
    data_dir: Annotated[Path, typer.Option(help="The services' directory.")] = Path("ballot-data"),
    port: Annotated[int, typer.Option(help="Port of the pages.")] = 8000,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Make the authority (once) and certificates for registrar, box and signer."""
    lang = language(lang)
    directory = data_dir / "tls"
    now = datetime.now(UTC)  # noqa: TID251 -- the shell is where time comes from
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (directory / "authority.pem").exists():
            authority = load_authority(directory)
        else:
            authority = make_authority(f"ballot · {name[0]}", now)
            save_authority(authority, directory)
        for service in SERVICES:
            chain, key = issue(authority, [*name, "localhost", "127.0.0.1"], now)
            write_private(directory / f"{service}.key", key)
            (directory / f"{service}.pem").write_bytes(chain)
    except (OSError, ValueError) as error:
        fail(message(lang, "tls.failed", path=directory, reason=error))
    fingerprint = authority.fingerprint.upper()
    pairs = ":".join(fingerprint[i : i + 2] for i in range(0, len(fingerprint), 2))
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    address = f"https://{host}:{port}/authority.pem"
    typer.echo(message(lang, "tls.made", path=directory, address=address))
    segno.make_qr(address, error="m").terminal(compact=True)
    typer.echo(message(lang, "tls.fingerprint", fingerprint=pairs), err=False)
