"""Rule sets to begin with (counting rules §2, §7, §11), and what a form offers of each rule."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ballot.tally.rules import DEFAULTS, Rules, choices

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # 地方组织法 (2022) Art. 14, 25, 27: two thirds present, majority of all, 10-20 % by places.
        "national": {},
        # Counting rules §3: the same range, taken of the candidates.
        "candidates": {"margin_base": "candidates"},
        # 地方组织法 Art. 51: a standing committee meets with more than half of its members.
        "committee": {"quorum": "majority_all"},
        # 广东省人民代表大会议事规则 (2022) Art. 60: more than half of all deputies take part.
        "participation": {"participation_quorum": "majority_all_voting"},
        "by_votes": {"publish_order": "votes"},
    }
)
GRADES = ("rate_denominator", "grade_denominator", "half", "weights")


def preset(name: str, kind: str, style: str, year: int) -> dict[str, Any]:
    """The rules of a preset for a vote of that kind; KeyError for an unknown preset."""
    known = {key: value for key, value in DEFAULTS.items() if key not in GRADES}
    graded = {key: DEFAULTS[key] for key in GRADES} if style == "grades" else {}
    styled = {"style": style} if kind == "selection" else {}
    titles = {
        "selection": "民生实事项目人大代表票决办法",
        "rating": "民生实事项目满意度测评办法",
        "motion": "表决办法",
    }
    named = {"rule_set_id": f"PJBF-{year or 1}-1", "title": titles[kind]}
    rules = {**known, **graded, **PRESETS[name], **styled, **named}
    return Rules.decode(rules, grades=style == "grades").encode()


def offered(style: str) -> dict[str, tuple[Any, ...]]:
    """Rule → the values that a congress may choose from, the usual one first; those that have one
    value only are told, not asked. ``style`` follows from the vote and is not among them.
    """
    return {
        key: values
        for key, values in choices(grades=style == "grades").items()
        if key not in ("style", "method")
    }
