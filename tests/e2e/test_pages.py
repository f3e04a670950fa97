"""Hall screen, clerk's desk and result pages in a real browser: axe, both languages, a picture."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from ballot.web.app import result_app
from ballot.web.serving import bind
from tests.e2e.host import Host
from tests.e2e.tablet import axe
from tests.patience import MILLISECONDS, SECONDS
from tests.records import make_record

LANGUAGES = ("zh", "en")


@pytest.fixture
def look(browser: Browser, shots: Path) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser of its own, check it, keep a picture of it."""
    troubles: list[str] = []
    opened: list[Any] = []

    def open_page(address: str, name: str, width: int = 1280, height: int = 800) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else 0)
        opened.append(context)
        page.goto(address)
        check(page, name, shots)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert [one for one in troubles if "Failed to load resource" not in one] == []


def check(page: Page, name: str, shots: Path) -> None:
    """No fault that axe finds, nothing wider than the page; a picture."""
    page.screenshot(path=str(shots / f"{name}.png"), full_page=True)
    assert axe(page) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0, name


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a published result that has everything: two votes, a run-off, paper."""
    path = tmp_path_factory.mktemp("result") / "record.zip"
    path.write_bytes(make_record("run_off")[0])
    listening = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(result_app(path), log_level="warning"))
    with patch.object(server, "install_signal_handlers", lambda: None, create=True):
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        httpx.get(f"{address}/health", timeout=SECONDS)
        yield address
        server.should_exit = True
        running.join()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_result_pages_have_no_fault(results: str, look: Callable[..., Page], lang: str) -> None:
    home = results + ("/en" if lang == "en" else "")
    page = look(home or results, f"result-{lang}")
    links = page.locator("a[href*='/certificate/'], a[href*='/notice/']")
    paths = {link.get_attribute("href") for link in links.all()}
    assert len(paths) >= 2
    for path in sorted(filter(None, paths)):
        look(results + path, f"result{path.replace('/', '-')}")
    small = look(home or results, f"result-{lang}-390", 390, 844)
    small.locator("form[action$='/tracker'] input").first.fill("0000-0000-0000")
    small.locator("form[action$='/tracker'] button").click()
    small.wait_for_load_state()
    assert axe(small) == []
    look(f"{home}/nothing-here", f"not-found-{lang}")


@pytest.fixture(scope="module")
def host(hosts: Callable[..., Host]) -> Host:
    """A session before its check-in."""
    return hosts(practice=True)


def test_the_hall_screen_has_no_fault_at_any_step(host: Host, look: Callable[..., Page]) -> None:
    def seen(step: str) -> None:
        for lang in LANGUAGES:
            for theme in ("", "&theme=light"):
                name = f"hall-{step}-{lang}{theme[-5:]}"
                page = look(f"{host.address}/hall?lang={lang}{theme}", name, 1920, 1080)
                assert page.locator("h1").inner_text()

    seen("ready")
    host.open_check_in()
    host.wallet(1)
    seen("check_in")
    host.close_check_in()
    host.open_round()
    seen("voting")
    host.close_round()
    seen("counting")


def test_the_clerks_desk_has_no_fault(hosts: Callable[..., Host], browser: Browser) -> None:
    host = hosts()
    host.open_check_in()
    shots = Path(__file__).parents[2] / "artefacts" / "e2e"
    for lang in LANGUAGES:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        page.goto(f"{host.address}/desk/login?lang={lang}")
        check(page, f"desk-login-{lang}", shots)
        page.locator("input[name=code]").fill(host.desk_code)
        page.locator("main button").click()
        page.wait_for_url(f"{host.address}/desk")
        number = host.stage.plan.deputies[{"zh": 4, "en": 5}[lang]]
        for path in ("/desk", "/desk?q=00", "/desk/list", f"/desk/deputy/{number}"):
            page.goto(f"{host.address}{path}")
            check(page, f"desk{path.replace('/', '-').replace('?', '-')}-{lang}", shots)
        page.locator("form[action$='/pass'] input[name=confirmed]").check()
        page.locator("form[action$='/pass'] button").click()
        page.wait_for_selector(".code")
        check(page, f"desk-pass-{lang}", shots)
        context.close()
