"""The margin (差额): how many candidates a list of S places may have (counting rules §3).

With base b = S (``seats``) or b = C (``candidates``), C is lawful iff C > S and
``low · b <= C - S <= high · b``; 10-20 % of the places by default, after 地方组织法 Art. 27
("多十分之一至五分之一"). Fractions are two integers and every test is one of integers.
"""

import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from ballot.crypto.errors import Invalid
from ballot.tally.decimals import hundredths

_RATIO = re.compile(r"(0|[1-9][0-9]{0,5})/([1-9][0-9]{0,5})", re.ASCII)


class Ratio(NamedTuple):
    """A fraction as it is written, never reduced: ``1/10``."""

    numerator: int
    denominator: int

    @classmethod
    def parse(cls, text: Any, where: str) -> "Ratio":
        """The fraction written ``1/10``; raises ``rules.value``."""
        found = _RATIO.fullmatch(text) if isinstance(text, str) else None
        if not found:
            raise Invalid("rules.value", f"{where}: {str(text)[:40]!r} is not a fraction like 1/10")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True)
class MarginRange:
    """R03: both ends of the surplus, as fractions of the base; ``high`` None: no upper end."""

    low: Ratio = Ratio(1, 10)
    high: Ratio | None = Ratio(1, 5)

    @classmethod
    def parse(cls, low: Any, high: Any, where: str) -> "MarginRange":
        """From two fractions (``high`` may be None); raises ``rules.value``."""
        found = cls(
            Ratio.parse(low, f"{where}.low"),
            None if high is None else Ratio.parse(high, f"{where}.high"),
        )
        (n, d), top = found.low, found.high
        if top and n * top.denominator > top.numerator * d:
            raise Invalid("rules.value", f"{where}: {found.low} is more than {top}")
        return found

    def encode(self) -> dict[str, Any]:
        """The value as stored: ``{"low": "1/10", "high": "1/5"}``."""
        return {"low": str(self.low), "high": None if self.high is None else str(self.high)}


@dataclass(frozen=True)
class MarginRule:
    """R02-R04: the base (``seats`` or ``candidates``), the range, and what holds where no
    number fits: ``plus_one_waiver``, ``refuse``, or the sets that replace the strict one for
    every S, ``round_up`` and ``half_up`` (not yet adoptable).
    """

    base: str = "seats"
    range: MarginRange = MarginRange()
    small_n: str = "plus_one_waiver"


@dataclass(frozen=True)
class Span:
    """The candidate numbers ``first`` to ``last``, both included; ``last`` None: no end."""

    first: int
    last: int | None

    def __contains__(self, number: int) -> bool:
        return self.first <= number and (self.last is None or number <= self.last)

    def __bool__(self) -> bool:
        return self.last is None or self.first <= self.last

    def __str__(self) -> str:
        if not self:
            return "none"
        if self.last is None:
            return f"{self.first} or more"
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


@dataclass(frozen=True)
class Margin:
    """What :func:`check_margin` found.

    ``verdict`` is ``ok``, ``ok_with_waiver`` or ``refused``; ``allowed`` the lawful numbers,
    ``waiver`` the one number that a waiver makes lawful (None where numbers are lawful
    anyway, or the rules refuse). ``base`` is the number that the fraction refers to.
    """

    verdict: str
    surplus: int
    base: int
    allowed: Span
    waiver: int | None

    def encode(self) -> dict[str, Any]:
        """Surplus, its reduced fraction and percentage of the base (for display; empty when
        there is no surplus), and the verdict.
        """
        fraction = percent = ""
        if self.surplus > 0:
            common = math.gcd(self.surplus, self.base)
            fraction = f"{self.surplus // common}/{self.base // common}"
            percent = hundredths(100 * self.surplus, self.base)
        return {
            "surplus": self.surplus,
            "fraction": fraction,
            "percent": percent,
            "verdict": self.verdict,
        }


def lawful(seats: int, rule: MarginRule) -> Span:
    """All lawful numbers of candidates for ``seats`` places, without waiver; may be empty.

    The numbers that satisfy the integer test of §3, l2·(C-S) >= l1·b and h2·(C-S) <= h1·b,
    are consecutive, so both ends say it all. Raises ``margin.seats`` for less than one place.
    """
    if seats < 1:
        raise Invalid("margin.seats", f"{seats} places to fill, at least 1 is needed")
    low, high = rule.range.low, rule.range.high
    if rule.small_n in _ROUNDED:
        rounded = _ROUNDED[rule.small_n]
        last = None if high is None else seats + max(1, rounded(high, seats))
        return Span(seats + max(1, rounded(low, seats)), last)
    if rule.base == "seats":
        last = None if high is None else seats + _floor(high, seats)
        return Span(seats + max(1, _ceil(low, seats)), last)
    # Base C: n/d · C <= C - S is d · S <= (d - n) · C, which no C fulfils when n >= d.
    if low.numerator >= low.denominator:
        return Span(seats + 1, seats)
    first = -(-low.denominator * seats // (low.denominator - low.numerator))
    last = None
    if high is not None and high.numerator < high.denominator:
        last = high.denominator * seats // (high.denominator - high.numerator)
    return Span(max(seats + 1, first), last)


def check_margin(seats: int, candidates: int, rule: MarginRule) -> Margin:
    """Judge a list of ``candidates`` projects for ``seats`` places.

    A waiver (R04) exists only where no number at all is lawful, and only for S + 1.
    """
    allowed = lawful(seats, rule)
    waiver = seats + 1 if not allowed and rule.small_n == "plus_one_waiver" else None
    if candidates in allowed:
        verdict = "ok"
    elif candidates == waiver:
        verdict = "ok_with_waiver"
    else:
        verdict = "refused"
    base = seats if rule.base == "seats" else candidates
    return Margin(verdict, candidates - seats, base, allowed, waiver)


def _floor(ratio: Ratio, number: int) -> int:
    return ratio.numerator * number // ratio.denominator


def _ceil(ratio: Ratio, number: int) -> int:
    return -(-ratio.numerator * number // ratio.denominator)


def _half_up(ratio: Ratio, number: int) -> int:
    return (2 * ratio.numerator * number + ratio.denominator) // (2 * ratio.denominator)


_ROUNDED = {"round_up": _ceil, "half_up": _half_up}
