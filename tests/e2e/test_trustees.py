"""Three scrutineers in three browsers: from no key to the decrypted sum (attacks A12, A13, E1)."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from ballot.crypto.encoding import code_of_hex
from ballot.tally.events import decode_event
from tests.e2e.trustees import PASSPHRASE, TrusteePage, TrusteesHost, wrong_partial
from tests.patience import SECONDS

MARKS = ["YYYAAAAAA", "YAAAAAAAA", "AYAAAAAAA"]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrusteesHost]:
    """One session for the whole path."""
    found = TrusteesHost(tmp_path_factory.mktemp("hall"))
    yield found
    found.stop()


@pytest.fixture(scope="module")
def pages(browser: Browser, host: TrusteesHost, shots: Path) -> Iterator[list[TrusteePage]]:
    """Their browsers."""
    found = [TrusteePage(browser, host, one, shots) for one in host.trustees]
    yield found
    for page in found:
        page.close()


def test_three_browsers_go_from_no_key_to_keys_ready(
    host: TrusteesHost, pages: list[TrusteePage], tmp_path: Path
) -> None:
    first, *others = pages
    first.open()
    first.on("本机还没有您的签名钥匙")
    first.shot("no-key")
    for page in pages:
        page.bring_key()
        page.open()
        page.unlock()
    first.press("生成我的钥匙")
    first.on("正在和其他监票人交换")
    for page in others:
        expect(first.page.locator(".banner--wait")).to_contain_text(page.one.name)
    first.shot("waiting")
    first.open()  # a reload in the middle: the same seed, the same documents
    for page in others:
        page.press("生成我的钥匙")
    first.unlock()
    for page in pages:
        page.on("把钥匙做一份备份")
    first.shot("copy")
    first.page.emulate_media(media="print")
    expect(first.page.locator(".sheet .qr")).to_have_count(2)
    first.shot("sheet", axe=False)
    first.page.emulate_media(media="screen")
    copies = [page.save_copy(tmp_path / f"{i}.txt") for i, page in enumerate(pages)]
    for page in pages:
        page.press("备份好了")
        page.on("用备份演练一次")
    first.shot("drill")
    first.drill(copies[0], "别的口令 别的口令")
    expect(first.page.locator("form .banner--stop")).to_contain_text("口令不对")
    first.drill(copies[1], PASSPHRASE)
    expect(first.page.locator("form .banner--stop")).to_contain_text("备份里的签名密钥不是您的")
    first.open()
    first.unlock()
    first.on("用备份演练一次")
    for page, copy in zip(pages, copies, strict=True):
        page.drill(copy, PASSPHRASE)
        if page is first:
            page.on("等大家就绪")
            page.shot("ready")
    for page in pages:
        page.on("钥匙已就绪")
    kinds = [decode_event(line).kind for line in host.events()]
    assert kinds == ["defined", "adopted", "keys_ready"]
    first.shot("keys-ready")
    first.open("en")
    first.on("The keys are ready")
    first.shot("keys-ready-en")
    kept = first.page.evaluate("import('/static/office/keys.mjs').then((keys) => keys.listKeys())")
    session = host.definition.session
    assert kept == [f"ceremony:{session}", f"journal:{session}", "official", f"share:{session}"]


def test_they_check_seal_and_decrypt_and_a_wrong_share_stops_nobody(
    host: TrusteesHost, pages: list[TrusteePage]
) -> None:
    slot = host.play(MARKS)
    root = host.stage.board.state.round(slot).root or ""
    first, second, _ = pages
    for page in pages:
        page.open()
    for page in pages:
        page.unlock()
    for page in pages:
        page.on("核对封箱")
        confirm = page.page.get_by_role("button", name="确认封箱")
        expect(confirm).to_be_enabled()
        codes = page.page.locator(".twincodes .code").all_inner_texts()
        assert codes == [code_of_hex(root)] * 2
        if page is first:
            page.shot("seal")
            page.page.set_viewport_size({"width": 390, "height": 800})
            page.shot("seal-390")
            page.page.set_viewport_size({"width": 1280, "height": 800})
        confirm.click()
    first.on("封箱已核对")
    # The third hands in a share that is none: refused by name, and the other two go on.
    wrong = wrong_partial(host, slot, 3)
    json = {"content-type": "application/json"}
    answer = httpx.post(f"{host.address}/api/events", content=wrong, headers=json, timeout=SECONDS)
    assert answer.status_code in (400, 409, 422)
    assert answer.json()["code"] == "partial.invalid", answer.text
    first.shot("decrypt")
    for page in (first, second):
        page.on("封箱已核对")
        go = page.page.get_by_role("button", name="用我的钥匙解密合计")
        expect(go).to_be_enabled()
        go.click()
    for page in pages:
        expect(page.page.locator("h1")).to_have_text(re.compile("等合计算出|本轮合计已算出"))
    found = [decode_event(line) for line in host.events()]
    assert sorted(one.body["owner"] for one in found if one.kind == "decrypted") == [1, 2]
