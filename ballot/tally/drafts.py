"""The body of an event, as far as it follows from what happened: what people add is ``given``.

So nobody types a digest, a place or a list that the events already determine (protocol §8).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ballot.crypto.errors import Invalid
from ballot.tally.polls import gate_of, joint_key
from ballot.tally.session import CHANNELS
from ballot.tally.state import Round, State

Given = Mapping[str, Any]

GIVEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "keys_ready": ("trustees", "commitments", "drills"),
        "rules_adopted": ("yes", "no", "abstain"),
        "check_in_opened": ("slots",),
        "check_in_closed": ("present", "attendance", "issued", "unused_slips"),
        "box_empty": ("paper_boxes",),
        "round_opened": ("present", "issued_paper"),
        "round_closed": ("tablet", "papers"),
        "paper_counted": ("returned", "valid", "void", "rows"),
        "decrypted": ("owner", "partial"),
        "counted": ("tablet", "totals", "outcome"),
        "certified": ("certificate",),
        "voided": ("reason", "text"),
        "second_vote_called": ("items",),
        "tie_settled": ("items", "witnesses"),
        "override": ("permits", "text"),
        "objection": ("text",),
        "adjourned": ("text",),
    }
)
"""What people or their devices add to a draft, per kind; nothing for every other kind."""


def body_of(state: State, kind: str, slot: str | None, given: Given) -> dict[str, Any]:
    """The body of a draft. Raises ``draft.given`` when ``given`` is not exactly what the kind
    wants, ``event.slot`` for a slot without a round, ``draft.too_early`` where what the body
    needs has not happened.
    """
    wanted = GIVEN.get(kind, ())
    if set(given) != set(wanted):
        raise Invalid("draft.given", f"{kind} wants {', '.join(wanted) or 'nothing'}")
    if kind in _BODIES:
        return _BODIES[kind](state, slot or "", given)
    return dict(given)


def _log(state: State) -> str:
    if state.last is None:
        raise Invalid("draft.too_early", "nothing has happened yet")
    return state.last


def _box_empty(_: State, __: str, given: Given) -> dict[str, Any]:
    return {"envelopes": 0, "paper_boxes": given["paper_boxes"]}


def _round_opened(state: State, slot: str, given: Given) -> dict[str, Any]:
    """On every channel of the vote that was issued; for paper only where papers are given."""
    issue, papers = state.issues.get(slot), given["issued_paper"]
    if issue is None:
        raise Invalid("draft.too_early", f"{slot}: no check-in is closed")
    uses = {"tablet": papers is None, "paper": papers is not None or issue.paper > 0}
    paper_only = papers is not None
    gate = None if paper_only else gate_of(state, joint_key(state), slot)
    return {
        "log": _log(state),
        "present": given["present"],
        "channels": [name for name in CHANNELS if uses[name]],
        "fingerprint": gate.election.fingerprint if gate else None,
        "issued_paper": papers,
    }


def _round_closed(state: State, slot: str, given: Given) -> dict[str, Any]:
    paper = "paper" in state.round(slot).channels
    return {
        "log": _log(state),
        "tablet": given["tablet"],
        "paper": {"returned": given["papers"]} if paper else None,
    }


def _sealed(state: State, slot: str, _: Given) -> dict[str, Any]:
    seal = state.round(slot).seal
    if seal is None:
        raise Invalid("draft.too_early", f"{slot}: no box is closed")
    return {"fingerprint": seal.fingerprint, "size": seal.size, "root": seal.root}


def _paper_counted(state: State, slot: str, given: Given) -> dict[str, Any]:
    one = state.round(slot)
    return {**given, "issued": one.issued.get("paper", 0), "replaces": one.paper_event}


def _voided(state: State, _: str, given: Given) -> dict[str, Any]:
    return {"log": _log(state), **given}


def _run_off(state: State, slot: str, _: Given) -> dict[str, Any]:
    """Exactly the tied items and the places that are open at the cut (§6)."""
    parent = _parent(state, slot)
    if parent.selection is None:
        raise Invalid("draft.too_early", f"{parent.slot} is not counted")
    selection = parent.selection
    return _calling(state, _certificate(parent), selection.tied, selection.tied_places)


def _revote(state: State, slot: str, _: Given) -> dict[str, Any]:
    """The same list and places as the round that was voided."""
    parent = _parent(state, slot)
    if parent.voided is None:
        raise Invalid("draft.too_early", f"{parent.slot} was not voided")
    return _calling(state, parent.voided, parent.items, parent.seats)


def _second_vote(state: State, slot: str, given: Given) -> dict[str, Any]:
    """Some of those not elected, for all places still open."""
    parent = _parent(state, slot)
    places = state.union(state.vote(slot)).open_places
    return _calling(state, _certificate(parent), given["items"], places)


def _calling(state: State, parent: str, items: Any, seats: int) -> dict[str, Any]:
    return {"log": _log(state), "parent": parent, "items": list(items), "seats": seats}


def _tie_settled(state: State, slot: str, given: Given) -> dict[str, Any]:
    method = "lots" if given["items"] else "deferred"
    return {"parent": _certificate(state.round(slot)), "method": method, **given}


def _vacancy_left(state: State, slot: str, _: Given) -> dict[str, Any]:
    places = state.union(state.vote(slot)).open_places
    return {"parent": _certificate(state.round(slot)), "places": places}


def _published(state: State, _: str, __: Given) -> dict[str, Any]:
    return {"log": _log(state)}


def _parent(state: State, slot: str) -> Round:
    """The last round of the vote that ``slot`` belongs to."""
    return state.rounds_of(state.vote(slot))[-1]


def _certificate(one: Round) -> str:
    if not one.certificates:
        raise Invalid("draft.too_early", f"{one.slot} is not certified")
    return one.certificates[-1].certificate


_BODIES: Mapping[str, Callable[[State, str, Given], dict[str, Any]]] = MappingProxyType(
    {
        "box_empty": _box_empty,
        "round_opened": _round_opened,
        "round_closed": _round_closed,
        "sealed": _sealed,
        "paper_counted": _paper_counted,
        "voided": _voided,
        "run_off_called": _run_off,
        "revote_called": _revote,
        "second_vote_called": _second_vote,
        "tie_settled": _tie_settled,
        "vacancy_left": _vacancy_left,
        "published": _published,
    }
)
