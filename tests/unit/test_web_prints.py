"""What officials print: who may, what is on each paper, what is only shown once; golden texts."""

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ballot.accounts import ROLES
from ballot.crypto.encoding import code_of_hex
from ballot.locale import messages
from ballot.registrar import _pass_digest
from ballot.tally.certificate import certificate_digest
from ballot.tally.events import sign_event
from ballot.web.official_views import _unsigned, no_certificates, official_papers_of
from ballot.web.print_papers import CARDS
from ballot.web.sessions import FRESH
from tests.golden import GOLDEN, golden_texts
from tests.paper_offices import Browser, PaperOffice, with_roll
from tests.plays import played
from tests.sessions import PEOPLE, Session, at, key

AT = "/office/print"
SLOT = "projects-1"
PRINTERS = set(ROLES) - {"observer"}
ALLOWED = {
    ("GET", AT): PRINTERS,
    ("GET", f"{AT}/certificate/{SLOT}"): PRINTERS,
    ("GET", f"{AT}/certificate/{SLOT}/qr.svg"): PRINTERS,
    ("GET", f"{AT}/notice/projects"): PRINTERS,
    ("GET", f"{AT}/export/{SLOT}.csv"): PRINTERS,
    ("GET", f"{AT}/export/{SLOT}.xlsx"): PRINTERS,
    ("GET", f"{AT}/host"): PRINTERS,
    ("GET", f"{AT}/ballot/{SLOT}"): PRINTERS,
    ("GET", f"{AT}/statement/{SLOT}/empty"): PRINTERS,
    ("GET", f"{AT}/statement/{SLOT}/seal"): PRINTERS,
    ("GET", f"{AT}/statement/{SLOT}/run_off"): PRINTERS,
    ("GET", f"{AT}/cards"): PRINTERS,
    ("GET", f"{AT}/code"): PRINTERS,
    ("GET", f"{AT}/passes"): {"clerk"},
    ("POST", f"{AT}/passes"): {"clerk"},
}


