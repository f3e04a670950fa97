"""Run-offs: A17, B2, E15, E24, E36."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ballot.crypto.encoding import b64url
from tests import archives
from tests.attacks.cases.changes import CERTIFICATE, event_case, setting
from tests.attacks.cases.table import Made, add, case
from tests.attacks.played import FIRST, SECOND
from tests.attacks.workshop import Forgery


def call_case(id: str, comment: str, change: Callable[[Any], Any], check: str = "V14") -> None:
    """The run-off called otherwise than it follows."""
    event_case(id, check, comment, "run_off_called", change, play="tied")


call_case("E15-item-not-tied", "one tied item less", lambda b: b["items"].pop())
call_case("E15-places", "another number of places", setting("seats", to=1))
call_case("E15-parent", "the certificate of no round", setting("parent", to="ab" * 32))
call_case("E15-item-order", "the tied items in another order", lambda b: b["items"].reverse())


@case("E15-second-vote", "V14", "a second vote while a tie is open", play="tied")
def _(f: Forgery) -> None:
    draft = f.draft("run_off_called")
    draft.event = replace(draft.event, kind="second_vote_called")


@case("E15-revote", "V14", "a repeated vote of a round that stands", play="tied")
def _(f: Forgery) -> None:
    draft = f.draft("run_off_called")
    draft.event = replace(draft.event, kind="revote_called")


@case("E36-slot-skipped", "V3", "the run-off in the slot of the first round", play="tied")
def _(f: Forgery) -> None:
    draft = f.draft("run_off_called")
    draft.event = replace(draft.event, slot=FIRST)


@case("E24-calling-event", "V5", "ballots of a run-off that another event called", play="tied")
def _(f: Forgery) -> None:
    f.edit("run_off_called", minute="2025-01-16T11:59Z")


@case("A17-token-of-round-one", "V7", "a token of the first round in the run-off", play="tied")
def _(f: Forgery) -> None:
    f.signed = False
    credential = f.ballot(0, SECOND)["credential"]
    at = [w.credential for w in f.made.wallets[SECOND]].index(credential)
    f.admissions[SECOND][0]["token"] = [b64url(t) for t in f.made.wallets[FIRST][at].token]


@case("B2-ballot-of-round-one", "V6", "a ballot of the first round in the run-off", play="tied")
def _(f: Forgery) -> None:
    f.signed = False
    f.stages[SECOND][f.ballots(SECOND)[0]] = f.stages[FIRST][f.ballots(FIRST)[0]]


@case("B2-factors-of-round-one", "V10", "factors of the first round in the run-off", play="tied")
def _(f: Forgery) -> None:
    f.signed = False
    at = archives.position(f.stages[SECOND], "PartialDecryption")
    f.stages[SECOND][at] = f.stages[FIRST][archives.position(f.stages[FIRST], "PartialDecryption")]


@case(
    "B2-certificate-of-round-one",
    "V13",
    "the first round's certificate for the run-off",
    play="tied",
)
def _(f: Forgery) -> Made:
    found = f.all_members()
    return found | {Forgery.path("certificate.json", SECOND): found[CERTIFICATE]}


# Concluded otherwise: E15.


def _left(f: Forgery, before: str, slot: str, places: int) -> None:
    at = f.at(before)
    parent = f.events[f.at("certified", slot=slot)].event.body["certificate"]
    f.insert(at, "vacancy_left", {"parent": parent, "places": places}, f.signers("adopted"), slot)


for _id, _play, _before, _slot, _places in (
    ("nothing-open", "clear", "published", FIRST, 0),
    ("tie-open", "run_off", "run_off_called", FIRST, 1),
    ("not-the-last", "run_off", "published", FIRST, 1),
    ("second-vote", "second_vote", "second_vote_called", FIRST, 1),
):
    _made = partial(_left, before=_before, slot=_slot, places=_places)
    add(f"E15-vacancy-{_id}", "V14", "a place left open that is not", _made, play=_play)


@case(
    "E15-lots-before-run-off",
    "V14",
    "lots drawn, and voted all the same",
    play="second_tie_voted_again",
)
def _(f: Forgery) -> None:
    at = f.at("run_off_called", 2)
    body = {
        "parent": f.body("run_off_called", 2)["parent"],
        "method": "lots",
        "items": f.body("run_off_called", 2)["items"][:2],
        "witnesses": ["样例甲", "样例乙"],
    }
    f.insert(at, "tie_settled", body, f.signers("adopted"), SECOND)


@case("E15-no-second-tie", "V14", "lots after a first tie", play="run_off")
def _(f: Forgery) -> None:
    body = {
        "parent": f.body("run_off_called")["parent"],
        "method": "lots",
        "items": f.body("run_off_called")["items"][:1],
        "witnesses": ["样例甲", "样例乙"],
    }
    f.insert(f.at("run_off_called"), "tie_settled", body, f.signers("adopted"), FIRST)
