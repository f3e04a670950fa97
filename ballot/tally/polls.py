"""The gates of the rounds opened on tablets: what a box and a trustee's device judge by."""

from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element
from ballot.crypto.threshold import verify_trustees
from ballot.tally.gate import Gate, build_gate
from ballot.tally.state import State


def joint_key(state: State) -> Element:
    """y of the KeysReady event, whose relations are checked again; ``keys.not_ready`` before."""
    if state.trustees is None:
        raise Invalid("keys.not_ready", "the trustees have not signed the joint key")
    return verify_trustees(state.definition.group, state.trustees.encode()).y


def gate_of(state: State, y: Element, slot: str) -> Gate:
    """The gate of a round that exists, opened or not; raises ``event.slot`` where none does."""
    one = state.round(slot)
    return build_gate(state.definition, y, slot, one.items, one.seats, one.calling)


def open_gates(state: State, y: Element) -> dict[str, Gate]:
    """Slot → gate of every round that was ever opened on tablets (a closed one still gives
    receipts for what is in its box). A round for paper only has no box (attack E36).
    """
    return {
        one.slot: gate_of(state, y, one.slot)
        for one in state.rounds.values()
        if one.opened and one.tablets
    }
