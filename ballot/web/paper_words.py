"""The fields of a paper count, and what is wrong with an entry, as people read them."""

from ballot.paper_entry import Doubt, Field
from ballot.tally.session import Vote
from ballot.tally.state import Round
from ballot.web.items import GRADES
from ballot.web.words import Words


def answers(words: Words, vote: Vote) -> list[str]:
    """The columns of the totals, in their order."""
    if vote.style == "grades":
        return [words.plain(f"grade.{grade}") for grade in GRADES]
    found = [words.plain(f"count.column.{name}") for name in ("yes", "no", "abstain")]
    return found[:1] if vote.style == "approve" else found


def label(words: Words, vote: Vote, one: Round, field: Field) -> str:
    """The name of a field: 收回; 第3项 供水工程·赞成."""
    if field.item is None or field.answer is None:
        return words.plain(f"paper.field.{field.name}")
    title = vote.item(one.items[field.item]).title
    answer = answers(words, vote)[field.answer]
    return words.plain("paper.field.row", number=field.item + 1, name=title, answer=answer)


def doubt_words(words: Words, vote: Vote, one: Round, doubt: Doubt) -> str:
    """Why an entry cannot be right, with its numbers."""
    title = "" if doubt.item is None else vote.item(one.items[doubt.item]).title
    number = 0 if doubt.item is None else doubt.item + 1
    said = {"found": doubt.found, "wanted": doubt.wanted, "number": number, "name": title}
    return words.plain(f"paper.doubt.{doubt.code.partition('.')[2]}", **said)
