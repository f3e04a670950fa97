"""The signing room: drafts wait for exactly the signatures they need, and are published once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ballot.crypto.errors import Invalid
from ballot.publishing import Board
from ballot.signing_room import MAX_OPEN, Proposal, SigningRoom
from ballot.store.board import BoardStore
from ballot.store.engine import Database, sqlite_url
from ballot.store.office import OfficeStore
from ballot.store.schema import SERVICES, upgrade
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import Event, Signature, draft, encode, sign_event
from ballot.waiting import gates, role_to_propose
from tests import plays, sessions
from tests.records import played
from tests.sessions import MINUTE, PEOPLE, TRUSTEES, definition, key
from tests.unit.test_drafts import given

CLERK = ("clerk", "clerk")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    """The registrar's database where the kind of it does not matter."""
    opened = Database(sqlite_url(tmp_path / "registrar.db"))
    upgrade(opened, SERVICES["registrar"])
    yield opened
    opened.close()


class Room(SigningRoom):
    """A signing room over a session of ``tests.sessions``, whose officials sign at a word."""

    def __init__(self, database: Database, session: sessions.Session | None = None) -> None:
        store = BoardStore(database)
        for event in session.events if session else []:
            store.append(event.number, encode(event))
        self.told: list[Event] = []
        board = Board(definition(), store)
        super().__init__(board, OfficeStore(database), self.told.append)

    def put(self, kind: str, slot: str | None = None, by: Any = CLERK, **extra: Any) -> Proposal:
        return self.propose(kind, slot, extra, MINUTE, by)

    def signed(self, one: Proposal, who: str, role: str) -> Proposal:
        return self.sign(one.digest, signature(one, who, role))

    def state_of(self, one: Proposal) -> tuple[str, str]:
        found = next(p for p in self.proposals() if p.digest == one.digest)
        return found.state, found.code


def signature(one: Proposal, who: str, role: str) -> Signature:
    return sign_event(key(who), one.event, who, role)


def refused(code: str, does: Callable[[], Any]) -> str:
    with pytest.raises(Invalid) as caught:
        does()
    assert caught.value.code == code
    return caught.value.detail


@pytest.mark.parametrize("name", sorted(plays.SCRIPTS))
def test_every_session_can_be_held_in_the_signing_room(name: str, file: Database) -> None:
    stage = played(name)
    told: list[Event] = []
    board = Board(stage.definition, BoardStore(file))
    room = SigningRoom(board, OfficeStore(file), told.append)
    for event in stage.board.events:
        roles = {s.role for s in event.signatures} or {"teller"}
        by = role_to_propose(stage.definition, "", roles | {"clerk"}, event.kind)
        one = room.propose(event.kind, event.slot, given(event), event.minute, ("x", by))
        assert one.state == ("open" if event.signatures else "published")
        for number, signature in enumerate(event.signatures, 1):
            missing = sum(wanted.more for wanted in one.wanted)
            assert missing == len(event.signatures) - number + 1
            one = room.sign(one.digest, signature)
        assert one.state == "published"
        assert one.event == event
    assert board.events == stage.board.events == told
    assert not [one for one in room.proposals() if one.state == "open"]


def test_a_draft_names_who_has_signed_and_who_still_may(database: Database) -> None:
    room = Room(database, sessions.at("ready"))
    one = room.put("override", "projects-1", permits="few_issued", text="说明")
    (wanted,) = one.wanted
    assert (wanted.role, wanted.needed, wanted.more, wanted.signed) == ("presidium", 2, 2, ())
    assert [officer.id for officer in wanted.may] == ["chair", "member-1", "member-2"]
    (wanted,) = room.signed(one, "member-1", "presidium").wanted
    assert [officer.id for officer in wanted.signed] == ["member-1"]
    assert (wanted.more, [officer.id for officer in wanted.may]) == (1, ["chair", "member-2"])
    assert room.told == []
    assert room.signed(one, "chair", "presidium").state == "published"
    assert [event.kind for event in room.told] == ["override"]


def test_what_may_not_follow_is_not_even_put_on_the_table(database: Database) -> None:
    room = Room(database, sessions.at("ready"))
    refused("event.order", lambda: room.put("adopted"))
    refused("event.order", lambda: room.put("rules_adopted", yes=28, no=0, abstain=0))
    refused("draft.kind", lambda: room.put("nonsense"))
    refused("draft.given", lambda: room.put("objection"))
    refused("event.malformed", lambda: room.put("objection", text=7))
    refused("event.malformed", lambda: room.put("adjourned", "projects-1", text="x"))
    refused("event.malformed", lambda: room.propose("objection", None, {"text": "x"}, "now", CLERK))
    refused("event.slot", lambda: room.put("box_empty", "projects-9", paper_boxes=1))
    assert room.proposals() == []


