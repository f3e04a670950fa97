"""Counting vectors: the schema, its defaults and its strictness."""

from typing import Any

import pytest

from ballot.crypto.errors import Invalid
from ballot.tally.outcome import NotCounted
from ballot.tally.vectors import evaluate, judge, load
from tests.counting import sample

BASE: dict[str, Any] = {
    "name": "base",
    "seats": 1,
    "candidates": 2,
    "deputies_all": 86,
    "present": 79,
    "issued": 79,
    "returned": 79,
    "valid": 79,
    "yes": [50, 20],
}
RATE: dict[str, Any] = {
    "name": "rate",
    "kind": "rate",
    "deputies_all": 86,
    "present": 79,
    "issued": 79,
    "returned": 79,
    "valid": 79,
    "items": [{"satisfied": 79}],
}
# The examples printed beside the schema.
RUN_OFF: dict[str, Any] = {
    "name": "run-off 2 for 1",
    "kind": "runoff",
    "seats": 1,
    "candidates": 2,
    "deputies_all": 86,
    "present": 78,
    "issued": 78,
    "returned": 77,
    "valid": 77,
    "yes": [44, 29],
    "expected": {
        "session": "valid",
        "threshold_votes": 1,
        "elected": [0],
        "not_chosen": [1],
        "not_passed": [],
        "runoff": [],
        "runoff_seats": 0,
        "second_tie": [],
        "second_tie_seats": 0,
        "open_seats": 0,
        "shortfall": 0,
    },
}
FIVE_SHEETS: dict[str, Any] = {
    "name": "five sheets",
    "seats": 2,
    "candidates": 3,
    "deputies_all": 5,
    "present": 5,
    "issued": 5,
    "returned": 5,
    "ballots": ["YYN", "YNA", "AAA", "YYY", None],
    "expected": {
        "session": "valid",
        "threshold_votes": 3,
        "elected": [],
        "not_chosen": [],
        "not_passed": [0, 1, 2],
        "runoff": [],
        "runoff_seats": 0,
        "second_tie": [],
        "second_tie_seats": 0,
        "open_seats": 2,
        "shortfall": 2,
        "valid": 3,
        "invalid": 2,
        "yes": [2, 1, 0],
        "no": [0, 1, 1],
        "abstain": [1, 1, 2],
    },
}
MOTION: dict[str, Any] = {
    "name": "motion",
    "kind": "motion",
    "candidates": 1,
    "deputies_all": 86,
    "present": 79,
    "issued": 79,
    "returned": 79,
    "valid": 79,
    "yes": [71],
    "expected": {"session": "valid", "threshold_votes": 44, "passed": True},
}
PUBLISHED = [
    *sample("tally_vectors.json"),
    *sample("satisfaction_2024.json")["vectors"],
    RUN_OFF,
    FIVE_SHEETS,
    MOTION,
]


def without(vector: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in vector.items() if key not in names}


@pytest.mark.parametrize("vector", PUBLISHED, ids=lambda vector: vector["name"])
def test_every_published_vector_comes_out_as_expected(vector: dict[str, Any]) -> None:
    found = evaluate(vector)
    assert found == vector["expected"]
    assert list(found) == list(vector["expected"])
    assert evaluate(without(vector, "expected")) == found


def test_kind_and_rules_have_defaults_key_by_key() -> None:
    assert evaluate(BASE)["threshold_votes"] == 44
    assert evaluate(BASE | {"rules": {"threshold": "majority_valid"}})["threshold_votes"] == 40
    assert evaluate(BASE | {"kind": "choose", "rules": {}}) == evaluate(BASE)
    grades = evaluate(RATE | {"rules": {"half": "at_least_half"}})["items"][0]
    assert (grades["rate_denominator"], grades["grade_denominator"]) == (79, 86)


def test_a_complete_rule_set_may_be_pasted_in() -> None:
    assert evaluate(BASE | {"rules": sample("qinghe_town.json")["rules"]}) == evaluate(BASE)


