"""Casting: one envelope comes in, a receipt goes out (protocol §7).

This side never knows who casts: no identity, address or time reaches it. The box is any
:class:`Box`; proofs run outside its lock, and :meth:`Box.insert` is the one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ballot.crypto.errors import Invalid
from ballot.crypto.signing import SigningKey, sign
from ballot.tally.admission import check_content, check_round, check_token
from ballot.tally.envelope import Envelope, decode_envelope, slot_of, unpad
from ballot.tally.gate import Gate


class Box(Protocol):
    """A ballot box: envelopes by tracker, nothing else (no time, no order, no number)."""

    def holds(self, tracker: bytes) -> bool:
        """Whether this envelope is already in the box."""

    def is_open(self, slot: str) -> bool:
        """Whether the slot's round is open now."""

    def spent(self, slot: str, credential: str) -> bool:
        """Whether another envelope stands under this credential."""

    def insert(
        self, slot: str, tracker: bytes, credential: str, alphas: list[str], envelope: bytes
    ) -> None:
        """Store durably, or raise ``round.not_open``, ``token.spent`` or ``ballot.bad_proof``.

        An envelope that came in meanwhile is stored already, whatever is open now.
        """


@dataclass(frozen=True, slots=True)
class Receipt:
    """The box's promise that the envelope is in it; says that, never how (attack E17)."""

    session: str
    slot: str
    tracker: str
    signature: str


def receipt_document(session: str, slot: str, tracker: str) -> dict[str, str]:
    """What the box key signs: no time, no index."""
    return {"kind": "receipt", "session": session, "slot": slot, "tracker": tracker}


def cast(box: Box, gates: Mapping[str, Gate], key: SigningKey, body: bytes) -> Receipt:
    """Accept one padded request body: C1–C8 in order, then one durable insert.

    An envelope that is already in the box gets its receipt again, at any time. Any refusal
    leaves the token usable; its code is the protocol's.
    """
    slot = slot_of(body.rstrip(b" "))  # C1, as far as the slot is needed to go on
    if slot not in gates:
        raise Invalid("ballot.wrong_round", "no such slot")
    gate = gates[slot]
    envelope = decode_envelope(gate, unpad(body, gate.length))  # C1
    tracker = envelope.tracker
    if not box.holds(tracker):
        try:
            _take(box, gate, envelope)
        except Invalid:
            # The same bytes may have come twice at once, and the others were first.
            if not box.holds(tracker):
                raise
    document = receipt_document(gate.session, slot, tracker.hex())
    return Receipt(gate.session, slot, tracker.hex(), sign(key, "receipt", document))


def _take(box: Box, gate: Gate, envelope: Envelope) -> None:
    """C2 to C8, and the insert."""
    ballot = envelope.ballot
    if not box.is_open(gate.slot):  # C2
        raise Invalid("round.not_open", "no vote is open in this slot")
    check_round(gate, ballot)  # C3
    check_token(gate, ballot.credential, envelope.token)  # C4
    if box.spent(gate.slot, ballot.credential):  # C5
        raise Invalid("token.spent", "another ballot was cast with this token")
    admitted = check_content(gate, envelope)  # C6, C7, C8
    alphas = [gate.group.ser(alpha) for alpha in admitted.alphas]
    box.insert(gate.slot, envelope.tracker, ballot.credential, alphas, envelope.raw)


class MemoryBox:
    """A box in memory, for rehearsals without a server and for tests."""

    def __init__(self) -> None:
        self._open: set[str] = set()
        self._spent: set[tuple[str, str]] = set()
        self._alphas: set[tuple[str, str]] = set()
        self._envelopes: dict[str, dict[bytes, bytes]] = {}

    def set_open(self, slot: str, is_open: bool) -> None:
        """Open or close the slot's round."""
        (self._open.add if is_open else self._open.discard)(slot)

    def is_open(self, slot: str) -> bool:
        """See :class:`Box`."""
        return slot in self._open

    def holds(self, tracker: bytes) -> bool:
        """See :class:`Box`."""
        return any(tracker in envelopes for envelopes in self._envelopes.values())

    def spent(self, slot: str, credential: str) -> bool:
        """See :class:`Box`."""
        return (slot, credential) in self._spent

    def insert(
        self, slot: str, tracker: bytes, credential: str, alphas: list[str], envelope: bytes
    ) -> None:
        """See :class:`Box`."""
        if self.holds(tracker):
            return
        if slot not in self._open:
            raise Invalid("round.not_open", "no vote is open in this slot")
        if (slot, credential) in self._spent:
            raise Invalid("token.spent", "another ballot was cast with this token")
        if any((slot, alpha) in self._alphas for alpha in alphas):
            raise Invalid("ballot.bad_proof", "an α of this ballot is already in the box")
        self._spent.add((slot, credential))
        self._alphas.update((slot, alpha) for alpha in alphas)
        self._envelopes.setdefault(slot, {})[tracker] = envelope

    def sealed(self, slot: str) -> dict[bytes, bytes]:
        """Tracker → envelope in strictly increasing order of the trackers."""
        return dict(sorted(self._envelopes.get(slot, {}).items()))
