"""The life of a session: the only definition of what may follow what (protocol §8).

``advance`` is the way in for whoever publishes, ``obstacles`` and ``apply`` are for whoever
verifies: all reasons against an event, and the state after it all the same. The prefix of a
code says which check of a verifier speaks: ``keys.`` V4, ``numbers.`` V7, ``seal.`` V8,
``certificate.`` V13, ``rounds.`` V14, everything else ``event.`` V3.
"""

from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType

from ballot.crypto.errors import Invalid
from ballot.tally import later_rounds, round_order
from ballot.tally.effects import apply
from ballot.tally.events import MAX_EVENTS, Event
from ballot.tally.session import Definition
from ballot.tally.signatories import refused_signatures
from ballot.tally.state import Round, State, initial

__all__ = ["Round", "State", "advance", "apply", "initial", "obstacles", "replay"]

_BEFORE_ADOPTION = ("defined", "adopted", "objection", "adjourned")
# What other modules refuse, in the words of the check that must speak.
_SPEAKERS = {"definition.slot": "event.slot", "round": "rounds"}

Check = Callable[[State, Event], Iterator[Invalid]]


def obstacles(state: State, event: Event) -> Iterator[Invalid]:
    """Every reason why a well-formed ``event`` may not follow; raises nothing."""
    yield from _place(state, event)
    yield from refused_signatures(state.definition, event)
    try:
        yield from _CHECKS[event.kind](state, event)
    except Invalid as error:
        prefix, _, rest = error.code.partition(".")
        known = _SPEAKERS.get(error.code) or f"{_SPEAKERS.get(prefix, prefix)}.{rest}"
        yield Invalid(known, error.detail)


def advance(state: State, event: Event) -> State:
    """The state after ``event``; raises the first obstacle."""
    for obstacle in obstacles(state, event):
        raise obstacle
    return apply(state, event)


def replay(definition: Definition, events: Iterable[Event]) -> State:
    """The state that ``events`` tell; raises the first obstacle of the first refused one."""
    state = initial(definition)
    for event in events:
        state = advance(state, event)
    return state


def _place(state: State, event: Event) -> Iterator[Invalid]:
    """Session, chain, log, and what holds for every kind."""
    if event.session != state.session:
        yield Invalid("event.session", "an event of another session")
    if (event.number, event.previous) != (state.number + 1, state.last):
        yield Invalid("event.chain", f"{event.kind} does not follow event {state.number}")
    if event.number > MAX_EVENTS:
        yield Invalid("event.chain", f"more than {MAX_EVENTS} events")
    if "log" in event.body and event.body["log"] not in state.log:
        # What an official saw before signing cannot be dropped afterwards (attack E25).
        yield Invalid("event.log", f"{event.kind}: the log names no earlier event")
    if state.published and event.kind != "objection":
        yield Invalid("event.order", f"{event.kind} after the publication")
    if not state.defined and event.kind != "defined":
        yield Invalid("event.order", f"{event.kind} before the definition")
    elif not state.adopted and event.kind not in _BEFORE_ADOPTION:
        yield Invalid("event.order", f"{event.kind} before the adoption")


def _once(state: State, event: Event) -> Iterator[Invalid]:
    if getattr(state, event.kind):
        yield Invalid("event.order", f"{event.kind} a second time")


def _keys_ready(state: State, event: Event) -> Iterator[Invalid]:
    if state.trustees is not None:
        yield Invalid("event.order", "keys_ready a second time")
    for name in ("commitments", "drills"):
        if len(event.body[name]) != len(state.definition.trustees):
            yield Invalid(f"keys.{name}", f"{len(event.body[name])}, needed one per trustee")


def _rules_adopted(state: State, event: Event) -> Iterator[Invalid]:
    yield from _once(state, event)
    yes, hands = event.body["yes"], sum(event.body.values())
    if hands > state.definition.deputies:
        yield Invalid("event.majority", f"{hands} hands of {state.definition.deputies}")
    if 2 * yes <= state.definition.deputies:  # 地方组织法 Art. 25: majority of ALL deputies
        yield Invalid("event.majority", f"{yes} of {state.definition.deputies} are no majority")


def _check_in_opened(state: State, event: Event) -> Iterator[Invalid]:
    if state.trustees is None:
        yield Invalid("event.order", "the keys are not ready")
    if state.check_in:
        yield Invalid("event.order", "a check-in is open")
    for slot in event.body["slots"]:
        state.definition.slot(slot)
        if slot in state.issues:
            yield Invalid("event.slot", f"{slot} was issued in another check-in")


