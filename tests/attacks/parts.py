"""A played session with all its secrets, taken apart and put together again."""

import io
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from ballot.crypto.encoding import dumps, loads, sha256
from ballot.demo.desk import Wallet
from ballot.demo.stage import Stage
from ballot.tally import record
from ballot.tally.certificate import RoundFacts, certificate_digest
from ballot.tally.envelope import encode_envelope, tracker
from ballot.tally.events import Event, Signature, encode, sign_event
from ballot.tally.gate import Gate, build_gate
from tests import archives
from tests.archives import Raw
from tests.attacks.played import FIRST
from tests.elections import Stream


@dataclass
class Draft:
    """An event that can be changed. ``origin`` is its digest in the good record."""

    event: Event
    origin: str = ""
    keep: bool = False  # signatures as they are, even if all others are made anew

    @property
    def body(self) -> Any:
        return self.event.body


@dataclass
class Parts:
    """A record taken apart: events, archives, admissions, certificates, and all their secrets."""

    made: Stage
    events: list[Draft] = field(default_factory=list)
    members: dict[str, bytes] = field(default_factory=dict)
    stages: dict[str, list[Raw]] = field(default_factory=dict)
    admissions: dict[str, list[Any]] = field(default_factory=dict)
    certificates: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, RoundFacts] = field(default_factory=dict)
    gates: dict[str, Gate] = field(default_factory=dict)
    signed: bool = True  # whether all signatures are made anew
    random: Stream = field(default_factory=lambda: Stream("forger"))

    def __post_init__(self) -> None:
        played = self.made.played
        events = played.board.events
        self.events = [Draft(replace(e, body=deepcopy(e.body)), e.digest) for e in events]
        self.members = {k: v for k, v in played.members.items() if isinstance(v, bytes)}
        for facts, certificate in zip(played.facts, played.certificates, strict=True):
            slot = facts.slot
            self.facts[slot] = facts
            self.certificates[slot] = deepcopy(certificate)
            if self.path("election.bel", slot) not in self.members:
                continue  # on paper alone
            self.stages[slot] = archives.take_apart(self.members[self.path("election.bel", slot)])
            lines = self.members[self.path("admissions.jsonl", slot)].splitlines()
            self.admissions[slot] = [loads(line) for line in lines]

    @property
    def group(self) -> Any:
        return self.made.group

    @property
    def definition(self) -> Any:
        return self.made.definition

    @staticmethod
    def path(name: str, slot: str = FIRST) -> str:
        return record.round_path(slot, name)

    # Events.

    def at(self, kind: str, number: int = 1, slot: str | None = None) -> int:
        """Where the n-th event of a kind stands."""
        found = [
            i
            for i, draft in enumerate(self.events)
            if draft.event.kind == kind and slot in (None, draft.event.slot)
        ]
        return found[number - 1]

    def draft(self, kind: str, number: int = 1, slot: str | None = None) -> Draft:
        return self.events[self.at(kind, number, slot)]

    def body(self, kind: str, number: int = 1, slot: str | None = None) -> Any:
        return self.draft(kind, number, slot).body

    def drop(self, kind: str, number: int = 1, slot: str | None = None) -> None:
        del self.events[self.at(kind, number, slot)]

    def insert(
        self, at: int, kind: str, body: Any, signers: Sequence[tuple[str, str]], slot: str | None
    ) -> None:
        """A new event, signed by (signer, role), in the minute of the one before."""
        minute = self.events[at - 1].event.minute
        signatures = tuple(Signature(*pair, "00" * 64) for pair in signers)
        event = Event(0, None, kind, self.definition.session, slot, minute, body, signatures)
        self.events.insert(at, Draft(event))

    def signers(self, kind: str, number: int = 1, **changes: Any) -> list[tuple[str, str]]:
        return [(s.signer, s.role) for s in self.draft(kind, number).event.signatures]

    def edit(self, kind: str, number: int = 1, slot: str | None = None, **changes: Any) -> None:
        """Members of the event itself, such as ``minute`` or ``signatures``."""
        draft = self.draft(kind, number, slot)
        draft.event = replace(draft.event, **changes)

    # Ballots.

    def gate(self, slot: str = FIRST) -> Gate:
        if slot in self.gates:
            return self.gates[slot]
        facts = self.facts[slot]
        made = self.made
        return build_gate(made.definition, made.y, slot, facts.items, facts.seats, facts.calling)

    def ballots(self, slot: str = FIRST) -> list[int]:
        """Where the ballots stand among the stages."""
        return [i for i, s in enumerate(self.stages[slot]) if s.kind == "Ballot"]

    def ballot(self, number: int, slot: str = FIRST) -> Any:
        """The n-th ballot of the archive, from 0, as a value."""
        return self.stages[slot][self.ballots(slot)[number]].json

    def wallet(self, credential: str, slot: str = FIRST) -> Wallet:
        """What the deputy's tablet kept."""
        for wallet in self.made.wallets[slot]:
            if wallet.credential == credential:
                return wallet
        raise LookupError(credential)

    def envelopes(self, slot: str = FIRST) -> list[bytes]:
        bodies = [self.stages[slot][i].documents[0] for i in self.ballots(slot)]
        return [
            encode_envelope(slot, body.decode(), entry["cap_proof"], entry["token"])
            for body, entry in zip(bodies, self.admissions[slot], strict=True)
        ]

    def trackers(self, slot: str = FIRST) -> list[bytes]:
        found = []
        for envelope in self.envelopes(slot):
            body = loads(envelope)["ballot"].encode()
            unsigned = body[: body.rfind(b',"signature":')] + b"}"
            found.append(tracker(sha256(unsigned), sha256(envelope)))
        return found

    # The record.

    def document(self, name: str, change: Callable[[Any], None], slot: str = FIRST) -> None:
        """Change one document of a round, and nothing else."""
        value = loads(self.members[self.path(name, slot)])
        change(value)
        self.members[self.path(name, slot)] = dumps(value)

    def all_members(self) -> dict[str, bytes]:
        """The members with chains, digests and, where ``signed``, signatures made anew."""
        found = dict(self.members)
        stamp = record.timestamp_of(self.definition.date)
        for slot, stages in self.stages.items():
            bel = archives.build(stages, stamp)
            found[self.path("election.bel", slot)] = bel
            self.certificates[slot]["archive"] = sha256(bel).hex()
            lines = b"".join(dumps(entry) + b"\n" for entry in self.admissions[slot])
            found[self.path("admissions.jsonl", slot)] = lines
        renamed: dict[str, str] = {}
        events: list[Event] = []
        keys = {official.id: official.key for official in self.made.officials}
        for draft in self.events:
            event = draft.event
            if self.signed and not draft.keep:
                event = replace(event, body=_renamed(event.body, renamed))
                if event.kind == "certified" and event.slot in self.certificates:
                    slot = event.slot
                    certificate = _renamed(self.certificates[slot], renamed)
                    new = certificate_digest(certificate)
                    renamed[event.body["certificate"]] = new
                    event = replace(event, body={"certificate": new})
                signatures = tuple(
                    sign_event(keys[s.signer], event, s.signer, s.role) if s.signer in keys else s
                    for s in event.signatures
                )
                event = replace(event, signatures=signatures)
                if event.kind == "certified" and event.slot in self.certificates:
                    listed = [vars_of(s) for s in signatures]
                    document = {"certificate": certificate, "signatures": listed}
                    found[self.path("certificate.json", event.slot)] = dumps(document)
            previous = events[-1].digest if events else None
            event = replace(event, number=len(events) + 1, previous=previous)
            events.append(event)
            renamed[draft.origin] = event.digest
        found["events.jsonl"] = b"".join(encode(event) + b"\n" for event in events)
        return found

    def record(self) -> bytes:
        """The zip file."""
        return zipped(self.all_members())


def vars_of(s: Signature) -> dict[str, str]:
    return {"signer": s.signer, "role": s.role, "signature": s.signature}


def _renamed(value: Any, renamed: dict[str, str]) -> Any:
    text = dumps(value).decode()
    for before, after in renamed.items():
        if before:
            text = text.replace(before, after)
    return loads(text.encode())


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    record.write_record(stream, members)
    return stream.getvalue()
