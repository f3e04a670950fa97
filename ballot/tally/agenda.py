"""What can come next in a session, and who must sign it (protocol §8): for those who conduct it.

Advice, not law: whether an event may follow is decided by :mod:`ballot.tally.lifecycle` alone, and
a test compares the two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ballot.tally.session import Definition
from ballot.tally.signatories import needed
from ballot.tally.state import Round, State

Weight = Literal["next", "choice", "other"]


@dataclass(frozen=True)
class Step:
    """An event that can come now. ``weight``: ``next`` on the usual way, ``choice`` where the
    presidium chooses among several, ``other`` when something happens out of the ordinary.
    ``signers``: the fewest distinct persons per role.
    """

    kind: str
    slot: str | None
    weight: Weight
    signers: Mapping[str, int]


def steps(state: State) -> tuple[Step, ...]:
    """Everything that can come now, what is next on the usual way first; at most one is that."""
    found = list(_usual(state)) + list(_aside(state))
    seen: dict[tuple[str, str | None], Step] = {}
    for kind, slot, weight in found:
        if weight == "next" and any(step.weight == "next" for step in seen.values()):
            weight = "choice"
        step = Step(kind, slot, weight, needed(state.definition, kind))
        seen.setdefault((kind, slot), step)
    return tuple(seen.values())


Found = tuple[str, str | None, Weight]


def _usual(state: State) -> Iterator[Found]:
    if state.published:
        return
    if not state.defined:
        yield "defined", None, "next"
        return
    if not state.adopted:
        yield "adopted", None, "next"
        return
    if state.trustees is None:
        yield "keys_ready", None, "next"
    if state.check_in:
        yield "check_in_closed", None, "next"
    yield from _rounds(state)
    if not state.rules_adopted:
        # By the plenary, when it is quorate; the check-in may go on meanwhile.
        yield "rules_adopted", None, "other" if state.trustees is None else "next"
    if state.trustees is not None and not state.check_in and _unissued(state.definition, state):
        first = not state.issues
        yield "check_in_opened", None, "next" if first else "other"
    over = all(one.is_over for one in state.rounds.values() if one.opened)
    if over and not state.check_in:
        settled = all(_settled(state, one) for one in state.rounds.values())
        yield "published", None, "next" if settled else "other"


def _rounds(state: State) -> Iterator[Found]:
    """The rounds in their order; the one that is open, or in work, before one not yet begun."""
    ordered = sorted(state.rounds.values(), key=lambda one: (not one.opened, not one.box_empty))
    for one in ordered:
        yield from _round(state, one)


def _round(state: State, one: Round) -> Iterator[Found]:
    slot = one.slot
    if one.voided:
        if not _called_after(state, one):
            following = _following(state, one)
            if following:
                yield "revote_called", following, "next"
        return
    if not one.opened:
        if state.trustees is not None and not one.box_empty:
            weight: Weight = "next" if slot in state.issues and state.rules_adopted else "other"
            yield "box_empty", slot, weight
        elif one.box_empty and slot in state.issues and state.rules_adopted:
            yield "round_opened", slot, "next"
        return
    if not one.closed:
        yield "round_closed", slot, "next"
        return
    if one.surplus or state.participation_failed(one):
        yield "voided", slot, "next"
    yield from _counting(state, one)
    if one.current:
        yield from _after(state, one)


def _counting(state: State, one: Round) -> Iterator[Found]:
    """From the closed box to the certificate."""
    slot, definition = one.slot, state.definition
    if one.tablets and not one.ever_counted and len(one.seals) < len(definition.trustees):
        enough = len(one.sealers) >= definition.seal_quorum
        yield "sealed", slot, "other" if enough else "next"
    if one.issued.get("paper") and not one.current:
        yield "paper_counted", slot, "next" if one.paper_due else "other"
    sealed = not one.tablets or len(one.sealers) >= definition.seal_quorum
    if sealed and not one.paper_due:
        if one.tablets and not one.ever_counted and len(one.partials) < len(definition.trustees):
            enough = len(one.partials) >= definition.threshold
            yield "decrypted", slot, "other" if enough else "next"
        if one.counted is None and (not one.tablets or len(one.partials) >= definition.threshold):
            yield "counted", slot, "next"
    if one.counted is not None and not one.current:
        yield "certified", slot, "next"


def _after(state: State, one: Round) -> Iterator[Found]:
    """What a certified round leaves open: a tie, places."""
    slot = one.slot
    # A corrected sheet, or a certificate signed anew, can follow while nothing was built on it.
    if one.issued.get("paper"):
        yield "paper_counted", slot, "other"
    if _called_after(state, one) or state.vote(slot).kind != "selection" or not one.selection:
        return
    following = _following(state, one)
    if one.tie_open:
        if following:
            yield "run_off_called", following, "next"
        if one.selection.outcome.second_tie:
            yield "tie_settled", slot, "choice" if following else "next"
        return
    if state.union(state.vote(slot)).open_places and one.vacancies is None:
        if following:
            yield "second_vote_called", following, "choice"
        yield "vacancy_left", slot, "choice"


def _aside(state: State) -> Iterator[Found]:
    """What may come at any time, or out of the ordinary."""
    yield "objection", None, "other"
    if state.published:
        return
    if not any(one.is_open for one in state.rounds.values()):
        yield "adjourned", None, "other"
    if state.check_in:
        yield "override", None, "other"
    for one in state.rounds.values():
        yield "objection", one.slot, "other"
        if one.slot in state.check_in and not one.opened:
            yield "override", one.slot, "other"
        if one.closed and not one.is_over and not one.partials and not one.counted:
            yield "override", one.slot, "other"
        if one.opened and not one.is_over and not one.partials:
            yield "voided", one.slot, "other"


def _unissued(definition: Definition, state: State) -> bool:
    return any(slot.id not in state.issues for vote in definition.votes for slot in vote.slots)


def _following(state: State, one: Round) -> str | None:
    """The vote's next slot, if it has one left."""
    vote, _, number = state.definition.slot(one.slot)
    return vote.slots[number].id if number < len(vote.slots) else None


def _called_after(state: State, one: Round) -> bool:
    """Whether a later round of the vote was called."""
    return state.rounds_of(state.vote(one.slot))[-1].slot != one.slot


def _settled(state: State, one: Round) -> bool:
    """Nothing of the vote waits for the presidium or for a first round that was never held."""
    if one.voided:
        return _called_after(state, one)
    if not one.current:
        return False
    return _called_after(state, one) or not any(
        weight in ("next", "choice") for _, _, weight in _after(state, one)
    )
