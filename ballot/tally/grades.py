"""Satisfaction rating (满意度测评): grades counted into rates and a grade. Counting rules §11.

a 满意, b 基本满意, d 不满意, u 不了解, x 弃权 per item, a + b + d + u + x = V. A rate is a pair of
integers; decimals are for display.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Literal

from ballot.crypto.errors import Invalid
from ballot.tally.decimals import hundredths
from ballot.tally.outcome import NotCounted
from ballot.tally.rules import Grading, Rules
from ballot.tally.turnout import (
    Turnout,
    before_counting,
    contradiction,
    unanimous,
)

Grade = Literal["satisfied", "basic", "unsatisfied", "ungraded"]
Consequence = Literal["publish", "opinions", "improve_and_rerate", "inquiry", "none"]


@dataclass(frozen=True, kw_only=True)
class GradeCounts:
    """a, b, d, u, x of one item."""

    satisfied: int = 0
    basic: int = 0
    unsatisfied: int = 0
    unknown: int = 0
    abstain: int = 0

    def counts(self) -> tuple[int, ...]:
        """(a, b, d, u, x)."""
        return astuple(self)


@dataclass(frozen=True, kw_only=True)
class ItemRating:
    """F1-F5 of one item. F1 满意率, F2 满意率（严格）, F3 不满意率, F4 加权得分 are numerators over
    ``rate_denominator``; all four are None and the grade is ``ungraded`` where there was
    nothing to divide by.
    """

    rate_denominator: int
    grade_denominator: int
    f1: int | None
    f2: int | None
    f3: int | None
    f4: int | None
    grade: Grade

    def pair(self, numerator: int | None) -> list[int] | None:
        """A rate as [numerator, denominator], not reduced."""
        return None if numerator is None else [numerator, self.rate_denominator]

    def percent(self, numerator: int | None) -> str | None:
        """A rate of F1-F3 for display, ``97.47``."""
        return None if numerator is None else hundredths(100 * numerator, self.rate_denominator)

    def score(self) -> str | None:
        """F4 for display, in points."""
        return None if self.f4 is None else hundredths(self.f4, self.rate_denominator)

    def alarm(self) -> bool:
        """Whether a third or more are dissatisfied, 3d >= D (optional in §11, off there)."""
        return self.f3 is not None and 3 * self.f3 >= self.rate_denominator

    def summary(self) -> dict[str, Any]:
        """The fields of a vector's outcome."""
        return {
            "rate_denominator": self.rate_denominator,
            "grade_denominator": self.grade_denominator,
            "F1": self.pair(self.f1),
            "F1_pct": self.percent(self.f1),
            "F2": self.pair(self.f2),
            "F2_pct": self.percent(self.f2),
            "F3": self.pair(self.f3),
            "F3_pct": self.percent(self.f3),
            "F4": self.pair(self.f4),
            "F4_score": self.score(),
            "F5": self.grade,
        }


@dataclass(frozen=True, kw_only=True)
class Rating:
    """The outcome of a valid rating round. ``unanimous`` as in :mod:`ballot.tally.count`."""

    items: tuple[ItemRating, ...]
    unanimous: tuple[int, ...]
    session: Literal["valid"] = "valid"

    def summary(self) -> dict[str, Any]:
        """The fields of a vector's outcome."""
        return {"session": self.session, "items": [item.summary() for item in self.items]}

    def encode(self) -> dict[str, Any]:
        """The value for records: names in lower case, [] and "" where there is no rate."""
        return {
            "session": self.session,
            "items": [
                {
                    name.lower(): ([] if name in ("F1", "F2", "F3", "F4") else "")
                    if value is None
                    else value
                    for name, value in item.summary().items()
                }
                for item in self.items
            ],
            "warnings": {"unanimous": list(self.unanimous)},
        }


def rate(rules: Rules, turnout: Turnout, items: Sequence[GradeCounts]) -> NotCounted | Rating:
    """Apply §5, steps 1-5, and §11 to one rating round.

    Raises ``rules.missing`` when the rules say nothing about grades.
    """
    if rules.grading is None:
        raise Invalid("rules.missing", "rate_denominator, grade_denominator, half, weights")
    numbers = [*turnout.numbers(), *(number for item in items for number in item.counts())]
    stopped = before_counting(rules, turnout, numbers) or contradiction(turnout)
    if stopped:
        return stopped
    if not items:
        return NotCounted("input_error", "nothing_to_choose")
    for i, item in enumerate(items):
        if sum(item.counts()) != turnout.valid:
            return NotCounted("input_error", "grades_sum", i)
    return Rating(
        items=tuple(_rate(rules.grading, turnout, item) for item in items),
        unanimous=unanimous(turnout.valid, [item.counts() for item in items]),
    )


def _rate(grading: Grading, turnout: Turnout, item: GradeCounts) -> ItemRating:
    denominators = {
        "all": turnout.deputies_all,
        "present": turnout.present,
        "returned": turnout.returned,
        "valid": turnout.valid,
        "valid_minus_unknown": turnout.valid - item.unknown,
    }
    rates, grades = denominators[grading.rate_denominator], denominators[grading.grade_denominator]
    if turnout.valid == 0 or rates == 0 or grades == 0:
        return ItemRating(
            rate_denominator=rates,
            grade_denominator=grades,
            f1=None,
            f2=None,
            f3=None,
            f4=None,
            grade="ungraded",
        )
    a, b, d = item.satisfied, item.basic, item.unsatisfied
    weights = grading.weights
    # F5: exactly half is enough only where the 办法 says 半数以上.
    half = grades if grading.half == "at_least_half" else grades + 1
    grade: Grade = "unsatisfied"
    if 2 * a >= half:
        grade = "satisfied"
    elif 2 * (a + b) >= half:
        grade = "basic"
    return ItemRating(
        rate_denominator=rates,
        grade_denominator=grades,
        f1=a + b,
        f2=a,
        f3=d,
        f4=weights[0] * a + weights[1] * b + weights[2] * d,
        grade=grade,
    )


def consequence(grade: Grade, earlier: Grade | None = None) -> Consequence:
    """What follows from a grade (§11, practice). ``earlier`` is the grade of the round before
    a re-rating (复评): 不满意 twice is listed for 询问.
    """
    match grade:
        case "satisfied":
            return "publish"
        case "basic":
            return "opinions"
        case "unsatisfied":
            return "inquiry" if earlier == "unsatisfied" else "improve_and_rerate"
        case _:
            return "none"
