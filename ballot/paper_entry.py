"""The papers of a round as two people count them: fields, piles, doubts, differences.

Pure functions. An entry is a number for every field of the sheet (counting rules §8); two entries
that are equal become PaperCounted, and what differs is counted again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from ballot.crypto.errors import Invalid
from ballot.tally import styles
from ballot.tally.marks import LETTERS, VOID_REASONS, Sheet, Void, count_grades, count_marks
from ballot.tally.paper_sheet import ANSWERS
from ballot.tally.session import MAX_DEPUTIES, Vote
from ballot.tally.state import Round

_WIDE = str.maketrans("０１２３４５６７８９　", "0123456789 ")  # as a Chinese keyboard types them

Numbers = Mapping[str, int]
"""The name of a field → what was counted."""


@dataclass(frozen=True, slots=True)
class Field:
    """One number of the sheet; ``item`` and ``answer`` are positions from 0, of totals only."""

    name: str
    item: int | None = None
    answer: int | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why an entry cannot be right: ``found`` is what was entered, ``wanted`` what it must be, or
    the most that it can be; ``item`` the position of the row concerned.
    """

    code: str
    found: int
    wanted: int
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A field for which two people counted differently."""

    field: Field
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Pile:
    """Sheets counted one by one: their sums, and the last one, which alone can be corrected."""

    numbers: Numbers
    last: Sheet | None = None


def capped(vote: Vote) -> bool:
    """Whether a sheet with too many approvals is void (R05 ``seats``)."""
    return vote.kind == "selection" and vote.rules.cap == "seats"


def fields_of(vote: Vote, one: Round) -> tuple[Field, ...]:
    """The fields of the sheet, in its order. Where there is no cap nothing is an over-vote."""
    reasons = [name for name in VOID_REASONS if name != "over_vote" or capped(vote)]
    totals = (
        Field(f"row_{item}_{answer}", item, answer)
        for item in range(len(one.items))
        for answer in range(ANSWERS[vote.style])
    )
    return (*(Field(name) for name in ("returned", "valid", *reasons)), *totals)


def read_numbers(fields: Iterable[Field], typed: Mapping[str, str]) -> tuple[Numbers, list[Field]]:
    """What was typed, also in full-width digits; and the fields in which no number stands."""
    numbers, unread = {}, []
    for field in fields:
        text = typed.get(field.name, "").translate(_WIDE).strip()
        if text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= MAX_DEPUTIES:
            numbers[field.name] = int(text)
        else:
            unread.append(field)
    return MappingProxyType(numbers), unread


def given_of(vote: Vote, one: Round, numbers: Numbers) -> dict[str, Any]:
    """An entry as the draft of PaperCounted wants it; raises ``paper.malformed``."""
    if set(numbers) != {field.name for field in fields_of(vote, one)}:
        raise Invalid("paper.malformed", "not the fields of this sheet")
    return {
        "returned": numbers["returned"],
        "valid": numbers["valid"],
        "void": {name: numbers.get(name, 0) for name in VOID_REASONS},
        "rows": [_row(vote, numbers, item) for item in range(len(one.items))],
    }


def numbers_of(vote: Vote, one: Round, given: Mapping[str, Any]) -> Numbers:
    """The inverse of :func:`given_of`, also for the body of an event."""
    flat = {"returned": given["returned"], "valid": given["valid"], **given["void"]}
    for item, row in enumerate(given["rows"]):
        flat |= {f"row_{item}_{answer}": count for answer, count in enumerate(row)}
    return {field.name: flat[field.name] for field in fields_of(vote, one)}


def doubts(vote: Vote, one: Round, numbers: Numbers) -> Iterator[Doubt]:
    """Everything by which an entry contradicts itself or what was stated at the close: exactly
    what :func:`ballot.tally.paper_sheet.refused_sheet` refuses, for people to read.
    """
    given = given_of(vote, one, numbers)
    returned, valid, stated = given["returned"], given["valid"], one.returned.get("paper", 0)
    if returned != stated:
        yield Doubt("paper.returned", returned, stated)
    if (found := valid + sum(given["void"].values())) != returned:
        yield Doubt("paper.sum", found, returned)
    exact = vote.style != "approve"
    for item, row in enumerate(given["rows"]):
        if (found := sum(row)) > valid or (exact and found < valid):
            yield Doubt("paper.row" if exact else "paper.row_over", found, valid, item)
    approvals, most = sum(row[0] for row in given["rows"]), valid * one.seats
    if capped(vote) and approvals > most:
        yield Doubt("paper.cap", approvals, most)


def differences(fields: Iterable[Field], first: Numbers, second: Numbers) -> list[Difference]:
    """The fields in which two entries are not the same."""
    return [
        Difference(field, first[field.name], second[field.name])
        for field in fields
        if first[field.name] != second[field.name]
    ]


# Sheet by sheet.


def count_pile(vote: Vote, one: Round, sheets: Sequence[Sheet]) -> Numbers:
    """The sums of a pile; which sheets approve too many is decided by the rules (§4)."""
    size = len(one.items)
    if vote.style == "grades":
        graded = count_grades(size, sheets)
        valid, void = graded.valid, graded.invalid_by_reason
        rows = [item.counts() for item in graded.items]
    else:
        cap = styles.cap_of(vote, one.seats, size) if capped(vote) else None
        counted = count_marks(cast(Any, vote.style), size, cap, sheets)
        valid, void = counted.valid, counted.invalid_by_reason
        columns = [c for c in (counted.yes, counted.no, counted.abstain) if c is not None]
        rows = list(zip(*columns, strict=True))
    given = {"returned": len(sheets), "valid": valid, "void": void, "rows": rows}
    return numbers_of(vote, one, given)


def empty_pile(vote: Vote, one: Round) -> Pile:
    """Nothing counted yet."""
    return Pile(count_pile(vote, one, ()))


def add_sheet(vote: Vote, one: Round, pile: Pile, sheet: Sheet) -> Pile:
    """One more sheet; raises ``sheet.malformed`` and ``sheet.length``."""
    return Pile(_sum(pile.numbers, count_pile(vote, one, [sheet]), 1), sheet)


def take_back(vote: Vote, one: Round, pile: Pile) -> Pile:
    """The pile without the sheet that was counted last, once."""
    if pile.last is None:
        return pile
    return Pile(_sum(pile.numbers, count_pile(vote, one, [pile.last]), -1))


def read_sheet(vote: Vote, one: Round, typed: Mapping[str, str]) -> Sheet:
    """One sheet from its form: ``void`` why it cannot be counted, or ``mark_N`` per item, without
    which an item is 弃权. Raises ``paper.malformed``.
    """
    if void := typed.get("void", ""):
        if void not in ("unreadable", "void_by_deputy"):  # an over-vote is found by counting
            raise Invalid("paper.malformed", "no reason of the rules")
        return Sheet(None, cast(Void, void))
    letters = [typed.get(f"mark_{item}", "A") for item in range(len(one.items))]
    if any(len(letter) != 1 or letter not in LETTERS[vote.style] for letter in letters):
        raise Invalid("paper.malformed", "no mark of this style")
    return Sheet("".join(letters))


def _row(vote: Vote, numbers: Numbers, item: int) -> list[int]:
    return [numbers[f"row_{item}_{answer}"] for answer in range(ANSWERS[vote.style])]


def _sum(numbers: Numbers, more: Numbers, sign: int) -> Numbers:
    return {name: count + sign * more[name] for name, count in numbers.items()}
