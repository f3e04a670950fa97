"""Good records of every kind are valid for both verifiers, and hold what they are played for."""

import io
import zipfile
from collections import Counter
from typing import Any

import pytest

from ballot.crypto.encoding import loads
from ballot.verify.record import verify_record
from tests import plays
from tests.naive import verifier as naive
from tests.plays import SCRIPTS, make_record, played

FIRST, SECOND, THIRD = plays.FIRST, plays.SECOND, plays.THIRD
# What the events of a play must tell, beside those of every session.
TELLS = {
    "run_off": "run_off_called",
    "second_tie_by_lots": "run_off_called tie_settled",
    "second_tie_deferred": "run_off_called tie_settled",
    "second_tie_voted_again": "run_off_called run_off_called",
    "vacancy": "vacancy_left",
    "second_vote": "second_vote_called",
    "voided_and_repeated": "voided adjourned revote_called",
    "voided_and_repeated_on_paper": "voided revote_called",
    "surplus": "voided revote_called",
    "participation": "voided revote_called",
    "run_off_repeated": "run_off_called voided revote_called",
    "few_issued": "override override override",
    "few_ballots": "override",
    "few_papers": "override",
    "nobody_cast": "override vacancy_left",
    "objections": "objection objection objection adjourned adjourned",
    "corrected_certificate": "objection",
    "later_check_in": "adjourned override override",
    "drawn": "run_off_called",
}
EXTRAORDINARY = {kind for told in TELLS.values() for kind in told.split()}


def members_of(name: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(make_record(name)[0])) as archive:
        return {member: archive.read(member) for member in archive.namelist()}


def certificate(name: str, slot: str = FIRST) -> dict[str, Any]:
    document = loads(members_of(name)[f"rounds/{slot}/certificate.json"])
    found: dict[str, Any] = document["certificate"]
    return found


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_record_is_valid(name: str) -> None:
    data, code = make_record(name)
    report = verify_record(lambda: io.BytesIO(data), code)
    left = [check for check in report.checks if check.status not in ("pass", "not_applicable")]
    assert (report.verdict, left) == ("valid", [])
    assert report.exit_code(practice=report.practice) == 0


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_second_verifier_accepts_the_record(name: str) -> None:
    data, code = make_record(name)
    problems = naive.verify(data, code)
    assert problems == {check: [] for check in naive.CHECKS}
    assert (naive.verdict(problems, code), naive.verdict(problems, None)) == (
        "pass",
        "not checkable",
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_events_tell_what_the_play_is_about(name: str) -> None:
    told = Counter(event.kind for event in played(name).board.events)
    due = Counter(TELLS.get(name, "").split())
    assert {kind: told[kind] for kind in EXTRAORDINARY} == {k: due[k] for k in EXTRAORDINARY}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("voided_and_repeated", "stated"),
        ("voided_and_repeated_on_paper", "stated"),
        ("surplus", "surplus"),
        ("participation", "participation"),
    ],
)
def test_a_voided_round_has_its_events_only(name: str, reason: str) -> None:
    state, members = played(name).board.state, members_of(name)
    assert state.rounds[FIRST].void_reason == reason
    assert not any(member.startswith(f"rounds/{FIRST}/") for member in members)
    assert f"rounds/{SECOND}/certificate.json" in members


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("paper_only", FIRST),
        ("voided_and_repeated_on_paper", SECOND),
        ("second_tie_voted_again", THIRD),
    ],
)
def test_a_round_on_paper_has_no_box(name: str, slot: str) -> None:
    files = {member for member in members_of(name) if member.startswith(f"rounds/{slot}/")}
    assert files == {
        f"rounds/{slot}/{file}" for file in ("certificate.json", "outcome.json", "paper.json")
    }
    stated = certificate(name, slot)
    assert (stated["fingerprint"], stated["sealed"], stated["archive"]) == (None, None, None)


def test_most_votes_decide_in_a_repeated_run_off() -> None:
    stated = certificate("run_off_repeated", THIRD)
    assert stated["round_kind"] == "revote"
    # Two approvals of six were enough for no one in the first round.
    assert stated["elected"] == ["Q02", "Q01"]


def test_lots_complete_the_list_of_the_elected() -> None:
    stage = played("second_tie_by_lots")
    union = stage.board.state.union(stage.definition.votes[0])
    assert (union.elected, union.open_places) == (("Q02", "Q03"), 0)
    deferred = played("second_tie_deferred")
    assert deferred.board.state.union(deferred.definition.votes[0]).open_places == 2


def test_a_second_vote_adds_to_the_elected() -> None:
    assert certificate("second_vote")["elected"] == ["Q01"]
    assert certificate("second_vote", SECOND)["elected"] == ["Q01", "Q03"]
    assert played("vacancy").board.state.rounds[FIRST].vacancies == 1


def test_the_second_certificate_replaces_the_first() -> None:
    first, second = played("corrected_certificate").played.certificates
    one = played("corrected_certificate").board.state.rounds[FIRST]
    digests = [entry.certificate for entry in one.certificates]
    assert (first["replaces"], second["replaces"]) == (None, digests[0])
    assert certificate("corrected_certificate") == second
    assert (first["totals"], second["totals"]) == (
        [[9, 0, 0], [7, 2, 0], [0, 7, 2]],
        [[9, 0, 0], [6, 3, 0], [1, 6, 2]],
    )


def test_overrides_stand_in_the_certificates_of_their_rounds() -> None:
    expected = {"few_issued": 3, "few_ballots": 1, "few_papers": 1, "nobody_cast": 1}
    for name, count in expected.items():
        assert len(certificate(name)["overrides"]) == count
    # An override at a later check-in says nothing of the rounds before it.
    assert certificate("later_check_in")["overrides"] == []
    texts = ["两位代表用纸质票", "两张纸质票，主席团同意计票"]
    assert certificate("later_check_in", plays.MOTION)["overrides"] == texts


def test_slips_that_nobody_drew_are_dead_in_every_slot() -> None:
    stage = played("drawn")
    (closed,) = (e.body for e in stage.board.events if e.kind == "check_in_closed")
    unused = set(closed["unused_slips"])
    for slot in (FIRST, SECOND):
        drawn = set(stage.definition.slot(slot)[1].drawn)
        assert (len(drawn), len(drawn & unused)) == (11, 5)
        assert certificate("drawn", slot)["unused_slips"] == 5
        assert not {wallet.credential for wallet in stage.wallets[slot]} & unused


def test_who_seals_and_who_decrypts() -> None:
    def owners(name: str) -> tuple[int, list[int]]:
        one = played(name).board.state.rounds[FIRST]
        return len(one.seals), sorted(one.partials)

    assert owners("trustee_missing") == (4, [1, 2, 4])
    assert owners("every_trustee") == (5, [1, 2, 3, 4, 5])
    assert owners("approve") == (4, [3, 4, 5])


def test_one_signer_makes_tokens_of_one_signature() -> None:
    assert played("one_signer").definition.signers == ("clerk",)
    lines = members_of("one_signer")[f"rounds/{FIRST}/admissions.jsonl"].splitlines()
    assert {len(loads(line)["token"]) for line in lines} == {1}


def test_a_practice_record_says_so() -> None:
    data, code = make_record("practice")
    report = verify_record(lambda: io.BytesIO(data), code)
    assert (report.practice, report.exit_code(), report.exit_code(practice=True)) == (True, 2, 0)
