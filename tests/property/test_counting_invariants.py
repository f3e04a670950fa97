"""Every invariant of counting rules §14, and agreement with a second implementation."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ballot.crypto.encoding import dumps
from ballot.tally.count import Counts, Kind, count
from ballot.tally.grades import GradeCounts, ItemRating, Rating, rate
from ballot.tally.marks import Sheet, count_marks
from ballot.tally.outcome import Outcome, Selection
from ballot.tally.rounds import Lots, Round, require_run_off, union_of_rounds
from ballot.tally.rules import Rules
from ballot.tally.turnout import Turnout
from ballot.tally.vectors import evaluate
from tests.counting import rules
from tests.property import brute_force

THRESHOLDS = (
    "majority_all",
    "majority_present",
    "majority_returned",
    "majority_valid",
    "plurality",
)
DENOMINATORS = ("all", "present", "returned", "valid", "valid_minus_unknown")
GRADES = ("unsatisfied", "basic", "satisfied")
KINDS: tuple[Kind, ...] = ("choose", "runoff")
CHOICES = {
    "quorum": ("two_thirds_all", "majority_all"),
    "participation_quorum": ("none", "majority_all_voting"),
    "threshold": THRESHOLDS,
    "cap": ("seats", "none"),
}
# Decoded once: every combination that matters for a selection.
RULES = {
    values: rules(**dict(zip(CHOICES, values, strict=True)))
    for values in product(*CHOICES.values())
}

DEFAULT = ("two_thirds_all", "none", "majority_all", "seats")
FIGURES = ("deputies_all", "present", "issued", "returned", "valid", "seats", "candidates")

many = settings(max_examples=max(150, settings().max_examples))
any_rules = st.sampled_from(sorted(RULES))
small = st.integers(0, 12)


@st.composite
def rounds(draw: st.DrawFn, *, cap: bool = False, max_valid: int = 90) -> Counts:
    """A round whose numbers agree, with few distinct approvals so that ties are common."""
    deputies = draw(st.integers(1, max_valid))
    present = draw(st.integers((2 * deputies + 2) // 3, deputies))
    issued = draw(st.integers(0, present))
    returned = draw(st.integers(0, issued))
    valid = draw(st.integers(0, returned))
    seats, size = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    levels = draw(st.lists(st.integers(0, valid), min_size=1, max_size=3))
    yes = draw(st.lists(st.sampled_from(levels), min_size=size, max_size=size))
    while cap and sum(yes) > valid * seats:
        yes[yes.index(max(yes))] = 0
    return Counts(
        deputies_all=deputies,
        present=present,
        issued=issued,
        returned=returned,
        valid=valid,
        seats=seats,
        candidates=size,
        yes=tuple(yes),
    )


@st.composite
def held(draw: st.DrawFn) -> tuple[Rules, Kind, Counts, Selection]:
    """A valid round and its outcome, without cap."""
    threshold = draw(st.sampled_from(THRESHOLDS))
    found = RULES["two_thirds_all", "none", threshold, "none"]
    counts, kind = draw(rounds()), draw(st.sampled_from(KINDS))
    assume(kind == "choose" or counts.candidates > counts.seats)
    return found, kind, counts, selection(count(found, kind, counts))


@st.composite
def disturbed(draw: st.DrawFn) -> Counts:
    """A round that agrees or nearly does: up to two of its numbers are off by a little."""
    counts = draw(rounds(max_valid=12))
    if draw(st.booleans()):
        no = tuple(draw(st.integers(0, counts.valid - y)) for y in counts.yes)
        rest = tuple(counts.valid - y - n for y, n in zip(counts.yes, no, strict=True))
        counts = replace(counts, no=no, abstain=rest, invalid=counts.returned - counts.valid)
    names = draw(st.lists(st.sampled_from((*FIGURES, "yes")), max_size=2, unique=True))
    for name in names:
        by = draw(st.sampled_from((-2, -1, 1, 2)))
        if name == "yes":
            counts = replace(counts, yes=(counts.yes[0] + by, *counts.yes[1:]))
        else:
            counts = replace(counts, **{name: getattr(counts, name) + by})
    return counts


def selection(outcome: Outcome) -> Selection:
    assert isinstance(outcome, Selection)
    return outcome


def tied(outcome: Selection) -> tuple[int, ...]:
    return outcome.runoff + outcome.second_tie


def vector_of(values: tuple[str, ...], kind: str, counts: Counts) -> dict[str, Any]:
    return {
        "kind": kind,
        "rules": dict(zip(CHOICES, values, strict=True)),
        "yes": list(counts.yes),
        **{name: getattr(counts, name) for name in FIGURES},
    }


# --- 1-4: what every outcome satisfies -----------------------------------------------------


@many
@given(any_rules, disturbed())
def test_1_the_numbers_of_a_valid_round_agree(values: tuple[str, ...], counts: Counts) -> None:
    agree = counts.seats >= 1 <= counts.deputies_all and len(counts.yes) == counts.candidates
    agree &= 0 <= counts.valid <= counts.returned <= counts.issued
    agree &= counts.issued <= counts.present <= counts.deputies_all
    agree &= all(0 <= y <= counts.valid for y in counts.yes)
    agree &= values[3] == "none" or sum(counts.yes) <= counts.valid * counts.seats
    agree &= counts.invalid in (None, counts.returned - counts.valid)
    if counts.no is not None and counts.abstain is not None:
        marks = zip(counts.yes, counts.no, counts.abstain, strict=True)
        agree &= all(sum(row) == counts.valid for row in marks)
    quorum, participation = values[:2]
    present, deputies = counts.present, counts.deputies_all
    meets = 3 * present >= 2 * deputies if quorum == "two_thirds_all" else 2 * present > deputies
    meets &= participation == "none" or 2 * counts.returned > deputies
    assert (count(RULES[values], "choose", counts).session == "valid") == (agree and meets)


@many
@given(held())
def test_2_every_project_stands_in_one_list_and_every_place_is_accounted_for(
    case: tuple[Rules, Kind, Counts, Selection],
) -> None:
    _, kind, counts, outcome = case
    lists = outcome.elected + outcome.not_chosen + outcome.not_passed + tied(outcome)
    assert sorted(lists) == list(range(counts.candidates))
    assert len(outcome.elected) <= counts.seats
    tie_seats = outcome.runoff_seats + outcome.second_tie_seats
    assert outcome.open_seats == counts.seats - len(outcome.elected)
    assert outcome.open_seats == tie_seats + outcome.shortfall
    assert 0 in (tie_seats, outcome.shortfall)
    assert not (outcome.runoff if kind == "runoff" else outcome.second_tie)
    assert [reason.item for reason in outcome.reasons] == list(range(counts.candidates))


@many
@given(held())
def test_3_who_is_elected_has_a_majority_and_more_than_every_other(
    case: tuple[Rules, Kind, Counts, Selection],
) -> None:
    found, kind, counts, outcome = case
    base = {
        "majority_all": counts.deputies_all,
        "majority_present": counts.present,
        "majority_returned": counts.returned,
        "majority_valid": counts.valid,
        "plurality": 0,
    }[found.threshold if kind == "choose" else "plurality"]
    yes = counts.yes
    for i in outcome.elected:
        assert 2 * yes[i] > base
        assert all(yes[i] > yes[j] for j in tied(outcome) + outcome.not_chosen)
    group = tied(outcome)
    if group:
        assert len({yes[i] for i in group}) == 1
        assert 1 <= outcome.open_seats < len(group)


@many
@given(held())
def test_4_a_run_off_occurs_iff_the_cut_falls_inside_equal_passed_projects(
    case: tuple[Rules, Kind, Counts, Selection],
) -> None:
    _, _, counts, outcome = case
    passed = sorted((y for y in counts.yes if y >= outcome.threshold_votes and y > 0), reverse=True)
    inside = len(passed) > counts.seats and passed[counts.seats - 1] == passed[counts.seats]
    assert bool(tied(outcome)) == inside
    assert all(counts.yes[i] >= outcome.threshold_votes for i in tied(outcome))


# --- 5-7: what a change does ---------------------------------------------------------------


@many
@given(held(), st.randoms(use_true_random=False))
def test_5_permuting_the_projects_permutes_the_outcome(
    case: tuple[Rules, Kind, Counts, Selection], shuffle: Any
) -> None:
    found, kind, counts, outcome = case
    order = list(range(counts.candidates))
    shuffle.shuffle(order)
    moved = replace(counts, yes=tuple(counts.yes[i] for i in order))
    other = selection(count(found, kind, moved))
    for name in ("elected", "not_chosen", "not_passed", "runoff", "second_tie"):
        assert {order[i] for i in getattr(other, name)} == set(getattr(outcome, name))
    assert (other.open_seats, other.shortfall) == (outcome.open_seats, outcome.shortfall)


sheets = st.lists(st.sampled_from(["YYN", "YNA", "AYY", "YYY", "AAA", None]), max_size=30)


@many
@given(sheets, st.randoms(use_true_random=False))
def test_5_the_order_of_ballots_changes_nothing(ballots: list[str | None], shuffle: Any) -> None:
    mixed = list(ballots)
    shuffle.shuffle(mixed)
    assert pile(mixed) == pile(ballots)


@many
@given(held())
def test_6_one_more_approval_never_harms_a_project(
    case: tuple[Rules, Kind, Counts, Selection],
) -> None:
    found, kind, counts, outcome = case
    for i in range(counts.candidates):
        if counts.yes[i] == counts.valid:
            continue
        yes = tuple(y + (j == i) for j, y in enumerate(counts.yes))
        better = selection(count(found, kind, replace(counts, yes=yes)))
        assert i not in outcome.elected or i in better.elected
        assert i in outcome.not_passed or i not in better.not_passed


@many
@given(rounds(), st.sampled_from(THRESHOLDS), st.sampled_from(THRESHOLDS))
def test_7_a_larger_threshold_never_elects_what_a_smaller_one_leaves_not_passed(
    counts: Counts, one: str, other: str
) -> None:
    first, second = (
        selection(count(RULES["two_thirds_all", "none", word, "none"], "choose", counts))
        for word in (one, other)
    )
    if first.threshold_votes > second.threshold_votes:
        first, second = second, first
    assert not set(second.elected) & set(first.not_passed)


@many
@given(held())
def test_7_raising_the_places_never_removes_an_elected_project(
    case: tuple[Rules, Kind, Counts, Selection],
) -> None:
    found, kind, counts, outcome = case
    assume(kind == "choose" or counts.candidates > counts.seats + 1)
    more = selection(count(found, kind, replace(counts, seats=counts.seats + 1)))
    assert set(outcome.elected) <= set(more.elected)


# --- 8-10: ballots, channels, bytes, rounds ------------------------------------------------


def pile(ballots: list[str | None], **changes: Any) -> dict[str, Any]:
    vector = {
        "name": "pile",
        "rules": {"quorum": "majority_all", "threshold": "majority_returned"},
        "seats": 2,
        "candidates": 3,
        "deputies_all": 40,
        "present": 40,
        "issued": 40,
        "returned": len(ballots),
        "ballots": ballots,
    }
    return evaluate(vector | changes)


@many
@given(sheets, sheets)
def test_8_tablet_and_paper_are_one_pile(tablet: list[str | None], paper: list[str | None]) -> None:
    assume(len(tablet) + len(paper) <= 40)
    channels = []
    for name, part in (("tablet", tablet), ("paper", paper)):
        totals = count_marks("three_way", 3, 2, [Sheet(marks) for marks in part])
        numbers = {"returned": totals.returned, "valid": totals.valid, "yes": list(totals.yes)}
        channels.append({"name": name, "issued": totals.returned, **numbers})
    channels[0]["issued"] = 40 - len(paper)
    assert pile(tablet + paper, channels=channels) == pile(tablet + paper)


@many
@given(sheets, st.sampled_from(["YYY", None]))
def test_8_a_void_ballot_changes_only_returned_and_void(
    ballots: list[str | None], void: str | None
) -> None:
    by_all = {"quorum": "majority_all", "threshold": "majority_all"}
    before, after = pile(ballots, rules=by_all), pile([*ballots, void], rules=by_all)
    assert after.pop("invalid") == before.pop("invalid") + 1
    assert after == before


@many
@given(any_rules, rounds(), st.sampled_from(KINDS))
def test_9_the_same_counts_give_the_same_bytes(
    values: tuple[str, ...], counts: Counts, kind: Kind
) -> None:
    outcome = count(RULES[values], kind, counts)
    again = rules(**dict(zip(CHOICES, values, strict=True)))
    assert dumps(count(again, kind, replace(counts)).encode()) == dumps(outcome.encode())


@many
@given(any_rules, disturbed())
def test_9_the_first_test_that_applies_decides_and_nothing_else_is_said(
    values: tuple[str, ...], counts: Counts
) -> None:
    vector = vector_of(values, "choose", counts)
    numbers = [*(vector[name] for name in FIGURES), *counts.yes]
    found = evaluate(vector | {"name": "x"})
    n, p, i, r = numbers[:4]
    quorum = 3 * p >= 2 * n if values[0] == "two_thirds_all" else 2 * p > n
    wrong = min(numbers) < 0 or n < 1 or p > n or i > p
    if wrong or not quorum or r > i:
        stop = "input_error" if wrong else "void_revote" if quorum else "no_quorum"
        assert found == {"session": stop}
    elif values[1] == "majority_all_voting" and 2 * r <= n:
        assert found == {"session": "participation_quorum_failed"}
    else:
        assert found["session"] in ("input_error", "valid")
    assert found["session"] == "valid" or list(found) == ["session"]


@many
@given(rounds(), st.data())
def test_10_a_run_off_takes_over_tied_items_and_places_and_the_union_fits(
    counts: Counts, data: st.DataObject
) -> None:
    found = RULES["two_thirds_all", "none", "plurality", "none"]
    names = tuple(f"p{i}" for i in range(counts.candidates))
    last = Round(names, selection(count(found, "choose", counts)))
    held_rounds: list[Round | Lots] = [last]
    for _ in range(3):
        if not last.tied:
            break
        items, places = last.tied, last.tied_places
        require_run_off(last, items, places)
        assert set(items) == {last.items[i] for i in tied(last.outcome)}
        assert places == last.outcome.open_seats < len(items)
        levels = st.lists(st.integers(0, counts.valid), min_size=len(items), max_size=len(items))
        following = replace(
            counts, seats=places, candidates=len(items), yes=tuple(data.draw(levels))
        )
        last = Round(items, selection(count(found, "runoff", following)))
        held_rounds.append(last)
    if last.outcome.second_tie:
        held_rounds.append(Lots(last, last.tied[-last.tied_places :]))
    union = union_of_rounds(counts.seats, held_rounds)
    assert len(union.elected) + union.open_places == counts.seats
    assert len(set(union.elected)) == len(union.elected)


# --- 12: grades (11, the margin, is in tests/unit/test_margin.py for every S <= 400) --------


@st.composite
def ratings(draw: st.DrawFn) -> tuple[dict[str, Any], Turnout, GradeCounts]:
    a, b, d, u, x = (draw(small) for _ in range(5))
    valid = a + b + d + u + x
    returned = valid + draw(st.integers(0, 5))
    present = max(1, returned + draw(st.integers(0, 5)))
    deputies = draw(st.integers(present, 3 * present // 2))
    changes = {
        "rate_denominator": draw(st.sampled_from(DENOMINATORS)),
        "grade_denominator": draw(st.sampled_from(DENOMINATORS)),
        "half": draw(st.sampled_from(("more_than_half", "at_least_half"))),
    }
    turnout = Turnout(
        deputies_all=deputies, present=present, issued=present, returned=returned, valid=valid
    )
    counts = GradeCounts(satisfied=a, basic=b, unsatisfied=d, unknown=u, abstain=x)
    return changes, turnout, counts


def rated(changes: dict[str, Any], turnout: Turnout, counts: GradeCounts) -> ItemRating:
    found = rate(rules(grades=True, **changes), turnout, [counts])
    assert isinstance(found, Rating)
    return found.items[0]


@many
@given(ratings())
def test_12_a_better_mark_never_lowers_the_grade(
    case: tuple[dict[str, Any], Turnout, GradeCounts],
) -> None:
    changes, turnout, counts = case
    grade = rated(changes, turnout, counts).grade
    assume(grade != "ungraded")
    for worse, better in (("basic", "satisfied"), ("unsatisfied", "basic")):
        if getattr(counts, worse):
            moved = {worse: getattr(counts, worse) - 1, better: getattr(counts, better) + 1}
            other = rated(changes, turnout, replace(counts, **moved)).grade
            assert GRADES.index(other) >= GRADES.index(grade)


@many
@given(ratings())
def test_12_half_is_never_harder_than_more_than_half(
    case: tuple[dict[str, Any], Turnout, GradeCounts],
) -> None:
    changes, turnout, counts = case
    lenient = rated(changes | {"half": "at_least_half"}, turnout, counts).grade
    strict = rated(changes | {"half": "more_than_half"}, turnout, counts).grade
    assert (strict == "ungraded") == (lenient == "ungraded")
    assert strict == "ungraded" or GRADES.index(lenient) >= GRADES.index(strict)


# --- Two implementations agree -------------------------------------------------------------


@many
@given(any_rules, rounds(max_valid=400), st.sampled_from(KINDS))
def test_both_agree_on_large_rounds(values: tuple[str, ...], counts: Counts, kind: Kind) -> None:
    vector = vector_of(values, kind, counts)
    assert evaluate(vector | {"name": "x"}) == brute_force.outcome(vector)


@many
@given(any_rules, rounds(cap=True), st.integers(1, 5), st.data())
def test_both_agree_on_channels_right_or_wrong(
    values: tuple[str, ...], counts: Counts, parts: int, data: st.DataObject
) -> None:
    vector = vector_of(values, "choose", counts)
    rest = {key: vector[key] for key in ("issued", "returned", "valid")}
    left = list(counts.yes)
    channels = []
    for number in range(parts):
        last = number == parts - 1
        part: dict[str, Any] = {
            key: value if last else data.draw(st.integers(0, value)) for key, value in rest.items()
        }
        rest = {key: rest[key] - part[key] for key in rest}
        part["yes"] = [y if last else data.draw(st.integers(0, y)) for y in left]
        left = [y - z for y, z in zip(left, part["yes"], strict=True)]
        channels.append({"name": f"c{number}", **part})
    channels[0]["valid"] += data.draw(st.sampled_from((0, 0, 0, 1)))
    channels[0]["returned"] += data.draw(st.sampled_from((0, 0, 0, 1)))
    vector["channels"] = channels
    assert evaluate(vector | {"name": "x"}) == brute_force.outcome(vector)


@many
@given(ratings())
@example(
    (
        {"half": "more_than_half"},
        Turnout(deputies_all=1, present=1, issued=1, returned=0, valid=0),
        GradeCounts(),
    )
)
def test_both_agree_on_grades(case: tuple[dict[str, Any], Turnout, GradeCounts]) -> None:
    changes, turnout, counts = case
    names = ("satisfied", "basic", "unsatisfied", "unknown", "abstain")
    defaults = {"rate_denominator": "returned", "grade_denominator": "all", "weights": [100, 80, 0]}
    vector = {
        "kind": "rate",
        "rules": dict(zip(CHOICES, sorted(RULES)[0], strict=True)) | defaults | changes,
        "items": [dict(zip(names, counts.counts(), strict=True))],
        **{name: getattr(turnout, name) for name in FIGURES[:5]},
    }
    assert evaluate(vector | {"name": "x"}) == brute_force.outcome(vector)


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_both_agree_on_every_small_selection(threshold: str) -> None:
    values = ("two_thirds_all", "none", threshold, "none")
    for yes in product(range(5), repeat=4):
        for seats, kind in product((1, 2, 3, 4), KINDS):
            counts = Counts(
                deputies_all=6,
                present=5,
                issued=5,
                returned=5,
                valid=4,
                seats=seats,
                candidates=4,
                yes=yes,
            )
            found = count(RULES[values], kind, counts).summary()
            assert found == brute_force.outcome(vector_of(values, kind, counts))


@pytest.mark.parametrize("values", sorted(RULES), ids="-".join)
def test_both_agree_on_every_tiny_session(values: tuple[str, ...]) -> None:
    """All numbers of up to three deputies, lawful and not, on one or two projects."""
    for n, p, i, r, v in product(range(4), range(5), range(4), range(5), range(4)):
        if p > n + 1 or i > p + 1 or r > i + 1 or v > r + 1:
            continue
        for yes in ((0,), (2,), (v, 1), (v + 1, 0)):
            counts = Counts(
                deputies_all=n,
                present=p,
                issued=i,
                returned=r,
                valid=v,
                seats=1,
                candidates=len(yes),
                yes=yes,
            )
            for kind in KINDS:
                found = count(RULES[values], kind, counts).summary()
                assert found == brute_force.outcome(vector_of(values, kind, counts))


def test_both_agree_on_every_profile_of_three_small_ballots() -> None:
    letters: list[str | None] = ["".join(marks) for marks in product("YNA", repeat=2)]
    for ballots in product([*letters, None], repeat=3):
        for kind, seats in (("choose", 1), ("choose", 2), ("runoff", 1)):
            vector = {
                "name": "x",
                "kind": kind,
                "seats": seats,
                "candidates": 2,
                "deputies_all": 3,
                "present": 3,
                "issued": 3,
                "returned": 3,
            }
            marks = brute_force.marks(list(ballots), seats, 2)
            counted = vector | {"rules": dict(zip(CHOICES, DEFAULT, strict=True))} | marks
            expected = brute_force.outcome(counted) | marks
            assert evaluate(vector | {"ballots": list(ballots)}) == expected
