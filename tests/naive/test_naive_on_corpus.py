"""What one verifier refuses the other refuses, naming the same check (rule 2 of attacks.md)."""

import pytest

from tests.attacks.cases import CASES, Case
from tests.attacks.runs import make
from tests.naive.verifier import verify


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.id)
def test_the_second_verifier_names_the_same_check(case: Case) -> None:
    run = make(case)
    problems = verify(run.data, run.code)
    if case.exit == 1:
        assert problems[case.check], case.comment
