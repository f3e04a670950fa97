"""Outcomes as documents state them, read back for the rounds that follow from them."""

from typing import Any

from ballot.tally.outcome import Selection, Warnings

_LISTS = "elected not_chosen not_passed runoff second_tie".split()
_NUMBERS = "threshold_votes runoff_seats second_tie_seats open_seats shortfall".split()


def read_selection(outcome: Any, size: int) -> Selection | None:
    """A stated outcome on ``size`` items as far as later rounds need it (without reasons and
    warnings), or None when it is no such outcome.
    """
    if not isinstance(outcome, dict) or outcome.get("session") != "valid":
        return None
    positions: list[int] = []
    for name in _LISTS:
        found = outcome.get(name)
        if not isinstance(found, list) or not all(_whole(entry, size) for entry in found):
            return None
        positions += found
    if sorted(positions) != list(range(size)):  # each item stands in exactly one list
        return None
    if not all(_whole(outcome.get(name)) for name in _NUMBERS):
        return None
    values: dict[str, Any] = {name: tuple(outcome[name]) for name in _LISTS}
    values |= {name: outcome[name] for name in _NUMBERS}
    warnings = Warnings(below_statutory=False, below_majority_all=(), unanimous=())
    return Selection(**values, reasons=(), warnings=warnings)


def _whole(value: Any, below: int = 2**53) -> bool:
    return type(value) is int and 0 <= value < below
