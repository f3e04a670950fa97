"""The items of a counted round: how each ended and why, its bar, and what the round leaves open."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ballot.locale.outcomes import (
    join,
    outcome_label,
    reason_sentence,
    unanimous_sentences,
    warning_sentences,
)
from ballot.tally.outcome import Reason, Warnings
from ballot.tally.rules import Rules
from ballot.tally.turnout import Turnout
from ballot.web.bars import axis, share, stack
from ballot.web.model import ItemView, RoundView
from ballot.web.words import Words

GRADES = ("satisfied", "basic", "unsatisfied", "unknown", "abstain")
MOST_VOTES = ("plurality", "runoff")
# How an outcome looks; each has its own shape, so that colour is never needed.
_LOOKS = {
    "elected": "in",
    "passed": "in",
    "not_chosen": "over",
    "tied": "tie",
    "second_tie": "tie",
    "satisfied": "full",
    "basic": "over",
}
_BASES = {
    "majority_present": "present",
    "majority_returned": "returned",
    "majority_valid": "valid",
}


def counted(
    words: Words,
    view: RoundView,
    turnout: Turnout,
    certificate: dict[str, Any],
    names: Sequence[str],
) -> RoundView:
    """``view`` with the items of a selection or a motion."""
    outcome, totals = certificate["outcome"], certificate["totals"]
    reasons = [Reason(**r | {"others": tuple(r["others"])}) for r in outcome["reasons"]]
    rule = reasons[0].rule
    most_votes = rule in MOST_VOTES
    base = getattr(turnout, _BASES.get(rule, "deputies_all"))
    line = axis(base, None if most_votes else outcome["threshold_votes"])
    items = tuple(
        ItemView(
            number=reason.item + 1,
            id=certificate["items"][reason.item],
            title=names[reason.item],
            outcome=reason.outcome,
            rule=rule,
            look=_LOOKS.get(reason.outcome, "under"),
            label=outcome_label(words.lang, reason),
            reason=reason_sentence(words.lang, reason, names),
            marks=tuple(marks),
            yes_width=share(reason.yes, base),
            passed=None if most_votes else reason.yes >= reason.threshold_votes,
            rank=reason.rank if view.kind == "selection" else None,
        )
        for reason, marks in zip(reasons, totals, strict=True)
    )
    found = outcome["warnings"]
    warnings = Warnings(
        found["below_statutory"], tuple(found["below_majority_all"]), tuple(found["unanimous"])
    )
    unanimous = tuple(unanimous_sentences(words.lang, warnings.unanimous, names))
    vacant = outcome.get("shortfall", 0)
    return replace(
        view,
        answers=tuple(words.plain(f"count.column.{key}") for key in ("yes", "no", "abstain"))[
            : len(totals[0])
        ],
        items=items,
        axis=line,
        base=words(f"base.{'majority_all' if most_votes else rule}", number=base),
        tie=_tie_sentence(words, outcome, names),
        vacant=vacant,
        vacancy=words(
            "vacancy", seats=view.seats, elected=len(outcome.get("elected", [])), places=vacant
        )
        if vacant
        else "",
        warnings=tuple(warning_sentences(words.lang, replace(warnings, unanimous=()), names)),
        remarks=view.remarks + unanimous,
    )


def rated(
    words: Words, view: RoundView, rules: Rules, certificate: dict[str, Any], names: Sequence[str]
) -> RoundView:
    """``view`` with the items of a satisfaction rating (counting rules §11)."""
    grading, outcome = rules.grading, certificate["outcome"]
    if grading is None:  # Rules.decode gives grading to every vote of style grades.
        raise KeyError("grading")
    answers = tuple(words.plain(f"grade.{grade}") for grade in GRADES)
    left_out = ("unknown",) if grading.grade_denominator == "valid_minus_unknown" else ()
    items = []
    for i, (found, counts) in enumerate(zip(outcome["items"], certificate["totals"], strict=True)):
        base = found["grade_denominator"]
        majority = base // 2 + 1 if grading.half == "more_than_half" else (base + 1) // 2
        parts = list(zip(GRADES, answers, counts, strict=True))
        items.append(
            ItemView(
                number=i + 1,
                id=certificate["items"][i],
                title=names[i],
                outcome=found["f5"],
                rule="grades",
                look=_LOOKS.get(found["f5"], "under"),
                label=words.plain(f"grade.{found['f5']}"),
                reason="",
                marks=tuple(counts),
                axis=axis(base, max(majority, 1)),
                parts=stack([part for part in parts if part[0] not in left_out], base),
                rate=f"{found['f1_pct']}%" if found["f1_pct"] else words.plain("grade.no_rate"),
            )
        )
    unanimous = outcome["warnings"]["unanimous"]
    named = {
        key: words.plain(f"grade.denominator.{getattr(grading, key)}")
        for key in ("rate_denominator", "grade_denominator")
    }
    return replace(
        view,
        answers=answers,
        items=tuple(items),
        # One line for all where all have the same base.
        axis=items[0].axis if not left_out else None,
        base="" if left_out else words(f"base.majority_{grading.grade_denominator}", number=base),
        formula=words.plain("grade.formula", **named),
        remarks=view.remarks + tuple(unanimous_sentences(words.lang, unanimous, names)),
    )


def _tie_sentence(words: Words, outcome: dict[str, Any], names: Sequence[str]) -> str:
    """The run-off or the second tie as the presiding officer reads it (counting rules §10)."""
    for key in ("runoff", "second_tie"):
        if outcome.get(key):
            tied = [names[i] for i in outcome[key]]
            return words(
                f"tie.{key}",
                names=join(words.lang, tied),
                places=outcome[f"{key}_seats"],
                count=len(tied),
            )
    return ""
