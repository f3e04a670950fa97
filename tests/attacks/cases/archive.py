"""The Belenios archive and its set-up: A3, A4, B25, E6, E9, E24."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ballot.tally.election import decode_election
from tests import archives
from tests.archives import Raw, compact
from tests.attacks.cases.changes import BEL, event_case, setting
from tests.attacks.cases.table import Made, add, case
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery


def setup_case(id: str, comment: str, change: Callable[[Any], Any], remade: bool = False) -> None:
    """The election document changed; with ``remade`` opening, ballots and all else follow."""

    def made(f: Forgery) -> None:
        election, trustees, credentials = f.stages[FIRST][0].documents[:3]
        value = json.loads(election)
        change(value)
        election = compact(value)
        f.stages[FIRST][0] = archives.setup(election, trustees, credentials)
        if not remade:
            return
        forged = decode_election(election)
        f.gates[FIRST] = replace(f.gate(), election=forged)
        f.body("round_opened")["fingerprint"] = forged.fingerprint
        f.certificates[FIRST]["fingerprint"] = forged.fingerprint
        f.facts[FIRST] = replace(f.facts[FIRST], fingerprint=forged.fingerprint)
        for draft in f.events:
            if draft.event.kind == "sealed":
                draft.body["fingerprint"] = forged.fingerprint
        for number in range(12):
            f.recast(number, [[1, 0], [0, 1], [0, 0]])
        f.recount()

    add(id, "V5", comment, made)


_ANSWERS = ("questions", 0, "answers")
for _id, _change in {
    "name": setting("name", to="另一个表决"),
    "description": setting("description", to=lambda d: d[:-1] + "x"),
    "uuid": setting("uuid", to="1" * 22),
    "answers": setting(*_ANSWERS, to=lambda a: a[::-1]),
    "question": setting("questions", 0, "question", to="另一个项目"),
    "maximum": setting("questions", 0, "max", to=2),
}.items():
    setup_case(f"E24-{_id}", "another election document", _change)
    if _id != "maximum":
        setup_case(f"E24-{_id}-remade", "and ballots made for it", _change, remade=True)
setup_case("A3-group-swapped", "the name of the other group", setting("group", to="BELENIOS-2048"))
setup_case(
    "A4-generator",
    "a generator of one's own",
    setting("group", to={"g": "2", "p": "23", "q": "11"}),
)


@case("E24-public-key", "V5", "another joint key in the document")
def _(f: Forgery) -> None:
    election, trustees, credentials = f.stages[FIRST][0].documents[:3]
    value = json.loads(election)
    value["public_key"] = f.ballot(0)["credential"]
    f.stages[FIRST][0] = archives.setup(compact(value), trustees, credentials)


event_case(
    "E24-fingerprint-opened",
    "V5",
    "the hall was shown another fingerprint",
    "round_opened",
    setting("fingerprint", to="A" * 43),
)


def credentials_case(id: str, comment: str, change: Callable[[list[str]], Any]) -> None:
    """The credential list of the archive changed."""

    def made(f: Forgery) -> None:
        election, trustees, credentials = f.stages[FIRST][0].documents[:3]
        value = json.loads(credentials)
        change(value)
        f.stages[FIRST][0] = archives.setup(election, trustees, compact(value))

    add(id, "V5", comment, made)


credentials_case("B25-weight", "a weight of two", lambda v: v.__setitem__(0, v[0] + ",2"))
credentials_case(
    "B25-weight-one", "a weight of one, written", lambda v: v.__setitem__(0, v[0] + ",1")
)
credentials_case("E6-credential-missing", "one credential less", lambda v: v.pop())
credentials_case("E6-credential-more", "one credential more", lambda v: v.append("66" * 31 + "58"))
credentials_case("E6-unsorted", "not sorted", lambda v: v.reverse())


def _stages_case(id: str, check: str, comment: str, change: Callable[[list[Raw]], Any]) -> None:
    add(id, check, comment, lambda f: change(f.stages[FIRST]))


def _without(kind: str) -> Callable[[list[Raw]], Any]:
    return lambda stages: stages.pop(archives.position(stages, kind))


_stages_case("E9-no-end", "V5", "no EndBallots", _without("EndBallots"))
_stages_case("E9-no-tally", "V5", "no EncryptedTally", _without("EncryptedTally"))
_stages_case("E9-no-result", "V5", "no Result", _without("Result"))
_stages_case("E9-result-twice", "V5", "two results", lambda s: s.append(s[-1]))
_stages_case(
    "E9-ballot-after-end",
    "V5",
    "a ballot after the end",
    lambda s: s.insert(archives.position(s, "EndBallots") + 1, s[1]),
)
_stages_case("E9-replayed-ballot", "V7", "a ballot twice", lambda s: s.insert(1, s[1]))


@case("E9-num-tallied", "V9", "one ballot more counted than there are")
def _(f: Forgery) -> None:
    at = archives.position(f.stages[FIRST], "EncryptedTally")
    f.stages[FIRST][at] = archives.tally(f.stages[FIRST][at].documents[0], 13, 13)


@case("E9-timestamp", "V5", "the archive of another hour")
def _(f: Forgery) -> Made:
    found = f.all_members()
    return found | {BEL: archives.build(f.stages[FIRST], archives.TIMESTAMP)}
