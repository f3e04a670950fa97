"""One whole session, from the definition to the public record, event by event.

Every event is signed by the keys of the officials it needs and goes through
:class:`ballot.publishing.Board`; every tablet ballot goes through :func:`ballot.polling.cast`.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ballot.crypto import blind, merkle
from ballot.crypto.encoding import dumps, sha256
from ballot.crypto.group import group_named
from ballot.crypto.proofs import Random, random_scalar
from ballot.crypto.signing import SigningKey
from ballot.crypto.threshold import draw_secret, verify_trustees
from ballot.demo.defining import SIGNERS, make_slot_keys, slot_ids, write_definition
from ballot.demo.officials import Official, Trustee, appoint, hold_ceremony
from ballot.demo.sample import Sample, random_marks
from ballot.polling import MemoryBox, cast
from ballot.publishing import Board
from ballot.registrar import Signer
from ballot.tally import aggregate, ballots, record, styles
from ballot.tally.ballots import Envelope, Gate
from ballot.tally.certificate import (
    ChannelCount,
    RoundFacts,
    build_certificate,
    certificate_digest,
    round_outcome,
)
from ballot.tally.events import Event, draft, encode
from ballot.tally.marks import Sheet, count_grades, count_marks
from ballot.tally.session import Definition, list_digest
from ballot.tally.styles import Totals

PASSPHRASE = "correct horse battery staple"  # of the simulated trustees only
Progress = Callable[[str, int, int], None]


@dataclass
class Played:
    """What is left when the curtain falls."""

    definition: Definition
    board: Board
    members: dict[str, record.Content] = field(default_factory=dict)
    certificates: list[dict[str, Any]] = field(default_factory=list)
    facts: list[RoundFacts] = field(default_factory=list)
    tablet_totals: list[Totals] = field(default_factory=list)


@dataclass(frozen=True)
class Wallet:
    """What a deputy's tablet keeps for one slot: credential, secret and token."""

    credential: str
    s: int
    token: tuple[bytes, ...]


class Clock:
    """Minutes of the simulated day, from 09:00 in the hall (UTC+8)."""

    def __init__(self, date: str) -> None:
        self._date, self._minutes = date, 60

    def __call__(self) -> str:
        """The next minute."""
        self._minutes += 1
        return f"{self._date}T{self._minutes // 60:02d}:{self._minutes % 60:02d}Z"


