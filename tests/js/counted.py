"""A counted round as its officials are told of it, just before the certificate is signed."""

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

from ballot.crypto import encoding
from ballot.demo.stage import Played
from ballot.tally.archive import CastBallot
from ballot.tally.archive_reader import read_archive
from ballot.tally.envelope import encode_envelope, parse_admission
from ballot.tally.events import Event, encode
from tests.js.verifier import b64
from tests.records import played

SLOT = "projects-1"


@dataclass(frozen=True)
class Counted:
    """A round as the officials are told of it, with the certificate they are to sign."""

    definition: bytes
    events: tuple[Event, ...]
    envelopes: tuple[bytes, ...]
    archive: bytes | None
    certificate: dict[str, Any]
    slot: str = SLOT

    def asked(self) -> dict[str, Any]:
        return {
            "definition": b64(self.definition),
            "lines": [encode(event).decode() for event in self.events],
            "slot": self.slot,
            "envelopes": [b64(data) for data in self.envelopes],
            "archive": None if self.archive is None else b64(self.archive),
            "certificate": self.certificate,
        }


@cache
def counted(name: str = "three_way", slot: str = SLOT, number: int = 0) -> Counted:
    """The round of a play just before its n-th certificate."""
    return before_certificate(played(name).played, slot, number)


def before_certificate(session: Played, slot: str, number: int = 0) -> Counted:
    """The same of any session that was played."""
    events = session.board.events
    certified = [i for i, e in enumerate(events) if e.kind == "certified" and e.slot == slot]
    members, path = session.members, f"rounds/{slot}/"
    last = number == len(certified) - 1
    document = encoding.loads(member(members[path + "certificate.json"])) if last else None
    archive = members.get(path + "election.bel")
    return Counted(
        session.definition.raw,
        tuple(events[: certified[number]]),
        envelopes_of(members, slot),
        None if archive is None else member(archive),
        document["certificate"] if document else {},
        slot,
    )


def member(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    out = io.BytesIO()
    content(out)
    return out.getvalue()


def envelopes_of(members: dict[str, Any], slot: str) -> tuple[bytes, ...]:
    """The envelopes of a box, put together again from archive and admissions."""
    if f"rounds/{slot}/election.bel" not in members:
        return ()
    stages = read_archive(io.BytesIO(member(members[f"rounds/{slot}/election.bel"])))
    bodies = [stage.body.decode() for stage in stages if isinstance(stage, CastBallot)]
    lines = member(members[f"rounds/{slot}/admissions.jsonl"]).splitlines()
    parts = [parse_admission(line) for line in lines]
    return tuple(
        encode_envelope(slot, body, cap, token)
        for body, (_, cap, token) in zip(bodies, parts, strict=True)
    )
