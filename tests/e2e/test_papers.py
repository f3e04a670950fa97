"""The paper count and everything officials print, in Chromium: axe, pictures, PDF on A4."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from unittest.mock import patch

import pytest
from playwright.sync_api import Page, expect

from ballot.demo.plan import standard_plan
from ballot.demo.rounds import Casting
from ballot.demo.sample import load_sample
from ballot.demo.stage import Stage
from ballot.web.app import result_app
from tests import web_fixture
from tests.e2e.conftest import Open
from tests.e2e.tablet import axe
from tests.elections import Stream
from tests.paper_offices import Browser, PaperOffice, with_roll
from tests.plays import check_in
from tests.records import begin

SLOT = "projects-1"
COUNT = f"/office/papers/{SLOT}"
SHEETS = ("YYYYYYYYN", "YYYYNNNNA", "NNNNYYYYA", "YYYYYYYYA", "AAAAAAAAA", "YYYYYYYYA")


@pytest.fixture(scope="module")
def town() -> Stage:
    """青禾镇 with its nine projects; six papers lie in the box."""
    data = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    sample = load_sample(data, "three_way", 10, Stream("papers"))
    (vote,) = standard_plan(sample, "Ed25519", (SLOT,)).votes
    with (
        patch("ballot.demo.officials.lock", lambda _, secret, *__: secret),
        patch("ballot.demo.officials.unlock", lambda copy, *_, **__: (None, copy)),
    ):
        stage = begin(replace(vote, channels=("tablet", "paper")), deputies=12)
    check_in(stage, papers=6)
    casting = Casting(stage, SLOT)
    casting.open()
    casting.cast([SHEETS[0]] * 6)
    casting.close(papers=len(SHEETS))
    return stage


@pytest.fixture
def hall(tmp_path: Path, town: Stage) -> Iterator[PaperOffice]:
    found = PaperOffice(tmp_path, town.definition, town.board.events)
    yield found
    found.database.close()


def teller(hall: PaperOffice, number: int = 0, lang: str = "zh") -> Browser:
    who = hall.board.definition.holders("teller")[number]
    return hall.browser(who.id, "teller", lang=lang)


def clerk(hall: PaperOffice, lang: str = "zh") -> Browser:
    return hall.browser("clerk", "clerk", "teller", lang=lang)


def inspect(page: Page, shots: Path, name: str) -> None:
    """A picture, axe, nothing wider than the screen, nothing to touch that is too small."""
    page.screenshot(path=shots / f"{name}.png", full_page=True)
    assert not axe(page), name
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, name
    small = page.evaluate(
        """() => [...document.querySelectorAll('main button, main a.btn, main input, main label')]
        .filter((e) => e.checkVisibility() && !e.closest('.vh'))
        .filter((e) => e.tagName !== 'LABEL' || e.querySelector('input'))
        .filter((e) => e.getBoundingClientRect().height < 44)
        .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert small == [], name


# Entering


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_two_tellers_enter_differ_count_again_and_agree(
    hall: PaperOffice, visit: Open, shots: Path, lang: str
) -> None:
    first = visit(teller(hall, 0, lang), f"{COUNT}?way=sheets")
    inspect(first, shots, f"papers-sheets-{lang}")
    for number, marks in enumerate(SHEETS, 1):
        for item, mark in enumerate(marks):
            answer = first.locator(f'[name="mark_{item}"][value="{mark}"]')
            first.locator("label").filter(has=answer).click()
            expect(answer).to_be_checked()
        first.locator("form.entry .btn--next").click()
        expect(first.locator(".tally--now dd").first).to_have_text(str(number))
    inspect(first, shots, f"papers-sheets-done-{lang}")
    first.locator("section a.btn").click()
    first.wait_for_selector('[name="row_8_2"]')
    first.wait_for_load_state()
    numbers = {
        box.get_attribute("name"): box.input_value()
        for box in first.locator('.entry input[type="text"]').all()
    }
    first.locator("form.entry .btn--next").click()
    first.wait_for_selector(".banner--done")

    second = visit(teller(hall, 1, lang), COUNT)
    inspect(second, shots, f"papers-enter-{lang}")
    for name, number in (numbers | {"row_2_0": "9"}).items():
        second.locator(f'[name="{name}"]').fill(number)
    second.locator("form.entry .btn--next").click()
    second.wait_for_selector(".doubts li")
    inspect(second, shots, f"papers-doubted-{lang}")
    yes, no = int(numbers["row_2_0"]), int(numbers["row_2_1"])
    second.locator('[name="row_2_0"]').fill(str(yes - 1))
    second.locator('[name="row_2_1"]').fill(str(no + 1))
    second.locator("form.entry .btn--next").click()
    second.wait_for_selector("table.differs")
    inspect(second, shots, f"papers-differs-{lang}")
    expect(second.locator("table.differs tbody tr")).to_have_count(2)
    for name in ("row_2_0", "row_2_1"):
        box = second.locator(f'[name="{name}"]')
        expect(box).to_have_value("")
        box.fill(numbers[name])
    second.locator("form.entry .btn--next").click()
    second.wait_for_url("**/office/sign/*")
    (draft,) = hall.room.proposals()
    assert second.url.endswith(draft.digest)
    inspect(visit(teller(hall, 0, lang), COUNT), shots, f"papers-agreed-{lang}")
    inspect(visit(teller(hall, 0, lang), "/office/papers"), shots, f"papers-rounds-{lang}")


