"""The deputies' tablets and the box they cast into (protocol §7).

:class:`Tablets` is one of the two places where deputies meet machines; a rehearsal over the
network brings its own.
"""

from typing import Protocol

from ballot.crypto.proofs import Random
from ballot.crypto.signing import SigningKey
from ballot.demo.desk import Wallet
from ballot.polling import MemoryBox, cast
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.envelope import pad
from ballot.tally.gate import Gate


class Tablets(Protocol):
    """One round after another, each in the box of its gate's slot."""

    def open(self, gate: Gate) -> None:
        """The box accepts ballots."""

    def cast(self, gate: Gate, marks: str, wallet: Wallet) -> None:
        """Turn a deputy's marks into an accepted ballot."""

    def close(self, gate: Gate) -> dict[bytes, bytes]:
        """Tracker → envelope of the whole box, in strictly increasing order."""


class LocalTablets:
    """Tablets and box in this process, through the acceptance that a server runs (C1–C8)."""

    def __init__(self, box_key: SigningKey, random: Random) -> None:
        self._box, self._box_key, self._random = MemoryBox(), box_key, random

    def open(self, gate: Gate) -> None:
        """See :class:`Tablets`."""
        self._box.set_open(gate.slot, True)

    def cast(self, gate: Gate, marks: str, wallet: Wallet) -> None:
        """See :class:`Tablets`."""
        unsigned = encrypt(gate, marks, wallet.credential, self._random(32))
        envelope = seal_envelope(gate, unsigned, wallet.s, wallet.token, self._random)
        cast(self._box, {gate.slot: gate}, self._box_key, pad(gate, envelope))

    def close(self, gate: Gate) -> dict[bytes, bytes]:
        """See :class:`Tablets`."""
        self._box.set_open(gate.slot, False)
        return self._box.sealed(gate.slot)
