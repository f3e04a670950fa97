"""Whoever had to sign in, or to type the password again, comes back, and is never led away."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from ballot.locale import messages
from ballot.web.sessions import FRESH
from tests.offices import PASSWORD, cheap, invited, otp
from tests.unit.test_web_acting import Desk
from tests.unit.test_web_office import Browser

# What is typed, and where one comes to: no other site, no other page of this one.
THERE = [
    ("/office/key", "/office/key"),
    ("/office/act/round_closed?slot=v1-1", "/office/act/round_closed?slot=v1-1"),
    ("", "/office"),
    ("https://evil.example/office", "/office"),
    ("https:/office", "/office"),
    ("https:evil.example", "/office"),
    ("//evil.example/office", "/office"),
    ("/\\evil.example", "/office"),
    ("\\\\evil.example/office", "/office"),
    ("/office//evil.example", "/office"),
    ("/office\\@evil.example", "/office"),
    ("/office@evil.example", "/office"),
    ("/office.evil.example", "/office"),
    ("/office/../desk", "/office"),
    ("/office/%2e%2e/desk", "/office"),
    ("/office?next=//evil.example", "/office"),
    ("/officer", "/office"),
    ("/desk", "/office"),
    ("javascript:alert(1)", "/office"),
    (" /office/key", "/office"),
    ("/office/key\n", "/office"),
    ("/office/key\r\nset-cookie: a=b", "/office"),
    ("/office/key#//evil.example", "/office"),
    ("/office/ｋey", "/office"),
]


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap():
        yield


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.database.close()


@pytest.mark.parametrize(("then", "wanted"), THERE)
def test_the_password_again_leads_back_and_never_away(desk: Desk, then: str, wanted: str) -> None:
    invited(desk.accounts, desk.clock, "teller-1", "teller")
    browser = desk.browser("teller", who="teller-1")
    shown = browser.get(f"/office/confirm?next={quote(then)}")
    assert ('name="next"' in shown.text) is (wanted == then)
    answer = browser.form("/office/confirm", password=PASSWORD, next=then)
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)


@pytest.mark.parametrize(("then", "wanted"), THERE)
def test_signing_in_leads_back_and_never_away(desk: Desk, then: str, wanted: str) -> None:
    secret = invited(desk.accounts, desk.clock, "teller-1", "teller")
    browser = Browser(desk.app)
    shown = browser.get(f"/office/login?next={quote(then)}")
    assert ('name="next"' in shown.text) is (wanted == then)
    wrong = browser.form("/office/login", account="teller-1", password="wrong", next=then)
    assert ('name="next"' in wrong.text) is (wanted == then)
    desk.clock.now += 30
    given = {"account": "teller-1", "password": PASSWORD, "otp": otp(secret, desk.clock)}
    answer = browser.form("/office/login", **given, next=then)
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)
    again = browser.get(f"/office/login?next={quote(then)}")
    assert (again.status_code, again.headers["location"]) == (303, wanted)


@pytest.mark.parametrize("path", ["/office/key", "/office/act/round_closed?slot=v1-1"])
def test_a_page_asked_for_while_signed_out_is_come_back_to(desk: Desk, path: str) -> None:
    away = urlsplit(Browser(desk.app).get(path).headers["location"])
    assert away.path == "/office/login"
    assert parse_qs(away.query) == {"next": [path]}
    english = Browser(desk.app).get(f"/office/login?{away.query}&lang=en").text
    assert f'href="?next={quote(path)}&amp;lang=zh"' in english.replace("%26", "&")


def test_what_stands_in_a_query_and_is_no_plain_word_is_left_behind(desk: Desk) -> None:
    answer = Browser(desk.app).get("/office/key?a=//evil.example")
    assert answer.headers["location"] == "/office/login?next=/office/key"


@pytest.mark.parametrize("path", ["/office/accounts/invite", "/office/accounts/chair/reset"])
def test_a_form_sent_too_late_leads_back_to_the_page_that_had_it(desk: Desk, path: str) -> None:
    browser = desk.browser("clerk", who="clerk")
    desk.now += FRESH + 1
    answer = browser.form(path)
    assert answer.headers["location"] == "/office/confirm?next=/office/accounts"


def test_an_invitation_keeps_its_code_in_the_other_language(desk: Desk) -> None:
    code = desk.accounts.invite("a", "样例甲", ["teller"])
    shown = Browser(desk.app).get(f"/office/accept?code={code}").text
    assert f'href="?code={code}&amp;lang=en"' in shown
    typed = Browser(desk.app).form("/office/accept", code=code).text  # it stands in no address
    assert 'href="?lang=en"' in typed


@pytest.mark.parametrize("path", ["/office/none", "/office/none?lang=en", "/desk/none"])
def test_an_error_leads_officials_back_to_their_pages(desk: Desk, path: str) -> None:
    answer = Browser(desk.app).get(path)
    home = f"/{path.split('/')[1]}"
    assert answer.status_code == 404
    assert f'class="btn btn--next" href="{home}"' in answer.text
    assert messages("en" if "lang" in path else "zh")["web.error.404.office"] in answer.text
