"""Anyone verifies a record in a browser: the page, its workers, three outcomes (protocol §11)."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Request, expect

from ballot.web.app import result_app
from tests.e2e.tablet import axe
from tests.patience import MILLISECONDS
from tests.records import make_record

OTHER = "7K3F-9QXM-2T8B"
NAME = "three_way"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The result pages of a small session, on this machine."""
    record = tmp_path_factory.mktemp("site") / "record.zip"
    record.write_bytes(make_record(NAME)[0])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(result_app(record), log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; nothing may go wrong in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(MILLISECONDS)
    made, faults = context.new_page(), list[str]()
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield made
    context.close()
    assert not faults


def ask(page: Page, code: str, go: str = "开始核验") -> None:
    page.locator("#session").fill(code)
    page.get_by_role("button", name=go).click()


def test_the_page_says_pass_to_the_record_of_the_notice(
    page: Page, site: str, shots: Path, tmp_path: Path
) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    code = make_record(NAME)[1]
    page.goto(f"{site}/")
    page.get_by_role("link", name="在浏览器中核验").click()
    expect(page.locator("#session")).to_be_visible()
    assert not (found := axe(page)), found
    page.screenshot(path=shots / "verify-start.png", full_page=True)
    ask(page, code.lower().replace("-", " "))
    expect(page.get_by_role("heading", name="通过", exact=True)).to_be_visible()
    expect(page.locator(".check--pass")).to_have_count(13)
    expect(page.locator(".check--not_applicable")).to_have_count(1)
    expect(page.get_by_text(code).first).to_be_visible()
    assert not (found := axe(page)), found
    page.screenshot(path=shots / "verify-pass.png", full_page=True)
    assert all(request.url.startswith((site, "blob:", "data:")) for request in asked)
    own = {request.url.removeprefix(site) for request in asked}
    assert "/static/client/verify/worker.mjs" in own


def test_another_code_fails_and_none_is_no_verdict(page: Page, site: str, shots: Path) -> None:
    page.goto(f"{site}/verify")
    ask(page, OTHER)
    expect(page.get_by_role("heading", name="不通过")).to_be_visible()
    expect(page.locator(".check--fail")).to_have_count(1)
    expect(page.locator(".check--fail")).to_contain_text("会议码与这份档案不符")
    assert not (found := axe(page)), found
    page.screenshot(path=shots / "verify-fail.png", full_page=True)
    ask(page, "")
    expect(page.get_by_role("heading", name="无法核验")).to_be_visible()
    expect(page.locator(".check--not_checkable")).to_contain_text("没有输入会议码")


def test_a_file_of_ones_own_in_english(page: Page, site: str, shots: Path, tmp_path: Path) -> None:
    data, code = make_record(NAME)
    damaged, other = tmp_path / "record.zip", tmp_path / "letter.txt"
    middle = len(data) // 2
    damaged.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    other.write_text("no record")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}/en/verify")
    page.get_by_label("A file of my own").check()
    ask(page, code, "Verify")
    expect(page.get_by_role("status")).to_contain_text("Choose the file record.zip first")
    page.locator("#file").set_input_files(damaged)
    ask(page, code, "Verify")
    expect(page.get_by_role("heading", name="Invalid", exact=True)).to_be_visible()
    assert not (found := axe(page)), found
    page.screenshot(path=shots / "verify-en-phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#file").set_input_files(other)
    ask(page, code, "Verify")
    expect(page.get_by_role("heading", name="Not checkable", exact=True)).to_be_visible()
    ask(page, "7K3F", "Verify")
    expect(page.get_by_role("status")).to_contain_text("twelve characters")
