"""Other styles and the other group: A5, A6, A10, E4, E5."""

import json
from functools import partial
from typing import Any

from ballot.crypto.group import Belenios2048
from tests import archives
from tests.archives import compact
from tests.attacks.cases.changes import ballot_case, first, setting
from tests.attacks.cases.table import add, case
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery


@case("E4-cap-not-wanted", "V6", "a good cap proof where nothing is capped", play="no_cap")
def _(f: Forgery) -> None:
    f.recast(0, [[1, 0], [1, 0], [0, 1]], cap=3)
    f.recount()


@case("E4-cap-under-approve", "V6", "a cap proof under another style", play="approve")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["cap_proof"] = [{"challenge": "0", "response": "0"}] * 3
    f.recount()


def _cast(f: Forgery, rows: Any) -> None:
    f.recast(0, rows, cap=None)
    f.recount()


for _play in ("approve", "approve_2048"):
    for _id, _rows in {
        "three-of-two": [[1, 1, 1]],
        "two": [[2, 0, 0]],
        "minus": [[1, 1, -1]],
    }.items():
        add(
            f"A10-{_play}-{_id}",
            "V6",
            "marks that nobody may make",
            partial(_cast, rows=_rows),
            play=_play,
        )
for _id, _row in {"two-grades": [1, 1, 0, 0], "one-twice": [2, 0, 0, 0]}.items():
    add(
        f"A10-grades-{_id}",
        "V6",
        "more than one grade for one project",
        partial(_cast, rows=[_row, [0, 1, 0, 0]]),
        play="grades",
    )


def _negate(value: Any, where: str) -> None:
    choice = first(value, "choices", 0)
    choice[where] = str(Belenios2048.p - int(choice[where]))


for _where in ("alpha", "beta"):
    ballot_case(
        f"A5-2048-{_where}-times-minus-one",
        "an element outside the subgroup of order q",
        partial(_negate, where=_where),
        play="approve_2048",
    )
for _id, _to in {"zero": "0", "identity": "1", "p": str(Belenios2048.p), "sign": "+4"}.items():
    ballot_case(
        f"A6-2048-alpha-{_id}",
        "no element of a ballot",
        setting("answers", 0, "choices", 0, "alpha", to=_to),
        play="approve_2048",
    )


def _columns(f: Forgery) -> None:
    election, trustees, credentials = f.stages[FIRST][0].documents[:3]
    value = json.loads(election)
    value["questions"][0]["answers"].reverse()
    f.stages[FIRST][0] = archives.setup(compact(value), trustees, credentials)


for _play in ("grades", "approve"):
    add(f"E5-{_play}-columns", "V5", "the answers in another order", _columns, play=_play)


@case("E5-grid-as-three-way", "V5", "grades read as votes", play="grades")
def _(f: Forgery) -> None:
    election, trustees, credentials = f.stages[FIRST][0].documents[:3]
    value = json.loads(election)
    for question in value["questions"]:
        question["answers"] = ["赞成", "反对"]
    f.stages[FIRST][0] = archives.setup(compact(value), trustees, credentials)
