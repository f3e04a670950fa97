"""One round counted: the worked examples of counting rules §13 and every step of §5."""

from typing import Any

import pytest

from ballot.crypto.encoding import dumps
from ballot.tally.count import Kind, count, threshold_votes
from ballot.tally.outcome import Decision, NotCounted, Outcome, Selection
from ballot.tally.turnout import Channel, quorum_min
from tests.counting import counts, rules, sample

RULES = rules()
NO_CAP = {"cap": "none"}


def session(outcome: Outcome) -> tuple[str, str]:
    return outcome.session, outcome.problem if isinstance(outcome, NotCounted) else ""


def select(yes: list[int], seats: int = 8, kind: Kind = "choose", **figures: Any) -> Selection:
    changes = figures.pop("rules", {})
    outcome = count(rules(**changes), kind, counts(yes, seats, **figures))
    assert isinstance(outcome, Selection)
    return outcome


def decide(yes: int, changes: dict[str, Any] | None = None, **figures: Any) -> Decision:
    outcome = count(rules(**changes or {}), "motion", counts([yes], 1, **figures))
    assert isinstance(outcome, Decision)
    return outcome


# --- §13 -----------------------------------------------------------------------------------


def test_v01_eight_of_nine_enter_and_the_ninth_passed_but_is_not_chosen() -> None:
    outcome = select([75, 74, 73, 70, 68, 66, 60, 72, 52])
    assert outcome.elected == (0, 1, 2, 7, 3, 4, 5, 6)
    assert (outcome.not_chosen, outcome.not_passed, outcome.open_seats) == ((8,), (), 0)


def test_v02_fifty_seven_of_eighty_six_are_no_quorum_and_fifty_eight_are() -> None:
    assert quorum_min(RULES, 86) == 58
    assert session(count(RULES, "choose", counts([0] * 9, present=57))) == ("no_quorum", "")
    assert session(count(RULES, "choose", counts([0] * 9, present=58))) == ("valid", "")


def test_a_standing_committee_needs_more_than_half_of_its_members() -> None:
    committee = rules(quorum="majority_all")
    for members, fewest in ((30, 16), (31, 16), (1, 1)):
        assert quorum_min(committee, members) == fewest
        figures = counts([0], 1, deputies_all=members, present=fewest - 1)
        assert session(count(committee, "choose", figures))[0] == "no_quorum"


def test_v03_one_ballot_too_many_voids_the_whole_vote() -> None:
    assert (
        session(count(RULES, "choose", counts([], returned=80, candidates=9)))[0] == "void_revote"
    )


def test_v04_ballots_not_returned_and_ties_inside_the_winners_change_nothing() -> None:
    outcome = select([70, 70, 70, 70, 69, 69, 69, 69, 40], returned=75)
    assert outcome.elected == tuple(range(8))
    assert (outcome.runoff, outcome.not_passed) == ((), (8,))


def test_v05_all_ballots_void_is_a_valid_vote_with_eight_vacancies() -> None:
    outcome = select([0] * 9, valid=0)
    assert (outcome.not_passed, outcome.runoff) == (tuple(range(9)), ())
    assert (outcome.open_seats, outcome.shortfall) == (8, 8)


def test_v07_a_tie_at_the_cut_is_a_run_off_for_the_open_places() -> None:
    outcome = select([76, 75, 74, 73, 72, 71, 70, 60, 60])
    assert (outcome.elected, outcome.runoff) == (tuple(range(7)), (7, 8))
    assert (outcome.runoff_seats, outcome.open_seats, outcome.shortfall) == (1, 1, 0)
    again = select([44, 29], 1, "runoff", returned=77)
    assert (again.elected, again.not_chosen, again.threshold_votes) == ((0,), (1,), 1)


def test_v08_a_tie_below_the_majority_is_a_vacancy() -> None:
    outcome = select([76, 75, 74, 73, 72, 71, 70, 43, 43])
    assert (outcome.not_passed, outcome.runoff, outcome.shortfall) == ((7, 8), (), 1)


def test_v11_too_few_majorities_leave_places_vacant() -> None:
    outcome = select([70, 68, 66, 64, 62, 60, 43, 40, 30])
    assert (outcome.elected, outcome.shortfall) == (tuple(range(6)), 2)


def test_v12_one_of_two() -> None:
    outcome = select([42, 3], 1, deputies_all=45, present=45)
    assert (outcome.threshold_votes, outcome.elected, outcome.not_passed) == (23, (0,), (1,))


# --- §5, the order of the tests ------------------------------------------------------------


