"""Whole records in the browser: the verdict of Python, and the same checks refuse (rule 2).

Some cases of every family of the attack corpus by default, always the same ones; all of them with
``BALLOT_EVERY_CASE=1``.
"""

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import pytest

from ballot.tally.record import README
from ballot.verify.report import CHECKS
from tests.attacks.cases import CASES, Case
from tests.attacks.parts import zipped
from tests.attacks.played import good, session_code
from tests.attacks.played import verify as of_python
from tests.attacks.runs import make, report_on
from tests.js.client import ROOT, Bridge
from tests.js.verifier import b64, codes, statuses, verify
from tests.records import make_record

EVERY = os.environ.get("BALLOT_EVERY_CASE", "") not in ("", "0")
GOOD = (
    "approve grades motion_2048 nobody_cast drawn second_tie_by_lots second_vote "
    "voided_and_repeated_on_paper corrected_certificate two_votes practice"
).split()


def chosen() -> list[Case]:
    """Every case, or some of each check: those whose ids have the smallest digests."""
    cases = [case for case in CASES.values() if case.receipt is None]
    if EVERY:
        return cases
    found: list[Case] = []
    for check in CHECKS:
        of = sorted(
            (case for case in cases if case.check == check),
            key=lambda case: hashlib.sha256(case.id.encode()).digest(),
        )
        found += of[: 6 if check in ("V1", "V2", "V3") else 3]
    return found


@pytest.fixture(scope="module")
def browser(bundle: None) -> Iterator[Bridge]:
    with Bridge("verify_bridge.mjs") as process:
        yield process


@pytest.mark.parametrize("name", GOOD)
def test_a_good_record_is_valid(browser: Bridge, name: str) -> None:
    data, code = make_record(name)
    report = verify(browser, data, code)
    assert report["verdict"] == "valid", report["checks"]
    assert report["practice"] == (name == "practice")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", chosen(), ids=lambda case: case.id)
def test_a_false_record_is_refused_by_the_same_check(browser: Bridge, case: Case) -> None:
    run = make(case)
    mine, theirs = report_on(run), verify(browser, run.data, run.code)
    assert theirs["verdict"] == mine.verdict, case.comment
    expected = {check.id: check.status for check in mine.checks}
    assert statuses(theirs)[case.check] == expected[case.check], case.comment
    # Not only that it refuses: for a reason that Python knows, too.
    own = next(check for check in mine.to_json()["checks"] if check["id"] == case.check)
    known = {entry["code"] for entry in own["evidence"].get("findings", [])} | {own["code"]}
    if case.check not in ("V1", "V2", "V4"):
        assert codes(theirs, case.check) & known, (codes(theirs, case.check), known)


def test_the_reports_agree_in_what_a_reader_compares(browser: Bridge) -> None:
    data, code = make_record("second_tie_by_lots")
    assert verify(browser, data, None)["verdict"] == "not_checkable"
    mine = report_on_record(data, code)
    theirs = verify(browser, data, code)
    assert theirs["facts"].pop("record") == hashlib.sha256(data).hexdigest()
    assert theirs["facts"] == mine["facts"]
    assert theirs["checks"] == mine["checks"]


def report_on_record(data: bytes, code: str) -> Any:
    return of_python(data, code).to_json()


@pytest.mark.parametrize("cut", [0, 3, 21, 22, 100, 5000, -1, -22, -500])
def test_a_cut_record_ends_as_a_report(browser: Bridge, cut: int) -> None:
    data = zipped(good())
    report = verify(browser, data[:cut], session_code())
    assert report["verdict"] == report_on_record(data[:cut], session_code())["verdict"] != "valid"


def test_a_changed_byte_anywhere_is_never_valid(browser: Bridge) -> None:
    data = zipped(good())
    for at in range(7, len(data), len(data) // 6):
        changed = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        assert verify(browser, changed, session_code())["verdict"] == "invalid", at


def test_two_workers_find_what_one_finds(browser: Bridge) -> None:
    data, code = make_record("approve")
    alone = verify(browser, data, code)
    together = browser("employ", job="record", args={"data": b64(data), "code": code})
    steps = together.pop("steps")
    assert together == alone
    assert steps[-1][0] == steps[-1][1] > 0


def test_the_readme_that_the_browser_expects_is_the_one_written() -> None:
    module = ROOT / "ballot/web/static/client/verify/record.mjs"
    assert hashlib.sha256(README).hexdigest() in module.read_text("utf-8")
