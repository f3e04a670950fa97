"""The pages from which officials conduct the session: forms, drafts, what each shows and hides."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from ballot.accounts import ROLES, key_document
from ballot.crypto.encoding import code_of_hex
from ballot.crypto.signing import sign
from ballot.locale import messages
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import encode, sign_event
from ballot.web.acting import INCIDENTS, acting_pages
from ballot.web.acts import PLAIN
from ballot.web.chair import _clock, chair_pages
from ballot.web.observing import observing_pages
from ballot.web.office import me_api
from ballot.web.office_context import Office
from ballot.web.readable import readable
from ballot.web.sessions import FRESH, Session
from ballot.web.signing_pages import key_pages, signing_pages
from ballot.web.steps import BY_SERVICE, TRUSTEES, page_of
from ballot.web.words import Words
from tests import sessions
from tests.offices import PASSWORD, cheap, invited
from tests.sessions import MINUTE, NOTHING, PEOPLE, key
from tests.unit.test_web_office import FORM, Browser, Hall, read

SIGNING = frozenset(ROLES) - {"observer"}
ZH = messages("zh")
# The allow-list of these pages: what is not here is open to nobody.
ALLOWED = {
    ("GET", "/office/key"): SIGNING,
    ("GET", "/office/sign/{digest}"): SIGNING,
    ("GET", "/office/act/{kind}"): SIGNING,
    ("POST", "/office/act/{kind}"): SIGNING,
    ("GET", "/office/problems"): frozenset({"clerk", "presiding_officer"}),
    ("POST", "/office/problems/{kind}"): frozenset({"clerk", "presiding_officer"}),
    ("GET", "/office/chair"): frozenset(ROLES),
    ("GET", "/office/observer"): frozenset(ROLES),
}
FILLED = {"{digest}": "0" * 64, "/act/{kind}": "/act/objection", "{kind}": "other"}


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap():
        yield


class Desk(Hall):
    """The registrar with these pages, and a session played up to some event."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        office = Office(
            self.room,
            self.accounts,
            self.guard,
            self.service,
            self.database,
            lambda: MINUTE,
            self._changed,
        )
        self.routers = [
            key_pages(self.guard, self.definition),
            signing_pages(office),
            acting_pages(office),
            chair_pages(office),
            observing_pages(office),
        ]
        for router in self.routers:
            self.app.include_router(router)
        self.session = sessions.Session(self.definition)

    def publish(self, kind: str, slot: str | None = None, **changes: Any) -> None:
        """One more event, as if its officials had signed it."""
        self.session.publish(kind, slot, **changes)
        self.service.board.follow(encode(self.session.events[-1]))

    def ready(self) -> "Desk":
        for kind in ("defined", "adopted", "keys_ready", "rules_adopted"):
            self.publish(kind)
        return self

    def issued(self) -> "Desk":
        self.ready().publish("check_in_opened")
        self.publish("check_in_closed")
        return self

    def opened(self) -> "Desk":
        self.issued().publish("box_empty", "projects-1")
        self.publish("round_opened", "projects-1")
        return self

    def sign(self, digest: str, who: str, role: str) -> None:
        event = self.room.proposal(digest).event
        self.room.sign(digest, sign_event(key(who), event, who, role))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.database.close()


def proposed(browser: Browser, path: str, **fields: str) -> str:
    """The digest of the draft that a form makes."""
    answer = browser.form(path, **fields)
    assert answer.status_code == 303, read(answer)
    found = re.fullmatch(r"/office/sign/([0-9a-f]{64})", answer.headers["location"])
    assert found is not None
    return found[1]


def body(desk: Desk, digest: str) -> dict[str, object]:
    return desk.room.proposal(digest).event.body


# Who may


