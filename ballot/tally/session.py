"""The definition: all that is adopted before a session votes (protocol §4).

Only :func:`~ballot.tally.definition.decode_definition` makes one, and refuses what is
inconsistent: code that holds a :class:`Definition` never asks again. The **session digest** is
the SHA-256 of its canonical bytes; its code is the 会议码.
"""

from dataclasses import dataclass, field

from ballot.crypto import encoding
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group
from ballot.crypto.slotkey import PublicKey
from ballot.tally.margin import Margin, check_margin
from ballot.tally.rules import Rules, rule_digest

ROLES = ("clerk", "presiding_officer", "presidium", "chief_scrutineer", "scrutineer", "teller")
KINDS = {"selection": ("three_way", "approve"), "rating": ("grades",), "motion": ("motion",)}
CHANNELS = ("tablet", "paper")
TOKEN_KINDS = ("blind", "drawn")
MAX_SLOTS = 10
MAX_DEPUTIES = 25_000


@dataclass(frozen=True, slots=True)
class Officer:
    """A person named in the definition, who signs with the own Ed25519 key."""

    id: str
    name: str
    roles: tuple[str, ...]
    public_key: str


@dataclass(frozen=True, slots=True)
class Item:
    """A project, rated project, unit or motion. ``investment`` is in 万元 or None."""

    id: str
    title: str
    content: str
    unit: str
    location: str
    investment: int | None
    funding: str
    completion: str
    category: str
    beneficiaries: str


@dataclass(frozen=True, slots=True)
class Approval:
    """One step of the approval trail of a list, or (as waiver) the presidium's decision."""

    step: str
    body: str
    date: str
    document_no: str


@dataclass(frozen=True, slots=True)
class Slot:
    """What one token is good for. ``keys`` in the order of the signers; ``length`` in bytes."""

    id: str
    uuid: str
    length: int
    keys: tuple[PublicKey, ...] = field(repr=False)
    drawn: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Vote:
    """One question put to the congress."""

    id: str
    title: str
    kind: str
    style: str
    seats: int
    items: tuple[Item, ...]
    rules: Rules
    approvals: tuple[Approval, ...]
    waiver: Approval | None
    channels: tuple[str, ...]
    slots: tuple[Slot, ...]

    def item(self, item_id: str) -> Item:
        """The item of that id; raises ``definition.item``."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise Invalid("definition.item", f"no item {item_id}")

    @property
    def rule_digest(self) -> str:
        """Hex digest of the rules, which the election document names."""
        return rule_digest(self.rules)

    @property
    def margin(self) -> Margin | None:
        """The verdict on the margin of the first list; None where no places are filled."""
        if self.kind != "selection":
            return None
        return check_margin(self.seats, len(self.items), self.rules.margin)


@dataclass(frozen=True, slots=True)
class Definition:
    """One plenary: roll, officers, trustees and its votes. ``raw`` are its canonical bytes."""

    raw: bytes = field(repr=False)
    congress: str
    assembly: str
    government: str
    title: str
    year: int
    date: str
    practice: bool
    note: str
    group: Group
    deputies: int
    roll_digest: str
    officers: tuple[Officer, ...]
    presidium_quorum: int
    signers: tuple[str, ...]
    trustees: tuple[str, ...]
    threshold: int
    box_key: str
    min_ballots: int
    min_paper: int
    token_kind: str
    votes: tuple[Vote, ...]

    @property
    def session(self) -> str:
        """The session digest, hex."""
        return encoding.sha256(self.raw).hex()

    @property
    def seal_quorum(self) -> int:
        """q = ⌈(m + t)/2⌉: two different seals need t who signed both (attack E22)."""
        return (len(self.trustees) + self.threshold + 1) // 2

    def officer(self, officer_id: str) -> Officer:
        """The officer of that id; raises ``signature.unknown_signer``."""
        for officer in self.officers:
            if officer.id == officer_id:
                return officer
        raise Invalid("signature.unknown_signer", officer_id[:40])

    def holders(self, role: str) -> tuple[Officer, ...]:
        """Everyone with that role, in the order of the definition."""
        return tuple(officer for officer in self.officers if role in officer.roles)

    def slot(self, slot_id: str) -> tuple[Vote, Slot, int]:
        """(vote, slot, n): the n-th slot of the vote, from 1; raises ``definition.slot``."""
        for vote in self.votes:
            for n, slot in enumerate(vote.slots, 1):
                if slot.id == slot_id:
                    return vote, slot, n
        raise Invalid("definition.slot", f"no slot {slot_id[:40]}")


def list_digest(salt: bytes, numbers: list[str]) -> str:
    """Digest of a roll or an attendance: {salt: 32 random bytes, sorted deputy numbers}.

    The salt stays with the roll: without it absentees could be found by trial (E26).
    """
    return encoding.digest({"numbers": sorted(numbers), "salt": salt.hex()})
