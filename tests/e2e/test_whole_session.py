"""A whole session in six browsers and twenty deputies: from the frozen list to the record.

One scrutineer leaves after the ceremony, one hands in a wrong share, a paper count is mistyped,
two projects tie and are voted on again.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from ballot.crypto.encoding import code_of_hex
from ballot.verify.record import verify_record
from tests.e2e.tablet import Tablet
from tests.e2e.trustees import PASSPHRASE, wrong_partial
from tests.e2e.whole import WholeHost, WholePage, cheap_keys
from tests.patience import SECONDS

FIRST, SECOND = "v1-1", "v1-2"
TABLETS, PAPERS = 14, 6
MOST_CLICKS = 12
EIGHT, NINE = "YYYYYYYYN", "YYYYYYYNY"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHost]:
    """One session."""
    with cheap_keys():
        found = WholeHost(tmp_path_factory.mktemp("hall"))
        yield found
        found.stop()


@pytest.fixture(scope="module")
def people(browser: Browser, host: WholeHost, shots: Path) -> Iterator[dict[str, WholePage]]:
    """Everyone's own browser, by account."""
    found = {one.id: WholePage(browser, host, one, shots) for one in host.stage.officials}
    yield found
    for page in found.values():
        page.close()


def test_a_whole_session_is_held_by_its_officials(
    host: WholeHost,
    people: dict[str, WholePage],
    tablets: Callable[..., Tablet],
    tmp_path: Path,
) -> None:
    names = ("clerk", "presiding-officer", "chief-scrutineer")
    clerk, chair, chief = (people[name] for name in names)
    one, two, missing = (people[each.id] for each in host.stage.officials[3:])
    for page in people.values():
        page.restore(tmp_path / "key.json")
    _adopt(host, clerk, chair, chief)
    _ceremony(host, [chief, one, two, missing], tmp_path)
    chair.propose("rules_adopted", yes=24, no=0, abstain=0)
    wallets = _check_in(host, clerk, chief)
    deputies = [tablets(host, wallet=wallet) for wallet in wallets[:2]]
    marks = [EIGHT] * 7 + [NINE] * 7
    _vote(host, FIRST, chair, chief, wallets, deputies, marks)
    _count(host, FIRST, [chair, chief, one, two], _sheet(host, FIRST, [EIGHT] * 3 + [NINE] * 3))
    selection = host.stage.board.state.round(FIRST).selection
    assert selection is not None
    assert len(selection.tied) == 2
    chair.propose("run_off_called")
    chief.sign_task()
    assert host.kinds()[-1] == "run_off_called"
    _vote(host, SECOND, chair, chief, wallets, deputies, ["YN"] * 8 + ["NY"] * 6)
    _count(host, SECOND, [chair, chief, one, two], _sheet(host, SECOND, ["YN"] * 3 + ["NY"] * 3))
    chair.propose("published")
    chief.sign_task()
    _published(host, chair)


def _adopt(host: WholeHost, clerk: WholePage, chair: WholePage, chief: WholePage) -> None:
    clerk.propose("defined")
    chair.propose("adopted")
    chief.sign_task()
    assert host.kinds() == ["defined", "adopted"]


def _ceremony(host: WholeHost, trustees: list[WholePage], tmp_path: Path) -> None:
    for page in trustees:
        page.open()
        page.unlock()
        page.press("生成我的钥匙")
    for i, page in enumerate(trustees):
        page.on("把钥匙做一份备份")
        copy = page.save_copy(tmp_path / f"{i}.txt")
        page.press("备份好了")
        page.on("用备份演练一次")
        page.drill(copy, PASSPHRASE)
    for page in trustees:
        page.on("钥匙已就绪")
    host.follow()


