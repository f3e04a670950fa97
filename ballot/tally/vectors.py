"""Counting from a file: one vector -> its outcome, for congresses that counted on paper.

A vector is an object: name, kind, rules (each key may be left out), the numbers of the round,
and 赞成 per project, grades per item, or the ballots themselves. Unknown names and wrong types
are refused with their place; numbers that contradict each other are an outcome, ``input_error``.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, cast

from ballot.crypto import encoding, shapes
from ballot.crypto.errors import Invalid
from ballot.tally.count import Counts, Kind, count
from ballot.tally.grades import GradeCounts, Rating, rate
from ballot.tally.marks import Sheet, Style, Totals, count_marks
from ballot.tally.outcome import NotCounted, Outcome
from ballot.tally.rules import DEFAULTS, Rules
from ballot.tally.turnout import Channel, Turnout, before_counting

KINDS = ("choose", "runoff", "rate", "motion")
MAX_ITEMS = 1000
MAX_VECTORS = 10_000
# Stands for every number that is not an integer; step 1 of §5 refuses what is negative.
NOT_A_COUNT = -1

_ALWAYS = {"name", "deputies_all", "present", "issued", "returned"}
_OPTIONAL = {"kind", "rules", "channels", "expected", "note"}
_GRADES = ("satisfied", "basic", "unsatisfied", "unknown", "abstain")
# An unclosed string is taken to its end and a run of digits is entered at its start only, so
# that hostile bytes cost no second scan.
_STRING_OR_FRACTION = re.compile(
    rb'"(?:[^"\\]|\\.)*+"?'
    rb"|(?<![0-9.eE+-])-?(?:0|[1-9][0-9]*+)(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Case:
    """A vector and what became of it. ``totals`` are there when ballots were given;
    ``turnout`` then has V = 0 unless they were counted. ``expected`` is the file's own.
    """

    name: str
    kind: str
    rules: Rules
    turnout: Turnout
    outcome: Outcome | Rating
    totals: Totals | None = None
    expected: dict[str, Any] | None = None

    def fields(self) -> dict[str, Any]:
        """The outcome with exactly the fields of the schema."""
        found = self.outcome.summary()
        if self.totals and not isinstance(self.outcome, NotCounted):
            found |= {"valid": self.totals.valid, "invalid": self.totals.invalid}
            for name in ("yes", "no", "abstain"):
                found[name] = list(getattr(self.totals, name) or ())
        return found


def load(data: bytes) -> list[Any]:
    """The vectors in a file: a JSON list of them, or a single one.

    A fraction (``79.5``) must end as an outcome, not as a refused file, but no document of
    ours holds one: it is read as a number that is no count either.
    Raises ``document.malformed`` or ``document.shape``.
    """
    value = encoding.parse_json(_STRING_OR_FRACTION.sub(_no_fraction, data))
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise shapes.refuse("file", "neither a vector nor a list of vectors")
    if len(value) > MAX_VECTORS:
        raise shapes.refuse("file", f"more than {MAX_VECTORS} vectors")
    return value


def evaluate(vector: Any, where: str = "vector") -> dict[str, Any]:
    """The outcome of one vector, with exactly the fields of the schema."""
    return judge(vector, where).fields()


def judge(vector: Any, where: str = "vector") -> Case:
    """Read one vector strictly and count it.

    Raises ``document.shape`` for unknown names, missing ones and wrong types,
    ``document.text`` for a name that cannot be printed, ``rules.*`` for the rules and
    ``sheet.malformed`` for letters that no ballot has.
    """
    if not isinstance(vector, dict):
        raise shapes.refuse(where, "not an object")
    kind = shapes.choice(vector.get("kind", "choose"), KINDS, f"{where}.kind")
    found = _names(vector, kind, where)
    name = encoding.check_text(shapes.text(found["name"], f"{where}.name"), f"{where}.name")
    rules = _rules(found.get("rules", {}), f"{where}.rules")
    shapes.text(found.get("note", ""), f"{where}.note", low=0, high=10_000)
    expected = found.get("expected")
    if "expected" in found and not isinstance(expected, dict):
        raise shapes.refuse(f"{where}.expected", "not an object")
    numbers: dict[str, Any] = {
        key: _number(found[key], f"{where}.{key}")
        for key in ("deputies_all", "present", "issued", "returned")
    }
    numbers["valid"] = _number(found.get("valid", 0), f"{where}.valid")
    numbers["channels"] = _channels(found.get("channels", []), kind, f"{where}.channels")
    if kind == "rate":
        items = _list(found["items"], _grades, f"{where}.items")
        heads = Turnout(**numbers)
        return Case(name, kind, rules, heads, rate(rules, heads, items), expected=expected)
    counts = Counts(
        **numbers,
        seats=1 if kind == "motion" else _number(found["seats"], f"{where}.seats"),
        candidates=_number(found["candidates"], f"{where}.candidates"),
        yes=_list(found.get("yes", []), _number, f"{where}.yes"),
    )
    if "ballots" not in found:
        outcome = count(rules, cast("Kind", kind), counts)
        return Case(name, kind, rules, counts, outcome, expected=expected)
    sheets = shapes.array(found["ballots"], _sheet, f"{where}.ballots")
    counts, totals, outcome = _count_ballots(rules, cast("Kind", kind), counts, sheets, where)
    return Case(name, kind, rules, counts, outcome, totals, expected)


def _count_ballots(
    rules: Rules, kind: Kind, counts: Counts, sheets: tuple[Sheet, ...], where: str
) -> tuple[Counts, Totals | None, Outcome]:
    """Count the ballots, unless the round is decided before any is opened."""
    stopped = before_counting(rules, counts, counts.numbers())
    if not stopped and len(sheets) != counts.returned:
        stopped = NotCounted("input_error", "ballots_returned")
    lengths = {len(sheet.marks) for sheet in sheets if sheet.marks is not None}
    if not stopped and lengths - {counts.candidates}:
        stopped = NotCounted("input_error", "ballot_length")
    if stopped:
        return counts, None, stopped
    if counts.candidates > MAX_ITEMS:
        raise shapes.refuse(f"{where}.candidates", f"more than {MAX_ITEMS}")
    style: Style = "motion" if kind == "motion" else cast("Style", rules.style)
    cap = counts.seats if rules.cap == "seats" else None
    totals = count_marks(style, counts.candidates, cap, sheets)
    counts = replace(
        counts,
        valid=totals.valid,
        invalid=totals.invalid,
        yes=totals.yes,
        no=totals.no,
        abstain=totals.abstain,
    )
    return counts, totals, count(rules, kind, counts)


def _names(vector: dict[str, Any], kind: str, where: str) -> dict[str, Any]:
    """``vector`` if it has exactly the names of its kind."""
    if kind != "rate" and "ballots" in vector and {"valid", "yes"} & set(vector):
        raise shapes.refuse(where, "ballots stand instead of valid and yes, not beside them")
    required = set(_ALWAYS)
    if kind == "rate":
        required |= {"valid", "items"}
    else:
        required |= {"candidates"} | ({"seats"} if kind != "motion" else set())
        required |= {"ballots"} if "ballots" in vector else {"valid", "yes"}
    present = _OPTIONAL & set(vector)
    return shapes.fields(vector, " ".join(sorted(required | present)), where)


def _rules(value: Any, where: str) -> Rules:
    """A vector's rules: every key may be left out and then has its default."""
    if not isinstance(value, dict):
        raise shapes.refuse(where, "not an object")
    return Rules.decode(
        {"rule_set_id": "-", "title": "-"} | dict(DEFAULTS) | value, grades=True, where=where
    )


