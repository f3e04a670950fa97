"""``ballot passes``: a pass for every deputy on the roll, to cut out and hand over at the door."""

import secrets
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from ballot.cli.output import fail, language
from ballot.crypto.errors import Invalid
from ballot.locale import message


def passes_command(
    out: Annotated[Path, typer.Option(help="The sheet to print (HTML).")],
    data_dir: Annotated[Path, typer.Option(help="The registrar's directory.")] = Path(
        "ballot-data"
    ),
    url: Annotated[str, typer.Option(help="The registrar's database, if not there.")] = "",
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Make new passes for everyone; passes made before are void from then on."""
    lang = language(lang)
    from ballot.cli.sheets import Card, write_sheet
    from ballot.registrar import make_passes
    from ballot.store.board import BoardStore
    from ballot.store.engine import Database, sqlite_url
    from ballot.store.roll import RollStore
    from ballot.store.schema import SERVICES, check_version
    from ballot.tally.definition import decode_definition

    file = data_dir / "registrar.db"
    if not url and not file.exists():
        fail(message(lang, "file.missing", path=file))
    if out.exists():  # asked before the old passes are void
        fail(message(lang, "sheet.exists", path=out))
    try:
        with closing(Database(url or sqlite_url(file))) as database:
            check_version(database, SERVICES["registrar"])
            raw = BoardStore(database).definition()
            if raw is None:
                fail(message(lang, "passes.no_session"))
            title = decode_definition(raw).assembly
            passes = make_passes(RollStore(database), secrets.token_bytes)
    except Invalid as error:
        fail(message(lang, "passes.failed", reason=error))
    note = message(lang, "passes.note")
    cards = [Card(one.number, one.name, code, note) for one, code in passes]
    write_sheet(out, lang, title, message(lang, "passes.heading"), cards)
    typer.echo(message(lang, "passes.done", number=len(cards), path=out))
