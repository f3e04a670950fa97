"""The rules of a vote (票决办法) as data: parameters R01-R25 of the counting rules, §7.

Every number that a congress may fix for itself is a key here; the stored values are those
of the parameter table. A definition's rules are refused when a key is unknown or missing,
or a value is unknown or known but not yet supported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ballot.crypto.encoding import digest
from ballot.crypto.errors import Invalid
from ballot.tally.margin import MarginRange, MarginRule

# key -> (supported values, default first; values reserved for later).
_WORDS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "quorum": (("two_thirds_all", "majority_all"), ()),
    "margin_base": (("seats", "candidates"), ()),
    "margin_small_n": (("plus_one_waiver", "refuse"), ("round_up", "half_up")),
    "cap": (("seats", "none"), ("exactly_seats", "ranked")),
    "style": (("three_way", "approve"), ()),
    "write_in": ((False,), (True,)),
    "unmarked": (("abstain",), ("not_counted",)),
    "over_vote": (("void_ballot",), ()),
    "under_vote": (("valid",), ("void_ballot",)),
    "returned_gt_issued": (("void_and_revote",), ()),
    "participation_quorum": (("none", "majority_all_voting"), ()),
    "threshold": (
        ("majority_all", "majority_present", "majority_returned", "majority_valid", "plurality"),
        (),
    ),
    "order": (("approvals_desc",), ("rank_sum_asc",)),
    "tie": (("runoff_among_tied",), ("presidium", "lots", "admit_all_tied")),
    "second_tie": (("presidium",), ("lots", "admit_all_tied")),
    "shortage": (("leave_vacant",), ("second_vote_third", "plurality_fill")),
    "grouping": (("single_list",), ("multi_list", "fixed_plus_competitive")),
    "unit": (("plenary",), ("by_delegation",)),
    "method": (("tablet_paper", "paper", "tablet"), ("keypad",)),
    "publish_counts": (("full", "yes_only", "elected_only"), ()),
    "publish_order": (("ballot", "votes"), ()),
    "rules_adoption": (("majority_all",), ()),
    "issuing": (("until_closed_by_chair",), ()),
    "ballot_order": (("as_approved",), ("by_lot", "by_category")),
}
_DENOMINATORS = ("all", "present", "returned", "valid", "valid_minus_unknown")
_GRADE_WORDS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    # The headline counts against the ballots returned, the grade against all (§15, 9).
    "rate_denominator": (("returned", "all", "present", "valid", "valid_minus_unknown"), ()),
    "grade_denominator": (_DENOMINATORS, ()),
    "half": (("more_than_half", "at_least_half"), ()),
}
_RANGE_WORDS = ("one_more", "free")
_MAX_WEIGHT = 10_000

# Every key that has a default; ``rule_set_id`` and ``title`` have none.
DEFAULTS: Mapping[str, Any] = {
    **{key: supported[0] for key, (supported, _) in (_WORDS | _GRADE_WORDS).items()},
    "margin_range": {"low": "1/10", "high": "1/5"},
    "objection": {
        "recount_on_request_of": ["监票人", "主席团"],
        "written_to": "主席团",
        "window_working_days": 3,
    },
    "weights": [100, 80, 0],
}


@dataclass(frozen=True)
class Objection:
    """R24: who may ask for a recount in session, to whom objections are written, and within
    how many working days.
    """

    recount_on_request_of: tuple[str, ...]
    written_to: str
    window_working_days: int


@dataclass(frozen=True)
class Grading:
    """How grades become rates (§11): both denominators, ``half`` (is exactly half enough?)
    and the weights of 满意, 基本满意, 不满意.
    """

    rate_denominator: str
    grade_denominator: str
    half: str
    weights: tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """One adopted rule set. ``grading`` is there exactly for votes of style ``grades``."""

    rule_set_id: str
    title: str
    quorum: str
    margin_base: str
    margin_range: MarginRange
    margin_small_n: str
    cap: str
    style: str
    write_in: bool
    unmarked: str
    over_vote: str
    under_vote: str
    returned_gt_issued: str
    participation_quorum: str
    threshold: str
    order: str
    tie: str
    second_tie: str
    shortage: str
    grouping: str
    unit: str
    method: str
    publish_counts: str
    publish_order: str
    rules_adoption: str
    issuing: str
    objection: Objection
    ballot_order: str
    grading: Grading | None = None

    @property
    def margin(self) -> MarginRule:
        """R02-R04 together."""
        return MarginRule(self.margin_base, self.margin_range, self.margin_small_n)

    @classmethod
    def decode(cls, value: Any, *, grades: bool, where: str = "rules") -> "Rules":
        """The rules written in ``value``, an object of exactly the keys of §7; with
        ``grades`` also the four of §11.

        Raises ``rules.unknown``, ``rules.missing``, ``rules.value`` and, for a value that
        the table knows but this version cannot apply, ``rules.unsupported``.
        """
        texts = {"rule_set_id": 64, "title": 200}
        words = _WORDS | _GRADE_WORDS if grades else _WORDS
        wanted = {*texts, *words, "margin_range", "objection"} | ({"weights"} if grades else set())
        found = _fields(value, wanted, where)
        decoded: dict[str, Any] = {key: _word(found[key], key, words[key], where) for key in words}
        graded = {key: decoded.pop(key) for key in _GRADE_WORDS if grades}
        decoded |= {key: _text(found[key], f"{where}.{key}", high) for key, high in texts.items()}
        return cls(
            **decoded,
            margin_range=_range(found["margin_range"], f"{where}.margin_range"),
            objection=_objection(found["objection"], f"{where}.objection"),
            grading=Grading(**graded, weights=_weights(found["weights"], f"{where}.weights"))
            if grades
            else None,
        )

    def encode(self) -> dict[str, Any]:
        """The inverse of :meth:`decode`."""
        value = dict(vars(self)) | {
            "margin_range": self.margin_range.encode(),
            "objection": dict(vars(self.objection))
            | {"recount_on_request_of": list(self.objection.recount_on_request_of)},
        }
        grading = value.pop("grading")
        if grading:
            value |= dict(vars(grading)) | {"weights": list(grading.weights)}
        return value


def choices(*, grades: bool) -> dict[str, tuple[Any, ...]]:
    """Rule → the values that can be adopted, default first; without those that are no words."""
    words = _WORDS | _GRADE_WORDS if grades else _WORDS
    return {key: supported for key, (supported, _) in words.items()}


def rule_digest(rules: Rules) -> str:
    """Hex SHA-256 of the canonical bytes: what the election document's description names."""
    return digest(rules.encode())


