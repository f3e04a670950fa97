"""The officials' pages and API: who may do what, and how people are let in and told."""

import asyncio
import base64
import html
import re
import secrets
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from ballot.accounts import ROLES, key_document
from ballot.crypto.encoding import dumps, loads
from ballot.crypto.signing import SigningKey, sign
from ballot.installing import Roll, install_definition, install_roll
from ballot.locale import messages
from ballot.signing_room import SigningRoom
from ballot.store.engine import Database, sqlite_url
from ballot.store.office import OfficeStore
from ballot.store.presence import Deputy
from ballot.store.schema import SERVICES, upgrade
from ballot.tally.definition import decode_definition
from ballot.tally.session import Definition, list_digest
from ballot.web.desk import desk_router
from ballot.web.guard import Guard
from ballot.web.hallway import Around
from ballot.web.login import login_router
from ballot.web.office import office_api
from ballot.web.office_context import Office
from ballot.web.office_pages import AT, office_pages
from ballot.web.official_papers import official_papers
from ballot.web.papers import papers_router
from ballot.web.registrar_app import registrar_app
from ballot.web.registrar_service import RegistrarService
from ballot.web.sessions import FRESH, IDLE, AccountLogin, Who
from ballot.web.trustees import trustees_router
from tests import sessions
from tests.offices import PASSWORD, SECRET, Clock, cheap, invited, office, otp
from tests.sessions import MINUTE, PEOPLE, key

BASE = "https://127.0.0.1:8443"
OWN = {"origin": BASE, "sec-fetch-site": "same-origin"}
FORM = "application/x-www-form-urlencoded"
SALT = b"s" * 32
SIGNING = frozenset(ROLES) - {"observer"}
MANAGING = frozenset({"clerk", "presiding_officer", "presidium", "chief_scrutineer"})

