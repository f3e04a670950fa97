"""A tablet in Chromium with its processor slowed down six times: encrypting, and what it loads."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import launch
from tests.e2e.host import Host
from tests.e2e.tablet import Tablet

SLOWER, BALLOTS = 6, 3
Row = Callable[[str, float], None]


def browse(row: Row) -> None:
    """Measure with the county's twelve projects; nothing without Chromium."""
    if shutil.which("chromium") is None:
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        host = Host(Path(folder), sample="yunlan_county.json")
        try:
            host.open_check_in()
            wallet = host.wallet(1)
            host.close_check_in()
            host.open_round()
            tablet = Tablet(browser, host, Path(folder), slower=SLOWER)
            tablet.on("idle").page.wait_for_timeout(2000)
            files, size = tablet.scripts()
            row(f"client code of a tablet over the wire ({files} files), kB", size / 1000)
            tablet.close()
            tablet = Tablet(browser, host, Path(folder), slower=SLOWER, wallet=wallet)
            times = [_encrypt(tablet) for _ in range(BALLOTS)]
            row(f"encrypt a ballot of 12 projects, Chromium {SLOWER} × slower, ms", min(times))
            tablet.close()
        finally:
            host.stop()
            browser.close()


def _encrypt(tablet: Tablet) -> float:
    """Milliseconds from the tap on "check" to the button that casts."""
    tablet.on("marking").mark("YYYYYYYYYYNA")
    page: Any = tablet.page
    started = time.perf_counter()
    tablet.go.click()
    page.wait_for_selector(".btn--seal")
    took = (time.perf_counter() - started) * 1000
    page.locator(".btn--back").click()
    return took
