"""Issuing: one blind signature per signer, deputy and slot (protocol §6).

This side knows who is here and never sees a ballot. A :class:`Signer` is one body's signing machine
with its own roll and its own count. What is asked for a deputy is stored before anything is signed;
the same request again gets the same answer, at any time.

A request is the blinded messages for one slot, 384 bytes for each signer it goes through: this one
first, then its peers. Peers sign first and the own signature comes last, so that what a signer
counts as issued is a whole token, and all signers count the same (attacks E7, E35).
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from ballot.crypto.blind import blind_sign, check_request
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random
from ballot.crypto.slotkey import MODULUS_SIZE, PublicKey, SlotKey
from ballot.store.memory import MemoryRoll
from ballot.store.presence import Channel, CheckIn, Presence
from ballot.tally.events import Event
from ballot.tally.session import Definition


class Entries(Protocol):
    """What issuing needs of :class:`ballot.store.entries.Entries`."""

    def is_deputy(self, number: str) -> bool: ...
    def open_check_in(self, number: int, slots: Iterable[str]) -> None: ...
    def halt_check_in(self, number: int) -> None: ...
    def check_in(self, slot: str | None = None) -> CheckIn | None: ...
    def presence(self, check_in: int, deputy: str) -> Presence | None: ...
    def put_presence(self, presence: Presence) -> None: ...
    def presences(self, check_in: int) -> list[Presence]: ...
    def requests(self, deputy: str) -> dict[str, bytes]: ...
    def add_requests(self, deputy: str, requests: Mapping[str, bytes]) -> None: ...
    def pending(self, slots: Sequence[str]) -> list[tuple[str, dict[str, bytes]]]: ...
    def answers(self, deputy: str) -> dict[str, bytes]: ...
    def add_answers(self, deputy: str, answers: Mapping[str, bytes]) -> None: ...
    def answered(self, slots: Sequence[str]) -> dict[str, int]: ...


class Roll(Protocol):
    """A roll with check-ins: :class:`ballot.store.roll.RollStore`, or one in memory."""

    def write(self) -> AbstractContextManager[Entries]:
        """One transaction, with no other writer beside it; durable when it has ended."""

    def read(self) -> AbstractContextManager[Entries]:
        """A transaction that only reads."""


class Peer(Protocol):
    """Another signer. Raises ``issue.signer_away``, or what the other refuses."""

    def sign(self, deputy: str, requests: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """:meth:`Signer.issue` over there: 384 bytes each way, by slot."""

    def paper(self, deputy: str, slots: Sequence[str]) -> None:
        """:meth:`Signer.take_paper` over there."""

    def halt(self, order: bytes) -> Mapping[str, int]:
        """:meth:`Signer.halt` over there, by the clerk's signed order: tokens issued by slot."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one check-in: P, tokens issued by slot, deputies who took paper."""

    present: int
    tablet: Mapping[str, int]
    paper: int


