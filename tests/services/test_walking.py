"""A walk through a session: helpers play everybody, and leave to people what is theirs."""

import io
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources
from itertools import cycle
from pathlib import Path
from secrets import token_bytes
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from ballot.crypto.encoding import code_of_hex, loads
from ballot.demo.remote import check_in
from ballot.demo.sample import Sample, load_sample
from ballot.demo.walking.furnishing import PASSWORD
from ballot.demo.walking.staging import Staged, staged
from ballot.trustee.device import read_copy
from ballot.verify.record import verify_record
from tests.offices import cheap
from tests.records import slot_keys

DATA = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
STEPS = 400


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    """Hashes that cost nothing, and real slot keys that were made before."""
    made = slot_keys(("clerk", "scrutineers"), ("a", "b", "c", "d"))
    keys = cycle([key for of_signer in made.values() for key in of_signer.values()])
    with cheap(), patch("ballot.preparing.freezing.generate_slot_key", lambda: next(keys)):
        yield


def small() -> Sample:
    """A few deputies of the sample: ten tablets, eight papers, two who are absent."""
    town = load_sample(DATA, None, None, token_bytes)
    present = town.present[:18]
    absent = tuple(one for one in town.deputies if one not in town.present)[:2]
    return replace(
        town,
        deputies=(*present, *absent),
        present=present,
        tablets=10,
        papers=8,
        tablet_marks=town.tablet_marks[:10],
        paper_sheets=town.paper_sheets[:8],
    )


class Told:
    """What the helpers said."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, what: str, fields: Mapping[str, Any]) -> None:
        self.lines.append((what, fields))

    def names(self, what: str, kind: str) -> list[str]:
        """Who did that to events of that kind."""
        return [f["name"] for said, f in self.lines if said == what and f.get("kind") == kind]


@contextmanager
def walking(
    home: Path, may: Callable[[str], bool] = lambda _: True
) -> Iterator[tuple[Staged, Told]]:
    told = Told()
    with staged(small(), "Ed25519", home, 0, told, may, lambda *_: None) as stage:
        yield stage, told


def run(stage: Staged, told: Told, until: Callable[[], bool]) -> None:
    """Steps until that is so."""
    for _ in range(STEPS):
        if until():
            return
        if not stage.walk.step():
            time.sleep(0.05)
    raise TimeoutError(f"{kinds(stage)} {told.lines[-3:]}")


def rest(stage: Staged) -> None:
    """Steps until the helpers have nothing left to do."""
    idle = 0
    while idle < 20:
        idle = 0 if stage.walk.step() else idle + 1
        time.sleep(0.02)


def kinds(stage: Staged) -> list[str]:
    return [event.kind for event in stage.walk.board.events] if stage.walk.board else []


def test_helpers_play_a_whole_session_to_its_record(tmp_path: Path) -> None:
    with walking(tmp_path) as (stage, told):
        run(stage, told, lambda: "published" in kinds(stage))
        board, services = stage.walk.board, stage.services
        assert board is not None
        run(stage, told, lambda: services.hallway.results is not None)
        data = httpx.get(f"{services.at['registrar']}/record.zip").content
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
    with walking(tmp_path) as (stage, told), httpx.Client() as person:
        door = f"{stage.services.at['registrar']}/demo"
        run(stage, told, lambda: "adopted" in kinds(stage))
        answer = person.get(f"{door}/as/presiding-officer", headers={"sec-fetch-site": "none"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/office")
        assert stage.taken == {"presiding-officer"}
        me = person.get(f"{stage.services.at['registrar']}/api/me").json()
        assert me["id"] == "presiding-officer"
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
        page = httpx.get(f"{stage.services.at['registrar']}/demo?lang=en").text
        assert page.count("<td>") > 8 * len(board.definition.votes[0].items)
        stage.taken.clear()
        run(stage, told, lambda: "certified" in kinds(stage))


def test_the_page_of_links_names_everybody_and_the_deputies_left(tmp_path: Path) -> None:
    with walking(tmp_path, lambda step: step != "check_in_closed") as (stage, told):
        at = stage.services.at["registrar"]
        for lang in ("zh", "en"):
            page = httpx.get(f"{at}/demo?lang={lang}").text
            assert PASSWORD in page
            for one in stage.people:
                assert f"/demo/as/{one.id}" in page
        assert httpx.get(f"{at}/demo/as/nobody").status_code == 404
        assert httpx.get(f"{at}/demo/key/clerk").status_code == 404
        assert httpx.get(f"{at}/demo", headers={"host": "elsewhere.example"}).status_code == 400
        assert httpx.get(f"{at}/demonstration").status_code == 404
        run(
            stage,
            told,
            lambda: stage.walk.deputies is not None and stage.walk.deputies.guests != (),
        )
        code = re.search(r"— [^<]*<span class=\"code\">([^<]+)", httpx.get(f"{at}/demo").text)
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
        answer = httpx.get(f"{stage.services.at['registrar']}/api/definition")
        assert loads(answer.content.rstrip(b" "))["code"] == "service.not_ready"