def _fields(value: Any, wanted: set[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("rules.value", f"{where}: not an object")
    for key in sorted(set(value) - wanted):
        raise Invalid("rules.unknown", f"{where}.{key[:40]}: no such rule here")
    for key in sorted(wanted - set(value)):
        raise Invalid("rules.missing", f"{where}.{key}")
    return value


def _word(value: Any, key: str, words: tuple[tuple[Any, ...], tuple[Any, ...]], where: str) -> Any:
    supported, later = words
    # 0 == False in Python, so a value must also have the type of the table's word.
    if any(value == word and type(value) is type(word) for word in supported):
        return value
    shown = f"{where}.{key}: {str(value)[:40]!r}"
    if any(value == word and type(value) is type(word) for word in later):
        raise Invalid("rules.unsupported", f"{shown} is not supported yet; use {_list(supported)}")
    raise Invalid("rules.value", f"{shown} is not one of {_list(supported)}")


def _list(words: tuple[Any, ...]) -> str:
    return ", ".join(str(word).lower() if isinstance(word, bool) else word for word in words)


def _text(value: Any, where: str, high: int) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= high:
        raise Invalid("rules.value", f"{where}: not a text of 1 to {high} characters")
    return value


def _integer(value: Any, where: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Invalid("rules.value", f"{where}: not an integer from {low} to {high}")
    return value


def _range(value: Any, where: str) -> MarginRange:
    if isinstance(value, str) and value in _RANGE_WORDS:
        raise Invalid("rules.unsupported", f"{where}: {value} is not supported yet; use fractions")
    found = _fields(value, {"low", "high"}, where)
    return MarginRange.parse(found["low"], found["high"], where)


def _objection(value: Any, where: str) -> Objection:
    found = _fields(value, {"recount_on_request_of", "written_to", "window_working_days"}, where)
    bodies, place = found["recount_on_request_of"], f"{where}.recount_on_request_of"
    if not isinstance(bodies, list) or not 1 <= len(bodies) <= 8:
        raise Invalid("rules.value", f"{place}: not a list of 1 to 8 texts")
    return Objection(
        tuple(_text(body, f"{place}[{i}]", 40) for i, body in enumerate(bodies)),
        _text(found["written_to"], f"{where}.written_to", 40),
        _integer(found["window_working_days"], f"{where}.window_working_days", 1, 60),
    )


def _weights(value: Any, where: str) -> tuple[int, int, int]:
    if not isinstance(value, list) or len(value) != 3:
        raise Invalid("rules.value", f"{where}: not a list of three integers")
    first, second, third = (
        _integer(entry, f"{where}[{i}]", 0, _MAX_WEIGHT) for i, entry in enumerate(value)
    )
    return first, second, third
