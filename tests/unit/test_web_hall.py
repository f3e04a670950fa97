"""The hall screen: what a frame may hold at every step, and what nobody learns from it."""

import asyncio
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from markupsafe import escape

from ballot.crypto import encoding
from ballot.locale import LANGUAGES, messages
from ballot.tally.events import Event
from ballot.tally.state import State
from ballot.web.app import new_app
from ballot.web.hall import hall_router
from ballot.web.hall_frame import Numbers, frame
from ballot.web.record import read_record
from ballot.web.shield import headers
from ballot.web.views import SessionView, session_view
from ballot.web.words import Words
from tests import sessions, web_fixture
from tests.sessions import PEOPLE, STAGES, Session, at, certified
from tests.web_fixture import Client

BASE = "http://127.0.0.1:8000"
ZH = Words("zh")
COUNTED = Numbers(present=12, tablet={"projects-1": 9}, paper=3, cast={"projects-1": 17})
STEPS = {
    "start": "preparing",
    "ready": "preparing",
    "issued": "ready",
    "open": "voting",
    "closed": "closing",
    "sealed": "counting",
    "paper": "counting",
    "decrypted": "counting",
    "counted": "counting",
    "certified": "certified",
    "published": "published",
}
# The closed schema of docs/service.md, written down once more.
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}")
NUMBER: Any = int
CHANNELS = {"tablet": (NUMBER, None), "paper": (NUMBER, None), "total": NUMBER}
PROGRESS = {"given": NUMBER, "needed": NUMBER}
SCHEMA: dict[str, Any] = {
    "step": set(STEPS.values()) | {"check_in", "voided", "adjourned"},
    "title": str,
    "eligible": NUMBER,
    "present": (NUMBER, None),
    "quorum": NUMBER,
    "issued": (CHANNELS, None),
    "cast": (NUMBER, None),
    "returned": (CHANNELS, None),
    "session_code": CODE,
    "ballot_code": (CODE, None),
    "box_code": (CODE, None),
    "certificate_code": (CODE, None),
    "seals": (PROGRESS, None),
    "partials": (PROGRESS, None),
    "practice": bool,
    "stale_since": (str, None),
    "result": ({"vote": str, "headline": str}, None),
}


def fits(value: Any, schema: Any) -> bool:
    """Whether the value is of the schema and of nothing besides."""
    if isinstance(schema, tuple):
        return any(fits(value, one) for one in schema)
    if isinstance(schema, dict):
        return (
            isinstance(value, dict)
            and value.keys() == schema.keys()
            and all(fits(value[name], inner) for name, inner in schema.items())
        )
    if isinstance(schema, set):
        return value in schema
    if isinstance(schema, re.Pattern):
        return isinstance(value, str) and schema.fullmatch(value) is not None
    if schema is None:
        return value is None
    return type(value) is schema


def shown(session: Session, numbers: Numbers = COUNTED, **given: Any) -> dict[str, Any]:
    """The frame of a session."""
    return frame(session.state, session.events, numbers, ZH, **given)


def check_in() -> Session:
    return at("ready").publish("check_in_opened")


# Steps


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_its_step_and_fits_the_closed_schema(stage: str) -> None:
    found = shown(at(stage))
    assert found["step"] == STEPS[stage]
    assert fits(found, SCHEMA)


def test_the_schema_refuses_anything_else() -> None:
    found = shown(at("open"))
    assert not fits(found | {"tracker": "x"}, SCHEMA)
    assert not fits(found | {"cast": "17"}, SCHEMA)
    assert not fits({k: v for k, v in found.items() if k != "cast"}, SCHEMA)
    assert not fits(found | {"issued": found["issued"] | {"third": 1}}, SCHEMA)


def test_numbers_of_a_check_in_are_those_of_the_tick() -> None:
    found = shown(check_in())
    assert (found["step"], found["present"]) == ("check_in", 12)
    assert found["issued"] == {"tablet": 9, "paper": 3, "total": 12}
    assert fits(found, SCHEMA)


def test_after_the_check_in_its_event_counts_and_no_running_number() -> None:
    found = shown(at("issued"), Numbers(present=99, tablet={"projects-1": 99}, paper=99))
    assert found["present"] == 28
    assert found["issued"] == {"tablet": 20, "paper": 8, "total": 28}


