"""Small readers for parsed documents: each returns the value or refuses it.

``where`` names the place in the document, so that a report can say what is wrong:
``votes[0].items[3].title: not a text``. The default code is ``document.shape``.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ballot.crypto.errors import Invalid

T = TypeVar("T")

_HEX = re.compile(r"[0-9a-f]*")
_ID = re.compile(r"[a-z0-9-]{1,32}")
_ITEM_ID = re.compile(r"[A-Za-z0-9-]{1,32}", re.ASCII)
_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def refuse(where: str, what: str) -> Invalid:
    """The refusal for a value of the wrong shape."""
    return Invalid("document.shape", f"{where}: {what}")


def fields(value: Any, names: str, where: str) -> dict[str, Any]:
    """``value`` if it is an object with exactly the blank-separated ``names``."""
    wanted = names.split()
    if not isinstance(value, dict):
        raise refuse(where, "not an object")
    unknown, missing = sorted(set(value) - set(wanted)), sorted(set(wanted) - set(value))
    if unknown:
        raise refuse(where, f"unknown name {unknown[0][:40]}")
    if missing:
        raise refuse(where, f"{missing[0]} is missing")
    return value


def array(
    value: Any, read: Callable[[Any, str], T], where: str, low: int = 0, high: int = 100_000
) -> tuple[T, ...]:
    """Every entry of a list of ``low`` to ``high`` entries, read by ``read``."""
    if not isinstance(value, list):
        raise refuse(where, "not a list")
    if not low <= len(value) <= high:
        raise refuse(where, f"{len(value)} entries, allowed {low} to {high}")
    return tuple(read(entry, f"{where}[{i}]") for i, entry in enumerate(value))


def text(value: Any, where: str, low: int = 1, high: int = 2000) -> str:
    """A text of ``low`` to ``high`` characters (its characters were checked on decoding)."""
    if not isinstance(value, str):
        raise refuse(where, "not a text")
    if not low <= len(value) <= high:
        raise refuse(where, f"{len(value)} characters, allowed {low} to {high}")
    return value


def integer(value: Any, where: str, low: int = 0, high: int = 2**53 - 1) -> int:
    """An integer in ``low``..``high``; true and false are not integers."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise refuse(where, "not an integer")
    if not low <= value <= high:
        raise refuse(where, f"{value} is not within {low} to {high}")
    return value


def boolean(value: Any, where: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise refuse(where, "not true or false")
    return value


def choice(value: Any, allowed: Iterable[str], where: str) -> str:
    """One of the ``allowed`` words."""
    options = tuple(allowed)
    if value not in options or not isinstance(value, str):
        raise refuse(where, f"{str(value)[:40]!r} is not one of {', '.join(options)}")
    return value


def hexadecimal(value: Any, where: str, size: int = 32) -> str:
    """Lower-case hex of ``size`` bytes."""
    if not isinstance(value, str) or len(value) != 2 * size or not _HEX.fullmatch(value):
        raise refuse(where, f"not {2 * size} lower-case hex digits")
    return value


def identifier(value: Any, where: str) -> str:
    """An id: ``[a-z0-9-]{1,32}`` (protocol §4)."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise refuse(where, "not an id of a-z, 0-9 and -")
    return value


def item_id(value: Any, where: str) -> str:
    """The id of an item, as the clerk's list has it: ``[A-Za-z0-9-]{1,32}``."""
    if not isinstance(value, str) or not _ITEM_ID.fullmatch(value):
        raise refuse(where, "not an id of A-Z, a-z, 0-9 and -")
    return value


def minute(value: Any, where: str) -> str:
    """A UTC minute ``2025-01-16T02:42Z``; seconds do not exist (protocol §8)."""
    if not isinstance(value, str) or not _MINUTE.fullmatch(value):
        raise refuse(where, "not a minute like 2025-01-16T02:42Z")
    month, day, hour, minutes = (
        int(value[5:7]),
        int(value[8:10]),
        int(value[11:13]),
        int(value[14:16]),
    )
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minutes < 60):
        raise refuse(where, "not a minute like 2025-01-16T02:42Z")
    return value


def date(value: Any, where: str) -> str:
    """A date ``2025-01-16``."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise refuse(where, "not a date like 2025-01-16")
    if not (1 <= int(value[5:7]) <= 12 and 1 <= int(value[8:10]) <= 31):
        raise refuse(where, "not a date like 2025-01-16")
    return value


def optional(value: Any, read: Callable[[Any, str], T], where: str) -> T | None:
    """null, or what ``read`` accepts."""
    return None if value is None else read(value, where)


def distinct(values: Iterable[Any], where: str) -> None:
    """Refuse a value that occurs twice."""
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            raise refuse(where, f"{str(value)[:60]} occurs twice")
        seen.add(value)
