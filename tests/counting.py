"""Shared by the counting tests: sample files, default rules, and rounds in a line."""

from pathlib import Path
from typing import Any

from ballot.crypto import encoding
from ballot.tally.count import Counts
from ballot.tally.rules import DEFAULTS, Rules

TESTS = Path(__file__).parent
SESSIONS = TESTS.parent / "ballot" / "data"
GRADE_KEYS = ("rate_denominator", "grade_denominator", "half", "weights")


def sample(name: str) -> Any:
    """A sample file of tests/data, or a session of ballot/data."""
    path = TESTS / "data" / name
    return encoding.parse_json((path if path.exists() else SESSIONS / name).read_bytes())


def stored_rules(*, grades: bool = False, **changes: Any) -> dict[str, Any]:
    """The default rules as a definition stores them."""
    value = {"rule_set_id": "T-1", "title": "测试办法"} | dict(DEFAULTS) | changes
    return value if grades else {k: v for k, v in value.items() if k not in GRADE_KEYS}


def rules(*, grades: bool = False, **changes: Any) -> Rules:
    return Rules.decode(stored_rules(grades=grades, **changes), grades=grades)


def counts(yes: list[int], seats: int = 8, **figures: Any) -> Counts:
    """A round of 86 deputies, 79 present, with all ballots issued, returned and valid unless
    ``figures`` say otherwise: each number not given equals the one before it.
    """
    deputies = figures.pop("deputies_all", 86)
    present = figures.pop("present", min(79, deputies))
    issued = figures.pop("issued", present)
    returned = figures.pop("returned", issued)
    valid = figures.pop("valid", returned)
    return Counts(
        deputies_all=deputies,
        present=present,
        issued=issued,
        returned=returned,
        valid=valid,
        seats=seats,
        candidates=figures.pop("candidates", len(yes)),
        yes=tuple(yes),
        **figures,
    )