@pytest.mark.parametrize("number", [-1, 1.5, 79.0, True, False])
@pytest.mark.parametrize(
    "key", ["seats", "candidates", "deputies_all", "present", "issued", "returned", "valid"]
)
def test_a_number_that_is_no_count_is_an_input_error(key: str, number: object) -> None:
    assert evaluate(BASE | {key: number}) == {"session": "input_error"}


@pytest.mark.parametrize("number", [-1, 0.5, True])
def test_no_count_inside_a_list_is_an_input_error_even_without_quorum(number: object) -> None:
    assert evaluate(BASE | {"present": 57, "issued": 0, "yes": [number, 1]}) == {
        "session": "input_error"
    }
    assert evaluate(RATE | {"items": [{"satisfied": number}]}) == {"session": "input_error"}
    channel = {"name": "tablet", "issued": 79, "returned": 79, "valid": number, "yes": [50, 20]}
    assert evaluate(BASE | {"channels": [channel]}) == {"session": "input_error"}


@pytest.mark.parametrize("value", ["79", None, [79], {"n": 79}])
@pytest.mark.parametrize("key", ["seats", "present", "valid"])
def test_what_is_no_number_is_refused_with_its_place(key: str, value: object) -> None:
    with pytest.raises(Invalid, match=rf"document\.shape: vectors\[3\]\.{key}: not a number"):
        evaluate(BASE | {key: value}, "vectors[3]")


@pytest.mark.parametrize(
    ("vector", "place"),
    [
        (BASE | {"seat": 1}, "seat"),
        (MOTION | {"seats": 1}, "seats"),
        (RATE | {"yes": [1]}, "yes"),
        (RATE | {"ballots": ["S"]}, "unknown name ballots"),
        (FIVE_SHEETS | {"yes": [2, 1, 0]}, "ballots"),
        (FIVE_SHEETS | {"ballots": ["YYN", 3, "A"]}, r"ballots\[1\]"),
        (BASE | {"yes": "50"}, "yes"),
        (BASE | {"yes": [50, "20"]}, r"yes\[1\]"),
        (BASE | {"name": 1}, "name"),
        (BASE | {"name": ""}, "name"),
        (BASE | {"kind": "elect"}, "kind"),
        (BASE | {"kind": ["choose"]}, "kind"),
        (BASE | {"note": 1}, "note"),
        (BASE | {"expected": []}, "expected"),
        (BASE | {"rules": []}, "rules"),
        (BASE | {"channels": {}}, "channels"),
        (BASE | {"channels": [{"name": "paper"}]}, r"channels\[0\]"),
        (RATE | {"items": [{"satisfied": 79, "good": 0}]}, r"items\[0\]"),
        (RATE | {"items": {"satisfied": 79}}, "items"),
        (RATE | {"items": [79]}, r"items\[0\]"),
        ([], "not an object"),
        *((without(BASE, key), f"{key} is missing") for key in sorted(BASE)),
        (without(RATE, "items"), "items is missing"),
        (without(FIVE_SHEETS, "returned"), "returned is missing"),
    ],
)
def test_unknown_missing_or_wrong_typed_parts_are_refused(vector: Any, place: str) -> None:
    with pytest.raises(Invalid, match=rf"document\.shape: .*{place}"):
        evaluate(vector)


def test_rules_of_a_vector_are_as_strict_as_any() -> None:
    for change, code in (
        ({"threshold": "two_thirds"}, "rules.value"),
        ({"treshold": "plurality"}, "rules.unknown"),
        ({"tie": "lots"}, "rules.unsupported"),
    ):
        with pytest.raises(Invalid) as refused:
            evaluate(BASE | {"rules": change})
        assert refused.value.code == code


def test_names_that_cannot_be_shown_are_refused() -> None:
    for name in ("\ud800", "a\u202eb"):
        with pytest.raises(Invalid, match=r"document\.text"):
            evaluate(BASE | {"name": name})


# --- Ballots -------------------------------------------------------------------------------


