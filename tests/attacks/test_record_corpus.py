"""Every case of the corpus: the verifier refuses the record, and the named check says why."""

import re

import pytest

from ballot.crypto.encoding import code_of_hex, dumps
from ballot.crypto.signing import sign
from ballot.verify.report import CHECKS
from tests.archives import statuses
from tests.attacks.cases import CASES, Case, add
from tests.attacks.parts import zipped
from tests.attacks.played import FIRST, good, play, session_code, verify
from tests.attacks.runs import EXPECTED, make, report_on, wrong
from tests.attacks.workshop import Forgery


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("one", CASES.values(), ids=lambda one: one.id)
def test_the_named_check_refuses(one: Case) -> None:
    assert not wrong(one, report_on(make(one))), one.comment


@pytest.mark.parametrize("name", sorted({one.play for one in CASES.values()}))
def test_the_good_records_are_valid_also_when_rebuilt(name: str) -> None:
    for members in (good(name), Forgery(play(name)).all_members()):
        report = verify(zipped(members), session_code(name))
        assert (report.verdict, report.exit_code(practice=True)) == ("valid", 0)


def test_a_log_cut_after_any_event_is_never_valid() -> None:
    members = good()
    lines = members["events.jsonl"].splitlines(keepends=True)
    for count in range(len(lines)):
        cut = members | {"events.jsonl": b"".join(lines[:count])}
        assert verify(zipped(cut), session_code()).exit_code() != 0, count


def test_an_archive_cut_after_any_event_is_invalid_though_certified() -> None:
    whole = len(Forgery(play()).stages[FIRST])
    for count in (1, 2, 7, *range(13, whole)):
        forgery = Forgery(play())
        del forgery.stages[FIRST][count:]
        report = verify(forgery.record(), session_code())
        assert statuses(report)["V5"] == "fail", count


def receipt(tracker: str, session: str) -> bytes:
    """What the box signed when it took a ballot."""
    made = play()
    document = {"kind": "receipt", "session": session, "slot": FIRST, "tracker": tracker}
    return dumps(document | {"signature": sign(made.box_key, "receipt", document)})


def test_a_receipt_without_its_leaf_is_evidence_against_the_box() -> None:
    session, data = play().definition.session, zipped(good())
    kept = Forgery(play()).admissions[FIRST][0]["tracker"]
    assert verify(data, session_code(), receipt(kept, session)).verdict == "valid"
    lost = verify(data, session_code(), receipt("ab" * 32, session))
    assert (lost.verdict, statuses(lost)["V8"]) == ("invalid", "fail")
    assert "abababab" in next(check.detail for check in lost.checks if check.id == "V8")


def test_a_practice_record_is_never_exit_0_unasked() -> None:
    made = Forgery(play(practice=True))
    report = verify(made.record(), code_of_hex(made.definition.session))
    assert (report.practice, report.verdict) == (True, "valid")
    assert (report.exit_code(), report.exit_code(practice=True)) == (2, 0)


def test_one_poisoned_ballot_is_named() -> None:
    report = report_on(make(CASES["C12-one-bad-leaf"]))
    found = next(check.evidence["findings"] for check in report.checks if check.id == "V6")
    assert [re.search(r"ballot \d+", entry["detail"]) is not None for entry in found] == [True]


def test_the_table_holds_each_id_once_and_only_what_it_defines() -> None:
    one = CASES["A13-too-few"]
    with pytest.raises(ValueError, match="twice"):
        add(one.id, one.check, one.comment, one.change)
    with pytest.raises(TypeError):
        add("A99-new", "V1", "a key that nothing knows", one.change, verdict="valid")
    for case in CASES.values():
        assert re.fullmatch(r"[A-E][1-9][0-9]?-[a-z0-9_.-]+", case.id, re.I), case.id
        assert (case.check in CHECKS, case.exit in EXPECTED, bool(case.comment)) == (True,) * 3


def test_every_check_is_needed_by_some_case() -> None:
    assert {case.check for case in CASES.values()} == set(CHECKS)