def read(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def said(key: str, lang: str = "zh", **fields: Any) -> str:
    return messages(lang)[key].format(**fields)


Make = Callable[..., PaperOffice]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Halls over the events of a session."""
    made: list[PaperOffice] = []

    def hall(session: Any, certificates: Any = no_certificates) -> PaperOffice:
        home = tmp_path / str(len(made))
        home.mkdir()
        events = session.events if isinstance(session, Session) else session.board.events
        made.append(PaperOffice(home, session.definition, events, certificates))
        return made[-1]

    yield hall
    for one in made:
        one.database.close()


def clerk(hall: PaperOffice, lang: str = "zh") -> Browser:
    return hall.browser("clerk", "clerk", lang=lang)


# Who may


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_the_list_gives_it_and_no_more(make: Make, role: str) -> None:
    hall = make(at("counted"))
    browser = hall.browser("x", role)
    for (method, path), roles in ALLOWED.items():
        answer = browser.get(path) if method == "GET" else browser.post(path, csrf="wrong")
        opened = role in roles and method == "GET"
        assert (answer.status_code != 403) == opened, (role, method, path)
        assert answer.headers["cache-control"] == "no-store"


def test_nobody_gets_in_without_a_login(make: Make) -> None:
    hall = make(at("counted"))
    for method, path in ALLOWED:
        away = Browser(hall.app).ask(method, path).headers["location"]
        assert away.partition("?")[0] == "/office/login"


@pytest.mark.parametrize(
    "stage", ["start", "ready", "issued", "open", "closed", "paper", "counted"]
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_index_links_only_what_can_be_printed(make: Make, stage: str, lang: str) -> None:
    hall = make(at(stage))
    page = clerk(hall, lang).get(AT)
    links = [x for x in re.findall(r'href="([^"]*)"', page.text) if x.startswith(f"{AT}/")]
    assert len(links) > 10
    for link in links:
        answer = clerk(hall, lang).get(html.unescape(link))
        assert answer.status_code == 200, link
        assert re.findall(r"<script|\s(?:style|on\w+)=", answer.text) == []
    assert said("print.waits.certified", lang) in read(page)


# 计票结果报告单 before the publication


def test_a_counted_round_is_printed_without_codes_and_with_lines_to_sign(make: Make) -> None:
    page = clerk(make(at("counted"))).get(f"{AT}/certificate/{SLOT}")
    assert said("web.form.unsigned") in read(page)
    codes = set(re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", page.text))
    seal, session = code_of_hex("0" * 64), code_of_hex(at("counted").definition.session)
    assert codes <= {session, seal}
    assert page.text.count("<span></span>") >= 7
    assert clerk(make(at("counted"))).get(f"{AT}/certificate/{SLOT}/qr.svg").status_code == 404
    assert clerk(make(at("paper"))).get(f"{AT}/certificate/{SLOT}").status_code == 404


def test_a_certificate_that_waits_shows_its_code_and_who_has_signed(make: Make) -> None:
    stage = played("run_off")
    first, second = stage.played.certificates
    digests = {first["slot"]: first, second["slot"]: second}
    hall = make(stage, lambda slot: (digests[slot], None))
    code = code_of_hex(certificate_digest(second))
    page = clerk(hall).get(f"{AT}/certificate/{second['slot']}")
    assert code in page.text
    signers = {s.signer for e in stage.board.events if e.kind == "certified" for s in e.signatures}
    names = [one.name for one in stage.definition.officers if one.id in signers]
    assert names
    assert all(name in page.text for name in names)
    assert f'src="{AT}/certificate/{second["slot"]}/qr.svg"' in page.text
    qr = clerk(hall).get(f"{AT}/certificate/{second['slot']}/qr.svg")
    assert qr.headers["content-type"] == "image/svg+xml"
    notice = clerk(hall).get(f"{AT}/notice/projects")
    assert code in notice.text
    assert code_of_hex(stage.definition.session) in notice.text


def test_a_draft_shows_the_signatures_it_has_and_lines_for_the_rest(make: Make) -> None:
    session = at("counted")
    hall = make(session)
    document = {"certificate": "0" * 64}
    draft = hall.room.propose("certified", SLOT, document, "2025-01-16T02:50Z", ("x", "teller"))
    hall.room.sign(draft.digest, sign_event(key("teller-2"), draft.event, "teller-2", "teller"))
    one = make(session)
    found = _unsigned(hall.board.state, hall.board.state.round(SLOT))
    papers = official_papers_of(hall.room, lambda slot: (found, draft.digest), "zh")
    assert papers.stages == {SLOT: "signing"}
    shown = papers.page(SLOT)
    assert shown is not None
    assert shown[1].certificate is not None
    by_role = {signed.role: signed for signed in shown[1].certificate.signed}
    assert (by_role["teller"].names, by_role["teller"].missing) == (("teller-2",), 1)
    assert by_role["chief_scrutineer"].missing == 1
    assert clerk(one).get(f"{AT}/notice/projects").status_code == 404  # not before all signed


def test_no_notice_before_every_counted_round_is_certified(make: Make) -> None:
    stage = played("run_off")
    first = stage.played.certificates[0]

    def only_first(slot: str) -> Any:
        return (first, None) if slot == first["slot"] else no_certificates(slot)

    hall = make(stage, only_first)
    assert clerk(hall).get(f"{AT}/notice/projects").status_code == 404
    assert said("print.waits.certified") in read(clerk(hall).get(AT))


# 主持词


def test_the_host_script_leaves_blank_what_is_not_known(make: Make) -> None:
    told = read(clerk(make(at("ready"))).get(f"{AT}/host"))
    blank = said("print.blank")
    assert said("print.host.quorum", eligible=30, present=blank, needed=20) in told
    assert said("print.host.open") in told
    assert said("print.host.end") in told


def test_the_host_script_reads_the_numbers_as_they_become_known(make: Make) -> None:
    issued = read(clerk(make(at("issued"))).get(f"{AT}/host"))
    parts = said("print.host.issue.parts", tablet=20, paper=8)
    assert said("print.host.quorum", eligible=30, present=28, needed=20) in issued
    assert said("print.host.issue.equal", issued=28, parts=parts) in issued
    closed = read(clerk(make(at("closed"))).get(f"{AT}/host"))
    assert said("print.host.valid.equal", issued=28, returned=28) in closed
    assert said("print.host.seal_code", code=f" {code_of_hex('0' * 64)} ") in closed
    counted = read(clerk(make(at("counted"))).get(f"{AT}/host"))
    named = said("print.host.result", number=2, year=2025, names="项目a、项目b")
    assert named in counted


@pytest.mark.parametrize(
    ("name", "key"), [("surplus", "print.host.void"), ("participation", "print.host.participation")]
)
def test_the_host_script_says_why_a_round_is_void(make: Make, name: str, key: str) -> None:
    told = read(clerk(make(played(name))).get(f"{AT}/host"))
    state = played(name).board.state
    one = next(one for one in state.rounds.values() if one.voided)
    issued, returned = sum(one.issued.values()), sum(one.returned.values())
    fields = {"issued": issued, "returned": returned, "eligible": state.definition.deputies}
    assert said(key, **fields) in told


# 表决票


def test_a_paper_ballot_is_the_same_for_every_deputy_and_says_the_rules(make: Make) -> None:
    hall = make(at("ready"))
    pages = {clerk(hall).get(f"{AT}/ballot/{SLOT}").text for _ in range(3)}
    (text,) = pages
    told = read(clerk(hall).get(f"{AT}/ballot/{SLOT}"))
    assert said("print.ballot.places", seats=2, candidates=3) in told
    assert said("print.ballot.cap", seats=2) in told
    assert said("print.ballot.how.three_way") in told
    assert code_of_hex(hall.board.definition.session) in told
    main = text[text.index("<main") :]
    assert "csrf" not in main
    assert not re.search(r"<(input|svg|img)", main)


def test_the_watermark_stands_on_practice_papers_only(make: Make) -> None:
    real = make(at("ready"))
    practice = make(Session(with_roll(practice=True)))
    for path in (f"{AT}/ballot/{SLOT}", f"{AT}/host", f"{AT}/cards", f"{AT}/code"):
        assert "watermark" not in clerk(real).get(path).text
        assert "watermark" in clerk(practice).get(path).text


def test_a_run_off_has_its_own_ballot_and_its_own_sheet(make: Make) -> None:
    session = at("open").count(yes=(20, 18, 18)).publish("certified", SLOT)
    called = session.publish(
        "run_off_called", "projects-2", items=["b", "c"], seats=1, parent=session.certificate(SLOT)
    )
    hall = make(called)
    told = read(clerk(hall).get(f"{AT}/ballot/projects-2"))
    assert said("print.ballot.title.run_off", year=2025, round="二") in told
    assert said("print.ballot.places", seats=1, candidates=2) in told
    assert "项目a" not in told
    sheet = read(clerk(hall).get(f"{AT}/statement/projects-2/run_off"))
    wanted = said("print.run_off.text", names="项目b、项目c", places=1, count=2)
    assert wanted in sheet
    assert code_of_hex(called.certificate(SLOT)) in sheet
    assert clerk(hall).get(f"{AT}/statement/{SLOT}/run_off").status_code == 404


@pytest.mark.parametrize("name", ["approve", "grades", "motion", "no_cap"])
def test_every_style_has_its_ballot(make: Make, name: str) -> None:
    hall = make(played(name))
    (vote,) = hall.board.definition.votes
    page = clerk(hall).get(f"{AT}/ballot/{vote.slots[0].id}")
    columns = {"approve": 1, "grades": 4}.get(vote.style, 3)
    assert page.text.count('<th class="box') == columns
    told = read(page)
    assert (said("print.ballot.no_cap") in told) == (name == "no_cap")


# Statements and cards


def test_the_statements_fill_in_boxes_and_codes(make: Make) -> None:
    before = read(clerk(make(at("ready"))).get(f"{AT}/statement/{SLOT}/empty"))
    assert said("print.empty.paper", boxes=said("print.blank")) in before
    after = read(clerk(make(at("closed"))).get(f"{AT}/statement/{SLOT}/seal"))
    assert said("print.seal.paper", boxes=1) in after
    assert code_of_hex("0" * 64) in after
    assert "scrutineer-5" in after
    assert clerk(make(at("closed"))).get(f"{AT}/statement/{SLOT}/other").status_code == 404


def test_each_card_is_printed_alone_or_with_the_others(make: Make) -> None:
    hall = make(at("start"))
    everyone = read(clerk(hall).get(f"{AT}/cards"))
    for name in CARDS:
        title = said(f"print.card.{name}")
        assert title in everyone
        assert title in read(clerk(hall).get(f"{AT}/cards?only={name}"))
    assert said("print.card.deputy.2", cap=2) in everyone
    assert clerk(hall).get(f"{AT}/cards?only=x").status_code == 404


# Passes


def test_passes_are_made_anew_on_purpose_and_shown_once(make: Make) -> None:
    hall = make(Session(with_roll()))
    hall.install_roll()
    asked = clerk(hall).get(f"{AT}/passes")
    assert said("print.passes.warning") in read(asked)
    with hall.roll.read() as entries:
        assert entries.pass_holder(b"x" * 32) is None
    first = re.findall(r'class="code">([0-9A-Z-]{14})<', clerk(hall).post(f"{AT}/passes").text)
    answer = clerk(hall).post(f"{AT}/passes")
    second = re.findall(r'class="code">([0-9A-Z-]{14})<', answer.text)
    assert len(set(first) | set(second)) == 60
    assert answer.headers["cache-control"] == "no-store"
    assert not [code for code in second if code in clerk(hall).get(f"{AT}/passes").text]
    with hall.roll.read() as entries:
        assert {entries.pass_holder(_pass_digest(code)) for code in first} == {None}
        assert len({entries.pass_holder(_pass_digest(code)) for code in second}) == 30


def test_passes_need_the_password_and_no_open_check_in(make: Make) -> None:
    hall = make(Session(with_roll()))
    hall.install_roll()
    browser = clerk(hall)
    hall.now += FRESH + 1
    away = browser.post(f"{AT}/passes").headers["location"]
    assert away == f"/office/confirm?next={AT}/passes"
    opened = Session(with_roll()).ready().publish("check_in_opened")
    busy = make(opened)
    busy.install_roll()
    answer = clerk(busy).post(f"{AT}/passes")
    assert answer.status_code == 409
    assert said("print.passes.open") in read(answer)
    drawn = make(Session(with_roll(drawn=True)))
    assert said("print.passes.drawn") in read(clerk(drawn).post(f"{AT}/passes"))


# Golden


def test_the_papers_of_a_play_read_as_the_golden_files_say() -> None:
    """Where a paper changed on purpose: ``python -m tests.golden``, and read the difference."""
    found = golden_texts()
    assert {file.name for file in GOLDEN.iterdir()} == set(found)
    for name, text in found.items():
        assert text == (GOLDEN / name).read_text("utf-8"), name


def test_everyone_named_can_print(make: Make) -> None:
    hall = make(at("start"))
    for who, roles in PEOPLE.items():
        assert hall.browser(who, *roles).get(AT).status_code == 200
