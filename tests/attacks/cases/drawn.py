"""Drawn codes, and one signer: E6, E8, E28, E35."""

from typing import Any

from ballot.crypto.encoding import dumps, loads
from ballot.demo.desk import SlipsDesk, Wallet
from tests.attacks.cases.changes import event_case, setting
from tests.attacks.cases.definition import definition_case
from tests.attacks.cases.table import Made, add, case
from tests.attacks.cases.tokens import stranger, with_wallet
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery


def _cast_by(f: Forgery, wallet: Wallet) -> None:
    """The first ballot cast by someone else, everything after it made anew."""
    f.put(0, f.ballot(0) | {"credential": wallet.credential})
    f.recast(0, [[1, 0], [0, 1], [0, 0]])
    f.recount()


@case("E8-not-in-the-list", "V7", "a credential that was never drawn", play="drawn")
def _(f: Forgery) -> None:
    _cast_by(f, stranger(f))


@case("E8-unused-slip", "V7", "cast with a slip that was opened unused", play="drawn")
def _(f: Forgery) -> None:
    unused, desk = f.body("check_in_closed")["unused_slips"], f.made.desk
    if not isinstance(desk, SlipsDesk):
        raise TypeError("no slips")
    wallets = (desk._wallet(slip, FIRST) for slip in desk._urn)
    wallet = next(wallet for wallet in wallets if wallet.credential in unused)
    f.made = with_wallet(f, wallet)
    _cast_by(f, wallet)


@case("E28-signature-among-drawn-codes", "V7", "a token where none is wanted", play="drawn")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"] = ["A" * 512]
    f.recount()


def _more_slips(body: Any) -> None:
    body["unused_slips"] = sorted([*body["unused_slips"], "58" + "66" * 31])


for _id, _comment, _change in (
    ("stranger", "an unused slip of no list", _more_slips),
    ("unsorted", "unused slips not sorted", lambda b: b["unused_slips"].reverse()),
    ("twice", "an unused slip twice", lambda b: b["unused_slips"].insert(0, b["unused_slips"][0])),
):
    event_case(f"E8-unused-{_id}", "V7", _comment, "check_in_closed", _change, play="drawn")


@case("E8-more-than-drawn", "V7", "more used and unused slips than the list holds", play="drawn")
def _(f: Forgery) -> None:
    slips = f.body("check_in_closed")["unused_slips"]
    used = {f.ballot(n)["credential"] for n in range(len(f.ballots()))}
    listed = f.definition.slot(FIRST)[1].drawn
    slips[:] = sorted({*slips, *(c for c in listed if c not in used)} | {min(used)})
    f.body("check_in_closed")["issued"][0]["tablet"] = 7


@case("E8-list-changed", "V2", "another list than was adopted", code="own", play="drawn")
def _(f: Forgery) -> Made:
    value = loads(f.members["definition.json"])
    value["votes"][0]["slots"][0]["drawn"].pop()
    return f.all_members() | {"definition.json": dumps(value)}


def _drawn(value: Any) -> Any:
    return value["votes"][0]["slots"][0]["drawn"]


definition_case(
    "E8-list-unsorted", "the list not sorted", lambda v: _drawn(v).reverse(), play="drawn"
)
definition_case(
    "E8-list-twice",
    "one credential twice",
    lambda v: _drawn(v).insert(0, _drawn(v)[0]),
    play="drawn",
)
definition_case(
    "A6-drawn-identity",
    "the neutral element drawn",
    lambda v: _drawn(v).__setitem__(0, "00" * 31 + "01"),
    play="drawn",
)


@case("E6-one-signer-doubled", "V7", "two signatures where one signs", play="one_signer")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"] *= 2
    f.recount()


@case("E6-other-deputy-one-signer", "V7", "another deputy's token", play="one_signer")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"] = f.admissions[FIRST][1]["token"]
    f.recount()


event_case(
    "E35-a-second-count",
    "V7",
    "two counts of one signer",
    "check_in_closed",
    setting("issued", 0, "signers", to=[6, 6]),
    play="one_signer",
)
add(
    "A17-token-of-another-vote",
    "V7",
    "a token of the motion in the box of the projects",
    lambda f: f.admissions[FIRST][0].update(token=f.admissions["motion-1"][0]["token"]),
    play="later_check_in",
)
