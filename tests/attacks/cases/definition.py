"""The definition and its code: A3, A16, A17, A20, A24, B14, B29, D4, E19, E28, E33."""

import json
from collections.abc import Callable
from typing import Any

from ballot.crypto.encoding import dumps, loads
from tests.attacks.cases.changes import change_tally, rehearsal, repeat, setting
from tests.attacks.cases.elements import TORSION, shifted
from tests.attacks.cases.table import Made, add, case
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery
from tests.records import slot_keys


def definition_case(id: str, comment: str, change: Callable[[Any], Any], **more: Any) -> None:
    """The definition changed, with the code of the changed one printed on the notice.

    That nobody adopted it is not enough: the definition itself must be refused.
    """

    def made(f: Forgery) -> Made:
        value = loads(f.members["definition.json"])
        change(value)
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        return f.all_members() | {"definition.json": text}

    add(id, "V2", comment, made, code="own", but_not="record.not_adopted", **more)


def _slots(value: Any) -> Any:
    return value["votes"][0]["slots"]


def _keyed(value: Any, to: Callable[[int], int]) -> None:
    _slots(value)[0]["keys"][0] = format(to(int(_slots(value)[0]["keys"][0], 16)), "0768x")


def _prime() -> int:
    """Of 1536 bits, as half a slot key is made of."""
    return int(slot_keys(("clerk",), (FIRST,))["clerk"][FIRST].p)


def _mixed(key: str) -> str:
    return bytes.fromhex(shifted(bytes.fromhex(key)[::-1].hex(), 3))[::-1].hex()


definition_case("A3-unknown-group", "a group that no code knows", setting("group", to="Ed448"))
definition_case(
    "A17-one-modulus",
    "one modulus under two slots",
    lambda v: _slots(v)[1].update(keys=_slots(v)[0]["keys"]),
)
definition_case(
    "A17-one-key-for-both", "one modulus for both signers", lambda v: repeat(_slots(v)[0], "keys")
)
definition_case(
    "A17-one-uuid",
    "one uuid under two slots",
    lambda v: _slots(v)[1].update(uuid=_slots(v)[0]["uuid"]),
)
definition_case("A20-even", "an even modulus", lambda v: _keyed(v, lambda n: n - 1))
definition_case(
    "A20-small-factor",
    "3 divides the modulus",
    lambda v: _keyed(v, lambda n: n - n % 3 + (3 if (n - n % 3) % 2 == 0 else 0)),
)
definition_case(
    "A20-square",
    "the square of one prime",
    lambda v: _keyed(v, lambda _: _prime() ** 2),
)
definition_case(
    "A20-3071-bits", "a modulus of 3071 bits", lambda v: _keyed(v, lambda n: n >> 1 | 1)
)
definition_case(
    "A24-2048-bits",
    "a token key of 2048 bits",
    setting("votes", 0, "slots", 0, "keys", 0, to=lambda k: k[:512]),
)
definition_case(
    "A24-short-uuid",
    "a uuid of 14 digits",
    setting("votes", 0, "slots", 0, "uuid", to=lambda u: u[:14]),
)
definition_case(
    "A24-threshold-one", "one trustee alone decrypts", setting("trustees", "threshold", to=1)
)
definition_case(
    "D4-torsion-key",
    "an official's key of small order",
    setting("officers", 0, "public_key", to=TORSION[0].hex()),
)
for _n, _to in enumerate((*(point.hex() for point in TORSION[1:]), "01" + "00" * 31), 2):
    definition_case(
        f"D4-torsion-key-{_n}",
        "another key of small order",
        setting("officers", 0, "public_key", to=_to),
    )
definition_case(
    "D4-mixed-order-key",
    "an official's key with a part of small order",
    setting("officers", 0, "public_key", to=_mixed),
)
definition_case(
    "D4-key-not-canonical",
    "y not below the field prime",
    setting("officers", 0, "public_key", to="ff" * 31 + "7f"),
)
definition_case(
    "E28-two-token-kinds",
    "slot keys and a drawn list",
    lambda v: _slots(v)[0].update(drawn=["66" * 31 + "58"]),
)
definition_case(
    "E28-other-kind", "drawn codes named, keys given", setting("token_kind", to="drawn")
)
for _id, _to in {
    "compatibility": "\uf92c",
    "joiner": "\u200d",
    "right-to-left": "\u202e",
    "variation": "\ufe0f",
}.items():
    definition_case(
        f"B29-{_id}",
        "an invisible difference",
        setting("votes", 0, "items", 0, "title", to=lambda t, c=_to: t + c),
    )
definition_case(
    "B29-twin",
    "two names of one look",
    lambda v: [
        v["votes"][0]["items"][i].update(title=t) for i, t in enumerate(("第1期", "第\uff11期"))
    ],
)
definition_case(
    "B14-quorum", "a presidium quorum of less than half", setting("presidium_quorum", to=1)
)


@case("A16-other-session", "V2", "a record wholly signed with other keys inside")
def _(f: Forgery) -> Made:
    return rehearsal().all_members()


@case("A16-other-session-no-code", "V2", "the same without the notice", code=None, exit=2)
def _(f: Forgery) -> Made:
    return rehearsal().all_members()


@case("A16-own-code", "V2", "officials' keys exchanged: no adoption verifies", code="own")
def _(f: Forgery) -> Made:
    value = loads(f.members["definition.json"])
    keys = [officer["public_key"] for officer in value["officers"]]
    for officer, key in zip(value["officers"], keys[1:] + keys[:1], strict=True):
        officer["public_key"] = key
    return f.all_members() | {"definition.json": dumps(value)}


@case("E19-no-code", "V2", "the notice is missing", code=None, exit=2)
def _(f: Forgery) -> Made:
    return f.all_members()


@case("E19-no-code-and-false", "V9", "missing and false: false wins", code=None)
def _(f: Forgery) -> None:
    change_tally(f, lambda v: v.reverse())


@case("E33-short-code", "V2", "a code of eight characters", code="ABCD-EFGH", exit=2)
def _(f: Forgery) -> Made:
    return f.all_members()


@case("B14-rules", "V5", "rules other than those that the ballots were made under", code="own")
def _(f: Forgery) -> Made:
    value = loads(f.members["definition.json"])
    value["votes"][0]["rules"]["threshold"] = "majority_present"
    return f.all_members() | {"definition.json": dumps(value)}


@case("B14-roll", "V2", "another roll than was adopted", code="own")
def _(f: Forgery) -> Made:
    value = loads(f.members["definition.json"])
    value["roll_digest"] = "ab" * 32
    return f.all_members() | {"definition.json": dumps(value)}
