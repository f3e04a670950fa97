"""Sheets into totals: counting rules §4."""

from typing import Any

import pytest

from ballot.crypto.errors import Invalid
from ballot.tally.count import Counts, count
from ballot.tally.marks import Sheet, count_grades, count_marks
from ballot.tally.rules import Rules
from ballot.tally.turnout import Channel
from tests.counting import sample


def pile(*marks: str | None) -> list[Sheet]:
    return [Sheet(entry) for entry in marks]


def test_each_mark_is_counted_for_its_project() -> None:
    totals = count_marks("three_way", 3, 2, pile("YYN", "YNA", "AAA"))
    assert (totals.yes, totals.no, totals.abstain) == ((2, 1, 0), (0, 1, 1), (1, 1, 2))
    assert (totals.returned, totals.valid, totals.invalid) == (3, 3, 0)


def test_an_over_marked_sheet_is_void_as_a_whole() -> None:
    totals = count_marks("three_way", 3, 2, pile("YYY", "YYN"))
    assert (totals.yes, totals.valid) == ((1, 1, 0), 1)
    assert totals.invalid_by_reason == {"over_vote": 1, "unreadable": 0, "void_by_deputy": 0}


def test_without_a_cap_nothing_is_over_marked() -> None:
    assert count_marks("three_way", 3, None, pile("YYY")).yes == (1, 1, 1)


def test_an_unmarked_sheet_is_valid_and_abstains_on_all() -> None:
    totals = count_marks("three_way", 3, 2, pile("AAA"))
    assert (totals.valid, totals.abstain) == (1, (1, 1, 1))


def test_void_sheets_are_counted_by_reason_and_in_nothing_else() -> None:
    sheets = [Sheet(None), Sheet(None, "void_by_deputy"), Sheet(None, "unreadable"), Sheet("YN")]
    totals = count_marks("three_way", 2, 1, sheets)
    assert totals.invalid_by_reason == {"over_vote": 0, "unreadable": 2, "void_by_deputy": 1}
    assert (totals.returned, totals.valid, totals.yes, totals.no) == (4, 1, (1, 0), (0, 1))


def test_an_empty_pile_has_a_zero_per_project() -> None:
    totals = count_marks("three_way", 2, 1, [])
    assert (totals.returned, totals.yes, totals.no, totals.abstain) == (0, (0, 0), (0, 0), (0, 0))


def test_approval_ballots_know_only_approvals() -> None:
    totals = count_marks("approve", 3, 2, pile("YAA", "YYA", "YYY"))
    assert (totals.yes, totals.no, totals.abstain, totals.invalid) == ((2, 1, 0), None, None, 1)
    with pytest.raises(Invalid, match=r"sheet\.malformed"):
        count_marks("approve", 3, 2, pile("YNA"))


@pytest.mark.parametrize("marks", ["Y", "YNAY", ""])
def test_a_sheet_has_one_mark_per_project(marks: str) -> None:
    with pytest.raises(Invalid, match=r"sheet\.length: ballot 2"):
        count_marks("three_way", 3, 2, pile("YNA", marks))


@pytest.mark.parametrize("marks", ["yNA", "YN?", "YNS", "ＹNA"])
def test_a_foreign_letter_is_refused(marks: str) -> None:
    with pytest.raises(Invalid, match=r"sheet\.malformed: ballot 1"):
        count_marks("three_way", 3, 2, pile(marks))


def test_grades_are_counted_per_item() -> None:
    totals = count_grades(2, pile("SK", "SB", "UA", None))
    first, second = (item.counts() for item in totals.items)
    assert (first, second) == ((2, 0, 1, 0, 0), (0, 1, 0, 1, 1))
    assert (totals.returned, totals.valid, totals.invalid_by_reason["unreadable"]) == (4, 3, 1)
    with pytest.raises(Invalid, match=r"sheet\.malformed"):
        count_grades(2, pile("SY"))


def test_the_plain_rating_ballots_have_the_counts_stated() -> None:
    rating = sample("satisfaction_2024.json")
    totals = count_grades(
        8, [Sheet(ballot["grades"]) for ballot in rating["simulation"]["ballots"]]
    )
    assert totals.valid == rating["valid"]
    for item, stated in zip(totals.items, rating["items"], strict=True):
        assert item.counts() == tuple(stated["counts"].values())


@pytest.mark.parametrize("name", ["qinghe_town.json", "yunlan_county.json"])
def test_a_sample_session_comes_out_as_expected_channel_by_channel(name: str) -> None:
    data = sample(name)
    expected: dict[str, Any] = data["expected"]
    rules = Rules.decode(data["rules"], grades=False)
    size, seats, issued = len(data["candidates"]), data["seats"], data["simulation"]["issued"]
    sheets: dict[str, list[Sheet]] = {channel: [] for channel in issued}
    for ballot in data["simulation"]["ballots"]:
        void = ballot.get("invalid_reason") if ballot["marks"] is None else "unreadable"
        sheets[ballot["channel"]].append(Sheet(ballot["marks"], void))
    every = [sheet for channel in sheets.values() for sheet in channel]
    totals = count_marks("three_way", size, seats, every)
    channels = []
    for stated in expected["channels"]:
        part = count_marks("three_way", size, seats, sheets[stated["name"]])
        assert (part.returned, part.valid, part.invalid) == (
            stated["returned"],
            stated["valid"],
            stated["invalid"],
        )
        assert list(part.yes) == stated["yes"]
        channels.append(
            Channel(
                name=stated["name"],
                issued=issued[stated["name"]],
                returned=part.returned,
                valid=part.valid,
                yes=part.yes,
            )
        )
    assert totals.invalid_by_reason == expected["invalid_by_reason"]
    outcome = count(
        rules,
        "choose",
        Counts(
            deputies_all=data["deputies_all"],
            present=data["attendance"]["present"],
            issued=sum(issued.values()),
            returned=totals.returned,
            valid=totals.valid,
            invalid=totals.invalid,
            channels=tuple(channels),
            seats=seats,
            candidates=size,
            yes=totals.yes,
            no=totals.no,
            abstain=totals.abstain,
        ),
    )
    for key, value in outcome.summary().items():
        assert value == expected[key]
    assert [list(totals.no or ()), list(totals.abstain or ())] == [
        expected["no"],
        expected["abstain"],
    ]
    ids = [data["candidates"][i]["id"] for i in outcome.summary()["elected"]]
    assert ids == expected["elected_ids"]
