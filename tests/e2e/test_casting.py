"""From 投出选票 to the answer: the same bytes, whatever happens (B9, B22, B24, E14, E31)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.e2e.host import Host
from tests.e2e.tablet import Tablet
from tests.patience import until

Tablets = Callable[..., Tablet]
At = Callable[..., Tablet]
MARKS = "YYYYYYAYN"


@pytest.fixture(scope="module")
def wallets(hosts: Callable[..., Host]) -> tuple[Host, list[str]]:
    """An open round and tablets that have checked in."""
    host = hosts(rounds=2)
    host.open_check_in()
    found = [host.wallet(n) for n in range(1, 15)]
    host.close_check_in()
    host.open_round()
    return host, found


@pytest.fixture
def at_review(wallets: tuple[Host, list[str]], tablets: Tablets) -> At:
    """A marked ballot, ready to be cast."""
    host, left = wallets

    def take() -> Tablet:
        tablet = tablets(host, wallet=left.pop()).on("marking")
        tablet.mark(MARKS)
        tablet.review()
        return tablet

    return take


class Box:
    """What the tablet sends to the box, and what it is told: None lets it through."""

    def __init__(self, tablet: Tablet, answer: Callable[[Route], None] | None = None) -> None:
        self.answer, self.bodies = answer, list[bytes]()
        self.headers: list[dict[str, str]] = []
        tablet.context.route(f"{tablet.host.box}/cast", self._take)

    def _take(self, route: Route) -> None:
        if route.request.method == "OPTIONS":
            return route.fallback()
        self.bodies.append(route.request.post_data_buffer or b"")
        self.headers.append(route.request.headers)
        if self.answer is None:
            return route.continue_()
        return self.answer(route)


def refuse(status: int, code: str) -> Callable[[Route], None]:
    """A problem detail of the box."""
    body = json.dumps({"code": code, "status": status}).ljust(1024)
    return lambda route: route.fulfill(
        status=status,
        body=body,
        headers={
            "content-type": "application/problem+json",
            "access-control-allow-origin": "*",
        },
    )


def secrets_of(tablet: Tablet) -> dict[str, Any]:
    """What is stored of this deputy, without pin and unused tokens."""
    stored = tablet.storage()
    return {**stored["local"], **stored["session"]}


def test_a_ballot_cast_off_line_arrives_once_the_network_is_back(at_review: At) -> None:
    tablet = at_review()
    box = Box(tablet, lambda route: route.abort())
    before = tablet.host.cast()
    tablet.cast()
    tablet.on("sending")
    tablet.expect_text("h1", "正在确认")
    tablet.inspect("confirming")
    tracker = tablet.tracker()
    stored = secrets_of(tablet)
    assert "ballot.marks" not in stored  # the envelope has taken the place of the marks
    assert "seed" not in json.dumps(stored)
    tablet.page.reload()  # and a reload sends the same bytes
    tablet.on("sending")
    until(lambda: len(box.bodies) >= 3, rest=lambda: tablet.page.wait_for_timeout(100))
    box.answer = None
    tablet.on("done")
    assert len(set(box.bodies)) == 1
    assert tablet.host.cast() == before + 1
    assert tablet.host.holds(tracker)
    assert set(secrets_of(tablet)) == {"ballot.session", "ballot.wallet"}
    left = json.loads(tablet.storage()["local"]["ballot.wallet"])
    assert list(left) == [tablet.host.slots[1]]  # the used token is gone, the other stays


def test_an_answer_that_was_lost_is_asked_for_again(at_review: At) -> None:
    tablet = at_review()

    def lose(route: Route) -> None:
        route.fetch()  # it reaches the box …
        route.abort()  # … and the receipt is lost

    box = Box(tablet, lose)
    before = tablet.host.cast()
    tablet.cast()
    tablet.expect_text("h1", "正在确认")
    box.answer = None
    tablet.on("done")
    assert len(set(box.bodies)) == 1
    assert tablet.host.cast() == before + 1


def test_the_request_says_nothing_about_who_casts(at_review: At) -> None:
    tablet = at_review()
    box = Box(tablet)
    tablet.cast()
    tablet.on("done")
    length = tablet.host.gate(tablet.host.slots[0]).length
    assert [len(body) for body in box.bodies] == [length]
    own = {
        name: value
        for name, value in box.headers[0].items()
        if not name.startswith(("sec-ch-", "sec-fetch-", "accept", "user-agent"))
    }
    assert own == {
        "content-type": "application/vnd.ballot.envelope",
        "origin": tablet.host.address,
    } or own == {"content-type": "application/vnd.ballot.envelope"}
    page = tablet.page.content()
    assert all(text not in page for text in ("赞成", "反对", "seed"))  # no choice is left (B22)
    assert tablet.storage()["url"] == f"{tablet.host.address}/tablet"  # nothing in the address


@pytest.mark.parametrize(
    ("status", "code", "title", "lead", "keeps"),
    [
        (409, "token.spent", "这张票已经投出", "这张票已经投出，不能投第二次。", False),
        (422, "ballot.bad_proof", "没有投出", "您的投票权仍在，请举手。", True),
        (400, "envelope.malformed", "没有投出", "您的投票权仍在，请举手。", True),
        (403, "token.invalid", "没有投出", "您的投票权仍在，请举手。", True),
        (409, "ballot.wrong_round", "票面不一致", "不要投票，请举手。", True),
    ],
)
def test_a_refusal_says_whether_the_vote_counts_and_what_to_do(
    at_review: At, status: int, code: str, title: str, lead: str, keeps: bool
) -> None:
    tablet = at_review()
    Box(tablet, refuse(status, code))
    tablet.cast()
    tablet.expect_text("h1", title)
    tablet.expect_text(".banner", lead)
    tablet.expect_text(".banner__code", code)
    tablet.inspect(f"refused-{code}")
    stored = secrets_of(tablet)
    assert "ballot.outgoing" not in stored
    assert (tablet.host.slots[0] in json.loads(stored["ballot.wallet"])) is keeps


def test_a_box_in_trouble_is_no_refusal(at_review: At) -> None:
    tablet = at_review()
    box = Box(tablet, refuse(500, "service.failed"))
    tablet.cast()
    tablet.expect_text("h1", "正在确认")
    box.answer = refuse(409, "round.not_open")  # no close was announced: nobody knows yet
    tablet.expect_text(".banner", "正在等待大会确认")
    box.answer = None
    tablet.on("done")


def test_a_receipt_that_does_not_hold_is_none(at_review: At) -> None:
    tablet = at_review()
    session, slot = tablet.host.definition.session, tablet.host.slots[0]
    forged = {
        "kind": "receipt",
        "session": session,
        "signature": "00" * 64,
        "slot": slot,
        "tracker": "00" * 32,
    }
    body = json.dumps(forged, separators=(",", ":"), sort_keys=True).ljust(1024)
    cors = {"access-control-allow-origin": "*", "content-type": "application/json"}
    box = Box(tablet, lambda route: route.fulfill(status=200, body=body, headers=cors))
    tablet.cast()
    tablet.expect_text("h1", "回执核对不符")
    tablet.inspect("receipt")
    tracker = tablet.tracker()
    box.answer = None
    tablet.go.click()
    tablet.on("done")
    assert tablet.host.holds(tracker)


def test_the_close_ends_a_ballot_that_was_not_cast_and_one_that_came_too_late(
    hosts: Callable[..., Host], tablets: Tablets
) -> None:
    host = hosts()
    host.open_check_in()
    kept = [host.wallet(n) for n in (1, 2, 3)]
    host.close_check_in()
    host.open_round()
    marking = tablets(host, wallet=kept[0]).on("marking")
    marking.mark(MARKS)
    told = tablets(host, wallet=kept[2]).on("marking")
    told.mark(MARKS)
    told.review()
    told.cast()
    told.on("done").page.locator(".foot .btn").first.click()  # the receipt stays for a minute
    sending = tablets(host, wallet=kept[1]).on("marking")
    sending.mark(MARKS)
    sending.review()
    box = Box(sending, lambda route: route.abort())
    sending.cast()
    sending.expect_text("h1", "正在确认")
    host.close_round()
    marking.expect_text("h1", "投票已截止")
    marking.expect_text(".banner", "您还没有投出")
    marking.inspect("closed")
    assert told.screen == "done"  # what was cast is not called lost by the close
    box.answer = None
    sending.expect_text("h1", "投票已截止")
    sending.expect_text(".banner", "您的选票没有计入")
    sending.go.click()
    sending.on("idle")  # no token is left
    assert set(secrets_of(sending)) == {"ballot.session"}
    assert host.cast() == 1
