"""Counting the papers of a round aloud: from a pile of sheets to PaperCounted."""

from collections.abc import Sequence
from typing import Any

from ballot.tally import styles
from ballot.tally.marks import Sheet, count_grades, count_marks
from ballot.tally.session import Vote
from ballot.tally.state import Round

Papers = Sequence[tuple[str | None, str]]
"""One entry per paper in the box: its marks, or None and why it cannot be counted."""


def count_papers(vote: Vote, one: Round, papers: Papers) -> dict[str, Any]:
    """The body of PaperCounted for the papers of ``one``; names the sheet it replaces."""
    pile = [Sheet(marks, reason) for marks, reason in papers]  # type: ignore[arg-type]
    size = len(one.items)
    if vote.style == "grades":
        graded = count_grades(size, pile)
        valid, void = graded.valid, graded.invalid_by_reason
        rows = [list(item.counts()) for item in graded.items]
    else:
        selection = vote.kind == "selection" and vote.rules.cap == "seats"
        cap = styles.cap_of(vote, one.seats, size) if selection else None
        counted = count_marks(vote.style, size, cap, pile)  # type: ignore[arg-type]
        valid, void = counted.valid, counted.invalid_by_reason
        columns = [c for c in (counted.yes, counted.no, counted.abstain) if c is not None]
        rows = [list(row) for row in zip(*columns, strict=True)]
    return {
        "issued": one.issued["paper"],
        "returned": len(papers),
        "valid": valid,
        "void": {name: void[name] for name in ("over_vote", "unreadable", "void_by_deputy")},
        "rows": rows,
        "replaces": one.paper_event,
    }