def test_the_box_is_told_from_the_opening_on_and_stays_after_the_close() -> None:
    assert [shown(at(stage))["cast"] for stage in ("start", "issued")] == [None, None]
    for stage in STAGES[STAGES.index("open") :]:
        assert shown(at(stage))["cast"] == 17
    assert shown(at("open"), Numbers())["cast"] is None


def test_the_close_tells_what_was_returned_and_how_many_have_sealed() -> None:
    assert shown(at("open"))["returned"] is None
    closed = shown(at("closed").seal(trustees=2))
    assert closed["returned"] == {"tablet": 20, "paper": 8, "total": 28}
    assert closed["seals"] == {"given": 2, "needed": 4}
    assert closed["partials"] == {"given": 0, "needed": 3}
    assert shown(at("paper").decrypt(trustees=2))["partials"] == {"given": 2, "needed": 3}


def test_codes_appear_with_what_they_are_of() -> None:
    codes = ("session_code", "ballot_code", "box_code", "certificate_code")
    known = {
        stage: [name for name in codes if shown(at(stage))[name]]
        for stage in ("start", "issued", "open", "closed", "counted", "certified")
    }
    assert known == {
        "start": ["session_code"],
        "issued": ["session_code"],
        "open": ["session_code", "ballot_code"],
        "closed": ["session_code", "ballot_code", "box_code"],
        "counted": ["session_code", "ballot_code", "box_code"],
        "certified": [*codes],
    }


def test_a_vote_on_paper_alone_has_no_box() -> None:
    session = at("issued").publish("box_empty", "projects-1")
    session.publish(
        "round_opened", "projects-1", channels=["paper"], fingerprint=None, issued_paper=25
    )
    found = shown(session)
    assert (found["step"], found["cast"], found["ballot_code"]) == ("voting", None, None)
    assert found["issued"] == {"tablet": None, "paper": 25, "total": 25}
    closed = shown(session.publish("round_closed", "projects-1", paper={"returned": 25}))
    assert (closed["step"], closed["seals"], closed["box_code"]) == ("counting", None, None)
    assert fits(closed, SCHEMA)


def test_a_void_round_an_adjournment_and_an_objection() -> None:
    assert shown(at("open").publish("voided", "projects-1"))["step"] == "voided"
    assert shown(at("issued").publish("adjourned"))["step"] == "adjourned"
    assert shown(at("issued").publish("adjourned").publish("objection"))["step"] == "adjourned"
    assert shown(at("certified").publish("objection"))["step"] == "certified"


def test_a_corrected_paper_sheet_takes_the_certificate_from_the_screen() -> None:
    found = shown(at("certified").publish("paper_counted", "projects-1"))
    assert (found["step"], found["certificate_code"]) == ("counting", None)


def test_a_run_off_is_named_and_starts_where_it_stands() -> None:
    session = certified(sessions.TIE)
    session.publish("run_off_called", "projects-2", parent=session.certificate("projects-1"))
    found = shown(session)
    assert found["title"] == "表决projects：再次投票（第二轮）"
    assert (found["step"], found["cast"]) == ("ready", None)
    assert shown(session.open("projects-2"))["step"] == "voting"


def test_the_open_round_matters_and_then_the_one_last_told_of() -> None:
    session = at("closed")  # the first vote is not sealed yet
    assert shown(session.publish("box_empty", "motion-1"))["title"] == "表决motion"
    opened = shown(session.publish("round_opened", "motion-1"))
    assert (opened["step"], opened["title"]) == ("voting", "表决motion")
    assert opened["issued"] == {"tablet": 20, "paper": None, "total": 20}
    session.publish("round_closed", "motion-1")
    assert shown(session)["step"] == "closing"
    assert shown(session.seal("projects-1"))["title"] == "表决projects"


def test_a_screen_may_stay_with_one_vote() -> None:
    session = at("certified").open("motion-1")
    assert shown(session, vote_id="projects")["step"] == "certified"
    assert shown(session, vote_id="nothing")["title"] == "表决motion"


def test_a_box_that_does_not_answer_is_told_while_it_matters() -> None:
    stale = Numbers(stale_since="2025-01-16T02:03Z")
    assert shown(at("open"), stale)["stale_since"] == "2025-01-16T02:03Z"
    assert shown(at("certified"), stale)["stale_since"] is None


# Choices


def test_no_frame_before_the_publication_depends_on_a_choice() -> None:
    for stage, other in zip(_whole(sessions.CLEAR), _whole((4, 6, 26)), strict=True):
        # The certificate's code is a digest; nothing else may differ.
        assert shown(stage) | {"certificate_code": 0} == shown(other) | {"certificate_code": 0}


