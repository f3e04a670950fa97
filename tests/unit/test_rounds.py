"""From one round to the next, and their union: counting rules §6."""

import pytest

from ballot.crypto.errors import Invalid
from ballot.tally.count import Kind, count
from ballot.tally.outcome import Selection
from ballot.tally.rounds import (
    Lots,
    Round,
    Union,
    require_revote,
    require_run_off,
    require_second_vote,
    union_of_rounds,
)
from tests.counting import counts, rules


def certified(items: str, yes: list[int], seats: int, kind: Kind = "choose") -> Round:
    outcome = count(rules(), kind, counts(yes, seats))
    assert isinstance(outcome, Selection)
    return Round(tuple(items), outcome)


FIRST = certified("abcde", [70, 50, 60, 50, 50], 4)
AGAIN = certified("bde", [20, 30, 20], 2, "runoff")


def test_a_run_off_names_its_items_and_places() -> None:
    assert (FIRST.elected, FIRST.tied, FIRST.tied_places) == (("a", "c"), ("b", "d", "e"), 2)
    require_run_off(FIRST, ("b", "d", "e"), 2)
    assert (AGAIN.elected, AGAIN.tied, AGAIN.tied_places) == (("d",), ("b", "e"), 1)
    require_run_off(AGAIN, ("b", "e"), 1)


@pytest.mark.parametrize("items", ["bd", "bed", "bdea", "acb", ""])
def test_a_run_off_is_on_exactly_the_tied_items_in_ballot_order(items: str) -> None:
    with pytest.raises(Invalid, match=r"round\.wrong_items"):
        require_run_off(FIRST, tuple(items), 2)


@pytest.mark.parametrize("places", [0, 1, 3])
def test_a_run_off_is_for_exactly_the_open_places(places: int) -> None:
    with pytest.raises(Invalid, match=r"round\.wrong_places"):
        require_run_off(FIRST, ("b", "d", "e"), places)


def test_no_run_off_follows_a_round_without_a_tie() -> None:
    with pytest.raises(Invalid, match=r"round\.wrong_items"):
        require_run_off(certified("ab", [70, 5], 1), (), 0)


def test_the_result_is_the_union_of_what_the_rounds_elected() -> None:
    settled = Lots(AGAIN, ("e",))
    assert union_of_rounds(4, [FIRST]) == Union(("a", "c"), 2)
    assert union_of_rounds(4, [FIRST, AGAIN]) == Union(("a", "c", "d"), 1)
    assert union_of_rounds(4, [FIRST, AGAIN, settled]) == Union(("a", "c", "d", "e"), 0)


@pytest.mark.parametrize("drawn", ["", "d", "be", "a", "ee"])
def test_lots_fill_exactly_the_open_places_from_the_tied_items(drawn: str) -> None:
    with pytest.raises(Invalid, match=r"round\.wrong_lots"):
        union_of_rounds(4, [FIRST, AGAIN, Lots(AGAIN, tuple(drawn))])


def test_lots_draw_no_item_twice() -> None:
    tied = certified("xyz", [20, 20, 20], 2, "runoff")
    assert union_of_rounds(2, [Lots(tied, ("z", "x"))]).elected == ("z", "x")
    with pytest.raises(Invalid, match=r"round\.wrong_lots"):
        union_of_rounds(2, [Lots(tied, ("z", "z"))])


def test_there_are_no_lots_without_a_second_tie() -> None:
    with pytest.raises(Invalid, match=r"round\.wrong_lots"):
        union_of_rounds(2, [Lots(certified("ab", [70, 60], 2), ())])


def test_a_first_tie_is_never_settled_by_lots() -> None:
    with pytest.raises(Invalid, match=r"round\.wrong_lots"):
        union_of_rounds(4, [FIRST, Lots(FIRST, ("b", "d"))])


def test_the_union_never_exceeds_the_places_nor_elects_twice() -> None:
    with pytest.raises(Invalid, match=r"round\.over_seats"):
        union_of_rounds(3, [certified("abcd", [70, 60, 50, 45], 3), certified("de", [70, 1], 1)])
    with pytest.raises(Invalid, match=r"round\.elected_twice"):
        union_of_rounds(4, [FIRST, certified("ab", [70, 5], 1)])


def test_a_repeated_vote_has_the_same_list_and_places() -> None:
    require_revote(("a", "b"), 1, ("a", "b"), 1)
    for items, places in ((("b", "a"), 1), (("a",), 1)):
        with pytest.raises(Invalid, match=r"round\.wrong_items"):
            require_revote(("a", "b"), 1, items, places)
    with pytest.raises(Invalid, match=r"round\.wrong_places"):
        require_revote(("a", "b"), 1, ("a", "b"), 2)


def test_a_second_vote_is_on_projects_not_elected_for_the_places_still_open() -> None:
    so_far = union_of_rounds(4, [certified("abcde", [70, 60, 43, 40, 30], 4)])
    for items in ("cde", "ce", "d"):
        require_second_vote(tuple("abcde"), so_far, tuple(items), 2)
    for items in ("acd", "dc", "cx", "cc", ""):
        with pytest.raises(Invalid, match=r"round\.wrong_items"):
            require_second_vote(tuple("abcde"), so_far, tuple(items), 2)
    with pytest.raises(Invalid, match=r"round\.wrong_places"):
        require_second_vote(tuple("abcde"), so_far, ("c", "d"), 1)
    with pytest.raises(Invalid, match=r"round\.wrong_places"):
        require_second_vote(tuple("ab"), Union(("a",), 0), ("b",), 0)
