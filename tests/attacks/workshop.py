"""An attacker's workshop: a played session with all its secrets, taken apart and rebuilt.

A :class:`Forgery` changes one thing and then makes anew whatever follows from it: chain and
signatures of the events, chain of the ``.bel``, trackers, root, sum, factors, outcome and
certificate. What is not made anew is the thing that a case tests (rule 3 of the catalogue).
"""

import io
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any
from unittest.mock import patch

from ballot.crypto import merkle, proofs
from ballot.crypto.elgamal import Ciphertext, encrypt, product
from ballot.crypto.encoding import code_of_hex, dumps, loads, sha256
from ballot.crypto.slotkey import generate_slot_key
from ballot.demo import play as stage
from ballot.demo.defining import SIGNERS, Keys
from ballot.demo.play import Play, Wallet
from ballot.demo.sample import load_sample
from ballot.tally import aggregate, ballots, record, styles
from ballot.tally.ballots import Gate
from ballot.tally.certificate import RoundFacts, build_certificate, certificate_digest
from ballot.tally.events import Event, Signature, encode, sign_event
from ballot.verify.record import verify_record
from ballot.verify.report import Report
from tests import archives
from tests.archives import Raw
from tests.elections import Stream, less, make_ballot, prove_or, sign

Rows = Sequence[Sequence[int]]
MARKS = {  # three items for two places, cap 2; 18 of 20 deputies present
    "clear": ["YYN"] * 10 + ["YNA"] * 4 + ["AYN"] * 4,
    "tied": ["YYN", "YNY", "NYY"] * 6,
}
FIRST, SECOND = "projects-1", "projects-2"


@cache
def _slot_keys() -> Keys:
    return {signer: {slot: generate_slot_key() for slot in (FIRST, SECOND)} for signer in SIGNERS}


