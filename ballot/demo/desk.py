"""The check-in desk: who is present gets a paper or the tokens of a tablet (protocol §6).

A :class:`Desk` is one of the two places where deputies meet machines; a rehearsal over the
network brings its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ballot.crypto import blind
from ballot.crypto.credentials import derive_secret
from ballot.crypto.proofs import Random, random_scalar
from ballot.demo.defining import Keys
from ballot.issuing import Signer
from ballot.tally.session import Definition


@dataclass(frozen=True)
class Wallet:
    """What a deputy's tablet keeps for one slot: credential, secret and token."""

    credential: str
    s: int
    token: tuple[bytes, ...]


class Desk(Protocol):
    """One check-in after another; each names its slots."""

    def open(self, slots: Sequence[str]) -> None:
        """Begin a check-in for these slots."""

    def admit(self, deputy: str, channel: str) -> dict[str, Wallet]:
        """What a deputy leaves with: slot → wallet; nothing but a sheet on ``paper``."""

    def close(self) -> dict[str, Any]:
        """End it: ``present``, ``issued`` and ``unused_slips`` of CheckInClosed."""


class SignersDesk:
    """Blind tokens of every signer; each has its own roll and count."""

    def __init__(self, definition: Definition, keys: Keys, random: Random) -> None:
        self._definition, self._keys, self._random = definition, keys, random
        self._signers: dict[str, Signer] = {}
        self._slots: Sequence[str] = ()

    def open(self, slots: Sequence[str]) -> None:
        """See :class:`Desk`. A later check-in has its own roll, so new rolls begin here."""
        self._slots = slots
        self._signers = {name: Signer(keys, self._random) for name, keys in self._keys.items()}
        for signer in self._signers.values():
            signer.open_check_in(slots)

    def admit(self, deputy: str, channel: str) -> dict[str, Wallet]:
        """See :class:`Desk`."""
        for signer in self._signers.values():
            signer.check_in(deputy, channel)
        if channel == "paper":
            return {}
        return {slot: self._draw_token(deputy, slot) for slot in self._slots}

    def _draw_token(self, deputy: str, slot: str) -> Wallet:
        """The tablet's side of issuing: draw, blind, unblind, verify."""
        group = self._definition.group
        s = random_scalar(group, self._random)
        credential = group.ser(group.power_g(s))
        message = blind.token_message(credential, self._definition.session, slot)
        token = []
        publics = self._definition.slot(slot)[1].keys
        for signer, public in zip(self._signers.values(), publics, strict=True):
            blinded = blind.blind(public, message, self._random)
            answer = signer.sign(deputy, slot, blinded.request)
            token.append(blind.finalize(public, message, answer, blinded.inverse))
        return Wallet(credential, s, tuple(token))

    def close(self) -> dict[str, Any]:
        """See :class:`Desk`; the signers' counts are compared by whoever reads them."""
        signers = list(self._signers.values())
        for signer in signers:
            signer.close_check_in()
        return {
            "present": signers[0].present(),
            "issued": [
                {
                    "slot": slot,
                    "tablet": signers[0].issued(slot),
                    "paper": signers[0].papers(),
                    "signers": [signer.issued(slot) for signer in signers],
                }
                for slot in self._slots
            ],
            "unused_slips": [],
        }


class SlipsDesk:
    """Drawn codes: each deputy draws a slip once, good for all slots of the session."""

    def __init__(self, definition: Definition, slips: Sequence[str], random: Random) -> None:
        self._definition, self._slots = definition, tuple[str, ...]()
        self._urn = [slip for _, slip in sorted((random(8), slip) for slip in slips)]
        self._in_hand: dict[str, str] = {}  # the deputies' own; the roll knows "took a slip"
        self._present: dict[str, str] = {}

    def open(self, slots: Sequence[str]) -> None:
        """See :class:`Desk`."""
        self._slots, self._present = tuple(slots), {}

    def admit(self, deputy: str, channel: str) -> dict[str, Wallet]:
        """See :class:`Desk`."""
        self._present[deputy] = channel
        if channel == "paper":
            return {}
        if deputy not in self._in_hand:
            self._in_hand[deputy] = self._urn.pop()
        return {slot: self._wallet(self._in_hand[deputy], slot) for slot in self._slots}

    def _wallet(self, slip: str, slot: str) -> Wallet:
        group = self._definition.group
        s = derive_secret(group, self._definition.slot(slot)[1].uuid, slip)
        return Wallet(group.ser(group.power_g(s)), s, ())

    def close(self) -> dict[str, Any]:
        """See :class:`Desk`. Slips that nobody drew are opened, so that they are dead."""
        channels = list(self._present.values())
        unused = (self._wallet(slip, slot) for slip in self._urn for slot in self._slots)
        counts = {name: channels.count(name) for name in ("tablet", "paper")}
        return {
            "present": len(channels),
            "issued": [{"slot": slot, **counts, "signers": []} for slot in self._slots],
            "unused_slips": sorted(wallet.credential for wallet in unused),
        }
