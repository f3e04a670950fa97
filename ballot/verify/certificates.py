"""Totals, outcome and certificate of one round: V11, V12 and V13.

Everything is computed anew from the box, the paper sheet and the adopted rules, and then
compared with what was stated, byte for byte.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ballot.crypto.encoding import code_of_hex, dumps, loads
from ballot.crypto.errors import Invalid
from ballot.tally import record, styles
from ballot.tally.certificate import (
    ChannelCount,
    RoundFacts,
    build_certificate,
    certificate_digest,
    round_outcome,
)
from ballot.tally.events import Event
from ballot.tally.paper_sheet import ANSWERS, refused_sheet
from ballot.tally.rounds import union_of_rounds
from ballot.tally.session import CHANNELS, Vote
from ballot.tally.state import Round
from ballot.tally.styles import Totals
from ballot.verify.box import Box
from ballot.verify.chronicle import Chronicle
from ballot.verify.container import Container
from ballot.verify.report import Checklist


@dataclass(slots=True)
class RoundCheck:
    """What the totals, the outcome and the certificate of one round are checked against.

    ``reached`` are the checks that ran to their end on this round.
    """

    chronicle: Chronicle
    container: Container
    checks: Checklist
    one: Round
    box: Box | None
    reached: set[str] = field(default_factory=set)
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def vote(self) -> Vote:
        """The vote that the round belongs to."""
        return self.chronicle.state.vote(self.one.slot)

    def run(self) -> dict[str, Any]:
        """All checks of the round; returns what a reader compares with the notice."""
        document = self._read("certificate.json", loads)
        self.document = document if isinstance(document, dict) else {}
        channels = self._channels()
        facts = self._facts(channels) if channels is not None else None
        if facts is not None:
            self._totals(facts)
            self._outcome(facts)
        return self._certificate(facts)

    def _failed(self, name: str, error: Invalid) -> None:
        self.checks.failed(name, Invalid(error.code, f"{self.one.slot}: {error.detail}"))

    def _read(self, name: str, read: Callable[[bytes], Any]) -> Any:
        """A document of the round, or None; V1 names what is missing or not canonical."""
        data = self.container.read(record.round_path(self.one.slot, name))
        if data is None:
            return None
        try:
            return read(data)
        except Invalid as error:
            self._failed("V1", Invalid(error.code, f"{name}: {error.detail}"))
            return None

    # V11.

    def _channels(self) -> tuple[ChannelCount, ...] | None:
        """I, R, V and totals per channel; None while those of the tablets are not known."""
        one, found = self.one, []
        for name in (name for name in CHANNELS if name in one.channels):
            issued, returned = one.issued.get(name, 0), one.returned.get(name, 0)
            if name == "paper":
                found.append(self._paper(issued, returned))
            elif self.box is None or self.box.totals is None:
                return None
            else:
                count = self.box.count
                found.append(ChannelCount(name, issued, count, count, self.box.totals))
        return tuple(found)

    def _paper(self, issued: int, returned: int) -> ChannelCount:
        sheet = self.one.paper
        if sheet is None:
            return ChannelCount("paper", issued, returned, 0, self._nothing())
        try:
            for error in refused_sheet(self.vote, self.one, dict(sheet)):
                self._failed("V11", error)
            rows = tuple(tuple(row) for row in sheet["rows"])
        except Invalid as error:
            self._failed("V11", error)
            rows = self._nothing()
        return ChannelCount("paper", issued, sheet["returned"], sheet["valid"], rows)

    def _nothing(self) -> Totals:
        return ((0,) * ANSWERS[self.vote.style],) * len(self.one.items)

    def _totals(self, facts: RoundFacts) -> None:
        totals, paper = [list(row) for row in facts.totals], self.one.paper
        tablet = [list(row) for row in self.box.totals or ()] if self.box else None
        stated = self._counted()
        if (stated["totals"], stated["tablet"]) != (totals, tablet):
            what = "the totals counted are not those of tablets and papers"
            self._failed("V11", Invalid("record.totals", what))
        outcome = self._read("outcome.json", loads)
        if isinstance(outcome, dict) and outcome.get("totals") != totals:
            self._failed("V11", Invalid("record.totals", "outcome.json states other totals"))
        sheet = self._read("paper.json", loads)
        if sheet != (dict(paper) if paper else None):
            self._failed("V11", Invalid("record.paper", "paper.json is not the valid sheet"))
        self.reached.add("V11")

    def _counted(self) -> Any:
        event = self.chronicle.counted.get(self.one.slot)
        return event.body if event else {"totals": None, "tablet": None, "outcome": None}

    # V12.

    def _facts(self, channels: Sequence[ChannelCount]) -> RoundFacts | None:
        one, state = self.one, self.chronicle.state
        issue, box = state.issues.get(one.slot), self.box
        event, stated = self._event(), self._stated()
        if issue is None or event is None:
            return None
        total = self._nothing()
        for channel in channels:
            total = styles.add_totals(total, channel.totals)
        certificates = [entry.certificate for entry in one.certificates]
        overrides = state.overrides.get(one.slot, ())
        return RoundFacts(
            slot=one.slot,
            round_kind=one.kind,
            run_off=one.run_off,
            replaces=certificates[-2] if len(certificates) > 1 else None,
            calling=one.calling,
            fingerprint=one.fingerprint,
            attendance=issue.attendance,
            present=issue.present,
            channels=tuple(channels),
            void_reasons=dict(one.paper["void"]) if one.paper else {},
            unused_slips=issue.unused_slips,
            sealed=(box.count, one.root or "") if box else None,
            archive=box.archive if box else None,
            log=str(stated.get("log", "")),
            overrides=tuple(override.text for override in overrides),
            items=one.items,
            seats=one.seats,
            totals=total,
            paper=dict(one.paper) if one.paper else None,
            before=self._before(),
            minute=event.minute,
        )

    def _before(self) -> tuple[str, ...]:
        state = self.chronicle.state
        earlier = [x for x in state.rounds_of(self.vote) if x.number < self.one.number]
        try:
            results = [result for entry in earlier for result in entry.results()]
            return union_of_rounds(self.vote.seats, results).elected
        except Invalid as error:
            self._failed("V14", error)
            return ()

    def _outcome(self, facts: RoundFacts) -> None:
        outcome = round_outcome(self.chronicle.definition, facts)
        if self._counted()["outcome"] != outcome:
            what = "the outcome counted is not what the rules give"
            self._failed("V12", Invalid("record.outcome", what))
        totals = [list(row) for row in facts.totals]
        due = {"items": list(facts.items), "totals": totals, "outcome": outcome}
        data = self.container.read(record.round_path(facts.slot, "outcome.json"))
        if data != dumps(due):
            what = "outcome.json is not what the rules give"
            self._failed("V12", Invalid("record.outcome", what))
        if self._stated().get("outcome") != outcome:
            what = "the certificate states another outcome"
            self._failed("V12", Invalid("record.outcome", what))
        self.reached.add("V12")

    # V13.

    def _event(self) -> Event | None:
        """The last certifying event."""
        events = self.chronicle.certified.get(self.one.slot)
        return events[-1] if events else None

    def _stated(self) -> dict[str, Any]:
        found = self.document.get("certificate")
        return found if isinstance(found, dict) else {}

    def _certificate(self, facts: RoundFacts | None) -> dict[str, Any]:
        document, event = self.document, self._event()
        stated = self._stated()
        if event is None or not stated:
            return {}
        digest = certificate_digest(stated)
        if event.body["certificate"] != digest:
            what = "certificate.json is not the certificate that was signed"
            self._failed("V13", Invalid("certificate.digest", what))
        signatures = [
            {"signer": s.signer, "role": s.role, "signature": s.signature} for s in event.signatures
        ]
        if document != {"certificate": stated, "signatures": signatures}:
            what = "certificate.json has not exactly the signatures of its event"
            self._failed("V13", Invalid("certificate.signatures", what))
        self._log(str(stated.get("log")), event)
        if facts is not None:
            self._compare(stated, build_certificate(self.chronicle.definition, facts))
            self.reached.add("V13")
        elif self.box and self.box.archive not in (None, stated.get("archive")):
            what = "the certificate says otherwise of archive"
            self._failed("V13", Invalid("certificate.content", what))
        return {
            "certificate": digest,
            "certificate_code": code_of_hex(digest),
            "replaced": [entry.certificate for entry in self.one.certificates[:-1]],
            "totals": stated.get("totals"),
            "elected": stated.get("elected"),
        }

    def _log(self, log: str, event: Event) -> None:
        """The signers saw what was counted, and nothing that came after they signed (E25)."""
        order, counted = self.chronicle.order, self.chronicle.counted.get(self.one.slot)
        first = counted.number if counted else 0
        if not first <= order.get(log, -1) < event.number:
            self._failed("V13", Invalid("certificate.log", "not an event since the count"))

    def _compare(self, stated: dict[str, Any], due: dict[str, Any]) -> None:
        if dumps(stated) == dumps(due):
            return
        names = sorted(n for n in {*stated, *due} if stated.get(n) != due.get(n)) or ["members"]
        what = f"the certificate says otherwise of {', '.join(names)}"
        self._failed("V13", Invalid("certificate.content", what))