class Play:
    """The session of one sample. ``progress(step, done, total)`` is told of long work."""

    def __init__(self, sample: Sample, group: str, random: Random, progress: Progress) -> None:
        self.sample, self.random, self.progress = sample, random, progress
        self.officials = appoint(sample, random)
        self.box, self.box_key = MemoryBox(), SigningKey(random(32))
        total, done = 2 * len(slot_ids("projects")), iter(range(1, 1000))
        self.slot_keys = make_slot_keys(
            slot_ids("projects"), lambda: progress("slot_keys", next(done), total)
        )
        self.salt = random(32)
        self.definition = write_definition(
            sample, self.officials, self.slot_keys, self.box_key.public, group, self.salt, random
        )
        self.board = Board(self.definition)
        self.clock = Clock(self.definition.date)
        self.wallets: dict[str, list[Wallet]] = {}
        self.issued: tuple[int, int] = (0, 0)
        self.played = Played(self.definition, self.board)
        self.group = group_named(group)

    # People and events.

    def holders(self, role: str) -> list[Official]:
        """The officials with that role, in the order of the definition."""
        return [official for official in self.officials if role in official.roles]

    def publish(
        self,
        kind: str,
        body: dict[str, Any],
        signers: Mapping[str, Sequence[Official]],
        slot: str | None = None,
        minute: str | None = None,
    ) -> Event:
        """Draft, sign by everyone named (role → officials), publish."""
        event = draft(kind, self.definition.session, slot, minute or self.clock(), body)
        signatures = [
            official.sign(event, role) for role, people in signers.items() for official in people
        ]
        return self.board.publish(event, signatures)

    @property
    def presidium(self) -> dict[str, Sequence[Official]]:
        """As many presidium members as the quorum wants."""
        return {"presidium": self.holders("presidium")[: self.definition.presidium_quorum]}

    def one(self, role: str) -> dict[str, Sequence[Official]]:
        """The one official with that role."""
        return {role: self.holders(role)[:1]}

    # The acts.

    def run(self) -> Played:
        """Play everything; returns what the record is written from."""
        self.publish("defined", {}, self.one("clerk"))
        self.publish("adopted", {}, self.presidium)
        self.hold_key_ceremony()
        present = len(self.sample.present)
        show = {"yes": present, "no": 0, "abstain": 0}
        self.publish("rules_adopted", show, self.one("presiding_officer"))
        self.check_in()
        slots = slot_ids("projects")
        vote = self.definition.votes[0]
        items, seats, kind, calling = [i.id for i in vote.items], vote.seats, "first", None
        for slot in slots:
            certificate = self.play_round(slot, kind, items, seats, calling)
            tied = certificate["outcome"].get("runoff") or certificate["outcome"].get("second_tie")
            if not tied or slot == slots[-1]:
                break
            outcome = certificate["outcome"]
            seats = outcome["runoff_seats"] or outcome["second_tie_seats"]
            items, kind = [items[i] for i in tied], "run_off"
            following = slots[slots.index(slot) + 1]
            body = {
                "log": self.board.log,
                "parent": certificate_digest(certificate),
                "items": items,
                "seats": seats,
            }
            calling = self.publish("run_off_called", body, self.presidium, following).digest
        self.publish("published", {"log": self.board.log}, self.presidium)
        self.played.members |= {
            "README.txt": record.README,
            "definition.json": self.definition.raw,
            "events.jsonl": b"".join(encode(event) + b"\n" for event in self.board.events),
        }
        return self.played

    def hold_key_ceremony(self) -> None:
        """Keys, exported copies, drills from the copies, KeysReady by all trustees."""
        definition = self.definition
        scrutineers = [o for o in self.officials if o.id in definition.trustees]
        self.trustees = [
            Trustee(
                official,
                self.group,
                self.random,
                draw_secret(self.group, i, definition.threshold, self.random),
            )
            for i, official in enumerate(scrutineers, 1)
        ]
        ceremony = hold_ceremony(definition, self.trustees)
        drills = []
        for i, trustee in enumerate(self.trustees, 1):
            trustee.export(definition.session, PASSPHRASE)
            drills.append(trustee.drill(definition.session, PASSPHRASE))
            self.progress("ceremony", i, len(self.trustees))
        body = {
            "trustees": ceremony.trustees.decode(),
            "commitments": ceremony.commitments,
            "drills": drills,
        }
        self.publish("keys_ready", body, {"trustee": scrutineers})
        self.trustees_bytes = ceremony.trustees
        self.y = verify_trustees(self.group, ceremony.trustees).y

    def check_in(self) -> None:
        """Every present deputy gets a paper or, on a tablet, tokens for all slots."""
        slots, present = slot_ids("projects"), self.sample.present
        signers = {name: Signer(self.slot_keys[name], self.random) for name in SIGNERS}
        self.publish("check_in_opened", {"slots": slots}, self.one("clerk"))
        for signer in signers.values():
            signer.open_check_in(slots)
        for i, deputy in enumerate(present):
            channel = "paper" if i < self.sample.papers else "tablet"
            for signer in signers.values():
                signer.check_in(deputy, channel)
            if channel == "tablet":
                for slot in slots:
                    wallet = self.draw_token(deputy, slot, signers)
                    self.wallets.setdefault(slot, []).append(wallet)
            self.progress("check_in", i + 1, len(present))
        for signer in signers.values():
            signer.close_check_in()
        clerk = signers["clerk"]
        self.issued = (clerk.issued(slots[0]), clerk.papers())
        self.attendance = list_digest(self.salt, list(present))
        body = {
            "present": clerk.present(),
            "attendance": self.attendance,
            "issued": [
                {
                    "slot": slot,
                    "tablet": clerk.issued(slot),
                    "paper": clerk.papers(),
                    "signers": [signer.issued(slot) for signer in signers.values()],
                }
                for slot in slots
            ],
            "unused_slips": [],
        }
        both = self.one("clerk") | self.one("chief_scrutineer")
        self.publish("check_in_closed", body, both)

    def draw_token(self, deputy: str, slot: str, signers: dict[str, Signer]) -> Wallet:
        """The tablet's side of issuing: draw, blind, unblind, verify."""
        s = random_scalar(self.group, self.random)
        credential = self.group.ser(self.group.power_g(s))
        message = blind.token_message(credential, self.definition.session, slot)
        _, slot_data, _ = self.definition.slot(slot)
        token = []
        for signer, public in zip(signers.values(), slot_data.keys, strict=True):
            blinded = blind.blind(public, message, self.random)
            answer = signer.sign(deputy, slot, blinded.request)
            token.append(blind.finalize(public, message, answer, blinded.inverse))
        return Wallet(credential, s, tuple(token))

    # One round.

    def play_round(
        self, slot: str, kind: str, items: list[str], seats: int, calling: str | None
    ) -> dict[str, Any]:
        """Open, cast, close, seal, decrypt, count, certify; returns the certificate."""
        gate = ballots.build_gate(self.definition, self.y, slot, items, seats, calling)
        overrides = self.open_round(gate)
        self.cast_all(gate, kind, seats)
        sealed = self.box.sealed(slot)
        root = merkle.sorted_root(sealed).hex()
        sheets = self.paper_sheets(kind, len(items), seats)
        papers = self.issued[1]
        body: dict[str, Any] = {
            "log": self.board.log,
            "tablet": {"returned": len(sealed), "root": root},
            "paper": {"returned": len(sheets)} if papers else None,
        }
        self.publish("round_closed", body, self.one("presiding_officer"), slot)
        sums, envelopes = self.seal(gate, sealed, root)
        paper = self.count_paper(slot, gate, items, seats, sheets) if papers else None
        result, partials = self.decrypt(gate, sums, len(sealed))
        tablet = styles.totals_of(gate.style, result, len(sealed))
        channels = [ChannelCount("tablet", self.issued[0], len(sealed), len(sealed), tablet)]
        totals = tablet
        if paper is not None:
            rows = tuple(tuple(row) for row in paper["rows"])
            channels.append(
                ChannelCount("paper", paper["issued"], paper["returned"], paper["valid"], rows)
            )
            totals = styles.add_totals(tablet, rows)
        self.played.tablet_totals.append(tablet)
        archive = self.write_archive(gate, envelopes, sums, len(sealed), partials, result)
        facts = RoundFacts(
            slot=slot,
            round_kind=kind,
            run_off=kind == "run_off",
            replaces=None,
            calling=calling,
            fingerprint=gate.election.fingerprint,
            attendance=self.attendance,
            present=len(self.sample.present),
            channels=tuple(channels),
            void_reasons=paper["void"] if paper else {},
            unused_slips=0,
            sealed=(len(sealed), root),
            archive=archive,
            log="",
            overrides=tuple(overrides),
            items=tuple(items),
            seats=seats,
            totals=totals,
            paper=paper,
            before=tuple(self.played.certificates[-1]["elected"] if calling else ()),
            minute="",
        )
        return self.certify(gate, facts, tablet, envelopes)

    def open_round(self, gate: Gate) -> list[str]:
        """The empty box, the head count, the opening."""
        boxes = 1 if self.issued[1] else 0
        empty = {"envelopes": 0, "paper_boxes": boxes}
        self.publish("box_empty", empty, self.one("chief_scrutineer"), gate.slot)
        body = {
            "log": self.board.log,
            "present": len(self.sample.present),
            "channels": ["tablet", "paper"] if self.issued[1] else ["tablet"],
            "fingerprint": gate.election.fingerprint,
            "issued_paper": None,
        }
        self.publish("round_opened", body, self.one("presiding_officer"), gate.slot)
        return []

    def cast_all(self, gate: Gate, kind: str, seats: int) -> None:
        """Every tablet ballot of the sample (random ones in a run-off), through C1–C8."""
        marks = self.sample.tablet_marks
        if kind != "first":
            count = len(self.sample.tablet_marks)
            marks = tuple(
                random_marks(gate.style, gate.items, seats, self.random) for _ in range(count)
            )
        self.box.set_open(gate.slot, True)
        gates = {gate.slot: gate}
        for i, (ballot, wallet) in enumerate(zip(marks, self.wallets[gate.slot], strict=False), 1):
            unsigned = ballots.encrypt(gate, ballot, wallet.credential, self.random(32))
            envelope = ballots.seal_envelope(gate, unsigned, wallet.s, wallet.token, self.random)
            cast(self.box, gates, self.box_key, ballots.pad(gate, envelope))
            self.progress("cast", i, len(marks))
        self.box.set_open(gate.slot, False)

    def paper_sheets(self, kind: str, items: int, seats: int) -> list[tuple[str | None, str]]:
        """The paper ballots found in the box."""
        if kind == "first":
            return list(self.sample.paper_sheets)
        return [
            (random_marks(self.sample.style, items, seats, self.random), "unreadable")
            for _ in range(self.issued[1])
        ]

    def seal(
        self, gate: Gate, sealed: dict[bytes, bytes], root: str
    ) -> tuple[aggregate.Sums, list[Envelope]]:
        """q trustees fetch the box, verify every ballot, recompute root and sum, and sign."""
        q = self.definition.seal_quorum
        body = {"fingerprint": gate.election.fingerprint, "size": len(sealed), "root": root}
        # All simulated devices run on this one machine: the box is verified once for them.
        sums = aggregate.empty_sums(gate.group, [x.width for x in gate.election.questions])
        envelopes = []
        for i, envelope in enumerate(sealed.values(), 1):
            admitted = ballots.check_envelope(gate, envelope)
            sums = aggregate.add(gate.group, sums, admitted.opened.ciphertexts)
            envelopes.append(admitted.envelope)
            self.progress("seal", i, len(sealed))
        for trustee in self.trustees[:q]:
            self.publish("sealed", body, {"trustee": [trustee.official]}, gate.slot)
        return sums, envelopes

    def count_paper(
        self,
        slot: str,
        gate: Gate,
        items: list[str],
        seats: int,
        sheets: list[tuple[str | None, str]],
    ) -> dict[str, Any]:
        """The paper sheet, signed by two tellers and two scrutineers."""
        vote = self.definition.votes[0]
        pile = [Sheet(marks, reason) for marks, reason in sheets]  # type: ignore[arg-type]
        if gate.style == "grades":
            graded = count_grades(len(items), pile)
            valid, void = graded.valid, graded.invalid_by_reason
            rows = [list(item.counts()) for item in graded.items]
        else:
            cap = styles.cap_of(vote, seats, len(items)) if vote.rules.cap == "seats" else None
            counted = count_marks(gate.style, len(items), cap, pile)  # type: ignore[arg-type]
            valid, void = counted.valid, counted.invalid_by_reason
            columns = [c for c in (counted.yes, counted.no, counted.abstain) if c is not None]
            rows = [list(row) for row in zip(*columns, strict=True)]
        body = {
            "issued": self.issued[1],
            "returned": len(sheets),
            "valid": valid,
            "void": {name: void[name] for name in ("over_vote", "unreadable", "void_by_deputy")},
            "rows": rows,
            "replaces": None,
        }
        signers = {
            "teller": self.holders("teller")[:2],
            "scrutineer": self.holders("scrutineer")[:2],
        }
        self.publish("paper_counted", body, signers, slot)
        return body

    def decrypt(
        self, gate: Gate, sums: aggregate.Sums, count: int
    ) -> tuple[list[list[int]], dict[int, bytes]]:
        """t trustees decrypt the sealed sum on their own devices."""
        trustees = verify_trustees(gate.group, self.trustees_bytes)
        widths = [question.width for question in gate.election.questions]
        partials: dict[int, bytes] = {}
        opened: dict[int, aggregate.Partial] = {}
        for trustee in self.trustees[-self.definition.threshold :]:
            owner = trustee.secret.index
            data = aggregate.decrypt_partially(
                gate.group, gate.election.fingerprint, trustee.share, sums, self.random
            )
            partial = aggregate.decode_partial(gate.group, widths, data)
            key = trustees.key_of(owner)
            aggregate.verify_partial(gate.group, gate.election.fingerprint, key, sums, partial)
            body = {"owner": owner, "partial": data.decode()}
            self.publish("decrypted", body, {"trustee": [trustee.official]}, gate.slot)
            partials[owner], opened[owner] = data, partial
        factors = aggregate.combine(gate.group, trustees, opened)
        return aggregate.totals(gate.group, sums, factors, count), partials

    def write_archive(
        self,
        gate: Gate,
        envelopes: list[Envelope],
        sums: aggregate.Sums,
        count: int,
        partials: dict[int, bytes],
        result: list[list[int]],
    ) -> str:
        """The round's ``.bel`` into the members of the record; returns its SHA-256."""
        stream = io.BytesIO()
        credentials = record.credentials_of(gate, (e.ballot.credential for e in envelopes))
        record.write_archive(
            stream,
            gate,
            self.definition.date,
            self.trustees_bytes,
            credentials,
            envelopes,
            sums,
            count,
            partials,
            result,
        )
        data = stream.getvalue()
        self.played.members[record.round_path(gate.slot, "election.bel")] = data
        return sha256(data).hex()

    def certify(
        self, gate: Gate, facts: RoundFacts, tablet: Totals, envelopes: list[Envelope]
    ) -> dict[str, Any]:
        """Counted, certificate, Certified; the round's other members of the record."""
        outcome = round_outcome(self.definition, facts)
        totals = [list(row) for row in facts.totals]
        counted = {"tablet": [list(row) for row in tablet], "totals": totals, "outcome": outcome}
        self.publish("counted", counted, {}, facts.slot)
        facts = replace(facts, log=self.board.log, minute=self.clock())
        certificate = build_certificate(self.definition, facts)
        signers = (
            self.one("chief_scrutineer")
            | {"scrutineer": self.holders("scrutineer")[:2], "teller": self.holders("teller")[:2]}
            | self.presidium
        )
        body = {"certificate": certificate_digest(certificate)}
        event = self.publish("certified", body, signers, facts.slot, facts.minute)
        signatures = [
            {"signer": s.signer, "role": s.role, "signature": s.signature} for s in event.signatures
        ]
        paths = {
            "admissions.jsonl": b"".join(ballots.admission_line(e) + b"\n" for e in envelopes),
            "outcome.json": dumps(
                {"items": list(facts.items), "totals": totals, "outcome": outcome}
            ),
            "certificate.json": dumps({"certificate": certificate, "signatures": signatures}),
        }
        if facts.paper is not None:
            paths["paper.json"] = dumps(facts.paper)
        for name, data in paths.items():
            self.played.members[record.round_path(gate.slot, name)] = data
        self.played.certificates.append(certificate)
        self.played.facts.append(facts)
        return certificate