class Signer:
    """One signer: its slot keys over its roll.

    ``peers`` are the signers it passes requests on to, ``publics`` then all public keys by slot in
    the order of a request. ``admits``: whoever is on this roll may ask, because somebody else
    watches the door; without it a deputy must have been checked in here.
    """

    def __init__(
        self,
        keys: Mapping[str, SlotKey],
        random: Random,
        roll: Roll | None = None,
        *,
        peers: Sequence[Peer] = (),
        publics: Mapping[str, Sequence[PublicKey]] | None = None,
        admits: bool = False,
    ) -> None:
        self._keys, self._random, self._peers, self._admits = keys, random, peers, admits
        self._roll: Roll = MemoryRoll() if roll is None else roll
        own = {slot: (key.public,) for slot, key in keys.items()}
        self._publics: Mapping[str, Sequence[PublicKey]] = own if publics is None else publics

    def follow(self, event: Event) -> None:
        """Open and close check-ins as the events say; every event may come again."""
        if event.kind == "check_in_opened":
            with self._roll.write() as entries:
                entries.open_check_in(event.number, event.body["slots"])
        elif event.kind == "check_in_closed":
            with self._roll.write() as entries:
                _halt(entries, event.body["issued"][0]["slot"])

    def issue(self, deputy: str, requests: Mapping[str, bytes]) -> dict[str, bytes]:
        """Answers by slot, as long as their requests.

        Refused, in this order: ``issue.malformed``, ``issue.closed``, ``issue.not_present``,
        ``issue.other_channel``, ``token.already_issued``; and ``issue.signer_away`` while a peer
        is away: then the same request succeeds later.
        """
        self.check(requests)
        with self._roll.write() as entries:
            known = entries.requests(deputy)
            if any(known.get(slot) != request for slot, request in requests.items()):
                self._admit(entries, deputy, requests, known)
            answers = entries.answers(deputy)
        missing = {slot: data for slot, data in requests.items() if slot not in answers}
        answers |= self._answer(deputy, missing)
        return {slot: answers[slot] for slot in requests}

    def check(self, requests: Mapping[str, bytes]) -> None:
        """Refuse (``issue.malformed``) what no tablet asks, before anything is recorded (D7)."""
        if not requests:
            raise Invalid("issue.malformed", "no slot is named")
        for slot, request in requests.items():
            if slot not in self._publics:
                raise Invalid("issue.malformed", "no such slot")
            publics = self._publics[slot]
            if len(request) != MODULUS_SIZE * len(publics):
                raise Invalid("issue.malformed", f"{len(request)} bytes in a request")
            for public, part in zip(publics, _parts(request), strict=True):
                check_request(public, part)

    def take_paper(self, deputy: str, slots: Sequence[str]) -> None:
        """The deputy holds a sheet for these slots; for none: it was handed back unused.

        Refused: ``issue.closed``, ``issue.not_present``, ``issue.other_channel``. Again: the
        same answer, and the peers are told again.
        """
        with self._roll.write() as entries:
            check_in = _open(entries, slots)
            presence = entries.presence(check_in.number, deputy)
            if presence is None and (not slots or not entries.is_deputy(deputy)):
                raise Invalid("issue.not_present", "not on this roll, or not here")
            if presence is not None and presence.channel == "tablet":
                raise Invalid("issue.other_channel", "tokens were asked for")
            channel: Channel | None = "paper" if slots else None
            found = presence or Presence(check_in.number, deputy)
            entries.put_presence(replace(found, channel=channel))
        for peer in self._peers:
            peer.paper(deputy, slots)

    def halt(self, slot: str) -> Counts:
        """End the check-in of that slot for good; what was stored before is still answered.

        Raises ``issue.closed`` when there was none, ``issue.signer_away`` while somebody's
        request waits for a peer; the check-in is halted all the same, and the next call
        finishes.
        """
        with self._roll.write() as entries:
            check_in = _halt(entries, slot)
            pending = entries.pending(check_in.slots)
        for deputy, requests in pending:
            try:
                self._answer(deputy, requests)
            except Invalid as error:
                if error.code in ("issue.signer_away", "token.signer_fault"):
                    raise
                # A peer refuses for good, say because its roll differs: no token, not counted.
        return self.counts(slot)

    def counts(self, slot: str | None = None) -> Counts:
        """Of the slot's check-in; without one of the last."""
        with self._roll.read() as entries:
            check_in = entries.check_in(slot)
            if check_in is None:
                return Counts(0, {}, 0)
            present = entries.presences(check_in.number)
            papers = sum(one.channel == "paper" for one in present)
            return Counts(len(present), entries.answered(check_in.slots), papers)

    def _admit(
        self,
        entries: Entries,
        deputy: str,
        requests: Mapping[str, bytes],
        known: Mapping[str, bytes],
    ) -> None:
        """Store requests that are not all known, or refuse them in the protocol's order."""
        check_in = _open(entries, requests)
        presence = entries.presence(check_in.number, deputy)
        if presence is None:
            if not (self._admits and entries.is_deputy(deputy)):
                raise Invalid("issue.not_present", "not checked in on this signer's roll")
            presence = Presence(check_in.number, deputy)
        if presence.channel == "paper":
            raise Invalid("issue.other_channel", "a paper ballot was taken")
        if any(known.get(slot, request) != request for slot, request in requests.items()):
            raise Invalid("token.already_issued", "another request was stored before")
        new = {slot: request for slot, request in requests.items() if slot not in known}
        entries.add_requests(deputy, new)
        entries.put_presence(replace(presence, channel="tablet"))

    def _answer(self, deputy: str, requests: Mapping[str, bytes]) -> dict[str, bytes]:
        """Sign what is stored, after the peers have: one answer for all signers, kept."""
        if not requests:
            return {}
        parts = {slot: _parts(request) for slot, request in requests.items()}
        signed: dict[str, list[bytes]] = {slot: [b""] for slot in requests}
        for place, peer in enumerate(self._peers, 1):
            found = peer.sign(deputy, {slot: part[place] for slot, part in parts.items()})
            for slot in requests:
                _check_answer(self._publics[slot][place], parts[slot][place], found.get(slot, b""))
                signed[slot].append(found[slot])
        for slot in requests:
            signed[slot][0] = blind_sign(self._keys[slot], parts[slot][0], self._random)
        answers = {slot: b"".join(signatures) for slot, signatures in signed.items()}
        with self._roll.write() as entries:
            entries.add_answers(deputy, answers)
        return answers

    # Rehearsals in one process: check-ins without events, one slot at a time.

    def open_check_in(self, slots: Iterable[str]) -> None:
        """Tokens of these slots may be asked for."""
        with self._roll.write() as entries:
            last = entries.check_in()
            entries.open_check_in(last.number + 1 if last else 1, slots)

    def close_check_in(self) -> None:
        """No new request; answers given can still be fetched again."""
        with self._roll.write() as entries:
            last = entries.check_in()
            if last is not None:
                entries.halt_check_in(last.number)

    def check_in(self, deputy: str, channel: str) -> None:
        """Mark a deputy as present, with the one channel chosen: ``paper`` or ``tablet``."""
        chosen: Channel = "paper" if channel == "paper" else "tablet"
        with self._roll.write() as entries:
            check_in = _open(entries, ())
            known = entries.presence(check_in.number, deputy)
            if known is not None and known.channel != chosen:
                raise Invalid("issue.other_channel", "a deputy has one channel per slot")
            entries.put_presence(Presence(check_in.number, deputy, chosen))

    def sign(self, deputy: str, slot: str, request: bytes) -> bytes:
        """:meth:`issue` for one slot."""
        return self.issue(deputy, {slot: request})[slot]

    def present(self) -> int:
        """P: deputies checked in."""
        return self.counts().present

    def issued(self, slot: str) -> int:
        """I on tablets: tokens of the slot that this signer issued."""
        return self.counts().tablet.get(slot, 0)

    def papers(self) -> int:
        """Deputies who took paper."""
        return self.counts().paper