def test_a_number_where_a_list_belongs_is_no_draft(database: Database) -> None:
    room = Room(database, sessions.at("certified"))
    refused("draft.given", lambda: room.put("second_vote_called", "projects-2", items=3))


def test_a_signature_that_does_not_count_is_refused_and_not_kept(database: Database) -> None:
    room = Room(database, sessions.at("ready"))
    one, other = room.put("adjourned", text="休会"), room.put("adjourned", text="另一个")
    good = signature(one, "chair", "presiding_officer")
    for code, bad in (
        ("event.unknown_signer", Signature("nobody", "presiding_officer", good.signature)),
        ("event.role", Signature("chair", "presidium", good.signature)),
        ("event.role", signature(one, "clerk", "presiding_officer")),
        ("event.signature", signature(other, "chair", "presiding_officer")),
        ("event.signature", Signature("chair", "presiding_officer", "0" * 128)),
    ):
        refused(code, lambda bad=bad: room.sign(one.digest, bad))  # type: ignore[misc]
    refused("draft.unknown", lambda: room.sign("0" * 64, good))
    assert room.state_of(one) == ("open", "")
    assert all(not wanted.signed for p in room.proposals() for wanted in p.wanted)
    assert room.sign(one.digest, good).state == "published"


def test_the_same_again_changes_nothing(database: Database) -> None:
    room = Room(database, sessions.at("ready"))
    one = room.put("objection", text="请记录")
    assert room.put("objection", text="请记录") == one
    signed = signature(one, "clerk", "clerk")
    first = room.sign(one.digest, signed)
    assert room.sign(one.digest, signed) == first
    assert room.put("objection", text="请记录").state == "published"
    assert len(room.told) == 1


def test_a_signature_that_comes_too_late_is_told_so(database: Database) -> None:
    room = Room(database, sessions.at("ready"))
    one = room.put("override", "projects-1", permits="few_issued", text="说明")
    for who in ("chair", "member-1"):
        room.signed(one, who, "presidium")
    refused("draft.published", lambda: room.signed(one, "member-2", "presidium"))
    refused("draft.published", lambda: room.withdraw(one.digest, "clerk", {"clerk"}))


def test_one_role_that_signs_alone_signs_once(database: Database) -> None:
    """CheckInClosed needs clerk and chief scrutineer; the clerk's second signature is the first."""
    room = Room(database, sessions.at("ready").publish("check_in_opened"))
    body = sessions.at("ready").publish("check_in_opened").draft("check_in_closed").body
    one = room.put("check_in_closed", **body)
    one = room.signed(one, "clerk", "clerk")
    assert {w.role: (w.more, [o.id for o in w.may]) for w in one.wanted} == {
        "clerk": (0, []),
        "chief_scrutineer": (1, ["chief"]),
    }
    assert room.signed(one, "chief", "chief_scrutineer").state == "published"


def test_a_draft_overtaken_by_another_event_says_so_and_can_be_proposed_anew(
    database: Database,
) -> None:
    session = sessions.at("closed")
    room = Room(database, session)
    late = room.put("voided", "projects-1", reason="stated", text="平板故障")
    room.signed(late, "chair", "presidium")
    other = room.put("objection", text="请记录")
    room.signed(other, "clerk", "clerk")
    assert room.state_of(late) == ("open", "")  # its log names an event that is still there
    for event in sessions.at("decrypted").events[len(session.events) :]:
        Board(definition(), BoardStore(database)).publish(event, event.signatures)
    detail = refused("draft.overtaken", lambda: room.signed(late, "member-1", "presidium"))
    assert detail.startswith("event.order")
    assert room.state_of(late) == ("overtaken", "event.order")
    refused("event.order", lambda: room.put("voided", "projects-1", reason="stated", text="x"))
    sealed = session.draft("sealed", "projects-1")
    assert room.state_of(other)[0] == "published"
    assert sealed.kind == "sealed"