def _number(value: Any, where: str) -> int:
    """An integer, perhaps negative; a fraction or true becomes :data:`NOT_A_COUNT`."""
    if isinstance(value, bool | float):
        return NOT_A_COUNT
    if not isinstance(value, int):
        raise shapes.refuse(where, "not a number")
    return value


def _list(value: Any, read: Any, where: str) -> tuple[Any, ...]:
    return shapes.array(value, read, where, high=MAX_ITEMS)


def _channels(value: Any, kind: str, where: str) -> tuple[Channel, ...]:
    """The channels; an empty list says no more than none at all."""
    channels = _list(value, lambda entry, at: _channel(entry, kind, at), where)
    shapes.distinct((channel.name for channel in channels), where)
    return channels


def _channel(value: Any, kind: str, where: str) -> Channel:
    names = "name issued returned valid yes"
    if kind == "rate" and isinstance(value, dict) and "yes" not in value:
        value = value | {"yes": []}
    found = shapes.fields(value, names, where)
    return Channel(
        name=encoding.check_text(shapes.text(found["name"], f"{where}.name", high=100), where),
        issued=_number(found["issued"], f"{where}.issued"),
        returned=_number(found["returned"], f"{where}.returned"),
        valid=_number(found["valid"], f"{where}.valid"),
        yes=_list(found["yes"], _number, f"{where}.yes"),
    )


def _grades(value: Any, where: str) -> GradeCounts:
    if not isinstance(value, dict):
        raise shapes.refuse(where, "not an object")
    found = shapes.fields(dict.fromkeys(_GRADES, 0) | value, " ".join(_GRADES), where)
    return GradeCounts(**{key: _number(found[key], f"{where}.{key}") for key in _GRADES})


def _sheet(value: Any, where: str) -> Sheet:
    if value is not None:
        shapes.text(value, where, low=0)
        if set(value) - set("YNA"):
            raise Invalid("sheet.malformed", f"{where}: letters other than Y, N and A")
    return Sheet(value)


def _no_fraction(found: re.Match[bytes]) -> bytes:
    return found[0] if found[0][:1] == b'"' else str(NOT_A_COUNT).encode()
