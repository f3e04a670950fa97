"""A second implementation of the counting rules, written straight from their words.

It shares no code and no style with ``ballot.tally``: exact fractions, sorting and slicing,
plain dictionaries in and out. It takes the ``rules``, ``kind`` and numbers of a vector.
"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

Vector = dict[str, Any]

HALF = Fraction(1, 2)
INPUT_ERROR = {"session": "input_error"}


def outcome(vector: Vector) -> dict[str, Any]:
    """The outcome of a vector (counts given, no ballots), as the schema writes it."""
    rules, n = vector["rules"], vector["deputies_all"]
    p, i, r = vector["present"], vector["issued"], vector["returned"]
    channels = vector.get("channels", [])
    if not (n >= 1 and 0 <= p <= n and 0 <= i <= p and r >= 0):
        return INPUT_ERROR
    if channels and [total(channels, "issued"), total(channels, "returned")] != [i, r]:
        return INPUT_ERROR
    share = Fraction(p, n)
    if not (share >= Fraction(2, 3) if rules["quorum"] == "two_thirds_all" else share > HALF):
        return {"session": "no_quorum"}
    if r > i or any(channel["returned"] > channel["issued"] for channel in channels):
        return {"session": "void_revote"}
    if rules["participation_quorum"] == "majority_all_voting" and not Fraction(r, n) > HALF:
        return {"session": "participation_quorum_failed"}
    if vector["kind"] == "rate":
        return rated(vector)
    return INPUT_ERROR if contradictory(vector) else selected(vector)


def total(channels: list[Vector], key: str) -> int:
    return sum(channel[key] for channel in channels)


def contradictory(vector: Vector) -> bool:
    seats, candidates = vector.get("seats", 1), vector["candidates"]
    channels = vector.get("channels", [])
    for pile in [vector, *channels]:
        yes, valid = pile["yes"], pile["valid"]
        if valid > pile["returned"] or len(yes) != candidates or any(y > valid for y in yes):
            return True
        if vector["rules"]["cap"] == "seats" and sum(yes) > valid * seats:
            return True
    if channels:
        columns = zip(*(channel["yes"] for channel in channels), strict=True)
        if [sum(column) for column in columns] != vector["yes"]:
            return True
        if total(channels, "valid") != vector["valid"]:
            return True
    return seats < 1 or (vector["kind"] == "runoff" and candidates <= seats)


def selected(vector: Vector) -> dict[str, Any]:
    base = {
        "majority_all": vector["deputies_all"],
        "majority_present": vector["present"],
        "majority_returned": vector["returned"],
        "majority_valid": vector["valid"],
    }.get(vector["rules"]["threshold"])
    if vector["kind"] == "runoff":
        base = None
    fewest = 1
    while base is not None and not Fraction(fewest) > Fraction(base, 2):
        fewest += 1
    yes = vector["yes"]
    if vector["kind"] == "motion":
        return {"session": "valid", "threshold_votes": fewest, "passed": yes[0] >= fewest}

    seats, everyone = vector["seats"], list(range(len(yes)))
    passed = sorted((i for i in everyone if yes[i] >= fewest), key=lambda i: -yes[i])
    if len(passed) <= seats:
        elected, tied = passed, []
    else:
        # The cut: the approvals of the project in place S among the passed ones.
        cut = yes[passed[seats - 1]]
        above = [i for i in passed if yes[i] > cut]
        at = [i for i in passed if yes[i] == cut]
        fits = len(above) + len(at) <= seats
        elected, tied = (above + at, []) if fits else (above, at)
    gone = {*elected, *tied}
    places = seats - len(elected)
    run_off = vector["kind"] == "runoff"
    return {
        "session": "valid",
        "threshold_votes": fewest,
        "elected": elected,
        "not_chosen": sorted(i for i in passed if i not in gone),
        "not_passed": [i for i in everyone if i not in passed],
        "runoff": [] if run_off else sorted(tied),
        "runoff_seats": places if tied and not run_off else 0,
        "second_tie": sorted(tied) if run_off else [],
        "second_tie_seats": places if tied and run_off else 0,
        "open_seats": places,
        "shortfall": 0 if tied else places,
    }


def marks(ballots: list[str | None], seats: int, candidates: int) -> dict[str, Any]:
    """Valid and void ballots and the marks on them, ballot by ballot."""
    kept = [b for b in ballots if b is not None and len(b.replace("Y", "")) >= len(b) - seats]
    columns = ["".join(ballot[i] for ballot in kept) for i in range(candidates)]
    return {
        "valid": len(kept),
        "invalid": len(ballots) - len(kept),
        "yes": [column.count("Y") for column in columns],
        "no": [column.count("N") for column in columns],
        "abstain": [column.count("A") for column in columns],
    }


def rated(vector: Vector) -> dict[str, Any]:
    valid, items = vector["valid"], vector["items"]
    if valid > vector["returned"] or not items:
        return INPUT_ERROR
    if any(sum(item.values()) != valid for item in items):
        return INPUT_ERROR
    return {"session": "valid", "items": [rated_item(vector, item) for item in items]}


def rated_item(vector: Vector, item: dict[str, int]) -> dict[str, Any]:
    rules = vector["rules"]
    of = {
        "all": vector["deputies_all"],
        "present": vector["present"],
        "returned": vector["returned"],
        "valid": vector["valid"],
        "valid_minus_unknown": vector["valid"] - item["unknown"],
    }
    rates, grades = of[rules["rate_denominator"]], of[rules["grade_denominator"]]
    found: dict[str, Any] = {"rate_denominator": rates, "grade_denominator": grades}
    a, b, d = item["satisfied"], item["basic"], item["unsatisfied"]
    weighted = sum(w * z for w, z in zip(rules["weights"], (a, b, d), strict=True))
    formulas = [("F1", a + b, 100), ("F2", a, 100), ("F3", d, 100), ("F4", weighted, 1)]
    graded = bool(vector["valid"] and rates and grades)
    for name, numerator, scale in formulas:
        shown = f"{name}_score" if name == "F4" else f"{name}_pct"
        found[name] = [numerator, rates] if graded else None
        found[shown] = decimal(scale * numerator, rates) if graded else None

    def enough(votes: int) -> bool:
        part = Fraction(votes, grades)
        return part >= HALF if rules["half"] == "at_least_half" else part > HALF

    word = "ungraded"
    if graded:
        word = "satisfied" if enough(a) else "basic" if enough(a + b) else "unsatisfied"
    return found | {"F5": word}


def decimal(numerator: int, denominator: int) -> str:
    """Two decimals, half up; exact, because the fraction is scaled before it is rounded."""
    hundredths = Fraction(100 * numerator, denominator)
    floor = hundredths.numerator // hundredths.denominator
    up = hundredths - floor >= HALF
    return str((Decimal(floor + up) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP))
