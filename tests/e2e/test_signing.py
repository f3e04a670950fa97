"""Keys and signatures in real browsers: nothing but a signature leaves the device."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from ballot.demo.officials import Official
from ballot.locale import message
from tests.e2e.officials import NEWCOMER, OfficialPage, OfficialsHost
from tests.e2e.trustees import PASSPHRASE
from tests.offices import PASSWORD

Sit = Callable[[Official], OfficialPage]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficialsHost]:
    """One session for all."""
    found = OfficialsHost(tmp_path_factory.mktemp("hall"))
    yield found
    found.stop()


@pytest.fixture(scope="module")
def wallets() -> list[str]:
    """What the deputies' tablets keep, once they checked in."""
    return []


@pytest.fixture(scope="module")
def sit(browser: Browser, host: OfficialsHost, shots: Path) -> Iterator[Sit]:
    """Somebody's own device, the same for all tests; no page may have had a fault."""
    pages: dict[str, OfficialPage] = {}

    def take(one: Official) -> OfficialPage:
        if one.id not in pages:
            pages[one.id] = OfficialPage(browser, host, one, shots)
        return pages[one.id]

    yield take
    for page in pages.values():
        page.close()


def test_a_key_is_made_exported_tested_from_its_copy_and_only_then_registered(
    host: OfficialsHost, sit: Sit, tmp_path: Path
) -> None:
    own = sit(NEWCOMER)
    sent: list[str] = []
    own.page.on("request", lambda request: sent.append(request.post_data or ""))
    own.go("/office/key")
    own.has_key("none")
    own.inspect("key-none")
    own.page.fill("#new", PASSPHRASE)
    own.page.fill("#again", "another passphrase")
    own.press("建立密钥")
    assert "两次输入的口令不一样" in own.trouble()
    own.page.fill("#again", PASSPHRASE)
    own.press("建立密钥")
    own.has_key("made")
    expect(own.page.locator('form[data-part="test"]')).to_be_hidden()
    with own.page.expect_download() as found:
        own.page.get_by_text("下载密钥文件").click()
    copy = tmp_path / "copy.json"
    found.value.save_as(copy)
    own.has_key("exported")
    own.inspect("key-exported")
    damaged = tmp_path / "damaged.json"
    damaged.write_text(copy.read_text().replace('"owner":"teller-9"', '"owner":"teller-8"'))
    foreign = tmp_path / "foreign.json"
    foreign.write_text(host.key_file(host.official("clerk")))
    for file, passphrase, code in (
        (copy, "wrong passphrase", "key.passphrase"),
        (damaged, PASSPHRASE, "key.damaged"),
        (foreign, PASSPHRASE, "key.owner"),
    ):
        own.page.set_input_files("#test-file", file)
        own.page.fill("#test-pass", passphrase)
        own.press("验证并登记")
        expect(own.page.locator('[data-part="trouble"]:visible')).to_contain_text(code)
        own.has_key("exported")
    assert own.page.evaluate("fetch('/api/me').then((a) => a.json())")["public_key"] is None
    own.page.set_input_files("#test-file", copy)
    own.page.fill("#test-pass", PASSPHRASE)
    own.press("验证并登记")
    own.has_key("registered")
    own.inspect("key-registered")
    public = json.loads(copy.read_text())["public"]
    assert own.page.evaluate("fetch('/api/me').then((a) => a.json())")["public_key"] == public
    own.page.reload()
    own.has_key("registered")
    own.page.emulate_media(media="print")
    expect(own.page.locator(".sheet svg")).to_be_visible()
    assert not any(PASSPHRASE in text or "ciphertext" in text for text in sent)


def test_a_clerk_with_a_key_opens_the_check_in_and_the_event_is_published(
    host: OfficialsHost, sit: Sit, tmp_path: Path
) -> None:
    clerk = sit(host.official("clerk"))
    clerk.restore(tmp_path / "clerk.json")
    clerk.go("/office")
    clerk.inspect("agenda")
    clerk.page.locator('[data-key="task-1"]').click()
    clerk.inspect("act-check-in")
    before = len(host.events())
    clerk.press("提出草案")
    assert clerk.checked() == ["ok", "ok", "ok"]
    rows = clerk.page.locator("[data-path]").all()
    assert "v1-1" in rows[-1].inner_text()
    clerk.inspect("sign-check-in")
    clerk.page.fill("#passphrase", "wrong passphrase")
    clerk.page.get_by_role("button", name="签名", exact=True).click()
    assert "key.passphrase" in clerk.trouble()
    assert len(host.events()) == before
    clerk.sign()
    expect(clerk.page.locator('[data-part="done-text"]')).to_contain_text("已生效")
    clerk.inspect("sign-done")
    event = json.loads(host.events()[-1])
    assert (len(host.events()), event["kind"]) == (before + 1, "check_in_opened")
    assert event["signatures"][0]["signer"] == "clerk"
    host.follow()


