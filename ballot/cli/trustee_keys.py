"""``ballot trustee key``: make, export and restore the keys of an official."""

import io
from pathlib import Path
from typing import Annotated

import segno
import typer

from ballot.cli.output import language, read_file
from ballot.cli.trustee_files import (
    HOME,
    Code,
    Home,
    Lang,
    PassphraseFile,
    Session,
    Yes,
    ask,
    ask_passphrase,
    confirm_session,
    make_device,
    read_session,
    refusing,
    show,
)
from ballot.crypto import shapes
from ballot.crypto.errors import Invalid
from ballot.locale import message
from ballot.trustee.device import Device, open_official, open_share, read_copy, write_copy
from ballot.trustee.documents import place_of
from ballot.trustee.drill import require_share
from ballot.trustee.journal import Journal, from_events, under_way

MAX_COPY = 64 * 1024
app = typer.Typer(no_args_is_help=True, help="Your own keys: new, exported copy, restored.")


@app.command("new")
def new_command(
    owner: Annotated[str, typer.Option(help="Your id in the definition, as the clerk says.")],
    home: Home = HOME,
    passphrase_file: PassphraseFile = None,
    lang: Lang = "zh",
) -> None:
    """Make your signing key; give the public key that is printed to the clerk."""
    lang = language(lang)
    with refusing(lang):
        shapes.identifier(owner, "owner")
        device = make_device(home)
        if device.official_file.exists():  # before a passphrase is thought of
            raise Invalid("key.exists", str(device.official_file))
        passphrase = ask_passphrase(passphrase_file, lang, new=True)
        key = device.make_official(owner, passphrase)
    show(lang, "trustee.key_made", path=device.official_file)
    typer.echo(key.public)


@app.command("export")
def export_command(
    out: Annotated[Path, typer.Option(help="The copy: a new file, best on another medium.")],
    board: Annotated[
        Path | None, typer.Option(help="The session's folder, to copy its share as well.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="The same to print (HTML, QR).")] = None,
    home: Home = HOME,
    lang: Lang = "zh",
) -> None:
    """Write the copy of your keys, encrypted as they are; the drill reads it back."""
    lang = language(lang)
    session = read_session(board, lang) if board else None
    device = make_device(home)
    with refusing(lang):
        files = device.session(session.definition) if session else None
        copy = write_copy(device, files)
        for path in (out, sheet):
            if path and path.exists():
                raise Invalid("key.exists", str(path))
        from ballot.tls import write_private

        write_private(out, copy)
        if sheet:
            write_private(sheet, _print(copy, session, lang).encode())
    show(lang, "trustee.key_exported", path=out)


@app.command("import")
def import_command(
    copy: Annotated[Path, typer.Option(help="The copy, or the text scanned from its sheet.")],
    board: Annotated[Path | None, typer.Option(help="The session's folder, for its share.")] = None,
    opened: Annotated[
        list[str] | None,
        typer.Option(help="Slot of a round opened since the events in the folder; repeatable."),
    ] = None,
    home: Home = HOME,
    passphrase_file: PassphraseFile = None,
    session: Code = "",
    yes: Yes = False,
    lang: Lang = "zh",
) -> None:
    """Restore your keys; a round that is open or closed now will never be sealed with them."""
    lang = language(lang)
    with refusing(lang):
        found = read_copy(read_file(copy, MAX_COPY, lang))
        device = make_device(home)
        if board is None and "trustee" in found:
            raise Invalid("key.needs_session")
        if "official" not in found:
            raise Invalid("key.no_official")
        passphrase = ask_passphrase(passphrase_file, lang)
        owner, key = open_official(found["official"], passphrase)
        if board is not None and "trustee" in found:
            told = read_session(board, lang)
            files = device.session(told.definition)
            confirm_session(told, files, session, lang)
            place = place_of(told.definition, owner, key)
            state = told.record.state
            require_share(
                place,
                open_share(found["trustee"], place, passphrase),
                (state.trustees or "").encode(),
            )
            barred = _barred(told, opened or [], yes, lang)
            journal = from_events(Journal(told.definition.session, owner, barred), state)
            _restore_official(device, found["official"], key.public)
            with files.journal_lock():
                files.restore(place, found["trustee"], journal, passphrase)
            show(lang, "trustee.restored", slots="、".join(barred) or "–")
        else:
            _restore_official(device, found["official"], key.public)
    show(lang, "trustee.key_imported", path=device.official_file)


def _barred(told: Session, opened: list[str], yes: bool, lang: str) -> tuple[str, ...]:
    """The rounds never to be sealed here: what the events know, and what the owner says (E2)."""
    known = under_way(told.record.state)
    for slot in opened:
        told.definition.slot(slot)
    listed = "、".join((*known, *opened)) or "–"
    ask(lang, "trustee.ask_opened", yes, slots=listed)
    return (*known, *(slot for slot in dict.fromkeys(opened) if slot not in known))


def _restore_official(device: Device, data: bytes, public: str) -> None:
    if device.official_file.exists():
        if read_copy(device.official_file.read_bytes()).get("official") != data:
            raise Invalid("key.exists", f"{device.official_file}, {public[:12]}")
        return
    device.keep_official(data)


def _print(copy: bytes, session: Session | None, lang: str) -> str:
    """The sheet: one QR for each key file, with nothing in clear but whose it is."""
    from jinja2 import Environment, PackageLoader, select_autoescape
    from markupsafe import Markup

    pictures = []
    for line in copy.splitlines():
        picture = io.BytesIO()
        segno.make_qr(line, error="l").save(
            picture, kind="svg", xmldecl=False, svgns=False, border=4, omitsize=True
        )
        pictures.append(Markup(picture.getvalue().decode()))  # noqa: S704 -- segno draws it
    environment = Environment(
        loader=PackageLoader("ballot.cli"), autoescape=select_autoescape(), trim_blocks=True
    )
    template = environment.get_template("key_copy.html")
    return template.render(
        lang={"zh": "zh-CN"}.get(lang, lang),
        heading=message(lang, "trustee.sheet_heading"),
        note=message(lang, "trustee.sheet_note"),
        title=session.definition.assembly if session else "",
        code=session.code if session else "",
        keys=list(zip(pictures, copy.decode().splitlines(), strict=True)),
    )
