"""Check-in: codes as people type them, lost answers, and what a tablet refuses (E23, E31, D9)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.e2e.host import Host
from tests.e2e.tablet import Tablet
from tests.patience import MILLISECONDS, until

Tablets = Callable[..., Tablet]


@pytest.fixture(scope="module")
def host(hosts: Callable[..., Host]) -> Host:
    """A session whose check-in is open."""
    made = hosts(rounds=2)
    made.open_check_in()
    return made


def at_pad(tablet: Tablet) -> Tablet:
    """Where a pass is typed."""
    tablet.on("idle").go.click()
    return tablet.on("check_in")


def test_a_pass_may_be_typed_as_people_type(host: Host, tablets: Tablets) -> None:
    tablet = at_pad(tablets(host))
    code = host.grant(1)
    wide = "".join(chr(ord(c) + 0xFEE0) if c != "-" else " " for c in code.lower())
    tablet.page.locator("#pad-field").fill(wide.replace("０", "ｏ").replace("１", "ｌ"))
    tablet.page.keyboard.press("Enter")
    tablet.on("waiting")


def test_the_code_of_a_tablet_stays_small(host: Host, tablets: Tablets) -> None:
    tablet = tablets(host).on("idle")
    tablet.page.wait_for_timeout(2000)  # the worker's modules come after the page's
    files, size = tablet.scripts()
    assert files > 50
    assert size < 120_000


def test_a_wrong_pass_says_what_to_do_and_can_be_typed_again(host: Host, tablets: Tablets) -> None:
    tablet = at_pad(tablets(host))
    tablet.type_code("0000")
    tablet.go.click()
    tablet.expect_text("#pad-left", "共 12 位")
    tablet.type_code("0000-0000-0000")
    tablet.go.click()
    tablet.expect_text("#pad-left", "没有这个签到码")
    tablet.inspect("wrong_pass")
    used = host.grant(2)
    tablet.type_code(used)
    tablet.go.click()
    tablet.on("waiting")
    other = at_pad(tablets(host))
    other.type_code(used)
    other.go.click()
    other.expect_text("#pad-left", "已在另一台平板上用过")


def test_a_reload_while_tokens_are_issued_repeats_the_same_request(
    host: Host, tablets: Tablets
) -> None:
    tablet = at_pad(tablets(host))
    bodies: list[Any] = []
    lost = True

    def issue(route: Route) -> None:
        bodies.append(route.request.post_data)
        if not lost:
            return route.continue_()
        route.fetch()  # it is signed, and the answer is lost
        return route.abort()

    tablet.context.route("**/api/issue", issue)
    tablet.type_code(host.grant(3))
    tablet.go.click()
    tablet.expect_text(".banner", "重试不会多发票")
    tablet.inspect("enrolling")
    stored = tablet.storage()["local"]
    assert {"ballot.pending", "ballot.device"} <= set(stored)
    tablet.page.reload()
    tablet.on("enrolling")
    until(lambda: len(bodies) >= 2, rest=lambda: tablet.page.wait_for_timeout(100))
    lost = False
    tablet.on("waiting")
    assert len(set(bodies)) == 1
    stored = tablet.storage()["local"]
    assert set(stored) == {"ballot.session", "ballot.wallet"}  # no factor, request or secret
    assert "inverse" not in json.dumps(stored)
    assert len(json.loads(stored["ballot.wallet"])) == 2


def test_the_check_in_ends_before_any_ballot_even_if_that_answer_is_lost(
    host: Host, tablets: Tablets
) -> None:
    tablet = at_pad(tablets(host))
    tablet.context.route("**/api/check-in/end", lambda route: route.abort())
    tablet.type_code(host.grant(4))
    tablet.go.click()
    tablet.expect_text(".lead", "正在结束签到")
    assert tablet.screen == "enrolling"
    tablet.context.unroute("**/api/check-in/end")
    tablet.page.reload()
    tablet.on("waiting")
    assert "ballot.device" not in tablet.storage()["local"]


def test_another_definition_than_the_pinned_one_is_refused(host: Host, tablets: Tablets) -> None:
    tablet = tablets(host).on("idle")
    tablet.page.evaluate("localStorage.setItem('ballot.session', '00'.repeat(32))")
    tablet.page.reload()
    tablet.on("problem-other_session")
    tablet.expect_text(".banner", "请换一台并告诉监票人")
    tablet.inspect("other_session")


def test_a_tagged_definition_is_refused_before_anything_is_blinded(
    host: Host, tablets: Tablets
) -> None:
    tablet = tablets(host).on("idle")
    raw = host.definition.raw
    slot = host.definition.votes[0].slots
    tagged = raw.replace(slot[0].keys[0].encode().encode(), b"TEMP").replace(
        slot[1].keys[0].encode().encode(), slot[0].keys[0].encode().encode()
    )
    tagged = tagged.replace(b"TEMP", slot[1].keys[0].encode().encode())  # two slot keys exchanged
    assert tagged != raw
    tablet.context.route("**/api/definition", lambda route: route.fulfill(body=tagged))
    tablet.page.evaluate("localStorage.clear()")  # as on a tablet that was never used
    tablet.page.reload()
    tablet.on("problem-documents")  # the events are those of another session: nobody adopted this
    tablet.inspect("documents")
    assert "ballot.session" not in tablet.storage()["local"]
    assert not any("/api/issue" in request.url for request in tablet.requests)


INSECURE = "Object.defineProperty(window, 'isSecureContext', {value: false})"
NO_STORAGE = "Storage.prototype.setItem = () => { throw new DOMException('full') }"


@pytest.mark.parametrize(
    ("script", "code", "screen"),
    [
        (INSECURE, "tablet.not_secure", "problem-unusable"),
        ("delete window.Worker", "tablet.too_old", "problem-unusable"),
        (NO_STORAGE, "tablet.storage", "problem-storage"),
    ],
)
def test_a_tablet_that_cannot_vote_says_so_before_check_in(
    host: Host, tablets: Tablets, script: str, code: str, screen: str
) -> None:
    tablet = tablets(host)
    tablet.page.add_init_script(script)
    tablet.page.reload()
    tablet.on(screen)
    tablet.expect_text(".banner__code", code)
    tablet.inspect(code)
    assert not any("/api/check-in" in request.url for request in tablet.requests)


def test_a_browser_too_old_for_our_scripts_says_so(host: Host, tablets: Tablets) -> None:
    tablet = tablets(host)
    tablet.page.add_init_script("delete window.BigInt")
    tablet.page.reload()
    tablet.expect_text("#old", "本机不能用于投票")
    tablet.inspect("old")
    tablet.troubles.clear()  # that is how the page found out


def test_without_scripts_the_page_says_to_take_another_tablet(host: Host, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(MILLISECONDS)
    page = context.new_page()
    page.goto(f"{host.address}/tablet")
    text = page.locator("body").inner_text()
    assert "本机不能用于投票。请换一台。" in text
    assert "Take another." in text
    context.close()


def test_a_second_window_stays_shut(host: Host, tablets: Tablets) -> None:
    tablet = tablets(host).on("idle")
    second = tablet.context.new_page()
    second.goto(f"{host.address}/tablet")
    second.wait_for_selector('[data-screen="problem-other_tab"]')


def test_the_staff_clear_a_tablet_by_two_taps_and_a_reason(host: Host, tablets: Tablets) -> None:
    tablet = at_pad(tablets(host))
    tablet.type_code(host.grant(5))
    tablet.go.click()
    tablet.on("waiting").tool("help")
    tablet.on("help").page.get_by_role("button", name="工作人员：清空本机").click()
    tablet.on("reset")
    tablet.expect_text("main", "本机还有 2 张没有用的电子票。清空后无法补发")
    first = tablet.page.get_by_role("button", name="清空", exact=True)
    first.click()
    tablet.expect_text("main", "请先选一个原因")
    over = tablet.page.get_by_role("radio", name="会议结束，收回平板")
    tablet.page.locator("label").filter(has=over).click()
    expect(over).to_be_checked()
    at = first.bounding_box()
    first.click()
    second = tablet.page.get_by_role("button", name="确定，清空本机")
    tablet.inspect("reset")
    box = second.bounding_box()
    assert at is not None
    assert box is not None
    assert box["x"] + box["width"] < at["x"]  # a double tap clears nothing
    second.click()
    tablet.on("idle")
    stored = tablet.storage()
    assert set(stored["local"]) == {"ballot.session"}  # pinned anew, nothing else is left
    assert (stored["session"], stored["databases"], stored["caches"]) == ({}, [], [])
    assert stored["cookies"] == []