# The allow-list: what is not here is open to nobody.
PUBLIC = {
    "GET": """/api/ceremony /api/ceremony/board.zip / /en /certificate/{slot}
        /en/certificate/{slot} /certificate/{slot}/qr.svg
        /notice/{vote_id} /en/notice/{vote_id} /record.zip /tablet
        /tablet/wiped /check-test /hall /health /authority.pem /api/definition /api/events
        /api/stream /api/service /api/client /api/hall /api/texts /office/login
        /office/accept /export/{slot}.{form} /en/export/{slot}.{form} /verify
        /en/verify""".split(),
    "POST": """/tracker /en/tracker /api/events /api/orders /api/check-in /api/issue
        /api/check-in/end /office/login /office/logout /office/accept
        /api/drafts/{digest}/signatures""".split(),
}
CLERK = frozenset({"clerk"})
COUNTERS, CHIEF = frozenset({"teller", "scrutineer"}), frozenset({"chief_scrutineer"})
PAPER_ACTS = ("", "/sheet", "/back", "/propose")
PRINTED = [
    "",
    *"""/certificate/{slot} /certificate/{slot}/qr.svg /notice/{vote_id} /export/{slot}.{form}
    /host /ballot/{slot} /statement/{slot}/{kind} /cards /code""".split(),
]
ALLOWED: dict[tuple[str, str], frozenset[str]] = {
    **{("GET", path): CLERK for path in ("/desk", "/desk/list", "/desk/deputy/{number}")},
    **{
        ("POST", f"/desk/deputy/{{number}}/{act}"): CLERK
        for act in ("pass", "paper", "back", "slip")
    },
    **{
        ("GET", path): frozenset(ROLES)
        for path in (
            *("/office", "/office/confirm", "/api/me", "/api/agenda", "/api/drafts"),
            "/api/drafts/{digest}",
        )
    },
    **{
        ("POST", path): frozenset(ROLES)
        for path in ("/office/confirm", "/api/me/confirm", "/api/me/key")
    },
    # Whoever the definition names as a trustee, by no role.
    ("GET", "/office/trustee"): frozenset(),
    ("POST", "/api/ceremony/{number}/{name}"): frozenset(),
    **{("GET", f"/office/papers{path}"): COUNTERS | CHIEF for path in ("", "/{slot}")},
    **{("POST", f"/office/papers/{{slot}}{act}"): COUNTERS for act in PAPER_ACTS},
    ("POST", "/office/papers/{slot}/aside/{official}"): CHIEF,
    **{("GET", f"/office/print{path}"): SIGNING for path in PRINTED},
    **{(method, "/office/print/passes"): CLERK for method in ("GET", "POST")},
    ("GET", "/office/accounts"): MANAGING,
    ("POST", "/office/accounts/invite"): CLERK,
    ("POST", "/office/accounts/{account_id}/reset"): MANAGING,
    ("POST", "/api/drafts"): SIGNING,
    ("POST", "/api/drafts/{digest}/withdraw"): SIGNING,
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap():
        yield


class Hall:
    """The registrar with accounts in one process, its clocks moved by hand."""

    def __init__(self, home: Path) -> None:
        deputies = [Deputy(f"{n:03d}", f"代表{n}") for n in range(1, 31)]
        digest = list_digest(SALT, [one.number for one in deputies])
        self.definition = drawn_definition(digest)
        self.database = Database(sqlite_url(home / "registrar.db"))
        upgrade(self.database, SERVICES["registrar"])
        install_definition(self.database, "registrar", self.definition.raw)
        install_roll(self.database, self.definition, Roll(tuple(deputies), SALT))
        self.service = RegistrarService(self.database, SECRET)
        self.accounts, self.clock = office(self.database, Clock())
        self.now, self.changes = 0.0, 0
        login = AccountLogin(self.accounts)
        self.guard = Guard(login, secrets.token_bytes, lambda: self.now, AT)
        store, board = OfficeStore(self.database), self.service.board
        self.room = SigningRoom(board, store, self.service.registrar.follow)
        shared = Office(
            self.room,
            self.accounts,
            self.guard,
            self.service,
            self.database,
            lambda: MINUTE,
            self._changed,
            "https://127.0.0.1:8001",
        )
        around = Around(
            hosts={"127.0.0.1"},
            box_at="https://127.0.0.1:8001",
            followers=[],
            record=home / "r.zip",
        )
        self.app = registrar_app(
            self.service,
            around,
            [
                login_router(self.guard),
                desk_router(self.service.registrar, lambda: self.service.state, self.guard),
                office_pages(shared),
                office_api(shared),
                trustees_router(shared),
                papers_router(shared),
                official_papers(shared),
            ],
        )

    def _changed(self) -> None:
        self.changes += 1

    def browser(self, *roles: str, who: str = "x") -> "Browser":
        """A browser signed in with these roles; without any, nobody's."""
        browser = Browser(self.app)
        if roles:
            cookie = self.guard.sessions.open(Who(who, frozenset(roles), who), "zh")
            browser.jar.set("__Host-desk", cookie)
            session = self.guard.sessions.find(cookie)
            assert session is not None
            browser.token = session.csrf
        return browser

    def official(self, who: str) -> "Browser":
        return self.browser(*PEOPLE[who], who=who)


def drawn_definition(digest: str) -> Definition:
    """The test session with drawn slips, which needs no slot keys."""
    value = loads(sessions.definition(drawn=True).raw) | {"roll_digest": digest}
    return decode_definition(dumps(value))


class Browser:
    """One browser."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.jar, self.token = app, httpx.Cookies(), ""

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str | None
    ) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, cookies=self.jar) as client:
                given = {k.replace("_", "-"): v for k, v in headers.items()}
                sent = {k: v for k, v in (OWN | given).items() if v is not None}
                answer = await client.request(method, BASE + path, content=body, headers=sent)
                self.jar = client.cookies
                return answer

        return asyncio.run(send())

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def form(self, path: str, **fields: str) -> httpx.Response:
        body = urlencode({"csrf": self.token} | fields).encode()
        return self.ask("POST", path, body, content_type=FORM)

    def json(self, path: str, value: Any, **headers: str | None) -> httpx.Response:
        named = {"content_type": "application/json", "x_csrf_token": self.token} | headers
        return self.ask("POST", path, dumps(value), **named)

    def login(self, account: str, password: str, typed: str) -> httpx.Response:
        fields = {"account": account, "password": password, "otp": typed}
        answer = self.form("/office/login", **fields)
        if answer.status_code == 303:
            self.token = self.get("/api/me").json()["token"]
        return answer


@pytest.fixture(scope="module")
def module_hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with cheap():
        hall = Hall(tmp_path_factory.mktemp("hall"))
        yield hall
        hall.database.close()


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    found = Hall(tmp_path)
    yield found
    found.database.close()


def read(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


# Roles, routes, methods


def routes(app: FastAPI) -> dict[str, set[str]]:
    """path → methods of everything that the application's OpenAPI description names."""
    with warnings.catch_warnings(action="ignore"):  # GET and HEAD of one page are one operation
        described = app.openapi()["paths"]
    return {path: {method.upper() for method in found} for path, found in described.items()}


def test_the_description_leaves_no_route_out(module_hall: Hall) -> None:
    found: set[str] = set()
    for route in module_hall.app.routes:
        inner = getattr(route, "effective_route_contexts", None)
        for one in inner() if inner is not None else [route]:
            if getattr(one, "methods", None):
                found.add(one.path)
    assert found == set(routes(module_hall.app))


def test_every_route_is_on_the_allow_list_and_nothing_else_is(module_hall: Hall) -> None:
    found = {
        (method, path)
        for path, methods in routes(module_hall.app).items()
        for method in methods - {"HEAD"}
    }
    public = {(method, path) for method, paths in PUBLIC.items() for path in paths}
    assert found == public | set(ALLOWED)
    assert not public & set(ALLOWED)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_role_opens_what_the_allow_list_gives_it_and_no_more(
    module_hall: Hall, role: str | None
) -> None:
    browser = module_hall.browser(*([role] if role else []))
    for path, methods in routes(module_hall.app).items():
        if any(path in paths for paths in PUBLIC.values()):
            continue
        filled = re.sub(r"\{.*?\}", "001", path)
        for method in METHODS:
            wanted = "GET" if method == "HEAD" else method
            answer = _bare(browser, method, filled)
            if method not in methods:
                assert answer.status_code == 405, (role, method, path)
                continue
            opened = not _closed(answer)
            assert opened == (role in ALLOWED[wanted, path]), (role, method, path, answer.text)
            assert not opened or answer.headers["cache-control"] == "no-store"


def _bare(browser: Browser, method: str, path: str) -> httpx.Response:
    """A request with nothing in it but the right token."""
    if method != "POST":
        return browser.ask(method, path)
    api = path.startswith("/api/")
    return browser.json(path, {}) if api else browser.form(path)


def _closed(answer: httpx.Response) -> bool:
    """Turned away; a page that asks for the password again is not that."""
    asks = 'type="password"' in answer.text
    return (answer.status_code == 403 and not asks) or (
        urlsplit(answer.headers.get("location", "")).path == "/office/login"
    )


@pytest.mark.parametrize("role", ROLES)
def test_no_unsafe_route_takes_a_foreign_origin_or_no_token(module_hall: Hall, role: str) -> None:
    browser = module_hall.browser(role)
    for (method, path), roles in ALLOWED.items():
        if method != "POST" or role not in roles:
            continue
        filled, kind = re.sub(r"\{.*?\}", "001", path), FORM
        if path.startswith("/api/"):
            kind = "application/json"
        token, body = browser.token, urlencode({"csrf": browser.token}).encode()
        if kind != FORM:
            body = b"{}"
        for headers in (
            {"origin": "https://evil.example", "sec_fetch_site": "cross-site"},
            {"origin": None, "sec_fetch_site": None},
            {"origin": "null", "sec_fetch_site": "cross-site"},
        ):
            answer = browser.ask(
                "POST", filled, body, content_type=kind, x_csrf_token=token, **headers
            )
            assert answer.status_code == 403, path
        for wrong in ("", "x", token[:-1]):
            bad = urlencode({"csrf": wrong}).encode() if kind == FORM else b"{}"
            answer = browser.ask("POST", filled, bad, content_type=kind, x_csrf_token=wrong)
            assert answer.status_code == 403, path
            if kind != FORM:
                assert answer.json()["code"] == "office.token"


def test_what_has_effect_needs_the_password_within_five_minutes(hall: Hall) -> None:
    browser = hall.browser("clerk")
    hall.now += FRESH + 1
    for (method, path), roles in ALLOWED.items():
        if method != "POST" or "clerk" not in roles or path.startswith("/desk"):
            continue
        answer = _bare(browser, "POST", re.sub(r"\{.*?\}", "001", path))
        if path.endswith("/confirm"):
            assert answer.headers.get("location") is None
        elif path.startswith("/api/"):
            assert answer.json()["code"] == "office.confirm"
        else:
            assert urlsplit(answer.headers["location"]).path == "/office/confirm"


# Getting in


def test_the_first_clerk_gets_in_by_the_printed_code_and_invites_the_others(hall: Hall) -> None:
    code = hall.accounts.begin("clerk", "样例工作人员")
    assert code is not None
    browser = Browser(hall.app)
    asked = browser.get(f"/office/accept?code={code}")
    secret = re.search(r'class="code">([A-Z2-7 ]+)<', asked.text)
    assert secret is not None
    assert "样例工作人员" in asked.text
    shown = otp(base64.b32decode(secret[1].replace(" ", "")), hall.clock)
    fields = {"code": code, "password": PASSWORD, "again": PASSWORD, "otp": shown}
    for change, wanted in (
        ({"again": "another"}, "password.differs"),
        ({"otp": "000000"}, "account.otp"),
        ({"password": "1234567890", "again": "1234567890"}, "password.obvious"),
    ):
        answer = browser.form("/office/accept", **(fields | change))
        assert messages("zh")[f"problem.{wanted}"] in read(answer)
        assert PASSWORD not in answer.text
    answer = browser.form("/office/accept", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/office")
    assert browser.get("/desk").status_code == 200
    browser.token = browser.get("/api/me").json()["token"]
    page = browser.form(
        "/office/accounts/invite", account="Chair", name="样例执行主席", **{"role-presidium": "yes"}
    )
    found = re.search(r"pass__code code\">([0-9A-Z-]{14})<", page.text)
    assert found is not None
    assert hall.accounts.offer(found[1]).account.id == "chair"
    assert found[1] not in browser.get("/office/accounts").text
    again = Browser(hall.app).form("/office/accept", **fields)
    assert messages("zh")["problem.account.invitation"] in read(again)


def test_a_login_needs_all_three_and_says_nothing_of_which_was_wrong(hall: Hall) -> None:
    secret = invited(hall.accounts, hall.clock, "clerk", "clerk")
    hall.clock.now += 30
    typed = otp(secret, hall.clock)
    browser, seen = Browser(hall.app), set()
    for number, wrong in enumerate(
        (
            ("clerk", PASSWORD, "000000"),
            ("clerk", "wrong password", typed),
            ("nobody", PASSWORD, typed),
            ("", "", ""),
        )
    ):
        answer = browser.login(*wrong)
        assert answer.status_code == 403, number
        seen.add(answer.text)
        assert "set-cookie" not in answer.headers
    assert len(seen) == 1
    hall.now += 60
    answer = browser.login("Clerk ", PASSWORD, typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/office")
    assert messages("zh")["account.failed"].format(number=2) in read(browser.get("/office"))


def test_failures_delay_address_and_account_but_never_where_the_owner_signed_in(
    hall: Hall,
) -> None:
    guard = hall.guard
    guard.passed("10.0.0.1", "clerk")
    for number in range(9):
        guard.failed(f"10.0.1.{number}", "clerk")
    assert guard.wait("10.0.2.1", "clerk") == 60
    assert guard.wait("10.0.2.1", "chair") == 0
    assert guard.wait("10.0.0.1", "clerk") == 0
    for _ in range(4):
        guard.failed("10.0.0.1", "chair")
    assert guard.wait("10.0.0.1", "clerk") == 2
    hall.now += 60
    assert guard.wait("10.0.2.1", "clerk") == 0


def test_while_delayed_the_right_password_is_not_looked_at_and_later_it_is(hall: Hall) -> None:
    secret = invited(hall.accounts, hall.clock, "clerk", "clerk")
    browser = Browser(hall.app)
    for _ in range(4):
        browser.login("clerk", "wrong password", "000000")
    hall.clock.now += 30
    answer = browser.login("clerk", PASSWORD, otp(secret, hall.clock))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    hall.now += 3
    assert browser.login("clerk", PASSWORD, otp(secret, hall.clock)).status_code == 303


def test_guessing_invitation_codes_is_delayed(hall: Hall) -> None:
    browser = Browser(hall.app)
    for _ in range(4):
        assert browser.get("/office/accept?code=0000-0000-0000").status_code == 409
    code = hall.accounts.invite("a", "样例甲", ["teller"])
    assert "样例甲" not in browser.get(f"/office/accept?code={code}").text
    hall.now += 3
    assert "样例甲" in browser.get(f"/office/accept?code={code}").text


def test_a_session_ends_at_logout_and_after_eight_idle_hours(hall: Hall) -> None:
    browser = hall.browser("clerk")
    hall.now += IDLE - 1
    assert browser.get("/office").status_code == 200
    hall.now += IDLE + 1
    assert browser.get("/office").headers["location"] == "/office/login"
    assert browser.get("/api/me").json()["code"] == "office.signed_out"
    browser = hall.browser("clerk")
    cookie = browser.jar["__Host-desk"]
    assert browser.form("/office/logout").headers["location"] == "/office/login"
    browser.jar = httpx.Cookies({"__Host-desk": cookie})
    assert browser.get("/office").headers["location"] == "/office/login"


def test_two_officials_together_reset_a_password_and_end_its_sessions(hall: Hall) -> None:
    for who, role in (("clerk", "clerk"), ("chief", "chief_scrutineer"), ("teller-1", "teller")):
        invited(hall.accounts, hall.clock, who, role)
    clerk, chief = hall.browser("clerk", who="clerk"), hall.official("chief")
    teller = hall.official("teller-1")
    assert teller.get("/office").status_code == 200
    asked = clerk.form("/office/accounts/teller-1/reset")
    assert asked.headers["location"] == "/office/accounts"
    assert teller.get("/office").status_code == 200
    page = chief.form("/office/accounts/teller-1/reset")
    found = re.search(r"pass__code code\">([0-9A-Z-]{14})<", page.text)
    assert found is not None
    assert teller.get("/office").headers["location"] == "/office/login"
    assert hall.accounts.offer(found[1]).account.id == "teller-1"
    own = chief.form("/office/accounts/chief/reset")
    assert messages("zh")["problem.account.may_not"] in read(own)


def test_the_password_again_lets_one_go_on(hall: Hall) -> None:
    invited(hall.accounts, hall.clock, "clerk", "clerk")
    browser = hall.browser("clerk", who="clerk")
    hall.now += FRESH + 1
    assert browser.get("/api/me").json()["confirmed"] is False
    wrong = browser.json("/api/me/confirm", {"password": "wrong password"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "office.password")
    assert browser.json("/api/me/confirm", {"password": PASSWORD}).status_code == 204
    assert browser.get("/api/me").json()["confirmed"] is True
    hall.now += FRESH + 1
    assert browser.form("/office/confirm", password="wrong").status_code == 403
    answer = browser.form("/office/confirm", password=PASSWORD)
    assert answer.headers["location"] == "/office"


def test_what_people_typed_is_text_on_every_page(hall: Hall) -> None:
    invited(hall.accounts, hall.clock, "clerk", "clerk")
    evil = "<script>alert(1)</script>{{7*7}}\"'>"
    browser = hall.browser("clerk", who="clerk")
    page = browser.form("/office/accounts/invite", account="A B", name=evil)
    assert page.status_code == 409
    assert "<script" not in page.text
    hall.accounts.invite("a", evil, ["teller"])
    for path in ("/office/accounts", "/office", "/office/accounts?lang=en", "/office/confirm"):
        assert "<script>" not in browser.get(path).text  # ours have an address
    assert "49" not in read(browser.get("/office/accounts"))
    assert "<script" not in Browser(hall.app).get("/office/accept?code=" + evil).text


# Drafts


def sign_draft(hall: Hall, shown: dict[str, Any], who: str, role: str) -> httpx.Response:
    """On the official's device: the document as the API shows it, signed with the own key."""
    names = ("kind", "session", "slot", "minute", "body")
    document = {name: shown[name] for name in names} | {"signer": who, "role": role}
    value = {"role": role, "signature": sign(key(who), shown["kind"], document), "signer": who}
    nobody = Browser(hall.app)
    path = f"/api/drafts/{shown['digest']}/signatures"
    return nobody.json(path, value, x_csrf_token=None, origin=None, sec_fetch_site=None)


def test_a_session_is_defined_and_adopted_over_the_api(hall: Hall) -> None:
    clerk, chair = hall.official("clerk"), hall.official("chair")
    agenda = chair.get("/api/agenda").json()
    (usual,) = [step for step in agenda["steps"] if step["weight"] == "next"]
    assert (usual["kind"], usual["draft"], usual["may_propose"]) == ("defined", None, False)
    assert agenda["slot"] == "projects-1"
    assert {gate["done"] for gate in agenda["gates"]} == {True, False}
    given: dict[str, Any] = {"given": {}, "kind": "defined", "slot": None}
    refused = chair.json("/api/drafts", given)
    assert (refused.status_code, refused.json()["code"]) == (403, "draft.may_not")
    made = clerk.json("/api/drafts", given)
    assert made.status_code == 201
    shown = made.json()
    assert (shown["mine"], shown["minute"]) == (["clerk"], MINUTE)
    assert [s["more"] for s in shown["signatures"]] == [1]
    listed = chair.get("/api/drafts").json()["drafts"]
    assert [(one["digest"], one["mine"]) for one in listed] == [(shown["digest"], [])]
    assert chair.get(f"/api/drafts/{shown['digest']}").json()["body"] == {}
    assert sign_draft(hall, shown, "chair", "presidium").json()["code"] == "event.role"
    assert sign_draft(hall, shown, "clerk", "clerk").json()["state"] == "published"
    shown = chair.json("/api/drafts", given | {"kind": "adopted"}).json()
    assert sign_draft(hall, shown, "chair", "presidium").json() == {
        "missing": [{"more": 1, "role": "presidium"}],
        "state": "open",
    }
    page = read(chair.get("/office"))
    assert "member-1" in page
    assert messages("zh")["office.more"].format(role="主席团成员", number=1) in page
    assert sign_draft(hall, shown, "member-2", "presidium").json()["state"] == "published"
    assert [event.kind for event in hall.service.board.events] == ["defined", "adopted"]
    assert hall.changes == 5
    assert clerk.get("/api/drafts").json() == {"drafts": []}


def test_one_official_alone_cannot_adopt(hall: Hall) -> None:
    """C7: every role there is in one login, and one key."""
    browser = hall.browser(*ROLES, who="chair")
    for kind in ("defined", "adopted"):
        made = browser.json("/api/drafts", {"given": {}, "kind": kind, "slot": None})
        if kind == "defined":
            assert sign_draft(hall, made.json(), "clerk", "clerk").status_code == 200
        else:
            for _ in range(3):
                sign_draft(hall, made.json(), "chair", "presidium")
    assert not hall.service.state.adopted


def test_an_overtaken_draft_is_a_conflict_and_is_withdrawn_by_its_role(hall: Hall) -> None:
    clerk, chair = hall.official("clerk"), hall.official("chair")
    given: dict[str, Any] = {"given": {}, "kind": "defined", "slot": None}
    first, second = (who.json("/api/drafts", given).json() for who in (clerk, clerk))
    assert first == second
    other = hall.room.propose("defined", None, {}, MINUTE.replace("42Z", "43Z"), ("c", "clerk"))
    sign_draft(hall, first, "clerk", "clerk")
    late = sign_draft(hall, chair.get(f"/api/drafts/{other.digest}").json(), "clerk", "clerk")
    assert (late.status_code, late.json()["code"]) == (409, "draft.overtaken")
    assert messages("zh")["problem.draft.overtaken"] in read(chair.get("/office"))
    path = f"/api/drafts/{other.digest}/withdraw"
    assert chair.json(path, {}).json()["code"] == "draft.may_not"
    assert clerk.json(path, {}).status_code == 204
    assert clerk.get(f"/api/drafts/{other.digest}").json()["code"] == "draft.withdrawn"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({}, "draft.malformed"),
        ({"given": [], "kind": "defined", "slot": None}, "draft.malformed"),
        ({"given": {}, "kind": 7, "slot": None}, "draft.malformed"),
        ({"given": {}, "kind": "defined", "slot": 3}, "draft.malformed"),
        ({"given": {}, "kind": "nonsense", "slot": None}, "draft.kind"),
        ({"given": {"x": 1}, "kind": "defined", "slot": None}, "draft.given"),
        ({"given": {}, "kind": "published", "slot": None}, "draft.too_early"),
    ],
)
def test_a_malformed_draft_is_refused(module_hall: Hall, value: Any, code: str) -> None:
    answer = module_hall.browser("clerk", "presidium", who="clerk").json("/api/drafts", value)
    assert answer.json()["code"] == code
    assert answer.status_code in (400, 409)


@pytest.mark.parametrize(
    "value", [{}, {"role": 1, "signature": "", "signer": ""}, {"role": "clerk", "signer": "clerk"}]
)
def test_a_malformed_signature_is_refused(module_hall: Hall, value: Any) -> None:
    answer = Browser(module_hall.app).json("/api/drafts/x/signatures", value)
    assert (answer.status_code, answer.json()["code"]) == (400, "draft.malformed")


def test_a_signature_under_no_draft_is_refused(module_hall: Hall) -> None:
    value = {"role": "clerk", "signature": "0" * 128, "signer": "clerk"}
    answer = Browser(module_hall.app).json("/api/drafts/x/signatures", value)
    assert (answer.status_code, answer.json()["code"]) == (404, "draft.unknown")


def test_a_key_is_registered_once_it_signs(hall: Hall) -> None:
    invited(hall.accounts, hall.clock, "guest", "observer")
    guest, own = hall.browser("observer", who="guest"), SigningKey(b"7" * 32)
    proof = sign(own, "official_key", key_document("guest", own.public))
    wrong = {"public": own.public, "signature": proof[::-1]}
    assert guest.json("/api/me/key", wrong).json()["code"] == "signature.invalid"
    assert guest.json("/api/me/key", {"public": own.public, "signature": proof}).status_code == 204
    assert guest.get("/api/me").json()["public_key"] == own.public
    invited(hall.accounts, hall.clock, "clerk", "clerk")
    clerk = hall.browser("clerk", who="clerk")
    other = sign(own, "official_key", key_document("clerk", own.public))
    taken = clerk.json("/api/me/key", {"public": own.public, "signature": other})
    assert taken.json()["code"] == "account.key_adopted"
