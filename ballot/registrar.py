"""The registrar: passes, check-in, tokens, paper; who is here and on which channel (protocol §6).

Knows deputies and blinded requests, never a credential or an envelope (attack B31). A tablet is
known by its *device secret*, of which the digest alone is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ballot.crypto.encoding import code, parse_code, sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random
from ballot.crypto.slotkey import MODULUS_SIZE, SlotKey
from ballot.issuing import Counts, Peer, Signer, check_keys
from ballot.store.entries import Entries
from ballot.store.presence import CheckIn, Deputy, Presence
from ballot.store.roll import RollStore
from ballot.tally.events import Event
from ballot.tally.orders import decode_order
from ballot.tally.session import Definition, list_digest

__all__ = ["Counts", "DeputyState", "Peer", "Registrar", "Signer", "make_passes"]


@dataclass(frozen=True, slots=True)
class DeputyState:
    """A deputy as the desk sees one in the last check-in."""

    number: str
    name: str
    state: Literal["absent", "present", "tablet", "paper"]


def make_passes(roll: RollStore, random: Random) -> list[tuple[Deputy, str]]:
    """A new pass for everyone on the roll, (deputy, code); older ones are void."""
    with roll.write() as entries:
        return [
            (deputy, _new_pass(entries, deputy.number, random)) for deputy in entries.deputies()
        ]


class Registrar:
    """The clerk's side of check-in over one roll; its signer is the first of the definition's.

    Refuses to start on another roll (``roll.digest``) or with other keys (``signer.wrong_key``)
    than the definition's.
    """

    def __init__(
        self,
        definition: Definition,
        roll: RollStore,
        keys: Mapping[str, SlotKey],
        random: Random,
        peers: Sequence[Peer] = (),
    ) -> None:
        numbers = [deputy.number for deputy in roll.deputies()]
        if list_digest(roll.salt(), numbers) != definition.roll_digest:
            raise Invalid("roll.digest", "not the roll of the definition")
        if definition.signers:
            check_keys(definition, definition.signers[0], keys)
        if len(peers) != max(0, len(definition.signers) - 1):
            raise Invalid("signer.missing", f"{len(peers)} other signers are reached")
        slots = [slot for vote in definition.votes for slot in vote.slots]
        publics = {slot.id: slot.keys for slot in slots}
        self._definition, self._roll, self._random, self._peers = definition, roll, random, peers
        self.signer = Signer(keys, random, roll, peers=peers, publics=publics)

    def follow(self, event: Event) -> None:
        """Open and close check-ins as the events say; every event may come again."""
        self.signer.follow(event)

    # Tablets.

    def check_in(self, pass_code: str, device: bytes) -> list[str]:
        """Show a pass for a tablet; the slots that it will ask tokens for.

        The same pass from the same tablet: the same answer. Refused: ``pass.malformed``,
        ``issue.closed``, ``pass.unknown``, ``issue.other_channel``, ``pass.used``.
        """
        shown, tablet = _pass_digest(pass_code), sha256(device)
        with self._roll.write() as entries:
            check_in = entries.check_in()
            if check_in is None:
                raise Invalid("issue.closed", "no check-in has been opened")
            deputy = entries.pass_holder(shown) or ""
            known = entries.presence(check_in.number, deputy)
            if known is None or known.device != tablet or known.ended:
                self._bind(entries, check_in, deputy, known, tablet)
        return self._tablet_slots(check_in)

    def issue(
        self, device: bytes, requests: Mapping[str, Sequence[bytes]]
    ) -> dict[str, list[bytes]]:
        """Blind signatures of all signers, in the definition's order, for *every* slot of the
        tablet's check-in; refused as by :meth:`Signer.issue`.
        """
        joined = {slot: self._joined(parts) for slot, parts in requests.items()}
        self.signer.check(joined)
        with self._roll.read() as entries:
            presence = entries.presence_of(sha256(device))
            last, named = entries.check_in(), entries.check_in(next(iter(joined)))
        if presence is None or presence.ended:
            if last is None or not last.is_open:
                raise Invalid("issue.closed", "no check-in is open")
            raise Invalid("issue.not_present", "this tablet is not checked in")
        if (
            named is None
            or named.number != presence.check_in
            or set(joined) != set(self._tablet_slots(named))
        ):
            raise Invalid("issue.malformed", "not the slots of the check-in")
        answers = self.signer.issue(presence.deputy, joined)
        return {slot: _split(answer) for slot, answer in answers.items()}

    def end(self, device: bytes) -> None:
        """The tablet has its tokens: its secret is worth nothing from now on. Again: fine."""
        with self._roll.write() as entries:
            presence = entries.presence_of(sha256(device))
            if presence is None:
                raise Invalid("issue.not_present", "this tablet is not checked in")
            entries.put_presence(replace(presence, ended=True))

    # The desk.

    def grant(self, deputy: str) -> str:
        """A new pass for a deputy, which frees the one tablet that the old pass was shown on.

        Tokens asked for on that tablet stay with it. Raises ``roll.unknown``.
        """
        with self._roll.write() as entries:
            if not entries.is_deputy(deputy):
                raise Invalid("roll.unknown", "no deputy of that number")
            check_in = entries.check_in()
            presence = entries.presence(check_in.number, deputy) if check_in else None
            if presence is not None:
                entries.put_presence(replace(presence, device=None, ended=False))
            return _new_pass(entries, deputy, self._random)

    def take_paper(self, deputy: str) -> None:
        """Hand the deputy a sheet: see :meth:`Signer.take_paper`."""
        slots = self._slots_on("paper", self._last())
        if not slots:
            raise Invalid("issue.other_channel", "no vote of this check-in is on paper")
        self.signer.take_paper(deputy, slots)

    def return_paper(self, deputy: str) -> None:
        """The deputy hands an unused sheet back before the close, to vote on a tablet."""
        self.signer.take_paper(deputy, [])

    def take_slip(self, deputy: str) -> None:
        """The deputy draws a slip: in a session with drawn codes, the only thing recorded."""
        if self._definition.token_kind != "drawn":
            raise Invalid("issue.other_channel", "this session has no drawn codes")
        with self._roll.write() as entries:
            check_in = entries.check_in()
            if check_in is None or not check_in.is_open:
                raise Invalid("issue.closed", "no check-in is open")
            if not entries.is_deputy(deputy):
                raise Invalid("issue.not_present", "not on the roll")
            known = entries.presence(check_in.number, deputy)
            if known is not None and known.channel is not None:
                raise Invalid("issue.other_channel", "a slip or a sheet was taken before")
            entries.put_presence(Presence(check_in.number, deputy, "tablet"))

    def find(self, text: str, limit: int = 20) -> list[DeputyState]:
        """Deputies by part of their number or name."""
        with self._roll.read() as entries:
            check_in = entries.check_in()
            number = check_in.number if check_in else 0
            return [
                DeputyState(one.number, one.name, _state(entries.presence(number, one.number)))
                for one in entries.deputies(text.strip(), limit)
            ]

    # Counts.

    def counts(self, slot: str | None = None) -> Counts:
        """Of the slot's check-in, without one of the last. With drawn codes a slip taken counts
        as issued for every slot.
        """
        counts = self.signer.counts(slot)
        if self._definition.token_kind != "drawn":
            return counts
        with self._roll.read() as entries:
            check_in = entries.check_in(slot)
            present = entries.presences(check_in.number) if check_in else []
        slips = sum(one.channel == "tablet" for one in present)
        return replace(counts, tablet=dict.fromkeys(counts.tablet, slips))

    def halt(self, order: bytes) -> dict[str, Any]:
        """Obey ``halt_check_in``, which the caller has checked; again: the same answer.

        Every signer stops, and answers first what it had stored. The answer is the body that
        CheckInClosed will have (slips are opened later). Raises as :meth:`Signer.halt`.
        """
        slot = decode_order(order).slot
        self.signer.halt(slot)
        others = [peer.halt(order) for peer in self._peers]
        with self._roll.read() as entries:
            check_in = entries.check_in(slot)
            present = entries.presences(check_in.number) if check_in else []
        counts = self.counts(slot)
        issued = [
            {
                "slot": name,
                "tablet": tablets,
                "paper": counts.paper if self._has(name, "paper") else 0,
                "signers": [tablets, *(other.get(name, 0) for other in others)]
                if self._definition.signers
                else [],
            }
            for name, tablets in counts.tablet.items()
        ]
        return {
            "attendance": list_digest(self._roll.salt(), [one.deputy for one in present]),
            "issued": issued,
            "present": len(present),
            "unused_slips": [],
        }

    def _bind(
        self,
        entries: Entries,
        check_in: CheckIn,
        deputy: str,
        known: Presence | None,
        tablet: bytes,
    ) -> None:
        """Make the tablet the deputy's, or refuse it."""
        if not check_in.is_open:
            raise Invalid("issue.closed", "the check-in is over")
        if not deputy:
            raise Invalid("pass.unknown", "not a pass of this session, or replaced")
        if known is not None and known.channel == "paper":
            raise Invalid("issue.other_channel", "a paper ballot was taken")
        if (known is not None and known.device is not None) or entries.presence_of(tablet):
            raise Invalid("pass.used", "shown on another tablet, or that tablet is another's")
        presence = known or Presence(check_in.number, deputy)
        entries.put_presence(replace(presence, device=tablet))

    def _joined(self, parts: Sequence[bytes]) -> bytes:
        if len(parts) != len(self._definition.signers) or not parts:
            raise Invalid("issue.malformed", "one blinded message per signer")
        if any(len(part) != MODULUS_SIZE for part in parts):
            raise Invalid("issue.malformed", f"a blinded message has {MODULUS_SIZE} bytes")
        return b"".join(parts)

    def _last(self) -> CheckIn:
        with self._roll.read() as entries:
            check_in = entries.check_in()
        if check_in is None:
            raise Invalid("issue.closed", "no check-in has been opened")
        return check_in

    def _tablet_slots(self, check_in: CheckIn) -> list[str]:
        return self._slots_on("tablet", check_in)

    def _slots_on(self, channel: str, check_in: CheckIn) -> list[str]:
        return [slot for slot in check_in.slots if self._has(slot, channel)]

    def _has(self, slot: str, channel: str) -> bool:
        return channel in self._definition.slot(slot)[0].channels


def _state(presence: Presence | None) -> Literal["absent", "present", "tablet", "paper"]:
    return "absent" if presence is None else presence.channel or "present"


def _new_pass(entries: Entries, deputy: str, random: Random) -> str:
    pass_code = code(random(8))
    entries.put_pass(_pass_digest(pass_code), deputy)
    return pass_code


def _pass_digest(text: str) -> bytes:
    """SHA-256 of a pass in its printed form; ``pass.malformed``."""
    try:
        return sha256(parse_code(text).encode())
    except Invalid as error:
        raise Invalid("pass.malformed", error.detail) from None


def _split(answer: bytes) -> list[bytes]:
    return [answer[i : i + MODULUS_SIZE] for i in range(0, len(answer), MODULUS_SIZE)]
