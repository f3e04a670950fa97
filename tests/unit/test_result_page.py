"""The public result page: what it says, in both languages, and what it never does."""

import html
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import segno

from ballot.crypto import encoding
from ballot.crypto.errors import Invalid
from ballot.locale import messages
from ballot.web.app import result_app
from ballot.web.bars import axis, share, stack
from ballot.web.shield import HEADERS
from ballot.web.words import Words, byte_size, chinese_number
from tests import web_fixture
from tests.records import make_record
from tests.web_fixture import SLOT, Client, Document, fake, tablet

WEB = Path(__file__).parents[2] / "ballot" / "web"
PAGES = ("/", f"/certificate/{SLOT}", "/notice/v1")
ROUTES = (
    *PAGES,
    "/en",
    f"/en/certificate/{SLOT}",
    "/en/notice/v1",
    f"/certificate/{SLOT}/qr.svg",
    "/record.zip",
    "/static/page.css",
    "/static/form.css",
    "/static/icon.svg",
    "/health",
)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}&amp;"


def client(path: Path) -> Client:
    return Client(result_app(path))


def serve(tmp_path: Path, meeting: Document, *certificates: Document) -> Client:
    return client(web_fixture.write_published(tmp_path / "record.zip", meeting, *certificates))


def text(markup: str) -> str:
    """What a reader reads: no tags, one blank between words."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup)))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The sample session of 青禾镇, published."""
    return serve(tmp_path_factory.mktemp("town"), *web_fixture.qinghe())


# Headers, hosts, errors


@pytest.mark.parametrize(
    "path", [*ROUTES, "/nothing", "/en/nothing", "/certificate/x", "/static/x"]
)
def test_every_response_has_the_strict_headers_and_no_cookie(town: Client, path: str) -> None:
    response = town.get(path)
    assert response.status_code == (200 if path in ROUTES else 404)
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert response.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in response.headers["content-security-policy"]
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("path", ["/", "/record.zip", "/health", "/en"])
def test_pages_are_for_reading_only(town: Client, path: str) -> None:
    response = town.request("POST", path)
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert messages("en" if path == "/en" else "zh")["web.error.405.next"] in response.text
    assert town.request("HEAD", path).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "127.0.0.2"]
)
def test_another_host_is_refused(town: Client, host: str) -> None:
    response = town.get("/", host=host)
    assert response.status_code == 400
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert "青禾镇" not in response.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "[::1]:8000"])
def test_this_computer_is_answered_by_each_of_its_names(town: Client, host: str) -> None:
    assert town.get("/", host=host).status_code == 200


def test_nothing_redirects(town: Client) -> None:
    for path in ("/en/", "/static", "//evil.example/", "/?next=//evil.example"):
        response = town.get(path)
        assert response.status_code in (200, 404), path
        assert "location" not in response.headers


def test_there_is_no_schema_and_no_documentation_route(town: Client) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert town.get(path).status_code == 404


@pytest.mark.parametrize(("path", "lang"), [("/nope", "zh"), ("/en/nope", "en"), ("/ennope", "zh")])
def test_an_error_page_says_in_its_language_what_to_do_next(
    town: Client, path: str, lang: str
) -> None:
    page = town.get(path).text
    assert f'<html lang="{Words(lang).tag}">' in page
    assert messages(lang)["web.error.404.next"] in page


def test_an_error_inside_is_told_without_its_details(tmp_path: Path) -> None:
    app = result_app(web_fixture.write_published(tmp_path / "record.zip", *web_fixture.qinghe()))

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("detail that nobody outside needs")

    response = Client(app).get("/broken")
    assert response.status_code == 500
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert messages("zh")["web.error.500.next"] in response.text
    assert "detail" not in response.text


# No foreign request, no inline code