def check_keys(definition: Definition, signer: str, keys: Mapping[str, SlotKey]) -> None:
    """Refuse (``signer.wrong_key``) keys that are not the definition's for that signer."""
    if signer not in definition.signers:
        raise Invalid("signer.wrong_key", f"{signer} is no signer of this session")
    place = definition.signers.index(signer)
    for vote in definition.votes:
        for slot in vote.slots:
            if slot.id not in keys or keys[slot.id].public != slot.keys[place]:
                raise Invalid("signer.wrong_key", f"slot {slot.id}: not the key of {signer}")


def _open(entries: Entries, slots: Iterable[str]) -> CheckIn:
    """The open check-in that names all these slots, for none the last; or ``issue.closed``."""
    found = {entries.check_in(slot) for slot in slots} or {entries.check_in()}
    check_in = found.pop()
    if found or check_in is None or not check_in.is_open:
        raise Invalid("issue.closed", "no check-in is open for this slot")
    return check_in


def _halt(entries: Entries, slot: str) -> CheckIn:
    check_in = entries.check_in(slot)
    if check_in is None:
        raise Invalid("issue.closed", "this slot has had no check-in")
    entries.halt_check_in(check_in.number)
    return check_in


def _parts(request: bytes) -> list[bytes]:
    return [request[i : i + MODULUS_SIZE] for i in range(0, len(request), MODULUS_SIZE)]


def _check_answer(public: PublicKey, request: bytes, answer: bytes) -> None:
    """s^e = m, as the peer should have checked (RFC 9474 §4.3, steps 3, 4)."""
    s, m = int.from_bytes(answer, "big"), int.from_bytes(request, "big")
    if len(answer) != MODULUS_SIZE or s >= public.n or pow(s, public.e, public.n) != m:
        raise Invalid("token.signer_fault", "not a signature of the other signer")