def test_every_route_is_on_the_allow_list_and_nothing_else_is(desk: Desk) -> None:
    found = {
        (method, route.path)  # type: ignore[attr-defined]
        for router in desk.routers
        for route in router.routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }
    assert found == set(ALLOWED)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_role_opens_what_the_allow_list_gives_it_and_no_more(
    desk: Desk, role: str | None
) -> None:
    browser = desk.browser(*([role] if role else []))
    for (method, path), roles in ALLOWED.items():
        for part, value in FILLED.items():
            path = path.replace(part, value)
        answer = browser.form(path) if method == "POST" else browser.get(path)
        away = answer.headers.get("location") == "/office/login"
        # An answer of ours is a page of the workbench, or says that there is no such draft.
        opened = not away and ("/office/logout" in answer.text or answer.status_code == 404)
        assert opened == (role in roles), (role, method, path, answer.status_code)
        cached = answer.headers["cache-control"] != "no-store"
        assert not (opened and cached) or answer.status_code == 404


def test_no_form_takes_a_foreign_origin_or_another_pages_token(desk: Desk) -> None:
    browser = desk.ready().official("clerk")
    for path in ("/office/act/objection", "/office/problems/other"):
        data = f"csrf={browser.token}&text=x&why=x".encode()
        foreign = {"origin": "https://evil.example", "sec_fetch_site": "cross-site"}
        answer = browser.ask("POST", path, data, content_type=FORM, **foreign)
        assert answer.status_code == 403
        answer = browser.ask("POST", path, b"csrf=x&text=x&why=x", content_type=FORM)
        assert answer.status_code == 403
    assert desk.room.proposals() == []


def test_a_password_that_is_due_is_asked_for_in_the_form_and_loses_nothing(desk: Desk) -> None:
    desk.ready()
    invited(desk.accounts, desk.clock, "clerk", "clerk")
    browser = desk.official("clerk")
    desk.now += FRESH + 1
    answer = browser.form("/office/act/objection", text="大屏停住")
    assert answer.status_code == 403
    assert ZH["problem.office.confirm"] in read(answer)
    assert "大屏停住</textarea>" in answer.text
    answer = browser.form("/office/act/objection", text="大屏停住", password="wrong")
    assert ZH["problem.office.password"] in read(answer)
    assert desk.room.proposals() == []
    desk.now += 60
    digest = proposed(browser, "/office/act/objection", text="大屏停住", password=PASSWORD)
    assert body(desk, digest) == {"text": "大屏停住"}
    assert desk.guard.sessions.is_fresh(_session(desk, browser))


def _session(desk: Desk, browser: Browser) -> Session:
    found = desk.guard.sessions.find(browser.jar["__Host-desk"])
    assert found is not None
    return found


def test_a_key_is_registered_while_there_is_no_definition(desk: Desk) -> None:
    invited(desk.accounts, desk.clock, "newcomer", "teller")
    app = FastAPI()
    app.include_router(key_pages(desk.guard))
    app.include_router(me_api(desk.accounts, desk.guard))
    cookie = desk.browser("teller", who="newcomer")
    browser = Browser(app)
    browser.jar, browser.token = cookie.jar, cookie.token
    page = browser.get("/office/key")
    assert page.status_code == 200
    assert ZH["key.state.none"] in read(page)
    assert "/office/chair" not in page.text
    seed, public = key("newcomer"), key("newcomer").public
    proof = sign(seed, "official_key", key_document("newcomer", public))
    answer = browser.json("/api/me/key", {"public": public, "signature": proof})
    assert answer.status_code == 204
    assert browser.get("/api/me").json()["public_key"] == public


# Steps


def test_every_kind_of_event_has_a_form_or_a_page_of_its_own() -> None:
    elsewhere = TRUSTEES | BY_SERVICE | {"paper_counted"}
    assert set(KINDS) == PLAIN | elsewhere
    assert not PLAIN & elsewhere


def test_the_clerk_opens_the_check_in_for_the_votes_chosen(desk: Desk) -> None:
    browser = desk.ready().official("clerk")
    page = browser.get("/office/act/check_in_opened")
    assert page.text.count("checked") == len(desk.definition.votes)
    path = "/office/act/check_in_opened"
    digest = proposed(browser, path, **{"votes-projects": "yes"})
    assert body(desk, digest) == {"slots": [f"projects-{n}" for n in range(1, 5)]}


