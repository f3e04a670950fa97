"""Preparing a session in Chromium: every page in both languages, axe, a picture."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.tablet import axe
from tests.preparing import House, quick
from tests.unit.test_web_office import BASE

HERE = "/office/prepare"
PAGES = ("", "/about", "/roll", "/votes", "/people", "/keys", "/slips")
OF_A_VOTE = ("", "/rules", "/ballot", "/items", "/items/P01")
MESSY = Path(__file__).parents[1] / "data" / "importing" / "roll_messy.xlsx"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A directory in which nothing is prepared; everybody has an account and a key."""
    with quick():
        found = House(tmp_path / "data")
        found.let_in()
        yield found


def apart(work: Callable[..., Any], *given: Any) -> Any:
    """Done in another thread: this one has Playwright's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *given).result()


def check(page: Page, shots: Path, name: str) -> None:
    """A picture, axe, nothing sideways, nothing to touch that is too small."""
    page.screenshot(path=shots / f"prepare-{name}.png", full_page=True)
    assert axe(page) == [], name
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0, name
    small = page.evaluate(
        """() => [...document.querySelectorAll('main button, main a.btn, main select')]
        .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 44)
        .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert small == [], name


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_of_the_preparation_has_no_fault(
    house: House, visit: Open, shots: Path, lang: str
) -> None:
    clerk = house.browser("clerk")
    check(visit(clerk, f"{HERE}?lang={lang}"), shots, f"empty-{lang}")
    clerk = apart(house.prepare)
    page = visit(clerk, f"{HERE}?lang={lang}")
    paths = (*PAGES, *(f"/votes/projects{one}" for one in OF_A_VOTE))
    for path in paths:
        page = visit(clerk, f"{HERE}{path}?lang={lang}")
        check(page, shots, f"{path.strip('/').replace('/', '-') or 'overview'}-{lang}")
    check(visit(clerk, f"/office/accounts?lang={lang}"), shots, f"accounts-{lang}")
    check(visit(clerk, f"/office/key?lang={lang}"), shots, f"key-{lang}")
    definition = apart(house.freeze, clerk)
    check(visit(clerk, f"{HERE}/frozen?lang={lang}"), shots, f"frozen-{lang}")
    for path in ("/tablet", "/hall"):
        check(visit(house.browser(), f"{path}?lang={lang}"), shots, f"early{path[1:]}-{lang}")
    apart(house.adopt, definition)
    check(visit(clerk, f"/office/practice?lang={lang}"), shots, f"practice-{lang}")


def test_a_messy_roll_is_previewed_row_by_row_before_anything_is_taken_over(
    house: House, visit: Open, shots: Path
) -> None:
    clerk = apart(house.prepare)
    page = visit(clerk, f"{HERE}/roll")
    # A request that Playwright answers itself comes without the file that it carried.
    shown = apart(clerk.upload, "/roll/import", MESSY.name, MESSY.read_bytes(), "roll")
    page.route(
        "**/shown", lambda route: route.fulfill(body=shown.content, content_type="text/html")
    )
    page.goto(f"{BASE}{HERE}/shown")
    expect(page.locator("main")).to_contain_text("行")
    check(page, shots, "import-roll")
    page.goto(f"{BASE}{HERE}/roll")
    expect(page.locator("main")).to_contain_text("30")  # nothing was taken over
