"""The words of a paper ballot 表决票 (counting rules §10)."""

from ballot.paper_entry import capped
from ballot.tally.session import Vote
from ballot.tally.state import Round
from ballot.web.items import GRADES
from ballot.web.words import Words


def ballot_title(words: Words, year: int, vote: Vote, one: Round) -> str:
    """What stands at the head of the sheet (counting rules §10)."""
    if vote.kind != "selection":
        return words.plain(f"print.ballot.title.{vote.kind}", title=vote.title)
    kind = one.kind if one.kind in ("run_off", "second") else "first"
    number = words.nth(one.number)
    return words.plain(f"print.ballot.title.{kind}", year=year, round=number)


def instruction(words: Words, vote: Vote, one: Round) -> list[str]:
    """How to mark the sheet, line by line (counting rules §10)."""
    how = {"grades": "how.grades", "approve": "how.approve"}.get(vote.style, "how.three_way")
    keys = [how]
    if vote.kind == "selection":
        keys = ["places", how, "cap" if capped(vote) else "no_cap"]
    said = {"seats": one.seats, "candidates": len(one.items)}
    return [words.plain(f"print.ballot.{key}", **said) for key in keys]


def answers_to_mark(words: Words, vote: Vote) -> list[str]:
    """The columns to mark; on paper an unmarked rating is 弃权 and has none."""
    if vote.style == "grades":
        return [words.plain(f"grade.{grade}") for grade in GRADES[:-1]]
    names = ("yes",) if vote.style == "approve" else ("yes", "no", "abstain")
    return [words.plain(f"count.column.{name}") for name in names]
