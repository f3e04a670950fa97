"""What each event changes (protocol §8). Total: what cannot be applied changes nothing.

A verifier goes on after a refused event, so nothing here relies on the lifecycle.
"""

from collections.abc import Callable
from dataclasses import replace

from ballot.crypto.errors import Invalid
from ballot.tally.events import Event
from ballot.tally.state import Certified, Issue, Override, Round, RoundKind, Seal, State

_CALLS: dict[str, RoundKind] = {
    "run_off_called": "run_off",
    "revote_called": "revote",
    "second_vote_called": "second",
}


def apply(state: State, event: Event) -> State:
    """The state after ``event``, whether or not it may follow."""
    digest = event.digest
    state = replace(state, number=event.number, last=digest, log=state.log | {digest})
    if event.kind in _SESSION:
        return _SESSION[event.kind](state, event)
    if event.kind in _CALLS:
        return _called(state, event)
    one = state.rounds.get(event.slot or "")
    if one is None or event.kind not in _ROUND:
        return state
    changed = _ROUND[event.kind](state, one, event)
    return replace(state, rounds={**state.rounds, one.slot: changed})


def _keys_ready(state: State, event: Event) -> State:
    return replace(state, trustees=state.trustees or event.body["trustees"])


def _check_in_opened(state: State, event: Event) -> State:
    return replace(state, check_in=tuple(event.body["slots"]))


def _check_in_closed(state: State, event: Event) -> State:
    body, issues = event.body, dict(state.issues)
    for entry in body["issued"]:
        issue = Issue(
            present=body["present"],
            attendance=body["attendance"],
            tablet=entry["tablet"],
            paper=entry["paper"],
            unused_slips=_unused(state, entry["slot"], body["unused_slips"]),
        )
        issues.setdefault(entry["slot"], issue)
    return replace(state, check_in=(), issues=issues)


def _unused(state: State, slot_id: str, slips: list[str]) -> int:
    try:
        slot = state.definition.slot(slot_id)[1]
    except Invalid:
        return 0
    return len(set(slot.drawn).intersection(slips))


def _override(state: State, event: Event) -> State:
    """Without a slot it is for all slots of the check-in that is open."""
    found = Override(event.body["permits"], event.body["text"])
    slots = state.check_in if event.slot is None else (event.slot,)
    added = {slot: (*state.overrides.get(slot, ()), found) for slot in slots}
    return replace(state, overrides={**state.overrides, **added})


def _called(state: State, event: Event) -> State:
    slot_id = event.slot or ""
    try:
        vote, _, number = state.definition.slot(slot_id)
    except Invalid:
        return state
    earlier = state.rounds_of(vote)
    if slot_id in state.rounds or not earlier:
        return state
    parent, kind = earlier[-1], _CALLS[event.kind]
    called = Round(
        slot=slot_id,
        number=number,
        kind=kind,
        # A run-off voted again is still one: all its items have passed.
        run_off=kind == "run_off" or (kind == "revote" and parent.run_off),
        items=tuple(event.body["items"]),
        seats=event.body["seats"],
        calling=event.digest,
        parent=parent.slot,
    )
    return replace(state, rounds={**state.rounds, slot_id: called})


def _box_empty(_: State, one: Round, event: Event) -> Round:
    return replace(one, box_empty=True)


def _round_opened(state: State, one: Round, event: Event) -> Round:
    if one.opened:
        return one
    body, issue = event.body, state.issues.get(one.slot)
    channels = tuple(body["channels"])
    issued = {"tablet": issue.tablet, "paper": issue.paper} if issue else {}
    if channels == ("paper",):
        # The tokens are dead and papers are handed out anew (protocol §6).
        issued = {"paper": body["issued_paper"] or 0}
    return replace(
        one,
        opened=event.digest,
        head_count=body["present"],
        channels=channels,
        fingerprint=body["fingerprint"],
        issued={name: issued.get(name, 0) for name in channels},
    )


def _round_closed(_: State, one: Round, event: Event) -> Round:
    if one.closed or not one.opened:
        return one
    stated = {name: event.body[name] for name in one.channels if event.body[name]}
    return replace(
        one,
        closed=event.digest,
        returned={name: entry["returned"] for name, entry in stated.items()},
        root=stated["tablet"]["root"] if "tablet" in stated else None,
    )


def _sealed(_: State, one: Round, event: Event) -> Round:
    body = event.body
    seal = Seal(body["fingerprint"], body["size"], body["root"])
    # The first seal of a trustee stands: there is one root per round, ever.
    found = {signature.signer: seal for signature in event.signatures[:1]}
    return replace(one, seals={**found, **one.seals})


def _paper_counted(_: State, one: Round, event: Event) -> Round:
    return replace(one, paper=event.body, paper_event=event.digest, counted=None, current=False)


def _decrypted(_: State, one: Round, event: Event) -> Round:
    return replace(one, partials={event.body["owner"]: event.body["partial"], **one.partials})


def _counted(_: State, one: Round, event: Event) -> Round:
    return replace(one, counted=event.body, ever_counted=True, current=False)


def _certified(_: State, one: Round, event: Event) -> Round:
    found = Certified(event.digest, event.body["certificate"])
    current = one.counted is not None
    return replace(one, certificates=(*one.certificates, found), current=current)


def _voided(_: State, one: Round, event: Event) -> Round:
    if one.voided:
        return one
    return replace(one, voided=event.digest, void_reason=event.body["reason"])


def _tie_settled(_: State, one: Round, event: Event) -> Round:
    return replace(one, settled=event.body["method"], drawn=tuple(event.body["items"]))


def _vacancy_left(_: State, one: Round, event: Event) -> Round:
    return replace(one, vacancies=event.body["places"])


_SESSION: dict[str, Callable[[State, Event], State]] = {
    "defined": lambda state, _: replace(state, defined=True),
    "adopted": lambda state, _: replace(state, adopted=True),
    "rules_adopted": lambda state, _: replace(state, rules_adopted=True),
    "published": lambda state, _: replace(state, published=True),
    "keys_ready": _keys_ready,
    "check_in_opened": _check_in_opened,
    "check_in_closed": _check_in_closed,
    "override": _override,
}
_ROUND: dict[str, Callable[[State, Round, Event], Round]] = {
    "box_empty": _box_empty,
    "round_opened": _round_opened,
    "round_closed": _round_closed,
    "sealed": _sealed,
    "paper_counted": _paper_counted,
    "decrypted": _decrypted,
    "counted": _counted,
    "certified": _certified,
    "voided": _voided,
    "tie_settled": _tie_settled,
    "vacancy_left": _vacancy_left,
}
