"""Batches of ballots: sums, refusals and notes, in the order of the ballots."""

import json
from dataclasses import replace
from functools import cache

import pytest

from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group
from ballot.tally.archive import CastBallot
from ballot.tally.election import Election, OpenBallot, Question
from ballot.verify.ballots import Batch, Inspection, Task, inspect_ballots, largest_document
from ballot.verify.workers import Workers
from tests.elections import ED, FF, Made, make, make_ballot

QUESTIONS = [Question("一", ("甲", "乙"), 0, 2), Question("二", ("丙",), 1, 1, blank=True)]
both_groups = pytest.mark.parametrize("group", [ED, FF], ids=lambda group: group.name)


@cache
def made(group: Group) -> Made:
    votes = [[1, 1], [0, 1]], [[0, 1], [1, 0]], [[0, 0], [0, 1]]
    return make(group, [(i, marks) for i, marks in enumerate(votes)], QUESTIONS)


def tasks(bodies: list[bytes], weight: int = 1) -> list[Task]:
    return [Task(CastBallot(i, body, sha256(body)), weight) for i, body in enumerate(bodies, 1)]


def inspect(inspection: Inspection, given: list[Task], jobs: int = 1) -> list[Batch]:
    with Workers(jobs) as workers:
        return list(inspect_ballots(inspection, given, workers))


@both_groups
def test_ballots_are_added_up_with_their_weights(group: Group) -> None:
    election = made(group)
    bodies = election.ballots
    (batch,) = inspect(Inspection(election.election.raw), tasks(bodies))
    assert (batch.size, batch.complete, batch.refused) == (3, True, ())
    assert batch.sums == election.sums()
    (batch,) = inspect(Inspection(election.election.raw), tasks(bodies, 3))
    assert batch.sums == election.sums([(3, body) for body in bodies])
    (batch,) = inspect(Inspection(election.election.raw), tasks(bodies, 0))
    assert batch.sums == election.sums([])


def test_batches_come_in_order_whatever_the_number_of_processes() -> None:
    election = made(ED)
    given = tasks(election.ballots * 9)
    alone = inspect(Inspection(election.election.raw), given)
    assert [batch.size for batch in alone] == [8, 8, 8, 3]
    assert inspect(Inspection(election.election.raw), given, jobs=2) == alone


def counts_down(election: Election, opened: OpenBallot, task: Task) -> str:
    """A further check: refuses the second ballot, notes something of the others."""
    if task.ballot.number == 2:
        raise Invalid("token.invalid", "no signature")
    return f"{election.uuid[:4]} {opened.ballot.credential[:4]} {task.beside}"


def test_one_more_check_refuses_or_returns_a_note_in_order() -> None:
    election = made(ED)
    given = [replace(task, beside=task.ballot.number * 10) for task in tasks(election.ballots)]
    (batch,) = inspect(Inspection(election.election.raw, also=counts_down), given)
    texts = [json.loads(body)["credential"][:4] for body in election.ballots]
    assert batch.notes == (f"Test {texts[0]} 10", None, f"Test {texts[2]} 30")
    assert [error.code for error in batch.refused] == ["token.invalid"]
    assert batch.refused[0].detail.startswith("ballot 2 (")
    assert batch.sums == election.sums()


@both_groups
def test_the_neutral_element_as_alpha_is_only_for_foreign_archives(group: Group) -> None:
    election = made(group)
    body = make_ballot(
        election.election, 5, [[1, 0], [0, 1]], election.random, [[0, 1], [2, 3]]
    )  # fmt: skip
    raw = election.election.raw
    (batch,) = inspect(Inspection(raw), tasks([body]))
    assert ([error.code for error in batch.refused], batch.complete) == (
        ["ballot.bad_element"],
        False,
    )
    (batch,) = inspect(Inspection(raw, identity_alpha=True), tasks([body]))
    assert (batch.refused, batch.complete) == ((), True)


def test_a_ballot_that_cannot_be_opened_leaves_the_sum_open_only_if_it_counts() -> None:
    raw = made(ED).election.raw
    assert not inspect(Inspection(raw), tasks([b"{}"]))[0].complete
    assert inspect(Inspection(raw), tasks([b"{}"], 0))[0].complete


@both_groups
def test_no_ballot_exceeds_the_largest_document(group: Group) -> None:
    election = made(group)
    largest = largest_document(election.election)
    assert max(map(len, election.ballots)) < largest
    (batch,) = inspect(Inspection(election.election.raw), tasks([b"[" * (largest + 1)]))
    assert "larger than any ballot" in batch.refused[0].detail
