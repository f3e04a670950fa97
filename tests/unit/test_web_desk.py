"""The check-in desk: who may open it, what it does to the roll, what it never shows."""

import asyncio
import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from ballot.crypto.encoding import code
from ballot.crypto.errors import Invalid
from ballot.issuing import Counts
from ballot.locale import messages
from ballot.registrar import DeputyState
from ballot.store.engine import Database, sqlite_url
from ballot.store.schema import upgrade
from ballot.web.app import new_app
from ballot.web.desk import desk_router
from ballot.web.guard import Guard
from ballot.web.login import login_router
from ballot.web.sessions import IDLE, Delays, DeskCode, Sessions, Who
from ballot.web.shield import headers
from tests import sessions
from tests.desks import make_hall

BASE = "http://127.0.0.1:8443"
OWN = {"origin": BASE, "sec-fetch-site": "same-origin"}
CODE = code(bytes(8))
PASS = "7K3F-9QXM-2T8B"
POSTS = ("pass", "paper", "back", "slip")
PAYLOADS = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(2)>",
    "{{7*7}}{% raw %}",
    "javascript:alert(3)",
    "</title><svg onload=alert(4)>",
)


class FakeRoll:
    """A registrar that remembers what it was asked."""

    def __init__(self, *deputies: DeputyState) -> None:
        self.rows = {deputy.number: deputy for deputy in deputies}
        self.asked: list[tuple[str, str]] = []
        self.refusal = ""

    def find(self, text: str, limit: int = 20) -> list[DeputyState]:
        found = [d for d in self.rows.values() if text in d.number or text in d.name]
        return sorted(found, key=lambda d: d.number)[:limit]

    def counts(self) -> Counts:
        states = [deputy.state for deputy in self.rows.values()]
        present = len(states) - states.count("absent")
        return Counts(present, {"projects-1": states.count("tablet")}, states.count("paper"))

    def grant(self, deputy: str) -> str:
        self._act("grant", deputy)
        return PASS

    def take_paper(self, deputy: str) -> None:
        self._act("paper", deputy, state="paper")

    def return_paper(self, deputy: str) -> None:
        self._act("back", deputy, state="present")

    def take_slip(self, deputy: str) -> None:
        self._act("slip", deputy, state="tablet")

    def _act(self, name: str, deputy: str, **change: Any) -> None:
        if self.refusal:
            raise Invalid(self.refusal, "detail for nobody")
        self.asked.append((name, deputy))
        self.rows[deputy] = replace(self.rows[deputy], **change)


def roll() -> FakeRoll:
    return FakeRoll(
        DeputyState("QH-001", "郭霞", "absent"),
        DeputyState("QH-002", "黄喜来", "present"),
        DeputyState("QH-003", "王𠮷祥", "tablet"),
        DeputyState("QH-004", "郭霞", "paper"),
    )


class Desk:
    """A browser at the desk of this roll; ``clock`` is moved by hand."""

    def __init__(
        self,
        on: Any = None,
        *,
        base: str = BASE,
        others: Counts | Invalid | None = None,
        state: sessions.Session | None = None,
    ) -> None:
        self.roll, self.now, self.acts = on or roll(), 0.0, 0
        draws = count()
        self.guard = Guard(
            DeskCode(bytes), lambda n: bytes([next(draws)]) * n, clock=lambda: self.now
        )
        self.state = (state or sessions.at("ready").publish("check_in_opened")).state
        app = new_app(["127.0.0.1"], headers(form_action="'self'"))
        app.include_router(login_router(self.guard))

        async def ask() -> Counts:
            if isinstance(others, Invalid):
                raise others
            return others or Counts(0, {}, 0)

        other = ask if others else None
        app.include_router(
            desk_router(self.roll, lambda: self.state, self.guard, other, self._changed)
        )
        self.app, self.base, self.jar = app, base, httpx.Cookies()

    def _changed(self) -> None:
        self.acts += 1

    def get(self, path: str, **given: str) -> httpx.Response:
        return self._ask("GET", path, None, given)

    def post(
        self, path: str, form: dict[str, str] | None = None, **given: str | None
    ) -> httpx.Response:
        sent = OWN | {"origin": self.base}
        sent |= {k.replace("_", "-"): v for k, v in given.items() if v is not None}
        for name in [k for k, v in given.items() if v is None]:
            sent.pop(name.replace("_", "-"), None)
        return self._ask("POST", path, urlencode(form or {}), sent)

    def _ask(
        self, method: str, path: str, body: str | None, given: dict[str, str]
    ) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, cookies=self.jar) as client:
                form = {"content-type": "application/x-www-form-urlencoded"} if body else {}
                answer = await client.request(
                    method, self.base + path, content=body, headers=form | given
                )
                self.jar = client.cookies
                return answer

        return asyncio.run(send())

    def login(self, typed: str = CODE) -> httpx.Response:
        return self.post("/desk/login", {"code": typed})

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/desk").text)
        if found is None:
            raise AssertionError("no token")
        return found[1]

    def act(self, number: str, name: str, **fields: str) -> httpx.Response:
        form = {"csrf": self.csrf(), "confirmed": "yes"} | fields
        return self.post(f"/desk/deputy/{number}/{name}", form)


