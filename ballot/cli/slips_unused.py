"""``ballot codes-unused``: the slips that were left over, as CheckInClosed states them.

Off line, because a slip is good for all slots of the session: what leaves this machine are the
credentials for the slots of one check-in, and no code.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ballot.cli.output import fail, language, read_file
from ballot.cli.trustee_files import sentence
from ballot.crypto.credentials import derive_secret, parse_slip
from ballot.crypto.encoding import MAX_DOCUMENT, code_of_hex, dumps
from ballot.crypto.errors import Invalid
from ballot.locale import message
from ballot.tally.definition import decode_definition
from ballot.tally.session import Definition, Slot

_MAX_CODES = 4 * 1024 * 1024


def codes_unused_command(
    definition: Annotated[Path, typer.Option(help="definition.json, byte for byte.")],
    slot: Annotated[list[str], typer.Option(help="Slot of the check-in; repeatable.")],
    out: Annotated[Path, typer.Option(help="New file, for the clerk to upload at the close.")],
    codes: Annotated[
        Path | None, typer.Option(help="Codes of the unused slips, one a line; else typed.")
    ] = None,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """From the slips nobody took, the credentials that are published and must never vote."""
    lang = language(lang)
    raw = read_file(definition, MAX_DOCUMENT, lang)
    try:
        adopted = decode_definition(raw)
        if adopted.token_kind != "drawn":
            raise Invalid("slips.no_slips", "token_kind")
        slots = [adopted.slot(name)[1] for name in dict.fromkeys(slot)]
    except Invalid as error:
        fail(sentence(lang, error))
    if out.exists():
        fail(message(lang, "codes.exists", path=out))
    typer.echo(message(lang, "codes.session", code=code_of_hex(adopted.session)))
    found: dict[str, list[str]] = {}
    for where, text in _lines(codes, lang):
        try:
            slip = _slip(text)
            if slip in found:
                raise Invalid("slips.same", where)
            found[slip] = _credentials(adopted, slots, slip)
        except Invalid as error:
            said = message(lang, "codes.line", where=where, sentence=sentence(lang, error))
            if codes is not None:
                fail(said)
            typer.echo(said, err=True)
    value = {
        "credentials": sorted(one for credentials in found.values() for one in credentials),
        "kind": "unused_slips",
        "session": adopted.session,
        "slots": [one.id for one in slots],
        "version": 1,
    }
    try:
        out.write_bytes(dumps(value))
    except OSError as error:
        fail(message(lang, "codes.out", path=out, reason=error.strerror or str(error)))
    taken = adopted.deputies - len(found)
    typer.echo(message(lang, "codes.unused", number=len(found), taken=taken, path=out))


def _lines(codes: Path | None, lang: str) -> Iterator[tuple[str, str]]:
    """Where a code stands, and the code; typed ones end with an empty line."""
    if codes is not None:
        text = read_file(codes, _MAX_CODES, lang).decode("utf-8-sig", "replace")
        yield from ((str(n), one) for n, one in enumerate(text.splitlines(), 1) if one.strip())
        return
    number = 1
    while text := typer.prompt(message(lang, "codes.ask"), "", show_default=False, err=True):
        yield str(number), text
        number += 1


def _slip(text: str) -> str:
    try:
        return parse_slip(text)
    except Invalid as error:
        raise Invalid("slips.mistyped", error.detail) from None


def _credentials(definition: Definition, slots: list[Slot], slip: str) -> list[str]:
    """The slip's credential for each of the slots; ``slips.unknown`` for one that is in no list."""
    group, found = definition.group, []
    for one in slots:
        credential = group.ser(group.power_g(derive_secret(group, one.uuid, slip)))
        if credential not in one.drawn:
            raise Invalid("slips.unknown", one.id)
        found.append(credential)
    return found
