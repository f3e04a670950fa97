"""Where a session stands after its events: values only, and what follows from them.

Built by :func:`ballot.tally.lifecycle.apply`; nothing here decides what may follow what.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ballot.crypto.errors import Invalid
from ballot.tally.rounds import Lots, Union, union_of_rounds
from ballot.tally.rounds import Round as Result
from ballot.tally.session import Definition, Vote
from ballot.tally.stated import read_selection
from ballot.tally.turnout import quorum_min

RoundKind = Literal["first", "run_off", "revote", "second"]


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What the one check-in of a slot gave out; ``present`` is P."""

    present: int
    attendance: str
    tablet: int
    paper: int
    unused_slips: int


@dataclass(frozen=True)
class Seal:
    """What a trustee signed: fingerprint, size and root of the sealed box."""

    fingerprint: str
    size: int
    root: str


@dataclass(frozen=True)
class Certified:
    """A certificate in force when its event was published. ``event`` is the event's digest."""

    event: str
    certificate: str


@dataclass(frozen=True)
class Override:
    """What the presidium let pass for one slot, and why."""

    permits: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Round:
    """One casting of a vote; it exists from the first event on (first rounds) or from the
    event that called it. Digests are hex, ``calling`` and ``voided`` are events.

    ``issued`` and ``returned`` are per channel in use, empty until the round opens or closes.
    ``counted`` is the body of the event in force, None again after a corrected paper sheet;
    ``current``: the last certificate is of what is counted.
    ``run_off``: most votes decide; also in the repeated vote of a run-off.
    """

    slot: str
    number: int
    kind: RoundKind
    run_off: bool
    items: tuple[str, ...]
    seats: int
    calling: str | None = None
    parent: str | None = None
    box_empty: bool = False
    opened: str | None = None
    head_count: int = 0
    channels: tuple[str, ...] = ()
    fingerprint: str | None = None
    issued: Mapping[str, int] = field(default_factory=dict)
    closed: str | None = None
    returned: Mapping[str, int] = field(default_factory=dict)
    root: str | None = None
    seals: Mapping[str, Seal] = field(default_factory=dict)
    paper: Mapping[str, Any] | None = None
    paper_event: str | None = None
    partials: Mapping[int, str] = field(default_factory=dict)
    counted: Mapping[str, Any] | None = None
    ever_counted: bool = False
    certificates: tuple[Certified, ...] = ()
    current: bool = False
    voided: str | None = None
    void_reason: str | None = None
    settled: str | None = None
    drawn: tuple[str, ...] = ()
    vacancies: int | None = None

    @property
    def is_open(self) -> bool:
        """Ballots are being cast."""
        return bool(self.opened and not self.closed and not self.voided)

    @property
    def is_over(self) -> bool:
        """Voided, or certified with no later correction waiting for its certificate."""
        return self.voided is not None or self.current

    @property
    def tablets(self) -> bool:
        """Whether the round has a box; a round for paper only has none."""
        return "tablet" in self.channels

    @property
    def paper_due(self) -> bool:
        """Papers were issued and their sheet is not signed."""
        return self.issued.get("paper", 0) > 0 and self.paper is None

    @property
    def seal(self) -> Seal | None:
        """The only seal the round can have: what opening and closing stated."""
        if self.fingerprint is None or self.root is None:
            return None
        return Seal(self.fingerprint, self.returned["tablet"], self.root)

    @property
    def sealers(self) -> tuple[str, ...]:
        """The trustees who signed exactly that seal, sorted."""
        return tuple(sorted(t for t, seal in self.seals.items() if seal == self.seal))

    @property
    def surplus(self) -> bool:
        """R > I in some channel: the whole vote is void (counting rules §5.3)."""
        return any(count > self.issued.get(name, 0) for name, count in self.returned.items())

    @property
    def selection(self) -> Result | None:
        """The counted outcome of places filled; None before, and where nothing was elected
        by places (ratings, motions).
        """
        outcome = self.counted["outcome"] if self.counted else None
        found = read_selection(outcome, len(self.items))
        return Result(self.items, found) if found else None

    @property
    def tie_open(self) -> bool:
        """Items are tied at the cut, and the presidium has not settled it."""
        return bool(self.selection and self.selection.tied and not self.settled)

    def results(self) -> tuple[Result | Lots, ...]:
        """What a certified round adds to the union of its vote."""
        found = self.selection if self.certificates and not self.voided else None
        if not found:
            return ()
        return (found, Lots(found, self.drawn)) if self.drawn else (found,)


@dataclass(frozen=True, kw_only=True)
class State:
    """A session after some of its events. ``log``: the digests of all of them; ``last``: that
    of the last one; ``check_in``: the slots of the check-in that is open.
    """

    definition: Definition
    session: str
    number: int = 0
    last: str | None = None
    log: frozenset[str] = frozenset()
    defined: bool = False
    adopted: bool = False
    trustees: str | None = None
    rules_adopted: bool = False
    check_in: tuple[str, ...] = ()
    issues: Mapping[str, Issue] = field(default_factory=dict)
    overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
    rounds: Mapping[str, Round]
    published: bool = False

    def round(self, slot: str) -> Round:
        """The round of that slot; raises ``event.slot`` when none was called there."""
        if slot not in self.rounds:
            raise Invalid("event.slot", f"no round in slot {slot}")
        return self.rounds[slot]

    def vote(self, slot: str) -> Vote:
        """The vote that a slot belongs to; raises ``definition.slot``."""
        return self.definition.slot(slot)[0]

    def rounds_of(self, vote: Vote) -> tuple[Round, ...]:
        """The rounds of a vote so far, in their order."""
        return tuple(self.rounds[slot.id] for slot in vote.slots if slot.id in self.rounds)

    def union(self, vote: Vote) -> Union:
        """What the certified rounds of a vote elected, lots included, and the open places.

        Raises ``round.elected_twice``, ``round.over_seats`` or ``round.wrong_lots``.
        """
        results = [result for one in self.rounds_of(vote) for result in one.results()]
        return union_of_rounds(vote.seats, results)

    def permits(self, slot: str, what: str) -> bool:
        """Whether the presidium overrode ``few_issued``, ``few_ballots`` or ``few_papers``."""
        return any(override.permits == what for override in self.overrides.get(slot, ()))

    def participation_failed(self, one: Round) -> bool:
        """R12 is on and not 2R > N (counting rules §5.4)."""
        rules = self.vote(one.slot).rules
        returned = sum(one.returned.values())
        wanted = rules.participation_quorum == "majority_all_voting"
        return wanted and bool(one.closed) and 2 * returned <= self.definition.deputies

    def quorum_met(self, slot: str, present: int) -> bool:
        """R01 for the rules of that slot's vote."""
        return present >= quorum_min(self.vote(slot).rules, self.definition.deputies)

    def with_round(self, slot: str, **changes: Any) -> "State":
        """The same with another round in a slot that has one."""
        changed = replace(self.rounds[slot], **changes)
        return replace(self, rounds={**self.rounds, slot: changed})


def initial(definition: Definition) -> State:
    """A session without events: each vote has its first round before it."""
    first = {
        vote.slots[0].id: Round(
            slot=vote.slots[0].id,
            number=1,
            kind="first",
            run_off=False,
            items=tuple(item.id for item in vote.items),
            seats=vote.seats,
        )
        for vote in definition.votes
    }
    return State(definition=definition, session=definition.session, rounds=first)
