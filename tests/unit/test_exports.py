"""Counts as XLSX and CSV: text and numbers only, and no more than the page shows."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ballot.locale import messages
from ballot.web.app import result_app
from tests import web_fixture
from tests.web_fixture import SLOT, Client, Document

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+1",
    "@x",
    "\t=1+1",
    "＝1+1",
    'a";=1',
    "集镇区老旧供水管网，改造“一期”",
    "<b>粗</b>",
]


def serve(tmp_path: Path, meeting: Document, *certificates: Document) -> Client:
    return Client(
        result_app(web_fixture.write_published(tmp_path / "r.zip", meeting, *certificates))
    )


def named(titles: list[str]) -> tuple[Document, Document]:
    """The sample session with other titles."""
    data = web_fixture.sample()
    for candidate, title in zip(data["candidates"], titles, strict=False):
        candidate["name"] = title
    return web_fixture.qinghe(data)


def rows(data: bytes) -> list[list[str]]:
    assert data[:3] == b"\xef\xbb\xbf"
    return list(csv.reader(io.StringIO(data[3:].decode(), newline="")))


def cells(data: bytes) -> list[Any]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [cell for sheet in book for row in sheet for cell in row if cell.value is not None]


@pytest.mark.parametrize("lang", ["", "/en"])
def test_the_counts_are_those_of_the_page(tmp_path: Path, lang: str) -> None:
    meeting, certificate = web_fixture.qinghe()
    client = serve(tmp_path, meeting, certificate)
    answer = client.get(f"{lang}/export/{SLOT}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="counts-{SLOT}.csv"'
    header, *found = rows(answer.content)
    assert header[2:5] == [
        messages("en" if lang else "zh")[f"count.column.{name}"]
        for name in ("yes", "no", "abstain")
    ]
    counts = [[int(n) for n in row[2:5]] for row in found[:9]]
    assert counts == certificate["totals"]
    assert [row[1] for row in found[:9]] == [item["title"] for item in meeting["votes"][0]["items"]]
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{lang}/export/{SLOT}.xlsx").content))
    first, about = book.worksheets
    sheet = [[cell.value for cell in row] for row in first.iter_rows(min_row=2, max_row=10)]
    assert [row[2:5] for row in sheet] == certificate["totals"]
    assert all(isinstance(n, int) for row in sheet for n in row[2:5])
    said = {row[0].value: row[1].value for row in about.iter_rows()}
    assert meeting["assembly"] in said.values()
    assert 79 in said.values()


def test_the_page_offers_both_files(tmp_path: Path) -> None:
    client = serve(tmp_path, *web_fixture.qinghe())
    for lang in ("", "/en"):
        links = re.findall(r'href="([^"]*/export/[^"]*)"', client.get(lang or "/").text)
        assert links == [f"{lang}/export/{SLOT}.{form}" for form in ("xlsx", "csv")]
        assert all(client.get(link).status_code == 200 for link in links)


def test_no_title_becomes_a_formula(tmp_path: Path) -> None:
    client = serve(tmp_path, *named(HOSTILE))
    found = rows(client.get(f"/export/{SLOT}.csv").content)
    titles = [row[1] for row in found[1:10]]
    for typed, title in zip(HOSTILE, titles, strict=True):
        assert title.lstrip("'") == typed
        assert title[0] not in "=+-@\t＝＋－＠"
    for cell in cells(client.get(f"/export/{SLOT}.xlsx").content):
        assert cell.data_type in ("s", "n")
        assert cell.data_type == "n" or not str(cell.value).startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(("counts", "columns"), [("full", 3), ("yes_only", 1), ("elected_only", 0)])
def test_the_public_file_says_no_more_than_the_rules_publish(
    tmp_path: Path, counts: str, columns: int
) -> None:
    data = web_fixture.sample()
    data["rules"] |= {"publish_counts": counts}
    client = serve(tmp_path, *web_fixture.qinghe(data))
    header, *found = rows(client.get(f"/export/{SLOT}.csv").content)
    names = [messages("zh")[f"count.column.{name}"] for name in ("yes", "no", "abstain")]
    assert [name for name in header if name in names] == names[:columns]
    table = found[: found.index([])]
    assert len(table) == (8 if counts == "elected_only" else 9)
    assert (messages("zh")["count.column.rank"] in header) == (columns > 0)
    assert all(len(row) == len(header) for row in table)


def test_a_rating_has_its_grades_and_its_rate(tmp_path: Path) -> None:
    meeting, certificate = web_fixture.rating_meeting()
    client = serve(tmp_path, meeting, certificate)
    header, *found = rows(client.get("/export/v2-1.csv").content)
    assert len(header) == 9
    assert [[int(n) for n in row[2:7]] for row in found[:3]] == certificate["totals"]
    assert found[0][7].endswith("%")


def test_a_motion_has_no_rank_but_its_numbers(tmp_path: Path) -> None:
    client = serve(tmp_path, *web_fixture.motion_meeting())
    _, row, *_ = rows(client.get("/export/v3-1.csv").content)
    assert [int(n) for n in row[2:5]] == [43, 30, 6]


@pytest.mark.parametrize(
    "path", [f"/export/{SLOT}.pdf", "/export/x.csv", f"/export/{SLOT}", "/export/"]
)
def test_what_is_not_there_is_not_found(tmp_path: Path, path: str) -> None:
    assert serve(tmp_path, *web_fixture.qinghe()).get(path).status_code == 404


def test_the_same_counts_are_the_same_bytes(tmp_path: Path) -> None:
    client = serve(tmp_path, *web_fixture.qinghe())
    for form in ("csv", "xlsx"):
        first, second = (client.get(f"/export/{SLOT}.{form}").content for _ in range(2))
        assert first == second
