"""Satisfaction rating: counting rules §11."""

from typing import Any

import pytest

from ballot.crypto.encoding import dumps
from ballot.crypto.errors import Invalid
from ballot.tally.decimals import hundredths
from ballot.tally.grades import GradeCounts, ItemRating, Rating, consequence, rate
from ballot.tally.outcome import NotCounted
from ballot.tally.turnout import Turnout
from tests.counting import rules, sample


def heads(valid: int = 79, **figures: int) -> Turnout:
    numbers = {"deputies_all": 86, "present": 79, "issued": 79, "returned": 79}
    return Turnout(valid=valid, **(numbers | figures))


def rating(items: list[GradeCounts], turnout: Turnout, **changes: Any) -> Rating:
    found = rate(rules(grades=True, **changes), turnout, items)
    assert isinstance(found, Rating)
    return found


def one(a: int = 0, b: int = 0, d: int = 0, u: int = 0, x: int = 0, **changes: Any) -> ItemRating:
    """One item rated by a + b + d + u + x ballots of 100 deputies, all present."""
    cast = a + b + d + u + x
    figures = heads(cast, deputies_all=100, present=100, issued=100, returned=cast)
    counts = GradeCounts(satisfied=a, basic=b, unsatisfied=d, unknown=u, abstain=x)
    return rating([counts], figures, **changes).items[0]


def test_last_years_projects_have_the_rates_and_grades_stated() -> None:
    data = sample("satisfaction_2024.json")
    items = [GradeCounts(**item["counts"]) for item in data["items"]]
    found = rating(items, heads(), **data["rules"])
    for item, stated in zip(found.items, data["items"], strict=True):
        assert item.percent(item.f1) == stated["expected"]["rate_pct"]
        assert item.grade == stated["expected"]["grade"]


def test_each_formula_has_its_numerator() -> None:
    item = one(a=50, b=20, d=10, u=5, x=15, weights=[100, 60, 1])
    assert (item.f1, item.f2, item.f3, item.f4) == (70, 50, 10, 5000 + 1200 + 10)
    assert (item.rate_denominator, item.grade_denominator) == (100, 100)


@pytest.mark.parametrize(
    ("word", "number"),
    [("all", 86), ("present", 80), ("returned", 78), ("valid", 76), ("valid_minus_unknown", 70)],
)
def test_each_denominator_is_its_own_number(word: str, number: int) -> None:
    counts = GradeCounts(satisfied=40, basic=20, unsatisfied=5, unknown=6, abstain=5)
    turnout = heads(76, present=80, returned=78)
    found = rating([counts], turnout, rate_denominator=word).items[0]
    assert (found.rate_denominator, found.grade_denominator) == (number, 86)
    found = rating([counts], turnout, grade_denominator=word).items[0]
    assert (found.rate_denominator, found.grade_denominator) == (78, number)


def test_exactly_half_is_enough_only_where_the_rules_say_so() -> None:
    assert one(a=50, b=1, d=49).grade == "basic"
    assert one(a=50, b=1, d=49, half="at_least_half").grade == "satisfied"
    assert one(a=20, b=30, d=50).grade == "unsatisfied"
    assert one(a=20, b=30, d=50, half="at_least_half").grade == "basic"
    assert one(a=51, d=49).grade == "satisfied"
    assert one(a=49, b=1, d=50, half="at_least_half").grade == "basic"


def test_the_denominator_can_change_the_grade() -> None:
    assert one(a=45, d=40).grade == "unsatisfied"
    assert one(a=45, d=40, grade_denominator="returned").grade == "satisfied"


def test_nothing_to_divide_by_is_not_graded() -> None:
    for item in (
        one(),
        one(u=30, rate_denominator="valid_minus_unknown"),
        one(u=30, grade_denominator="valid_minus_unknown"),
    ):
        assert (item.f1, item.f2, item.f3, item.f4, item.grade) == (None,) * 4 + ("ungraded",)
        assert (item.percent(item.f1), item.score(), item.pair(item.f1)) == (None, None, None)
    # Everyone said 不了解, and the congress counts them: that is a grade.
    assert one(u=30).grade == "unsatisfied"


def test_the_alarm_rings_at_a_third() -> None:
    assert one(a=60, d=30, x=10).alarm() is False
    assert one(a=66, d=33).alarm() is True
    assert one().alarm() is False


def test_grades_that_do_not_add_up_to_the_valid_ballots_are_refused() -> None:
    complete, short = GradeCounts(satisfied=79), GradeCounts(satisfied=78)
    outcome = rate(rules(grades=True), heads(), [complete, short])
    assert outcome == NotCounted("input_error", "grades_sum", 1)
    assert rate(rules(grades=True), heads(), []) == NotCounted("input_error", "nothing_to_choose")


@pytest.mark.parametrize(
    ("turnout", "session"),
    [
        (heads(present=57), "input_error"),
        (heads(present=57, issued=57, returned=57), "no_quorum"),
        (heads(returned=80), "void_revote"),
        (heads(valid=80), "input_error"),
        (heads(valid=-1), "input_error"),
    ],
)
def test_a_rating_round_is_tested_like_any_other(turnout: Turnout, session: str) -> None:
    found = rate(rules(grades=True), turnout, [GradeCounts(satisfied=79)])
    assert isinstance(found, NotCounted)
    assert found.session == session


def test_a_rating_needs_rules_for_grades() -> None:
    with pytest.raises(Invalid, match=r"rules\.missing"):
        rate(rules(), heads(), [GradeCounts(satisfied=79)])


def test_all_of_one_mind_is_warned_of() -> None:
    items = [GradeCounts(satisfied=79), GradeCounts(satisfied=78, basic=1), GradeCounts(unknown=79)]
    assert rating(items, heads()).unanimous == (0, 2)
    assert rating([GradeCounts()], heads(0)).unanimous == ()


def test_consequences_follow_the_grade() -> None:
    found = [consequence(grade) for grade in ("satisfied", "basic", "unsatisfied", "ungraded")]
    assert found == ["publish", "opinions", "improve_and_rerate", "none"]
    assert consequence("unsatisfied", "unsatisfied") == "inquiry"
    assert consequence("unsatisfied", "basic") == "improve_and_rerate"
    assert consequence("satisfied", "unsatisfied") == "publish"


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [
        (100 * 77, 79, "97.47"),
        (100, 1, "100.00"),
        (0, 7, "0.00"),
        (1, 200, "0.01"),
        (1, 201, "0.00"),
        (100, 3, "33.33"),
        (200, 3, "66.67"),
    ],
)
def test_decimals_are_rounded_half_up_from_integers(
    numerator: int, denominator: int, shown: str
) -> None:
    assert hundredths(numerator, denominator) == shown


def test_a_record_of_a_rating_is_canonical_json() -> None:
    found = rating([GradeCounts(satisfied=70, basic=9)], heads())
    value = found.encode()
    assert value["items"][0]["f1"] == [79, 79]
    assert value["items"][0]["f5"] == "satisfied"
    assert value["warnings"] == {"unanimous": []}
    empty = rating([GradeCounts()], heads(0)).encode()["items"][0]
    assert (empty["f1"], empty["f1_pct"], empty["f5"]) == ([], "", "ungraded")
    assert dumps(value)
    assert dumps(empty)
