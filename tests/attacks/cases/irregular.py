"""Sessions out of the ordinary: B7, B8, E11, E13, E15, E25, E27, E29, E36.

Void rounds, rounds on paper alone, overrides, corrections, lots, second votes.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.attacks.cases.changes import event_case, setting
from tests.attacks.cases.table import Made, add, case
from tests.attacks.played import FIRST, play
from tests.attacks.workshop import Forgery

# Voided rounds.


@case("E25-voided-round-dropped", "V3", "no trace of the first round", play="voided_and_repeated")
def _(f: Forgery) -> None:
    del f.events[f.at("box_empty") : f.at("revote_called")]


@case("E25-voided-dropped", "V3", "only the voiding left out", play="voided_and_repeated")
def _(f: Forgery) -> None:
    f.drop("voided")


def _archive_beside(f: Forgery, slot: str) -> Made:
    found = f.all_members()
    archive = next(data for name, data in found.items() if name.endswith("election.bel"))
    return found | {Forgery.path("election.bel", slot): archive}


add(
    "B7-archive-beside-a-voided-round",
    "V1",
    "the archive of the voided round in a record with its repetition",
    partial(_archive_beside, slot=FIRST),
    play="voided_and_repeated",
)
event_case(
    "E15-repeated-on-other-items",
    "V14",
    "a repeated vote on another list",
    "revote_called",
    lambda b: b["items"].pop(),
    play="voided_and_repeated",
)
event_case(
    "E15-repeated-for-other-places",
    "V14",
    "a repeated vote for fewer places",
    "revote_called",
    setting("seats", to=1),
    play="voided_and_repeated",
)
event_case(
    "E15-repeated-without-a-void",
    "V14",
    "no voiding event of that digest",
    "revote_called",
    setting("parent", to="ab" * 32),
    play="voided_and_repeated",
)


def _because(body: Any, reason: str) -> None:
    body.update(reason=reason, text="重来")


for _play, _reason in (
    ("surplus", "stated"),
    ("participation", "stated"),
    ("surplus", "participation"),
):
    event_case(
        f"E29-{_play}-as-{_reason}",
        "V3",
        "voided for another reason than the numbers give",
        "voided",
        partial(_because, reason=_reason),
        play=_play,
    )
event_case(
    "E29-no-reason",
    "V3",
    "no reason stated",
    "voided",
    setting("text", to=" "),
    play="voided_and_repeated",
)

# Paper alone.

_NOT_PAPER = {
    "fingerprint": setting("fingerprint", to="A" * 43),
    "none-handed-out": setting("issued_paper", to=None),
    "few": setting("issued_paper", to=2),
    "channels": setting("channels", to=["paper", "tablet"]),
}
for _id, _change in _NOT_PAPER.items():
    event_case(
        f"E36-paper-only-{_id}",
        "V3",
        "opened for paper alone, and not so",
        "round_opened",
        _change,
        play="paper_only",
    )
event_case(
    "E12-paper-above-present",
    "V7",
    "more papers than deputies present",
    "round_opened",
    setting("issued_paper", to=7),
    play="paper_only",
)


@case("E36-archive-in-a-paper-round", "V1", "an archive of a round on paper", play="paper_only")
def _(f: Forgery) -> Made:
    bel = Forgery(play("clear")).members[Forgery.path("election.bel")]
    return f.all_members() | {Forgery.path("election.bel"): bel}


# Overrides that are missing or late: E27, E29.


def _no_override(f: Forgery, number: int) -> None:
    f.drop("override", number)


for _play, _count in (("few_issued", 3), ("few_ballots", 1), ("few_papers", 1), ("nobody_cast", 1)):
    for _number in range(1, _count + 1):
        add(
            f"E27-{_play}-{_number}".replace("_", "-"),
            "V3",
            "the override left out, all signed again",
            partial(_no_override, number=_number),
            play=_play,
        )


def _late(f: Forgery, kind: str) -> None:
    draft = f.events.pop(f.at("override"))
    f.events.insert(f.at(kind) + 1, draft)


for _play, _kind in (
    ("few_ballots", "decrypted"),
    ("few_papers", "decrypted"),
    ("few_issued", "check_in_closed"),
):
    add(
        f"E29-late-{_play}".replace("_", "-"),
        "V3",
        "an override after what it permits",
        partial(_late, kind=_kind),
        play=_play,
    )

# Corrections.


def replaced(id: str, check: str, comment: str, change: Callable[[Any], Any]) -> None:
    """The second paper sheet changed."""

    def made(f: Forgery) -> None:
        change(f.body("paper_counted", 2))

    add(id, check, comment, made, play="corrected_sheet")


replaced("E12-sheet-replaces-none", "V3", "two sheets in force", setting("replaces", to=None))
replaced("E12-sheet-replaces-other", "V3", "a sheet of no event", setting("replaces", to="ab" * 32))


@case(
    "E11-replaces", "V13", "a second certificate that replaces none", play="corrected_certificate"
)
def _(f: Forgery) -> None:
    f.certificates[FIRST]["replaces"] = None


# What follows from a round.


def follows(id: str, kind: str, play: str, comment: str, change: Callable[[Any], Any]) -> None:
    """The event that concludes a tie or a vacancy, changed."""
    event_case(f"E15-{id}", "V14", comment, kind, change, play=play)


_LOTS = ("tie_settled", "second_tie_by_lots")
follows("lots-too-many", *_LOTS, "more items than places", lambda b: b["items"].append("p1"))
follows("lots-none", *_LOTS, "no item by lots", setting("items", to=[]))
follows("lots-no-witness", *_LOTS, "nobody saw the lots", setting("witnesses", to=[]))
follows("lots-parent", *_LOTS, "lots after no certificate", setting("parent", to="ab" * 32))
follows(
    "deferred-items",
    "tie_settled",
    "second_tie_deferred",
    "deferred, and yet items",
    setting("items", to=["p1"]),
)
follows(
    "vacancy-places", "vacancy_left", "vacancy", "another number of places", setting("places", to=2)
)
follows(
    "vacancy-parent", "vacancy_left", "vacancy", "no certificate", setting("parent", to="ab" * 32)
)
follows(
    "second-vote-places",
    "second_vote_called",
    "second_vote",
    "more places than open",
    setting("seats", to=2),
)


@case(
    "E15-second-vote-on-elected", "V14", "a second vote on an elected project", play="second_vote"
)
def _(f: Forgery) -> None:
    body = f.body("second_vote_called")
    elected = f.certificates[FIRST]["elected"]
    body["items"] = [elected[0]["id"] if isinstance(elected[0], dict) else elected[0]]


@case("E15-run-off-after-lots", "V14", "the tie settled before its run-off", play="run_off")
def _(f: Forgery) -> None:
    at = f.at("run_off_called")
    parent = f.events[at].body["parent"]
    body = {"parent": parent, "method": "deferred", "items": [], "witnesses": []}
    f.insert(at, "tie_settled", body, f.signers("adopted"), FIRST)


def _unsigned_kinds(f: Forgery, kind: str) -> None:
    """The event without its last signer, all else signed anew."""
    draft = f.draft(kind)
    f.edit(kind, signatures=draft.event.signatures[:-1])


for _play, _kind in (
    ("voided_and_repeated", "voided"),
    ("voided_and_repeated", "revote_called"),
    ("run_off", "run_off_called"),
    ("second_vote", "second_vote_called"),
    ("second_tie_by_lots", "tie_settled"),
    ("vacancy", "vacancy_left"),
    ("few_ballots", "override"),
    ("objections", "objection"),
    ("objections", "adjourned"),
):
    add(
        f"E25-unsigned-{_kind}",
        "V3",
        "one signature less than it needs",
        partial(_unsigned_kinds, kind=_kind),
        play=_play,
    )
