"""A session with drawn codes: prepared in the pages, a slip taken at the desk, a code typed, the
slips left over stated at the close.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from ballot.crypto.encoding import dumps
from ballot.locale import message
from ballot.tally.drafts import body_of
from ballot.tally.events import draft, sign_event
from tests.e2e.slips import SlipsHouse, Table, bring_key, sign
from tests.e2e.tablet import Tablet, axe
from tests.e2e.test_preparing import apart
from tests.e2e.trustees import PASSPHRASE
from tests.offices import cheap
from tests.patience import SECONDS, until
from tests.sessions import key

HERE, SLOT = "/office/prepare", "projects-1"
TAKEN, LEFT = 20, 10  # of thirty deputies; two thirds must be there


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SlipsHouse]:
    with cheap():
        found = SlipsHouse(tmp_path / "data")
        found.let_in()
        yield found
    found.stop()


@pytest.fixture
def clerk(house: SlipsHouse, browser: Browser) -> Iterator[Page]:
    """The clerk's browser; everything but the slips is prepared."""
    context = house.sit(browser, "clerk")
    page = context.new_page()
    yield page
    context.close()


def check(page: Page, shots: Path, name: str) -> None:
    """A picture, axe, nothing sideways."""
    page.screenshot(path=shots / f"slips-{name}.png", full_page=True)
    assert axe(page) == [], name
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0, name


def press(page: Page, text: str) -> None:
    page.get_by_role("button", name=text, exact=True).click()


def test_a_session_of_slips_from_the_choice_to_a_ballot_cast_with_a_typed_code(
    house: SlipsHouse, clerk: Page, browser: Browser, shots: Path, tmp_path: Path
) -> None:
    table = Table(tmp_path)
    prepare(house, clerk, table, shots)
    adopt(house, clerk)
    open_check_in(house)
    # One deputy draws a slip; the roll knows that, and not which.
    clerk.goto(f"{house.address}/desk/deputy/001")
    clerk.locator("form[action$='/slip'] input[type=checkbox]").check()
    press(clerk, "确认已抽取")
    expect(clerk.locator("main")).to_contain_text(message("zh", "desk.issued.slip"))
    for number in range(2, TAKEN + 1):
        house.registrar.take_slip(f"{number:03}")
    close_check_in(house, clerk, table, shots)
    open_round(house)
    tablet = Tablet(browser, house, shots)  # type: ignore[arg-type]
    tablet.on("idle").go.click()
    tablet.on("drawn").type_code(table.codes[0])
    tablet.go.click()
    tablet.on("marking").mark("YNA")
    tablet.review()
    tablet.cast()
    tablet.on("done")
    tablet.go.click()
    # One that was opened unused at the close is dead, whoever saw it.
    tablet.on("idle").go.click()
    tablet.on("drawn").type_code(table.codes[TAKEN])
    tablet.go.click()
    tablet.on("marking").mark("YNA")
    tablet.review()
    tablet.cast()
    tablet.on("problem-refused").expect_text("body", "token.invalid")
    until(lambda: house.cast(SLOT) == 1, rest=lambda: clerk.wait_for_timeout(100))
    tablet.close()


def prepare(house: SlipsHouse, clerk: Page, table: Table, shots: Path) -> None:
    """What else a session needs is typed elsewhere; the slips in these pages."""
    apart(house.prepare)
    clerk.goto(f"{house.address}{HERE}/about")
    expect(clerk.locator("main")).to_contain_text(message("zh", "prepare.hint.token_kind.drawn"))
    clerk.get_by_label("抽取码", exact=True).check()
    check(clerk, shots, "about")
    press(clerk, "保存")
    waits = clerk.locator(".todo", has_text=message("zh", "prepare.missing.slips.order"))
    expect(waits).to_have_count(1)
    waits.first.get_by_role("link").click()
    press(clerk, "生成制码单")
    waits = clerk.locator(
        ".banner", has_text=message("zh", "prepare.missing.slips.lists", deputies=30)
    )
    expect(waits).to_be_visible()
    check(clerk, shots, "order")
    with clerk.expect_download() as order:
        clerk.get_by_text("下载制码单").click()
    lists = table.make(Path(order.value.path()))
    # The slips themselves, chosen by mistake, are refused.
    clerk.set_input_files("#file", table.folder / "slips/slips.html")
    press(clerk, "上传")
    expect(clerk.get_by_role("alert")).to_have_text(message("zh", "problem.slips.malformed"))
    clerk.set_input_files("#file", lists)
    press(clerk, "上传")
    expect(clerk.locator("main")).to_contain_text(message("zh", "prepare.slips.ready"))
    check(clerk, shots, "ready")
    clerk.goto(f"{house.address}{HERE}")
    press(clerk, "冻结，开始演练")
    clerk.wait_for_url("**/frozen")


