"""A walk through a session: helpers play everybody, and leave to people what is theirs."""

import io
import re
from pathlib import Path
from secrets import token_bytes

import httpx

from ballot.crypto.encoding import code_of_hex, loads
from ballot.demo.remote import check_in
from ballot.demo.walking.furnishing import PASSWORD
from ballot.locale import message
from ballot.trustee.device import read_copy
from ballot.verify.record import verify_record
from tests.patience import SECONDS
from tests.walks import kinds, rest, run, walking


def test_helpers_play_a_whole_session_to_its_record(tmp_path: Path) -> None:
    with walking(tmp_path) as (stage, told):
        run(stage, told, lambda: "published" in kinds(stage))
        board, services = stage.walk.board, stage.services
        assert board is not None
        run(stage, told, lambda: services.hallway.results is not None)
        data = httpx.get(f"{services.at['registrar']}/record.zip", timeout=SECONDS).content
        report = verify_record(lambda: io.BytesIO(data), code_of_hex(board.definition.session), 1)
        assert report.verdict == "valid", report
        one = board.state.round(board.definition.votes[0].slots[0].id)
        assert one.returned == {"tablet": 10, "paper": 8}
        assert board.definition.practice
    assert "refused" not in [what for what, _ in told.lines]
    # As many as are needed, and no more.
    assert len(told.names("signed", "sealed")) == board.definition.seal_quorum
    assert len(told.names("signed", "decrypted")) == board.definition.threshold


def test_a_helper_leaves_to_people_what_is_theirs(tmp_path: Path) -> None:
    with walking(tmp_path) as (stage, told), httpx.Client(timeout=SECONDS) as person:
        door = f"{stage.services.at['registrar']}/demo"
        run(stage, told, lambda: "adopted" in kinds(stage))
        answer = person.get(f"{door}/as/presiding-officer", headers={"sec-fetch-site": "none"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/office")
        assert stage.taken == {"presiding-officer"}
        me = person.get(f"{stage.services.at['registrar']}/api/me").json()
        assert me["id"] == "presiding-officer"
        run(stage, told, lambda: "keys_ready" in kinds(stage))
        rest(stage)
        # The presidium's and the clerk's helpers went on; the presiding officer's step waits.
        assert kinds(stage) == ["defined", "adopted", "keys_ready"]
        assert told.names("proposed", "rules_adopted") == []
        assert told.names("signed", "rules_adopted") == []
        # The key that the helper had made is handed over, and opens.
        copy = read_copy(person.get(f"{door}/key/presiding-officer").content)
        assert set(copy) == {"official"}
        stage.taken.clear()
        run(stage, told, lambda: "check_in_opened" in kinds(stage))
        assert told.names("proposed", "rules_adopted") != []


def test_signatures_that_several_may_give_are_left_to_people_who_can(tmp_path: Path) -> None:
    with walking(tmp_path) as (stage, told):
        run(stage, told, lambda: "round_opened" in kinds(stage))
        board = stage.walk.board
        assert board is not None
        stage.taken.add(board.definition.trustees[0])
        rest(stage)
        assert len(told.names("signed", "sealed")) == board.definition.seal_quorum - 1
        assert "paper_counted" not in kinds(stage)
        # Two count the papers: one of them is the person.
        assert [what for what, _ in told.lines].count("papers") == 1
        page = httpx.get(f"{stage.services.at['registrar']}/demo?lang=en", timeout=SECONDS).text
        papers = page.split(message("en", "demo.doors.papers", number=1))[-1]
        rows = papers.count('<th scope="row"')
        assert rows == len(board.definition.votes[0].items)
        assert papers.count("<td>") == 8 * rows
        marks = [message("en", f"count.column.{mark}") for mark in ("yes", "no", "abstain")]
        void = message("en", "demo.doors.void")
        assert sum(papers.count(f"<td>{word}</td>") for word in (*marks, void)) == 8 * rows
        stage.taken.clear()
        run(stage, told, lambda: "certified" in kinds(stage))


def test_the_page_of_links_names_everybody_and_the_deputies_left(tmp_path: Path) -> None:
    with walking(tmp_path, lambda step: step != "check_in_closed") as (stage, told):
        at = stage.services.at["registrar"]
        for lang in ("zh", "en"):
            page = httpx.get(f"{at}/demo?lang={lang}", timeout=SECONDS).text
            assert PASSWORD in page
            for one in stage.people:
                assert f"/demo/as/{one.id}" in page
        assert httpx.get(f"{at}/demo/as/nobody", timeout=SECONDS).status_code == 404
        assert httpx.get(f"{at}/demo/key/clerk", timeout=SECONDS).status_code == 404
        assert (
            httpx.get(
                f"{at}/demo", headers={"host": "elsewhere.example"}, timeout=SECONDS
            ).status_code
            == 400
        )
        assert httpx.get(f"{at}/demonstration", timeout=SECONDS).status_code == 404
        run(
            stage,
            told,
            lambda: stage.walk.deputies is not None and stage.walk.deputies.guests != (),
        )
        code = re.search(
            r"— [^<]*<span class=\"code\">([^<]+)", httpx.get(f"{at}/demo", timeout=SECONDS).text
        )
        assert code is not None
        board = stage.walk.board
        assert board is not None
        slots = tuple(board.state.check_in)
        client = stage.services.registrar
        assert set(check_in(board.definition, client, code[1], slots, token_bytes)) == set(slots)


def test_a_step_waits_until_it_may_go_on(tmp_path: Path) -> None:
    asked: list[str] = []
    with walking(tmp_path, lambda step: asked.append(step) is not None) as (stage, told):
        rest(stage)
        assert set(asked) == {"freeze"}
        assert ("freeze" in [what for what, _ in told.lines]) is False
        answer = httpx.get(f"{stage.services.at['registrar']}/api/definition", timeout=SECONDS)
        assert loads(answer.content.rstrip(b" "))["code"] == "service.not_ready"
