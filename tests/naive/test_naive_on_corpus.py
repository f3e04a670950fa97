"""What one verifier refuses the other refuses, naming the same check (rule 2 of attacks.md).

One case in four by default, always the same ones; all of them in CI and with
``BALLOT_EVERY_CASE=1``.
"""

import hashlib
import os

import pytest

from tests.attacks.cases import CASES, Case
from tests.attacks.parts import zipped
from tests.attacks.played import MARKS, good, session_code
from tests.attacks.runs import make
from tests.naive.verifier import CHECKS, verify

EVERY = any(os.environ.get(name, "") not in ("", "0") for name in ("CI", "BALLOT_EVERY_CASE"))
CHOSEN = [
    case
    for case in CASES.values()
    if EVERY or hashlib.sha256(case.id.encode()).digest()[0] % 4 == 0
]

# Where the second verifier does not know every shape, it may name what follows from a wrong one.
SHAPES = ("V1", "V2")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.id)
def test_the_second_verifier_names_the_same_check(case: Case) -> None:
    run = make(case)
    problems = verify(run.data, run.code)
    # A receipt is shown to one verifier only; what is not there yet is no fault for the other.
    if case.exit == 1 and case.receipt is None:
        assert any(problems.values()), case.comment
        assert problems[case.check] or case.check in SHAPES, case.comment


@pytest.mark.parametrize("name", MARKS)
def test_the_second_verifier_accepts_what_the_cases_are_made_from(name: str) -> None:
    problems = verify(zipped(good(name)), session_code(name))
    assert problems == {check: [] for check in CHECKS}
