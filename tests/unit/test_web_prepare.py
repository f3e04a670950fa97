"""The preparation's pages: who may do what, from an empty directory to a session and back."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from ballot.accounts import ROLES, UNNAMED
from ballot.crypto.encoding import code_of_hex, dumps, pretty
from ballot.crypto.errors import Invalid
from ballot.locale import LANGUAGES, message
from ballot.preparing.parts import Listed, decode_parts
from ballot.settings import Settings
from ballot.store.board import BoardStore
from ballot.store.engine import Database, sqlite_url
from ballot.tally.definition import decode_definition
from ballot.tally.events import draft, sign_event
from ballot.web.app import new_app
from ballot.web.prepare_context import HERE
from ballot.web.prepare_forms import parse_multipart
from ballot.web.prepare_home import is_prepared_here
from ballot.web.running import Plan, build
from ballot.web.sessions import FRESH
from ballot.web.switching import Switch
from tests.offices import PASSWORD, secret_of
from tests.patience import SECONDS
from tests.preparing import ABOUT, STEP, VOTE, House, upload_in
from tests.sessions import PEOPLE, key, moduli
from tests.unit.test_web_office import FORM, OWN
from tests.unit.test_web_office import routes as all_routes

DATA = Path(__file__).parent.parent / "data/importing"
PAGES = ("", "/about", "/roll", "/votes", "/people", "/keys", "/slips")
VOTE_PAGES = ("", "/rules", "/ballot", "/items", "/items/P01")
PDF = b"%PDF-1.7\nsample"
CLERK_ONLY = {
    f"{HERE}/roll",
    f"{HERE}/template/roll.xlsx",
    f"{HERE}/template/projects.xlsx",
    f"{HERE}/frozen/{{name}}.json",
    f"{HERE}/slips/order.json",
}


pytestmark = pytest.mark.usefixtures("quickly")


def alert(answer: httpx.Response) -> str:
    found = re.search(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)
    return found[1].strip() if found else ""


def roll_of(house: House) -> tuple[Listed, ...]:
    return decode_parts(house.home.store.parts()).roll


def test_a_session_is_prepared_frozen_adopted_rehearsed_and_prepared_again(house: House) -> None:
    clerk = house.prepare()
    for path in (*PAGES, *(f"/votes/projects{one}" for one in VOTE_PAGES)):
        for lang in LANGUAGES:
            answer = clerk.get(f"{HERE}{path}?lang={lang}")
            assert answer.status_code == 200, (path, answer.text)
    assert clerk.get("/api/definition").status_code == 503
    assert clerk.get("/tablet").status_code == clerk.get("/hall").status_code == 200
    definition = house.freeze(clerk)
    assert definition.practice
    shown = clerk.get(f"{HERE}/frozen?lang=zh").text
    assert code_of_hex(definition.session) in shown
    assert message("zh", "prepare.signed", role="工作人员", count=0, needed=1) in shown
    assert clerk.get("/api/definition").content == definition.raw
    # The session that clerk and presidium adopted answers at once, and nobody signs in again.
    house.adopt(definition)
    assert clerk.get("/api/me").json()["id"] == "clerk"
    assert clerk.get("/api/definition").content == definition.raw
    assert len(clerk.get("/api/events").content.splitlines()) == 2
    assert clerk.get(f"{HERE}/about").status_code == 404
    assert clerk.get("/office/practice").status_code == 200
    assert (
        house.browser("presidium", who="member-1").form("/office/practice/end").status_code == 403
    )
    assert clerk.form("/office/practice/end").headers["location"] == "/office"
    assert house.modes.hallway is None
    assert clerk.get(f"{HERE}/about").status_code == 200
    # Again, with databases of its own; the first practice's stay where they are.
    again = house.freeze(clerk)
    assert again.session != definition.session
    house.adopt(again)
    data = house.settings.data_dir
    kept = Database(sqlite_url(data / "practice-1" / "registrar.db"))
    assert BoardStore(kept).definition() == definition.raw
    assert (
        BoardStore(Database(sqlite_url(data / "practice-2" / "box.db"))).definition() == again.raw
    )
    assert BoardStore(house.home.database).definition() is None


def test_a_restart_in_any_state_goes_on_where_it_was(tmp_path: Path) -> None:
    data = tmp_path / "data"
    house = House(data)
    code = house.modes.setup_code
    house = House(data)
    assert house.modes.setup_code not in ("", code)
    house.let_in()
    house.prepare()
    house = House(data)
    assert house.modes.setup_code == ""
    clerk = house.browser("clerk")
    assert len(roll_of(house)) == 30
    definition = house.freeze(clerk)
    house = House(data)
    assert house.browser("clerk").get("/api/definition").content == definition.raw
    assert house.sign(definition, "defined", "clerk").status_code == 201
    house = House(data)
    assert len(house.browser().get("/api/events").content.splitlines()) == 1
    assert house.sign(definition, "adopted", "member-1").status_code == 409
    assert house.sign(definition, "adopted", "member-1", "member-2").status_code == 201
    assert house.modes.hallway is not None
    house = House(data)
    assert house.modes.hallway is not None
    assert len(house.modes.hallway.service.board.events) == 2
    house.browser("clerk").form("/office/practice/end")
    house = House(data)
    assert house.modes.hallway is None
    assert len(roll_of(house)) == 30


def test_a_service_that_died_before_installing_installs_at_its_next_start(house: House) -> None:
    definition = house.freeze(house.prepare())
    events = house.home.events(house.home.store.standing())  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ballot.web.prepare_app._follow", lambda *_: None)
        house.sign(definition, "defined", "clerk")
        house.sign(definition, "adopted", "member-1", "member-2")
    assert len(events.lines()) == 2
    assert house.modes.hallway is None
    again = House(house.settings.data_dir)
    assert again.modes.hallway is not None
    assert again.modes.hallway.service.board.definition.raw == definition.raw


def test_a_real_session_with_one_signer_lives_in_the_services_own_databases(house: House) -> None:
    clerk = house.prepare()
    one = {name: text for name, text in ABOUT.items() if name != "second_signer"}
    clerk.fill("/about", one, "about")
    definition = house.freeze(clerk, practice=False)
    assert not definition.practice
    assert definition.signers == ("clerk",)
    house.adopt(definition)
    assert BoardStore(house.home.database).definition() == definition.raw
    assert clerk.get("/office/practice").status_code == 404
    assert not is_prepared_here(house.settings)
    assert not (house.settings.data_dir / "practice-1").exists()


def test_a_version_taken_back_is_worth_nothing_and_a_new_one_is_another(house: House) -> None:
    clerk = house.prepare()
    first = house.freeze(clerk)
    assert house.sign(first, "defined", "clerk").status_code == 201
    refused = clerk.form(f"{HERE}/about", seen=clerk.seen("about"), **ABOUT)
    assert alert(refused) == message("zh", "problem.prepare.frozen")
    assert clerk.form(f"{HERE}/frozen/back", version="7").status_code == 303
    assert clerk.get("/api/definition").status_code == 200  # not the one that stands
    clerk.form(f"{HERE}/frozen/back", version="1")
    assert clerk.get("/api/definition").status_code == 503
    assert clerk.get(f"{HERE}/frozen").headers["location"] == HERE
    clerk.fill("/about", ABOUT | {"note": "第二稿"}, "about")
    second = house.freeze(clerk)
    assert second.note == "第二稿"
    assert second.session != first.session
    assert clerk.get("/api/events").content == b""
    assert house.sign(first, "defined", "clerk").status_code == 409
    drafts = clerk.get("/api/drafts").json()["drafts"]
    assert [one["session"] for one in drafts] == [second.session]


def test_what_is_adopted_is_not_taken_back(house: House) -> None:
    definition = house.freeze(house.prepare())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ballot.web.prepare_app._follow", lambda *_: None)
        house.sign(definition, "defined", "clerk")
        house.sign(definition, "adopted", "member-1", "member-2")
    with pytest.raises(Invalid, match=r"prepare\.adopted"):
        house.home.store.end(1, "taken_back", "clerk")


def test_the_presidium_signs_the_draft_that_lies_there(house: House) -> None:

    definition = house.freeze(house.prepare())
    for who, role, kind in (
        ("clerk", "clerk", "defined"),
        ("member-1", "presidium", "adopted"),
        ("chair", "presidium", "adopted"),
    ):
        official = house.browser(*PEOPLE[who], who=who)
        page = official.get(f"{HERE}/frozen").text
        (digest,) = set(re.findall(r'href="/office/sign/([0-9a-f]{64})"', page))
        assert official.get(f"/office/sign/{digest}").status_code == 200
        one = official.get(f"/api/drafts/{digest}").json()
        event = draft(kind, definition.session, None, one["minute"], one["body"])
        signed = sign_event(key(who), event, who, role)
        value = {"role": role, "signature": signed.signature, "signer": who}
        path = f"/api/drafts/{digest}/signatures"
        kind_ = "application/json"
        answer = official.ask("POST", path, dumps(value), content_type=kind_)
        assert answer.status_code == 200, answer.text
    assert house.modes.hallway is not None


# Who may do what.


def test_every_official_reads_and_only_the_clerk_changes_anything(house: House) -> None:
    # Without trustees, so that no request freezes what the next one reads.
    house.prepare().fill("/people", {"quorum": "2", "threshold": "3"}, "committee")
    app = house.modes.switches["registrar"].app
    routes = [
        (method, path)
        for path, methods in all_routes(app).items()
        for method in sorted(methods - {"HEAD"})
        if path.startswith(HERE)
    ]
    assert len(routes) > 30
    names = {"vote_id": "projects", "item_id": "P01", "vote": "projects", "item": "P01"}
    assert {"clerk", "presidium", "observer"} < set(ROLES)
    people = {None: (), "clerk": ("clerk",), "presidium": ("presidium",), "observer": ("observer",)}
    for method, path in routes:
        filled = re.sub(r"{(\w+)}", lambda m: names.get(m[1], "x"), path)
        for role, roles in people.items():
            browser = house.browser(*roles, who=role or "")
            if method == "GET":
                answer = browser.get(filled)
            else:
                answer = browser.form(filled, seen="stale")
                if answer.status_code == 403 and role == "clerk":
                    answer = browser.upload(filled.removeprefix(HERE), "a.bin", b"?")
            where = (method, path, role)
            if role is None:
                assert urlsplit(answer.headers.get("location", "")).path == "/office/login", where
            elif role == "clerk" or (method == "GET" and path not in CLERK_ONLY):
                assert answer.status_code not in (401, 403, 405), where
            else:
                assert answer.status_code == 403, where
        if method == "POST":
            forged = house.browser("clerk").ask("POST", filled, b"csrf=x", content_type=FORM)
            assert forged.status_code == 403, path
    assert len(roll_of(house)) == 30


def test_freezing_and_taking_back_want_the_password_typed_a_moment_ago(house: House) -> None:
    clerk = house.prepare()
    sessions = house.modes.door.guard.sessions  # type: ignore[union-attr]
    later = sessions._clock() + FRESH + 1
    sessions._clock = lambda: later
    for path, back in (("/freeze", ""), ("/frozen/back", "/frozen"), ("/frozen/start", "/frozen")):
        away = clerk.form(HERE + path).headers["location"]
        assert away == f"/office/confirm?next={HERE}{back}"
    assert house.home.store.standing() is None
    assert clerk.form(f"{HERE}/about", seen=clerk.seen("about"), **ABOUT).status_code == 303


def test_the_first_clerk_may_be_named_at_the_command_line(tmp_path: Path) -> None:
    house = House(tmp_path / "data")
    code = house.accounts.begin("clerk", "样例工作人员")
    assert house.accounts.account("clerk").name == "样例工作人员"
    assert 'name="name"' not in house.browser().get(f"/office/accept?code={code}").text


def test_the_first_clerk_says_the_own_name(tmp_path: Path) -> None:
    house = House(tmp_path / "data")
    code, browser = house.modes.setup_code, house.browser()
    secret = secret_of(house.accounts, code)
    assert 'name="name"' in browser.get(f"/office/accept?code={code}").text
    fields = {"code": code, "password": PASSWORD, "again": PASSWORD}
    nameless = browser.form("/office/accept", otp=house.otp(secret), **fields)
    assert nameless.status_code == 409
    assert house.accounts.account("clerk").name == UNNAMED
    answer = browser.form("/office/accept", otp=house.otp(secret), name=" 样例工作人员 ", **fields)
    assert answer.status_code == 303
    assert house.accounts.account("clerk").name == "样例工作人员"
    assert browser.get("/office").headers["location"] == HERE


# Lists from files.


def test_a_messy_roll_is_shown_row_by_row_and_taken_over_whole(house: House) -> None:
    clerk = house.browser("clerk")
    content = (DATA / "roll_messy.xlsx").read_bytes()
    answer = clerk.upload("/roll/import", "roll_messy.xlsx", content, "roll")
    assert "<dd>61</dd>" in answer.text
    assert "<dd>19</dd>" in answer.text
    assert "<dd>5</dd>" in answer.text
    assert '<span class="sp">全角空格</span>' in answer.text
    assert roll_of(house) == ()
    token = upload_in(answer)
    clerk.fill("/roll/take", {"upload": token}, "roll")
    assert len(roll_of(house)) == 61
    gone = clerk.form(f"{HERE}/roll/take", upload=token)
    assert alert(gone) == message("zh", "problem.prepare.upload")
    # The same again differs in nothing; another file says what it changes.
    same = clerk.upload("/roll/import", "roll_messy.xlsx", content, "roll")
    assert message("zh", "prepare.import.nochanges") in same.text
    other = "代表证号,姓名,代表团\nZX-001,改名,第一代表团".encode()
    changed = clerk.upload("/roll/import", "r.csv", other, "roll").text
    assert message("zh", "prepare.import.changes", count=61) in changed
    assert "改名" in changed


def test_with_an_error_nothing_is_imported_and_with_no_table_it_is_said(house: House) -> None:
    clerk = house.prepare()
    before = roll_of(house)
    twice = "代表证号,姓名,代表团\n1,甲一,一团\n1,乙二,一团".encode()
    answer = clerk.upload("/roll/import", "r.csv", twice, "roll")
    assert message("zh", "import.cli.refused", errors=1) in answer.text
    assert 'name="upload"' not in answer.text
    refused = clerk.upload("/roll/import", "r.pdf", PDF, "roll")
    assert alert(refused) == message("zh", "import.not_table")
    empty = clerk.upload("/roll/import", "", b"", "roll")
    assert alert(empty).startswith(message("zh", "problem.prepare.form"))
    assert roll_of(house) == before


def test_what_somebody_changed_meanwhile_is_not_lost(house: House) -> None:
    clerk = house.prepare()
    stale = clerk.seen("roll")
    clerk.fill("/roll", {"number": "031", "name": "新代表", "delegation": ""}, "roll")
    late = clerk.form(f"{HERE}/roll", seen=stale, number="031", act="remove")
    assert alert(late) == message("zh", "problem.prepare.changed")
    assert len(roll_of(house)) == 31
    table = "代表证号,姓名,代表团\n1,甲一,一团".encode()
    token = upload_in(clerk.upload("/roll/import", "r.csv", table, "roll"))
    clerk.fill("/roll", {"number": "031", "act": "remove"}, "roll")
    late = clerk.form(f"{HERE}/roll/take", upload=token)
    assert alert(late) == message("zh", "problem.prepare.changed")
    assert len(roll_of(house)) == 30


def test_projects_are_imported_typed_ordered_and_removed(house: House) -> None:
    clerk = house.prepare()
    content = (DATA / "projects_import.xlsx").read_bytes()
    token = upload_in(clerk.upload("/votes/projects/import", "p.xlsx", content, "votes"))
    clerk.fill("/votes/projects/take", {"upload": token}, "votes")

    def titles() -> list[str]:
        return [one.title for one in decode_parts(house.home.store.parts()).votes[0].items]

    first = titles()
    assert len(first) > 3
    second = decode_parts(house.home.store.parts()).votes[0].items[1]
    clerk.fill(f"/votes/projects/items/{second.id}", {"act": "up"}, "votes")
    assert titles()[:2] == [first[1], first[0]]
    changed = {"title": "改过的项目", "investment": "120"}
    clerk.fill(f"/votes/projects/items/{second.id}", changed, "votes")
    assert decode_parts(house.home.store.parts()).votes[0].items[0].investment == 120
    clerk.fill(f"/votes/projects/items/{second.id}", {"act": "remove"}, "votes")
    assert titles() == [first[0], *first[2:]]
    for fields in ({"title": ""}, {"title": "好", "investment": "1.5"}, {"title": "坏\u200b字"}):
        answer = clerk.form(
            f"{HERE}/votes/projects/items", seen=clerk.seen("votes"), id="Z1", **fields
        )
        assert alert(answer).startswith(message("zh", "problem.prepare.form")), fields
    assert 'value="坏' in answer.text  # what was typed is still there
    taken = decode_parts(house.home.store.parts()).votes[0].items[0].id
    again = {"id": taken, "title": "另一个"}
    answer = clerk.form(f"{HERE}/votes/projects/items", seen=clerk.seen("votes"), **again)
    assert alert(answer) == message("zh", "problem.prepare.twice")


@pytest.mark.parametrize("name", ["roll", "projects"])
def test_the_template_to_fill_in_is_read_again_without_an_error(house: House, name: str) -> None:
    clerk = house.prepare()
    book = clerk.get(f"{HERE}/template/{name}.xlsx")
    assert book.headers["content-disposition"] == f'attachment; filename="{name}.xlsx"'
    at = "/roll/import" if name == "roll" else "/votes/projects/import"
    answer = clerk.upload(at, f"{name}.xlsx", book.content, "votes" if name != "roll" else "roll")
    assert message("zh", "import.no_rows") in answer.text


# Attachments.


def test_attachments_are_known_by_their_content_and_served_to_be_saved(house: House) -> None:
    clerk = house.prepare()
    at = "/votes/projects/items/P01/files"
    assert clerk.upload(at, "C:\\说明\\背景.html", PDF).status_code == 303
    for content in (b"<script>", b"PK\x03\x04", b"GIF89a", b"<svg/>", b"MZ"):
        answer = clerk.upload(at, "a.pdf", content)
        assert alert(answer) == message("zh", "problem.prepare.file_kind")
    big = clerk.upload(at, "a.pdf", PDF + bytes(10 * 1024 * 1024))
    assert alert(big) == message("zh", "problem.prepare.file_size")
    assert clerk.upload("/votes/projects/items/P99/files", "a.pdf", PDF).status_code == 404
    page = clerk.get(f"{HERE}/votes/projects/items/P01").text
    (path,) = set(re.findall(rf'href="({HERE}/files/[^"]+)"', page))
    answer = house.browser("presidium", who="chair").get(path)
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('attachment; filename="P01.pdf"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert house.browser().get(path).headers["location"] == f"/office/login?next={path}"
    for n in range(12):
        clerk.upload(at, "b.pdf", PDF + bytes([n]))
    assert len(house.home.store.attachments("projects")) == 10
    clerk.form(path)
    assert clerk.get(path).status_code == 404
    clerk.fill("/votes/projects/items/P01", {"act": "remove"}, "votes")
    assert house.home.store.attachments() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--cut--",
        b'--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
        b"--cut\r\nContent-Disposition: form-data\r\n\r\n1\r\n--cut--",
        b'--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--cut--',
        b'x\r\n--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--cut--',
        2 * b'--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' + b"--cut--",
    ],
)
def test_a_form_that_no_page_of_ours_sends_is_refused(body: bytes) -> None:
    if body == b"--cut--":
        assert parse_multipart(body, b"cut") == ({}, None)
        return
    with pytest.raises(Invalid, match=r"body\.malformed"):
        parse_multipart(body, b"cut")


# Rules, margin, keys.


def test_the_margin_is_told_with_the_lawful_numbers_and_a_waiver_only_where_none_fits(
    house: House,
) -> None:
    clerk = house.prepare()

    def said(seats: str, **more: str) -> str:
        clerk.fill("/votes/projects", {**VOTE, **STEP, **more, "seats": seats}, "votes")
        return clerk.get(f"{HERE}/votes/projects").text

    assert "还要有主席团的例外决定。可以是：3 项（凭例外决定）" in said("2")
    assert "不合规则。候选数应为：9" in said("8")
    for n in range(4, 10):
        fields = {"id": f"P0{n}", "title": f"样例项目第{n}号"}
        clerk.fill("/votes/projects/items", fields, "votes")
    assert "差额 1 项（12.50%），合乎规则。可以是：9" in said("8")


def test_rules_are_chosen_from_a_preset_and_changed_one_by_one(house: House) -> None:
    clerk = house.prepare()

    def rules() -> Any:
        return decode_parts(house.home.store.parts()).votes[0].rules

    clerk.fill("/votes/projects/rules", {"preset": "committee"}, "votes")
    assert rules()["quorum"] == "majority_all"
    page = clerk.get(f"{HERE}/votes/projects/rules").text
    typed = dict(
        re.findall(
            r'<select id="(\w+)"[^>]*>(?:(?!</select>).)*value="(\w+)" selected', page, re.DOTALL
        )
    )
    typed |= {"low": "1/20", "high": "", "rules_title": "办法", "rule_set_id": "B-1"}
    typed |= {"recount_on_request_of": "监票人、代表", "written_to": "主席团"}
    typed |= {"window_working_days": "5", "threshold": "majority_present"}
    clerk.fill("/votes/projects/rules", typed, "votes")
    assert rules()["margin_range"] == {"high": None, "low": "1/20"}
    assert rules()["threshold"] == "majority_present"
    assert rules()["objection"]["recount_on_request_of"] == ["监票人", "代表"]
    for wrong in ({"low": "10%"}, {"quorum": "all"}, {"high": "1/50"}, {"rules_title": ""}):
        answer = clerk.form(
            f"{HERE}/votes/projects/rules", seen=clerk.seen("votes"), **(typed | wrong)
        )
        assert alert(answer).startswith(message("zh", "problem.prepare.form")), wrong


def test_every_kind_of_vote_is_added_shown_and_frozen(house: House) -> None:
    clerk = house.prepare()
    for style in ("selection-approve", "rating-grades", "motion-motion"):
        clerk.fill("/votes", {"title": f"事项 {style}", "style": style}, "votes")
    listed = decode_parts(house.home.store.parts()).votes
    assert [one.id for one in listed] == ["projects", "projects-2", "rating", "motion"]
    for one in listed[1:]:
        fields = {"id": "P01", "title": "样例一项"}
        clerk.fill(f"/votes/{one.id}/items", fields, "votes")
        for end in ("", "/rules", "/ballot"):
            assert clerk.get(f"{HERE}/votes/{one.id}{end}").status_code == 200
    clerk.fill("/votes/projects-2/remove", {}, "votes")
    short = {"title": "一轮", "slots": "1", "channel-paper": "yes", "channel-tablet": "yes"}
    for name in ("rating", "motion"):
        clerk.fill(f"/votes/{name}", short, "votes")
    definition = house.freeze_with(clerk, 3)
    assert [one.kind for one in definition.votes] == ["selection", "rating", "motion"]
    assert clerk.get(f"{HERE}/frozen?lang=en").status_code == 200


def test_public_keys_of_another_machine_are_uploaded_as_they_were_printed(tmp_path: Path) -> None:
    house = House(tmp_path / "data", box_at="https://127.0.0.1:9", signer_at="https://127.0.0.1:8")
    house.let_in()
    clerk = house.prepare()
    clerk.fill(
        "/votes/projects",
        VOTE | STEP | {k.replace("step0", "waiver"): v for k, v in STEP.items()},
        "votes",
    )
    assert clerk.form(f"{HERE}/freeze", practice="yes").status_code == 409

    def send(value: Any) -> httpx.Response:
        more = {"seen-signer": clerk.seen("signer"), "seen-box": clerk.seen("box")}
        return clerk.upload("/keys", "k.json", pretty(value).encode(), **more)

    assert send({"keys": {"projects-1": "00"}, "signer": "x"}).status_code == 409
    assert send({"box_key": "ff" * 32}).status_code == 409
    assert send({"keys": {"projects-1": moduli()[0]}, "signer": "scrutineers"}).status_code == 303

    assert send({"box_key": key("box").public}).status_code == 303
    definition = house.freeze(clerk)
    assert definition.box_key == key("box").public
    assert definition.slot("projects-1")[1].keys[1].encode() == moduli()[0]
    raw = clerk.get(f"{HERE}/frozen/definition.json").content
    assert decode_definition(raw).session == definition.session
    assert clerk.get(f"{HERE}/frozen/secrets.json").status_code == 404


# Starting.


def test_an_existing_database_of_another_version_is_never_brought_to_this_one(
    tmp_path: Path,
) -> None:
    house = House(tmp_path / "data")
    with house.home.database.write() as session:
        session.connection().exec_driver_sql("DELETE FROM alembic_version")
    for start in (lambda: House(tmp_path / "data"), lambda: is_prepared_here(house.settings)):
        with pytest.raises(Invalid, match=r"store\.version"):
            start()  # type: ignore[no-untyped-call]


def test_an_empty_directory_is_served_with_a_set_up_link_and_no_default_password(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path / "new", port=0, box_port=0, signer_port=0)
    plan = build(settings, ("box", "signer", "registrar"))
    assert [one.name for one in plan.services] == ["box", "signer", "registrar"]
    assert re.fullmatch(r"[0-9A-Z-]{14}", plan.setup_code)
    assert plan.hallway is None
    plan.check_accounts()
    plan.stop()
    for one in plan.services:
        one.listener.socket.close()
    modes = {file.stat().st_mode & 0o777 for file in settings.data_dir.glob("*.*")}
    assert modes == {0o600}


def test_a_real_session_is_not_served_without_accounts(house: House) -> None:
    clerk = house.prepare()
    one = {name: text for name, text in ABOUT.items() if name != "second_signer"}
    clerk.fill("/about", one, "about")
    house.adopt(house.freeze(clerk, practice=False))
    hallway = house.modes.hallway
    assert hallway is not None
    plan = Plan((), house.modes)
    plan.check_accounts()
    hallway.desk_code = "AAAA-BBBB-CCCC"
    with pytest.raises(Invalid, match=r"serve\.no_accounts"):
        plan.check_accounts()
    service = hallway.service
    practice = replace(service.board.definition, practice=True)
    service.board.definition = practice
    plan.check_accounts()


def test_a_switch_starts_one_application_after_the_other_and_ends_with_the_last() -> None:
    told: list[str] = []

    def named(name: str) -> FastAPI:
        app = new_app({"127.0.0.1"})

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            told.append(f"{name} begins")
            yield
            told.append(f"{name} ends")

        app.router.lifespan_context = lifespan

        @app.get("/")
        async def root() -> str:
            return name

        return app

    async def run() -> None:
        first, second = named("first"), named("second")
        switch = Switch(first)
        inbox: asyncio.Queue[Any] = asyncio.Queue()
        sent: list[str] = []

        async def send(sent_message: Any) -> None:
            sent.append(sent_message["type"])

        server = asyncio.create_task(switch({"type": "lifespan"}, inbox.get, send))
        await inbox.put({"type": "lifespan.startup"})
        transport = httpx.ASGITransport(switch)
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
            async with asyncio.timeout(SECONDS):
                while not sent:
                    await asyncio.sleep(0.01)
            assert sent == ["lifespan.startup.complete"]
            assert (await client.get("/", headers=OWN)).json() == "first"
            await asyncio.to_thread(switch.turn, second)
            assert (await client.get("/", headers=OWN)).json() == "second"
        await inbox.put({"type": "lifespan.shutdown"})
        await server
        assert sent[-1] == "lifespan.shutdown.complete"

    asyncio.run(run())
    assert told == ["first begins", "first ends", "second begins", "second ends"]


@pytest.mark.parametrize("frozen", [False, True])
def test_the_menu_leads_to_pages_that_there_are(house: House, frozen: bool) -> None:
    clerk = house.prepare()
    if frozen:
        house.freeze(clerk)
    for start in (HERE, "/office/key", "/office/accounts", "/office/confirm"):
        links = menu_of(clerk.get(start).text)
        assert links == [HERE, "/office/key", "/office/accounts"]
    for path in links:
        assert clerk.get(path).status_code == 200


def test_the_menu_of_a_running_session_leads_to_pages_that_there_are(house: House) -> None:
    clerk = house.prepare()
    house.adopt(house.freeze(clerk))
    links = menu_of(clerk.get("/office").text)
    assert {"/office", "/desk", "/office/chair", "/office/print"} < set(links)
    assert HERE not in links
    for path in links:
        assert clerk.get(path).status_code == 200


def menu_of(page: str) -> list[str]:
    (menu,) = re.findall(r'(?s)<nav class="tools".*?</nav>', page)
    return [path for path in re.findall(r'href="([^"]+)"', menu) if "lang=" not in path]