def signed_in(on: Any = None, **given: Any) -> Desk:
    desk = Desk(on, **given)
    assert desk.login().status_code == 303
    return desk


def read(answer: httpx.Response) -> str:
    """What a reader reads."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def tags(markup: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """Every tag of a page as a browser sees it, with its attributes."""
    found: list[tuple[str, list[tuple[str, str | None]]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, attrs))  # type: ignore[method-assign]
    parser.feed(markup)
    return found


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path below the desk, with a deputy filled in."""
    found = [
        (method, context.path.replace("{number}", "QH-001"))
        for route in app.routes
        for context in _flat(route)
        for method in context.methods or ()
    ]
    return [(method, path) for method, path in found if path.startswith("/desk")]


def _flat(route: Any) -> list[Any]:
    inner = getattr(route, "effective_route_contexts", None)
    if inner is not None:
        return [one for one in inner() if getattr(one, "path", None)]
    return [route] if getattr(route, "path", None) else []


# Who may open it


def test_every_route_is_closed_without_a_login() -> None:
    desk = Desk()
    found = routes(desk.app)
    assert len(found) >= 12
    for method, path in found:
        answer = desk.get(path) if method != "POST" else desk.post(path)
        if path == "/desk/login":
            assert answer.status_code in (200, 403)
        else:
            there = urlsplit(answer.headers["location"])
            assert (answer.status_code, there.path) == (303, "/desk/login")
            assert "郭霞" not in answer.text
    assert desk.roll.asked == []


def test_another_role_sees_nothing() -> None:
    desk = Desk()
    desk.jar.set("desk", desk.guard.sessions.open(Who("teller", frozenset({"teller"})), "zh"))
    for method, path in routes(desk.app):
        if path not in ("/desk/login", "/desk/logout") and method != "HEAD":
            answer = desk.get(path) if method == "GET" else desk.post(path)
            assert answer.status_code == 403, path
    assert desk.roll.asked == []


@pytest.mark.parametrize(
    "typed", [CODE, "0000 0000 0000", "ｏｏｏｏ－００００－００００", "oooooooooooo"]
)
def test_the_code_opens_the_desk_however_it_is_spelled(typed: str) -> None:
    desk = Desk()
    answer = desk.login(typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert desk.get("/desk").status_code == 200


@pytest.mark.parametrize("typed", ["", "0000-0000-0001", "0000", "x" * 60])
def test_another_code_opens_nothing(typed: str) -> None:
    desk = Desk()
    answer = desk.login(typed)
    assert answer.status_code == 403
    assert messages("zh")["login.wrong"] in answer.text
    assert "set-cookie" not in answer.headers


def test_the_cookie_is_hidden_from_scripts_other_sites_and_plain_http() -> None:
    plain, tls = Desk().login(), Desk(base="https://127.0.0.1:8443").login()
    assert re.fullmatch(
        r"desk=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", plain.headers["set-cookie"]
    )
    assert re.fullmatch(
        r"__Host-desk=[\w-]{43}; HttpOnly; Path=/; SameSite=strict; Secure",
        tls.headers["set-cookie"],
    )


def test_a_login_never_continues_a_cookie_that_was_there() -> None:
    desk = Desk()
    answer = desk.post("/desk/login", {"code": CODE}, cookie="desk=chosen-by-somebody-else")
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]
    first = desk.jar["desk"]
    desk.login()
    assert desk.jar["desk"] != first
    assert desk.guard.sessions.find(first) is None


def test_signing_out_ends_the_session_on_the_server() -> None:
    desk = signed_in()
    cookie = desk.jar["desk"]
    answer = desk.post("/desk/logout", {"csrf": desk.csrf()})
    assert answer.headers["location"] == "/desk/login"
    assert "Max-Age=0" in answer.headers["set-cookie"]
    desk.jar = httpx.Cookies({"desk": cookie})
    assert desk.get("/desk").status_code == 303


