"""Every case of the corpus: the verifier refuses the record, and the named check says why."""

import re
from functools import cache

import pytest

from ballot.crypto.encoding import code_of_hex, sha256
from ballot.verify.report import CHECKS, Report
from tests.archives import statuses
from tests.attacks.cases import CASES, Case
from tests.attacks.workshop import Forgery, good, play, session_code, verify, zipped

EXPECTED = {1: ("invalid", "fail"), 2: ("not_checkable", "not_checkable")}


def report_on(one: Case) -> Report:
    """What the verifier says of a case."""
    forgery = Forgery(play(one.marks))
    made = one.change(forgery)
    made = forgery.all_members() if made is None else made
    code = session_code(one.marks) if one.code == "good" else one.code
    if code == "own" and isinstance(made, dict):
        code = code_of_hex(sha256(made["definition.json"]).hex())
    return verify(made if isinstance(made, bytes) else zipped(made), code)


@pytest.mark.parametrize("one", CASES.values(), ids=lambda one: one.id)
def test_the_named_check_refuses(one: Case) -> None:
    report = report_on(one)
    verdict, status = EXPECTED[one.exit]
    assert (report.verdict, statuses(report)[one.check]) == (verdict, status), one.comment
    assert report.exit_code(practice=True) == one.exit