@cache
def play(marks: str = "clear", note: str = "样例", practice: bool = False) -> Play:
    """Twelve tablets and six papers. The keys are the same whatever the note says."""
    data = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    sample = load_sample(data, "three_way", None, Stream("sample"))
    source = sample.source | {
        "candidates": sample.source["candidates"][:3],
        "seats": 2,
        "_note": note,
        "rules": sample.source["rules"] | {"margin_range": {"low": "1/10", "high": "1/2"}},
    }
    sample = replace(
        sample,
        source=source,
        deputies=sample.deputies[:20],
        present=sample.deputies[:18],
        tablets=12,
        papers=6,
        tablet_marks=tuple(MARKS[marks][:12]),
        paper_sheets=tuple((entry, "unreadable") for entry in MARKS[marks][12:]),
    )
    keys = _slot_keys()
    with (
        patch.object(stage, "slot_ids", lambda _: [FIRST, SECOND]),
        patch("ballot.demo.defining.slot_ids", lambda _: [FIRST, SECOND]),
        patch.object(stage, "make_slot_keys", lambda *_: keys),
        patch("ballot.demo.defining.dumps", lambda value: dumps(value | {"practice": practice})),
        # The exported copies need no passphrase here: it costs a second each.
        patch("ballot.demo.officials.lock", lambda _, secret, *__: secret),
        patch("ballot.demo.officials.unlock", lambda copy, *_, **__: (None, copy)),
    ):
        made = Play(sample, "Ed25519", Stream("workshop"), lambda *_: None)
        made.run()
    return made


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
class Forgery:
    """One record on the bench."""

    made: Play
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
        return ballots.build_gate(
            made.definition, made.y, slot, facts.items, facts.seats, facts.calling
        )

    def ballots(self, slot: str = FIRST) -> list[int]:
        """Where the ballots stand among the stages."""
        return [i for i, s in enumerate(self.stages[slot]) if s.kind == "Ballot"]

    def ballot(self, number: int, slot: str = FIRST) -> Any:
        """The n-th ballot of the archive, from 0, as a value."""
        return self.stages[slot][self.ballots(slot)[number]].json

    def put(self, number: int, value: Any, slot: str = FIRST, signed: bool = True) -> None:
        """Another n-th ballot; signed anew by its credential unless told otherwise."""
        if signed:
            s = self.wallet(value["credential"], slot).s
            body = sign(self.group, value, s, self.random)
        else:
            body = value if isinstance(value, bytes) else archives.compact(value)
        self.stages[slot][self.ballots(slot)[number]] = archives.ballot(body)

    def wallet(self, credential: str, slot: str = FIRST) -> Wallet:
        """What the deputy's tablet kept."""
        for wallet in self.made.wallets[slot]:
            if wallet.credential == credential:
                return wallet
        raise LookupError(credential)

    def recast(
        self,
        number: int,
        rows: Rows,
        cap: int | None = 2,
        slot: str = FIRST,
        nonces: Rows | None = None,
    ) -> None:
        """The n-th ballot anew with any votes, and a cap proof for ``cap``."""
        gate = self.gate(slot)
        election, group = gate.election, gate.group
        wallet = self.wallet(self.ballot(number, slot)["credential"], slot)
        rs = nonces or [[proofs.random_scalar(group, self.random) for _ in row] for row in rows]
        body = make_ballot(election, wallet.s, rows, self.random, rs)
        self.stages[slot][self.ballots(slot)[number]] = archives.ballot(body)
        self.admissions[slot][number]["cap_proof"] = cap and self.prove_cap(
            gate, wallet.credential, rows, rs, cap
        )

    def prove_cap(
        self, gate: Gate, credential: str, rows: Rows, rs: Rows, cap: int
    ) -> list[dict[str, str]]:
        group, election = gate.group, gate.election
        pairs = zip(rows, rs, strict=True)
        yes = [encrypt(group, election.y, row[0], r[0]) for row, r in pairs]
        total, marks = product(group, yes), sum(row[0] for row in rows)
        s_cap = proofs.with_ciphertexts(
            group, proofs.statement(election.fingerprint, credential), yes
        )
        prefix = proofs.interval_prefix(group, "ballot-cap", s_cap, total)
        branches = [less(group, total, value) for value in range(cap + 1)]
        true = marks if 0 <= marks <= cap else 0
        return prove_or(
            group, election.y, prefix, branches, true, sum(r[0] for r in rs), self.random
        )

    # What follows from the ballots.

    def envelopes(self, slot: str = FIRST) -> list[bytes]:
        bodies = [self.stages[slot][i].documents[0] for i in self.ballots(slot)]
        return [
            ballots.encode_envelope(slot, body.decode(), entry["cap_proof"], entry["token"])
            for body, entry in zip(bodies, self.admissions[slot], strict=True)
        ]

    def trackers(self, slot: str = FIRST) -> list[bytes]:
        found = []
        for envelope in self.envelopes(slot):
            body = loads(envelope)["ballot"].encode()
            unsigned = body[: body.rfind(b',"signature":')] + b"}"
            found.append(ballots.tracker(sha256(unsigned), sha256(envelope)))
        return found

    def reseal(self, slot: str = FIRST, sort: bool = True) -> None:
        """Trackers, order, root; closing and seals state them."""
        leaves = self.trackers(slot)
        order = sorted(range(len(leaves)), key=leaves.__getitem__) if sort else range(len(leaves))
        places = self.ballots(slot)
        stages = [self.stages[slot][places[i]] for i in order]
        self.stages[slot][places[0] : places[-1] + 1] = stages
        self.admissions[slot] = [
            self.admissions[slot][i] | {"tracker": leaves[i].hex()} for i in order
        ]
        root, size = merkle.root([leaves[i] for i in order]).hex(), len(leaves)
        self.body("round_closed", slot=slot)["tablet"] = {"returned": size, "root": root}
        for draft in self.events:
            if draft.event.kind == "sealed" and draft.event.slot == slot:
                draft.body.update(size=size, root=root)
        self.certificates[slot]["sealed"] = {"size": size, "root": root}

    def recount(self, slot: str = FIRST, sort: bool = True) -> None:
        """Everything after the ballots: seal, credentials, sum, factors, result, certificate."""
        self.reseal(slot, sort)
        values = [self.ballot(i, slot) for i in range(len(self.ballots(slot)))]
        first = self.stages[slot][0].documents
        credentials = archives.compact(sorted({value["credential"] for value in values}))
        self.stages[slot][0] = archives.setup(first[0], first[1], credentials)
        self.retally(self.sums(slot), slot)

    def sums(self, slot: str = FIRST) -> aggregate.Sums:
        gate, group = self.gate(slot), self.group
        sums = aggregate.empty_sums(group, [q.width for q in gate.election.questions])
        for i in range(len(self.ballots(slot))):
            rows = [answer["choices"] for answer in self.ballot(i, slot)["answers"]]
            opened = tuple(
                tuple(Ciphertext(group.parse(c["alpha"]), group.parse(c["beta"])) for c in row)
                for row in rows
            )
            sums = aggregate.add(group, sums, opened)
        return sums

    def retally(self, sums: aggregate.Sums, slot: str = FIRST) -> None:
        """Decrypt ``sums`` with the trustees' shares and certify what comes out."""
        gate, group, made = self.gate(slot), self.group, self.made
        count = len(self.ballots(slot))
        partials, opened = {}, {}
        widths = [q.width for q in gate.election.questions]
        for trustee in made.trustees[-made.definition.threshold :]:
            data = aggregate.decrypt_partially(
                group, gate.election.fingerprint, trustee.share, sums, self.random
            )
            partials[trustee.secret.index] = data
            opened[trustee.secret.index] = aggregate.decode_partial(group, widths, data)
        trustees = stage.verify_trustees(group, made.trustees_bytes)
        result = aggregate.totals(
            group, sums, aggregate.combine(group, trustees, opened), 3 * count
        )
        stages = [s for s in self.stages[slot] if s.kind in ("Setup", "Ballot", "EndBallots")]
        self.stages[slot] = [
            *stages,
            archives.tally(aggregate.encode_sums(group, sums), count, count),
            *(archives.partial(owner, partials[owner]) for owner in sorted(partials)),
            Raw("Result", (aggregate.encode_result(result),)),
        ]
        for draft in self.events:
            if draft.event.kind == "decrypted" and draft.event.slot == slot:
                draft.body["partial"] = partials[draft.body["owner"]].decode()
        self.announce([list(row) for row in styles.totals_of(gate.style, result, count)], slot)

    def announce(self, tablet: list[list[int]], slot: str = FIRST) -> None:
        """Tablet totals; with the paper they make outcome and certificate."""
        facts = self.facts[slot]
        size = self.body("round_closed", slot=slot)["tablet"]
        paper = self.body("paper_counted", slot=slot)
        table = tuple(tuple(row) for row in tablet)
        rows = tuple(tuple(row) for row in paper["rows"])
        totals = styles.add_totals(table, rows)
        count = size["returned"]
        channels = (
            replace(facts.channels[0], returned=count, valid=count, totals=table),
            replace(
                facts.channels[1],
                **{k: paper[k] for k in ("issued", "returned", "valid")},
                totals=rows,
            ),
        )
        facts = replace(
            facts,
            channels=channels,
            totals=totals,
            paper=paper,
            void_reasons=paper["void"],
            sealed=(count, size["root"]),
            present=self.body("check_in_closed")["present"],
        )
        kept = {name: self.certificates[slot][name] for name in ("log", "minute", "archive")}
        certificate = build_certificate(self.definition, facts) | kept
        self.facts[slot], self.certificates[slot] = facts, certificate
        self.state(certificate["totals"], certificate["outcome"], tablet, slot)

    def state(self, totals: Any, outcome: Any, tablet: Any, slot: str = FIRST) -> None:
        """Counted, certificate and the files beside it say the same."""
        body = {"tablet": tablet, "totals": totals, "outcome": outcome}
        self.edit("counted", slot=slot, body=body)
        self.certificates[slot].update(totals=totals, outcome=outcome)
        items = self.certificates[slot]["items"]
        stated = {"items": items, "totals": totals, "outcome": outcome}
        self.members[self.path("outcome.json", slot)] = dumps(stated)
        paper = self.body("paper_counted", slot=slot)
        self.members[self.path("paper.json", slot)] = dumps(paper)

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


def good(marks: str = "clear") -> dict[str, bytes]:
    """The members of a good record."""
    return {k: v for k, v in play(marks).played.members.items() if isinstance(v, bytes)}


def session_code(marks: str = "clear") -> str:
    """The 会议码 of the notice."""
    return code_of_hex(play(marks).definition.session)


def verify(data: bytes, code: str | None, receipt: bytes | None = None) -> Report:
    return verify_record(lambda: io.BytesIO(data), code, receipt=receipt)