@pytest.mark.parametrize(
    ("figures", "problem"),
    [
        ({"deputies_all": 0, "present": 0}, "no_deputies"),
        ({"present": 87}, "present_over_deputies"),
        ({"issued": 80}, "issued_over_present"),
        ({"returned": -1}, "not_a_count"),
        ({"valid": -1}, "not_a_count"),
        ({"present": 57, "yes": [-1] + [0] * 8}, "not_a_count"),
        ({"present": 57, "seats": -1}, "not_a_count"),
    ],
)
def test_wrong_numbers_come_before_the_quorum(figures: dict[str, Any], problem: str) -> None:
    figures = {"yes": [0] * 9} | figures
    assert session(count(RULES, "choose", counts(**figures))) == ("input_error", problem)


def test_channels_that_do_not_add_up_come_before_the_quorum() -> None:
    paper = Channel(name="paper", issued=8, returned=8, valid=8)
    outcome = count(RULES, "choose", counts([], present=57, channels=(paper,), candidates=9))
    assert session(outcome) == ("input_error", "channel_sums")


def test_the_quorum_comes_before_the_surplus() -> None:
    figures = counts([], present=57, returned=58, candidates=9)
    assert session(count(RULES, "choose", figures))[0] == "no_quorum"


def test_the_surplus_comes_before_the_participation_quorum() -> None:
    strict = rules(participation_quorum="majority_all_voting")
    figures = counts([], issued=10, returned=11, candidates=9)
    assert session(count(strict, "choose", figures))[0] == "void_revote"


def test_one_paper_too_many_is_not_excused_by_an_unused_tablet() -> None:
    yes = (0,) * 9
    tablet = Channel(name="tablet", issued=71, returned=70, valid=70, yes=yes)
    paper = Channel(name="paper", issued=8, returned=9, valid=9, yes=yes)
    outcome = count(RULES, "choose", counts([0] * 9, channels=(tablet, paper)))
    assert outcome == NotCounted("void_revote", channel="paper")


def test_participation_needs_more_than_half_of_all_deputies_where_adopted() -> None:
    strict = rules(participation_quorum="majority_all_voting")
    failed = count(strict, "choose", counts([0] * 9, returned=43, valid=44))
    assert session(failed) == ("participation_quorum_failed", "")
    assert session(count(strict, "choose", counts([0] * 9, returned=44)))[0] == "valid"
    assert session(count(RULES, "choose", counts([0] * 9, returned=43)))[0] == "valid"


@pytest.mark.parametrize(
    ("figures", "problem"),
    [
        ({"valid": 80}, "valid_over_returned"),
        ({"returned": 78, "valid": 76, "invalid": 3}, "invalid_sum"),
        ({"yes": [0] * 8, "candidates": 9}, "yes_length"),
        ({"yes": [], "candidates": 9}, "yes_length"),
        ({"yes": []}, "nothing_to_choose"),
        ({"seats": 0}, "nothing_to_choose"),
        ({"yes": [80] + [0] * 8}, "yes_over_valid"),
        ({"yes": [79] * 9}, "yes_over_cap"),
        ({"no": (79,) * 9}, "marks_sum"),
        ({"no": (79,) * 9, "abstain": (1,) * 9}, "marks_sum"),
        ({"no": (79,) * 8, "abstain": (0,) * 8}, "marks_sum"),
    ],
)
def test_counts_that_contradict_each_other_are_refused(
    figures: dict[str, Any], problem: str
) -> None:
    figures = {"yes": [0] * 9} | figures
    assert session(count(RULES, "choose", counts(**figures))) == ("input_error", problem)


@pytest.mark.parametrize(
    ("change", "problem", "place"),
    [
        ({"valid": 7}, "channel_sums", None),
        ({"yes": (3, 4)}, "channel_sums", 0),
        ({"yes": (4,)}, "yes_length", None),
        ({"returned": 7, "valid": 8}, "channel_sums", None),
    ],
)
def test_a_channel_must_agree_with_the_total(
    change: dict[str, Any], problem: str, place: int | None
) -> None:
    tablet = Channel(name="tablet", issued=71, returned=71, valid=71, yes=(40, 30))
    paper = Channel(
        **({"name": "paper", "issued": 8, "returned": 8, "valid": 8, "yes": (4, 4)} | change)
    )
    outcome = count(RULES, "choose", counts([44, 34], 1, channels=(tablet, paper)))
    assert isinstance(outcome, NotCounted)
    assert (outcome.session, outcome.problem, outcome.item) == ("input_error", problem, place)


