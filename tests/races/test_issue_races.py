"""Many requests at once: one pair of signatures per deputy and slot, whoever comes first (A18)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ballot.crypto.errors import Invalid
from ballot.store.engine import Database, sqlite_url
from ballot.store.schema import SERVICES, upgrade
from tests.desks import SLOTS, Hall, Tablet, halting, make_hall


@pytest.fixture
def hall(database: Database, tmp_path: Path) -> Hall:
    second = Database(sqlite_url(tmp_path / "signer.db"))
    upgrade(second, SERVICES["signer"])
    return make_hall(database, second)


def ask(hall: Hall, device: bytes, requests: dict[str, list[bytes]]) -> object:
    try:
        return hall.registrar.issue(device, requests)
    except Invalid as error:
        return error.code


def test_of_two_hundred_different_requests_at_once_one_is_signed(hall: Hall) -> None:
    tablet = Tablet(SLOTS)
    hall.registrar.check_in(hall.registrar.grant("001"), tablet.device)
    # Shuffled between slots and signers: requests that differ in one slot.
    others = [Tablet(SLOTS[:1]).requests[SLOTS[0]] for _ in range(199)]
    many = [tablet.requests] + [{**tablet.requests, SLOTS[0]: parts} for parts in others]
    with ThreadPoolExecutor(25) as pool:
        found = list(pool.map(lambda requests: ask(hall, tablet.device, requests), many))
    codes = Counter(result for result in found if isinstance(result, str))
    assert codes == {"token.already_issued": 199}
    assert hall.registrar.counts().tablet == dict.fromkeys(SLOTS, 1)
    assert hall.second.counts().tablet == dict.fromkeys(SLOTS, 1)
    winner = next(i for i, result in enumerate(found) if not isinstance(result, str))
    assert ask(hall, tablet.device, many[winner]) == found[winner]


def test_two_hundred_equal_requests_at_once_get_one_answer(hall: Hall) -> None:
    tablet = Tablet(SLOTS)
    hall.registrar.check_in(hall.registrar.grant("001"), tablet.device)
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: ask(hall, tablet.device, tablet.requests), range(200)))
    assert all(answers == found[0] for answers in found)
    tablet.finish(hall.registrar.issue(tablet.device, tablet.requests))
    assert hall.registrar.counts().tablet == dict.fromkeys(SLOTS, 1)


def test_one_pass_on_ten_tablets_at_once_checks_in_one(hall: Hall) -> None:
    code = hall.registrar.grant("001")
    devices = [bytes([n]) * 32 for n in range(10)]

    def show(device: bytes) -> str:
        try:
            hall.registrar.check_in(code, device)
        except Invalid as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(10) as pool:
        assert Counter(pool.map(show, devices)) == {"in": 1, "pass.used": 9}
    assert hall.registrar.counts().present == 1


def test_paper_and_tablet_at_once_give_one_of_them(hall: Hall) -> None:
    def paper(deputy: str) -> str:
        try:
            hall.registrar.take_paper(deputy)
        except Invalid as error:
            return error.code
        return "paper"

    for n in range(1, 7):
        deputy, tablet = f"{n:03d}", Tablet(SLOTS)
        hall.registrar.check_in(hall.registrar.grant(deputy), tablet.device)
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(ask, hall, tablet.device, tablet.requests)
            second = pool.submit(paper, deputy)
            got = first.result(), second.result()
        issued = not isinstance(got[0], str)
        assert issued == (got[1] == "issue.other_channel")
        assert issued or got == ("issue.other_channel", "paper")
        assert hall.registrar.find(deputy)[0].state == ("tablet" if issued else "paper")


def test_requests_racing_the_halt_are_answered_and_counted_or_refused(hall: Hall) -> None:
    tablets = [Tablet(SLOTS) for _ in range(8)]
    for n, tablet in enumerate(tablets, 1):
        hall.registrar.check_in(hall.registrar.grant(f"{n:03d}"), tablet.device)
    with ThreadPoolExecutor(9) as pool:
        asked = [pool.submit(ask, hall, t.device, t.requests) for t in tablets[:4]]
        halted = pool.submit(hall.registrar.halt, halting())
        asked += [pool.submit(ask, hall, t.device, t.requests) for t in tablets[4:]]
        answers, body = [one.result() for one in asked], halted.result()
    issued = [answer for answer in answers if not isinstance(answer, str)]
    assert {answer for answer in answers if isinstance(answer, str)} <= {"issue.closed"}
    assert [entry["signers"] for entry in body["issued"]] == [[len(issued)] * 2] * len(SLOTS)
    assert hall.registrar.halt(halting()) == body
