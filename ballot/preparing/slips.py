"""Drawn codes (抽取码): the order for the machine off line, and the public lists that come back.

A credential follows from a code and the slot's uuid, so the uuids are drawn first and go out in
the *order*, from which ``ballot codes`` makes the slips. What comes back is one file with the
list of every slot. No code is in it, and none ever reaches a service.
"""

from collections.abc import Mapping, Sequence

from ballot.crypto import shapes
from ballot.crypto.credentials import draw_digits
from ballot.crypto.encoding import code, dumps, loads, sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group, group_named
from ballot.crypto.proofs import Random
from ballot.preparing.parts import Preparation, Slips
from ballot.tally.session import MAX_DEPUTIES, Definition

MAX_LISTS = 8 * 1024 * 1024
"""Bytes of the file of lists: those of 500 deputies for ten rounds have half a megabyte."""
FILE = "drawn_lists.json"
"""What ``ballot codes`` names it; no slot's id has an underscore."""

Lists = Sequence[tuple[str, str, Sequence[str]]]
"""(slot, uuid, credentials) of every slot, in order."""


def draw_order(preparation: Preparation, random: Random) -> Slips:
    """A new order for the slots as they are now; what was made for an older one is void."""
    uuids = {slot: draw_digits(22, random) for slot in preparation.slots}
    return Slips(preparation.about.group, uuids)


def encode_order(preparation: Preparation) -> bytes:
    """The order as ``ballot codes --session-draft`` reads it. Raises ``slips.no_order``."""
    slips = preparation.slips
    if not slips.uuids:
        raise Invalid("slips.no_order", "no order was made")
    slots = [{"id": slot, "uuid": uuid} for slot, uuid in slips.uuids.items()]
    value = {
        "assembly": preparation.about.assembly,
        "deputies": len(preparation.roll),
        "group": slips.group,
        # Ten slots to a vote are the most that `ballot codes` reads; whose they are matters not.
        "votes": [{"slots": slots[i : i + 10]} for i in range(0, len(slots), 10)],
    }
    return dumps(value)


def encode_lists(group: str, lists: Lists) -> bytes:
    """The file of lists: canonical {``group``, ``kind``, ``lists``, ``version``}."""
    found = [
        {"credentials": list(credentials), "slot": slot, "uuid": uuid}
        for slot, uuid, credentials in lists
    ]
    return dumps({"group": group, "kind": "drawn_lists", "lists": found, "version": 1})


def code_of_lists(group: str, lists: Lists) -> str:
    """名单码: what the machine off line prints and the pages show, to be compared by people."""
    return code(sha256(encode_lists(group, lists)))


def lists_of(definition: Definition) -> Lists:
    """The lists of a definition."""
    slots = [slot for vote in definition.votes for slot in vote.slots]
    return [(slot.id, slot.uuid, slot.drawn) for slot in slots]


def read_lists(preparation: Preparation, data: bytes) -> Slips:
    """The order with the lists of a file that was made for it, every element looked at.

    Raises ``slips.…``: ``no_order``, ``too_big``, ``malformed``, ``group``, ``other_session`` (made
    for another order), ``slots``, ``few`` and ``many`` (not one slip per deputy), ``twice``,
    ``point``.
    """
    slips = preparation.slips
    if not slips.uuids:
        raise Invalid("slips.no_order", "no order was made")
    if len(data) > MAX_LISTS:
        raise Invalid("slips.too_big", f"{len(data)} bytes")
    found, uuids, group = _decode(data)
    if group != slips.group:
        raise Invalid("slips.group", group)
    if not uuids.items() & slips.uuids.items():
        raise Invalid("slips.other_session", "no uuid of this order")
    if uuids != slips.uuids:
        raise Invalid("slips.slots", f"wanted {' '.join(slips.uuids)}")
    for slot, credentials in found.items():
        if len(credentials) != len(preparation.roll):
            name = "few" if len(credentials) < len(preparation.roll) else "many"
            raise Invalid(f"slips.{name}", f"{slot}: {len(credentials)}")
    _check_credentials(group_named(group), found)
    return Slips(group, slips.uuids, {slot: found[slot] for slot in slips.uuids})


def _decode(data: bytes) -> tuple[dict[str, tuple[str, ...]], dict[str, str], str]:
    try:
        value = shapes.fields(loads(data), "group kind lists version", "file")
        shapes.choice(value["kind"], ["drawn_lists"], "kind")
        shapes.integer(value["version"], "version", 1, 1)
        group = shapes.text(value["group"], "group", 1, 40)
        found, uuids = dict[str, tuple[str, ...]](), dict[str, str]()
        for slot, uuid, credentials in shapes.array(value["lists"], _list, "lists", 1, 500):
            if slot in found:
                raise shapes.refuse("lists", f"{slot} occurs twice")
            found[slot], uuids[slot] = credentials, uuid
    except Invalid as error:
        raise Invalid("slips.malformed", error.detail) from None
    return found, uuids, group


def _list(value: object, where: str) -> tuple[str, str, tuple[str, ...]]:
    one = shapes.fields(value, "credentials slot uuid", where)
    slot, uuid = shapes.identifier(one["slot"], where), shapes.text(one["uuid"], where, 22, 22)
    credentials = shapes.array(
        one["credentials"], lambda v, w: shapes.text(v, w, 1, 700), where, 1, MAX_DEPUTIES
    )
    return slot, uuid, credentials


def _check_credentials(group: Group, found: Mapping[str, tuple[str, ...]]) -> None:
    everything = [one for credentials in found.values() for one in credentials]
    if len(set(everything)) < len(everything):
        raise Invalid("slips.twice", "a credential occurs twice")
    for slot, credentials in found.items():
        if list(credentials) != sorted(credentials):  # the order could tell whose is whose
            raise Invalid("slips.malformed", f"{slot}: not sorted")
        for text in credentials:
            try:
                group.parse_key(text)
            except Invalid as error:
                raise Invalid("slips.point", f"{slot}: {error.detail}") from None