@pytest.mark.parametrize("path", [*ROUTES, "/nope"])
def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline(town: Client, path: str) -> None:
    if path == "/record.zip":
        return
    found = town.get(path).text
    foreign = re.findall(r"(?:https?:)?//[\w.]+", re.sub(r'xmlns="[^"]+"', "", found))
    assert foreign == []
    assert re.findall(r"<(script|style|iframe|object|base|link rel=\"pre)", found) == []
    actions = re.findall(r'<form[^>]* action="([^"]*)"', found)
    assert [action for action in actions if not action.startswith("/")] == []
    assert re.findall(r"\s(style|on\w+)=", found) == []
    assert "@import" not in found
    assert re.findall(r"url\((?!#)", found) == []


def test_templates_and_styles_hold_no_text_of_their_own() -> None:
    for file in (*(WEB / "templates").rglob("*.html"), *(WEB / "static").rglob("*.css")):
        plain = re.sub(r"\{#.*?#\}|/\*.*?\*/", "", file.read_text("utf-8"), flags=re.DOTALL)
        assert re.findall(r"[\u3400-\u9fff]", plain) == [], file.name


# What the page says


@pytest.mark.parametrize("path", ["/", "/en"])
def test_every_number_of_the_session_is_on_the_page(town: Client, path: str) -> None:
    page, expected = town.get(path).text, web_fixture.sample()["expected"]
    figures = re.findall(r"<dt>[^<]+</dt><dd>(\d+)</dd>", page)
    assert figures == ["86", "79", "79", "78", "76", "2"]
    marks = re.findall(r'<td class="c-(?:yes|n)" data-label="[^"]+">(\d+)</td>', page)
    rows = zip(expected["yes"], expected["no"], expected["abstain"], strict=True)
    assert marks == [str(mark) for row in rows for mark in row]
    for candidate in web_fixture.sample()["candidates"]:
        assert candidate["name"] in page


def test_the_page_tells_the_result_in_sentences(town: Client) -> None:
    zh, en = text(town.get("/").text), text(town.get("/en").text)
    assert "9 个候选项目中， 8 项入选 ，1 项过半数未入选。" in zh
    assert "Of 9 candidate projects, 8 selected , 1 with a majority but no place left." in en
    assert "赞成45票，已过半数，列第9位，超出应选的8项，未入选。" in zh
    assert "平板\u00a071，纸质\u00a08".replace("\u00a0", " ") in zh
    assert "多选 1，无法辨认 1" in zh
    assert "收回的表决票少于发出的表决票，本次票决有效。" in zh
    assert zh.count("入选。 ") >= 9
    assert messages("zh")["web.caption.ballot"] in zh
    assert web_fixture.sample()["_note"] in zh


def test_every_passing_bar_crosses_the_majority_line_and_no_failing_one_touches_it() -> None:
    for base in range(1, 200):
        majority = base // 2 + 1
        line = axis(base, majority).line
        assert line is not None
        at = float(line.rstrip("%"))
        assert float(share(majority, base).rstrip("%")) > at
        assert float(share(majority - 1, base).rstrip("%")) < at


def test_the_bar_stands_on_the_base_with_the_line_before_the_majority(town: Client) -> None:
    page = town.get("/").text
    assert page.count('x1="50.58%"') == 2 * 9  # 43.5 of 86: the line and its gap
    widths = re.findall(r'class="yes" y="-17" width="([\d.]+)%"', page)
    assert widths[0] == "80.23"  # 69 of 86
    assert widths[8] == "52.33"  # 45 of 86


def test_the_certificate_box_names_codes_and_signers(town: Client) -> None:
    meeting, certificate = web_fixture.qinghe()
    page = text(town.get("/").text)
    assert encoding.code_of_hex(encoding.digest(certificate)) in page
    assert encoding.digest(certificate) in page
    assert encoding.code_of_hex(encoding.digest(meeting)) in page
    assert encoding.code(fake("fingerprint")) in page
    assert encoding.code(fake("root")) in page
    for said in ("彭文斌、徐乐山", "孔水生、梁和平", "邵其昌", "9 人中 5 人签署，须 5 人"):
        assert said in page
    assert "青禾镇民生实事项目人大代表票决办法 QH-PJBF-2025-1" in page
    assert "2025年1月16日10时42分" in page


