"""What Belenios' own tool lets pass, and what it refuses: ours refuses all of it."""

import io
from functools import partial

import pytest

from ballot.verify.belenios import verify_archive
from tests.archives import build, failures, good, position, verify
from tests.attacks.leniencies import CASES, GROUPS, Case, bench, made


@pytest.fixture(scope="module", params=GROUPS)
def case(request: pytest.FixtureRequest) -> Case:
    return bench(GROUPS[request.param])


@pytest.mark.parametrize("name", CASES)
def test_exactly_the_named_check_fails(case: Case, name: str) -> None:
    change, expected = CASES[name]
    report = verify(made(case, change))
    assert failures(report) == expected
    assert report.exit_code() == 1


def test_the_archive_they_are_made_of_is_valid(case: Case) -> None:
    assert verify(build(case.stages)).verdict == "valid"


def test_a_single_trustee_who_did_not_decrypt_is_missed() -> None:
    stages = good("approve_2048")
    del stages[position(stages, "PartialDecryption")]
    assert failures(verify(build(stages))) == {"V10": "partial.too_few"}


def test_too_few_decryptions_without_a_result_are_only_unfinished(case: Case) -> None:
    report = verify(build(case.stages[:-2]))
    assert (failures(report), report.exit_code()) == ({}, 2)
    assert report.checks[9].code == "partial.too_few"


def test_a_roll_back_never_passes(case: Case) -> None:
    data = build(case.stages)
    for length in range(len(case.stages)):
        cut = build(case.stages[:length])
        assert data.startswith(cut)
        report = verify_archive(partial(io.BytesIO, cut))
        assert report.exit_code() == 2
