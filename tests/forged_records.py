"""Public records of small sessions, and an attacker who can sign as every official.

Sessions are played once per style by the demonstration, from one stream of bytes. Records are
then changed on three levels: bytes of the zip file, members, and events, which are signed and
chained anew so that a test tests the check it names and not a signature.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import resources
from typing import Any
from unittest.mock import patch

from ballot.crypto.encoding import code_of_hex, dumps, loads
from ballot.crypto.slotkey import SlotKey
from ballot.demo import defining
from ballot.demo.play import Play
from ballot.demo.sample import load_sample
from ballot.tally.events import Event, encode
from ballot.tally.record import write_record
from ballot.verify.record import verify_record
from ballot.verify.report import Report
from tests.elections import Stream
from tests.slotkeys import CLERK, SCRUTINEERS

Members = Mapping[str, bytes]
FIRST = "rounds/projects-1/"
SECOND = "rounds/projects-2/"


def crossed_keys() -> Iterator[SlotKey]:
    """Four slot keys with four moduli from the primes of two: making one takes a second."""
    for p in (CLERK.p, CLERK.q):
        for q in (SCRUTINEERS.p, SCRUTINEERS.q):
            yield SlotKey.from_primes(p, q)


@cache
def play(style: str) -> Play:
    """Twelve tablets and six papers; three items tie for two places, so there is a run-off."""
    data = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    sample = load_sample(data, style, None, Stream(style))
    # Nine items for eight places: each ballot leaves out one of the last three.
    marks = ["Y" * (8 - i % 3) + "A" + "Y" * (i % 3) for i in range(18)]
    if style == "grades":
        marks = ["SBUKASBUK"] * 18
    sample = replace(
        sample,
        deputies=sample.deputies[:20],
        present=sample.deputies[:18],
        tablets=12,
        papers=6,
        tablet_marks=tuple(marks[:12]),
        paper_sheets=tuple((entry, "unreadable") for entry in marks[12:]),
    )
    with (
        patch.object(defining, "SLOTS", 2),
        patch.object(defining, "generate_slot_key", partial(next, crossed_keys())),
    ):
        made = Play(sample, "Ed25519", Stream(f"{style}/play"), lambda *_: None)
        made.run()
    return made


def members(style: str = "three_way") -> dict[str, bytes]:
    """The members of a good record."""
    found = play(style).played.members
    return {name: content for name, content in found.items() if isinstance(content, bytes)}


def zipped(content: Members) -> bytes:
    """The zip file of these members."""
    stream = io.BytesIO()
    write_record(stream, dict(content))
    return stream.getvalue()


def verify(data: bytes | Members, code: str | None = "", **options: Any) -> Report:
    """The report on a zip file or on members; with the right code by default."""
    content = data if isinstance(data, bytes) else zipped(data)
    if code == "":
        code = code_of_hex(play("three_way").definition.session)
    return verify_record(lambda: io.BytesIO(content), code, **options)


def change(name: str, function: Callable[[Any], None], style: str = "three_way") -> Members:
    """The members with one canonical document changed in place."""
    found = members(style)
    value = loads(found[name])
    function(value)
    return found | {name: dumps(value)}


def resign(function: Callable[[Event], Event | None], style: str = "three_way") -> Members:
    """The record after ``function`` changed or dropped events, all signed and chained anew.

    Digests of events that others name are followed; certificates are left as they are.
    """
    made, renamed = play(style), dict[str, str]()
    officials = {official.id: official for official in made.officials}
    events: list[Event] = []
    for old in made.played.board.events:
        text = dumps(old.body).decode()
        for before, after in renamed.items():
            text = text.replace(before, after)
        changed = function(replace(old, body=loads(text.encode())))
        if changed is None:
            continue
        signed = tuple(officials[s.signer].sign(changed, s.role) for s in changed.signatures)
        event = replace(
            changed,
            number=len(events) + 1,
            previous=events[-1].digest if events else None,
            signatures=signed,
        )
        renamed[old.digest] = event.digest
        events.append(event)
    lines = b"".join(encode(event) + b"\n" for event in events)
    return members(style) | {"events.jsonl": lines}


def failures(report: Report) -> dict[str, str]:
    """The failed checks with their codes."""
    return {check.id: check.code for check in report.checks if check.status == "fail"}


def codes(report: Report, name: str) -> set[str]:
    """Every code that a check found."""
    for check in report.checks:
        if check.id == name:
            found = check.evidence.get("findings", [])
            return {entry["code"] for entry in found} | ({check.code} if check.code else set())
    return set()


def statuses(report: Report) -> dict[str, str]:
    """The outcome of each check."""
    return {check.id: check.status for check in report.checks}