def _whole(yes: tuple[int, ...]) -> list[Session]:
    """A round from its opening to its certificate, event by event, with these approvals."""
    found, last = [], certified(yes)
    for n in range(len(at("open").events), len(last.events) + 1):
        session = Session()
        for event in last.events[:n]:
            session.append(event)
        found.append(session)
    return found


def test_a_result_waits_for_the_publication(town: SessionView) -> None:
    vote = town.votes[0]
    assert shown(at("certified"), result=vote)["result"] is None
    found = shown(at("published"), result=vote)["result"]
    assert found == {
        "vote": "projects",
        "headline": "9 个候选项目中，8 项入选，1 项过半数未入选。",
    }


# The page and the stream


class FakeHall:
    """The service behind the screen: ``frames`` frames, then it stops."""

    def __init__(
        self, session: Session, result: Callable[[str], SessionView | None], frames: int = 1
    ) -> None:
        self._session, self._result, self.frames = session, result, frames
        self.waits = 0

    def session(self) -> tuple[State, Sequence[Event]]:
        return self._session.state, self._session.events

    def numbers(self) -> Numbers:
        return Numbers(present=12, cast={"projects-1": 10 + self.waits})

    def result(self, lang: str) -> SessionView | None:
        return self._result(lang)

    async def wait(self) -> bool:
        self.waits += 1
        await asyncio.sleep(0)
        return self.waits < self.frames


def app(
    session: Session, result: Callable[[str], SessionView | None] = lambda _: None, frames: int = 1
) -> FastAPI:
    found = new_app(["127.0.0.1"], headers(script_src="'self'", connect_src="'self'"))
    found.include_router(hall_router(FakeHall(session, result, frames)))
    return found


def views(path: Path, meeting: Any, *certificates: Any) -> dict[str, SessionView]:
    """The result pages of a record whose vote has the id of our sessions."""
    meeting["votes"][0]["id"] = "projects"
    for certificate in certificates:
        certificate["session"] = encoding.digest(meeting)
    record = read_record(web_fixture.write_published(path, meeting, *certificates))
    return {lang: session_view(record, lang) for lang in LANGUAGES}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SessionView]:
    """The published sample session."""
    return views(tmp_path_factory.mktemp("hall") / "record.zip", *web_fixture.qinghe())


@pytest.fixture(scope="module")
def town(result: dict[str, SessionView]) -> SessionView:
    return result["zh"]


def frames_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """The frames of a stream; anything else in it is an error."""
    found = []
    for block in answer.text.strip().split("\n\n"):
        lines = block.splitlines()
        assert lines[0] == "event: hall"
        assert len(lines) == 2
        found.append(encoding.loads(lines[1].removeprefix("data: ").encode()))
    return found


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_stream_sends_frames_of_the_schema_and_nothing_else(
    stage: str, lang: str, result: dict[str, SessionView]
) -> None:
    answer = Client(app(at(stage), result.get, frames=3)).get(f"/api/hall?lang={lang}")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "set-cookie" not in answer.headers
    frames = frames_of(answer)
    assert len(frames) == 3  # one at once, then one per tick
    assert all(fits(one, SCHEMA) for one in frames)
    assert [bool(one["result"]) for one in frames] == [stage == "published"] * 3


def test_the_box_moves_only_with_the_tick() -> None:
    frames = frames_of(Client(app(at("open"), frames=4)).get("/api/hall"))
    assert [one["cast"] for one in frames] == [10, 11, 12, 13]


