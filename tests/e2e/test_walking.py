"""The links of a walk in a browser: whoever opens one is that official, and the others go on."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.tablet import axe
from tests.patience import MILLISECONDS
from tests.walks import rest, walking

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_somebody_comes_in_by_a_link_and_the_helpers_wait_for_their_key(
    browser: Browser, shots: Path, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    context.set_default_timeout(MILLISECONDS)
    with walking(tmp_path) as (stage, told):
        page, at = context.new_page(), stage.services.at["registrar"]
        for lang in ("en", "zh"):
            page.goto(f"{at}/demo?lang={lang}")
            page.screenshot(path=shots / f"demo-doors-{lang}.png", full_page=True)
            assert not (found := axe(page)), found
            assert page.evaluate(WIDE) == 0
        page.get_by_role("link", name="以此人进入 邵其昌").click()
        expect(page.locator("h1")).to_have_text("准备会议")
        assert stage.taken == {"chief-scrutineer"}
        rest(stage)
        page.reload()
        lacking = page.get_by_role("link", name="还没有登记签名密钥")
        expect(lacking.first).to_contain_text("邵其昌")
        expect(lacking).to_have_count(1)  # nobody else's is missing
        assert "freeze" not in [what for what, _ in told.lines]
        page.goto(f"{at}/demo")
        expect(page.get_by_role("row", name="邵其昌")).to_contain_text("您")
    context.close()
