"""The pages of the paper count: who may count, what they see, what they are told."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ballot.accounts import ROLES
from ballot.locale import messages
from ballot.paper_entry import count_pile, fields_of
from ballot.tally.marks import Sheet
from ballot.web.sessions import FRESH
from tests.paper_offices import PASSWORD, Browser, PaperOffice
from tests.sessions import PAPERS, PEOPLE, at

SLOT = "projects-1"
AT = f"/office/papers/{SLOT}"
SHEETS = ("YYN",) * 6 + ("NNY", "AAA")
OTHER = ("YYN",) * 5 + ("NNY", "NNY", "AAA")
COUNTERS = {"teller", "scrutineer"}
WATCHERS = COUNTERS | {"chief_scrutineer"}
ALLOWED = {
    ("GET", "/office/papers"): WATCHERS,
    ("GET", AT): WATCHERS,
    ("POST", AT): COUNTERS,
    ("POST", f"{AT}/sheet"): COUNTERS,
    ("POST", f"{AT}/back"): COUNTERS,
    ("POST", f"{AT}/propose"): COUNTERS,
    ("POST", f"{AT}/aside/teller-1"): {"chief_scrutineer"},
}


def numbers(*sheets: str) -> dict[str, int]:
    """What somebody types who counts these sheets."""
    state = at("sealed").state
    vote, one = state.vote(SLOT), state.round(SLOT)
    return dict(count_pile(vote, one, [Sheet(marks) for marks in sheets]))


def read(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def said(key: str, **fields: Any) -> str:
    return messages("zh")[key].format(**fields)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[PaperOffice]:
    session = at("sealed")
    found = PaperOffice(tmp_path, session.definition, session.events)
    yield found
    found.database.close()


def one(hall: PaperOffice) -> Browser:
    return hall.browser("teller-1")


# Who may


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_the_list_gives_it_and_no_more(hall: PaperOffice, role: str) -> None:
    browser = hall.browser("teller-1", role)
    for (method, path), roles in ALLOWED.items():
        answer = browser.get(path) if method == "GET" else browser.post(path)
        assert (answer.status_code != 403) == (role in roles), (role, method, path)
        assert answer.headers["cache-control"] == "no-store"


def test_nobody_gets_in_without_a_login_or_with_another_pages_form(hall: PaperOffice) -> None:
    for method, path in ALLOWED:
        answer = Browser(hall.app).ask(method, path)
        assert answer.headers["location"].startswith("/office/login?next=/office/papers")
        if method == "POST":
            browser = hall.browser("teller-1", *WATCHERS)
            browser.token = "x"
            assert browser.post(path).status_code == 403
            foreign = browser.ask(method, path, b"", origin="https://evil.example")
            assert foreign.status_code == 403


def test_an_account_with_the_role_whom_the_definition_does_not_name_counts_nothing(
    hall: PaperOffice,
) -> None:
    browser = hall.browser("guest", "teller")
    assert 'class="entry"' not in browser.get(AT).text
    answer = browser.post(AT, **numbers(*SHEETS))
    assert said("problem.paper.not_named") in read(answer)
    assert browser.get(f"{AT}?way=sheets").status_code == 403


@pytest.mark.parametrize(
    "path", ["/office/papers/projects-2", "/office/papers/x", "/office/papers/motion-1"]
)
def test_a_round_without_papers_in_the_box_has_no_page(hall: PaperOffice, path: str) -> None:
    assert one(hall).get(path).status_code == 404
    for more in ("", "/sheet", "/back", "/propose"):
        assert one(hall).post(path + more).status_code == 404


# Two counts


def test_two_equal_counts_lead_to_the_signing_page(hall: PaperOffice) -> None:
    answer = one(hall).post(AT, **numbers(*SHEETS))
    assert (answer.status_code, answer.headers["location"]) == (303, AT)
    assert said("paper.waits") in read(one(hall).get(AT))
    answer = hall.browser("scrutineer-1").post(AT, **numbers(*SHEETS))
    (draft,) = hall.room.proposals()
    assert answer.headers["location"] == f"/office/sign/{draft.digest}"
    for who in ("teller-1", "scrutineer-1", "teller-2", "chief"):
        page = hall.browser(who).get(AT)
        assert said("paper.agreed") in read(page)
        assert f'href="/office/sign/{draft.digest}"' in page.text


def test_neither_sees_the_others_numbers_before_both_are_in(hall: PaperOffice) -> None:
    mine = numbers(*(("AYA",) * 8))
    one(hall).post(AT, **mine)
    before = Browser.get(hall.browser("teller-2"), AT).text
    with_nobody_in = re.sub(r"<li>.*?</li>", "", before, flags=re.S)
    assert 'value="8"' not in with_nobody_in
    assert not re.search(r'name="row_\d_\d"[^>]*value="\d', with_nobody_in)
    assert "teller-1" in before  # that the count is in is no secret
    for who in ("chief", "scrutineer-1"):
        assert not re.search(r'<td class="n">\d', hall.browser(who).get(AT).text)


def test_a_typing_difference_is_named_counted_again_and_settled(hall: PaperOffice) -> None:
    one(hall).post(AT, **numbers(*SHEETS))
    answer = hall.browser("teller-2").post(AT, **numbers(*OTHER))
    assert answer.headers["location"] == AT
    page = one(hall).get(AT)
    told = read(page)
    assert said("paper.differs", number=6) in told
    label = said("paper.field.row", number=1, name="项目a", answer="赞成")
    assert f"{label} 6 5" in told
    fields = dict(re.findall(r'name="(\w+)" type="text"[^>]* value="(\d*)"', page.text))
    assert set(fields) == set(numbers(*SHEETS))
    assert fields["row_0_0"] == ""  # to be counted again, not just confirmed
    assert fields["row_0_2"] == "1"
    answer = hall.browser("teller-2").post(AT, **numbers(*SHEETS))
    assert answer.headers["location"].startswith("/office/sign/")


def test_what_cannot_be_right_is_told_in_words_and_what_was_typed_stays(hall: PaperOffice) -> None:
    wrong = numbers(*SHEETS) | {"row_1_0": 7, "unreadable": 1}
    answer = one(hall).post(AT, **wrong)
    assert answer.status_code == 422
    told = read(answer)
    assert said("paper.doubt.sum", found=9, wanted=8) in told
    assert said("paper.doubt.row", number=2, name="项目b", found=9, wanted=8) in told
    assert re.search(r'name="row_1_0"[^>]*value="7"', answer.text)
    answer = one(hall).post(AT, **numbers(*SHEETS[1:]))
    assert said("paper.doubt.returned", found=7, wanted=PAPERS) in read(answer)
    answer = one(hall).post(AT, **(numbers(*SHEETS) | {"valid": "八"}))
    assert said("paper.unread", field=said("paper.field.valid")) in read(answer)
    assert 'value="八"' in answer.text
    assert said("paper.state.none") in read(one(hall).get("/office/papers"))


def test_the_password_is_asked_beside_the_numbers_so_that_nothing_is_lost(
    hall: PaperOffice,
) -> None:
    browser, mine = one(hall), numbers(*SHEETS)
    hall.now += FRESH + 1
    answer = browser.post(AT, **mine)
    assert answer.status_code == 403
    assert 'type="password"' in answer.text
    assert re.search(r'name="row_0_0"[^>]*value="6"', answer.text)
    assert PASSWORD not in answer.text
    wrong = browser.post(AT, **mine, password="another")
    assert said("problem.office.password") in read(wrong)
    assert "another" not in wrong.text
    hall.now += 120
    assert browser.post(AT, **mine, password=PASSWORD).headers["location"] == AT


@pytest.mark.parametrize("act", ["propose", "aside/teller-1"])
def test_the_other_acts_ask_for_the_password_first(hall: PaperOffice, act: str) -> None:
    browser = hall.browser("teller-1", *WATCHERS)
    hall.now += FRESH + 1
    assert browser.post(f"{AT}/{act}").headers["location"] == f"/office/confirm?next={AT}"


def test_a_third_is_told_and_the_chief_scrutineer_frees_a_place(hall: PaperOffice) -> None:
    one(hall).post(AT, **numbers(*SHEETS))
    hall.browser("teller-2").post(AT, **numbers(*OTHER))
    third = hall.browser("scrutineer-1")
    assert said("paper.two") in read(third.get(AT))
    assert said("problem.paper.taken") in read(third.post(AT, **numbers(*SHEETS)))
    assert hall.browser("chief").post(f"{AT}/aside/teller-2").headers["location"] == AT
    assert third.post(AT, **numbers(*SHEETS)).headers["location"].startswith("/office/sign/")


def test_a_draft_taken_back_can_be_put_forward_again_or_corrected(hall: PaperOffice) -> None:
    one(hall).post(AT, **numbers(*SHEETS))
    hall.browser("teller-2").post(AT, **numbers(*SHEETS))
    (draft,) = hall.room.proposals()
    hall.room.withdraw(draft.digest, "teller-2", {"teller"})
    assert said("paper.taken_back") in read(one(hall).get(AT))
    # The same by the same official in the same minute is the draft that was taken back.
    assert hall.browser("teller-2").post(f"{AT}/propose").status_code == 409
    assert one(hall).post(f"{AT}/propose").headers["location"].startswith("/office/sign/")
    assert 'class="entry"' in one(hall).get(f"{AT}?again=1").text


def test_what_keeps_the_sheet_off_the_table_is_told_and_both_counts_are_kept(
    tmp_path: Path,
) -> None:
    few = {"tablet": {"returned": 3, "root": "0" * 64}}
    session = at("open").publish("round_closed", SLOT, **few)
    hall = PaperOffice(tmp_path, session.definition, session.events)
    one(hall).post(AT, **numbers(*SHEETS))
    answer = hall.browser("teller-2").post(AT, **numbers(*SHEETS))
    assert answer.status_code == 409  # too few ballots on tablets, without an override
    assert said("paper.taken_back") in read(answer)
    assert said("paper.state.agreed") in read(one(hall).get("/office/papers"))
    hall.database.close()


def test_more_papers_than_were_handed_out_void_the_round(tmp_path: Path) -> None:
    session = at("open").publish("round_closed", SLOT, paper={"returned": PAPERS + 1})
    hall = PaperOffice(tmp_path, session.definition, session.events)
    page = one(hall).get(AT)
    assert said("paper.surplus", returned=PAPERS + 1, issued=PAPERS) in read(page)
    assert 'class="entry"' not in page.text
    assert said("paper.state.surplus") in read(one(hall).get("/office/papers"))
    hall.database.close()


def test_a_signed_sheet_stands_there_and_can_be_corrected(tmp_path: Path) -> None:
    session = at("paper")
    hall = PaperOffice(tmp_path, session.definition, session.events)
    page = one(hall).get(AT)
    assert said("paper.signed") in read(page)
    assert 'class="entry"' not in page.text
    assert 'class="entry"' in one(hall).get(f"{AT}?again=1").text
    hall.database.close()


# Sheet by sheet


def test_ballots_one_by_one_become_the_count(hall: PaperOffice) -> None:
    browser, way = one(hall), f"{AT}?way=sheets"
    for number, marks in enumerate(("YYY", *SHEETS[1:])):
        typed = {f"mark_{i}": mark for i, mark in enumerate(marks)}
        answer = browser.post(f"{AT}/sheet", number=number, **typed)
        assert answer.headers["location"] == way
    page = browser.get(way)
    state = at("sealed").state
    sums = count_pile(state.vote(SLOT), state.round(SLOT), [Sheet(m) for m in ("YYY", *SHEETS[1:])])
    assert f"{said('paper.so_far')} {sums['returned']}" in read(page)
    assert f"{said('paper.field.over_vote')} 1" in read(page)  # decided by the rules
    form = browser.get(f"{AT}?again=1").text
    for field in fields_of(state.vote(SLOT), state.round(SLOT)):
        assert re.search(rf'name="{field.name}"[^>]*value="{sums[field.name]}"', form)
    assert browser.post(AT, **dict(sums)).headers["location"] == AT


def test_the_last_ballot_is_taken_back_with_its_marks_and_a_double_click_counts_once(
    hall: PaperOffice,
) -> None:
    browser = one(hall)
    for _ in range(2):
        browser.post(f"{AT}/sheet", number=0, mark_0="Y", mark_1="N")
    assert f"{said('paper.so_far')} 1" in read(browser.get(f"{AT}?way=sheets"))
    page = browser.post(f"{AT}/back", number=1)
    assert f"{said('paper.so_far')} 0" in read(page)
    checked = re.findall(r'name="(mark_\d)" value="(\w)" checked', page.text)
    assert checked == [("mark_0", "Y"), ("mark_1", "N"), ("mark_2", "A")]
    assert browser.post(f"{AT}/back", number=1).status_code == 200
    browser.post(f"{AT}/sheet", number=0, void="void_by_deputy")
    assert f"{said('paper.field.void_by_deputy')} 1" in read(browser.get(f"{AT}?way=sheets"))


@pytest.mark.parametrize("typed", [{"mark_0": "Z"}, {"void": "over_vote"}, {"number": "x"}])
def test_a_foreign_mark_counts_nothing(hall: PaperOffice, typed: dict[str, str]) -> None:
    browser = one(hall)
    browser.post(f"{AT}/sheet", **({"number": "0"} | typed))
    assert f"{said('paper.so_far')} 0" in read(browser.get(f"{AT}?way=sheets"))


def test_a_pile_is_seen_by_nobody_else(hall: PaperOffice) -> None:
    one(hall).post(f"{AT}/sheet", number=0, mark_0="Y")
    page = hall.browser("teller-2").get(f"{AT}?way=sheets")
    assert f"{said('paper.so_far')} 0" in read(page)


# Both languages, nothing executable


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_speaks_both_languages(hall: PaperOffice, lang: str) -> None:
    for path in ("/office/papers", AT, f"{AT}?way=sheets"):
        page = hall.browser("teller-1", *PEOPLE["teller-1"], lang=lang).get(path)
        assert page.status_code == 200
        assert messages(lang)["paper.title"] in read(page)
        assert re.findall(r"<script|\s(?:style|on\w+)=", page.text) == []


def test_a_form_larger_than_any_sheet_is_refused(hall: PaperOffice) -> None:
    assert one(hall).post(AT, **{f"x{n}": "1" for n in range(3001)}).status_code == 403
    assert one(hall).post(AT, x="1" * 200_000).status_code == 413
