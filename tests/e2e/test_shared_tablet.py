"""A tablet that goes from hand to hand (drawn codes): nothing of one deputy reaches the next."""

from collections.abc import Callable

import pytest

from tests.e2e.host import Host
from tests.e2e.tablet import Tablet

Tablets = Callable[..., Tablet]
MARKS = "YNAYYYYYN"


@pytest.fixture(scope="module")
def host(hosts: Callable[..., Host]) -> Host:
    """Everyone has drawn a slip; the round is open."""
    made = hosts(drawn=True)
    made.open_check_in()
    made.close_check_in()
    made.open_round()
    return made


def test_the_next_deputy_finds_a_fresh_tablet(host: Host, tablets: Tablets) -> None:
    tablet = tablets(host).on("idle")
    tablet.inspect("shared-idle")
    before = tablet.storage()
    for slip in host.slips[:2]:
        tablet.tool("large")
        tablet.tool("language")
        tablet.go.click()
        tablet.on("drawn").inspect("drawn")
        tablet.type_code(slip)
        tablet.go.click()
        tablet.on("marking").mark(MARKS)
        assert tablet.storage()["session"] == {}  # marks are in memory only
        assert set(tablet.storage()["local"]) == {"ballot.session"}
        tablet.review()
        tablet.cast()
        tablet.on("done")
        code = tablet.code
        tablet.go.click()
        tablet.on("idle")
        assert tablet.storage() == before  # storage, history and address as on the first day
        assert tablet.page.evaluate("document.documentElement.dataset.size ?? ''") == ""
        assert tablet.heading == "空闲·已清空"  # language and size are back to default
        tablet.page.go_back()
        tablet.page.go_forward()
        tablet.on("idle")
        assert code not in tablet.page.content()
    assert host.cast() == 2


def test_a_slip_is_checked_while_it_is_typed_in(host: Host, tablets: Tablets) -> None:
    tablet = tablets(host).on("idle")
    tablet.go.click()
    slip = host.slips[3].replace("-", "")
    wrong = slip[:-1] + ("2" if slip[-1] != "2" else "3")
    tablet.on("drawn").type_code(wrong)
    tablet.go.click()
    tablet.expect_text("#pad-left", "有一位输错了")
    tablet.page.locator("#pad-field").fill(host.foreign_slip)
    tablet.go.click()
    tablet.expect_text("#pad-left", "不是本次会议的抽取码")


def test_a_slip_casts_once(host: Host, tablets: Tablets) -> None:
    tablet = tablets(host)
    for again in (False, True):
        tablet.on("idle").go.click()
        tablet.on("drawn").type_code(host.slips[4])
        tablet.go.click()
        tablet.on("marking").mark("N" if again else "Y")
        tablet.review()
        tablet.cast()
        if again:
            tablet.expect_text("h1", "这张票已经投出")
        else:
            tablet.on("done")
        tablet.go.click()


def test_who_walks_away_leaves_nothing(host: Host, tablets: Tablets) -> None:
    tablet = tablets(host)
    tablet.page.clock.install()
    tablet.page.reload()
    tablet.on("idle").go.click()
    tablet.on("drawn").type_code(host.slips[5])
    tablet.go.click()
    tablet.on("marking").mark(MARKS)
    tablet.page.clock.fast_forward(91_000)
    tablet.on("still").page.clock.fast_forward(61_000)
    tablet.on("idle")
    assert set(tablet.storage()["local"]) == {"ballot.session"}
