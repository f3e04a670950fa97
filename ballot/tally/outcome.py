"""What a round came to: the values that :mod:`ballot.tally.count` returns.

``summary()`` has exactly the fields that counting vectors compare, ``encode()`` is the value
that stands in certificates and records: canonical JSON, the same bytes for the same counts.
Items are positions on the round's ballot, from 0.
"""

from dataclasses import dataclass
from typing import Any, Literal

Stop = Literal["input_error", "no_quorum", "void_revote", "participation_quorum_failed"]


@dataclass(frozen=True)
class NotCounted:
    """A round that is not valid: it has no totals and no outcome per item.

    ``problem`` names the contradiction of an ``input_error`` (message key ``count.problem.…``),
    ``item`` or ``channel`` its place; otherwise they are empty.
    """

    session: Stop
    problem: str = ""
    item: int | None = None
    channel: str | None = None

    def summary(self) -> dict[str, Any]:
        """The fields of a vector's outcome."""
        return {"session": self.session}

    def encode(self) -> dict[str, Any]:
        """The value for records."""
        return {"session": self.session, "problem": self.problem}


@dataclass(frozen=True)
class Reason:
    """Why one item ended as it did: all that the sentence read out needs (§5, table).

    ``outcome``: ``elected``, ``not_chosen``, ``not_passed``, ``tied``, ``second_tie``; of a
    motion ``passed``, ``failed``. ``rule``: the R13 word applied, or ``runoff`` (most votes).
    ``rank`` = 1 + number of items with more approvals. ``others`` are the items it is tied
    with. ``places``: for ``not_chosen`` the places there were, for ties those still open.
    """

    item: int
    outcome: str
    yes: int
    rank: int
    rule: str
    threshold_votes: int
    others: tuple[int, ...] = ()
    places: int = 0

    def encode(self) -> dict[str, Any]:
        """The value for records."""
        return dict(vars(self)) | {"others": list(self.others)}


@dataclass(frozen=True)
class Warnings:
    """``below_statutory``: R13 is weaker than the law's majority of all deputies;
    ``below_majority_all`` names the items that were decided with 2y <= N because of it (§5).
    ``unanimous`` names the items whose total shows everyone's choice (§9).
    """

    below_statutory: bool
    below_majority_all: tuple[int, ...]
    unanimous: tuple[int, ...]

    def encode(self) -> dict[str, Any]:
        """The value for records."""
        return {
            "below_statutory": self.below_statutory,
            "below_majority_all": list(self.below_majority_all),
            "unanimous": list(self.unanimous),
        }


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The outcome of a valid round on projects (kinds ``choose`` and ``runoff``).

    ``elected`` is sorted by approvals, equal ones in ballot order, the other lists are in
    ballot order; each item stands in exactly one list. ``open_seats`` = run-off (or second
    tie) places + ``shortfall``.
    """

    threshold_votes: int
    elected: tuple[int, ...]
    not_chosen: tuple[int, ...]
    not_passed: tuple[int, ...]
    runoff: tuple[int, ...]
    runoff_seats: int
    second_tie: tuple[int, ...]
    second_tie_seats: int
    open_seats: int
    shortfall: int
    reasons: tuple[Reason, ...]
    warnings: Warnings
    session: Literal["valid"] = "valid"

    def summary(self) -> dict[str, Any]:
        """The fields of a vector's outcome."""
        return {
            "session": self.session,
            "threshold_votes": self.threshold_votes,
            "elected": list(self.elected),
            "not_chosen": list(self.not_chosen),
            "not_passed": list(self.not_passed),
            "runoff": list(self.runoff),
            "runoff_seats": self.runoff_seats,
            "second_tie": list(self.second_tie),
            "second_tie_seats": self.second_tie_seats,
            "open_seats": self.open_seats,
            "shortfall": self.shortfall,
        }

    def encode(self) -> dict[str, Any]:
        """The value for records: the summary, the reasons and the warnings."""
        return self.summary() | {
            "reasons": [reason.encode() for reason in self.reasons],
            "warnings": self.warnings.encode(),
        }


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The outcome of a valid round on a motion (§12): passed iff y >= m."""

    threshold_votes: int
    passed: bool
    reasons: tuple[Reason, ...]
    warnings: Warnings
    session: Literal["valid"] = "valid"

    def summary(self) -> dict[str, Any]:
        """The fields of a vector's outcome."""
        return {
            "session": self.session,
            "threshold_votes": self.threshold_votes,
            "passed": self.passed,
        }

    def encode(self) -> dict[str, Any]:
        """The value for records: the summary, the reason and the warnings."""
        return self.summary() | {
            "reasons": [reason.encode() for reason in self.reasons],
            "warnings": self.warnings.encode(),
        }


Outcome = NotCounted | Selection | Decision
