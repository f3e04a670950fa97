"""What is prepared, as values, and the documents in which the parts are kept.

Everything may be unfinished: an empty text, no item, no key. What a definition wants of it is
said by :mod:`ballot.preparing.missing`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from ballot.crypto import encoding, shapes
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS
from ballot.tally.session import CHANNELS, KINDS, MAX_SLOTS, TOKEN_KINDS, Approval, Item

T = TypeVar("T")
NAMES = ("about", "roll", "committee", "votes", "signer", "box", "slips")
"""The parts that are kept; people come from the accounts."""
SIGNERS = ("clerk", "scrutineers")
_SPACE = re.compile(r"[\s\u00a0\u3000]+")


@dataclass(frozen=True)
class About:
    """The session itself. ``token_kind``: blind tokens, or slips with drawn codes;
    ``second_signer``: whether the scrutineers sign blind tokens too.
    """

    congress: str = ""
    assembly: str = ""
    government: str = ""
    title: str = ""
    year: int = 0
    date: str = ""
    note: str = ""
    group: str = "Ed25519"
    min_ballots: int = 10
    min_paper: int = 5
    token_kind: str = "blind"
    second_signer: bool = True

    @property
    def drawn(self) -> bool:
        """Whether everybody draws a slip."""
        return self.token_kind == "drawn"


@dataclass(frozen=True)
class Listed:
    """A deputy as the roll lists them."""

    number: str
    name: str
    delegation: str = ""


@dataclass(frozen=True)
class Person:
    """An official's account, as far as a definition names it; no key: none registered yet."""

    id: str
    name: str
    roles: tuple[str, ...]
    public_key: str | None = None


@dataclass(frozen=True)
class Committee:
    """How many of the presidium act, who holds a share of the key, how many shares decrypt."""

    quorum: int = 0
    trustees: tuple[str, ...] = ()
    threshold: int = 0


@dataclass(frozen=True)
class Voting:
    """A vote. ``rules`` as stored in a definition; ``slots``: for so many rounds."""

    id: str
    title: str
    kind: str
    style: str
    seats: int
    slots: int
    channels: tuple[str, ...]
    rules: Mapping[str, Any]
    items: tuple[Item, ...] = ()
    approvals: tuple[Approval, ...] = ()
    waiver: Approval | None = None

    @property
    def slot_ids(self) -> tuple[str, ...]:
        """The ids of its slots, for the rounds it may need."""
        return tuple(f"{self.id}-{n}" for n in range(1, self.slots + 1))


@dataclass(frozen=True)
class Slips:
    """Drawn codes, as far as the server knows of them: an order, for whose ``group`` and
    ``uuids`` (slot → uuid) slips are made off line, and once they are made their public
    ``lists`` (slot → credentials).
    """

    group: str = ""
    uuids: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Preparation:
    """All that is prepared. ``signer``: slot → public key of the second signer, as uploaded;
    ``box``: the public key of a box on another machine.
    """

    about: About = About()
    roll: tuple[Listed, ...] = ()
    committee: Committee = Committee()
    votes: tuple[Voting, ...] = ()
    signer: Mapping[str, str] = field(default_factory=dict)
    box: str = ""
    slips: Slips = Slips()
    people: tuple[Person, ...] = ()

    @property
    def slots(self) -> tuple[str, ...]:
        """The ids of all slots, vote by vote."""
        return tuple(slot for vote in self.votes for slot in vote.slot_ids)

    def vote(self, vote_id: str) -> Voting:
        """The vote of that id; raises ``prepare.unknown``."""
        for vote in self.votes:
            if vote.id == vote_id:
                return vote
        raise Invalid("prepare.unknown", f"no vote {vote_id[:40]}")

    def with_vote(self, changed: Voting, known: str = "") -> "Preparation":
        """With that vote in place of the one of its id, or of ``known``; a new one comes last."""
        ids, wanted = [vote.id for vote in self.votes], known or changed.id
        votes = list(self.votes)
        if wanted in ids:
            votes[ids.index(wanted)] = changed
        else:
            votes.append(changed)
        return replace(self, votes=tuple(votes))

    def holders(self, role: str) -> tuple[Person, ...]:
        """Everyone with that role, by id."""
        return tuple(person for person in self.people if role in person.roles)


