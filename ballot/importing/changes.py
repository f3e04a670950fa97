"""What an import changes against the one before: added, removed, changed (old → new)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal, TypeVar

from ballot.importing.projects import ProjectEntry

T = TypeVar("T")
Kind = Literal["added", "removed", "changed"]
ROLL_COLUMNS = ("number", "name", "delegation")
ITEM_COLUMNS = tuple(name for name in ProjectEntry.__slots__ if name not in ("row", "id"))


@dataclass(frozen=True, slots=True)
class Change:
    """``key`` names the deputy or item. ``column`` is the changed field; of what was added or
    removed it is empty, and ``new`` or ``old`` is its name.
    """

    kind: Kind
    key: str
    column: str
    old: str
    new: str


def changes(
    before: Iterable[T],
    now: Iterable[T],
    key: Callable[[T], str],
    name: Callable[[T], str],
    columns: Sequence[str],
) -> tuple[Change, ...]:
    """In the order of the new file, what is gone last."""
    old = {key(one): one for one in before}
    new = {key(one): one for one in now}
    found = []
    for identity, one in new.items():
        was = old.get(identity)
        if was is None:
            found.append(Change("added", identity, "", "", name(one)))
            continue
        for column in columns:
            pair = (_text(getattr(was, column)), _text(getattr(one, column)))
            if pair[0] != pair[1]:
                found.append(Change("changed", identity, column, *pair))
    gone = (Change("removed", one, "", name(old[one]), "") for one in old if one not in new)
    return (*found, *gone)


def roll_changes(
    before: Iterable[Any], now: Iterable[Any], columns: Sequence[str] = ROLL_COLUMNS[1:]
) -> tuple[Change, ...]:
    """Of deputies, whom the number names."""
    return changes(before, now, attrgetter("number"), attrgetter("name"), columns)


def item_changes(before: Iterable[Any], now: Iterable[Any]) -> tuple[Change, ...]:
    """Of projects."""
    return changes(before, now, attrgetter("id"), attrgetter("title"), ITEM_COLUMNS)


def _text(value: object) -> str:
    return "" if value is None else str(value)
