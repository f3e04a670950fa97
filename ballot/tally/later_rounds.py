"""Rounds that follow from a round: run-off, repeated vote, second vote, tie, vacancy.

Counting rules §6, protocol §8, attack E15. Codes ``rounds.…`` (V14); a slot skipped or used
twice is ``event.slot`` (V3).
"""

from collections.abc import Iterator

from ballot.crypto.errors import Invalid
from ballot.tally.events import Event
from ballot.tally.rounds import (
    Lots,
    require_lots,
    require_revote,
    require_run_off,
    require_second_vote,
)
from ballot.tally.state import Round, State


def called(state: State, event: Event) -> Iterator[Invalid]:
    """The next slot of the vote; items and places as they follow from the round before."""
    slot_id, body = event.slot or "", event.body
    vote, _, number = state.definition.slot(slot_id)
    earlier = state.rounds_of(vote)
    if slot_id in state.rounds or number != len(earlier) + 1:
        # The n-th round of a vote, whatever its kind, uses its n-th slot (attack E36).
        raise Invalid("event.slot", f"{slot_id} is not slot {len(earlier) + 1} of the vote")
    parent = earlier[-1]
    items, places = tuple(body["items"]), body["seats"]
    if event.kind == "revote_called":
        if parent.voided is None or parent.voided != body["parent"]:
            yield Invalid("rounds.parent", f"{parent.slot} was not voided by the event named")
        require_revote(parent.items, parent.seats, items, places)
        return
    _require_parent(parent, body["parent"])
    if vote.kind != "selection" or parent.selection is None:
        raise Invalid("rounds.kind", "only places to fill have run-offs and second votes")
    if parent.settled == "lots" or parent.vacancies is not None:
        yield Invalid("rounds.settled", "the presidium has settled this round")
    if event.kind == "run_off_called":
        if parent.settled:
            raise Invalid("rounds.settled", "the tie is settled")
        require_run_off(parent.selection, items, places)
        return
    if parent.tie_open:
        yield Invalid("rounds.tie_open", "the open places belong to the tied items")
    all_items = tuple(item.id for item in vote.items)
    require_second_vote(all_items, state.union(vote), items, places)


def tie_settled(state: State, event: Event) -> Iterator[Invalid]:
    """A second tie only; lots fill exactly its places and have witnesses."""
    one, body = _last(state, event), event.body
    _require_parent(one, body["parent"])
    if one.selection is None or not one.selection.outcome.second_tie:
        raise Invalid("rounds.tie", "no second tie in this round")
    if one.settled:
        yield Invalid("rounds.settled", "the tie is settled")
    if body["method"] == "deferred":
        if body["items"]:
            yield Invalid("rounds.wrong_lots", "a deferred tie draws no item")
        return
    if not body["witnesses"]:
        yield Invalid("rounds.witnesses", "lots are drawn before witnesses")
    require_lots(Lots(one.selection, tuple(body["items"])))


def vacancy_left(state: State, event: Event) -> Iterator[Invalid]:
    """All places still open after the last round, and no tie that would fill them."""
    one, body = _last(state, event), event.body
    _require_parent(one, body["parent"])
    if one.vacancies is not None:
        yield Invalid("rounds.settled", "the vacancy is recorded")
    if one.tie_open:
        yield Invalid("rounds.tie_open", "the open places belong to the tied items")
    due = state.union(state.vote(one.slot)).open_places
    if body["places"] != due or due < 1:
        yield Invalid("rounds.wrong_places", f"{body['places']} places; open {due}")


def _last(state: State, event: Event) -> Round:
    one = state.round(event.slot or "")
    if state.rounds_of(state.vote(one.slot))[-1].slot != one.slot:
        raise Invalid("rounds.parent", f"{one.slot} is not the last round of its vote")
    return one


def _require_parent(parent: Round, named: str) -> None:
    """``named`` is the certificate in force of ``parent``."""
    if not parent.current:
        raise Invalid("rounds.parent", f"{parent.slot} is not certified")
    if parent.certificates[-1].certificate != named:
        raise Invalid("rounds.parent", f"not the last certificate of {parent.slot}")
