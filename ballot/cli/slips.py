"""``ballot codes``: slips with drawn codes, made off line, and each slot's public list.

A slip is good for all slots of the session (protocol §6). Slips are printed in the order of their
codes and lists hold credentials in the order of theirs: nothing written says which belongs to
which, only the slip itself, with a slot's uuid.
"""

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from ballot.cli.output import fail, language, read_file
from ballot.crypto import shapes
from ballot.crypto.credentials import derive_secret, draw_code
from ballot.crypto.encoding import MAX_DOCUMENT, dumps, parse_json
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS, Group, group_named
from ballot.locale import message
from ballot.preparing.slips import FILE, code_of_lists, encode_lists
from ballot.tally.session import MAX_DEPUTIES


def codes_command(
    session_draft: Annotated[
        Path, typer.Option(help="Draft of the definition: group, deputies, slots with uuids.")
    ],
    out: Annotated[Path, typer.Option(help="New directory for slips and lists.")],
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Make one slip per deputy and, per slot, the sorted list for the definition."""
    lang = language(lang)
    from ballot.cli.sheets import Card, write_sheet

    data = read_file(session_draft, MAX_DOCUMENT, lang)
    try:
        title, group, count, uuids = _read_draft(parse_json(data))
    except Invalid as error:
        fail(message(lang, "codes.draft", path=session_draft, reason=error))
    try:
        out.mkdir(mode=0o700, parents=True)
    except OSError as error:
        fail(message(lang, "codes.out", path=out, reason=error.strerror or str(error)))
    slips: set[str] = set()
    while len(slips) < count:
        slips.add(draw_code(secrets.token_bytes))
    lists = []
    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(message(lang, "codes.progress"), total=count * len(uuids))
        for slot, uuid in uuids.items():
            found = []
            for slip in slips:
                s = derive_secret(group, uuid, slip)
                found.append(group.ser(group.power_g(s)))
                bars.advance(task)
            lists.append((slot, uuid, sorted(found)))
            (out / f"{slot}.json").write_bytes(dumps(lists[-1][2]))
    (out / FILE).write_bytes(encode_lists(group.name, lists))
    note = message(lang, "codes.note")
    cards = [Card("", "", slip, note) for slip in sorted(slips)]
    write_sheet(out / "slips.html", lang, title, message(lang, "codes.heading"), cards)
    typer.echo(message(lang, "codes.done", number=count, lists=len(uuids), path=out))
    code = code_of_lists(group.name, lists)
    typer.echo(message(lang, "codes.lists", path=out / FILE, code=code))


def _read_draft(value: Any) -> tuple[str, Group, int, dict[str, str]]:
    """Title, group, N and uuid by slot, from what will be the definition.

    Other members may be missing or unfinished; the lists made here are among them.
    """
    if not isinstance(value, dict):
        raise shapes.refuse("draft", "not an object")
    group = group_named(shapes.choice(value.get("group"), GROUPS, "group"))
    count = shapes.integer(value.get("deputies"), "deputies", 1, MAX_DEPUTIES)
    title = shapes.text(value.get("assembly"), "assembly", 1, 200)
    uuids: dict[str, str] = {}
    for slot in (
        slot
        for vote in shapes.array(value.get("votes"), _with("slots"), "votes", 1, 50)
        for slot in shapes.array(vote["slots"], _with("id", "uuid"), "slots", 1, 10)
    ):
        name = shapes.identifier(slot["id"], "slot")
        if name in uuids:
            raise shapes.refuse("slots", f"{name} occurs twice")
        uuids[name] = shapes.text(slot["uuid"], f"{name}: uuid", 22, 22)
    shapes.distinct(uuids.values(), "uuids")
    return title, group, count, uuids


def _with(*names: str) -> Any:
    def read(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict) or not set(names) <= set(value):
            raise shapes.refuse(where, f"no {' and '.join(names)}")
        return value

    return read