def adopt(house: SlipsHouse, clerk: Page) -> None:
    """Clerk and presidium sign; the service goes over to the practice."""
    code = clerk.locator(".facts .code").first.inner_text()
    house.act("defined", {}, "clerk", "clerk")
    house.act("adopted", {}, "presidium", "member-1", "member-2")
    until(lambda: house.modes.hallway is not None, rest=lambda: clerk.wait_for_timeout(100))
    found = house.board().definition
    assert (found.token_kind, len(found.slot(SLOT)[1].drawn)) == ("drawn", 30)
    assert len(code) == 14


def open_check_in(house: SlipsHouse) -> None:
    house.make_keys()
    show = {"yes": 24, "no": 0, "abstain": 0}
    house.act("rules_adopted", show, "presiding_officer", "chair")
    house.act("check_in_opened", {"slots": [SLOT]}, "clerk", "clerk")


def close_check_in(house: SlipsHouse, clerk: Page, table: Table, shots: Path) -> None:
    """The order stops it; then the slips left over are opened, and stated."""
    clerk.goto(f"{house.address}/office/act/check_in_closed")
    bring_key(clerk, "clerk")
    check(clerk, shots, "close")
    told = clerk.locator('[data-part="told"]')

    def stop() -> None:
        clerk.fill("#passphrase", PASSPHRASE)
        press(clerk, "截止签到")

    stop()
    expect(told).to_have_text(message("zh", "act.slips.wait", taken=TAKEN, left=LEFT))
    definition = httpx.get(f"{house.address}/api/definition", timeout=SECONDS).content
    lost = table.left_over(definition, [SLOT], table.codes[TAKEN + 1 :])
    clerk.set_input_files("#unused", lost)
    stop()
    says = message("zh", "act.slips.lost", taken=TAKEN, left=LEFT, count=LEFT - 1, lost=1)
    expect(told).to_have_text(says)
    trouble = clerk.locator('[data-part="trouble"]')
    other = table.folder / "other.json"
    other.write_bytes(lost.read_bytes().replace(SLOT.encode(), b"projects-2"))
    clerk.set_input_files("#unused", other)
    stop()
    expect(trouble).to_contain_text(message("zh", "slips.refusal.slots"))
    clerk.set_input_files("#unused", table.left_over(definition, [SLOT], table.codes[TAKEN:]))
    stop()
    clerk.wait_for_url("**/office/sign/*")
    sign(clerk)
    digest = clerk.url.rpartition("/")[2]
    body = clerk.request.get(f"{house.address}/api/drafts/{digest}").json()
    assert len(body["body"]["unused_slips"]) == LEFT
    assert set(body["body"]["unused_slips"]) < set(house.board().definition.slot(SLOT)[1].drawn)
    sign_second(house, body)


def sign_second(house: SlipsHouse, value: dict[str, Any]) -> None:
    """The chief scrutineer signs the same draft on the own device."""
    body, minute = value["body"], value["minute"]
    event = draft("check_in_closed", house.board().definition.session, None, minute, body)
    signature = sign_event(key("chief"), event, "chief", "chief_scrutineer")
    answer = httpx.post(
        f"{house.address}/api/drafts/{value['digest']}/signatures",
        content=dumps(
            {"role": signature.role, "signature": signature.signature, "signer": "chief"}
        ),
        headers={"content-type": "application/json"},
        timeout=SECONDS,
    )
    assert answer.json()["state"] == "published", answer.text


def open_round(house: SlipsHouse) -> None:
    house.act(
        "box_empty", {"envelopes": 0, "paper_boxes": 0}, "chief_scrutineer", "chief", slot=SLOT
    )
    given = {"present": 30, "issued_paper": None}
    body = body_of(house.board().state, "round_opened", SLOT, given)
    house.act("round_opened", body, "presiding_officer", "chair", slot=SLOT)