def _check_in_closed(state: State, event: Event) -> Iterator[Invalid]:
    definition, body = state.definition, event.body
    if not state.check_in:
        raise Invalid("event.order", "no check-in is open")
    if body["present"] > definition.deputies:
        yield Invalid("numbers.present", f"{body['present']} of {definition.deputies}")
    slips = body["unused_slips"]
    if slips != sorted(set(slips)):
        yield Invalid("numbers.unused_slips", "not sorted and distinct")
    if tuple(entry["slot"] for entry in body["issued"]) != state.check_in:
        raise Invalid("event.slot", "not the slots of the check-in")
    unknown = set(slips)
    for entry in body["issued"]:
        vote, slot, _ = definition.slot(entry["slot"])
        tablet, paper = entry["tablet"], entry["paper"]
        if tablet + paper > body["present"]:
            yield Invalid("numbers.issued", f"{slot.id}: more issued than present")
        if entry["signers"] != [tablet] * len(definition.signers):
            # One server that issues for absent deputies shows here (attack E35).
            yield Invalid("numbers.signers", f"{slot.id}: the signers' counts are not the tablets")
        unused = unknown.intersection(slot.drawn)
        unknown -= unused
        if len(unused) + tablet > len(slot.drawn) and slot.drawn:
            yield Invalid("numbers.unused_slips", f"{slot.id}: more slips than drawn lists hold")
        for name, low in (("tablet", definition.min_ballots), ("paper", definition.min_paper)):
            if entry[name] and name not in vote.channels:
                yield Invalid("event.channels", f"{slot.id}: {name} is no channel of the vote")
            if 0 < entry[name] < low and not state.permits(slot.id, "few_issued"):
                what = f"{slot.id}: {entry[name]} on {name} without an override"
                yield Invalid("event.few_issued", what)
    if unknown:
        yield Invalid("numbers.unused_slips", "a credential of no drawn list")


def _override(state: State, event: Event) -> Iterator[Invalid]:
    """Before what it permits, and when the number is known (attacks E27, E29)."""
    permits = event.body["permits"]
    if event.slot is None:
        if permits != "few_issued" or not state.check_in:
            yield Invalid("event.order", f"{permits} needs a slot, or a check-in that is open")
        return
    state.definition.slot(event.slot)
    one = state.rounds.get(event.slot)
    if permits == "few_issued":
        if one and one.opened:
            yield Invalid("event.order", f"the round in slot {event.slot} was opened")
        return
    if one is None or not one.closed or one.is_over or one.partials or one.counted:
        raise Invalid("event.order", f"{permits}: not between closing and decryption")
    if one.paper is None:
        return
    # After the sheet only its own void papers can have come as news.
    known = one.returned.get("paper", 0) < state.definition.min_paper
    if permits == "few_ballots" or known:
        yield Invalid("event.order", f"{permits} after the papers were counted")


def _objection(state: State, event: Event) -> Iterator[Invalid]:
    if event.slot is not None:
        state.definition.slot(event.slot)
    yield from ()


def _adjourned(state: State, event: Event) -> Iterator[Invalid]:
    for one in state.rounds.values():
        if one.is_open:
            yield Invalid("event.order", f"the round in slot {one.slot} is open")


def _published(state: State, event: Event) -> Iterator[Invalid]:
    if state.check_in:
        yield Invalid("event.order", "a check-in is open")
    for one in state.rounds.values():
        if one.opened and not one.is_over:
            what = f"the round in slot {one.slot} is neither certified nor voided"
            yield Invalid("event.order", what)


_CHECKS: MappingProxyType[str, Check] = MappingProxyType(
    {
        "defined": _once,
        "adopted": _once,
        "keys_ready": _keys_ready,
        "rules_adopted": _rules_adopted,
        "check_in_opened": _check_in_opened,
        "check_in_closed": _check_in_closed,
        "override": _override,
        "objection": _objection,
        "adjourned": _adjourned,
        "published": _published,
        "run_off_called": later_rounds.called,
        "revote_called": later_rounds.called,
        "second_vote_called": later_rounds.called,
        "tie_settled": later_rounds.tie_settled,
        "vacancy_left": later_rounds.vacancy_left,
        "box_empty": round_order.box_empty,
        "round_opened": round_order.round_opened,
        "round_closed": round_order.round_closed,
        "sealed": round_order.sealed,
        "paper_counted": round_order.paper_counted,
        "decrypted": round_order.decrypted,
        "counted": round_order.counted,
        "certified": round_order.certified,
        "voided": round_order.voided,
    }
)