def test_verification_is_told_in_five_lines_with_the_session_code(town: Client) -> None:
    meeting, _ = web_fixture.qinghe()
    code = encoding.code_of_hex(encoding.digest(meeting))
    for path in ("/", "/en"):
        page = town.get(path).text
        panel = page[page.index('id="verify"') :]
        assert len(re.findall(r"<li>", panel)) == 5
        assert f"ballot verify record.zip --session {code}" in panel


def test_the_record_is_downloaded_whole(town: Client, tmp_path: Path) -> None:
    response = town.get("/record.zip")
    data = response.content
    assert response.headers["content-type"] == "application/zip"
    assert int(response.headers["content-length"]) == len(data)
    assert response.headers["content-disposition"] == 'attachment; filename="record.zip"'
    assert encoding.sha256(data).hex() in town.get("/").text
    (tmp_path / "copy.zip").write_bytes(data)
    assert zipfile.ZipFile(tmp_path / "copy.zip").testzip() is None


def test_both_languages_link_to_each_other(town: Client) -> None:
    for path in PAGES:
        en = "/en" if path == "/" else f"/en{path}"
        assert f'href="{en}" hreflang="en"' in town.get(path).text
        assert f'href="{path}" hreflang="zh-CN"' in town.get(en).text
        assert '<html lang="zh-CN">' in town.get(path).text
        assert '<html lang="en">' in town.get(en).text


def test_every_link_of_every_page_leads_somewhere(town: Client) -> None:
    for path in ROUTES[:6]:
        for link in re.findall(r'(?:href|src)="(/[^"]*)"', town.get(path).text):
            assert town.get(link).status_code == 200, link


@pytest.mark.parametrize("path", ["/en", f"/en/certificate/{SLOT}", "/en/notice/v1"])
def test_an_english_page_marks_its_chinese_names(town: Client, path: str) -> None:
    body = town.get(path).text.split("<body>")[1]
    rest = re.sub(r"<(\w+)[^>]* lang=\"zh-CN\"[^>]*>.*?</\1>", "", body, flags=re.DOTALL)
    assert re.findall(r"[\u4e00-\u9fff]+", rest) == []


# The forms


def test_the_certificate_form_has_its_seventeen_rows(town: Client) -> None:
    page = town.get(f"/certificate/{SLOT}").text
    rows = [int(n) for n in re.findall(r'<span class="n">(\d+)</span>', page)]
    assert rows == list(range(1, 17))
    plain = text(page)
    for said in (
        "79张（平板 71，纸质 8）",
        "78张（平板 70，纸质 8）",
        "有效76张；无效2张（多选 1，无法辨认 1）",
        "44票（以全体代表 86 人计）",
        "应选8项，候选9项",
        "无，不需要再次投票",
        "差额1项，为应选数的1/8（12.50%），符合办法，无豁免。",
        "以上结果报大会主席团。",
    ):
        assert said in plain
    assert plain.index("以上结果报大会主席团。") < plain.index("计票人 彭文斌 徐乐山")


def test_the_qr_code_holds_the_full_digest_of_the_certificate(town: Client) -> None:
    _, certificate = web_fixture.qinghe()
    response = town.get(f"/certificate/{SLOT}/qr.svg")
    assert response.headers["content-type"] == "image/svg+xml"
    drawn = segno.make(encoding.digest(certificate), error="m", micro=False)
    path = re.search(r' d="([^"]+)"', drawn.svg_inline(border=4, omitsize=True))
    assert path is not None
    assert path[1] in response.text


