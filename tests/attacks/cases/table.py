"""The table of cases: an id, the check that must refuse, and a change of a good record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.attacks.workshop import Forgery

Made = bytes | dict[str, bytes] | None
Change = Callable[[Forgery], Made]


@dataclass(frozen=True)
class Case:
    """``change`` answers the file, its members, or None for what the forgery has become.

    ``code``: the 会议码 given to the verifier: of the good session, none, or (``own``) that of
    whatever definition is inside. ``exit``: 1 invalid, 2 not checkable. ``play``: the session
    that the good record is of (``tests/attacks/played.py``).
    """

    id: str
    check: str
    comment: str
    change: Change
    exit: int = 1
    play: str = "clear"
    code: str | None = "good"
    but_not: str = ""  # what the check must not be content with saying
    receipt: Callable[[Forgery], bytes] | None = None  # handed in with the good record


CASES: dict[str, Case] = {}


def add(id: str, check: str, comment: str, change: Change, **more: Any) -> None:
    """Put a case into the table; an id is never used again."""
    if id in CASES:
        raise ValueError(f"{id} stands twice")
    CASES[id] = Case(id, check, comment, change, **more)


def case(id: str, check: str, comment: str, **more: Any) -> Callable[[Change], Change]:
    """The decorated function is the change."""

    def register(change: Change) -> Change:
        add(id, check, comment, change, **more)
        return change

    return register
