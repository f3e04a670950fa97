"""From the plan of a session to a definition that can be adopted, and the keys it names."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ballot.crypto.credentials import derive_secret, draw_digits
from ballot.crypto.group import Group, group_named
from ballot.crypto.proofs import Random
from ballot.crypto.signing import SigningKey
from ballot.crypto.slotkey import SlotKey, generate_slot_key
from ballot.demo.officials import Official, appoint
from ballot.demo.plan import SIGNERS, Plan, VotePlan, standard_plan
from ballot.demo.sample import Sample
from ballot.preparing.defining import with_lengths
from ballot.tally.session import Definition, list_digest

SLOTS = 4

Keys = dict[str, dict[str, SlotKey]]
"""signer → slot → key."""
DrawnList = Callable[[str], list[str]]
"""The uuid of a slot → the credentials of all slips there, sorted."""


def slot_ids(vote: str) -> list[str]:
    """The ids of the vote's slots, for the rounds it may need."""
    return [f"{vote}-{n}" for n in range(1, SLOTS + 1)]


def make_slot_keys(
    slots: Iterable[str], step: Callable[[], None], signers: Sequence[str] = SIGNERS
) -> Keys:
    """One RSA-3072 key per signer and slot; ``step`` is called after each."""
    keys: Keys = {signer: {} for signer in signers}
    for slot in slots:
        for signer in signers:
            keys[signer][slot] = generate_slot_key()
            step()
    return keys


def drawn_list(group: Group, uuid: str, slips: Iterable[str]) -> list[str]:
    """The public list of a slot: g^s of every slip there (protocol §6)."""
    return sorted(group.ser(group.power_g(derive_secret(group, uuid, slip))) for slip in slips)


def check_sample(sample: Sample, group: str, random: Random) -> None:
    """Refuse what is unlawful or inconsistent in a sample before any key is made.

    The same definition with drawn codes in place of slot keys, which take seconds.
    """
    plan = standard_plan(sample, group, tuple(slot_ids("projects")))
    chosen, count = group_named(group), len(sample.deputies)
    nobodys = sorted(chosen.ser(chosen.power_g(i)) for i in range(1, count + 1))
    officials, box_key = appoint(plan.people, random), SigningKey(random(32)).public
    write_definition(plan, officials, {}, lambda _: nobodys, box_key, random(32), random)


def write_definition(
    plan: Plan,
    officials: list[Official],
    keys: Keys,
    drawn: DrawnList,
    box_key: str,
    salt: bytes,
    random: Random,
) -> Definition:
    """The definition of the planned session; raises what is unlawful or inconsistent in it.

    Without ``keys`` it has drawn codes.
    """
    source = plan.source
    assembly = source["assembly"]
    level = {"town": assembly.get("town"), "county": assembly["county"]}[assembly["level"]]
    votes = [_vote(vote, keys, drawn, random) for vote in plan.votes]
    value = {
        "kind": "definition",
        "version": 1,
        "congress": f"{level}人民代表大会",
        "assembly": assembly["name"],
        "government": "镇人民政府" if assembly["level"] == "town" else "县人民政府",
        "title": plan.title,
        "year": source["year"],
        "date": source["session_date"],
        "practice": plan.practice,
        "note": source["_note"],
        "group": plan.group,
        "deputies": len(plan.deputies),
        "roll_digest": list_digest(salt, list(plan.deputies)),
        "officers": [official.encode() for official in officials],
        "presidium_quorum": source["officers"]["presidium_quorum"],
        "signers": list(keys),
        "trustees": {
            "members": [official.id for official in officials if "scrutineer" in official.roles],
            "threshold": source["officers"]["key_threshold"],
        },
        "box_key": box_key,
        "min_ballots": plan.min_ballots,
        "min_paper": plan.min_paper,
        "token_kind": "blind" if keys else "drawn",
        "votes": votes,
    }
    return with_lengths(value)


def _vote(vote: VotePlan, keys: Keys, drawn: DrawnList, random: Random) -> dict[str, Any]:
    slots = []
    for slot in vote.slots:
        uuid = draw_digits(22, random)
        slots.append(
            {
                "id": slot,
                "uuid": uuid,
                "length": 1,
                "keys": [of_signer[slot].public.encode() for of_signer in keys.values()],
                "drawn": [] if keys else drawn(uuid),
            }
        )
    return {
        "id": vote.id,
        "title": vote.title,
        "kind": vote.kind,
        "style": vote.style,
        "seats": vote.seats,
        "items": [dict(item) for item in vote.items],
        "rules": dict(vote.rules),
        "approvals": [dict(step) for step in vote.approvals],
        "waiver": vote.waiver and dict(vote.waiver),
        "channels": list(vote.channels),
        "slots": slots,
    }
