"""Paper counts: what two people enter becomes a sheet that tally accepts, or is named."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ballot.crypto.errors import Invalid
from ballot.paper_desk import PaperDesk
from ballot.paper_entry import (
    Field,
    add_sheet,
    capped,
    count_pile,
    differences,
    doubts,
    empty_pile,
    fields_of,
    given_of,
    numbers_of,
    read_numbers,
    read_sheet,
    take_back,
)
from ballot.publishing import Board
from ballot.signing_room import SigningRoom
from ballot.store.engine import Database, sqlite_url
from ballot.store.office import OfficeStore
from ballot.store.paper import CountOf, PaperStore
from ballot.store.schema import upgrade
from ballot.tally.drafts import body_of
from ballot.tally.events import sign_event
from ballot.tally.marks import LETTERS, VOID_REASONS, Sheet
from ballot.tally.paper_sheet import refused_sheet
from ballot.tally.session import Vote
from ballot.tally.state import Round
from tests.sessions import MINUTE, PAPERS, PEOPLE, Session, at, key

SLOT = "projects-1"
STYLES = ("three_way", "approve", "motion", "grades")
KINDS = {"three_way": "selection", "approve": "selection", "motion": "motion", "grades": "rating"}


def a_round(style: str = "three_way", items: int = 3, seats: int = 2, papers: int = PAPERS) -> Any:
    """(vote, round) of that style with so many papers back."""
    session = at("closed")
    vote = replace(session.state.vote(SLOT), style=style, kind=KINDS[style])
    one = session.state.round(SLOT)
    returned = {**one.returned, "paper": papers}
    issued = {**one.issued, "paper": papers}
    names = tuple(f"item{i}" for i in range(items))
    return vote, replace(one, items=names, seats=seats, returned=returned, issued=issued)


@st.composite
def piles(draw: st.DrawFn) -> tuple[Vote, Round, list[Sheet]]:
    """A round of any style and the sheets in its box."""
    style, items = draw(st.sampled_from(STYLES)), draw(st.integers(1, 5))
    marks = st.text(LETTERS[style], min_size=items, max_size=items)
    void = st.sampled_from(("unreadable", "void_by_deputy"))
    sheet = st.builds(Sheet, marks) | st.builds(Sheet, st.none(), void)
    sheets = draw(st.lists(sheet, max_size=12))
    vote, one = a_round(style, items, draw(st.integers(1, items)), len(sheets))
    return vote, one, sheets


def sheet_of(one: Round, given: dict[str, Any]) -> dict[str, Any]:
    """The body of the event."""
    return {**given, "issued": one.issued["paper"], "replaces": None}


@given(piles())
def test_what_two_people_count_alike_is_a_sheet_that_tally_accepts(
    pile: tuple[Vote, Round, list[Sheet]],
) -> None:
    vote, one, sheets = pile
    first, second = count_pile(vote, one, sheets), count_pile(vote, one, sheets[::-1])
    assert differences(fields_of(vote, one), first, second) == []
    assert list(doubts(vote, one, first)) == []
    body = sheet_of(one, given_of(vote, one, first))
    assert list(refused_sheet(vote, one, body)) == []
    assert numbers_of(vote, one, body) == first


@given(piles(), st.data())
def test_any_single_changed_field_is_found_and_named(
    pile: tuple[Vote, Round, list[Sheet]], data: st.DataObject
) -> None:
    vote, one, sheets = pile
    numbers = count_pile(vote, one, sheets)
    field = data.draw(st.sampled_from(fields_of(vote, one)))
    changed = {**numbers, field.name: data.draw(st.integers(0, 99))}
    assume(changed != numbers)
    (found,) = differences(fields_of(vote, one), numbers, changed)
    assert (found.field, found.first, found.second) == (
        field,
        numbers[field.name],
        changed[field.name],
    )


@given(piles(), st.data())
def test_doubts_are_exactly_what_tally_refuses(
    pile: tuple[Vote, Round, list[Sheet]], data: st.DataObject
) -> None:
    vote, one, sheets = pile
    numbers = dict(count_pile(vote, one, sheets))
    for field in data.draw(st.lists(st.sampled_from(fields_of(vote, one)), max_size=3)):
        numbers[field.name] = data.draw(st.integers(0, 15))
    body = sheet_of(one, given_of(vote, one, numbers))
    assert bool(list(doubts(vote, one, numbers))) == bool(list(refused_sheet(vote, one, body)))


@given(piles())
def test_sheets_one_by_one_add_up_to_the_pile_and_the_last_can_be_taken_back(
    pile: tuple[Vote, Round, list[Sheet]],
) -> None:
    vote, one, sheets = pile
    so_far = empty_pile(vote, one)
    for number, sheet in enumerate(sheets):
        before, so_far = so_far, add_sheet(vote, one, so_far, sheet)
        assert so_far.numbers == count_pile(vote, one, sheets[: number + 1])
        back = take_back(vote, one, so_far)
        assert back.numbers == before.numbers
        assert take_back(vote, one, back) == back  # once


def test_too_many_approvals_void_the_sheet_by_the_rules() -> None:
    vote, one = a_round()
    numbers = add_sheet(vote, one, empty_pile(vote, one), Sheet("YYY")).numbers
    assert (numbers["returned"], numbers["valid"], numbers["over_vote"]) == (1, 0, 1)
    assert numbers["row_0_0"] == 0
    uncapped = replace(vote, rules=replace(vote.rules, cap="none"))
    numbers = add_sheet(uncapped, one, empty_pile(uncapped, one), Sheet("YYY")).numbers
    assert (numbers["valid"], numbers["row_0_0"]) == (1, 1)
    assert "over_vote" not in numbers


@pytest.mark.parametrize("style", STYLES)
def test_only_what_has_a_cap_can_be_over_voted(style: str) -> None:
    vote, one = a_round(style)
    names = [field.name for field in fields_of(vote, one)]
    assert ("over_vote" in names) == capped(vote) == (style in ("three_way", "approve"))
    assert names[:2] == ["returned", "valid"]
    assert len(set(names)) == len(names)


def test_each_doubt_names_what_is_wrong() -> None:
    vote, one = a_round(papers=4)
    right = dict(count_pile(vote, one, [Sheet("YYN")] * 4))
    for change, code, item in (
        ({"returned": 5, "valid": 5}, "paper.returned", None),
        ({"unreadable": 1}, "paper.sum", None),
        ({"row_2_1": 3}, "paper.row", 2),
        ({"row_2_0": 1, "row_2_1": 3}, "paper.cap", None),
    ):
        found = {(doubt.code, doubt.item) for doubt in doubts(vote, one, right | change)}
        assert (code, item) in found


def test_numbers_are_read_in_full_width_too_and_nothing_else_is() -> None:
    fields = (Field("returned"), Field("valid"), Field("unreadable"))
    numbers, unread = read_numbers(fields, {"returned": " １２ ", "valid": "8", "unreadable": "0"})
    assert (dict(numbers), unread) == ({"returned": 12, "valid": 8, "unreadable": 0}, [])
    for wrong in ("", "-1", "1.5", "十二", "²", "99999", "1e3", "0x1", "١", "9" * 5000):
        numbers, unread = read_numbers(fields[:1], {"returned": wrong})
        assert (dict(numbers), unread) == ({}, [fields[0]]), wrong


def test_a_sheet_is_read_by_the_letters_of_its_style() -> None:
    vote, one = a_round()
    assert read_sheet(vote, one, {"mark_0": "Y", "mark_2": "N"}) == Sheet("YAN")
    assert read_sheet(vote, one, {"void": "unreadable", "mark_0": "Y"}) == Sheet(None)
    for wrong in ({"mark_0": "K"}, {"mark_1": ""}, {"mark_1": "YN"}, {"void": "over_vote"}):
        with pytest.raises(Invalid, match=r"paper\.malformed"):
            read_sheet(vote, one, wrong)


def test_an_entry_of_other_fields_is_no_entry() -> None:
    vote, one = a_round()
    with pytest.raises(Invalid, match=r"paper\.malformed"):
        given_of(vote, one, {"returned": 1})


# Two people over one store.


class Room:
    """A session with papers in the box, its signing room and its paper desk."""

    def __init__(self, home: Path, session: Session) -> None:
        self.database = Database(sqlite_url(home / "office.db"))
        upgrade(self.database, ("office",))
        board = Board(session.definition)
        for event in session.events:
            board.publish(event, event.signatures)
        self.room = SigningRoom(board, OfficeStore(self.database))
        self.store = PaperStore(self.database)
        self.desk = PaperDesk(self.room, self.store)
        self.of = CountOf(session.definition.session, SLOT, "")
        self.vote, self.one = session.state.vote(SLOT), board.state.round(SLOT)

    def count(self, *sheets: str) -> Any:
        return count_pile(self.vote, self.one, [Sheet(marks) for marks in sheets])

    def enter(self, who: str, numbers: Any) -> Any:
        return self.desk.enter(SLOT, who, numbers, PEOPLE[who], MINUTE)

    def sign(self, digest: str) -> Any:
        event = self.room.proposal(digest).event
        for who in ("teller-1", "teller-2", "scrutineer-1", "scrutineer-2"):
            role = PEOPLE[who][0]
            last = self.room.sign(digest, sign_event(key(who), event, who, role))
        return last


SHEETS = ("YYN",) * 6 + ("NNY", "AAA")
OTHER = ("YYN",) * 5 + ("NNY", "NNY", "AAA")


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path, at("sealed"))
    yield room
    room.database.close()


def test_two_equal_counts_propose_the_sheet_and_its_signatures_publish_it(paper: Room) -> None:
    first = paper.enter("teller-1", paper.count(*SHEETS))
    assert (first.entered, first.agreed, first.draft) == (("teller-1",), None, None)
    second = paper.enter("scrutineer-1", paper.count(*SHEETS))
    assert second.agreed == paper.count(*SHEETS)
    assert paper.sign(second.draft).state == "published"
    one = paper.room.board.state.round(SLOT)
    assert one.paper is not None
    wanted = body_of(at("sealed").state, "paper_counted", SLOT, _given(paper, SHEETS))
    assert one.paper == wanted


def _given(paper: Room, sheets: tuple[str, ...]) -> dict[str, Any]:
    return given_of(paper.vote, paper.one, paper.count(*sheets))


def test_nobody_sees_the_others_numbers_before_both_are_in(paper: Room) -> None:
    paper.enter("teller-1", paper.count(*SHEETS))
    seen = paper.desk.standing(SLOT, "teller-2")
    assert (seen.entered, seen.own, seen.differs, seen.agreed) == (("teller-1",), None, (), None)
    own = paper.desk.standing(SLOT, "teller-1")
    assert (own.own, own.differs) == (paper.count(*SHEETS), ())


def test_a_difference_blocks_is_named_and_ends_when_one_counts_again(paper: Room) -> None:
    paper.enter("teller-1", paper.count(*SHEETS))
    seen = paper.enter("teller-2", paper.count(*OTHER))
    named = {(one.field.item, one.field.answer): (one.first, one.second) for one in seen.differs}
    assert named == {
        (0, 0): (6, 5),
        (0, 1): (1, 2),
        (1, 0): (6, 5),
        (1, 1): (1, 2),
        (2, 0): (1, 2),
        (2, 1): (6, 5),
    }
    assert (seen.draft, paper.room.proposals()) == (None, [])
    seen = paper.enter("teller-2", paper.count(*SHEETS))
    assert seen.draft == paper.room.proposals()[0].digest
    with paper.store.read(paper.of) as entries:
        kept = [(entry.official, entry.number, entry.entered_by) for entry in entries.all()]
    assert kept == [
        ("teller-1", 1, "teller-1"),
        ("teller-2", 1, "teller-2"),
        ("teller-2", 2, "teller-2"),
    ]


def test_one_person_alone_is_never_two(paper: Room) -> None:
    for _ in range(3):
        seen = paper.enter("teller-1", paper.count(*SHEETS))
        assert (seen.entered, seen.agreed, seen.draft) == (("teller-1",), None, None)
    assert paper.room.proposals() == []
    with pytest.raises(Invalid, match=r"paper\.not_agreed"):
        paper.desk.propose(SLOT, "teller-1", ["teller"], MINUTE)


def test_a_third_waits_until_somebodys_count_is_set_aside(paper: Room) -> None:
    paper.enter("teller-1", paper.count(*OTHER))
    paper.enter("teller-2", paper.count(*SHEETS))
    with pytest.raises(Invalid, match=r"paper\.taken"):
        paper.enter("scrutineer-1", paper.count(*SHEETS))
    paper.desk.set_aside(SLOT, "teller-1", "chief")
    assert paper.enter("scrutineer-1", paper.count(*SHEETS)).draft
    with paper.store.read(paper.of) as entries:
        aside = [e for e in entries.all() if e.numbers is None]
    assert [(entry.official, entry.entered_by) for entry in aside] == [("teller-1", "chief")]


@pytest.mark.parametrize("who", ["clerk", "chair", "chief", "nobody"])
def test_only_tellers_and_scrutineers_of_the_definition_count(paper: Room, who: str) -> None:
    for act in (
        lambda: paper.desk.enter(SLOT, who, paper.count(*SHEETS), ["teller"], MINUTE),
        lambda: paper.desk.add(SLOT, who, 0, Sheet("YYN")),
    ):
        with pytest.raises(Invalid, match=r"paper\.not_named"):
            act()


def test_what_cannot_be_right_is_not_kept(paper: Room) -> None:
    with pytest.raises(Invalid, match=r"paper\.doubtful"):
        paper.enter("teller-1", paper.count(*SHEETS[1:]))
    assert paper.desk.standing(SLOT, "teller-1").entered == ()


def test_who_counts_again_takes_the_draft_off_the_table(paper: Room) -> None:
    paper.enter("teller-1", paper.count(*SHEETS))
    first = paper.enter("teller-2", paper.count(*SHEETS)).draft
    assert paper.enter("teller-1", paper.count(*OTHER)).draft is None
    assert paper.room.proposals() == []
    second = paper.enter("teller-2", paper.count(*OTHER)).draft
    assert second
    assert second != first


def test_a_correction_after_the_signatures_goes_the_same_way(paper: Room) -> None:
    for who in ("teller-1", "teller-2"):
        seen = paper.enter(who, paper.count(*SHEETS))
    paper.sign(seen.draft)
    first = paper.room.board.state.round(SLOT).paper_event
    assert paper.desk.standing(SLOT, "teller-1").entered == ()  # a new count
    for who in ("teller-1", "scrutineer-2"):
        seen = paper.enter(who, paper.count(*SHEETS))
    assert seen.unchanged
    assert seen.draft is None
    for who in ("teller-1", "scrutineer-2"):
        seen = paper.enter(who, paper.count(*OTHER))
    assert paper.sign(seen.draft).state == "published"
    body = paper.room.board.state.round(SLOT).paper
    assert body is not None
    assert body["replaces"] == first


def test_a_pile_survives_and_a_sheet_sent_twice_counts_once(paper: Room) -> None:
    desk = paper.desk
    assert desk.pile(SLOT, "teller-1") is None
    for _ in range(2):
        pile = desk.add(SLOT, "teller-1", 0, Sheet("YYN"))
    assert pile.numbers == paper.count("YYN")
    desk.add(SLOT, "teller-1", 1, Sheet("NNN"))
    assert desk.back(SLOT, "teller-1", 2).numbers == paper.count("YYN")
    assert desk.back(SLOT, "teller-1", 2).numbers == paper.count("YYN")
    again = PaperDesk(paper.room, PaperStore(paper.database))
    kept = again.pile(SLOT, "teller-1")
    assert kept is not None
    assert kept.numbers == paper.count("YYN")
    assert again.pile(SLOT, "teller-2") is None
    paper.enter("teller-1", paper.count(*SHEETS))
    assert again.pile(SLOT, "teller-1") is None  # it became an entry


def test_entries_are_only_ever_added(paper: Room) -> None:
    paper.enter("teller-1", paper.count(*SHEETS))
    for change in ("UPDATE paper_entry SET entered_by = 'x'", "DELETE FROM paper_entry"):
        with pytest.raises(Invalid, match=r"store\.unavailable"), paper.database.write() as session:
            session.connection().exec_driver_sql(change)


@pytest.mark.parametrize(
    ("stage", "code"), [("open", "paper.not_here"), ("published", "paper.not_now")]
)
def test_papers_are_counted_between_the_close_and_the_publication(
    tmp_path: Path, stage: str, code: str
) -> None:
    room = Room(tmp_path, at(stage))
    with pytest.raises(Invalid, match=re.escape(code)):
        room.enter("teller-1", room.count(*SHEETS))
    room.database.close()


def test_more_papers_than_were_handed_out_are_not_counted(tmp_path: Path) -> None:
    session = at("open").publish("round_closed", SLOT, paper={"returned": PAPERS + 1})
    room = Room(tmp_path, session)
    assert room.desk.standing(SLOT, "teller-1").round.surplus
    with pytest.raises(Invalid, match=r"paper\.not_now"):
        room.enter("teller-1", room.count(*SHEETS, "AAA"))
    room.database.close()


def test_every_reason_of_the_rules_has_a_field() -> None:
    vote, one = a_round()
    assert set(VOID_REASONS) <= {field.name for field in fields_of(vote, one)}