def five(*ballots: str | None, **changes: Any) -> dict[str, Any]:
    return evaluate(without(FIVE_SHEETS, "ballots") | {"ballots": list(ballots)} | changes)


def test_a_wrong_number_of_ballots_or_marks_is_an_input_error() -> None:
    stopped = {"session": "input_error"}
    assert five("YYN", "YNA", "AAA", "YYY") == stopped
    assert five("YYN", "YNA", "AAA", "YYY", "YN") == stopped
    assert five("YYN", "YNA", "AAA", "YYY", "") == stopped
    assert five(*FIVE_SHEETS["ballots"], seats=0) == stopped
    assert five("", "", "", "", "", candidates=0) == stopped


def test_what_is_wrong_with_the_ballots_is_named() -> None:
    for ballots, problem in ((["YYN"], "ballots_returned"), (["YN"] * 5, "ballot_length")):
        outcome = judge(FIVE_SHEETS | {"ballots": ballots}).outcome
        assert outcome == NotCounted("input_error", problem)


def test_a_letter_that_no_ballot_has_is_refused() -> None:
    with pytest.raises(Invalid, match=r"sheet\.malformed: vector\.ballots\[2\]"):
        five("YYN", "YNA", "AAB", "YYY", None)


def test_ballots_are_not_looked_into_when_the_round_is_decided_before() -> None:
    assert five(present=3, issued=3, returned=3) == {"session": "no_quorum"}
    assert five("YYN", returned=6) == {"session": "void_revote"}


def test_without_a_cap_no_ballot_is_over_marked() -> None:
    found = five("YYY", "YYY", "YYY", "YAA", None, rules={"cap": "none"})
    assert (found["valid"], found["invalid"], found["yes"]) == (4, 1, [4, 3, 3])
    assert (found["elected"], found["runoff"], found["runoff_seats"]) == ([0], [1, 2], 1)


def test_the_cap_of_a_run_off_is_its_open_places() -> None:
    found = five("YYA", "YAA", "AYA", "AAA", "NNN", kind="runoff", seats=1)
    assert (found["invalid"], found["yes"]) == (1, [1, 1, 0])
    assert (found["second_tie"], found["second_tie_seats"], found["not_passed"]) == ([0, 1], 1, [2])


def test_all_ballots_void_is_a_valid_round() -> None:
    found = five(None, None, None, None, None, rules={"threshold": "majority_valid"})
    assert (found["session"], found["threshold_votes"], found["valid"]) == ("valid", 1, 0)
    assert (found["not_passed"], found["shortfall"], found["abstain"]) == ([0, 1, 2], 2, [0, 0, 0])


def test_a_motion_may_be_counted_from_ballots() -> None:
    vector = without(MOTION, "valid", "yes") | {"deputies_all": 4, "present": 4, "issued": 4}
    found = evaluate(vector | {"returned": 4, "ballots": ["Y", "Y", "Y", "N"]})
    assert found == {
        "session": "valid",
        "threshold_votes": 3,
        "passed": True,
        "valid": 4,
        "invalid": 0,
        "yes": [3],
        "no": [1],
        "abstain": [0],
    }
    assert evaluate(MOTION | {"candidates": 2, "yes": [71, 2]}) == {"session": "input_error"}


# --- Channels ------------------------------------------------------------------------------


def channels(*rows: tuple[int, int, int, list[int]]) -> list[dict[str, Any]]:
    return [
        {"name": f"c{i}", "issued": row[0], "returned": row[1], "valid": row[2], "yes": row[3]}
        for i, row in enumerate(rows)
    ]


def test_channels_that_add_up_change_nothing() -> None:
    split = channels((70, 70, 70, [45, 20]), (9, 9, 9, [5, 0]))
    assert evaluate(BASE | {"channels": split}) == evaluate(BASE)
    assert evaluate(BASE | {"channels": []}) == evaluate(BASE)