def test_a_session_ends_after_eight_idle_hours_and_not_before() -> None:
    desk = signed_in()
    for _ in range(3):
        desk.now += IDLE - 1
        assert desk.get("/desk").status_code == 200
    desk.now += IDLE + 1
    assert desk.get("/desk").status_code == 303


def test_sessions_are_kept_as_digests_only() -> None:
    kept = Sessions(lambda n: b"\x07" * n)
    cookie = kept.open(Who("clerk", frozenset({"clerk"})), "zh")
    assert cookie.encode() not in b"".join(kept._open)


def test_failures_delay_their_address_and_no_other() -> None:
    now = [0.0]
    delays = Delays(lambda: now[0])
    waits = []
    for _ in range(12):
        delays.failed("10.0.0.1")
        waits.append(delays.wait("10.0.0.1"))
        now[0] += waits[-1]
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert delays.wait("10.0.0.2") == 0
    delays.passed("10.0.0.1")
    delays.failed("10.0.0.1")
    assert delays.wait("10.0.0.1") == 0


def test_delays_do_not_grow_without_end() -> None:
    delays = Delays(lambda: 0.0)
    for i in range(5000):
        delays.failed(f"10.0.{i}")
    assert len(delays._failures) <= 1000


def test_while_delayed_even_the_right_code_is_not_looked_at() -> None:
    desk = Desk()
    for _ in range(4):
        desk.login("0000-0000-0001")
    answer = desk.login()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    desk.now += 3
    assert desk.login().status_code == 303


def test_another_start_draws_another_code() -> None:
    codes = {DeskCode(lambda n, i=i: bytes([i]) * n).code for i in range(4)}  # type: ignore[misc]
    assert len(codes) == 4


# Forms


@pytest.mark.parametrize(
    "given",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://127.0.0.1:8443"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"origin": None, "sec_fetch_site": None},
        {"origin": "null", "sec_fetch_site": None},
    ],
)
def test_forms_from_elsewhere_are_refused(given: dict[str, str | None]) -> None:
    desk = signed_in()
    token = desk.csrf()
    form = {"csrf": token, "confirmed": "yes"}
    for path in [f"/desk/deputy/QH-001/{name}" for name in POSTS] + ["/desk/logout"]:
        assert desk.post(path, form, **given).status_code == 403, path
    assert desk.post("/desk/login", {"code": CODE}, **given).status_code == 403
    assert desk.roll.asked == []
    assert desk.csrf() == token


def test_a_form_of_ours_without_a_named_origin_is_ours() -> None:
    # A page without referrers sends "Origin: null" with its own forms; Fetch Metadata vouches.
    desk = signed_in()
    form = {"csrf": desk.csrf(), "confirmed": "yes"}
    assert desk.post("/desk/deputy/QH-001/pass", form, origin="null").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_forms_without_the_session_s_token_are_refused(token: str) -> None:
    desk = signed_in()
    for name in POSTS:
        form = {"csrf": token, "confirmed": "yes"}
        assert desk.post(f"/desk/deputy/QH-001/{name}", form).status_code == 403
        assert desk.post(f"/desk/deputy/QH-001/{name}").status_code == 403
    assert desk.post("/desk/logout", {"csrf": token}).status_code == 403
    assert desk.roll.asked == []


def test_a_token_of_another_session_is_refused() -> None:
    desk = signed_in()
    theirs = desk.csrf()
    desk.jar = httpx.Cookies()
    desk.login()
    form = {"csrf": theirs, "confirmed": "yes"}
    assert desk.post("/desk/deputy/QH-001/pass", form).status_code == 403


def test_a_body_that_is_no_form_of_ours_does_nothing() -> None:
    desk = signed_in()
    token = desk.csrf()
    path = "/desk/deputy/QH-001/pass"
    for body, kind in (
        (f'{{"csrf":"{token}"}}', "application/json"),
        (f"csrf={token}&csrf={token}&confirmed=yes", "application/x-www-form-urlencoded"),
        (f"csrf={token}&confirmed=yes" + "&a=" * 30, "application/x-www-form-urlencoded"),
        ("%ff%fe=%ff" + f"&csrf={token}".replace("&", ";"), "application/x-www-form-urlencoded"),
    ):
        answer = desk._ask("POST", path, body, OWN | {"content-type": kind})
        assert answer.status_code == 403, body
    long = desk._ask(
        "POST", path, "a=" + "b" * 9000, OWN | {"content-type": "application/x-www-form-urlencoded"}
    )
    assert long.status_code == 413
    assert desk.roll.asked == []


# The desk's work


