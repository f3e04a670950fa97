"""Counts of one round -> its outcome, with the reason for every item. Counting rules §5.

The outcome is a pure function of the rules, the kind of round and the counts. Projects are
named by their position on the round's ballot, from 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ballot.tally.outcome import Decision, NotCounted, Outcome, Reason, Selection, Warnings
from ballot.tally.rules import Rules
from ballot.tally.turnout import (
    Channel,
    Turnout,
    before_counting,
    below_statutory,
    contradiction,
    unanimous,
)

Kind = Literal["choose", "runoff", "motion"]


@dataclass(frozen=True, kw_only=True)
class Counts(Turnout):
    """Everything counted in one round: 赞成 per project in ballot order, and 反对 and 弃权,
    both or neither (style ``approve``, and counts taken over from elsewhere, have none).
    ``seats`` are the places to fill, in a run-off those still open; a motion has 1.
    """

    seats: int
    candidates: int
    yes: tuple[int, ...]
    no: tuple[int, ...] | None = None
    abstain: tuple[int, ...] | None = None

    def numbers(self) -> Iterable[int]:
        """As :meth:`Turnout.numbers`, and those of the items."""
        yield from super().numbers()
        yield from (self.seats, self.candidates)
        for marks in (self.yes, self.no or (), self.abstain or ()):
            yield from marks


def count(rules: Rules, kind: Kind, counts: Counts) -> Outcome:
    """Apply §5 to one round; the first test that applies decides."""
    stopped = before_counting(rules, counts, counts.numbers())
    stopped = stopped or _contradiction(rules, kind, counts)
    if stopped:
        return stopped
    # In a run-off all have passed before, so most votes decide, whatever R13 says (§6).
    rule = "runoff" if kind == "runoff" else rules.threshold
    majority = threshold_votes(rule, counts)
    if kind == "motion":
        return _decide(rules, rule, counts, majority)
    return _select(rules, rule, counts, majority)


def threshold_votes(rule: str, turnout: Turnout) -> int:
    """m, the fewest approvals that pass under an R13 word; never less than 1, so that no
    project passes without any approval.
    """
    base = {
        "majority_all": turnout.deputies_all,
        "majority_present": turnout.present,
        "majority_returned": turnout.returned,
        "majority_valid": turnout.valid,
    }
    # 过半数 is more than half; exactly half is not (§1).
    return base[rule] // 2 + 1 if rule in base else 1


def _contradiction(rules: Rules, kind: Kind, counts: Counts) -> NotCounted | None:
    """Step 5: counts that contradict each other."""
    stopped = contradiction(counts)
    if stopped:
        return stopped
    size, seats = counts.candidates, counts.seats
    if size < 1 or seats < 1 or (kind == "motion" and (size, seats) != (1, 1)):
        return NotCounted("input_error", "nothing_to_choose")
    if kind == "runoff" and size <= seats:
        return NotCounted("input_error", "runoff_without_choice")
    piles: list[Counts | Channel] = [counts, *counts.channels]
    for pile in piles:
        yes, name = pile.yes, pile.name if isinstance(pile, Channel) else None
        if len(yes) != size:
            return NotCounted("input_error", "yes_length", channel=name)
        for item, approvals in enumerate(yes):
            if approvals > pile.valid:
                return NotCounted("input_error", "yes_over_valid", item, name)
        # A valid ballot approves at most S projects (R05).
        if rules.cap == "seats" and sum(yes) > pile.valid * seats:
            return NotCounted("input_error", "yes_over_cap", channel=name)
    for item, approvals in enumerate(counts.yes):
        if counts.channels and sum(c.yes[item] for c in counts.channels) != approvals:
            return NotCounted("input_error", "channel_sums", item)
    return _contradicting_marks(rules, kind, counts)


def _contradicting_marks(rules: Rules, kind: Kind, counts: Counts) -> NotCounted | None:
    """y + n + a = V for every project; style ``approve`` has neither n nor a (§4.1)."""
    no, abstain = counts.no, counts.abstain
    if no is None and abstain is None:
        return None
    if no is None or abstain is None or (rules.style == "approve" and kind != "motion"):
        return NotCounted("input_error", "marks_sum")
    if not len(counts.yes) == len(no) == len(abstain):
        return NotCounted("input_error", "marks_sum")
    for item, marks in enumerate(zip(counts.yes, no, abstain, strict=True)):
        if sum(marks) != counts.valid:
            return NotCounted("input_error", "marks_sum", item)
    return None


def _select(rules: Rules, rule: str, counts: Counts, majority: int) -> Selection:
    """Steps 7 and 8: elected, tied at the cut, not chosen; open places."""
    yes, seats, items = counts.yes, counts.seats, range(counts.candidates)
    passed = [i for i in items if yes[i] >= majority]
    rank = [1 + sum(other > approvals for other in yes) for approvals in yes]
    elected: list[int] = []
    tied: list[int] = []
    not_chosen: list[int] = []
    for i in passed:
        more = rank[i] - 1
        at_least = sum(yes[j] >= yes[i] for j in passed)
        if at_least <= seats:
            elected.append(i)
        elif more < seats:
            tied.append(i)
        else:
            not_chosen.append(i)
    open_seats = seats - len(elected)
    word = dict.fromkeys(items, "not_passed")
    word |= dict.fromkeys(elected, "elected") | dict.fromkeys(not_chosen, "not_chosen")
    word |= dict.fromkeys(tied, "second_tie" if rule == "runoff" else "tied")
    places = {"not_chosen": seats, "tied": open_seats, "second_tie": open_seats}
    again = rule == "runoff"
    return Selection(
        threshold_votes=majority,
        elected=tuple(sorted(elected, key=lambda i: (-yes[i], i))),
        not_chosen=tuple(not_chosen),
        not_passed=tuple(i for i in items if yes[i] < majority),
        runoff=() if again else tuple(tied),
        runoff_seats=open_seats if tied and not again else 0,
        second_tie=tuple(tied) if again else (),
        second_tie_seats=open_seats if tied and again else 0,
        open_seats=open_seats,
        shortfall=0 if tied else open_seats,
        reasons=tuple(
            Reason(
                item=i,
                outcome=word[i],
                yes=yes[i],
                rank=rank[i],
                rule=rule,
                threshold_votes=majority,
                others=tuple(j for j in tied if j != i) if i in tied else (),
                places=places.get(word[i], 0),
            )
            for i in items
        ),
        warnings=_warnings(rules, counts, elected, yes_only=rules.style == "approve"),
    )


def _decide(rules: Rules, rule: str, counts: Counts, majority: int) -> Decision:
    """§12: a motion has no cut, no tie and no vacancy."""
    (yes,) = counts.yes
    passed = yes >= majority
    word = "passed" if passed else "failed"
    return Decision(
        threshold_votes=majority,
        passed=passed,
        reasons=(Reason(0, word, yes, 1, rule, majority),),
        warnings=_warnings(rules, counts, [0] if passed else [], yes_only=False),
    )


def _warnings(rules: Rules, counts: Counts, decided: list[int], *, yes_only: bool) -> Warnings:
    below = below_statutory(rules)
    answers = [counts.yes]
    if yes_only:
        # Where only 赞成 exists, none at all shows everyone's choice as well.
        answers.append(tuple(counts.valid - approvals for approvals in counts.yes))
    elif counts.no is not None and counts.abstain is not None:
        answers += [counts.no, counts.abstain]
    return Warnings(
        below_statutory=below,
        below_majority_all=tuple(
            i for i in sorted(decided) if below and 2 * counts.yes[i] <= counts.deputies_all
        ),
        unanimous=unanimous(counts.valid, list(zip(*answers, strict=True))),
    )
