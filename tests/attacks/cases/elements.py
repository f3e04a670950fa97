"""Group elements outside the group or without effect: A5, A6."""

import json
from functools import partial
from typing import Any

from nacl import bindings

from ballot.crypto.encoding import sha256
from tests import archives
from tests.archives import compact
from tests.attacks.cases.changes import ballot_case, change_partial, change_tally, first
from tests.attacks.cases.table import add
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery

_T8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")


def _torsion() -> list[bytes]:
    points = [_T8]
    while len(points) < 7:
        points.append(bindings.crypto_core_ed25519_add(points[-1], _T8))
    return points


TORSION = _torsion()
ALIEN = {
    "identity": "00" * 31 + "01",
    "y-above-p": "7f" + "ff" * 31,
    "off-curve": "00" * 31 + "02",
    **{f"torsion-{i}": point[::-1].hex() for i, point in enumerate(TORSION, 1)},
}


def shifted(text: str, number: int) -> str:
    """The element plus a torsion point, in Belenios' spelling."""
    point = bytes.fromhex(text)[::-1]
    return bindings.crypto_core_ed25519_add(point, TORSION[number - 1])[::-1].hex()


def _put_alien(text: str, name: str) -> str:
    number = name.removeprefix("plus-torsion-")
    return shifted(text, int(number)) if number != name else ALIEN[name]


for _name in [*ALIEN, *(f"plus-torsion-{i}" for i in range(1, 8))]:
    _id = "A5" if "plus" in _name else "A6"

    def _alpha(value: Any, name: str) -> None:
        choice = first(value, "choices", 0)
        choice["alpha"] = _put_alien(choice["alpha"], name)

    ballot_case(f"{_id}-alpha-{_name}", "an α outside the group", partial(_alpha, name=_name))

for _name in ("identity", "torsion-1", "plus-torsion-4", "plus-torsion-1", "off-curve"):
    _id = "A5" if "plus" in _name else "A6"

    def _beta(value: Any, name: str) -> None:
        choice = first(value, "choices", 0)
        choice["beta"] = _put_alien(choice["beta"], name)

    def _credential(value: Any, name: str) -> None:
        value["credential"] = _put_alien(value["credential"], name)

    def _key(f: Forgery, name: str, member: str) -> None:
        body = f.body("keys_ready")
        value = json.loads(body["trustees"])
        if member == "key":
            key = value[0][1]["verification_keys"][0]
            key["public_key"] = _put_alien(key["public_key"], name)
        else:
            entry = value[0][1]["coefexps"][0]
            message = json.loads(entry["message"])
            message["coefexps"][0] = _put_alien(message["coefexps"][0], name)
            entry["message"] = compact(message).decode()
            body["commitments"][0] = sha256(compact(entry)).hex()
        body["trustees"] = compact(value).decode()
        setup = f.stages[FIRST][0].documents
        f.stages[FIRST][0] = archives.setup(setup[0], compact(value), setup[2])

    def _factor(f: Forgery, name: str) -> None:
        change_partial(f, lambda v: _swap(v["decryption_factors"][0], 0, name))

    def _swap(row: list[str], at: int, name: str) -> None:
        row[at] = _put_alien(row[at], name)

    def _sum(f: Forgery, name: str) -> None:
        change_tally(f, lambda v: v[0][0].update(alpha=_put_alien(v[0][0]["alpha"], name)))

    ballot_case(f"{_id}-beta-{_name}", "a β outside the group", partial(_beta, name=_name))
    ballot_case(
        f"{_id}-credential-{_name}",
        "a credential outside the group",
        partial(_credential, name=_name),
        signed=False,
    )
    for _member in ("key", "coefficient"):
        add(
            f"{_id}-trustee-{_member}-{_name}",
            "V4",
            "the trustees' own document",
            partial(_key, name=_name, member=_member),
        )
    add(f"{_id}-factor-{_name}", "V10", "in a factor", partial(_factor, name=_name))
    add(f"{_id}-sum-{_name}", "V9", "in the stored tally", partial(_sum, name=_name))