def test_the_notice_is_worded_as_the_rules_say(town: Client) -> None:
    plain = text(town.get("/notice/v1").text)
    meeting, certificate = web_fixture.qinghe()
    for said in (
        "青禾镇人民代表大会公告",
        "青禾镇第二十届人民代表大会第四次会议于2025年1月16日以无记名投票差额票决方式，决定下列",
        "项目为2025年度镇人民政府民生实事项目：",
        "一、集镇区老旧供水管网改造项目",
        "八、上湾村小（2）型灌溉泵站更新改造项目",
        "现予公告。",
        "青禾镇第二十届人民代表大会第四次会议主席团",
        "附：票决结果",
    ):
        assert said in plain
    assert "缺额" not in plain
    assert encoding.code_of_hex(encoding.digest(meeting)) in plain
    assert encoding.code_of_hex(encoding.digest(certificate)) in plain


# Names are never markup


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    meeting, _ = web_fixture.qinghe()
    for key in ("congress", "assembly", "government", "title", "note"):
        meeting[key] = HOSTILE
    vote = meeting["votes"][0]
    vote["title"] = HOSTILE
    vote["rules"] = vote["rules"] | {"title": HOSTILE, "rule_set_id": "<b>"}
    for entry in [*vote["items"], *meeting["officers"]]:
        entry["title" if "title" in entry else "name"] = HOSTILE
    certificate = web_fixture.certificate(meeting, [tablet(78)], [[40, 29, 9]] * 9)
    assert certificate["outcome"]["session"] == "valid"
    page = serve(tmp_path, meeting, certificate)
    for path in ROUTES[:6]:
        found = page.get(path)
        assert found.status_code == 200
        assert "<script" not in found.text
        assert "<img src=x" not in found.text
        assert "49" not in re.findall(r"&gt;(\d+)&amp;", found.text)
        assert html.escape(HOSTILE, quote=False).split("&")[1] in found.text
        assert "{{7*7}}" in found.text


# Other votes, other rounds, other rules


def test_a_run_off_shows_both_rounds_and_their_union(tmp_path: Path) -> None:
    meeting, _ = web_fixture.qinghe()
    totals = [[n, 76 - n, 0] for n in (69, 75, 73, 66, 70, 63, 52, 68, 52)]
    first = web_fixture.certificate(meeting, [tablet(78, 76)], totals)
    assert first["outcome"]["runoff"] == [6, 8]
    second = web_fixture.certificate(
        meeting,
        [tablet(78)],
        [[37, 30, 11], [41, 20, 17]],
        slot_id="v1-2",
        round_kind="run_off",
        items=["q07", "q09"],
        seats=1,
        elected_before=tuple(first["elected"]),
    )
    page = serve(tmp_path, meeting, first, second)
    plain = text(page.get("/").text)
    assert "8 项入选 ，1 项未入选。" in plain
    assert "再次投票（第二轮）" in plain
    assert "尚余1个名额。根据票决办法，就以上2个项目再次投票，以得票多的入选。" in plain
    assert messages("zh")["web.basis.most"] in plain
    assert 'class="half"' not in page.get("/").text.split("再次投票（第二轮）")[1]
    notice = text(page.get("/notice/v1").text)
    assert "八、东畈社区文体广场建设项目" in notice
    assert "其中第8项经再次投票确定。" in notice
    assert "再次投票（第二轮）" in text(page.get("/certificate/v1-2").text)
    assert text(page.get("/certificate/v1-2").text).count("以得票多的入选") == 1


def test_vacancies_and_a_weaker_majority_are_told(tmp_path: Path) -> None:
    meeting, _ = web_fixture.qinghe()
    rules = meeting["votes"][0]["rules"] | {"threshold": "majority_present"}
    meeting["votes"][0]["rules"] = rules
    totals = [[n, 79 - n, 0] for n in (70, 70, 70, 70, 70, 70, 42, 30, 20)]
    page = serve(tmp_path, meeting, web_fixture.certificate(meeting, [tablet(79)], totals))
    for path in ("/", f"/certificate/{SLOT}", "/notice/v1"):
        plain = text(page.get(path).text)
        assert "低于法定的全体代表过半数" in plain
        assert "集镇停车场及新能源充电设施建设项目" in plain
    sentence = "本次票决应选8项，实际入选7项，缺额1项。"
    assert sentence in text(page.get("/").text)
    assert sentence in text(page.get("/notice/v1").text)
    assert "缺额 1项" in text(page.get(f"/certificate/{SLOT}").text)
    assert "到会代表 79 人" in text(page.get("/").text)