def test_a_channel_cannot_have_more_valid_ballots_than_returned_ones() -> None:
    tablet = Channel(name="tablet", issued=71, returned=71, valid=68, yes=(40, 20))
    paper = Channel(name="paper", issued=8, returned=7, valid=8, yes=(4, 4))
    outcome = count(
        RULES, "choose", counts([44, 24], 1, returned=78, valid=76, channels=(tablet, paper))
    )
    assert outcome == NotCounted("input_error", "valid_over_returned", channel="paper")


def test_without_a_cap_every_ballot_may_approve_all() -> None:
    outcome = select([79] * 9, rules={"cap": "none"})
    assert (outcome.runoff, outcome.runoff_seats, outcome.elected) == (tuple(range(9)), 8, ())


def test_a_first_vote_may_have_no_more_projects_than_places_but_a_run_off_may_not() -> None:
    assert select([50, 30], 3).elected == (0,)
    figures = counts([50, 30], 2)
    assert session(count(RULES, "runoff", figures)) == ("input_error", "runoff_without_choice")


# --- §5, the majority and the cut ----------------------------------------------------------


@pytest.mark.parametrize(
    ("threshold", "votes"),
    [
        ("majority_all", 44),
        ("majority_present", 40),
        ("majority_returned", 39),
        ("majority_valid", 38),
        ("plurality", 1),
    ],
)
def test_the_majority_is_more_than_half_of_its_base(threshold: str, votes: int) -> None:
    figures = counts([0, 0], 1, returned=77, valid=75)
    assert threshold_votes(threshold, figures) == votes
    at, below = (
        select([y, 0], 1, rules={"threshold": threshold}, returned=77, valid=75)
        for y in (votes, votes - 1)
    )
    assert (at.elected, below.elected) == ((0,), ())


def test_nothing_passes_without_an_approval_under_any_rule() -> None:
    for threshold in ("plurality", "majority_valid"):
        outcome = select([0, 0], 1, valid=0, rules={"threshold": threshold})
        assert (outcome.threshold_votes, outcome.not_passed, outcome.shortfall) == (1, (0, 1), 1)


def test_plurality_fills_the_places_with_the_most_votes() -> None:
    outcome = select([3, 9, 1, 0], 2, rules={"threshold": "plurality"})
    assert (outcome.elected, outcome.not_chosen, outcome.not_passed) == ((1, 0), (2,), (3,))


def test_a_tie_that_fills_the_places_exactly_needs_no_run_off() -> None:
    outcome = select([60, 60, 50], 2, rules=NO_CAP)
    assert (outcome.elected, outcome.not_chosen, outcome.runoff) == ((0, 1), (2,), ())


def test_a_tie_below_the_cut_needs_no_run_off() -> None:
    outcome = select([60, 50, 50], 1, rules=NO_CAP)
    assert (outcome.elected, outcome.not_chosen, outcome.runoff) == ((0,), (1, 2), ())


def test_those_below_a_tie_at_the_cut_are_not_chosen() -> None:
    outcome = select([50, 60, 50, 45, 30], 2, rules=NO_CAP)
    assert (outcome.elected, outcome.runoff, outcome.runoff_seats) == ((1,), (0, 2), 1)
    assert (outcome.not_chosen, outcome.not_passed) == ((3,), (4,))


def test_a_run_off_takes_most_votes_whatever_the_threshold() -> None:
    outcome = select([2, 1, 0], 1, "runoff")
    assert (outcome.elected, outcome.not_chosen, outcome.not_passed) == ((0,), (1,), (2,))


def test_tied_again_goes_to_the_presidium_with_its_places() -> None:
    outcome = select([40, 20, 20, 10], 2, "runoff")
    assert (outcome.elected, outcome.second_tie, outcome.second_tie_seats) == ((0,), (1, 2), 1)
    assert (outcome.runoff, outcome.runoff_seats, outcome.shortfall) == ((), 0, 0)
    assert outcome.not_chosen == (3,)


def test_no_approvals_in_a_run_off_are_no_tie() -> None:
    outcome = select([0, 0], 1, "runoff")
    assert (outcome.second_tie, outcome.not_passed, outcome.shortfall) == ((), (0, 1), 1)


# --- Reasons, warnings, motions, records ---------------------------------------------------


def test_every_item_has_its_reason() -> None:
    outcome = select([76, 50, 50, 44, 43], 2, rules=NO_CAP)
    found = [(r.outcome, r.rank, r.others, r.places) for r in outcome.reasons]
    assert found == [
        ("elected", 1, (), 0),
        ("tied", 2, (2,), 1),
        ("tied", 2, (1,), 1),
        ("not_chosen", 4, (), 2),
        ("not_passed", 5, (), 0),
    ]
    assert {(r.rule, r.threshold_votes) for r in outcome.reasons} == {("majority_all", 44)}
    assert [r.item for r in outcome.reasons] == [0, 1, 2, 3, 4]


