"""Registrar and second signer over databases of thirty deputies, and tablets that ask them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from ballot.crypto import blind
from ballot.crypto.errors import Invalid
from ballot.issuing import Signer
from ballot.registrar import Registrar
from ballot.store.engine import Database
from ballot.store.presence import Deputy
from ballot.store.roll import RollStore
from ballot.tally.events import Event
from ballot.tally.orders import Order, decode_order, encode_order, sign_order
from ballot.tally.session import Definition, list_digest
from tests.sessions import MINUTE, definition, key
from tests.slotkeys import CLERK, SCRUTINEERS

SALT = b"s" * 32
DEPUTIES = [Deputy(f"{n:03d}", f"代表{n}") for n in range(1, 31)]
SLOTS = ["projects-1", "projects-2", "motion-1"]


@cache
def the_definition(drawn: bool = False) -> Definition:
    """The test session, all its slots under the two published keys."""
    plain, public = definition(drawn), (CLERK.public, SCRUTINEERS.public)
    votes = tuple(
        replace(
            vote,
            slots=tuple(slot if drawn else replace(slot, keys=public) for slot in vote.slots),
        )
        for vote in plain.votes
    )
    digest = list_digest(SALT, [one.number for one in DEPUTIES])
    return replace(plain, votes=votes, roll_digest=digest)


def all_slots() -> list[str]:
    """Every slot of the definition."""
    return [slot.id for vote in the_definition().votes for slot in vote.slots]


def opened(number: int = 5, slots: Sequence[str] = SLOTS) -> Event:
    """The event that opens a check-in."""
    session = the_definition().session
    body = {"slots": list(slots)}
    return Event(number, None, "check_in_opened", session, None, MINUTE, body, ())


def closed(slots: Sequence[str] = SLOTS) -> Event:
    """The event that closes it."""
    body = {"issued": [{"slot": slot} for slot in slots]}
    return replace(opened(6), kind="check_in_closed", body=body)


def halting(slot: str = SLOTS[0]) -> bytes:
    """The clerk's order to halt the check-in of a slot."""
    return encode_order(an_order(slot))


def an_order(slot: str) -> Order:
    """The same, decoded."""
    session = the_definition().session
    return sign_order(key("clerk"), "halt_check_in", session, slot, "clerk")


@dataclass
class Line:
    """The wire between registrar and second signer; it can be cut, or lose the answer."""

    signer: Signer
    away: bool = False
    deaf: bool = False
    calls: list[str] = field(default_factory=list)

    def sign(self, deputy: str, requests: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """See :class:`ballot.issuing.Peer`."""
        self._cross("sign")
        answers = self.signer.issue(deputy, requests)
        self._cross("answer", self.deaf)
        return answers

    def paper(self, deputy: str, slots: Sequence[str]) -> None:
        """See :class:`ballot.issuing.Peer`."""
        self._cross("paper")
        self.signer.take_paper(deputy, slots)

    def halt(self, order: bytes) -> Mapping[str, int]:
        """See :class:`ballot.issuing.Peer`."""
        self._cross("halt")
        return self.signer.halt(decode_order(order).slot).tablet

    def _cross(self, what: str, away: bool | None = None) -> None:
        self.calls.append(what)
        if self.away if away is None else away:
            raise Invalid("issue.signer_away")


@dataclass
class Hall:
    """Both signers, with a check-in that is open."""

    registrar: Registrar
    second: Signer
    line: Line
    roll: RollStore
    other_roll: RollStore

    def both(self, event: Event) -> None:
        """Both services hear of an event."""
        self.registrar.follow(event)
        self.second.follow(event)


def make_hall(first: Database, second: Database, others: Sequence[Deputy] = DEPUTIES) -> Hall:
    """A hall whose second signer has the roll ``others``."""
    rolls = RollStore(first), RollStore(second)
    rolls[0].put_roll(DEPUTIES, SALT)
    rolls[1].put_roll(others, SALT)
    slots = all_slots()
    signer = Signer(dict.fromkeys(slots, SCRUTINEERS), secrets.token_bytes, rolls[1], admits=True)
    line = Line(signer)
    registrar = Registrar(
        the_definition(), rolls[0], dict.fromkeys(slots, CLERK), secrets.token_bytes, [line]
    )
    hall = Hall(registrar, signer, line, *rolls)
    hall.both(opened())
    return hall


class Tablet:
    """The tablet's side of check-in: draws, asks, unblinds."""

    def __init__(self, slots: Sequence[str] = SLOTS) -> None:
        self.device = secrets.token_bytes(32)
        self._drawn: dict[str, list[tuple[bytes, blind.Blinded]]] = {}
        for slot in slots:
            message = b"a credential of " + slot.encode() + self.device
            keys = (CLERK.public, SCRUTINEERS.public)
            self._drawn[slot] = [
                (message, blind.blind(public, message, secrets.token_bytes)) for public in keys
            ]

    @property
    def requests(self) -> dict[str, list[bytes]]:
        """What it asks for."""
        return {slot: [b.request for _, b in drawn] for slot, drawn in self._drawn.items()}

    def finish(self, answers: Mapping[str, Sequence[bytes]]) -> None:
        """Unblind and verify every signature; raises what is wrong."""
        assert answers.keys() == self._drawn.keys()
        for slot, drawn in self._drawn.items():
            for (message, blinded), answer, secret in zip(
                drawn, answers[slot], (CLERK, SCRUTINEERS), strict=True
            ):
                blind.finalize(secret.public, message, answer, blinded.inverse)
