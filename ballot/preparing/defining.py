"""The bytes of a definition from a preparation and the public keys that it names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import gmpy2

from ballot.crypto.encoding import dumps
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import SigningKey
from ballot.crypto.slotkey import MODULUS_BITS, PublicKey
from ballot.preparing.parts import SIGNERS, Preparation, Voting, encode_flat
from ballot.tally.definition import decode_definition
from ballot.tally.gate import request_length
from ballot.tally.session import ROLES, Definition, list_digest

_PADDED = 1024  # bytes: envelopes of a slot are padded to a multiple of it (attack B24)


@dataclass(frozen=True)
class Public:
    """What the services made for a version: the box key, signer → slot → key (hex), slot → uuid,
    and the salt of the roll's digest. With drawn codes there is no signer, and the lists are
    the preparation's.
    """

    box: str
    signers: Mapping[str, Mapping[str, str]]
    uuids: Mapping[str, str]
    salt: bytes


def definition_bytes(preparation: Preparation, practice: bool, public: Public) -> bytes:
    """The definition's canonical bytes; raises what is unlawful or inconsistent in it."""
    about, committee = preparation.about, preparation.committee
    lists = preparation.slips.lists if about.drawn else {}
    names = ("congress", "assembly", "government", "title", "year", "date", "note", "group")
    value = {
        **{name: getattr(about, name) for name in names},
        "kind": "definition",
        "version": 1,
        "practice": practice,
        "deputies": len(preparation.roll),
        "roll_digest": list_digest(public.salt, [one.number for one in preparation.roll]),
        "officers": [
            {
                "id": person.id,
                "name": person.name,
                "public_key": person.public_key or "",
                "roles": [role for role in ROLES if role in person.roles],
            }
            for person in preparation.people
            if not set(ROLES).isdisjoint(person.roles)
        ],
        "presidium_quorum": committee.quorum,
        "signers": list(public.signers),
        "trustees": {"members": list(committee.trustees), "threshold": committee.threshold},
        "box_key": public.box,
        "min_ballots": about.min_ballots,
        "min_paper": about.min_paper,
        "token_kind": about.token_kind,
        "votes": [_vote(vote, public, lists) for vote in preparation.votes],
    }
    return with_lengths(value).raw


def with_lengths(value: dict[str, Any]) -> Definition:
    """The definition of these members, the length of every slot measured and stated."""
    # The length depends on the vote alone: decode once, measure, state it, decode for good.
    draft = decode_definition(dumps(value))
    for vote, entry in zip(draft.votes, value["votes"], strict=True):
        for slot in entry["slots"]:
            longest = request_length(draft.group, vote, slot["id"], len(draft.signers))
            slot["length"] = -(-longest // _PADDED) * _PADDED
    return decode_definition(dumps(value))


def _vote(vote: Voting, public: Public, lists: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    names = ("id", "title", "kind", "style", "seats")
    return {
        **{name: getattr(vote, name) for name in names},
        "items": [encode_flat(item) for item in vote.items],
        "rules": dict(vote.rules),
        "approvals": [encode_flat(one) for one in vote.approvals],
        "waiver": vote.waiver and encode_flat(vote.waiver),
        "channels": list(vote.channels),
        "slots": [
            {
                "id": slot,
                "uuid": public.uuids[slot],
                "length": 1,
                "keys": [keys[slot] for keys in public.signers.values()],
                "drawn": list(lists.get(slot, ())),
            }
            for slot in vote.slot_ids
        ],
    }


def check(preparation: Preparation, practice: bool, signer: bool) -> Invalid | None:
    """What a definition refuses in a preparation whatever its keys will be: the first thing.

    Asked with stand-ins for the keys, which take seconds to make, and with drawn codes for one
    deputy, because every element of their lists was looked at when they came. ``signer``: with
    a second one.
    """
    stand_ins, slots = _moduli(2 * len(preparation.slots)), preparation.slots
    names: tuple[str, ...] = SIGNERS if signer else SIGNERS[:1]
    if preparation.about.drawn:
        names, slips = (), preparation.slips
        first = {slot: listed[:1] for slot, listed in slips.lists.items()}
        preparation = replace(
            preparation, roll=preparation.roll[:1], slips=replace(slips, lists=first)
        )
    signers = {
        name: dict(zip(slots, stand_ins[i * len(slots) :], strict=False))
        for i, name in enumerate(names)
    }
    uuids = {slot: f"{n:04d}".rjust(22, "1").replace("0", "A") for n, slot in enumerate(slots)}
    public = Public(SigningKey(bytes(32)).public, signers, uuids, bytes(32))
    try:
        definition_bytes(preparation, practice, public)
    except Invalid as error:
        return error
    return None


@cache
def _moduli(count: int) -> tuple[str, ...]:
    """Numbers that pass for slot keys; nobody could sign with them."""
    small, n = gmpy2.primorial(2**16), 2 ** (MODULUS_BITS - 1) + 1
    found: list[str] = []
    while len(found) < count:
        if gmpy2.gcd(n, small) == 1 and not gmpy2.is_power(n):
            found.append(PublicKey(n).encode())
        n += 2
    return tuple(found)