@pytest.mark.parametrize(
    ("row", "session"),
    [
        ((8, 9, 9, [5, 0]), "input_error"),
        ((9, 8, 9, [5, 0]), "input_error"),
        ((9, 9, 8, [5, 0]), "input_error"),
        ((9, 9, 9, [4, 0]), "input_error"),
        ((9, 9, 9, [5]), "input_error"),
        ((9, 9, 9, [5, 0, 0]), "input_error"),
    ],
)
def test_channels_that_do_not_add_up_are_an_input_error(row: Any, session: str) -> None:
    split = channels((70, 70, 70, [45, 20]), row)
    assert evaluate(BASE | {"channels": split}) == {"session": session}


def test_a_surplus_in_one_channel_voids_the_whole_vote() -> None:
    split = channels((71, 70, 70, []), (8, 9, 9, []))
    assert evaluate(BASE | {"yes": [], "channels": split}) == {"session": "void_revote"}


def test_channels_have_distinct_names() -> None:
    split = channels((70, 70, 70, [45, 20]), (9, 9, 9, [5, 0]))
    split[1]["name"] = "c0"
    with pytest.raises(Invalid, match=r"document\.shape: .*c0 occurs twice"):
        evaluate(BASE | {"channels": split})


def test_ballots_and_channels_may_stand_together() -> None:
    split = channels((3, 3, 2, [2, 1, 0]), (2, 2, 1, [0, 0, 0]))
    found = evaluate(FIVE_SHEETS | {"channels": split})
    assert found == FIVE_SHEETS["expected"]
    split[1]["valid"] = 2
    assert evaluate(FIVE_SHEETS | {"channels": split}) == {"session": "input_error"}


def test_channels_of_a_rating_have_no_approvals() -> None:
    split = [
        {"name": "tablet", "issued": 70, "returned": 70, "valid": 70},
        {"name": "paper", "issued": 9, "returned": 9, "valid": 9, "yes": []},
    ]
    assert evaluate(RATE | {"channels": split}) == evaluate(RATE)
    split[1]["valid"] = 8
    assert evaluate(RATE | {"channels": split}) == {"session": "input_error"}


# --- Rating --------------------------------------------------------------------------------


def test_a_grade_left_out_is_zero() -> None:
    item = evaluate(RATE)["items"][0]
    assert (item["F1"], item["F1_pct"], item["F5"]) == ([79, 79], "100.00", "satisfied")


def test_no_valid_ballot_leaves_rates_null() -> None:
    item = evaluate(RATE | {"valid": 0, "items": [{}]})["items"][0]
    assert item == {
        "rate_denominator": 79,
        "grade_denominator": 86,
        **dict.fromkeys(("F1", "F1_pct", "F2", "F2_pct", "F3", "F3_pct", "F4", "F4_score")),
        "F5": "ungraded",
    }


def test_a_rating_decided_before_counting_needs_no_items() -> None:
    assert evaluate(RATE | {"present": 57, "issued": 57, "items": []}) == {"session": "no_quorum"}
    assert evaluate(RATE | {"items": []}) == {"session": "input_error"}
    assert evaluate(RATE | {"items": [{"satisfied": 78}]}) == {"session": "input_error"}


# --- Files ---------------------------------------------------------------------------------


def test_a_file_holds_one_vector_or_a_list() -> None:
    assert load(b'{"name": "x"}') == [{"name": "x"}]
    assert load(b'\xef\xbb\xbf[{"name": "x"}, 3]') == [{"name": "x"}, 3]
    assert load(b"[]") == []


def test_a_fraction_in_a_file_is_read_as_no_count() -> None:
    data = rb'[1, 79.5, -0.5, 1e3, 2E-1, "1.5 \" 2.5", {"a": 7.0}, -3, 12]'
    assert load(data) == [1, -1, -1, -1, -1, '1.5 " 2.5', {"a": -1}, -3, 12]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"79",
        b'"x"',
        b"[1.]",
        b"[.5]",
        b"[01.5]",
        b"[NaN]",
        b"[-]",
        b"[1",
        b'["',
        b"\xff",
        b'{"a":1,"a":2}',
    ],
)
def test_what_is_no_vector_file_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"document\.(malformed|shape)"):
        load(data)
