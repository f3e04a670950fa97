"""Ballot styles: items ↔ Belenios questions, marks ↔ votes, decrypted results ↔ totals.

Source: protocol §5; docs/record.md. Marks are one letter per item: Y 赞成, N 反对, A 弃权;
for grades S 满意, B 基本满意, U 不满意, K 不了解, A 弃权.
"""

from collections.abc import Sequence

from ballot.crypto.errors import Invalid
from ballot.tally.election import Question
from ballot.tally.marks import LETTERS
from ballot.tally.session import Vote

YES_NO = ("赞成", "反对")
GRADES = ("满意", "基本满意", "不满意", "不了解")
Totals = tuple[tuple[int, ...], ...]
"""One tuple per item: the counts of its answers, then 弃权 (not for ``approve``)."""


def cap_of(vote: Vote, seats: int, candidates: int) -> int:
    """Most approvals a ballot may carry: min(S, C) for R05 ``seats``, else C (protocol §5)."""
    return min(seats, candidates) if vote.rules.cap == "seats" else candidates


def wants_cap_proof(vote: Vote) -> bool:
    """Whether an envelope of this vote carries our cap proof (box C8)."""
    return vote.style == "three_way" and vote.rules.cap == "seats"


def questions(vote: Vote, titles: Sequence[str], cap: int) -> list[Question]:
    """The questions of a round on the items with these titles, in ballot order."""
    match vote.style:
        case "approve":
            return [Question(vote.title, tuple(titles), 0, cap)]
        case "grades":
            return [Question(title, GRADES, 0, 1) for title in titles]
        case _:
            return [Question(title, YES_NO, 0, 1) for title in titles]


def votes_of(style: str, items: int, marks: str) -> list[list[int]]:
    """0/1 per question and answer; raises ``marks.malformed``."""
    letters = LETTERS[style].removesuffix("A")
    if len(marks) != items or any(mark not in LETTERS[style] for mark in marks):
        raise Invalid("marks.malformed", f"{items} marks out of {LETTERS[style]} are needed")
    rows = [[int(mark == letter) for letter in letters] for mark in marks]
    return [[row[0] for row in rows]] if style == "approve" else rows


def totals_of(style: str, result: Sequence[Sequence[int]], ballots: int) -> Totals:
    """Totals per item from a decrypted result of that many ballots."""
    if style == "approve":
        return tuple((count,) for count in result[0])
    return tuple((*row, ballots - sum(row)) for row in result)


def add_totals(a: Totals, b: Totals) -> Totals:
    """Item by item sum (tablet + paper)."""
    return tuple(tuple(x + y for x, y in zip(p, q, strict=True)) for p, q in zip(a, b, strict=True))


def approvals(result: Sequence[Sequence[int]]) -> int:
    """Number of approvals on one three-way ballot given as votes."""
    return sum(row[0] for row in result)
