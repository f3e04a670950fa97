"""The bytes of a definition (protocol §4): one spelling, read strictly.

A refusal names its place; its code is ``document.…`` or ``rules.…`` where the form is wrong,
``definition.…`` where the parts do not fit together (:mod:`ballot.tally.consistency`).
"""

import re
from typing import Any

from ballot.crypto import encoding, shapes
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS, Group, group_named
from ballot.crypto.slotkey import PublicKey
from ballot.tally.consistency import check_definition
from ballot.tally.rules import Rules
from ballot.tally.session import (
    CHANNELS,
    KINDS,
    MAX_DEPUTIES,
    MAX_SLOTS,
    ROLES,
    TOKEN_KINDS,
    Approval,
    Definition,
    Item,
    Officer,
    Slot,
    Vote,
)

_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{22}", re.ASCII)
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
    check_definition(definition)
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
