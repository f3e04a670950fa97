"""``ballot check-test``: recompute an opened test ballot (验票) on another device."""

from pathlib import Path
from typing import Annotated

import typer

from ballot.cli.output import fail, language, read_file
from ballot.crypto import shapes
from ballot.crypto.encoding import MAX_DOCUMENT, code, code_of_hex, loads
from ballot.crypto.errors import Invalid
from ballot.locale import message
from ballot.tally.casting import reopen_test_ballot
from ballot.tally.definition import decode_definition
from ballot.tally.events import decode_event
from ballot.tally.lifecycle import replay
from ballot.tally.marks import LETTERS
from ballot.tally.polls import gate_of, joint_key

_MAX_OPENING = 4096


def check_test_command(
    opening: Annotated[Path, typer.Argument(help="What the QR code says (JSON).")],
    definition: Annotated[Path, typer.Option(help="definition.json, byte for byte.")],
    events: Annotated[Path, typer.Option(help="events.jsonl as far as it goes.")],
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Print the 票迹码 that the tablet must have shown, and the marks it encrypted."""
    lang = language(lang)
    scanned = read_file(opening, _MAX_OPENING, lang).strip()
    raw = read_file(definition, MAX_DOCUMENT, lang)
    lines = read_file(events, MAX_DOCUMENT, lang)
    try:
        value = shapes.fields(loads(scanned), "credential e marks seed slot", "test ballot")
        slot = shapes.identifier(value["slot"], "slot")
        marks = shapes.text(value["marks"], "marks", 1, 480)
        credential = shapes.text(value["credential"], "credential", 1, 700)
        seed = bytes.fromhex(shapes.hexadecimal(value["seed"], "seed"))
        e = bytes.fromhex(shapes.hexadecimal(value["e"], "e"))
        adopted = decode_definition(raw)
        state = replay(adopted, [decode_event(line) for line in lines.splitlines()])
        gate = gate_of(state, joint_key(state), slot)
        vote, titles = state.vote(slot), state.round(slot).items
        if len(marks) != len(titles) or not set(marks) <= set(LETTERS[gate.style]):
            raise Invalid("marks.malformed", f"{len(titles)} marks of {LETTERS[gate.style]}")
        tracker = reopen_test_ballot(gate, marks, credential, seed, e)
    except Invalid as error:
        fail(message(lang, "checking.refused", reason=error))
    typer.echo(message(lang, "checking.session", code=code_of_hex(adopted.session)))
    typer.echo(message(lang, "checking.tracker", code=code(tracker)))
    for number, (mark, item) in enumerate(zip(marks, titles, strict=True), 1):
        word = message(lang, f"checking.mark.{mark}")
        typer.echo(f"{number:>3}  {word}  {vote.item(item).title}")
    typer.echo(message(lang, "checking.compare"))
