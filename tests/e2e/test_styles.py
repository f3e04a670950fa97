"""Every ballot style on the one page, cast and found in the box; and the test ballot (验票)."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ballot.crypto.encoding import code_of_hex
from ballot.tally.casting import reopen_test_ballot
from tests.e2e.host import Host
from tests.e2e.tablet import LANDSCAPE, PORTRAIT, Tablet
from tests.patience import MILLISECONDS

Tablets = Callable[..., Tablet]
READER = Path(__file__).parents[2] / "ballot/web/static/vendor/qr_reader.mjs"


@pytest.fixture(scope="module")
def host(hosts: Callable[..., Host]) -> Host:
    """One vote of each style."""
    return hosts(styles=["approve", "grades", "motion", "three_way"])


def begin(host: Host, vote: int, count: int) -> list[str]:
    """Check-in and opening of that vote; the wallets of so many tablets."""
    host.open_check_in(vote)
    wallets = [host.wallet(n) for n in range(1, count + 1)]
    host.close_check_in()
    host.open_round()
    return wallets


@pytest.mark.parametrize(
    ("vote", "style", "marks", "said"),
    [
        (
            1,
            "approve",
            "Y YY   Y ",
            ["赞成", "未选", "赞成", "赞成", *["未选"] * 3, "赞成", "未选"],
        ),
        (2, "grades", "SBUK SSSS", ["满意", "基本满意", "不满意", "不了解", "弃权", *["满意"] * 4]),
        (3, "motion", "N", ["反对"]),
    ],
)
def test_a_ballot_of_every_style_is_read_back_in_words_and_cast(
    host: Host, tablets: Tablets, vote: int, style: str, marks: str, said: list[str]
) -> None:
    wide, tall = begin(host, vote, 2)
    one = tablets(host, wallet=wide, size=LANDSCAPE).on("marking")
    one.mark(marks)
    assert one.marked() == marks
    one.inspect(style)
    one.review()
    words = [row.inner_text().split()[-1] for row in one.page.locator(".said-list tr").all()]
    assert words == said
    one.inspect(f"{style}-review")
    one.cast()
    one.on("done")
    other = tablets(host, wallet=tall, size=PORTRAIT, lang="en").on("marking")
    other.inspect(style)
    other.review()
    other.inspect(f"{style}-empty")
    other.cast()
    other.on("done")
    assert host.cast() == 2
    host.close_round()


def test_a_test_ballot_opens_on_another_device_and_cannot_be_cast(
    host: Host, tablets: Tablets
) -> None:
    (wallet,) = begin(host, 4, 1)
    one = tablets(host, wallet=wallet).on("marking")
    one.mark("YYNA")
    one.review()
    shown = one.page.locator(".foot .code").last.inner_text()
    asked = len(one.requests)
    one.page.locator(".testvote .btn").click()
    one.on("test")
    assert one.code == shown  # fixed before the deputy chose between 投出 and 验票 (B15)
    one.inspect("test")
    text = read_qr(one)
    opening = json.loads(text)
    assert set(opening) == {"credential", "e", "marks", "seed", "slot"}  # nothing to cast (E20)
    gate = host.gate(opening["slot"])
    seed, e = bytes.fromhex(opening["seed"]), bytes.fromhex(opening["e"])
    tracker = reopen_test_ballot(gate, opening["marks"], opening["credential"], seed, e)
    assert code_of_hex(tracker.hex()) == shown
    assert opening["marks"] == "YYNAAAAAA"
    checking = tablets(host)
    checking.page.goto(f"{host.address}/check-test")
    checking.page.locator("#opening").fill(text)
    checking.page.get_by_role("button", name="核对", exact=True).click()
    checking.expect_text(".code--big", shown)
    checking.inspect("check-test")
    checking.page.locator("#opening").fill(text.replace('"Y', '"N', 1))
    checking.page.get_by_role("button", name="核对", exact=True).click()
    changed = "c => !(document.querySelector('.code--big')?.innerText ?? c).includes(c)"
    checking.page.wait_for_function(changed, arg=shown)  # other marks, another code
    sent = [request for request in one.requests[asked:] if request.method != "GET"]
    told = "".join(request.url for request in one.requests[asked:])
    assert sent == []  # what was opened never leaves the tablet
    assert not any(value in told for value in opening.values() if len(value) > 20)
    one.go.click()
    one.on("marking")
    assert one.marked().strip() == ""  # marked anew, with a new seed
    one.mark("YYNA")
    one.review()
    assert one.page.locator(".foot .code").last.inner_text() != shown
    one.cast()
    one.on("done")
    assert not host.holds(tracker.hex())
    assert host.cast() == 1


def read_qr(tablet: Tablet) -> str:
    """The text of the QR code on the screen, by what another device's camera would see."""
    picture = base64.b64encode(tablet.page.locator(".qr").screenshot()).decode()
    browser = tablet.context.browser
    assert browser is not None
    page = browser.new_page()
    page.set_default_timeout(MILLISECONDS)
    found: str = page.evaluate(
        """async ([source, picture]) => {
          const blob = new Blob([source], {type: 'text/javascript'});
          const { decodeQR } = await import(URL.createObjectURL(blob));
          const image = new Image();
          image.src = `data:image/png;base64,${picture}`;
          await image.decode();
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext('2d');
          context.drawImage(image, 0, 0);
          return decodeQR(context.getImageData(0, 0, image.width, image.height));
        }""",
        [READER.read_text("utf-8"), picture],
    )
    page.close()
    return found