@pytest.mark.parametrize("counts", ["full", "yes_only", "elected_only"])
def test_the_page_publishes_as_much_as_the_rules_say(tmp_path: Path, counts: str) -> None:
    data = web_fixture.sample()
    data["rules"]["publish_counts"] = counts
    page = serve(tmp_path, *web_fixture.qinghe(data))
    for path in ("/", "/notice/v1"):
        found = page.get(path).text
        assert ("22" in re.findall(r"<td[^>]*>(\d+)</td>", found)) == (counts == "full")
        assert ("45" in re.findall(r"<td[^>]*>(\d+)</td>", found)) == (counts != "elected_only")
        assert ("东畈社区" in found) == (counts != "elected_only")
    # The certificate is always full (R20).
    certificate = page.get(f"/certificate/{SLOT}").text
    assert re.findall(r"<td data-label[^>]*>(45|22)</td>", certificate) == ["45", "22"]


def test_the_order_by_votes_is_called_an_order_by_votes(tmp_path: Path) -> None:
    data = web_fixture.sample()
    data["rules"]["publish_order"] = "votes"
    page = serve(tmp_path, *web_fixture.qinghe(data))
    marks = [int(n) for n in re.findall(r'class="c-yes"[^>]*>(\d+)<', page.get("/").text)]
    assert marks == [75, 73, 70, 69, 68, 66, 63, 59, 45]
    assert messages("zh")["web.caption.votes"] in page.get("/").text
    assert messages("zh")["web.caption.ballot"] not in page.get("/").text
    assert "一、镇中心幼儿园附属用房及操场改造项目" in text(page.get("/notice/v1").text)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_rating_shows_grades_rates_and_their_base(tmp_path: Path, lang: str) -> None:
    page = serve(tmp_path, *web_fixture.rating_meeting())
    prefix = "" if lang == "zh" else "/en"
    found = page.get(prefix or "/").text
    plain = text(found)
    for said in ("97.47%", "78.48%", "48.10%"):
        assert said in plain
    for grade in ("satisfied", "basic", "unsatisfied"):
        assert messages(lang)[f"grade.{grade}"] in plain
    assert messages(lang)["web.basis.grades"] in plain
    assert 'class="part part--satisfied" x="0.00%" y="-16" width="82.56%"' in found  # 71 of 86
    assert 'x1="50.58%"' in found
    form = text(page.get(f"{prefix}/certificate/v2-1").text)
    assert messages(lang)["grade.rate"] in form
    assert page.get(f"{prefix}/notice/v2").status_code == 404


def test_a_motion_that_fails_by_one_vote_does_not_touch_the_line(tmp_path: Path) -> None:
    page = serve(tmp_path, *web_fixture.motion_meeting())
    plain = text(page.get("/").text)
    assert "表决结果： 未通过 。" in plain
    assert "赞成43票，未过全体代表半数（44票），未通过。" in plain
    assert 'width="50.00%" height="34"' in page.get("/").text
    assert "—— " in text(page.get("/certificate/v3-1").text)


def test_practice_and_an_unpublished_result_say_so(tmp_path: Path) -> None:
    meeting, _ = web_fixture.qinghe()
    meeting["practice"] = True
    certificate = web_fixture.certificate(meeting, [tablet(79)], [[40, 30, 9]] * 9)
    chain = web_fixture.events_of(meeting, [certificate])
    page = client(web_fixture.write(tmp_path / "r.zip", meeting, [certificate], chain))
    assert messages("zh")["web.practice.text"] in page.get("/").text
    assert messages("zh")["web.unpublished"] in page.get("/").text
    assert messages("en")["web.unpublished"] in page.get("/en").text
    assert 'class="practice"' in page.get(f"/certificate/{SLOT}").text
    assert 'class="practice"' in page.get("/notice/v1").text