def test_a_show_of_hands_that_is_no_majority_is_refused_in_words_with_what_was_typed(
    desk: Desk,
) -> None:
    for kind in ("defined", "adopted", "keys_ready"):
        desk.publish(kind)
    browser = desk.official("chair")
    answer = browser.form("/office/act/rules_adopted", yes="15", no="3", abstain="2")
    assert answer.status_code == 409
    assert 'value="15"' in answer.text
    answer = browser.form("/office/act/rules_adopted", yes="十六", no="0", abstain="0")
    assert ZH["problem.draft.given"] in read(answer)
    digest = proposed(browser, "/office/act/rules_adopted", yes="16", no="3", abstain="2")
    assert body(desk, digest) == {"yes": 16, "no": 3, "abstain": 2}


def test_whoever_signs_nothing_of_a_step_cannot_propose_it(desk: Desk) -> None:
    teller = desk.ready().official("teller-1")
    assert ZH["act.may_not"] in read(teller.get("/office/act/check_in_opened"))
    answer = teller.form("/office/act/check_in_opened", **{"votes-projects": "yes"})
    assert (answer.status_code, desk.room.proposals()) == (403, [])


def test_no_browser_can_send_a_passphrase_as_a_form(desk: Desk) -> None:
    clerk = desk.ready().official("clerk")
    digest = proposed(clerk, "/office/act/objection", text="x")
    desk.publish("check_in_opened")
    for path in ("/office/key", f"/office/sign/{digest}", "/office/act/check_in_closed"):
        text = clerk.get(path).text
        secrets = re.findall(r"<input[^>]*type=\"password\"[^>]*>", text)
        assert any('data-part="passphrase"' in one for one in secrets)
        assert all("name=" not in one for one in secrets)
        buttons = re.findall(r"<button[^>]*data-part=\"go\"[^>]*>", text)
        assert buttons
        assert all(" disabled" in one for one in buttons)


def test_only_the_clerk_is_offered_the_order_that_ends_the_check_in(desk: Desk) -> None:
    desk.ready().publish("check_in_opened")
    page = desk.official("clerk").get("/office/act/check_in_closed")
    assert 'data-order="halt_check_in"' in page.text
    assert 'data-slot="projects-1"' in page.text
    assert f'data-session="{desk.definition.session}"' in page.text
    other = desk.official("chief").get("/office/act/check_in_closed")
    assert "data-order" not in other.text
    assert "clerk" in read(other)


def test_a_round_closes_by_the_presiding_officers_order_and_papers_are_typed(desk: Desk) -> None:
    path = "/office/act/round_closed?slot=projects-1"
    page = desk.opened().official("chair").get(path)
    assert 'data-order="halt_round"' in page.text
    assert 'name="papers"' in page.text
    assert "data-order" not in desk.official("clerk").get(path).text


def test_a_round_on_paper_alone_closes_without_a_box(desk: Desk) -> None:
    desk.issued().publish("box_empty", "projects-1")
    chair = desk.official("chair")
    path = "/office/act/round_opened?slot=projects-1"
    answer = chair.form(path, present="25", channel="paper", issued_paper="")
    assert ZH["problem.draft.given"] in read(answer)
    opening = proposed(chair, path, present="25", channel="paper", issued_paper="24")
    assert body(desk, opening)["issued_paper"] == 24
    assert body(desk, opening)["fingerprint"] is None
    desk.sign(opening, "chair", "presiding_officer")
    path = "/office/act/round_closed?slot=projects-1"
    closing_page = chair.get(path).text
    assert "data-order" not in closing_page
    (asked,) = re.findall(r'<input [^>]*name="papers"[^>]*>', closing_page)
    assert 'value=""' in asked  # nobody passes over it
    assert "required" in asked
    closing = proposed(chair, path, papers="23")
    assert body(desk, closing)["paper"] == {"returned": 23}
    assert body(desk, closing)["tablet"] is None