@pytest.mark.parametrize(
    "given",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9000"},
        {"origin": "https://127.0.0.1:8000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_origins_cannot_listen(given: dict[str, str]) -> None:
    client = Client(app(at("open")))
    for path in ("/api/hall", "/hall"):
        assert client.get(path, **given).status_code == 403


@pytest.mark.parametrize(
    "given",
    [{}, {"origin": BASE, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
)
def test_the_own_page_can(given: dict[str, str]) -> None:
    assert Client(app(at("open"))).get("/api/hall", **given).status_code == 200


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("stage", STAGES)
def test_no_page_or_frame_names_a_person_or_before_its_time_a_number_of_votes(
    stage: str, lang: str, result: dict[str, SessionView]
) -> None:
    client = Client(app(at(stage), result.get))
    text = client.get(f"/hall?lang={lang}").text + client.get(f"/api/hall?lang={lang}").text
    people = {*PEOPLE, *(d["name"] for d in web_fixture.sample()["roll"])}
    assert not [name for name in people if f">{name}" in text or f'"{name}"' in text]
    if stage != "published":
        assert "赞成" not in text
        assert messages(lang)["outcome.label.elected"] not in text
    assert "style=" not in text


def test_the_result_stands_on_the_screen_with_base_line_and_code(
    result: dict[str, SessionView],
) -> None:
    page = Client(app(at("published"), result.get)).get("/hall").text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "9 个候选项目中， 8 项入选 ，1 项过半数未入选。" in text
    for said in ("应选 8", "过半数 44 票", "过半数以全体代表 86 人计，须 44 票。", "证书码"):
        assert said in text
    assert text.count(messages("zh")["outcome.label.elected"]) >= 8
    assert page.count('<line class="cut"') == 9
    assert shown(at("published"))["certificate_code"] in text


def test_items_of_a_run_off_stand_under_its_name(tmp_path: Path) -> None:
    meeting, _ = web_fixture.qinghe()
    ids = [item["id"] for item in meeting["votes"][0]["items"]]
    first = web_fixture.certificate(
        meeting,
        [web_fixture.tablet(79)],
        [[yes, 79 - yes, 0] for yes in (75, 74, 73, 72, 71, 70, 69, 60, 60)],
    )
    second = web_fixture.certificate(
        meeting,
        [web_fixture.tablet(79)],
        [[40, 39, 0], [38, 41, 0]],
        slot_id="v1-2",
        round_kind="run_off",
        items=ids[7:],
        seats=1,
        elected_before=tuple(ids[:7]),
    )
    pages = views(tmp_path / "r.zip", meeting, first, second)
    page = Client(app(at("published"), pages.get)).get("/hall").text
    before, after = page.split("再次投票（第二轮）")
    assert before.count('<th class="c-name" scope="row"') == 7
    assert after.count('<th class="c-name" scope="row"') == 2


@pytest.mark.parametrize(("items", "density"), [(9, "full"), (12, "tight"), (20, "list")])
def test_many_items_stand_closer_and_none_is_lost(items: int, density: str, tmp_path: Path) -> None:
    meeting, _ = web_fixture.qinghe()
    vote = meeting["votes"][0]
    vote["items"] = [web_fixture.item(f"i{n}", f"第{n}号项目") for n in range(items)]
    vote["seats"] = items - 1
    totals = [[50, 29, 0]] * items
    pages = views(
        tmp_path / "r.zip",
        meeting,
        web_fixture.certificate(meeting, [web_fixture.tablet(79)], totals),
    )
    page = Client(app(at("published"), pages.get)).get("/hall").text
    assert f"hall--{density}" in page
    assert all(f"第{n}号项目<" in page for n in range(items))


def test_only_the_selected_are_shown_where_only_they_are_published(tmp_path: Path) -> None:
    data = deepcopy(web_fixture.sample())
    data["rules"]["publish_counts"] = "elected_only"
    pages = views(tmp_path / "r.zip", *web_fixture.qinghe(data))
    page = Client(app(at("published"), pages.get)).get("/hall").text
    assert page.count('scope="row"') == 8
    assert "c-yes" not in page
    assert "东畈社区文体广场建设项目" not in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_follows_by_script_or_comes_anew_without_one(lang: str) -> None:
    page = Client(app(at("open"))).get(f"/hall?lang={lang}&theme=light").text
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}" data-theme="light">' in page
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page
    assert page.count("<script") == 1
    assert '<script type="module" src="/static/hall/hall.mjs"></script>' in page
    assert messages(lang)["hall.voting"] in page


def test_what_the_address_says_is_not_repeated() -> None:
    client = Client(app(at("open")))
    page = client.get("/hall?lang=%3Cb%3E&vote=%22%3E%3Cscript%3E&theme=%3Ci%3E").text
    assert '<html lang="zh-CN" data-theme="dark">' in page
    assert 'data-stream="/api/hall?lang=zh"' in page


def test_titles_are_text_on_the_screen() -> None:
    session, hostile = at("open"), "<img src=x onerror=alert(1)>\"'{{7*7}}"
    definition = session.state.definition
    votes = (replace(definition.votes[0], title=hostile), *definition.votes[1:])
    session.state = replace(session.state, definition=replace(definition, votes=votes))
    page = Client(app(session)).get("/hall").text
    assert "<img" not in page
    assert page.count(escape(hostile)) == 2  # head and heading