def test_an_order_ends_the_check_in_and_its_answer_is_signed_by_two(
    host: OfficialsHost, sit: Sit, wallets: list[str], tmp_path: Path
) -> None:
    clerk, chief = sit(host.official("clerk")), sit(host.official("chief_scrutineer"))
    wallets.extend(host.wallet(number) for number in range(1, 17))
    for one in (clerk, chief):
        one.restore(tmp_path / f"{one.one.id}.json")
    clerk.go("/office/act/check_in_closed")
    clerk.inspect("act-halt")
    clerk.page.fill("#passphrase", PASSPHRASE)
    host.make_stale(clerk.one.id)
    clerk.press("截止签到")
    expect(clerk.page.get_by_label("密码", exact=True)).to_be_focused()
    assert host.grant(21)  # nothing was stopped
    clerk.inspect("act-halt-stale")
    clerk.page.keyboard.type("not the password")
    clerk.press("截止签到")
    assert clerk.trouble() == message("zh", "problem.office.password")
    clerk.page.get_by_label("密码", exact=True).fill(PASSWORD)
    clerk.halt("截止签到")
    assert "fail" not in clerk.checked()
    assert "电子票" in clerk.text() or "平板发出" in clerk.text()
    clerk.sign()
    expect(clerk.page.locator('[data-part="still"]')).to_contain_text("总监票人")
    chief.go("/office")
    chief.page.locator('[data-key="task-1"]').click()
    assert "fail" not in chief.checked()
    chief.inspect("sign-check-in-closed")
    chief.sign()
    event = json.loads(host.events()[-1])
    assert event["kind"] == "check_in_closed"
    assert event["body"]["issued"][0]["tablet"] == 16
    host.follow()


def test_the_presiding_officer_follows_without_losing_the_place(
    host: OfficialsHost, sit: Sit
) -> None:
    chair = sit(host.official("presiding_officer"))
    chair.go("/office/chair")
    expect(chair.page.locator('[data-field="present"]')).to_have_text("16")
    expect(chair.page.locator(".btn--wait")).to_have_text("验空箱，签空箱证明")
    chair.inspect("chair-blocked")
    chair.page.locator('[data-key="next"]').focus()
    empty = {"envelopes": 0, "paper_boxes": 0}
    host.stage.publish("box_empty", empty, host.stage.one("chief_scrutineer"), "v1-1")
    link = chair.page.locator("a.btn--seal")
    expect(link).to_have_text("开始投票")
    expect(link).to_be_focused()
    chair.inspect("chair")
    link.click()
    chair.page.wait_for_url("**/office/act/round_opened?slot=v1-1")
    chair.inspect("act-open")


def test_a_round_is_opened_and_closed_from_the_presiding_officers_browser(
    host: OfficialsHost, sit: Sit, wallets: list[str], tmp_path: Path
) -> None:
    chair = sit(host.official("presiding_officer"))
    chair.restore(tmp_path / "chair.json")
    chair.go("/office/act/round_opened?slot=v1-1")
    chair.press("提出草案")
    assert "fail" not in chair.checked()
    chair.sign()
    host._until_box_follows()
    host.follow()
    for wallet, marks in zip(wallets, ("YYYYYYYYN", "YYYYYYYYN", "YYYYYYYYA"), strict=False):
        host.vote(wallet, "v1-1", marks)
    chair.go("/office/chair")
    expect(chair.page.locator('[data-field="cast"]')).to_have_text("3")
    expect(chair.page.locator(".clock")).to_contain_text("分钟")
    chair.inspect("chair-voting")
    chair.page.locator('[data-key="next"]').click()
    chair.halt("截止投票")
    assert "fail" not in chair.checked()
    chair.inspect("sign-close")
    chair.sign()
    event = json.loads(host.events()[-1])
    assert (event["kind"], event["body"]["tablet"]["returned"]) == ("round_closed", 3)


def test_a_certificate_is_verified_on_the_signers_own_device_before_it_is_signed(
    host: OfficialsHost, sit: Sit, tmp_path: Path
) -> None:
    host.count("v1-1")
    chief = sit(host.official("chief_scrutineer"))
    chief.restore(tmp_path / "chief.json")

    def forge(route: Route) -> None:
        answer = route.fetch()
        value = answer.json()
        value["certificate"]["totals"][0][0] -= 1
        route.fulfill(response=answer, json=value)

    chief.page.route("**/api/rounds/*/certificate", forge)
    chief.go("/office")
    chief.page.locator('[data-key="task-1"]').click()
    assert "fail" in chief.checked()
    expect(chief.page.locator('form[data-part="form"]')).to_be_hidden()
    chief.inspect("sign-certified-forged")
    chief.page.unroute("**/api/rounds/*/certificate")
    chief.page.reload()
    assert "fail" not in chief.checked()
    expect(chief.page.locator('[data-part="results-list"] tr')).to_have_count(9)
    # What this device found valid itself it need not verify ballot by ballot again, and says so.
    valid = chief.page.locator('[data-part="checks"] li').last
    expect(valid).to_contain_text("本机已重新核验 3 张电子票")
    chief.page.reload()
    assert "fail" not in chief.checked()
    expect(valid).to_contain_text("逐张核验这 3 张电子票")
    # Another version of the client believes nothing that was remembered.
    other = {"client": "0" * 64}
    chief.page.route("**/api/service", lambda route: route.fulfill(json=other))
    chief.page.reload()
    assert "fail" not in chief.checked()
    expect(valid).to_contain_text("本机已重新核验 3 张电子票")
    chief.page.unroute("**/api/service")
    chief.inspect("sign-certified")
    chief.sign()
    expect(chief.page.locator('[data-part="still"]')).to_contain_text("监票人")
    chief.inspect("sign-certified-done")


def test_observer_and_problems_desk_are_read_in_both_languages(
    host: OfficialsHost, sit: Sit
) -> None:
    clerk = sit(host.official("clerk"))
    for lang in ("zh", "en"):
        for path in ("observer", "problems", "key", "chair", ""):
            clerk.go(f"/office/{path}?lang={lang}".replace("/?", "?"))
            clerk.inspect(f"{path or 'agenda'}-{lang}")
    clerk.go("/office/observer?lang=zh")
    clerk.page.locator("summary[data-key]").last.click()
    expect(clerk.page.locator(".events table").last).to_be_visible()
    clerk.page.wait_for_timeout(2500)  # two ticks of the hall
    expect(clerk.page.locator(".events table").last).to_be_visible()
