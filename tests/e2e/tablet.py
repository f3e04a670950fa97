"""A deputy's tablet in Chromium, as tests drive it: what people do, in their words."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, TimeoutError, expect

from tests.e2e.host import Host
from tests.patience import MILLISECONDS

AXE = Path(__file__).parents[2] / "ballot/web/vendor/node_modules/axe-core/axe.min.js"
# A timer of the length that a receipt stays (done.mjs) runs a hundred times as long.
_STAY = """{
  const after = setTimeout;
  window.setTimeout = (act, ms, ...given) => after(act, ms === 6_000 ? 600_000 : ms, ...given);
}"""
LANDSCAPE, PORTRAIT = (1280, 800), (800, 1280)

# What a page may not do: answers with the texts, boxes and pairs that break the rules of
# people.md §7 (22 px, 48 px, 8 px apart) and that overflow sideways.
_MEASURE = """
() => {
  const shown = (e) => e.checkVisibility({checkVisibilityCSS: true}) && !e.closest('.vh, [hidden]');
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const small = [];
  for (let n; (n = texts.nextNode()); ) {
    const e = n.parentElement;
    if (!n.data.trim() || !shown(e) || e.closest('script, style, svg, option, noscript')) continue;
    const box = e.getBoundingClientRect();
    if (box.width <= 1) continue; // for readers of screens only
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (size < 22) small.push([n.data.trim(), size]);
  }
  const foot = document.querySelector('.foot');
  const line = foot ? foot.getBoundingClientRect().top : innerHeight;
  const under = (e) => !foot?.contains(e) && e.getBoundingClientRect().bottom > line;
  const touch = [...document.querySelectorAll('button, a, input, textarea, label.choice')]
    .filter((e) => shown(e) && !e.closest('label.choice:not(:scope)') || e.matches('label.choice'))
    .filter((e) => !(e.matches('input') && e.closest('label')));
  const boxes = touch.map((e) => [e.innerText || e.id || e.className, e.getBoundingClientRect()]);
  const tiny = boxes.filter(([, b]) => b.width < 47.9 || b.height < 47.9)
    .map(([name, b]) => [name, b.width, b.height]);
  const close = [];
  const free = touch.filter((e) => !under(e)).map((e) => [e.innerText, e.getBoundingClientRect()]);
  free.forEach(([a, p], i) => free.slice(i + 1).forEach(([b, q]) => {
    const dx = Math.max(p.left - q.right, q.left - p.right);
    const dy = Math.max(p.top - q.bottom, q.top - p.bottom);
    if (Math.max(dx, dy) < 7.9) close.push([a, b, dx, dy]);
  }));
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return {small, tiny, close, wide};
}
"""


def axe(page: Page) -> list[str]:
    """What axe finds wrong with a page (WCAG 2.2 A and AA and best practices)."""
    if not page.evaluate("'axe' in window"):
        # Through the protocol: the page's own policy allows no foreign script.
        page.evaluate(AXE.read_text("utf-8") + ";0")
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


class Tablet:
    """One browser context with one page, at a registrar. Receipts stay until they are put away, as
    six seconds may be too short for a test to look; with ``clears`` they go by themselves.
    """

    def __init__(
        self,
        browser: Browser,
        host: Host,
        shots: Path,
        size: tuple[int, int] = LANDSCAPE,
        lang: str = "zh",
        slower: int = 1,
        wallet: str | None = None,
        clears: bool = False,
    ) -> None:
        self.host, self.shots, self.lang, self.size = host, shots, lang, size
        viewport: Any = {"width": size[0], "height": size[1]}
        self.context: BrowserContext = browser.new_context(viewport=viewport, has_touch=True)
        self.troubles: list[str] = []
        self.requests: list[Any] = []
        self.context.on("request", lambda request: self.requests.append(request))
        if not clears:
            self.context.add_init_script(_STAY)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(MILLISECONDS)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._hear)
        if slower > 1:
            session = self.context.new_cdp_session(self.page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        if wallet is not None:
            self.page.goto(f"{host.address}/static/icon.svg")
            self.page.evaluate("(w) => localStorage.setItem('ballot.wallet', w)", wallet)
        self.open()

    def _hear(self, message: Any) -> None:
        # A refused or failed request is part of some tests; the browser reports it as well.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(message.text)

    def scripts(self) -> tuple[int, int]:
        """Scripts that were loaded so far: how many, and their bytes over the wire."""
        loaded = [one for one in self.requests if one.url.endswith((".mjs", ".js"))]
        return len(loaded), sum(one.sizes()["responseBodySize"] for one in loaded)

    def open(self) -> None:
        """Load the page."""
        self.page.goto(f"{self.host.address}/tablet{'?lang=en' if self.lang == 'en' else ''}")

    def close(self) -> None:
        """Put it away; nothing may have gone wrong on the page."""
        self.context.close()
        assert not self.troubles, self.troubles

    # Looking.

    def on(self, screen: str) -> "Tablet":
        """Wait until that screen is shown."""
        try:
            self.page.wait_for_selector(f'[data-screen="{screen}"]')
        except TimeoutError:
            text = self.page.locator("body").inner_text()
            pytest.fail(f"waited for {screen}, found {self.screen}: {text}", False)
        return self

    @property
    def screen(self) -> str:
        """The name of the screen."""
        return self.page.locator(".tablet").get_attribute("data-screen") or ""

    @property
    def heading(self) -> str:
        """The heading."""
        return self.page.locator("h1").inner_text()

    @property
    def code(self) -> str:
        """The large code of the screen."""
        return self.page.locator(".code--big").inner_text()

    def shot(self, name: str) -> None:
        """Keep a picture of the page (after what is pressed has come to rest)."""
        self.page.mouse.move(0, 0)
        name = f"{name}-{self.lang}-{self.size[0]}x{self.size[1]}.png"
        self.page.screenshot(path=str(self.shots / name))

    def measure(self) -> dict[str, list[Any]]:
        """Texts under 22 px, targets under 48 px or nearer than 8 px, sideways overflow."""
        found: dict[str, Any] = self.page.evaluate(_MEASURE)
        return {what: value for what, value in found.items() if value not in ([], 0)}

    def axe(self) -> list[str]:
        """What axe finds wrong (WCAG 2.2 A and AA and best practices)."""
        return axe(self.page)

    def inspect(self, name: str) -> None:
        """A picture, the measures and axe: what every screen must pass."""
        self.shot(name)
        measured, faults = self.measure(), self.axe()
        assert not measured, f"{name}: {measured}"
        assert not faults, f"{name}: {faults}"

    def storage(self) -> dict[str, Any]:
        """Everything that is stored: local, session, databases, caches, cookies, history."""
        found: dict[str, Any] = self.page.evaluate(
            """async () => ({
              local: {...localStorage}, session: {...sessionStorage},
              databases: (await indexedDB.databases()).map((d) => d.name),
              caches: await caches.keys(), history: history.length, url: location.href,
            })"""
        )
        return found | {"cookies": self.context.cookies()}

    # Touching.

    @property
    def go(self) -> Locator:
        """The main button at the foot."""
        return self.page.locator(".foot .btn--next")

    def tool(self, name: str) -> None:
        """One of the tools at the top."""
        self.page.locator(f'[data-tool="{name}"]').click()

    def type_code(self, code: str) -> None:
        """Type a code on the keys of the screen."""
        for digit in code.replace("-", ""):
            self.page.locator(".key").get_by_text(digit, exact=True).click()

    def check_in(self, code: str) -> None:
        """Show a pass, to the waiting screen."""
        self.on("idle").go.click()
        self.on("check_in").type_code(code)
        self.go.click()
        self.on("waiting")

    def choice(self, row: int, letter: str) -> Locator:
        """The input of a row (from 1) and a letter."""
        return self.page.locator(f'.item:nth-child({row}) input[value="{letter}"]')

    def mark(self, marks: str) -> None:
        """One letter per row; blank leaves it."""
        for row, letter in enumerate(marks, 1):
            if letter != " ":
                self.choice(row, letter).click()

    def marked(self) -> str:
        """One letter per row, blank where nothing is marked."""
        found: str = self.page.evaluate(
            "[...document.querySelectorAll('.item')].map((e) => e.dataset.mark || ' ').join('')"
        )
        return found

    def review(self) -> None:
        """To the check page, until the ballot can be cast."""
        self.go.click()
        self.page.wait_for_selector(".btn--seal")
        self.page.wait_for_timeout(650)  # the guard against a double tap

    def cast(self) -> None:
        """投出选票."""
        self.page.locator(".btn--seal").click()

    def tracker(self) -> str:
        """The full tracker of the envelope on its way, from the storage."""
        kept: str = self.page.evaluate("localStorage.getItem('ballot.outgoing')")
        found: str = json.loads(kept)["tracker"]
        return found

    def expect_text(self, selector: str, text: str) -> None:
        """Wait until an element says it."""
        expect(self.page.locator(selector)).to_contain_text(text)
