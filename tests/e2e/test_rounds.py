"""Rounds that are not the first: run-off, repeated vote, paper alone, on the tablet that stays."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from ballot.demo import acts
from tests.e2e.host import Host
from tests.e2e.tablet import PORTRAIT, Tablet

Tablets = Callable[..., Tablet]


@pytest.fixture
def host(hosts: Callable[..., Host]) -> Host:
    """Three rounds; most votes decide, so that two deputies can tie."""
    made = hosts(rounds=3, threshold="plurality")
    made.open_check_in()
    return made


def seated(host: Host, tablets: Tablets, count: int = 2) -> list[Tablet]:
    """Tablets with tokens for all rounds, once the check-in is closed."""
    wallets = [host.wallet(n) for n in range(1, count + 1)]
    host.close_check_in()
    return [tablets(host, wallet=wallet) for wallet in wallets]


def vote(tablet: Tablet, marks: str) -> None:
    """Mark and cast."""
    tablet.on("marking").mark(marks)
    tablet.review()
    tablet.cast()
    tablet.on("done").go.click()
    tablet.on("waiting")


def test_a_tie_leads_to_a_run_off_that_comes_to_the_same_tablets(
    host: Host, tablets: Tablets
) -> None:
    first, second = seated(host, tablets)
    host.open_round("v1-1")
    vote(first, "YYYYYYYYN")
    vote(second, "YYYYYYYNY")
    first.inspect("between_rounds")
    host.close_round("v1-1")
    host.certify("v1-1")
    tied = host.stage.board.state.round("v1-1").selection
    assert tied is not None
    assert len(tied.tied) == 2
    slot = acts.call_run_off(host.stage, "v1-1")
    host.open_round(slot)
    for tablet in (first, second):
        tablet.on("marking")
        expect(tablet.page.locator(".item")).to_have_count(2)  # the tied ones alone
        tablet.page.get_by_text("最多 1").first.wait_for()
    first.inspect("run_off")
    vote(first, "YN")
    vote(second, "YN")
    assert host.cast(slot) == 2
    host.close_round(slot)


def test_a_voided_round_says_so_and_its_repetition_begins_with_a_blank_ballot(
    host: Host, tablets: Tablets
) -> None:
    first, second = seated(host, tablets)
    host.open_round("v1-1")
    vote(first, "YYYYYYYY")
    second.on("marking").mark("YYNN")
    slot = host.void_round("v1-1")
    second.on("problem-voided")
    second.inspect("voided")
    assert "作废" in second.heading
    second.go.click()
    second.on("waiting")
    host.open_round(slot)
    for tablet in (first, second):
        tablet.on("marking")
        assert tablet.marked().strip() == ""
    vote(second, "YYNN")
    vote(first, "N")
    assert host.cast(slot) == 2
    host.close_round(slot)


def test_a_round_for_paper_alone_says_where_the_ballot_is(
    hosts: Callable[..., Host], tablets: Tablets
) -> None:
    host = hosts(paper=True)
    host.open_check_in()
    wallet = host.wallet(1)
    host.close_check_in()
    tablet = tablets(host, wallet=wallet, size=PORTRAIT)
    tablet.on("waiting")
    host.open_round("v1-1", papers=20)
    tablet.expect_text(".lead", "只用纸质票")
    tablet.inspect("paper_only")
    english = tablets(host, wallet=wallet, lang="en").on("waiting")
    english.expect_text(".lead", "paper")
