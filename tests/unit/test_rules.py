"""Rules as data: what a definition may say, and what it must."""

from typing import Any

import pytest

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.tally.rules import DEFAULTS, Rules, rule_digest
from tests.counting import GRADE_KEYS, rules, sample, stored_rules

# Counting rules §7: every value marked [core], and every one that must wait.
SUPPORTED: dict[str, list[Any]] = {
    "quorum": ["two_thirds_all", "majority_all"],
    "margin_base": ["seats", "candidates"],
    "margin_range": [
        {"low": "1/10", "high": "1/5"},
        {"low": "1/5", "high": None},
        {"low": "0/1", "high": "3/2"},
        {"low": "1/3", "high": "2/6"},
    ],
    "margin_small_n": ["plus_one_waiver", "refuse"],
    "cap": ["seats", "none"],
    "style": ["three_way", "approve"],
    "write_in": [False],
    "unmarked": ["abstain"],
    "over_vote": ["void_ballot"],
    "under_vote": ["valid"],
    "returned_gt_issued": ["void_and_revote"],
    "participation_quorum": ["none", "majority_all_voting"],
    "threshold": [
        "majority_all",
        "majority_present",
        "majority_returned",
        "majority_valid",
        "plurality",
    ],
    "order": ["approvals_desc"],
    "tie": ["runoff_among_tied"],
    "second_tie": ["presidium"],
    "shortage": ["leave_vacant"],
    "grouping": ["single_list"],
    "unit": ["plenary"],
    "method": ["tablet_paper", "paper", "tablet"],
    "publish_counts": ["full", "yes_only", "elected_only"],
    "publish_order": ["ballot", "votes"],
    "rules_adoption": ["majority_all"],
    "issuing": ["until_closed_by_chair"],
    "ballot_order": ["as_approved"],
}
LATER: dict[str, list[Any]] = {
    "margin_range": ["one_more", "free"],
    "margin_small_n": ["round_up", "half_up"],
    "cap": ["exactly_seats", "ranked"],
    "write_in": [True],
    "unmarked": ["not_counted"],
    "under_vote": ["void_ballot"],
    "order": ["rank_sum_asc"],
    "tie": ["presidium", "lots", "admit_all_tied"],
    "second_tie": ["lots", "admit_all_tied"],
    "shortage": ["second_vote_third", "plurality_fill"],
    "grouping": ["multi_list", "fixed_plus_competitive"],
    "unit": ["by_delegation"],
    "method": ["keypad"],
    "ballot_order": ["by_lot", "by_category"],
}


def cases(table: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(key, value) for key, values in table.items() for value in values]


def refusal(value: Any, *, grades: bool = False) -> str:
    with pytest.raises(Invalid) as refused:
        Rules.decode(value, grades=grades)
    return refused.value.code


@pytest.mark.parametrize(("key", "value"), cases(SUPPORTED))
def test_every_core_value_is_decoded_and_written_back(key: str, value: Any) -> None:
    stored = stored_rules(**{key: value})
    assert Rules.decode(stored, grades=False).encode() == stored


@pytest.mark.parametrize(("key", "value"), cases(LATER))
def test_every_later_value_is_known_but_refused(key: str, value: Any) -> None:
    assert refusal(stored_rules(**{key: value})) == "rules.unsupported"


def test_the_default_is_the_first_value_of_the_table() -> None:
    for key, values in SUPPORTED.items():
        assert DEFAULTS[key] == values[0]
    assert [DEFAULTS[key] for key in GRADE_KEYS] == [
        "returned",
        "all",
        "more_than_half",
        [100, 80, 0],
    ]


@pytest.mark.parametrize("key", sorted(stored_rules()))
def test_no_rule_may_be_left_out_of_a_definition(key: str) -> None:
    stored = stored_rules()
    del stored[key]
    assert refusal(stored) == "rules.missing"


@pytest.mark.parametrize("key", GRADE_KEYS)
def test_grade_rules_stand_exactly_in_votes_of_grades(key: str) -> None:
    without = stored_rules(grades=True)
    del without[key]
    assert refusal(without, grades=True) == "rules.missing"
    assert refusal(stored_rules() | {key: DEFAULTS[key]}) == "rules.unknown"


def test_rules_of_grades_are_written_back() -> None:
    stored = stored_rules(grades=True, weights=[100, 60, 0], rate_denominator="valid_minus_unknown")
    decoded = Rules.decode(stored, grades=True)
    assert decoded.encode() == stored
    assert decoded.grading is not None
    assert decoded.grading.weights == (100, 60, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": "two_thirds"},
        {"threshold": None},
        {"threshold": ["majority_all"]},
        {"write_in": 0},
        {"write_in": "false"},
        {"title": ""},
        {"title": 3},
        {"rule_set_id": "x" * 65},
        {"margin_range": "half"},
        {"margin_range": {"low": "1/5", "high": "1/10"}},
        {"margin_range": {"low": "0.1", "high": "1/5"}},
        {"margin_range": {"low": "1/0", "high": "1/5"}},
        {"margin_range": {"low": "01/10", "high": "1/5"}},
        {"margin_range": {"low": "１/10", "high": "1/5"}},
        {"margin_range": {"low": "-1/10", "high": "1/5"}},
        {"margin_range": {"low": None, "high": "1/5"}},
        {"objection": "none"},
        {"objection": dict(DEFAULTS["objection"]) | {"window_working_days": True}},
        {"objection": dict(DEFAULTS["objection"]) | {"recount_on_request_of": []}},
    ],
)
def test_a_value_that_no_table_knows_is_refused(change: dict[str, Any]) -> None:
    assert refusal(stored_rules(**change)) == "rules.value"


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [100, 80]},
        {"weights": [100, 80, -1]},
        {"weights": [100, 80, True]},
        {"half": "half"},
        {"grade_denominator": "issued"},
    ],
)
def test_a_grade_rule_that_no_table_knows_is_refused(change: dict[str, Any]) -> None:
    assert refusal(stored_rules(grades=True, **change), grades=True) == "rules.value"


def test_a_range_or_an_objection_has_exactly_its_names() -> None:
    assert refusal(stored_rules(margin_range={"low": "1/10"})) == "rules.missing"
    assert refusal(stored_rules(objection={"written_to": "主席团"})) == "rules.missing"
    range_with_more = {"low": "1/10", "high": "1/5", "base": "seats"}
    assert refusal(stored_rules(margin_range=range_with_more)) == "rules.unknown"


def test_an_unknown_rule_is_refused_by_its_name() -> None:
    with pytest.raises(Invalid, match=r"rules\.unknown: votes\[0\]\.rules\.treshold"):
        Rules.decode(stored_rules(treshold="plurality"), grades=False, where="votes[0].rules")
    assert refusal(["majority_all"]) == "rules.value"


def test_the_sample_sessions_hold_complete_rules() -> None:
    for name in ("qinghe_town.json", "yunlan_county.json", "eight_towns.json"):
        stored = sample(name)["rules"]
        assert Rules.decode(stored, grades=False).encode() == stored


def test_the_rule_digest_is_of_the_canonical_bytes() -> None:
    first, other = rules(), rules(threshold="plurality")
    again = Rules.decode(loads(dumps(first.encode())), grades=False)
    assert again == first
    assert rule_digest(again) == rule_digest(first)
    assert rule_digest(other) != rule_digest(first)
    assert len(rule_digest(first)) == 64
