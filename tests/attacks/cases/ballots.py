"""A ballot: the statement of its proofs, and votes nobody may cast: A1, A2, A10, A23, B1, E4."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.attacks.cases.changes import Q, ballot_case, change_tally, first, setting
from tests.attacks.cases.table import add, case
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery

# The statement of a ballot's proofs: A1, A2, B1, B2.


def _other_digits(text: str) -> str:
    return str((int(text) + 1) % Q)


ballot_case("A1-uuid", "proofs of another uuid", setting("election_uuid", to="1" * 22))
ballot_case("A1-fingerprint", "of another fingerprint", setting("election_hash", to="A" * 43))
for _n, _member in enumerate(("individual_proofs", "overall_proof")):
    _way = ("answers", 0, _member, *((0,) if _n == 0 else ()))
    for _part in ("challenge", "response"):
        ballot_case(
            f"A1-{_member}-{_part}",
            "a number of a proof plus one",
            setting(*_way, 0, _part, to=_other_digits),
        )
    _zero = {"challenge": "0", "response": "0"}
    for _what, _to in (("empty", []), ("null", None), ("zero", lambda v, z=_zero: [z] * len(v))):
        ballot_case(f"A2-{_member}-{_what}", "a proof that proves nothing", setting(*_way, to=_to))


@case("A1-credential", "V6", "two deputies' answers exchanged, both signed anew")
def _(f: Forgery) -> None:
    a, b = f.ballot(0), f.ballot(1)
    a["answers"], b["answers"] = b["answers"], a["answers"]
    f.put(0, a)
    f.put(1, b)
    f.recount()


@case("A1-ciphertext", "V6", "α and β both times g: the proof is of another ciphertext")
def _(f: Forgery) -> None:
    value, group = f.ballot(0), f.group
    choice = first(value, "choices", 0)
    for name in ("alpha", "beta"):
        choice[name] = group.ser(group.mul(group.parse(choice[name]), group.g))
    f.put(0, value)
    f.reseal()


@case("A1-signature", "V6", "the signature of another ballot")
def _(f: Forgery) -> None:
    f.put(0, f.ballot(0) | {"signature": f.ballot(1)["signature"]}, signed=False)
    f.recount()


@case("A1-cap-borrowed", "V6", "the cap proof of another deputy")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["cap_proof"] = f.admissions[FIRST][1]["cap_proof"]
    f.recount()


for _id, _what, _change in (
    ("A2-cap-empty", "no branch at all", lambda _: []),
    ("A2-cap-zero", "zeros", lambda v: [{"challenge": "0", "response": "0"}] * len(v)),
    (
        "A1-cap-response",
        "one number plus one",
        lambda v: [v[0] | {"response": _other_digits(v[0]["response"])}, *v[1:]],
    ),
    ("E4-cap-absent", "null where the style wants one", lambda _: None),
):

    def _cap(f: Forgery, to: Callable[[Any], Any]) -> None:
        entry = f.admissions[FIRST][0]
        entry["cap_proof"] = to(entry["cap_proof"])
        f.recount()

    add(_id, "V6", f"the cap proof: {_what}", partial(_cap, to=_change))


@case("B1-copied-ballot", "V6", "another deputy's answers under the own credential and token")
def _(f: Forgery) -> None:
    f.put(0, f.ballot(0) | {"answers": f.ballot(1)["answers"]})
    f.admissions[FIRST][0]["cap_proof"] = f.admissions[FIRST][1]["cap_proof"]
    f.recount()


@case("B1-one-ciphertext", "V6", "one ciphertext and its proof copied")
def _(f: Forgery) -> None:
    value, other = f.ballot(0), f.ballot(1)
    value["answers"][0] = other["answers"][0]
    f.put(0, value)
    f.recount()


@case("B1-marks-permuted", "V6", "two answers of one ballot exchanged")
def _(f: Forgery) -> None:
    value = f.ballot(0)
    value["answers"][:2] = value["answers"][1::-1]
    f.put(0, value)
    f.recount()


@case("C12-one-bad-leaf", "V6", "one poisoned ballot is named, the others are checked")
def _(f: Forgery) -> None:
    f.put(5, f.ballot(5) | {"answers": "poison"})
    f.reseal()


@case("A5-not-counted", "V9", "a ballot of another shape leaves the sum unknown")
def _(f: Forgery) -> None:
    value = f.ballot(0)
    change_tally(f, lambda v: v[0].pop())
    f.put(0, value)
    f.reseal()


# Votes that nobody may cast: A10, E4, A23.

for _id, _rows, _what in (
    ("A10-two", [[2, 0], [0, 1], [0, 1]], "2 for one item"),
    ("A10-minus-one", [[1, 0], [0, 0], [1, -1]], "−1 against one item"),
    ("A10-q-minus-one", [[1, 0], [0, 0], [1, Q - 1]], "q − 1 against one item"),
    ("A10-both", [[1, 1], [0, 1], [0, 1]], "for and against one item"),
    ("A10-three-of-two", [[1, 0], [1, 0], [1, 0]], "three approvals for two places"),
):

    def _over(f: Forgery, rows: Any) -> None:
        f.recast(0, rows)
        f.recount()

    add(_id, "V6", _what, partial(_over, rows=_rows))


@case("E4-larger-cap", "V6", "three approvals with a good proof for a cap of three")
def _(f: Forgery) -> None:
    f.recast(0, [[1, 0], [1, 0], [1, 0]], cap=3)
    f.recount()


@case("E4-smaller-cap", "V6", "a good proof of at most one")
def _(f: Forgery) -> None:
    f.recast(0, [[1, 0], [0, 1], [0, 1]], cap=1)
    f.recount()


@case("E4-over-vote-absent", "V6", "three approvals and no cap proof: Belenios accepts them")
def _(f: Forgery) -> None:
    f.recast(0, [[1, 0], [1, 0], [1, 0]], cap=None)
    f.recount()


@case("A10-proofs-exchanged", "V6", "the 0/1 proofs of two options exchanged")
def _(f: Forgery) -> None:
    value = f.ballot(0)
    first(value, "individual_proofs").reverse()
    f.put(0, value)
    f.recount()


@case("A10-proof-of-another-row", "V6", "the sum proof of another row")
def _(f: Forgery) -> None:
    value = f.ballot(0)
    value["answers"][0]["overall_proof"] = value["answers"][1]["overall_proof"]
    f.put(0, value)
    f.recount()


def _nonces(n: int) -> list[list[int]]:
    return [[n + 10 * i + j for j in (1, 2)] for i in range(3)]


@case("A23-in-one-ballot", "V6", "one r for two items")
def _(f: Forgery) -> None:
    rs = _nonces(1000)
    rs[1][0] = rs[0][0]
    f.recast(0, [[1, 0], [0, 1], [0, 0]], nonces=rs)
    f.recount()


@case("E32-in-two-ballots", "V6", "one r under two credentials")
def _(f: Forgery) -> None:
    for number in (0, 1):
        rs = _nonces(2000 + 100 * number)
        rs[2][1] = 77
        f.recast(number, [[1, 0], [0, 1], [0, 0]], nonces=rs)
    f.recount()


@case("B1-rerandomised-copy", "V6", "another deputy's ballot, encrypted once more, as one's own")
def _(f: Forgery) -> None:
    group, y = f.group, f.gate().election.y
    value = f.ballot(0) | {"answers": f.ballot(1)["answers"]}
    for answer in value["answers"]:
        for n, choice in enumerate(answer["choices"], 7):
            choice["alpha"] = group.ser(group.mul(group.parse(choice["alpha"]), group.power_g(n)))
            choice["beta"] = group.ser(group.mul(group.parse(choice["beta"]), group.power(y, n)))
    f.put(0, value)
    f.admissions[FIRST][0]["cap_proof"] = f.admissions[FIRST][1]["cap_proof"]
    f.recount()