def test_a_voided_round_is_told_by_its_events_and_has_no_code(tmp_path: Path) -> None:
    meeting, _ = web_fixture.qinghe()
    chain = web_fixture.Chain(meeting)
    issued = [{"slot": SLOT, "tablet": 71, "paper": 8, "signers": [79, 79]}]
    chain.add("check_in_closed", {"present": 79, "issued": issued})
    chain.add("round_opened", {"present": 79, "issued_paper": None}, SLOT)
    chain.add("round_closed", {"tablet": {"returned": 70}, "paper": {"returned": 9}}, SLOT)
    chain.add("voided", {"reason": "surplus", "text": ""}, SLOT)
    chain.add("objection", {"text": "请求说明<b>"}, SLOT)
    page = client(web_fixture.write(tmp_path / "r.zip", meeting, [], chain))
    plain = text(page.get("/").text)
    assert "收回的表决票多于发出的表决票，本次票决无效，重新投票。" in plain
    assert "平板 70，纸质 9" in plain
    assert "请求说明<b>" in plain
    form = text(page.get(f"/certificate/{SLOT}").text)
    assert messages("zh")["web.form.without_code"] in form
    assert form.count("——") >= 6
    assert page.get(f"/certificate/{SLOT}/qr.svg").status_code == 404
    assert page.get("/notice/v1").status_code == 404


def test_a_session_without_a_counted_round_says_so(tmp_path: Path) -> None:
    meeting, _ = web_fixture.qinghe()
    page = serve(tmp_path, meeting)
    assert messages("zh")["web.nothing"] in page.get("/").text


def test_lots_complete_what_was_elected(tmp_path: Path) -> None:
    meeting, _ = web_fixture.qinghe()
    totals = [[n, 76 - n, 0] for n in (69, 75, 73, 66, 70, 63, 52, 68, 52)]
    first = web_fixture.certificate(meeting, [tablet(78, 76)], totals)
    second = web_fixture.certificate(
        meeting,
        [tablet(78)],
        [[39, 30, 9], [39, 20, 19]],
        slot_id="v1-2",
        round_kind="run_off",
        items=["q07", "q09"],
        seats=1,
        elected_before=tuple(first["elected"]),
    )
    assert second["outcome"]["second_tie"] == [0, 1]
    chain = web_fixture.events_of(meeting, [first, second])
    body = {
        "parent": encoding.digest(second),
        "method": "lots",
        "items": ["q09"],
        "witnesses": ["侯翠英", "邵其昌"],
    }
    chain.add("tie_settled", body, "v1-2")
    page = client(web_fixture.write(tmp_path / "r.zip", meeting, [first, second], chain))
    plain = text(page.get("/").text)
    assert "8 项入选 ，1 项再次同票。" in plain
    assert "抽签，东畈社区文体广场建设项目入选。见证人：侯翠英、邵其昌。" in plain
    assert "八、东畈社区文体广场建设项目" in text(page.get("/notice/v1").text)


# Records that are none


