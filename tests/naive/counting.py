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
    run_off: bool,
    seats: int,
    heads: dict[str, int],
    totals: list[list[int]],
) -> dict[str, Any]:
    """The whole outcome. ``heads``: n, p, r, v; ``run_off``: most votes decide."""
    rules, v = vote["rules"], heads["v"]
    if vote["style"] == "grades":
        shown = [k for k, row in enumerate(totals) if v and v in row]
        items = [rating(rules, heads, row) for row in totals]
        return {"session": "valid", "items": items, "warnings": {"unanimous": shown}}
    y = [row[0] for row in totals]
    base = {
        "majority_all": heads["n"],
        "majority_present": heads["p"],
        "majority_returned": heads["r"],
        "majority_valid": v,
    }
    rule = "runoff" if run_off else rules["threshold"]
    m = base[rule] // 2 + 1 if rule in base else 1
    if vote["style"] == "motion":
        word = "passed" if y[0] >= m else "failed"
        return {
            "session": "valid",
            "threshold_votes": m,
            "passed": word == "passed",
            "reasons": [reason(0, word, y, rule, m, [], 0)],
            "warnings": warnings(rules, heads, totals, [0] if y[0] >= m else []),
        }
    every = range(len(y))
    passed = [k for k in every if y[k] >= m and y[k] > 0]
    above = {k: sum(y[j] > y[k] for j in passed) for k in passed}
    upto = {k: sum(y[j] >= y[k] for j in passed) for k in passed}
    elected = [k for k in passed if upto[k] <= seats]
    tied = [k for k in passed if above[k] < seats < upto[k]]
    not_chosen = [k for k in passed if above[k] >= seats]
    places = seats - len(elected)
    words = dict.fromkeys(every, ("not_passed", 0)) | dict.fromkeys(elected, ("elected", 0))
    words |= dict.fromkeys(tied, ("second_tie" if run_off else "tied", places))
    words |= dict.fromkeys(not_chosen, ("not_chosen", seats))
    return {
        "session": "valid",
        "threshold_votes": m,
        "elected": sorted(elected, key=lambda k: -y[k]),
        "not_chosen": not_chosen,
        "not_passed": [k for k in every if k not in passed],
        "runoff": [] if run_off else tied,
        "runoff_seats": places if tied and not run_off else 0,
        "second_tie": tied if run_off else [],
        "second_tie_seats": places if tied and run_off else 0,
        "open_seats": places,
        "shortfall": 0 if tied else places,
        "reasons": [
            reason(k, words[k][0], y, rule, m, tied if k in tied else [], words[k][1])
            for k in every
        ],
        "warnings": warnings(rules, heads, totals, elected),
    }


def reason(
    k: int, word: str, y: list[int], rule: str, m: int, tied: list[int], places: int
) -> dict[str, Any]:
    """What is read out of item k (§5)."""
    return {
        "item": k,
        "outcome": word,
        "yes": y[k],
        "rank": 1 + sum(other > y[k] for other in y),
        "rule": rule,
        "threshold_votes": m,
        "others": [j for j in tied if j != k],
        "places": places,
    }


def warnings(
    rules: dict[str, Any], heads: dict[str, int], totals: list[list[int]], decided: list[int]
) -> dict[str, Any]:
    """What the presidium is told before publication (§5, §9)."""
    weak, v = rules["threshold"] != "majority_all", heads["v"]
    # Where only 赞成 exists, none at all shows everyone's choice as well.
    answers = [row if len(row) > 1 else [row[0], v - row[0]] for row in totals]
    return {
        "below_statutory": weak,
        "below_majority_all": [k for k in decided if weak and 2 * totals[k][0] <= heads["n"]],
        "unanimous": [k for k, row in enumerate(answers) if v and v in row],
    }


def rating(rules: dict[str, Any], heads: dict[str, int], row: list[int]) -> dict[str, Any]:
    """F1 to F5 of one item (§11)."""
    a, b, d, u, _ = row
    v = heads["v"]
    bases = {"all": heads["n"], "present": heads["p"], "returned": heads["r"]}
    bases |= {"valid": v, "valid_minus_unknown": v - u}
    rate, graded = bases[rules["rate_denominator"]], bases[rules["grade_denominator"]]
    nothing = v == 0 or rate == 0
    points = sum(w * n for w, n in zip(rules["weights"], (a, b, d), strict=True))
    found: dict[str, Any] = {"rate_denominator": rate, "grade_denominator": graded}
    for name, numerator in (("f1", a + b), ("f2", a), ("f3", d), ("f4", points)):
        shown = f"{name}_score" if name == "f4" else f"{name}_pct"
        x = numerator if name == "f4" else 100 * numerator
        found[name] = [] if nothing else [numerator, rate]
        q = 0 if nothing else (200 * x + rate) // (2 * rate)
        found[shown] = "" if nothing else f"{q // 100}.{q % 100:02d}"

    def enough(z: int) -> bool:
        return 2 * z > graded if rules["half"] == "more_than_half" else 2 * z >= graded

    word = "satisfied" if enough(a) else "basic" if enough(a + b) else "unsatisfied"
    return found | {"f5": "ungraded" if v == 0 or graded == 0 else word}
