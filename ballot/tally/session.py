"""The definition: all that is adopted before a session votes (protocol §4).

Decoding refuses what is inconsistent (codes ``definition.…``, ``rules.…``, ``margin.…``), so
that code which holds a :class:`Definition` never asks again. The **session digest** is the
SHA-256 of its canonical bytes; its code is the 会议码.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from ballot.crypto import encoding, shapes
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS, Group, group_named
from ballot.crypto.signing import check_public_key
from ballot.crypto.slotkey import PublicKey
from ballot.tally.margin import Margin, check_margin
from ballot.tally.rules import Rules, rule_digest

ROLES = ("clerk", "presiding_officer", "presidium", "chief_scrutineer", "scrutineer", "teller")
KINDS = {"selection": ("three_way", "approve"), "rating": ("grades",), "motion": ("motion",)}
CHANNELS = ("tablet", "paper")
TOKEN_KINDS = ("blind", "drawn")
MAX_SLOTS = 10
MAX_DEPUTIES = 25_000
_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{22}", re.ASCII)
_LATIN_TWINS = ("CYRILLIC", "GREEK")


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


_DEFINITION = (
    "assembly box_key congress date deputies government group kind min_ballots min_paper note "
    "officers practice presidium_quorum roll_digest signers title token_kind trustees version "
    "votes year"
)


def decode_definition(data: bytes) -> Definition:
    """The definition with exactly these canonical bytes, or a refusal with its place."""
    value = shapes.fields(encoding.loads(data), _DEFINITION, "definition")
    shapes.choice(value["kind"], ("definition",), "kind")
    shapes.integer(value["version"], "version", 1, 1)
    group = group_named(shapes.choice(value["group"], GROUPS, "group"))
    token_kind = shapes.choice(value["token_kind"], TOKEN_KINDS, "token_kind")
    trustees = shapes.fields(value["trustees"], "members threshold", "trustees")
    signers = shapes.array(value["signers"], shapes.identifier, "signers", 0, 2)
    definition = Definition(
        raw=data,
        congress=shapes.text(value["congress"], "congress", 1, 100),
        assembly=shapes.text(value["assembly"], "assembly", 1, 200),
        government=shapes.text(value["government"], "government", 1, 100),
        title=shapes.text(value["title"], "title", 1, 200),
        year=shapes.integer(value["year"], "year", 2000, 2200),
        date=shapes.date(value["date"], "date"),
        practice=shapes.boolean(value["practice"], "practice"),
        note=shapes.text(value["note"], "note", 0, 500),
        group=group,
        deputies=shapes.integer(value["deputies"], "deputies", 1, MAX_DEPUTIES),
        roll_digest=shapes.hexadecimal(value["roll_digest"], "roll_digest"),
        officers=shapes.array(value["officers"], _officer, "officers", 1, 500),
        presidium_quorum=shapes.integer(value["presidium_quorum"], "presidium_quorum", 1, 500),
        signers=signers,
        trustees=shapes.array(trustees["members"], shapes.identifier, "trustees.members", 1, 30),
        threshold=shapes.integer(trustees["threshold"], "trustees.threshold", 1, 30),
        box_key=shapes.hexadecimal(value["box_key"], "box_key"),
        min_ballots=shapes.integer(value["min_ballots"], "min_ballots", 1, 1000),
        min_paper=shapes.integer(value["min_paper"], "min_paper", 1, 1000),
        token_kind=token_kind,
        votes=shapes.array(
            value["votes"], lambda v, where: _vote(v, where, group, len(signers)), "votes", 1, 50
        ),
    )
    _check_people(definition)
    _check_tokens(definition)
    for vote in definition.votes:
        _check_vote(vote)
    return definition


def _officer(value: Any, where: str) -> Officer:
    shapes.fields(value, "id name public_key roles", where)
    roles = shapes.array(
        value["roles"], lambda v, w: shapes.choice(v, ROLES, w), f"{where}.roles", 1, len(ROLES)
    )
    shapes.distinct(roles, f"{where}.roles")
    return Officer(
        shapes.identifier(value["id"], f"{where}.id"),
        shapes.text(value["name"], f"{where}.name", 1, 60),
        roles,
        shapes.hexadecimal(value["public_key"], f"{where}.public_key"),
    )


def _vote(value: Any, where: str, group: Group, signers: int) -> Vote:
    names = "approvals channels id items kind rules seats slots style title waiver"
    shapes.fields(value, names, where)
    kind = shapes.choice(value["kind"], KINDS, f"{where}.kind")
    style = shapes.choice(value["style"], KINDS[kind], f"{where}.style")
    return Vote(
        id=shapes.identifier(value["id"], f"{where}.id"),
        title=shapes.text(value["title"], f"{where}.title", 1, 200),
        kind=kind,
        style=style,
        seats=shapes.integer(value["seats"], f"{where}.seats", 0, 400),
        items=shapes.array(value["items"], _item, f"{where}.items", 1, 480),
        rules=Rules.decode(value["rules"], grades=style == "grades", where=f"{where}.rules"),
        approvals=shapes.array(value["approvals"], _approval, f"{where}.approvals", 0, 20),
        waiver=shapes.optional(value["waiver"], _approval, f"{where}.waiver"),
        channels=shapes.array(
            value["channels"],
            lambda v, w: shapes.choice(v, CHANNELS, w),
            f"{where}.channels",
            1,
            2,
        ),
        slots=shapes.array(
            value["slots"],
            lambda v, w: _slot(v, w, group, signers),
            f"{where}.slots",
            1,
            MAX_SLOTS,
        ),
    )


def _item(value: Any, where: str) -> Item:
    texts = "content unit location funding completion category beneficiaries"
    shapes.fields(value, f"id title investment {texts}", where)
    return Item(
        id=shapes.item_id(value["id"], f"{where}.id"),
        title=shapes.text(value["title"], f"{where}.title", 1, 200),
        investment=shapes.optional(value["investment"], shapes.integer, f"{where}.investment"),
        **{name: shapes.text(value[name], f"{where}.{name}", 0, 2000) for name in texts.split()},
    )


def _approval(value: Any, where: str) -> Approval:
    shapes.fields(value, "step body date document_no", where)
    return Approval(
        shapes.text(value["step"], f"{where}.step", 1, 500),
        shapes.text(value["body"], f"{where}.body", 1, 200),
        shapes.date(value["date"], f"{where}.date"),
        shapes.text(value["document_no"], f"{where}.document_no", 1, 100),
    )


def _slot(value: Any, where: str, group: Group, signers: int) -> Slot:
    shapes.fields(value, "drawn id keys length uuid", where)
    uuid = shapes.text(value["uuid"], f"{where}.uuid", 22, 22)
    if not _UUID.fullmatch(uuid):
        raise shapes.refuse(f"{where}.uuid", "not 22 Base58 digits")
    drawn = shapes.array(
        value["drawn"], lambda v, w: shapes.text(v, w, 1, 700), f"{where}.drawn", 0, MAX_DEPUTIES
    )
    for text in drawn:
        group.parse_key(text)
    if list(drawn) != sorted(set(drawn)):
        raise Invalid("definition.drawn", f"{where}.drawn: not sorted and distinct")
    return Slot(
        shapes.identifier(value["id"], f"{where}.id"),
        uuid,
        shapes.integer(value["length"], f"{where}.length", 1, 4 * 1024 * 1024),
        shapes.array(value["keys"], PublicKey.decode, f"{where}.keys", 0, signers),
        drawn,
    )


def _check_people(definition: Definition) -> None:
    officers = definition.officers
    shapes.distinct([officer.id for officer in officers], "officers: id")
    shapes.distinct([officer.public_key for officer in officers], "officers: public_key")
    for officer in officers:
        check_public_key(officer.public_key)
    check_public_key(definition.box_key)
    for role, low, high in (
        ("clerk", 1, 1),
        ("presiding_officer", 1, 1),
        ("chief_scrutineer", 1, 1),
        ("scrutineer", 2, 30),
        ("teller", 2, 30),
        ("presidium", definition.presidium_quorum, 500),
    ):
        count = len(definition.holders(role))
        if not low <= count <= high:
            what = f"{count} with the role {role}, needed {low}"
            raise Invalid("definition.officers", what if count < low else f"{what} to {high}")
    # 浙江省乡镇人民代表大会工作条例 Art. 24: a presidium acts with more than half of its members.
    if 2 * definition.presidium_quorum <= len(definition.holders("presidium")):
        raise Invalid("definition.quorum", "the presidium quorum is not more than half")
    m, t = len(definition.trustees), definition.threshold
    shapes.distinct(definition.trustees, "trustees.members")
    if t > m:
        raise Invalid("definition.threshold", f"{t} trustees needed, only {m} named")
    if t < 2 and m > 1:  # attack A24
        raise Invalid("definition.threshold", "one trustee alone could decrypt")
    for trustee in definition.trustees:
        if "scrutineer" not in definition.officer(trustee).roles:
            raise Invalid("definition.officers", f"trustee {trustee} is not a scrutineer")


def _check_tokens(definition: Definition) -> None:
    slots = [slot for vote in definition.votes for slot in vote.slots]
    shapes.distinct([vote.id for vote in definition.votes], "votes: id")
    shapes.distinct([slot.id for slot in slots], "slots: id")
    shapes.distinct([slot.uuid for slot in slots], "slots: uuid")
    shapes.distinct(definition.signers, "signers")
    blind = definition.token_kind == "blind"
    if blind != bool(definition.signers):
        raise Invalid("definition.token_kind", "blind tokens have one or two signers, slips none")
    for slot in slots:
        # One session, one token kind, for everyone (attack E28).
        if len(slot.keys) != len(definition.signers) or bool(slot.drawn) == blind:
            raise Invalid("definition.token_kind", f"slot {slot.id} is of another token kind")
        if not blind and len(slot.drawn) != definition.deputies:
            raise Invalid("definition.drawn", f"slot {slot.id}: not one slip per deputy")
    # Each slot and signer has its own modulus (attack A17).
    if len({key.n for slot in slots for key in slot.keys}) != sum(len(s.keys) for s in slots):
        raise Invalid("definition.slot_keys", "one modulus stands under two slots or signers")


def _check_vote(vote: Vote) -> None:
    where = f"vote {vote.id}"
    shapes.distinct([item.id for item in vote.items], f"{where}: item id")
    shapes.distinct(vote.channels, f"{where}: channels")
    _check_names([item.title for item in vote.items])
    allowed = {"tablet_paper": CHANNELS, "paper": ("paper",), "tablet": ("tablet",)}
    if not set(vote.channels) <= set(allowed[vote.rules.method]):
        raise Invalid("definition.channels", f"{where}: not the method of its rules")
    if vote.kind == "motion" and len(vote.items) != 1:
        raise Invalid("definition.items", f"{where}: a motion is one item")
    if vote.kind != "selection":
        if vote.seats or vote.waiver:
            raise Invalid("definition.seats", f"{where}: only a selection has places")
        return
    if vote.style != vote.rules.style:
        raise Invalid("definition.style", f"{where}: style differs from its rules")
    if not 1 <= vote.seats < len(vote.items):
        raise Invalid("definition.seats", f"{vote.seats} places for {len(vote.items)} candidates")
    margin = check_margin(vote.seats, len(vote.items), vote.rules.margin)
    if margin.verdict == "refused":
        numbers = str(margin.allowed)
        raise Invalid(
            "definition.margin",
            f"{len(vote.items)} candidates for {vote.seats} places; lawful: {numbers}",
        )
    if margin.verdict == "ok_with_waiver" and vote.waiver is None:
        raise Invalid("definition.waiver", "this margin needs the presidium's recorded waiver")
    if margin.verdict == "ok" and vote.waiver is not None:
        raise Invalid("definition.waiver", "a waiver for a margin that needs none")


def skeleton(title: str) -> str:
    """What a reader may take a name for: compatibility forms, case, spaces and points folded.

    Two items of one list must differ in it (attack B29; after UTS #39).
    """
    folded = unicodedata.normalize("NFKC", title).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


def _check_names(titles: list[str]) -> None:
    seen: dict[str, str] = {}
    for title in titles:
        scripts = {unicodedata.name(c, "").split(" ")[0] for c in title if c.isalpha()}
        if "LATIN" in scripts and scripts & set(_LATIN_TWINS):
            raise Invalid("definition.confusable", f"{title}: letters of look-alike scripts")
        key = skeleton(title)
        if not key:
            raise Invalid("definition.confusable", "a name without letters or digits")
        if key in seen:
            raise Invalid("definition.confusable", f"{title} can be taken for {seen[key]}")
        seen[key] = title


def list_digest(salt: bytes, numbers: list[str]) -> str:
    """Digest of a roll or an attendance: {salt: 32 random bytes, sorted deputy numbers}.

    The salt stays with the roll: without it absentees could be found by trial (E26).
    """
    return encoding.digest({"numbers": sorted(numbers), "salt": salt.hex()})