def test_the_form_fits_a_phone(hall: PaperOffice, visit: Open, shots: Path) -> None:
    for path, name in ((COUNT, "enter"), (f"{COUNT}?way=sheets", "sheets")):
        inspect(visit(teller(hall), path, (390, 844)), shots, f"papers-{name}-390")


# Printing


def pdf_pages(data: bytes) -> list[int]:
    """How many times each page of a PDF of Chromium's shows text."""
    objects = {
        int(number): body for number, body in re.findall(rb"(?s)(\d+) 0 obj\s(.*?)\sendobj", data)
    }
    found = []
    for body in objects.values():
        if re.search(rb"/Type\s*/Page\b", body):
            (contents,) = re.findall(rb"/Contents (\d+) 0 R", body)
            stream = objects[int(contents)].partition(b"stream")[2].strip(b"\r\n")
            text = zlib.decompressobj().decompress(stream)
            found.append(len(re.findall(rb"T[jJ]\b", text)))
    return found


def printed(page: Page, shots: Path, name: str) -> list[int]:
    """The pages of the paper, which is kept to be looked at."""
    data = page.pdf(prefer_css_page_size=True, print_background=True)
    (shots / f"{name}.pdf").write_bytes(data)
    return pdf_pages(data)


PAPERS = {
    "ballot": (f"/office/print/ballot/{SLOT}", 1),
    "empty": (f"/office/print/statement/{SLOT}/empty", 1),
    "seal": (f"/office/print/statement/{SLOT}/seal", 1),
    "code": ("/office/print/code", 1),
    "deputy": ("/office/print/cards?only=deputy", 1),
    "scrutineer": ("/office/print/cards?only=scrutineer", 1),
    "cards": ("/office/print/cards", 2),
    "host": ("/office/print/host", 2),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_fits_its_pages_and_none_is_blank(
    hall: PaperOffice, visit: Open, shots: Path, name: str, lang: str
) -> None:
    path, pages = PAPERS[name]
    page = visit(clerk(hall, lang), path)
    inspect(page, shots, f"print-{name}-{lang}")
    shown = printed(page, shots, f"print-{name}-{lang}")
    assert len(shown) == pages
    assert min(shown) > 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_index_is_in_order(hall: PaperOffice, visit: Open, shots: Path, lang: str) -> None:
    inspect(visit(clerk(hall, lang), "/office/print"), shots, f"print-index-{lang}")


def test_passes_are_cut_ten_to_a_page(tmp_path: Path, visit: Open, shots: Path) -> None:
    hall = PaperOffice(tmp_path, with_roll(practice=True), [])
    hall.install_roll()
    page = visit(clerk(hall), "/office/print/passes")
    inspect(page, shots, "print-passes-ask")
    page.locator("main .btn--next").click()
    page.wait_for_selector(".cut article")
    inspect(page, shots, "print-passes")
    shown = printed(page, shots, "print-passes")
    assert len(shown) == 3
    assert min(shown) > 0
    ballot = visit(clerk(hall), f"/office/print/ballot/{SLOT}")
    assert len(printed(ballot, shots, "print-ballot-practice")) == 1
    hall.database.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_certificate_and_notice_fill_one_page_and_two(
    tmp_path: Path, visit: Open, shots: Path, lang: str
) -> None:
    record = web_fixture.write_published(tmp_path / "record.zip", *web_fixture.qinghe())
    public = Browser(result_app(record))
    for path, name, pages in (
        (f"/certificate/{web_fixture.SLOT}", "certificate", 1),
        ("/notice/v1", "notice", 2),
    ):
        page = visit(public, path if lang == "zh" else f"/en{path}")
        shown = printed(page, shots, f"print-{name}-{lang}")
        assert len(shown) == pages, name
        assert min(shown) > 0
