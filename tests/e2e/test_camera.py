"""Scanning with a camera: Chromium's fake one, which films a printed pass and a printed key copy.

However a scan ends, every track that the camera gave is ended.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.e2e.conftest import launch
from tests.e2e.host import Host
from tests.e2e.off_line import OffLine
from tests.e2e.tablet import Tablet
from tests.e2e.trustees import PASSPHRASE, TrusteePage, TrusteesHost
from tests.patience import until

WIDTH, HEIGHT = 640, 480
QUIET = 4  # modules
Matrix = Sequence[Sequence[bool]]
LISTEN = """
globalThis.tracks = [];
const devices = navigator.mediaDevices, real = devices?.getUserMedia.bind(devices);
if (real) devices.getUserMedia = async (wanted) => {
  const stream = await real(wanted);
  tracks.push(...stream.getTracks());
  return stream;
};
"""


def film(path: Path, *codes: Matrix) -> None:
    """A grey video (YUV4MPEG2) of QR codes a little off the middle, one after the other."""
    chroma = bytes([128]) * (WIDTH * HEIGHT // 2)
    frames = [b"FRAME\n" + picture(code) + chroma for code in codes or ([],)]
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F5:1 Ip A1:1 C420jpeg\n"
    path.write_bytes(head.encode() + b"".join(frame * 3 for frame in frames))


def picture(code: Matrix) -> bytes:
    """The code on a sheet before a grey wall."""
    luma = bytearray([180]) * (WIDTH * HEIGHT)
    side = len(code) + 2 * QUIET
    scale = min(9, (HEIGHT - 30) // side)
    left, top = (WIDTH - side * scale) // 2 + 9, (HEIGHT - side * scale) // 2 + 6
    for y in range(side * scale if code else 0):
        for x in range(side * scale):
            row, column = y // scale - QUIET, x // scale - QUIET
            inside = 0 <= row < len(code) and 0 <= column < len(code)
            luma[(top + y) * WIDTH + left + x] = 0 if inside and code[row][column] else 235
    return bytes(luma)


def printed(drawing: str) -> Matrix:
    """The modules of a code as the sheet draws it: runs ``M3 7h2…`` within a quiet zone."""
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)", drawing)]
    side = max(y for _, y, _ in runs) + 1 - QUIET
    found = [[False] * side for _ in range(side)]
    for x, y, length in runs:
        found[y - QUIET][x - QUIET : x - QUIET + length] = [True] * length
    return found


def see(driver: Playwright, path: Path) -> Browser:
    """A browser whose camera shows that film."""
    return launch(
        driver,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    )


def listen(context: BrowserContext) -> None:
    """From the next document on, keep every track that a camera gives."""
    context.grant_permissions(["camera"])
    context.add_init_script(LISTEN)


def met(page: Page, script: str) -> None:
    """Wait until it is so (the page's policy forbids what Playwright has for this)."""
    until(lambda: page.evaluate(script), lambda: script, lambda: page.wait_for_timeout(100))


def went_out(page: Page, cameras: int) -> None:
    """So many cameras were on in this document, and all of them are out."""
    met(page, "tracks.every((track) => track.readyState === 'ended')")
    assert page.evaluate("tracks.length") == cameras
    expect(page.locator("video")).to_have_count(0)


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
    code = segno.make(host.grant(1), micro=False)
    film(path, [[bool(dark) for dark in row] for row in code.matrix])
    started = see(driver, path)
    yield started
    started.close()


def test_a_pass_is_scanned_and_the_camera_goes_out(
    host: Host, filming: Browser, shots: Path
) -> None:
    tablet = Tablet(filming, host, shots).on("idle")
    listen(tablet.context)
    tablet.page.reload()
    tablet.on("idle").go.click()
    tablet.on("check_in").page.get_by_role("button", name="扫描二维码").click()
    tablet.on("waiting")
    went_out(tablet.page, 1)
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
    expect(tablet.page.locator("#pad-field")).to_have_value("A")
    tablet.close()


@pytest.fixture
def trustee(driver: Playwright, tmp_path: Path, shots: Path) -> Iterator[TrusteePage]:
    """The first trustee's browser; its camera sees what lies in ``film.y4m``, first nothing."""
    film(tmp_path / "film.y4m")
    host = TrusteesHost(tmp_path / "hall")
    started = see(driver, tmp_path / "film.y4m")
    page = TrusteePage(started, host, host.trustees[0], shots)
    listen(page.context)
    yield page
    page.close()
    started.close()
    host.stop()


def test_the_drill_is_done_from_the_printed_sheet_by_camera(
    trustee: TrusteePage, tmp_path: Path
) -> None:
    page = trustee.page
    trustee.bring_key()
    trustee.open()
    trustee.unlock()
    trustee.press("生成我的钥匙")
    trustee.on("正在和其他监票人交换")
    others = OffLine(trustee.host, trustee, tmp_path, 1)

    def drilled() -> bool:
        others.step()
        return "4-drill-3.json" in others.shown()

    until(drilled, rest=lambda: page.wait_for_timeout(1000))
    trustee.on("把钥匙做一份备份")
    sheet = page.locator(".sheet .qr .qr__dark").all()
    codes = [printed(drawing.get_attribute("d") or "") for drawing in sheet]
    assert len(codes) == 2
    copy = trustee.save_copy(tmp_path / "copy.txt").read_text()
    trustee.press("备份好了")
    trustee.on("用备份演练一次")

    def scan() -> None:
        page.locator("summary", has_text="用打印件").click()
        trustee.press("扫描")
        met(page, "document.querySelector('video')?.videoWidth > 0")

    # Ended by hand, and left for another screen.
    scan()
    trustee.press("停止")
    expect(page.locator("details", has_text="用打印件")).to_contain_text("没有")
    went_out(page, 1)
    page.locator("summary", has_text="用打印件").click()
    scan()
    trustee.press("再看一次备份")
    trustee.on("把钥匙做一份备份")
    went_out(page, 2)

    film(tmp_path / "film.y4m", *codes)
    trustee.press("备份好了")
    trustee.on("用备份演练一次")
    scan()
    # Whichever of the two codes the camera saw first stands first.
    one, other = copy.split()
    either = re.compile(
        "^(" + re.escape(f"{one}\n{other}") + "|" + re.escape(f"{other}\n{one}") + ")$"
    )
    expect(page.locator("#copy-text")).to_have_value(either)
    went_out(page, 3)
    page.fill("#drill-passphrase", PASSPHRASE)
    trustee.press("用备份演练")
    trustee.on("等大家就绪")
