"""Counting the papers of a round aloud: from a pile of sheets to PaperCounted."""

from collections.abc import Sequence
from typing import Any

from ballot.paper_entry import count_pile, given_of
from ballot.tally.marks import Sheet
from ballot.tally.session import Vote
from ballot.tally.state import Round

Papers = Sequence[tuple[str | None, str]]
"""One entry per paper in the box: its marks, or None and why it cannot be counted."""


def count_papers(vote: Vote, one: Round, papers: Papers) -> dict[str, Any]:
    """The body of PaperCounted for the papers of ``one``; names the sheet it replaces."""
    pile = [Sheet(marks, reason) for marks, reason in papers]  # type: ignore[arg-type]
    given = given_of(vote, one, count_pile(vote, one, pile))
    return {**given, "issued": one.issued["paper"], "replaces": one.paper_event}
