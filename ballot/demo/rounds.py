"""One round on the stage, from the empty box to its certificate or to its end as void.

What kind of round it is, on which items and for how many places is told by the board.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ballot.crypto import merkle
from ballot.crypto.threshold import verify_trustees
from ballot.demo.certifying import certify, tablet_files
from ballot.demo.officials import Trustee
from ballot.demo.papers import Papers, count_papers
from ballot.demo.stage import Stage
from ballot.tally import aggregate, styles
from ballot.tally.admission import check_envelope
from ballot.tally.envelope import Envelope
from ballot.tally.gate import build_gate
from ballot.tally.state import Round
from ballot.tally.styles import Totals


class Casting:
    """The round in ``slot``. Each method is one act and publishes its events."""

    def __init__(self, stage: Stage, slot: str) -> None:
        self.stage, self.slot = stage, slot
        one = self.round
        self.gate = build_gate(stage.definition, stage.y, slot, one.items, one.seats, one.calling)
        self.sealed: dict[bytes, bytes] = {}
        self.envelopes: list[Envelope] = []
        self.sums = aggregate.empty_sums(
            self.gate.group, [question.width for question in self.gate.election.questions]
        )
        self.tablet_totals: Totals | None = None
        self.archive: str | None = None

    @property
    def round(self) -> Round:
        """What the events have told of this round."""
        return self.stage.board.state.round(self.slot)

    def play(self, marks: Sequence[str], papers: Papers = ()) -> dict[str, Any]:
        """A round in which nothing happens out of the ordinary; returns the certificate."""
        self.open()
        self.cast(marks)
        self.close(len(papers))
        self.seal()
        if self.round.paper_due:
            self.count_papers(papers)
        self.decrypt()
        return self.certify()

    def open(self, papers_anew: int | None = None) -> None:
        """BoxEmpty and RoundOpened. With ``papers_anew``, so many are handed out and no
        tablet votes.
        """
        stage = self.stage
        issue = stage.board.state.issues[self.slot]
        paper_only, paper = papers_anew is not None, bool(papers_anew or issue.paper)
        empty = {"envelopes": 0, "paper_boxes": int(paper)}
        stage.publish("box_empty", empty, stage.one("chief_scrutineer"), self.slot)
        body = {
            "log": stage.board.log,
            "present": issue.present,
            "channels": ["tablet"] * (not paper_only) + ["paper"] * (paper or paper_only),
            "fingerprint": None if paper_only else self.gate.election.fingerprint,
            "issued_paper": papers_anew,
        }
        stage.publish("round_opened", body, stage.one("presiding_officer"), self.slot)
        if not paper_only:
            stage.tablets.open(self.gate)

    def cast(self, marks: Sequence[str]) -> None:
        """One ballot each by the first so many deputies on tablets."""
        for i, (ballot, wallet) in enumerate(
            zip(marks, self.stage.wallets[self.slot], strict=False), 1
        ):
            self.stage.tablets.cast(self.gate, ballot, wallet)
            self.stage.progress("cast", i, len(marks))

    def close(self, papers: int = 0) -> None:
        """RoundClosed; so many ``papers`` lie in their box."""
        stage, tablet = self.stage, None
        if self.round.tablets:
            self.sealed = stage.tablets.close(self.gate)
            root = merkle.sorted_root(self.sealed).hex()
            tablet = {"returned": len(self.sealed), "root": root}
        paper = {"returned": papers} if "paper" in self.round.channels else None
        body = {"log": stage.board.log, "tablet": tablet, "paper": paper}
        stage.publish("round_closed", body, stage.one("presiding_officer"), self.slot)

    def void(self, reason: str, text: str = "") -> None:
        """The presidium voids the round; what was cast is never decrypted."""
        if self.round.is_open and self.round.tablets:
            self.stage.tablets.close(self.gate)
        body = {"log": self.stage.board.log, "reason": reason, "text": text}
        self.stage.publish("voided", body, self.stage.presidium, self.slot)

    def seal(self, trustees: Iterable[Trustee] | None = None) -> None:
        """They (the first q) fetch the box, verify it, recompute root and sum, and sign.

        All simulated devices run on one machine: the box is verified once for them.
        """
        for i, data in enumerate(self.sealed.values(), 1):
            admitted = check_envelope(self.gate, data)
            self.sums = aggregate.add(self.gate.group, self.sums, admitted.opened.ciphertexts)
            self.envelopes.append(admitted.envelope)
            self.stage.progress("seal", i, len(self.sealed))
        body = {
            "fingerprint": self.gate.election.fingerprint,
            "size": len(self.sealed),
            "root": self.round.root,
        }
        for trustee in trustees or self.stage.trustees[: self.stage.definition.seal_quorum]:
            self.stage.publish("sealed", body, {"trustee": [trustee.official]}, self.slot)

    def count_papers(self, papers: Papers) -> None:
        """The paper sheet; a later one replaces the one before."""
        body = count_papers(self.stage.board.state.vote(self.slot), self.round, papers)
        self.stage.publish("paper_counted", body, self.stage.counters, self.slot)

    def decrypt(self, trustees: Iterable[Trustee] | None = None) -> None:
        """They (the last t) decrypt the sealed sum, each on the own device."""
        group, definition = self.gate.group, self.stage.definition
        keys = verify_trustees(group, self.stage.trustees_bytes)
        widths = [question.width for question in self.gate.election.questions]
        fingerprint, random = self.gate.election.fingerprint, self.stage.random
        partials: dict[int, bytes] = {}
        opened: dict[int, aggregate.Partial] = {}
        for trustee in trustees or self.stage.trustees[-definition.threshold :]:
            owner = trustee.secret.index
            data = aggregate.decrypt_partially(group, fingerprint, trustee.share, self.sums, random)
            partial = aggregate.decode_partial(group, widths, data)
            aggregate.verify_partial(group, fingerprint, keys.key_of(owner), self.sums, partial)
            body = {"owner": owner, "partial": data.decode()}
            self.stage.publish("decrypted", body, {"trustee": [trustee.official]}, self.slot)
            partials[owner], opened[owner] = data, partial
        factors = aggregate.combine(group, keys, opened)
        result = aggregate.totals(group, self.sums, factors, len(self.sealed))
        self.tablet_totals = styles.totals_of(self.gate.style, result, len(self.sealed))
        self.archive = tablet_files(
            self.stage, self.gate, self.envelopes, self.sums, partials, result
        )

    def certify(self) -> dict[str, Any]:
        """Counted and Certified, and the round's documents; after a corrected paper sheet
        once more. Returns the certificate.
        """
        return certify(self.stage, self.round, self.tablet_totals, self.archive)
