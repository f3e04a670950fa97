"""Issuing: one blind signature per signer, deputy and slot (protocol §6).

This side knows who is present and never sees a ballot. A :class:`Signer` is one body's
signing machine with its own roll and its own count; the request of a deputy is recorded
before anything is signed, and the same request again gets the same answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ballot.crypto.blind import blind_sign, check_request
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random
from ballot.crypto.slotkey import SlotKey


@dataclass
class Signer:
    """One signer: slot keys, roll with channels, requests and answers per deputy and slot."""

    keys: Mapping[str, SlotKey]
    random: Random
    _channels: dict[str, str] = field(default_factory=dict)
    _open: frozenset[str] = frozenset()
    _requests: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _answers: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def open_check_in(self, slots: Iterable[str]) -> None:
        """Tokens of these slots may be asked for."""
        self._open = frozenset(slots)

    def close_check_in(self) -> None:
        """No new request; answers given can still be fetched again."""
        self._open = frozenset()

    def check_in(self, deputy: str, channel: str) -> None:
        """Mark a deputy of the own roll as present, with the one channel chosen."""
        if self._channels.setdefault(deputy, channel) != channel:
            raise Invalid("issue.other_channel", "a deputy has one channel per slot")

    def present(self) -> int:
        """P: deputies checked in."""
        return len(self._channels)

    def issued(self, slot: str) -> int:
        """I on tablets: tokens of the slot that this signer issued."""
        return sum(issued == slot for _, issued in self._answers)

    def papers(self) -> int:
        """Deputies who took paper."""
        return sum(channel == "paper" for channel in self._channels.values())

    def sign(self, deputy: str, slot: str, request: bytes) -> bytes:
        """The blind signature for this deputy and slot; refusals in the protocol's order."""
        if slot not in self.keys:
            raise Invalid("issue.malformed", "no such slot")
        key = self.keys[slot]
        check_request(key.public, request)
        known = self._requests.get((deputy, slot))
        if known is None or known != request:
            if slot not in self._open:
                raise Invalid("issue.closed", "no check-in is open for this slot")
            if deputy not in self._channels:
                raise Invalid("issue.not_present", "not checked in on this signer's roll")
            if self._channels[deputy] != "tablet":
                raise Invalid("issue.other_channel", "a paper ballot was taken")
            if known is not None:
                raise Invalid("token.already_issued", "another request was answered before")
            self._requests[deputy, slot] = request
        if (deputy, slot) not in self._answers:
            self._answers[deputy, slot] = blind_sign(key, request, self.random)
        return self._answers[deputy, slot]
