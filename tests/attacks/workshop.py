"""An attacker's workshop: one thing is changed, and what follows from it is made anew.

A :class:`Forgery` makes anew whatever follows: chain and signatures of the events, chain of
the ``.bel``, trackers, root, sum, factors, outcome and certificate. What is not made anew is
the thing that a case tests (rule 3 of the catalogue).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ballot.crypto import merkle, proofs
from ballot.crypto.elgamal import Ciphertext, encrypt, product
from ballot.crypto.encoding import dumps
from ballot.crypto.threshold import verify_trustees
from ballot.tally import aggregate, styles
from ballot.tally.certificate import build_certificate
from ballot.tally.gate import Gate
from tests import archives
from tests.archives import Raw
from tests.attacks.parts import Parts
from tests.attacks.played import FIRST
from tests.elections import less, make_ballot, prove_or, sign

Rows = Sequence[Sequence[int]]


class Forgery(Parts):
    """One record on the bench."""

    def put(self, number: int, value: Any, slot: str = FIRST, signed: bool = True) -> None:
        """Another n-th ballot; signed anew by its credential unless told otherwise."""
        if signed:
            s = self.wallet(value["credential"], slot).s
            body = sign(self.group, value, s, self.random)
        else:
            body = value if isinstance(value, bytes) else archives.compact(value)
        self.stages[slot][self.ballots(slot)[number]] = archives.ballot(body)

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
        listed = self.gate(slot).drawn or {value["credential"] for value in values}
        credentials = archives.compact(sorted(listed))
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
        trustees = verify_trustees(group, made.trustees_bytes)
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
        totals = table = tuple(tuple(row) for row in tablet)
        count = size["returned"]
        channels = [replace(facts.channels[0], returned=count, valid=count, totals=table)]
        if facts.paper is not None:
            paper = self.body("paper_counted", slot=slot)
            rows = tuple(tuple(row) for row in paper["rows"])
            totals = styles.add_totals(table, rows)
            stated = {k: paper[k] for k in ("issued", "returned", "valid")}
            channels.append(replace(facts.channels[1], **stated, totals=rows))
            facts = replace(facts, paper=paper, void_reasons=paper["void"])
        facts = replace(
            facts,
            channels=tuple(channels),
            totals=totals,
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
        if self.facts[slot].paper is not None:
            paper = self.body("paper_counted", slot=slot)
            self.members[self.path("paper.json", slot)] = dumps(paper)