def test_what_follows_from_the_events_is_shown_and_not_asked(desk: Desk) -> None:
    desk.opened().publish("voided", "projects-1")
    page = desk.official("member-1").get("/office/act/revote_called?slot=projects-2")
    assert 'data-path="body.items.0"' in page.text
    assert "项目a" in page.text
    assert "<textarea" not in page.text
    digest = proposed(desk.official("member-1"), "/office/act/revote_called?slot=projects-2")
    assert body(desk, digest)["items"] == ["a", "b", "c"]


def test_a_step_that_cannot_come_now_says_so(desk: Desk) -> None:
    chair = desk.ready().official("chair")
    page = chair.get("/office/act/round_opened?slot=projects-1")
    assert page.status_code == 409
    assert ZH["problem.draft.too_early"] in read(page)
    for path in ("/office/act/round_opened?slot=nowhere", "/office/act/sealed?slot=projects-1"):
        assert chair.get(path).status_code == 404
        assert chair.form(path).status_code == 404


def test_the_agenda_leads_to_what_waits_for_each(desk: Desk) -> None:
    desk.ready()
    clerk, chief = desk.official("clerk"), desk.official("chief")
    assert 'href="/office/act/check_in_opened"' in clerk.get("/office").text
    assert ZH["act.tasks.none"] in read(chief.get("/office"))
    digest = proposed(clerk, "/office/act/check_in_opened", **{"votes-motion": "yes"})
    assert f'href="/office/sign/{digest}" data-key="task-1"' in clerk.get("/office").text
    assert 'data-key="task-1"' not in chief.get("/office").text


# The signing page


def test_a_draft_is_shown_with_every_member_and_every_digest_whole(desk: Desk) -> None:
    member = desk.opened().official("member-1")
    path = "/office/act/voided?slot=projects-1"
    digest = proposed(member, path, reason="stated", text="平板故障")
    page = member.get(f"/office/sign/{digest}")
    said = desk.room.proposal(digest).event
    shown = set(re.findall(r'data-path="([\w.]+)"', page.text))
    head = {"kind", "slot", "minute", "session"}
    assert shown == head | {f"body.{name}" for name in said.body}
    assert said.body["log"] in page.text
    assert code_of_hex(said.body["log"]) in page.text
    assert f'data-digest="{digest}"' in page.text
    policy = page.headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert member.get(f"/office/sign/{'0' * 64}").status_code == 404


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"counted"}))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_kind_can_be_read_in_both_languages(desk: Desk, kind: str, lang: str) -> None:
    desk.opened()
    slot = "projects-1" if KINDS[kind].slot == "one" else None
    event = desk.session.draft(kind, slot)
    groups = readable(desk.session.state, event, Words(lang))
    paths = [row.path for group in groups for row in group.rows]
    assert len(paths) == len(set(paths))
    assert all(row.label and row.shown for group in groups for row in group.rows)
    assert messages(lang)[f"sign.says.{kind}"]


def test_the_signing_page_of_a_trustee_leads_to_the_trustees_page(desk: Desk) -> None:
    assert page_of("sealed", "projects-1", "d" * 64) == "/office/trustee"
    assert page_of("certified", "projects-1") == ""
    assert page_of("certified", "projects-1", "d") == "/office/sign/d"
    assert page_of("paper_counted", "projects-1") == "/office/papers/projects-1"


# The presiding officer


def test_the_chairs_button_says_whose_signature_is_missing(desk: Desk) -> None:
    text = desk.issued().official("chair").get("/office/chair").text
    assert "btn--wait" in text
    assert 'aria-disabled="true"' in text
    assert "chief" in read_of(text)
    assert text.count("is-miss") == 1  # the empty box
    assert ZH["chair.say.box_empty"] in text


def test_the_chairs_button_is_a_link_when_all_is_ready_and_the_sentence_has_its_numbers(
    desk: Desk,
) -> None:
    desk.issued().publish("box_empty", "projects-1")
    text = desk.official("chair").get("/office/chair").text
    href = "/office/act/round_opened?slot=projects-1"
    assert f'btn--seal" href="{href}"' in text
    assert "is-miss" not in text
    assert "实到 28 人" in text
    assert "不得超过 2 项" in text
    assert "btn--wait" in desk.official("teller-1").get("/office/chair").text


