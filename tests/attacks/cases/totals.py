"""From the sum to the totals: A13, A14, B2, B19, E12, E13."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ballot.tally import aggregate
from tests import archives
from tests.archives import Raw, compact
from tests.attacks.cases.changes import change_partial, change_tally, event_case, rehearsal, setting
from tests.attacks.cases.table import Made, add, case
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery


@case("A14-tally-times-g", "V9", "one vote more in the stored tally")
def _(f: Forgery) -> None:
    group = f.group
    change_tally(
        f,
        lambda v: v[0][0].update(beta=group.ser(group.mul(group.parse(v[0][0]["beta"]), group.g))),
    )


@case("A14-moved-votes-remade", "V9", "a vote moved in the sum, decrypted and certified")
def _(f: Forgery) -> None:
    group = f.group
    sums = [list(row) for row in f.sums()]
    plus, minus = sums[2]
    sums[2] = [
        replace(plus, beta=group.mul(plus.beta, group.g)),
        replace(minus, beta=group.div(minus.beta, group.g)),
    ]
    f.retally(tuple(map(tuple, sums)))


@case("A14-ballot-left-out-remade", "V9", "the sum of eleven of twelve ballots")
def _(f: Forgery) -> None:
    spare, entry = f.stages[FIRST].pop(f.ballots()[-1]), f.admissions[FIRST].pop()
    sums = f.sums()
    f.stages[FIRST].insert(f.ballots()[-1] + 1, spare)
    f.admissions[FIRST].append(entry)
    f.retally(sums)


for _member, _to in (
    ("decryption_proofs", lambda v: v["decryption_proofs"][0].reverse()),
    ("decryption_factors", lambda v: v["decryption_factors"][0].reverse()),
):
    add(
        f"A13-wrong-{_member[11:]}",
        "V10",
        "a bad one in event and archive",
        partial(change_partial, change=_to),
    )


@case("A13-one-bad-beside-t-good", "V10", "four decrypted, one of them badly")
def _(f: Forgery) -> None:
    _fourth(f, good=False)


def _fourth(f: Forgery, good: bool) -> None:
    trustee, gate = f.made.trustees[0], f.gate()
    share = trustee.share if good else trustee.share + 1
    data = aggregate.decrypt_partially(
        f.group, gate.election.fingerprint, share, f.sums(), f.random
    )
    owner = trustee.secret.index
    at = archives.position(f.stages[FIRST], "PartialDecryption")
    f.stages[FIRST].insert(at, archives.partial(owner, data))
    body = {"owner": owner, "partial": data.decode()}
    f.insert(f.at("decrypted"), "decrypted", body, [(trustee.official.id, "trustee")], FIRST)


@case("A13-owner-twice", "V10", "one trustee's factors under two numbers")
def _(f: Forgery) -> None:
    at = [i for i, s in enumerate(f.stages[FIRST]) if s.kind == "PartialDecryption"]
    f.stages[FIRST][at[0]] = archives.partial(4, f.stages[FIRST][at[1]].documents[0])


@case("A13-too-few", "V10", "t − 1 factors and yet a result")
def _(f: Forgery) -> None:
    f.stages[FIRST].pop(archives.position(f.stages[FIRST], "PartialDecryption"))
    f.drop("decrypted")


@case("B2-factors-of-rehearsal", "V10", "factors made for another session")
def _(f: Forgery) -> None:
    other = rehearsal().body("decrypted")["partial"]
    change_partial(f, lambda v: v.update(json.loads(other)))


@case("B19-factors-of-one-ballot", "V10", "a single ballot decrypted instead of the sum")
def _(f: Forgery) -> None:
    gate, group, choices = f.gate(), f.group, f.ballot(0)["answers"]
    one = tuple(
        tuple(
            replace(c, alpha=group.parse(e["alpha"]), beta=group.parse(e["beta"]))
            for c, e in zip(row, a["choices"], strict=True)
        )
        for row, a in zip(f.sums(), choices, strict=True)
    )
    data = aggregate.decrypt_partially(
        group, gate.election.fingerprint, f.made.trustees[2].share, one, f.random
    )
    change_partial(f, lambda v: v.update(json.loads(data)))


@case("A14-result-moved", "V11", "a vote moved in the result")
def _(f: Forgery) -> None:
    value = f.stages[FIRST][-1].json
    value["result"][2] = [value["result"][2][0] + 1, value["result"][2][1] - 1]
    f.stages[FIRST][-1] = Raw("Result", (compact(value),))


@case("A14-totals-moved-remade", "V11", "the result moved, and counted and certified so")
def _(f: Forgery) -> None:
    value = f.stages[FIRST][-1].json
    value["result"][2] = [value["result"][2][0] + 1, value["result"][2][1] - 1]
    f.stages[FIRST][-1] = Raw("Result", (compact(value),))
    count = len(f.ballots())
    f.announce([[*row, count - sum(row)] for row in value["result"]])


def _counts(f: Forgery, change: Callable[[Any], Any]) -> None:
    body = f.body("counted")
    change(body)
    f.state(body["totals"], body["outcome"], body["tablet"])


for _id, _change in {
    "yes-plus-one": setting("totals", 0, 0, to=lambda n: n + 1),
    "abstain-plus-one": setting("totals", 0, 2, to=lambda n: n + 1),
    "moved": lambda b: b["totals"][2].__setitem__(
        slice(0, 2), [b["totals"][2][0] + 1, b["totals"][2][1] - 1]
    ),
    "tablet": setting("tablet", 0, 0, to=lambda n: n + 1),
}.items():
    add(f"E12-totals-{_id}", "V11", "totals that do not add up", partial(_counts, change=_change))


def paper_case(id: str, comment: str, change: Callable[[Any], Any], check: str = "V11") -> None:
    """The paper sheet signed with other numbers, counted and certified so."""

    def made(f: Forgery) -> None:
        change(f.body("paper_counted"))
        f.announce(f.body("counted")["tablet"])

    add(id, check, comment, made)


paper_case("E12-paper-valid", "valid and void are not what returned", setting("valid", to=5))
paper_case(
    "E12-paper-row",
    "a row that is not the number of valid papers",
    setting("rows", 0, 2, to=lambda n: n + 1),
)
paper_case("E12-paper-void", "void papers that nobody counted", setting("void", "unreadable", to=1))
paper_case("E13-paper-returned", "more papers than were issued", setting("returned", to=7))
paper_case("E12-paper-issued", "issued otherwise than at check-in", setting("issued", to=7))
event_case(
    "E12-paper-row-missing",
    "V11",
    "an item less",
    "paper_counted",
    setting("rows", to=lambda r: r[:-1]),
)


@case("E12-paper-file", "V11", "paper.json with another row")
def _(f: Forgery) -> None:
    f.document("paper.json", setting("rows", 0, to=lambda r: r[::-1]))


@case("E13-surplus", "V3", "more papers returned than issued, and yet decrypted")
def _(f: Forgery) -> None:
    f.body("round_closed")["paper"]["returned"] = 7
    f.body("paper_counted").update(
        returned=7, void={"over_vote": 0, "unreadable": 1, "void_by_deputy": 0}
    )
    f.announce(f.body("counted")["tablet"])


@case("A13-too-few-yet", "V10", "t − 1 factors and no result: the count goes on", exit=2)
def _(f: Forgery) -> Made:
    del f.events[f.at("decrypted", 3) :]
    return {k: v for k, v in f.all_members().items() if not k.startswith("rounds/")}
