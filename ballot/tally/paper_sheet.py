"""The sheet on which tellers and scrutineers sign the papers of a round (counting rules §8)."""

from collections.abc import Iterator
from typing import Any

from ballot.crypto.errors import Invalid
from ballot.tally.session import Vote
from ballot.tally.state import Round

ANSWERS = {"three_way": 3, "motion": 3, "approve": 1, "grades": 5}
"""How many numbers the totals of one item have, by style."""


def refused_sheet(vote: Vote, one: Round, body: dict[str, Any]) -> Iterator[Invalid]:
    """Everything by which a sheet contradicts itself or what was stated before it.

    Code ``event.paper_sheet``.
    """
    stated = (body["issued"], body["returned"])
    if stated != (one.issued["paper"], one.returned.get("paper")):
        yield Invalid("event.paper_sheet", "issued or returned is not what was stated before")
    valid = body["valid"]
    if valid + sum(body["void"].values()) != body["returned"]:
        yield Invalid("event.paper_sheet", "valid and void are not the returned")
    if not shaped(body["rows"], vote, one):
        raise Invalid("event.paper_sheet", "not one row per item of the ballot")
    for item, row in zip(one.items, body["rows"], strict=True):
        if sum(row) > valid or (sum(row) < valid and vote.style != "approve"):
            yield Invalid("event.paper_sheet", f"{item}: the marks are not the valid papers")
    capped = vote.kind == "selection" and vote.rules.cap == "seats"
    if capped and sum(row[0] for row in body["rows"]) > valid * one.seats:
        yield Invalid("event.paper_sheet", "more approvals than the papers can hold")


def shaped(rows: list[list[int]], vote: Vote, one: Round) -> bool:
    """Whether totals have one row per item of the ballot, of the width of the style."""
    width = ANSWERS[vote.style]
    return len(rows) == len(one.items) and all(len(row) == width for row in rows)