def tidy(text: str) -> str:
    """A text that was typed, as documents hold it: NFC, one space between words."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def encode_part(preparation: Preparation, name: str) -> bytes:
    """The document of a part; raises ``document.text`` for invisible characters."""
    return encoding.dumps(_encode(getattr(preparation, name), name))


def decode_parts(documents: Mapping[str, bytes], people: Sequence[Person] = ()) -> Preparation:
    """The preparation kept in these documents; what is not kept is empty."""
    found: dict[str, Any] = {
        name: _READERS[name](encoding.loads(data), name)
        for name, data in documents.items()
        if name in _READERS
    }
    return Preparation(people=tuple(people), **found)


def seen(documents: Mapping[str, bytes], name: str) -> str:
    """The digest of a part as a page showed it: who changed it since is not overwritten."""
    return encoding.sha256(documents.get(name, b"")).hex()[:16]


def _encode(value: Any, name: str) -> Any:
    match name:
        case "about" | "committee":
            return {key: list(v) if isinstance(v, tuple) else v for key, v in vars(value).items()}
        case "roll":
            return [dict(vars(one)) for one in value]
        case "votes":
            return [_encode_vote(one) for one in value]
        case "signer":
            return [{"key": key, "slot": slot} for slot, key in value.items()]
        case "slips":
            found = [
                {"credentials": list(value.lists.get(slot, ())), "slot": slot, "uuid": uuid}
                for slot, uuid in value.uuids.items()
            ]
            return {"group": value.group, "lists": found}
        case _:
            return value


def _encode_vote(vote: Voting) -> dict[str, Any]:
    value = dict(vars(vote))
    return value | {
        "channels": list(vote.channels),
        "rules": dict(vote.rules),
        "items": [encode_flat(item) for item in vote.items],
        "approvals": [encode_flat(one) for one in vote.approvals],
        "waiver": vote.waiver and encode_flat(vote.waiver),
    }


def encode_flat(value: Item | Approval) -> dict[str, Any]:
    """Its members, as a definition has them."""
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _flat(kind: type[T]) -> Callable[[Any, str], T]:
    names = " ".join(one.name for one in fields(kind))  # type: ignore[arg-type]

    def read(value: Any, where: str) -> T:
        return kind(**shapes.fields(value, names, where))

    return read


def _read_committee(value: Any, where: str) -> Committee:
    shapes.fields(value, "quorum trustees threshold", where)
    return Committee(**value | {"trustees": tuple(value["trustees"])})


def _read_vote(value: Any, where: str) -> Voting:
    shapes.fields(value, " ".join(one.name for one in fields(Voting)), where)
    return Voting(
        **value
        | {
            "kind": shapes.choice(value["kind"], KINDS, where),
            "slots": shapes.integer(value["slots"], where, 1, MAX_SLOTS),
            "channels": tuple(c for c in CHANNELS if c in value["channels"]),
            "items": shapes.array(value["items"], _flat(Item), where),
            "approvals": shapes.array(value["approvals"], _flat(Approval), where),
            "waiver": shapes.optional(value["waiver"], _flat(Approval), where),
        }
    )


def _read_about(value: Any, where: str) -> About:
    about = _flat(About)(value, where)
    shapes.choice(about.group, GROUPS, where)
    shapes.choice(about.token_kind, TOKEN_KINDS, where)
    return about


def _read_signer(value: Any, where: str) -> dict[str, str]:
    entries = shapes.array(value, lambda v, w: shapes.fields(v, "key slot", w), where)
    return {one["slot"]: one["key"] for one in entries}


def _read_slips(value: Any, where: str) -> Slips:
    shapes.fields(value, "group lists", where)
    found = [shapes.fields(one, "credentials slot uuid", where) for one in value["lists"]]
    uuids = {one["slot"]: one["uuid"] for one in found}
    lists = {one["slot"]: tuple(one["credentials"]) for one in found if one["credentials"]}
    return Slips(value["group"], uuids, lists)


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "about": _read_about,
    "roll": lambda value, where: shapes.array(value, _flat(Listed), where),
    "committee": _read_committee,
    "votes": lambda value, where: shapes.array(value, _read_vote, where),
    "signer": _read_signer,
    "box": lambda value, where: shapes.text(value, where, 0, 64),
    "slips": _read_slips,
}
