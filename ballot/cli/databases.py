"""``ballot db``: bring the services' tables to this version, or say whether they are."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ballot.cli.output import fail, language
from ballot.crypto.errors import Invalid
from ballot.locale import message

if TYPE_CHECKING:
    from ballot.store.engine import Database

Service = Annotated[str, typer.Argument(help="registrar, box or signer; none: all that are here.")]
DataDir = Annotated[Path, typer.Option(help="The services' directory.")]
Url = Annotated[str, typer.Option(help="Database of that service, if not in the directory.")]
Lang = Annotated[str, typer.Option(help="zh or en.")]

app = typer.Typer(no_args_is_help=True, help="The services' databases.")


@app.command("upgrade")
def upgrade_command(
    service: Service = "",
    data_dir: DataDir = Path("ballot-data"),
    url: Url = "",
    role: Annotated[
        str, typer.Option(help="PostgreSQL role of the service: add and read, no more.")
    ] = "",
    lang: Lang = "zh",
) -> None:
    """Make the tables, or bring them to this version."""
    from ballot.store.schema import SERVICES, grant, upgrade

    def step(database: "Database", name: str) -> None:
        upgrade(database, SERVICES[name])
        if role:
            grant(database, SERVICES[name], role)

    _each(service, data_dir, url, language(lang), "db.upgraded", step)


@app.command("check")
def check_command(
    service: Service = "",
    data_dir: DataDir = Path("ballot-data"),
    url: Url = "",
    lang: Lang = "zh",
) -> None:
    """Check the version of the tables, and what a PostgreSQL server keeps beside them."""
    from ballot.store.schema import SERVICES, check_server, check_version

    def step(database: "Database", name: str) -> None:
        check_version(database, SERVICES[name])
        if name == "box":
            check_server(database)

    _each(service, data_dir, url, language(lang), "db.checked", step)


def _each(
    service: str,
    data_dir: Path,
    url: str,
    lang: str,
    done: str,
    step: "Callable[[Database, str], None]",
) -> None:
    from ballot.store.engine import Database, sqlite_url
    from ballot.store.schema import SERVICES

    files = {name: data_dir / f"{name}.db" for name in SERVICES}
    if service and service not in SERVICES:
        fail(message(lang, "prepare.service", service=service, known=", ".join(SERVICES)))
    if url and not service:
        fail(message(lang, "db.url"))
    names = [service] if service else [name for name in SERVICES if files[name].exists()]
    if not names:
        fail(message(lang, "db.none", path=data_dir))
    for name in names:
        # Only an upgrade of a named service makes a file; a check would make an empty one.
        if not url and done == "db.checked" and not files[name].exists():
            fail(message(lang, "file.missing", path=files[name]))
        try:
            with closing(Database(url or sqlite_url(files[name]))) as database:
                step(database, name)
        except Invalid as error:
            fail(message(lang, "db.failed", service=name, reason=error))
        typer.echo(message(lang, done, service=name))