def _check_in(host: WholeHost, clerk: WholePage, chief: WholePage) -> list[str]:
    clerk.propose("check_in_opened")
    host.until("check_in_opened")
    host._named = [FIRST, SECOND]
    wallets = [host.wallet(number) for number in range(1, TABLETS + 1)]
    for deputy in host.stage.plan.deputies[TABLETS : TABLETS + PAPERS]:
        host.registrar.registrar.take_paper(deputy)
    clerk.take("check_in_closed")
    clerk.halt("截止签到")
    clerk.sign_checked()
    chief.sign_task()
    host.until("check_in_closed")
    issued = host.stage.board.state.issues[FIRST]
    assert (issued.present, issued.tablet, issued.paper) == (TABLETS + PAPERS, TABLETS, PAPERS)
    return wallets


def _vote(
    host: WholeHost,
    slot: str,
    chair: WholePage,
    chief: WholePage,
    wallets: list[str],
    deputies: list[Tablet],
    marks: list[str],
) -> None:
    chief.propose("box_empty")
    chair.propose("round_opened", present=TABLETS + PAPERS)
    host.until("round_opened", int(slot[-1]))
    host._until_box_follows()
    for tablet, text in zip(deputies, marks, strict=False):
        tablet.on("marking").mark(text)
        tablet.review()
        tablet.cast()
        tablet.on("done").go.click()
    for wallet, text in list(zip(wallets, marks, strict=True))[len(deputies) :]:
        host.vote(wallet, slot, text)


def _sheet(host: WholeHost, slot: str, marks: list[str]) -> dict[str, int]:
    """What a teller types who counted these papers."""
    found = {"returned": len(marks), "valid": len(marks)}
    found |= {"over_vote": 0, "unreadable": 0, "void_by_deputy": 0}
    for item in range(len(host.stage.board.state.round(slot).items)):
        for answer, letter in enumerate("YNA"):
            found[f"row_{item}_{answer}"] = sum(text[item] == letter for text in marks)
    return found


def _count(host: WholeHost, slot: str, people: list[WholePage], sheet: dict[str, int]) -> None:
    """From the presiding officer's "close" to the certificate: three of four scrutineers."""
    chair, chief, one, two = people
    for page in people:
        page.clicks = 0
    rounds = int(slot[-1])
    chair.take("round_closed")
    chair.fill(papers=PAPERS)
    chair.halt("截止投票")
    chair.sign_checked()
    host.until("round_closed", rounds)
    trustees = [chief, one, two]
    for page in trustees:
        page.open()
        page.unlock()
    for page in trustees:
        page.seal()
    one.enter_papers(slot, sheet)
    one.page.wait_for_selector(".banner--done")
    typed = sheet | {"row_0_0": sheet["row_0_0"] - 1, "row_0_1": sheet["row_0_1"] + 1}
    two.enter_papers(slot, typed if slot == FIRST else sheet)
    if slot == FIRST:
        table = two.page.locator("table.differs tbody tr")
        expect(table).to_have_count(2)
        two.fill(row_0_0=sheet["row_0_0"], row_0_1=sheet["row_0_1"])
        two.page.locator("form.entry .btn--next").click()
    two.sign_checked()
    one.sign_task()
    host.until("paper_counted", rounds)
    if slot == FIRST:
        wrong = wrong_partial(host, slot, 4)
        json = {"content-type": "application/json"}
        answer = httpx.post(
            f"{host.address}/api/events", content=wrong, headers=json, timeout=SECONDS
        )
        assert answer.json()["code"] == "partial.invalid", answer.text
    for page in (one, two):
        page.open()
        page.unlock()
        page.decrypt()
    host.until("counted", rounds)
    host.until_drafted("certified")  # it follows the count
    for page in (chief, one, two, chair):
        page.sign_task()
    host.until("certified", rounds)
    told = {page.one.name: page.clicks for page in people}
    assert max(told.values()) <= MOST_CLICKS, told


def _published(host: WholeHost, chair: WholePage) -> None:
    session = host.definition.session
    chair.page.goto(host.address)
    expect(chair.page.locator("a[href$='/record.zip']").first).to_be_visible()
    data = httpx.get(f"{host.address}/record.zip", timeout=SECONDS).content
    report = verify_record(lambda: io.BytesIO(data), code_of_hex(session), 1)
    assert report.verdict == "valid", report
    assert host.health() == {"status": "ok"}
