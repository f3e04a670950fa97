"""The certificate (计票结果报告单): what the officials sign, a function of the round's facts.

Source: protocol §9, counting-rules.md §5, §10; docs/record.md. The verifier rebuilds the
certificate from the record and compares bytes; nothing in it is taken on trust.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ballot.crypto.encoding import digest
from ballot.tally.count import Counts, Kind, count
from ballot.tally.grades import GradeCounts, Rating, rate
from ballot.tally.marks import VOID_REASONS
from ballot.tally.outcome import Outcome
from ballot.tally.session import Definition, Vote
from ballot.tally.styles import Totals
from ballot.tally.turnout import Channel, Turnout


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """I, R, V and X of one channel, with the totals of its valid ballots."""

    name: str
    issued: int
    returned: int
    valid: int
    totals: Totals

    @property
    def void(self) -> int:
        """X = R − V."""
        return self.returned - self.valid

    def encode(self) -> dict[str, Any]:
        """As it stands in the certificate."""
        return {
            "name": self.name,
            "issued": self.issued,
            "returned": self.returned,
            "valid": self.valid,
            "void": self.void,
        }


def decide(
    vote: Vote,
    run_off: bool,
    candidates: int,
    seats: int,
    deputies: int,
    present: int,
    channels: Sequence[ChannelCount],
    totals: Totals,
) -> Outcome | Rating:
    """Apply the rules to one round (counting-rules.md §5, §11, §12)."""
    heads = Turnout(
        deputies_all=deputies,
        present=present,
        issued=sum(c.issued for c in channels),
        returned=sum(c.returned for c in channels),
        valid=sum(c.valid for c in channels),
        invalid=sum(c.void for c in channels),
        channels=tuple(
            Channel(
                name=c.name,
                issued=c.issued,
                returned=c.returned,
                valid=c.valid,
                yes=() if vote.style == "grades" else tuple(row[0] for row in c.totals),
            )
            for c in channels
        ),
    )
    if vote.style == "grades":
        return rate(vote.rules, heads, [_grades(row) for row in totals])
    kind: Kind = "motion" if vote.style == "motion" else "choose"
    if run_off:
        kind = "runoff"
    columns = list(zip(*totals, strict=True))
    full = len(columns) == 3
    counts = Counts(
        **vars(heads),
        seats=1 if vote.style == "motion" else seats,
        candidates=candidates,
        yes=columns[0],
        no=columns[1] if full else None,
        abstain=columns[2] if full else None,
    )
    return count(vote.rules, kind, counts)


def _grades(row: tuple[int, ...]) -> GradeCounts:
    satisfied, basic, unsatisfied, unknown, abstain = row
    return GradeCounts(
        satisfied=satisfied,
        basic=basic,
        unsatisfied=unsatisfied,
        unknown=unknown,
        abstain=abstain,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFacts:
    """Everything a certificate states beside the definition. Digests are hex.

    ``run_off``: most votes decide, in a run-off and in its repeated vote (§6).
    """

    slot: str
    round_kind: str
    run_off: bool
    replaces: str | None
    calling: str | None
    fingerprint: str | None
    attendance: str
    present: int
    channels: tuple[ChannelCount, ...]
    void_reasons: dict[str, int]
    unused_slips: int
    sealed: tuple[int, str] | None
    archive: str | None
    log: str
    overrides: tuple[str, ...]
    items: tuple[str, ...]
    seats: int
    totals: Totals
    paper: dict[str, Any] | None
    before: tuple[str, ...]
    minute: str


def round_outcome(definition: Definition, facts: RoundFacts) -> dict[str, Any]:
    """The encoded outcome of the round."""
    vote, _, _ = definition.slot(facts.slot)
    outcome = decide(
        vote,
        facts.run_off,
        len(facts.items),
        facts.seats,
        definition.deputies,
        facts.present,
        facts.channels,
        facts.totals,
    )
    return outcome.encode()


def build_certificate(definition: Definition, facts: RoundFacts) -> dict[str, Any]:
    """The certificate of a round; ``facts.before`` are the items that earlier rounds elected."""
    vote, _, _ = definition.slot(facts.slot)
    outcome = round_outcome(definition, facts)
    elected = [facts.items[i] for i in outcome.get("elected", [])]
    sealed = facts.sealed and {"size": facts.sealed[0], "root": facts.sealed[1]}
    return {
        "kind": "certificate",
        "version": 1,
        "session": definition.session,
        "slot": facts.slot,
        "round_kind": facts.round_kind,
        "replaces": facts.replaces,
        "calling": facts.calling,
        "fingerprint": facts.fingerprint,
        "rule_digest": vote.rule_digest,
        "attendance": facts.attendance,
        "deputies": definition.deputies,
        "present": facts.present,
        "channels": [channel.encode() for channel in facts.channels],
        "void_reasons": {name: facts.void_reasons.get(name, 0) for name in VOID_REASONS},
        "unused_slips": facts.unused_slips,
        "sealed": sealed,
        "archive": facts.archive,
        "log": facts.log,
        "overrides": list(facts.overrides),
        "items": list(facts.items),
        "seats": facts.seats,
        "totals": [list(row) for row in facts.totals],
        "outcome": outcome,
        "paper": facts.paper,
        "elected": [*facts.before, *elected],
        "minute": facts.minute,
    }


def certificate_digest(certificate: dict[str, Any]) -> str:
    """Hex digest of the certificate; its code is the 证书码."""
    return digest(certificate)
