"""``ballot office``: the first clerk's account, from which all others are invited."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from ballot.cli.output import fail, language
from ballot.crypto.errors import Invalid
from ballot.locale import message


def office_command(
    name: Annotated[str, typer.Option(help="The clerk's name.")],
    account: Annotated[str, typer.Option(help="The clerk's id in the definition.")] = "clerk",
    data_dir: Annotated[Path, typer.Option(help="The registrar's directory.")] = Path(
        "ballot-data"
    ),
    url: Annotated[str, typer.Option(help="Database, if not in the directory.")] = "",
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Begin the officials' accounts; again, as long as nobody has one, for another code."""
    lang = language(lang)
    from ballot.installing import make_secret
    from ballot.store.engine import Database, sqlite_url
    from ballot.store.office import OfficeStore
    from ballot.store.schema import SERVICES, check_version
    from ballot.web.door import open_accounts

    file = data_dir / "registrar.db"
    if not url and not file.exists():
        fail(message(lang, "file.missing", path=file))
    try:
        with closing(Database(url or sqlite_url(file))) as database:
            check_version(database, SERVICES["registrar"])
            passphrase = make_secret(data_dir / "registrar.secret")
            code = open_accounts(OfficeStore(database), passphrase, "").begin(account, name)
    except (Invalid, OSError) as error:
        fail(message(lang, "office.failed", reason=error))
    if code is None:
        fail(message(lang, "office.begun"))
    typer.echo(message(lang, "office.code", code=code))
