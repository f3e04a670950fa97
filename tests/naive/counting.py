"""Counting rules §3, §5, §11, §12 once more: only who enters, ties, passes or is graded how."""

from typing import Any


def margin_lawful(rules: dict[str, Any], seats: int, candidates: int, waiver: bool) -> bool:
    """§3 for a range of two fractions; waived only as S + 1 where no C is allowed."""

    def allowed(c: int) -> bool:
        base = seats if rules["margin_base"] == "seats" else c
        low_a, low_b = (int(x) for x in rules["margin_range"]["low"].split("/"))
        if c <= seats or low_b * (c - seats) < low_a * base:
            return False
        high = rules["margin_range"]["high"]
        if high is None:
            return True
        high_a, high_b = (int(x) for x in high.split("/"))
        return bool(high_b * (c - seats) <= high_a * base)

    if allowed(candidates):
        return True
    none = not any(allowed(c) for c in range(seats + 1, 20 * seats + 40))
    plus_one = rules["margin_small_n"] == "plus_one_waiver" and candidates == seats + 1
    return none and plus_one and waiver


def stopped(rules: dict[str, Any], n: int, p: int, channels: list[dict[str, int]]) -> str:
    """§5, steps 1–4: the word of the first test that a round does not pass, or ""."""
    i, r = sum(c["issued"] for c in channels), sum(c["returned"] for c in channels)
    if not (n >= 1 and 0 <= p <= n and 0 <= i <= p and r >= 0):
        return "input_error"
    if rules["quorum"] == "two_thirds_all" and 3 * p < 2 * n:
        return "no_quorum"
    if rules["quorum"] == "majority_all" and 2 * p <= n:
        return "no_quorum"
    if r > i or any(c["returned"] > c["issued"] for c in channels):
        return "void_revote"
    if rules["participation_quorum"] == "majority_all_voting" and 2 * r <= n:
        return "participation_quorum_failed"
    return ""


def outcome(
    vote: dict[str, Any],
    round_kind: str,
    seats: int,
    heads: dict[str, int],
    totals: list[list[int]],
) -> dict[str, Any]:
    """The fields to compare. ``heads``: n, p, r, v."""
    rules = vote["rules"]
    if vote["style"] == "grades":
        return {"items": [{"f5": grade(rules, heads, row)} for row in totals]}
    y = [row[0] for row in totals]
    base = {
        "majority_all": heads["n"],
        "majority_present": heads["p"],
        "majority_returned": heads["r"],
        "majority_valid": heads["v"],
    }
    run_off = round_kind == "run_off"
    plurality = run_off or rules["threshold"] == "plurality"
    m = 1 if plurality else base[rules["threshold"]] // 2 + 1
    if vote["style"] == "motion":
        return {"threshold_votes": m, "passed": y[0] >= m and y[0] > 0}
    passed = [k for k in range(len(y)) if y[k] >= m and y[k] > 0]
    above = {k: sum(y[j] > y[k] for j in passed) for k in passed}
    upto = {k: sum(y[j] >= y[k] for j in passed) for k in passed}
    elected = [k for k in passed if upto[k] <= seats]
    tied = [k for k in passed if above[k] < seats < upto[k]]
    places = seats - len(elected)
    return {
        "threshold_votes": m,
        "elected": sorted(elected, key=lambda k: -y[k]),
        "not_chosen": [k for k in passed if above[k] >= seats],
        "not_passed": [k for k in range(len(y)) if k not in passed],
        "runoff": [] if run_off else tied,
        "runoff_seats": places if tied and not run_off else 0,
        "second_tie": tied if run_off else [],
        "second_tie_seats": places if tied and run_off else 0,
        "open_seats": places,
        "shortfall": 0 if tied else places,
    }


def grade(rules: dict[str, Any], heads: dict[str, int], row: list[int]) -> str:
    """F5 of §11."""
    a, b, _, u, _ = row
    v = heads["v"]
    d = {
        "all": heads["n"],
        "present": heads["p"],
        "returned": heads["r"],
        "valid": v,
        "valid_minus_unknown": v - u,
    }[rules["grade_denominator"]]
    if v == 0 or d == 0:
        return "ungraded"

    def enough(z: int) -> bool:
        return 2 * z > d if rules["half"] == "more_than_half" else 2 * z >= d

    return "satisfied" if enough(a) else "basic" if enough(a + b) else "unsatisfied"
