"""The ballot page: what a tap does, what the tools do, and who can use it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.host import Host
from tests.e2e.tablet import LANDSCAPE, PORTRAIT, Tablet

Tablets = Callable[..., Tablet]
MARKS = "YNAY    Y"


@pytest.fixture(scope="module")
def wallets(hosts: Callable[..., Host]) -> tuple[Host, list[str]]:
    """An open round and tablets that have checked in."""
    host = hosts(rounds=2)
    host.open_check_in()
    found = [host.wallet(n) for n in range(1, 11)]
    host.close_check_in()
    host.open_round()
    return host, found


@pytest.fixture
def tablet(wallets: tuple[Host, list[str]], tablets: Tablets) -> Callable[..., Tablet]:
    """Another of them, at the ballot."""
    host, left = wallets
    return lambda **options: tablets(host, wallet=left.pop(), **options).on("marking")


def test_a_tap_marks_the_same_tap_clears_and_two_quick_ones_are_one(
    tablet: Callable[..., Tablet],
) -> None:
    one = tablet()
    one.mark("Y")
    one.page.wait_for_timeout(450)
    one.choice(1, "Y").click()
    assert one.marked().strip() == ""
    one.page.wait_for_timeout(450)
    one.choice(1, "Y").evaluate("(input) => { input.click(); input.click(); }")
    assert one.marked().strip() == "Y"
    one.choice(1, "N").click()
    assert one.marked().strip() == "N"  # one row, one mark


def test_the_limit_is_told_in_the_row_and_changes_nothing(tablet: Callable[..., Tablet]) -> None:
    one = tablet()
    one.mark("YYYYYYYY")
    before = one.page.locator(".item").nth(4).bounding_box()
    one.choice(9, "Y").click()
    told = one.page.locator(".item--told")
    expect(told).to_have_count(1)
    expect(told.locator(".item__note")).to_have_text("最多赞成 8 项。要改选，请先取消一项。")
    expect(one.page.locator(".counter .vh")).to_have_text("赞成 8，最多 8，已满")
    assert one.marked() == "YYYYYYYY "
    assert one.page.locator(".item").nth(4).bounding_box() == before  # nothing jumps
    one.page.wait_for_timeout(450)
    one.choice(1, "Y").click()  # remove one …
    one.choice(9, "Y").click()  # … and it goes
    assert one.marked() == " YYYYYYYY"
    expect(told).to_have_count(0)


def test_marks_outlive_details_help_tools_language_and_a_reload(
    tablet: Callable[..., Tablet],
) -> None:
    one = tablet()
    one.mark(MARKS)
    one.page.locator(".more").nth(1).click()
    expect(one.page.locator(".facts").nth(1)).to_contain_text("软质操场")
    one.inspect("details")
    for name in ("large", "contrast", "language"):
        one.tool(name)
        assert one.marked() == MARKS
    assert one.heading == "Mark"
    assert one.page.evaluate("getComputedStyle(document.body).fontSize") == "28px"
    one.inspect("large")
    one.tool("help")
    one.on("help").inspect("help")
    one.go.click()
    one.on("marking")
    assert one.marked() == MARKS
    one.page.reload()
    one.on("marking")
    assert (one.marked(), one.heading) == (MARKS, "Mark")
    one.tool("voice")
    one.on("voice").inspect("voice")
    one.expect_text("main", "no local voice")  # a headless browser has none


@pytest.mark.parametrize(("size", "lang"), [(LANDSCAPE, "zh"), (PORTRAIT, "zh")])
def test_nine_projects_fit_without_scrolling(
    tablet: Callable[..., Tablet], size: tuple[int, int], lang: str
) -> None:
    one = tablet(size=size, lang=lang)
    one.inspect("nine")
    assert one.page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_nothing_is_cut_off_on_a_phone_or_at_twice_the_size(tablet: Callable[..., Tablet]) -> None:
    one = tablet(size=(320, 640))
    one.mark(MARKS)
    one.inspect("phone")
    one.review()
    one.inspect("phone-review")
    one.page.set_viewport_size({"width": 640, "height": 400})  # 1280 × 800 at 200 %
    one.inspect("zoomed-review")
    one.page.locator(".btn--back").click()
    one.on("marking").inspect("zoomed")


def test_the_keyboard_alone_is_enough(tablet: Callable[..., Tablet]) -> None:
    one = tablet()
    assert one.page.evaluate("document.activeElement.tagName") == "H1"
    press = one.page.keyboard.press
    for _ in range(20):
        press("Tab")
        if one.page.evaluate("document.activeElement.name") == "item-0":
            break
    press("Space")
    assert one.marked()[0] == "Y"
    press("ArrowRight")
    assert one.marked()[0] == "N"
    one.page.wait_for_timeout(450)
    press("Space")  # the same again clears
    assert one.marked()[0] == " "
    press("ArrowRight")
    one.go.focus()
    press("Enter")
    one.page.wait_for_selector(".btn--seal")
    assert one.page.evaluate("document.activeElement.tagName") == "H1"
    one.page.wait_for_timeout(650)
    for _ in range(30):
        press("Tab")
        if one.page.evaluate("document.activeElement.matches('.btn--seal')"):
            break
    press("Enter")
    one.on("done")


def test_a_quiet_tablet_asks_then_clears_the_choices_and_keeps_the_ballot(
    tablet: Callable[..., Tablet],
) -> None:
    one = tablet()
    one.page.clock.install()
    one.page.reload()
    one.on("marking").mark(MARKS)
    one.page.clock.fast_forward(91_000)
    one.on("still").inspect("still")
    one.go.click()
    assert one.on("marking").marked() == MARKS
    one.page.clock.fast_forward(91_000)
    one.on("still").page.clock.fast_forward(61_000)
    one.on("cleared").inspect("cleared")
    stored = one.storage()
    assert stored["session"] == {}
    assert "ballot.wallet" in stored["local"]
    one.go.click()
    assert one.on("marking").marked().strip() == ""


def test_a_double_tap_on_check_casts_nothing(tablet: Callable[..., Tablet]) -> None:
    one = tablet(size=PORTRAIT)
    one.mark(MARKS)
    at = one.go.bounding_box()
    assert at is not None
    one.go.dblclick()
    one.page.wait_for_selector(".btn--seal")
    seal = one.page.locator(".btn--seal").bounding_box()
    assert seal is not None
    assert seal["y"] + seal["height"] < at["y"]  # never where 检查选票 was
    assert one.screen == "review"
