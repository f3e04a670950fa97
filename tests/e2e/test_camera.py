"""Scanning with a camera: Chromium's fake one, which films a printed pass."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, Playwright

from tests.e2e.conftest import launch
from tests.e2e.host import Host
from tests.e2e.tablet import Tablet

WIDTH, HEIGHT = 640, 480


def film(path: Path, text: str) -> None:
    """A grey video (YUV4MPEG2) of a QR code a little off the middle."""
    matrix = [[0 if dark else 235 for dark in row] for row in segno.make(text, micro=False).matrix]
    scale = 9
    luma = bytearray([180]) * (WIDTH * HEIGHT)
    left, top = 170, 90
    for y in range((len(matrix) + 8) * scale):
        for x in range((len(matrix) + 8) * scale):
            row, column = y // scale - 4, x // scale - 4
            inside = 0 <= row < len(matrix) and 0 <= column < len(matrix)
            luma[(top + y) * WIDTH + left + x] = matrix[row][column] if inside else 235
    chroma = bytes([128]) * (WIDTH * HEIGHT // 2)
    frame = b"FRAME\n" + luma + chroma
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F5:1 Ip A1:1 C420jpeg\n".encode() + frame * 3)


@pytest.fixture(scope="module")
def host(hosts: Callable[..., Host]) -> Host:
    """A session whose check-in is open."""
    made = hosts()
    made.open_check_in()
    return made


@pytest.fixture(scope="module")
def filming(
    driver: Playwright, host: Host, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser whose camera sees the pass of the first deputy."""
    path = tmp_path_factory.mktemp("film") / "pass.y4m"
    film(path, host.grant(1))
    started = launch(
        driver,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    )
    yield started
    started.close()


def test_a_pass_is_scanned_and_the_camera_goes_out(
    host: Host, filming: Browser, shots: Path
) -> None:
    tablet = Tablet(filming, host, shots).on("idle")
    tablet.context.grant_permissions(["camera"])
    tablet.go.click()
    tablet.on("check_in").page.get_by_role("button", name="扫描二维码").click()
    tablet.on("waiting")
    live = "navigator.mediaDevices && [...document.querySelectorAll('video')].length"
    assert tablet.page.evaluate(live) == 0
    assert tablet.storage()["cookies"] == []
    tablet.close()


def test_without_a_camera_the_page_asks_to_type(host: Host, browser: Browser, shots: Path) -> None:
    tablet = Tablet(browser, host, shots).on("idle")
    tablet.go.click()
    tablet.on("check_in").page.get_by_role("button", name="扫描二维码").click()
    tablet.expect_text(".lead", "请改为输入")
    tablet.inspect("no_camera")
    tablet.go.click()
    tablet.on("check_in")
    tablet.page.locator("body").press("A")  # typed before anything has the focus
    assert tablet.page.locator("#pad-field").input_value() == "A"
    tablet.close()
