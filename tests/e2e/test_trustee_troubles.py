"""A scrutineer's browser among devices that work with files: a changed document, a new board, a
lost key (attacks A12, E2, E21).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from ballot.tally.events import decode_event
from ballot.trustee import documents
from ballot.trustee.documents import file_name
from tests.e2e.off_line import OffLine
from tests.e2e.trustees import PASSPHRASE, TrusteePage, TrusteesHost
from tests.patience import SECONDS, until
from tests.trustee.parties import look


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrusteesHost]:
    """A session without keys."""
    found = TrusteesHost(tmp_path_factory.mktemp("hall"))
    yield found
    found.stop()


@pytest.fixture(scope="module")
def page(browser: Browser, host: TrusteesHost, shots: Path) -> Iterator[TrusteePage]:
    """The first trustee's browser."""
    found = TrusteePage(browser, host, host.trustees[0], shots)
    yield found
    found.close()


def test_a_changed_document_stops_the_ceremony_and_all_begin_anew(
    host: TrusteesHost, page: TrusteePage, tmp_path: Path
) -> None:
    page.bring_key()
    page.open()
    page.unlock()
    page.press("生成我的钥匙")
    page.on("正在和其他监票人交换")
    others = OffLine(host, page, tmp_path, 1)
    second, third = (others.people[0], others.people[1])
    board = others.shown()
    look(second, board)
    name = second.name("certificate")
    others.hand_in({name: board[name]})
    expect(page.page.locator(".shares .slot--on")).to_have_count(2)
    # The service shows this device another version of what it saw before.
    contents = {"certificate": "{}", "commitment": "0" * 64}
    other = documents.write(second.place, "certificate", contents).decode()

    def change(route: Route) -> None:
        answer = route.fetch(url=f"{host.address}/api/ceremony")
        shown: dict[str, Any] = answer.json()
        for one in shown["documents"]:
            one["text"] = other if one["name"] == name else one["text"]
        route.fulfill(response=answer, body=json.dumps(shown | {"state": "0" * 64}))

    page.page.route("**/api/ceremony?*", change)
    page.on(f"{host.trustees[1].name} 的文件有问题")
    page.shot("alarm")
    page.page.unroute_all(behavior="wait")  # one may be on its way: the page asks every second
    page.on("正在和其他监票人交换")  # the true one again: nothing was lost
    # A second version handed in is refused, and named on the page.
    answer = page.page.evaluate(
        """async ([path, text]) => {
          const { token } = await (await fetch("/api/me")).json();
          const headers = { "content-type": "application/json", "x-csrf-token": token };
          return (await fetch(path, { method: "POST", headers, body: text })).status;
        }""",
        [f"/api/ceremony/1/{name}", other],
    )
    assert answer == 409
    expect(page.page.locator("[data-part=conflicts]")).to_contain_text(host.trustees[1].name)
    # All agree to begin anew; the page draws a fresh seed by itself.
    page.page.locator("summary", has_text="重新开始").click()
    page.press("提议重新开始")
    for one in (second, third):
        given_up = documents.write(one.place, "renewal", {"number": 1})
        others.hand_in({one.name("renewal"): given_up})
    expect(page.page.locator(".shares .slot--on")).to_have_count(1)
    found = httpx.get(f"{host.address}/api/ceremony", timeout=SECONDS).json()
    assert found["number"] == 2
    assert [one["name"] for one in found["documents"]] == [file_name("certificate", 1)]
    expect(page.page.locator("[data-part=conflicts]")).to_be_empty()


def test_a_browser_and_devices_off_line_make_one_key(
    host: TrusteesHost, page: TrusteePage, tmp_path: Path
) -> None:
    others = OffLine(host, page, tmp_path, 2)

    def drilled() -> bool:
        others.step()
        return "4-drill-3.json" in others.shown()

    until(drilled, rest=lambda: page.page.wait_for_timeout(1000))
    page.on("把钥匙做一份备份")
    copy = page.save_copy(Path(tmp_path / "copy.txt"))
    page.press("备份好了")
    page.on("用备份演练一次")
    page.page.locator("summary", has_text="用打印件").click()
    page.page.fill("#copy-text", copy.read_text())
    page.page.fill("#drill-passphrase", PASSPHRASE)
    page.press("用备份演练")
    page.on("等大家就绪")
    others.step()
    page.on("钥匙已就绪")
    page.shot("idle")
    assert decode_event(host.events()[-1]).kind == "keys_ready"
    (tmp_path.parent / "copy.txt").write_text(copy.read_text())


def test_a_lost_key_comes_back_from_the_copy_and_seals_nothing_that_was_open(
    host: TrusteesHost, page: TrusteePage, tmp_path: Path
) -> None:
    session = host.definition.session
    page.page.evaluate(
        """async (session) => {
          const keys = await import("/static/office/keys.mjs");
          for (const name of ["official", `share:${session}`, `journal:${session}`]) {
            await keys.removeKey(name);
          }
        }""",
        session,
    )
    slot = host.play(["YAAAAAAAA"])
    page.open()
    page.on("请从备份恢复")
    page.shot("restore")
    box = page.page.get_by_role("checkbox")
    assert (box.is_checked(), box.is_disabled()) == (True, True)
    page.page.set_input_files("#copy-file", tmp_path.parent / "copy.txt")
    page.page.fill("#restore-passphrase", PASSPHRASE)
    page.press("恢复我的钥匙")
    page.on("这一轮本机不封箱")
    assert not host.stage.board.state.round(slot).seals
    assert all(decode_event(line).kind != "sealed" for line in host.events())
