"""From the sample data to a definition that can be adopted."""

from collections.abc import Callable, Iterable
from typing import Any

from ballot.crypto.credentials import draw_digits
from ballot.crypto.encoding import dumps
from ballot.crypto.group import group_named
from ballot.crypto.proofs import Random
from ballot.crypto.signing import SigningKey
from ballot.crypto.slotkey import SlotKey, generate_slot_key
from ballot.demo.officials import Official, appoint
from ballot.demo.sample import Sample
from ballot.tally.ballots import request_length
from ballot.tally.rules import DEFAULTS
from ballot.tally.session import Definition, decode_definition, list_digest

SLOTS = 4
SIGNERS = ("clerk", "scrutineers")

Keys = dict[str, dict[str, SlotKey]]
"""signer → slot → key."""


def slot_ids(vote: str) -> list[str]:
    """The ids of the vote's slots, for the rounds it may need."""
    return [f"{vote}-{n}" for n in range(1, SLOTS + 1)]


def make_slot_keys(slots: Iterable[str], step: Callable[[], None]) -> Keys:
    """One RSA-3072 key per signer and slot; ``step`` is called after each."""
    keys: Keys = {signer: {} for signer in SIGNERS}
    for slot in slots:
        for signer in SIGNERS:
            keys[signer][slot] = generate_slot_key()
            step()
    return keys


def check_sample(sample: Sample, group: str, random: Random) -> None:
    """Refuse what is unlawful or inconsistent in a sample before any key is made.

    The same definition with drawn codes in place of slot keys, which take seconds.
    """
    box_key = SigningKey(random(32)).public
    write_definition(sample, appoint(sample, random), None, box_key, group, random(32), random)


def write_definition(
    sample: Sample,
    officials: list[Official],
    keys: Keys | None,
    box_key: str,
    group: str,
    salt: bytes,
    random: Random,
) -> Definition:
    """The definition of the sample session; raises what is unlawful or inconsistent in it.

    Without ``keys`` it has drawn codes that nobody holds (:func:`check_sample`).
    """
    source, vote_id = sample.source, "projects"
    slots: list[dict[str, Any]] = [
        {
            "id": slot,
            "uuid": draw_digits(22, random),
            "length": 1,
            "keys": [keys[signer][slot].public.encode() for signer in SIGNERS] if keys else [],
            "drawn": [] if keys else _nobodys_codes(group, len(sample.deputies)),
        }
        for slot in slot_ids(vote_id)
    ]
    assembly = source["assembly"]
    level = {"town": assembly.get("town"), "county": assembly["county"]}[assembly["level"]]
    trustees = [official.id for official in officials if "scrutineer" in official.roles]
    graded = sample.style == "grades"
    title = f"{source['year']}年度民生实事项目" + ("满意度测评" if graded else "票决")
    vote: dict[str, Any] = {
        "id": vote_id,
        "title": title,
        "kind": "rating" if graded else "selection",
        "style": sample.style,
        "seats": 0 if graded else source["seats"],
        "items": [_item(candidate) for candidate in sample.items],
        "rules": _rules(sample),
        "approvals": source["approvals"],
        "waiver": None,
        "channels": ["tablet", "paper"] if sample.papers else ["tablet"],
        "slots": slots,
    }
    value = {
        "kind": "definition",
        "version": 1,
        "congress": f"{level}人民代表大会",
        "assembly": assembly["name"],
        "government": "镇人民政府" if assembly["level"] == "town" else "县人民政府",
        "title": title,
        "year": source["year"],
        "date": source["session_date"],
        "practice": False,
        "note": source["_note"],
        "group": group,
        "deputies": len(sample.deputies),
        "roll_digest": list_digest(salt, list(sample.deputies)),
        "officers": [official.encode() for official in officials],
        "presidium_quorum": source["officers"]["presidium_quorum"],
        "signers": list(SIGNERS) if keys else [],
        "trustees": {
            "members": trustees,
            "threshold": source["officers"]["key_threshold"],
        },
        "box_key": box_key,
        "min_ballots": 10,
        "min_paper": 5,
        "token_kind": "blind" if keys else "drawn",
        "votes": [vote],
    }
    # The length depends on the vote alone: decode once, measure, state it, decode for good.
    draft = decode_definition(dumps(value))
    for slot in slots:
        longest = request_length(draft.group, draft.votes[0], slot["id"], len(SIGNERS))
        slot["length"] = -(-longest // 1024) * 1024
    return decode_definition(dumps(value))


def _nobodys_codes(group: str, count: int) -> list[str]:
    chosen = group_named(group)
    return sorted(chosen.ser(chosen.power_g(i)) for i in range(1, count + 1))


def _item(candidate: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": candidate["id"],
        "title": candidate["name"],
        "content": candidate["content"],
        "unit": candidate["responsible_unit"],
        "location": candidate["location"],
        "investment": candidate["investment_wan_yuan"],
        "funding": candidate["funding"],
        "completion": candidate["planned_completion"],
        "category": candidate["category"],
        "beneficiaries": candidate["beneficiaries"],
    }


def _rules(sample: Sample) -> dict[str, Any]:
    rules = dict(sample.source["rules"])
    if sample.style == "grades":
        names = ("rate_denominator", "grade_denominator", "half", "weights")
        return rules | {name: DEFAULTS[name] for name in names}
    return rules | {"style": sample.style}