def test_the_clock_runs_while_ballots_are_cast_and_never_backwards(desk: Desk) -> None:
    desk.opened()
    events, one = desk.service.board.events, desk.service.state.rounds["projects-1"]
    assert "已 15 分钟" in _clock(events, one, "2025-01-16T02:57Z", Words("zh"))
    assert "已 0 分钟" in _clock(events, one, "2025-01-16T02:12Z", Words("zh"))
    english = _clock(events, one, "2025-01-16T02:57Z", Words("en"))
    assert english == messages("en")["chair.clock"].format(since="10:42", minutes=15)
    desk.publish("round_closed", "projects-1")
    one = desk.service.state.rounds["projects-1"]
    assert _clock(desk.service.board.events, one, MINUTE, Words("zh")) == ""


def test_every_step_has_a_sentence_to_read(desk: Desk) -> None:
    for kind in set(KINDS) - {"override", "objection", "adjourned"}:
        assert f"chair.say.{kind}" in ZH


# Incidents


def test_an_incident_names_who_and_why_and_is_an_event_once_signed(desk: Desk) -> None:
    desk.ready()
    invited(desk.accounts, desk.clock, "clerk", "clerk")
    clerk = desk.official("clerk")
    digest = proposed(clerk, "/office/problems/broken", why="屏幕不亮")
    text = str(body(desk, digest)["text"])
    assert "屏幕不亮" in text
    assert "经办人：clerk" in text
    assert "屏幕不亮" not in clerk.get("/office/problems").text
    desk.sign(digest, "clerk", "clerk")
    assert "屏幕不亮" in clerk.get("/office/problems").text
    assert set(INCIDENTS) == {"reissue", "broken", "late", "other"}


def test_a_late_arrival_needs_an_open_check_in_and_a_reason(desk: Desk) -> None:
    desk.ready()
    clerk = desk.official("clerk")
    assert ZH["act.incident.late.closed"] in read(clerk.get("/office/problems"))
    answer = clerk.form("/office/problems/other", why="   ")
    assert ZH["problem.draft.given"] in read(answer)
    assert clerk.form("/office/problems/nothing", why="x").status_code == 404
    desk.publish("check_in_opened")
    assert ZH["act.incident.late.closed"] not in read(clerk.get("/office/problems"))


def test_the_presiding_officer_looks_at_incidents_and_records_none(desk: Desk) -> None:
    chair = desk.ready().official("chair")
    assert ZH["act.problems.clerk"] in read(chair.get("/office/problems"))
    answer = chair.form("/office/problems/other", why="x")
    assert ZH["problem.draft.may_not"] in read(answer)
    assert desk.room.proposals() == []


# The observer


def test_an_observer_reads_events_and_nothing_of_marks_before_the_publication(desk: Desk) -> None:
    desk.opened().publish("round_closed", "projects-1")
    for who in PEOPLE:
        if who.startswith("scrutineer") and who != "scrutineer-5":
            desk.session.publish("sealed", "projects-1", who)
            desk.service.board.follow(encode(desk.session.events[-1]))
    desk.publish("paper_counted", "projects-1")
    observer = desk.browser("observer", who="guest")
    text = observer.get("/office/observer").text
    assert NOTHING in text  # the root
    assert "body.present" in text
    assert "body.rows" not in text
    assert "body.void.over_vote" not in text
    assert ZH["observer.later"] in html.unescape(text)
    assert desk.service.board.events[-1].digest in text


def test_pages_speak_english_and_keep_their_address(desk: Desk) -> None:
    chair = desk.opened().official("chair")
    text = chair.get("/office/act/round_closed?slot=projects-1&lang=en").text
    assert messages("en")["act.says.round_closed"] in html.unescape(text)
    assert "?slot=projects-1&amp;lang=zh" in text
    assert messages("en")["chair.title"] in chair.get("/office/chair").text


# The password again, and back


def read_of(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", text))