def test_an_exact_number_comes_first() -> None:
    rows = [DeputyState(f"{n}", f"代表{n}", "absent") for n in ("112", "12", "120", "312")]
    page = read(signed_in(FakeRoll(*rows)).get("/desk?q=12"))
    assert page.index("代表12 ") < page.index("代表112 ")


def test_part_of_a_name_lists_all_of_that_name_with_their_state() -> None:
    page = read(signed_in().get("/desk?q=" + "%E9%83%AD"))
    assert re.search("QH-001 郭霞 未签到 .*QH-004 郭霞 已签到·纸质票", page)
    assert "黄喜来" not in page


def test_nobody_found_is_said_in_words() -> None:
    assert "名册中没有“赵”" in signed_in().get("/desk?q=%E8%B5%B5").text


def test_a_pass_is_shown_once_with_its_qr_code_and_stands_in_no_address() -> None:
    desk = signed_in()
    answer = desk.act("QH-001", "pass")
    assert answer.status_code == 200
    assert PASS in read(answer)
    assert answer.text.count("<path") >= 2
    assert "style=" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert PASS not in str(answer.url) + str(answer.headers)
    assert desk.roll.asked == [("grant", "QH-001")]
    assert desk.acts == 1
    assert PASS not in desk.get("/desk/deputy/QH-001").text


def test_identity_must_be_confirmed() -> None:
    desk = signed_in()
    for name in POSTS:
        answer = desk.act("QH-001", name, confirmed="")
        assert answer.status_code == 400
        assert messages("zh")["desk.refused.desk.not_confirmed"] in answer.text
    assert desk.roll.asked == []


def test_a_second_pass_says_what_the_first_is_worth() -> None:
    desk = signed_in()
    assert messages("zh")["desk.pass.again"] in desk.get("/desk/deputy/QH-002").text
    assert PASS in read(desk.act("QH-002", "pass"))


def test_tokens_on_a_tablet_are_never_issued_again() -> None:
    desk = signed_in()
    page = desk.get("/desk/deputy/QH-003")
    assert messages("zh")["desk.issued.text"] in page.text
    assert page.text.count("<form") == 1  # signing out
    answer = desk.act("QH-003", "pass")
    assert answer.status_code == 409
    assert messages("zh")["desk.refused.token.already_issued"] in answer.text
    assert desk.act("QH-004", "pass").status_code == 409
    assert desk.roll.asked == []


def test_paper_is_taken_and_an_unused_sheet_handed_back() -> None:
    desk = signed_in()
    answer = desk.act("QH-001", "paper")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/desk/deputy/QH-001?did=paper",
    )
    assert "已签到·纸质票" in read(desk.get("/desk/deputy/QH-001?did=paper"))
    assert desk.act("QH-001", "back").status_code == 303
    assert desk.roll.asked == [("paper", "QH-001"), ("back", "QH-001")]