def test_a_draft_that_was_overtaken_is_proposed_again_for_what_is_there_now(
    database: Database,
) -> None:
    """Two check-in drafts for the same slots: one opens, the other may not any more."""
    room = Room(database, sessions.at("ready"))
    first = room.put("check_in_opened", slots=["projects-1"])
    second = room.put("check_in_opened", slots=["projects-1", "projects-2"])
    room.signed(first, "clerk", "clerk")
    refused("draft.overtaken", lambda: room.signed(second, "clerk", "clerk"))
    third = room.put(
        "check_in_closed",
        **sessions.at("ready")
        .publish("check_in_opened", slots=["projects-1"])
        .draft("check_in_closed")
        .body,
    )
    assert room.state_of(third) == ("open", "")
    assert room.state_of(second) == ("overtaken", "event.order")


def test_two_trustees_who_seal_in_one_minute_seal_twice(database: Database) -> None:
    room = Room(database, sessions.at("closed"))
    drafts = [room.put("sealed", "projects-1", (who, "trustee")) for who in TRUSTEES[:4]]
    assert len({one.digest for one in drafts}) == 4
    for one, who in zip(drafts, TRUSTEES, strict=False):
        assert room.state_of(one) == ("open", "")
        assert room.signed(one, who, "trustee").state == "published"
    assert len(room.board.state.round("projects-1").seals) == 4
    again = room.put("sealed", "projects-1", (TRUSTEES[4], "trustee"))
    refused("seal.twice", lambda: room.signed(again, TRUSTEES[0], "trustee"))


def test_only_a_role_that_proposed_a_draft_takes_it_back(database: Database) -> None:
    room = Room(database, sessions.at("ready"))
    one = room.put("adjourned", None, ("chair", "presiding_officer"), text="休会")
    refused("draft.may_not", lambda: room.withdraw(one.digest, "clerk", {"clerk", "teller"}))
    refused("draft.unknown", lambda: room.withdraw("0" * 64, "clerk", {"clerk"}))
    room.withdraw(one.digest, "chair", {"presiding_officer"})
    room.withdraw(one.digest, "chair", {"presiding_officer"})
    assert room.proposals() == []
    refused("draft.withdrawn", lambda: room.signed(one, "chair", "presiding_officer"))
    by = ("chair", "presiding_officer")
    refused("draft.withdrawn", lambda: room.put("adjourned", None, by, text="休会"))
    later = MINUTE.replace("42Z", "43Z")
    again = room.propose("adjourned", None, {"text": "休会"}, later, by)
    assert room.signed(again, "chair", "presiding_officer").state == "published"


def test_the_table_holds_only_so_many_drafts(database: Database) -> None:
    room = Room(database, sessions.at("ready"))
    for number in range(MAX_OPEN):
        room.put("objection", text=f"异议 {number}")
    refused("draft.too_many", lambda: room.put("objection", text="再一个"))
    assert room.put("objection", text="异议 0").state == "open"
    room.withdraw(room.proposals()[0].digest, "clerk", {"clerk"})
    room.put("objection", text="再一个")


@pytest.mark.parametrize("rooms", [1, 2])
def test_signatures_that_come_at_once_publish_once(database: Database, rooms: int) -> None:
    """Also when two processes share the database: a room has no memory that matters."""
    session = sessions.at("counted")
    first = Room(database, session)
    others = [first, *(Room(database) for _ in range(rooms - 1))]
    one = first.put("certified", "projects-1", certificate="1" * 64)
    signing = [
        ("chief", "chief_scrutineer"),
        *((f"scrutineer-{n}", "scrutineer") for n in (1, 2)),
        *((f"teller-{n}", "teller") for n in (1, 2)),
        *((who, "presidium") for who in ("chair", "member-1")),
    ] * 3
    start = threading.Barrier(len(signing))

    def sign(number: int) -> Proposal:
        start.wait()
        return others[number % rooms].signed(one, *signing[number])

    with ThreadPoolExecutor(len(signing)) as pool:
        found = list(pool.map(sign, range(len(signing))))
    assert [event.kind for room in others for event in room.told] == ["certified"]
    assert any(p.state == "published" for p in found)
    assert len(BoardStore(database).lines()) == len(session.events) + 1


def test_a_room_that_comes_second_to_the_same_signature_tells_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Room(database, sessions.at("ready"))
    second = Room(database)
    one = first.put("objection", text="请记录")
    offer = second.board.offer

    def late(event: Event) -> bool:
        first.signed(one, "clerk", "clerk")
        return offer(event)

    monkeypatch.setattr(second.board, "offer", late)
    assert second.signed(one, "clerk", "clerk").state == "published"
    assert [len(first.told), len(second.told)] == [1, 0]