def test_a_file_that_is_no_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.zip"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(Invalid, match=r"record\.unreadable"):
        result_app(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("events.jsonl", b"")
    with pytest.raises(Invalid, match=r"record\.unreadable"):
        result_app(path)
    with pytest.raises(FileNotFoundError):
        result_app(tmp_path / "missing.zip")


def test_a_certificate_other_than_the_one_signed_last_is_refused(tmp_path: Path) -> None:
    meeting, certificate = web_fixture.qinghe()
    chain = web_fixture.events_of(meeting, [certificate])
    changed: dict[str, Any] = certificate | {"present": 80}
    path = web_fixture.write(tmp_path / "r.zip", meeting, [changed], chain)
    with pytest.raises(Invalid, match=r"record\.certificate"):
        result_app(path)


def test_a_record_that_is_gone_is_an_error_page(tmp_path: Path) -> None:
    path = web_fixture.write_published(tmp_path / "record.zip", *web_fixture.qinghe())
    page = client(path)
    shutil.move(path, tmp_path / "elsewhere.zip")
    assert page.get("/record.zip").status_code == 404
    assert page.get("/").status_code == 200


# Words


def test_numbers_dates_and_sizes_are_written_as_people_write_them() -> None:
    assert [
        chinese_number(n) for n in (1, 10, 11, 20, 25, 99)
    ] == "一 十 十一 二十 二十五 九十九".split()
    assert chinese_number(100) == "100"
    assert Words("zh").minute("2025-01-15T16:05Z") == "2025年1月16日0时05分"
    assert Words("en").minute("2025-01-15T16:05Z") == "16 January 2025, 0:05 (China time)"
    assert [byte_size(n) for n in (12, 640_000, 1_949_999, 1_950_000)] == [
        "12 B",
        "640.0 kB",
        "1.9 MB",
        "2.0 MB",
    ]


def test_a_stacked_bar_leaves_out_what_nobody_chose() -> None:
    parts = stack([("satisfied", "a", 3), ("basic", "b", 0), ("unsatisfied", "c", 1)], 8)
    assert [(part.name, part.x, part.width) for part in parts] == [
        ("satisfied", "0.00%", "37.50%"),
        ("unsatisfied", "37.50%", "12.50%"),
    ]


def test_colours_are_readable_and_states_have_a_shape() -> None:
    css = (WEB / "static" / "page.css").read_text("utf-8")
    tokens = dict(re.findall(r"--([\w-]+): #([0-9A-F]{6});", css))

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a: str, b: str) -> float:
        low, high = sorted((luminance(tokens[a]), luminance(tokens[b])))
        return (high + 0.05) / (low + 0.05)

    for name in ("ink", "ink-2", "red", "yes", "no", "abs"):
        for ground in ("paper", "sheet", "paper-2"):
            assert contrast(name, ground) >= 7, name
    assert contrast("ink-3", "paper-2") >= 4.5
    assert contrast("edge", "paper-2") >= 3
    assert contrast("warn", "sheet") >= 7
    for rule in (
        "prefers-reduced-motion",
        "forced-colors",
        ":focus-visible",
        "@page",
        "@media print",
    ):
        assert rule in css


# Looking up a ballot


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Client, list[str]]:
    """A real record with its result page, and the codes of its ballots."""
    data, _ = make_record("three_way")
    path = tmp_path_factory.mktemp("counted") / "record.zip"
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("rounds/projects-1/admissions.jsonl").splitlines()
    trackers = [encoding.loads(line)["tracker"] for line in lines]
    return client(path), [encoding.code_of_hex(tracker) for tracker in trackers]


@pytest.mark.parametrize("path", ["/tracker", "/en/tracker"])
def test_a_deputy_finds_the_own_ballot_however_the_code_is_typed(
    counted: tuple[Client, list[str]], path: str
) -> None:
    page, codes = counted
    words = messages("en" if path.startswith("/en") else "zh")
    found = words["web.tracker.found.next"]
    ways = (codes[0], codes[1].lower(), codes[2].replace("-", " "), codes[3].replace("0", "O"))
    for typed in ways:
        answer = page.post(path, code=typed)
        assert (answer.status_code, found in html.unescape(answer.text)) == (200, True)
    lost = page.post(path, code="0000-0000-0000").text
    assert words["web.tracker.absent"] in html.unescape(lost)
    for typed in ("", "0000", HOSTILE[:40]):
        answer = page.post(path, code=typed)
        assert words["web.tracker.malformed"] in html.unescape(answer.text)
        assert "<script>" not in answer.text
