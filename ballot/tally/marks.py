"""Marks on ballots -> totals, by the rules for sheets of counting rules §4.

A sheet is one letter per item: ``Y`` 赞成, ``N`` 反对, ``A`` 弃权 or unmarked or marked both
ways; for grades ``S`` 满意, ``B`` 基本满意, ``U`` 不满意, ``K`` 不了解, ``A`` 弃权 likewise.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ballot.crypto.errors import Invalid
from ballot.tally.grades import GradeCounts

Void = Literal["over_vote", "unreadable", "void_by_deputy"]
Style = Literal["three_way", "approve", "motion"]
VOID_REASONS: tuple[Void, ...] = ("over_vote", "unreadable", "void_by_deputy")

LETTERS = {"three_way": "YNA", "approve": "YA", "motion": "YNA", "grades": "SBUKA"}


@dataclass(frozen=True)
class Sheet:
    """One returned ballot. ``marks`` None: it cannot be counted, for the reason ``void``.

    An over-marked sheet keeps its marks; counting finds out by itself that it is void.
    """

    marks: str | None
    void: Void = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What a pile of ballots adds up to. ``no`` and ``abstain`` are None in style
    ``approve``, where only 赞成 exists; ``invalid_by_reason`` has all three reasons.
    """

    returned: int
    valid: int
    invalid_by_reason: dict[Void, int]
    yes: tuple[int, ...]
    no: tuple[int, ...] | None
    abstain: tuple[int, ...] | None

    @property
    def invalid(self) -> int:
        """X = R - V."""
        return self.returned - self.valid


@dataclass(frozen=True, kw_only=True)
class GradeTotals:
    """What a pile of rating ballots adds up to; without a cap nothing is an ``over_vote``."""

    returned: int
    valid: int
    invalid_by_reason: dict[Void, int]
    items: tuple[GradeCounts, ...]


def count_marks(style: Style, items: int, cap: int | None, sheets: Iterable[Sheet]) -> Totals:
    """Count a pile of ballots on ``items`` projects or one motion.

    A sheet approving more than ``cap`` of them is void as a whole; fewer or none is valid.
    Raises ``sheet.malformed`` for a letter that the style does not have, ``sheet.length`` for
    a sheet of another number of items.
    """
    returned, void, column = _pile(style, items, cap, sheets)
    three = style != "approve"
    return Totals(
        returned=returned,
        valid=returned - sum(void.values()),
        invalid_by_reason=void,
        yes=tuple(column["Y"]),
        no=tuple(column["N"]) if three else None,
        abstain=tuple(column["A"]) if three else None,
    )


def count_grades(items: int, sheets: Iterable[Sheet]) -> GradeTotals:
    """Count a pile of rating ballots; raises as :func:`count_marks`."""
    returned, void, column = _pile("grades", items, None, sheets)
    return GradeTotals(
        returned=returned,
        valid=returned - sum(void.values()),
        invalid_by_reason=void,
        items=tuple(
            GradeCounts(
                satisfied=column["S"][i],
                basic=column["B"][i],
                unsatisfied=column["U"][i],
                unknown=column["K"][i],
                abstain=column["A"][i],
            )
            for i in range(items)
        ),
    )


def _pile(
    style: str, items: int, cap: int | None, sheets: Iterable[Sheet]
) -> tuple[int, dict[Void, int], dict[str, list[int]]]:
    """Ballots returned, void ones by reason, and per letter the count for every item."""
    returned = 0
    void = dict.fromkeys(VOID_REASONS, 0)
    column = {letter: [0] * items for letter in LETTERS[style]}
    for sheet in sheets:
        returned += 1
        if sheet.marks is None:
            void[sheet.void] += 1
            continue
        if not set(sheet.marks) <= set(column):
            raise Invalid(
                "sheet.malformed", f"ballot {returned}: letters other than {LETTERS[style]}"
            )
        if len(sheet.marks) != items:
            raise Invalid(
                "sheet.length", f"ballot {returned}: {len(sheet.marks)} marks for {items} items"
            )
        # 选举法 Art. 44: a ballot naming more than the places is void; equal or fewer is valid.
        if cap is not None and sheet.marks.count("Y") > cap:
            void["over_vote"] += 1
            continue
        for i, letter in enumerate(sheet.marks):
            column[letter][i] += 1
    return returned, void, column