def test_drafts_signed_at_once_are_all_published_in_some_order(database: Database) -> None:
    session = sessions.at("ready")
    rooms = [Room(database, session), Room(database)]
    drafts = [rooms[0].put("objection", text=f"异议 {n}") for n in range(12)]

    def sign(number: int) -> None:
        rooms[number % 2].signed(drafts[number], "clerk", "clerk")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(sign, range(12)))
    board = Board(definition(), BoardStore(database))
    assert len(board.events) == len(session.events) + 12
    assert sorted(e.body["text"] for e in board.events[-12:]) == sorted(
        one.event.body["text"] for one in drafts
    )


def test_a_room_that_died_between_keeping_a_signature_and_publishing_is_made_good(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(database, sessions.at("ready"))
    one = room.put("objection", text="请记录")
    signed = signature(one, "clerk", "clerk")
    with monkeypatch.context() as patched:
        patched.setattr(room, "_publish", lambda *_: None)
        assert room.sign(one.digest, signed).state == "open"
    after = Room(database)
    assert after.sign(one.digest, signed).state == "published"
    assert len(after.told) == 1


def test_what_somebody_published_past_the_room_is_not_published_again(database: Database) -> None:
    room = Room(database, sessions.at("ready"))
    one = room.put("check_in_opened", slots=["projects-1"])
    signed = signature(one, "clerk", "clerk")
    event = draft("check_in_opened", definition().session, None, MINUTE, one.event.body)
    Board(definition(), BoardStore(database)).publish(event, [signed])
    refused("draft.overtaken", lambda: room.sign(one.digest, signed))


def test_the_agenda_names_the_draft_and_who_is_missing(database: Database) -> None:
    room = Room(database, sessions.at("ready"))
    usual = next(item for item in room.agenda() if item.step.weight == "next")
    assert (usual.step.kind, usual.draft) == ("check_in_opened", None)
    one = room.put("override", "projects-1", permits="few_issued", text="说明")
    room.signed(one, "chair", "presidium")
    before = {(item.step.kind, item.step.slot): item for item in room.agenda()}
    assert ("override", "projects-1") not in before  # no check-in names the slot yet
    opened = room.put("check_in_opened", slots=["projects-1"])
    by_kind = {item.step.kind: item for item in room.agenda()}
    assert by_kind["check_in_opened"].draft == opened.digest
    room.signed(opened, "clerk", "clerk")
    item = next(
        i for i in room.agenda() if (i.step.kind, i.step.slot) == ("override", "projects-1")
    )
    assert item.draft == one.digest
    assert [(w.role, w.more) for w in item.wanted] == [("presidium", 1)]


def test_the_gates_of_a_round_open_one_by_one() -> None:
    session, opened = sessions.Session(), list[list[str]]()
    for kind, slot in (
        ("defined", None),
        ("adopted", None),
        ("keys_ready", None),
        ("rules_adopted", None),
        ("check_in_opened", None),
        ("check_in_closed", None),
        ("box_empty", "projects-1"),
    ):
        session.publish(kind, slot)
        found = gates(session.state)
        assert found[0] == "projects-1"
        opened.append([name for name, done in found[1].items() if not done])
    every = ["keys_ready", "rules_adopted", "check_in_closed", "quorum", "box_empty"]
    assert opened == [every, every, every[1:], every[2:], every[2:], every[4:], []]
    slot, after = gates(session.publish("round_opened", "projects-1").state)
    assert (slot, after["no_round_open"]) == ("motion-1", False)


def test_whoever_signs_a_kind_or_the_clerk_may_propose_it() -> None:
    of = definition()
    for who, roles in PEOPLE.items():
        for kind in KINDS:
            signs = {role for role, _ in KINDS[kind].signers} & {
                *roles,
                *(["trustee"] if who in TRUSTEES else []),
            }
            counts = kind == "counted" and roles[0] in ("chief_scrutineer", "scrutineer", "teller")
            if signs or counts or "clerk" in roles:
                assert role_to_propose(of, who, roles, kind) in {*signs, *roles}
            else:
                with pytest.raises(Invalid, match=r"draft\.may_not"):
                    role_to_propose(of, who, roles, kind)
    refused("draft.may_not", lambda: role_to_propose(of, "guest", ["observer"], "objection"))
    refused("draft.kind", lambda: role_to_propose(of, "clerk", ["clerk"], "nonsense"))
