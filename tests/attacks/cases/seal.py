"""Leaves, root and seals: B2-B5, E2, E3, E10, E22."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial

from ballot.crypto import merkle
from ballot.crypto.encoding import sha256
from tests.attacks.cases.changes import rehearsal
from tests.attacks.cases.table import add, case
from tests.attacks.cases.tokens import token_of
from tests.attacks.played import FIRST, SECOND
from tests.attacks.workshop import Forgery


@case("B3-equal-leaves", "V8", "one ballot twice, byte for byte")
def _(f: Forgery) -> None:
    at = f.ballots()[0]
    f.stages[FIRST].insert(at, f.stages[FIRST][at])
    f.admissions[FIRST].insert(0, deepcopy(f.admissions[FIRST][0]))
    f.recount()


@case("B4-ballot-dropped", "V8", "a ballot less than was sealed")
def _(f: Forgery) -> None:
    del f.stages[FIRST][f.ballots()[0]], f.admissions[FIRST][0]


@case("B4-ballot-exchanged", "V8", "another ballot of the same deputy than was sealed")
def _(f: Forgery) -> None:
    f.recast(0, [[0, 1], [0, 1], [0, 1]])
    f.admissions[FIRST][0]["tracker"] = f.trackers()[0].hex()


@case("B5-second-root", "V8", "one trustee sealed another root")
def _(f: Forgery) -> None:
    f.body("sealed", 4)["root"] = "ab" * 32


@case("E22-three-and-three", "V8", "3-of-5, two roots with three seals each")
def _(f: Forgery) -> None:
    trustees = f.definition.trustees
    at, slot = f.at("sealed", 3), FIRST
    del f.events[at + 1]
    body = f.body("sealed") | {"root": "ab" * 32}
    for trustee in (*trustees[3:5], trustees[2]):
        f.insert(at + 1, "sealed", dict(body), [(trustee, "trustee")], slot)


@case("E22-one-seal-too-few", "V8", "q − 1 seals and good factors")
def _(f: Forgery) -> None:
    f.drop("sealed", 4)


@case("E22-one-trustee-twice", "V8", "q seals, two of them by one trustee")
def _(f: Forgery) -> None:
    f.edit("sealed", 4, signatures=f.draft("sealed", 1).event.signatures)


@case("E2-size", "V8", "seals over another size")
def _(f: Forgery) -> None:
    for number in range(1, 5):
        f.body("sealed", number)["size"] = 11


@case("B2-seal-of-rehearsal", "V8", "a seal's signature taken from another session")
def _(f: Forgery) -> None:
    f.edit("sealed", signatures=rehearsal().draft("sealed").event.signatures)
    f.draft("sealed").keep = True


@case("E3-other-token", "V8", "another good token beside the same ballot")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"] = token_of(f, f.ballot(0)["credential"])


@case("E3-other-cap-proof", "V8", "the leaf of another cap proof")
def _(f: Forgery) -> None:
    entry = f.admissions[FIRST][0]
    entry["cap_proof"] = entry["cap_proof"][::-1]


def _rooted(f: Forgery, root: Callable[[list[bytes]], bytes]) -> None:
    text = root(f.trackers()).hex()
    f.body("round_closed")["tablet"]["root"] = text
    for number in range(1, 5):
        f.body("sealed", number)["root"] = text
    f.certificates[FIRST]["sealed"]["root"] = text


def _flat(leaves: list[bytes]) -> bytes:
    """A tree whose leaves have no prefix: a node can stand for one."""
    while len(leaves) > 1:
        pairs = zip(leaves[::2], [*leaves[1::2], *leaves[-1:]], strict=False)
        leaves = [sha256(a + b) for a, b in pairs]
    return leaves[0]


for _id, _root in {
    "node-as-leaf": _flat,
    "last-leaf-doubled": lambda v: merkle.root([*v, v[-1]]),
    "reversed": lambda v: merkle.root(v[::-1]),
    "one-less": lambda v: merkle.root(v[:-1]),
}.items():
    add(f"E10-{_id}", "V8", "another tree over the leaves", partial(_rooted, root=_root))


@case("E10-unsorted", "V8", "leaves that do not increase")
def _(f: Forgery) -> None:
    places, entries = f.ballots(), f.admissions[FIRST]
    stages = f.stages[FIRST]
    stages[places[0]], stages[places[1]] = stages[places[1]], stages[places[0]]
    entries[0], entries[1] = entries[1], entries[0]
    f.recount(sort=False)


@case("B2-seal-of-round-one", "V8", "a seal's signature of the first round", play="tied")
def _(f: Forgery) -> None:
    f.edit("sealed", slot=SECOND, signatures=f.draft("sealed").event.signatures)
    f.draft("sealed", slot=SECOND).keep = True
