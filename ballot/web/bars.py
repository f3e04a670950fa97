"""Geometry of the result bars, as percentages that stand in SVG attributes.

The full width of a bar is the base of the majority (86 deputies, not 100 %). The majority line
lies at m - 1/2, so that every bar that passes crosses it and no failing one touches it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ballot.tally.decimals import hundredths


@dataclass(frozen=True)
class Axis:
    """The base of the bars and where the majority line stands; ``line`` None where most votes
    decide and there is none.
    """

    base: int
    majority: int | None
    line: str | None


@dataclass(frozen=True)
class Part:
    """One part of a stacked bar: which answer, its number, where it begins and its width."""

    name: str
    label: str
    number: int
    x: str
    width: str


def share(number: int, base: int) -> str:
    """``number / base`` as an SVG length; an empty base has no width to share."""
    return f"{hundredths(100 * number, base)}%" if base > 0 else "0.00%"


def axis(base: int, majority: int | None) -> Axis:
    """The axis for ``base`` votes and ``majority`` = m, the fewest that pass."""
    line = None if majority is None else share(2 * majority - 1, 2 * base)
    return Axis(base, majority, line)


def stack(parts: Sequence[tuple[str, str, int]], base: int) -> tuple[Part, ...]:
    """(name, label, number) one after the other on ``base``; those of nobody are left out."""
    found, start = [], 0
    for name, label, number in parts:
        if number:
            found.append(Part(name, label, number, share(start, base), share(number, base)))
        start += number
    return tuple(found)