def test_a_weaker_majority_than_the_law_names_whom_it_elected() -> None:
    plain = select([60, 43, 43], 2).warnings
    assert (plain.below_statutory, plain.below_majority_all) == (False, ())
    weak = select([44, 60, 20], 2, rules={"threshold": "majority_present"}).warnings
    assert (weak.below_statutory, weak.below_majority_all) == (True, ())
    weaker = select([43, 60, 20], 2, rules={"threshold": "plurality"}).warnings
    assert (weaker.below_statutory, weaker.below_majority_all) == (True, (0,))


def test_a_total_that_shows_everyones_choice_is_warned_of() -> None:
    marks = {"no": (0, 79, 0, 1), "abstain": (0, 0, 79, 8)}
    assert select([79, 0, 0, 70], 2, **marks).warnings.unanimous == (0, 1, 2)
    assert select([79, 0, 0, 70], 2).warnings.unanimous == (0,)
    assert select([79, 0, 7], 2, rules={"style": "approve"}).warnings.unanimous == (0, 1)
    assert select([0, 0], 1, valid=0, no=(0, 0), abstain=(0, 0)).warnings.unanimous == ()


def test_approval_ballots_have_neither_against_nor_abstain() -> None:
    figures = counts([40, 30], 1, no=(39, 49), abstain=(0, 0))
    assert session(count(rules(style="approve"), "choose", figures)) == ("input_error", "marks_sum")


def test_a_motion_passes_with_the_majority_and_has_no_tie() -> None:
    assert (decide(44).passed, decide(43).passed) == (True, False)
    assert decide(71).summary() == {"session": "valid", "threshold_votes": 44, "passed": True}
    assert decide(39, {"threshold": "majority_present"}).passed is False
    assert decide(40, {"threshold": "majority_present"}).warnings.below_majority_all == (0,)
    assert [r.outcome for r in decide(43).reasons] == ["failed"]


def test_a_motion_is_one_item_for_one_decision() -> None:
    for figures in (counts([40, 40], 1), counts([40], 2)):
        assert session(count(RULES, "motion", figures)) == ("input_error", "nothing_to_choose")


def test_a_record_holds_summary_reasons_and_warnings_in_canonical_json() -> None:
    marks = {"no": (3, 0, 0, 35, 36), "abstain": (0, 29, 29, 0, 0)}
    outcome = select([76, 50, 50, 44, 43], 2, rules=NO_CAP, **marks)
    value = outcome.encode()
    assert list(value) == [*outcome.summary(), "reasons", "warnings"]
    assert value["reasons"][1] == {
        "item": 1,
        "outcome": "tied",
        "yes": 50,
        "rank": 2,
        "rule": "majority_all",
        "threshold_votes": 44,
        "others": [2],
        "places": 1,
    }
    again = select([76, 50, 50, 44, 43], 2, rules=NO_CAP, **marks)
    assert dumps(value) == dumps(again.encode())
    assert dumps(decide(44).encode())
    stopped = count(RULES, "choose", counts([0] * 9, present=57))
    assert stopped.encode() == {"session": "no_quorum", "problem": ""}


# --- Sample data ---------------------------------------------------------------------------


@pytest.mark.parametrize("town", sample("eight_towns.json")["towns"], ids=lambda town: town["town"])
def test_the_eight_towns_come_out_as_stated(town: dict[str, Any]) -> None:
    figures = dict(town["simulation"])
    round_one = counts(
        figures.pop("yes"), town["seats"], deputies_all=town["deputies_all"], **figures
    )
    outcome = count(RULES, "choose", round_one)
    assert outcome.summary() == town["expected"]
    assert isinstance(outcome, Selection)
    ids = [candidate["id"] for candidate in town["candidates"]]
    final = {ids[i] for i in outcome.elected}
    if "runoff" in town:
        second = town["runoff"]
        assert [ids[i] for i in outcome.runoff] == second["candidate_ids"]
        assert outcome.runoff_seats == second["seats"]
        figures = dict(second["simulation"])
        run_off = counts(
            figures.pop("yes"), second["seats"], deputies_all=town["deputies_all"], **figures
        )
        again = count(RULES, "runoff", run_off)
        assert again.summary() == second["expected"]
        assert isinstance(again, Selection)
        final |= {second["candidate_ids"][i] for i in again.elected}
    assert [i for i in ids if i in final] == town["final_ids"]
