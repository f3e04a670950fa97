"""Passes, check-in, tokens of two signers, paper: what a hall full of tablets may and may not."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.registrar import DeputyState, Registrar, make_passes
from ballot.store.engine import Database, sqlite_url
from ballot.store.roll import RollStore
from ballot.store.schema import SERVICES, upgrade
from ballot.tally.session import list_digest
from tests.desks import (
    DEPUTIES,
    SALT,
    SLOTS,
    Hall,
    Tablet,
    closed,
    halting,
    make_hall,
    opened,
    the_definition,
)
from tests.slotkeys import CLERK, SCRUTINEERS


def a_database(path: Path) -> Database:
    database = Database(sqlite_url(path))
    upgrade(database, SERVICES["registrar"])
    return database


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    pair = a_database(tmp_path / "registrar.db"), a_database(tmp_path / "signer.db")
    yield pair
    for database in pair:
        database.close()


@pytest.fixture
def hall(databases: tuple[Database, Database]) -> Hall:
    return make_hall(*databases)


def refused(code: str, *call: object) -> None:
    function, *arguments = call
    with pytest.raises(Invalid) as caught:
        function(*arguments)  # type: ignore[operator]
    assert caught.value.code == code


def checked_in(hall: Hall, deputy: str = "001") -> Tablet:
    tablet = Tablet()
    hall.registrar.check_in(hall.registrar.grant(deputy), tablet.device)
    return tablet


def test_a_tablet_checks_in_and_gets_the_tokens_of_both_signers(hall: Hall) -> None:
    tablet = Tablet()
    code = hall.registrar.grant("001")
    assert hall.registrar.check_in(code, tablet.device) == SLOTS
    tablet.finish(hall.registrar.issue(tablet.device, tablet.requests))
    hall.registrar.end(tablet.device)
    counts = hall.registrar.counts()
    assert (counts.present, counts.tablet, counts.paper) == (1, dict.fromkeys(SLOTS, 1), 0)
    assert hall.second.counts().tablet == counts.tablet


def test_the_same_pass_from_the_same_tablet_gets_the_same_answer(hall: Hall) -> None:
    code, tablet = hall.registrar.grant("001"), Tablet()
    for spelling in (code, code.lower(), code.replace("-", " "), code):
        assert hall.registrar.check_in(spelling, tablet.device) == SLOTS
    first = hall.registrar.issue(tablet.device, tablet.requests)
    assert hall.registrar.check_in(code, tablet.device) == SLOTS
    assert hall.registrar.issue(tablet.device, tablet.requests) == first
    assert hall.registrar.counts().present == 1


def test_a_pass_is_shown_on_one_tablet(hall: Hall) -> None:
    code, tablet, thief = hall.registrar.grant("001"), Tablet(), Tablet()
    hall.registrar.check_in(code, tablet.device)
    refused("pass.used", hall.registrar.check_in, code, thief.device)
    refused("issue.not_present", hall.registrar.issue, thief.device, thief.requests)
    hall.registrar.end(tablet.device)
    refused("pass.used", hall.registrar.check_in, code, thief.device)
    refused("pass.used", hall.registrar.check_in, code, tablet.device)
    refused("pass.used", hall.registrar.check_in, hall.registrar.grant("002"), tablet.device)


def test_another_pass_is_refused_by_its_code(hall: Hall) -> None:
    tablet = Tablet()
    refused("pass.unknown", hall.registrar.check_in, "7K3F-9QXM-2T8B", tablet.device)
    for text in ("", "7K3F-9QXM", "7K3F-9QXM-2T8U", "7K3F-9QXM-2T8B-X"):
        refused("pass.malformed", hall.registrar.check_in, text, tablet.device)


def test_a_pass_granted_anew_voids_the_old_one_and_frees_the_tablet(hall: Hall) -> None:
    old, broken, fresh = hall.registrar.grant("001"), Tablet(), Tablet()
    hall.registrar.check_in(old, broken.device)
    new = hall.registrar.grant("001")
    refused("pass.unknown", hall.registrar.check_in, old, fresh.device)
    refused("issue.not_present", hall.registrar.issue, broken.device, broken.requests)
    hall.registrar.check_in(new, fresh.device)
    fresh.finish(hall.registrar.issue(fresh.device, fresh.requests))
    # A broken tablet loses the slots issued to it: no pass brings them back (protocol §6).
    third = Tablet()
    hall.registrar.check_in(hall.registrar.grant("001"), third.device)
    refused("token.already_issued", hall.registrar.issue, third.device, third.requests)
    refused("roll.unknown", hall.registrar.grant, "999")
    assert hall.registrar.counts().present == 1


def test_passes_are_made_for_everyone_and_only_their_digests_are_kept(
    hall: Hall, tmp_path: Path
) -> None:
    passes = make_passes(hall.roll, secrets.token_bytes)
    assert [deputy for deputy, _ in passes] == DEPUTIES
    assert len({code for _, code in passes}) == len(DEPUTIES)
    again = make_passes(hall.roll, secrets.token_bytes)
    refused("pass.unknown", hall.registrar.check_in, passes[0][1], Tablet().device)
    assert hall.registrar.check_in(again[0][1], Tablet().device) == SLOTS
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert sha256(again[1][1].encode()) in raw
    assert not [code for _, code in again if code.encode() in raw]


def test_a_tablets_secret_is_worth_nothing_once_it_has_ended(hall: Hall) -> None:
    tablet = checked_in(hall)
    hall.registrar.issue(tablet.device, tablet.requests)
    hall.registrar.end(tablet.device)
    hall.registrar.end(tablet.device)
    refused("issue.not_present", hall.registrar.issue, tablet.device, tablet.requests)
    refused("issue.not_present", hall.registrar.end, Tablet().device)


def test_a_malformed_request_is_refused_before_anything_is_recorded(hall: Hall) -> None:
    tablet = checked_in(hall)
    good = tablet.requests
    one = good[SLOTS[0]]
    n = CLERK.n.to_bytes(384, "big")
    shapes: tuple[dict[str, list[bytes]], ...] = (
        {},
        {slot: good[slot] for slot in SLOTS[:2]},
        {**good, "unknown": one},
        {**good, SLOTS[0]: one[:1]},
        {**good, SLOTS[0]: [*one, one[0]]},
        {**good, SLOTS[0]: [one[0], one[1][:-1]]},
        {**good, SLOTS[0]: [one[0] + one[1][:1], one[1][1:]]},
        {**good, SLOTS[0]: [bytes(384), one[1]]},
        {**good, SLOTS[0]: [n, one[1]]},
        {**good, SLOTS[0]: [one[0], SCRUTINEERS.n.to_bytes(384, "big")]},
    )
    for requests in shapes:
        refused("issue.malformed", hall.registrar.issue, tablet.device, requests)
    assert hall.line.calls == []
    assert hall.registrar.find("001")[0].state == "present"
    tablet.finish(hall.registrar.issue(tablet.device, good))


def test_refusals_come_in_the_protocols_order(hall: Hall) -> None:
    tablet, second, stranger = checked_in(hall), checked_in(hall, "002"), Tablet()
    hall.registrar.issue(tablet.device, tablet.requests)
    other = Tablet()
    other.device = tablet.device
    malformed = {**other.requests, SLOTS[0]: [b"", b""]}
    refused("token.already_issued", hall.registrar.issue, tablet.device, other.requests)
    hall.registrar.take_paper("002")
    refused("issue.other_channel", hall.registrar.issue, second.device, second.requests)
    refused("issue.not_present", hall.registrar.issue, stranger.device, stranger.requests)
    hall.registrar.halt(halting())
    for which in (second, stranger, other):
        refused("issue.closed", hall.registrar.issue, which.device, which.requests)
        refused("issue.malformed", hall.registrar.issue, which.device, malformed)
    late = hall.registrar.grant("003")
    refused("issue.closed", hall.registrar.check_in, late, stranger.device)
    tablet.finish(hall.registrar.issue(tablet.device, tablet.requests))  # at any time


def test_the_second_signer_down_completes_later_with_the_same_pair(hall: Hall) -> None:
    tablet = checked_in(hall)
    hall.line.away = True
    refused("issue.signer_away", hall.registrar.issue, tablet.device, tablet.requests)
    assert hall.registrar.counts().tablet == dict.fromkeys(SLOTS, 0)  # no token, none counted
    hall.line.away = False
    other = Tablet()
    other.device = tablet.device
    refused("token.already_issued", hall.registrar.issue, tablet.device, other.requests)
    hall.line.deaf = True  # the answer is lost on the way
    refused("issue.signer_away", hall.registrar.issue, tablet.device, tablet.requests)
    hall.line.deaf = False
    tablet.finish(hall.registrar.issue(tablet.device, tablet.requests))
    hall.line.away = True  # and needs nobody any more
    tablet.finish(hall.registrar.issue(tablet.device, tablet.requests))


def test_the_halt_answers_what_was_stored_and_all_signers_count_the_same(hall: Hall) -> None:
    tablets = [checked_in(hall, f"{n:03d}") for n in range(1, 5)]
    hall.line.away = True
    for tablet in tablets[:2]:
        refused("issue.signer_away", hall.registrar.issue, tablet.device, tablet.requests)
    refused("issue.signer_away", hall.registrar.halt, halting())
    refused("issue.closed", hall.registrar.issue, tablets[3].device, tablets[3].requests)
    hall.line.away = False
    body = hall.registrar.halt(halting())
    assert body == hall.registrar.halt(halting())
    assert body["present"] == 4
    assert body["attendance"] == list_digest(SALT, ["001", "002", "003", "004"])
    assert body["issued"] == [
        {"slot": slot, "tablet": 2, "paper": 0, "signers": [2, 2]} for slot in SLOTS
    ]
    for tablet in tablets[:2]:
        tablet.finish(hall.registrar.issue(tablet.device, tablet.requests))
    assert hall.registrar.halt(halting()) == body


def test_whoever_is_missing_on_the_second_signers_roll_gets_no_token(
    databases: tuple[Database, Database],
) -> None:
    hall = make_hall(*databases, others=DEPUTIES[1:])
    tablet, good = checked_in(hall, "001"), checked_in(hall, "002")
    refused("issue.not_present", hall.registrar.issue, tablet.device, tablet.requests)
    good.finish(hall.registrar.issue(good.device, good.requests))
    body = hall.registrar.halt(halting())
    assert [entry["signers"] for entry in body["issued"]] == [[1, 1]] * len(SLOTS)


def test_paper_and_tablet_exclude_each_other_on_both_rolls(hall: Hall) -> None:
    tablet, late = checked_in(hall, "001"), checked_in(hall, "002")
    hall.registrar.issue(tablet.device, tablet.requests)
    refused("issue.other_channel", hall.registrar.take_paper, "001")
    hall.registrar.take_paper("002")
    hall.registrar.take_paper("002")
    refused("issue.other_channel", hall.registrar.issue, late.device, late.requests)
    mine = {slot: parts[1] for slot, parts in late.requests.items()}
    refused("issue.other_channel", hall.second.issue, "002", mine)
    refused("issue.not_present", hall.registrar.take_paper, "999")
    hall.registrar.take_paper("003")
    refused("issue.other_channel", hall.registrar.check_in, hall.registrar.grant("003"), b"d" * 32)
    counts = hall.registrar.counts()
    assert (counts.present, counts.paper, hall.second.counts().paper) == (3, 2, 2)
    body = hall.registrar.halt(halting())
    assert [entry["paper"] for entry in body["issued"]] == [2, 2, 0]  # the motion has no paper


def test_an_unused_sheet_is_exchanged_for_a_tablet_before_the_close_and_never_back(
    hall: Hall,
) -> None:
    tablet = checked_in(hall, "001")
    refused("issue.not_present", hall.registrar.return_paper, "002")
    hall.registrar.take_paper("001")
    hall.line.away = True
    refused("issue.signer_away", hall.registrar.return_paper, "001")
    hall.line.away = False
    hall.registrar.return_paper("001")
    tablet.finish(hall.registrar.issue(tablet.device, tablet.requests))
    refused("issue.other_channel", hall.registrar.take_paper, "001")
    refused("issue.other_channel", hall.registrar.return_paper, "001")
    hall.registrar.take_paper("002")
    hall.registrar.halt(halting())
    refused("issue.closed", hall.registrar.return_paper, "002")
    refused("issue.closed", hall.registrar.take_paper, "003")


def test_a_closed_check_in_stays_closed_when_all_events_come_again(hall: Hall) -> None:
    tablet = checked_in(hall)
    for event in (closed(), opened(), closed(), opened()):
        hall.both(event)
    refused("issue.closed", hall.registrar.issue, tablet.device, tablet.requests)


def test_a_later_check_in_is_its_own(hall: Hall) -> None:
    code, tablet = hall.registrar.grant("001"), Tablet()
    hall.registrar.check_in(code, tablet.device)
    hall.registrar.issue(tablet.device, tablet.requests)
    first = hall.registrar.halt(halting())
    hall.both(opened(20, ["motion-2", "projects-3"]))
    assert hall.registrar.counts().present == 0
    again = Tablet(["motion-2", "projects-3"])
    assert hall.registrar.check_in(code, again.device) == ["motion-2", "projects-3"]
    refused("issue.malformed", hall.registrar.issue, again.device, tablet.requests)
    again.finish(hall.registrar.issue(again.device, again.requests))
    tablet.finish(hall.registrar.issue(tablet.device, tablet.requests))
    assert hall.registrar.halt(halting()) == first  # the old order halts nothing new
    assert hall.registrar.find("001")[0].state == "tablet"
    checked_in_again = hall.registrar.grant("002")
    assert hall.registrar.check_in(checked_in_again, b"d" * 32)


def test_the_desk_finds_deputies_by_number_and_name(hall: Hall) -> None:
    checked_in(hall, "001")
    hall.registrar.take_paper("002")
    tablet = checked_in(hall, "003")
    hall.registrar.issue(tablet.device, tablet.requests)
    states = {one.number: one.state for one in hall.registrar.find("00")}
    assert list(states.items())[:4] == [
        ("001", "present"),
        ("002", "paper"),
        ("003", "tablet"),
        ("004", "absent"),
    ]
    assert hall.registrar.find(" 代表17 ") == [DeputyState("017", "代表17", "absent")]
    assert hall.registrar.find("%") == hall.registrar.find("_") == []
    assert len(hall.registrar.find("", limit=5)) == 5


def test_another_roll_or_key_does_not_start(databases: tuple[Database, Database]) -> None:
    roll, keys = RollStore(databases[0]), dict.fromkeys(the_definition_slots(), CLERK)
    roll.put_roll(DEPUTIES[:-1], SALT)
    with pytest.raises(Invalid, match=r"roll\.digest"):
        Registrar(the_definition(), roll, keys, secrets.token_bytes)
    with pytest.raises(Invalid, match=r"store\.roll_exists"):
        roll.put_roll(DEPUTIES, SALT)
    roll = RollStore(databases[1])
    roll.put_roll(DEPUTIES, SALT)
    for wrong in ({}, keys | {SLOTS[0]: SCRUTINEERS}):
        with pytest.raises(Invalid, match=r"signer\.wrong_key"):
            Registrar(the_definition(), roll, wrong, secrets.token_bytes)
    with pytest.raises(Invalid, match=r"signer\.missing"):
        Registrar(the_definition(), roll, keys, secrets.token_bytes)


def the_definition_slots() -> list[str]:
    return [slot.id for vote in the_definition().votes for slot in vote.slots]


def test_with_drawn_codes_a_slip_is_all_that_is_recorded(
    databases: tuple[Database, Database],
) -> None:
    roll = RollStore(databases[0])
    roll.put_roll(DEPUTIES, SALT)
    registrar = Registrar(the_definition(drawn=True), roll, {}, secrets.token_bytes)
    refused("issue.closed", registrar.take_slip, "001")
    registrar.follow(opened())
    registrar.take_slip("001")
    registrar.take_slip("002")
    refused("issue.other_channel", registrar.take_slip, "001")
    refused("issue.other_channel", registrar.take_paper, "001")
    refused("issue.not_present", registrar.take_slip, "999")
    registrar.take_paper("003")
    body = registrar.halt(halting())
    assert body["issued"][0] == {"slot": SLOTS[0], "tablet": 2, "paper": 1, "signers": []}
    assert body["present"] == 3
    refused("issue.closed", registrar.take_slip, "004")
