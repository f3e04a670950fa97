"""Chromium, running sessions, tablets. Pictures go to ``artefacts/e2e`` (not in git)."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect, sync_playwright

from tests.e2e.host import Host
from tests.e2e.tablet import LANDSCAPE, Tablet
from tests.patience import MILLISECONDS
from tests.unit.test_web_office import BASE

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test below this folder needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.needs("chromium"))


def launch(playwright: Playwright, *more: str) -> Browser:
    """Chromium with these further arguments."""
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=[*ARGUMENTS, *more]
    )


@pytest.fixture(scope="module")  # Playwright's event loop must not outlive the module
def driver() -> Iterator[Playwright]:
    """Playwright."""
    expect.set_options(timeout=MILLISECONDS)
    # On a slow machine officials would be asked for their passwords in the middle of a test.
    with sync_playwright() as playwright, patch("ballot.web.sessions.FRESH", 3600.0):
        yield playwright


@pytest.fixture(scope="module")
def browser(driver: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    started = launch(driver)
    yield started
    started.close()


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where pictures go."""
    place = Path(__file__).parents[2] / "artefacts" / "e2e"
    place.mkdir(parents=True, exist_ok=True)
    return place


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Host]]:
    """Make sessions; they end with the module."""
    made: list[Host] = []

    def make(**options: Any) -> Host:
        made.append(Host(tmp_path_factory.mktemp("hall"), **options))
        return made[-1]

    yield make
    for host in made:
        host.stop()


@pytest.fixture
def tablets(browser: Browser, shots: Path) -> Iterator[Callable[..., Tablet]]:
    """Take tablets from the tray; at the end none of them may have seen a fault."""
    taken: list[Tablet] = []

    def take(host: Host, **options: Any) -> Tablet:
        taken.append(Tablet(browser, host, shots, **options))
        return taken[-1]

    yield take
    for tablet in taken:
        tablet.close()


Open = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Pages of an application that answers in this process, to whoever signed in as ``who``."""
    made = []
    # Playwright has this thread's event loop.
    with ThreadPoolExecutor(1) as thread:

        def open_(who: Any, path: str, size: tuple[int, int] = LANDSCAPE) -> Page:
            context = browser.new_context(viewport={"width": size[0], "height": size[1]})
            context.set_default_timeout(MILLISECONDS)
            made.append(context)

            def answer(route: Route) -> None:
                asked = route.request
                at = urlsplit(asked.url)
                target = at.path + (f"?{at.query}" if at.query else "")
                kind = {"content_type": asked.headers.get("content-type", "")}
                body = asked.post_data_buffer
                found = thread.submit(
                    who.ask, asked.method, target, body, **(kind if body else {})
                ).result()
                if location := found.headers.get("location"):
                    moved = f'<meta http-equiv="refresh" content="0;url={location}">'
                    route.fulfill(status=200, content_type="text/html", body=moved)
                    return
                # A page that follows by itself would go away while it is looked at.
                gone = ("content-length", "refresh")
                kept = {k: v for k, v in found.headers.items() if k not in gone}
                route.fulfill(status=found.status_code, headers=kept, body=found.content)

            context.route("**/*", answer)
            page = context.new_page()
            page.goto(BASE + path)
            return page

        yield open_
        for context in made:
            context.close()
