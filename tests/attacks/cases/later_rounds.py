"""Run-offs: A17, B2, E15, E24, E36."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ballot.crypto.encoding import b64url
from tests import archives
from tests.attacks.cases.changes import CERTIFICATE, event_case, setting
from tests.attacks.cases.table import Made, case
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