@pytest.mark.parametrize(
    "refused",
    ["issue.signer_away", "issue.other_channel", "issue.not_present", "issue.closed", "x.new"],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_refusal_is_a_sentence_with_its_code_and_no_detail(refused: str, lang: str) -> None:
    desk = signed_in()
    desk.get(f"/desk?lang={lang}")
    desk.roll.refusal = refused
    for name in ("pass", "paper"):
        page = desk.act("QH-001", name)
        known = messages(lang).get(f"desk.refused.{refused}", messages(lang)["problem.other"])
        assert known in html.unescape(page.text)
        assert refused in page.text
        assert "detail for nobody" not in page.text
        assert page.status_code >= 400
    assert desk.acts == 0


def test_nothing_is_issued_while_no_check_in_is_open() -> None:
    desk = signed_in(state=sessions.at("ready"))
    assert messages("zh")["desk.closed"] in desk.get("/desk").text
    assert "/pass" not in desk.get("/desk/deputy/QH-001").text
    assert desk.act("QH-001", "pass").status_code == 409
    assert desk.roll.asked == []


def test_a_session_of_drawn_codes_hands_out_slips() -> None:
    state = sessions.at("ready", drawn=True).publish("check_in_opened")
    desk = signed_in(state=state)
    page = desk.get("/desk/deputy/QH-001").text
    assert "/slip" in page
    assert "/pass" not in page
    assert desk.act("QH-001", "slip").status_code == 303
    assert desk.roll.asked == [("slip", "QH-001")]


def test_an_unknown_deputy_is_not_found() -> None:
    desk = signed_in()
    assert desk.get("/desk/deputy/QH-00").status_code == 404
    assert desk.act("QH-009", "pass").status_code == 404


@pytest.mark.parametrize(
    ("others", "key"),
    [
        (Counts(4, {"projects-1": 1}, 1), "desk.other.same"),
        (Counts(4, {"projects-1": 2}, 1), "desk.other.differs"),
        (Counts(4, {"projects-1": 1}, 0), "desk.other.differs"),
        (Invalid("issue.signer_away"), "desk.other.away"),
    ],
)
def test_the_second_signer_s_count_stands_beside_the_own(
    others: Counts | Invalid, key: str
) -> None:
    assert messages("zh")[key] in signed_in(others=others).get("/desk").text


def test_so_few_papers_that_they_would_tell_are_pointed_out() -> None:
    assert "领纸质票的只有 1 人，不足 5 人" in signed_in().get("/desk").text


def test_the_list_is_paged_and_comes_whole_for_printing() -> None:
    rows = [DeputyState(f"QH-{n:03}", f"代表{n:03}", "absent") for n in range(1, 87)]
    desk = signed_in(FakeRoll(*rows))
    pages = [desk.get(f"/desk/list?p={p}").text for p in (1, 2, 3)]
    assert [page.count("<tr><td>") for page in pages] == [40, 40, 6]
    assert desk.get("/desk/list?p=all").text.count("<tr><td>") == 86
    for wrong in ("0", "4", "99999999", "x", "-1", "２"):
        assert desk.get(f"/desk/list?p={wrong}").status_code == 200


def test_the_desk_works_over_the_registrar_itself(tmp_path: Path) -> None:
    databases = [Database(sqlite_url(tmp_path / f"{name}.db")) for name in ("one", "two")]
    for database in databases:
        upgrade(database, ("roll",))
    real = make_hall(databases[0], databases[1])
    desk = signed_in(real.registrar)
    answer = desk.act("001", "pass")
    granted = re.search(r'class="pass__code code">([^<]+)<', answer.text)
    assert granted is not None
    real.registrar.check_in(granted[1], bytes(32))
    assert "已签到·未领票" in read(desk.get("/desk?q=001"))
    assert desk.act("002", "paper").status_code == 303
    assert desk.act("002", "back").status_code == 303
    real.line.away = True
    away = desk.act("003", "paper")
    assert away.status_code == 503
    assert messages("zh")["desk.refused.issue.signer_away"] in away.text
    for database in databases:
        database.close()


# What it never shows


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_are_text_wherever_they_stand(payload: str) -> None:
    desk = signed_in(FakeRoll(DeputyState("QH-001", payload, "absent")))
    query = urlencode({"q": payload})
    for answer in (
        desk.get(f"/desk?{query}"),
        desk.get("/desk/list"),
        desk.get("/desk/deputy/QH-001"),
        desk.act("QH-001", "pass"),
        desk.get("/desk?" + urlencode({"q": payload + "!"})),
    ):
        assert payload in html.unescape(answer.text)
        for tag, attributes in tags(answer.text):
            assert tag not in ("script", "img", "iframe"), attributes
            for name, value in attributes:
                assert not name.startswith("on"), tag
                assert name not in ("href", "action") or (value or "")[:1] in ("/", "?", "#")


def test_no_page_says_who_has_voted() -> None:
    for lang in ("zh", "en"):
        desk = signed_in()
        desk.get(f"/desk?lang={lang}")
        for path in ("/desk?q=QH", "/desk/list", *(f"/desk/deputy/{n}" for n in desk.roll.rows)):
            page = read(desk.get(path))
            assert not re.search("已投票|已投出|has voted(?! is not known)", page), path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_speaks_one_language(lang: str) -> None:
    desk = Desk(others=Counts(1, {}, 1))
    assert (
        f'<html lang="{"zh-CN" if lang == "zh" else "en"}">'
        in desk.get(f"/desk/login?lang={lang}").text
    )
    desk.login()
    desk.get(f"/desk?lang={lang}")
    for path in ("/desk", "/desk?q=QH", "/desk/list", "/desk/deputy/QH-002"):
        page = desk.get(path).text
        assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
        if lang == "en":
            bare = re.sub(r'<(\w+)[^>]*lang="zh-CN"[^>]*>.*?</\1>', "", page, flags=re.DOTALL)
            assert not re.findall("[\u4e00-\u9fff]+", bare), path


def test_pages_need_no_script_and_carry_no_style_attribute() -> None:
    desk = signed_in()
    for path in ("/desk", "/desk?q=QH", "/desk/list", "/desk/deputy/QH-001"):
        page = desk.get(path)
        assert "<script" not in page.text
        assert "style=" not in page.text
        assert page.headers["cache-control"] == "no-store"
