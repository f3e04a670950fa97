"""Ballots that must not count: proofs, spelling, elements, credentials."""

import json
from dataclasses import replace
from typing import Any

from tests import archives
from tests.archives import END, compact
from tests.attacks.leniencies.table import GROUPS, Case, Stages, outside, row
from tests.elections import ED, make_ballot, sign, tracker

# Proofs.


@row(V6="ballot.bad_proof")
def a_response_one_too_high(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        proof = ballot["answers"][0]["individual_proofs"][2][1]
        proof["response"] = str((int(proof["response"]) + 1) % case.made.group.q)

    return case.resigned(2, change)


@row(V6="ballot.bad_proof")
def proofs_of_two_answers_exchanged(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        proofs = ballot["answers"][0]["individual_proofs"]
        proofs[0], proofs[1] = proofs[1], proofs[0]

    return case.resigned(1, change)


@row(V6="ballot.bad_proof")
def all_proofs_zero(case: Case) -> Stages:
    zero = {"challenge": "0", "response": "0"}

    def change(ballot: dict[str, Any]) -> None:
        ballot["answers"][0]["overall_proof"] = [zero] * 4

    return case.resigned(1, change)


@row(V6="ballot.malformed")
def an_extra_branch(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        proof = ballot["answers"][0]["overall_proof"]
        proof.append(proof[0])

    return case.resigned(1, change)


@row(V6="ballot.malformed")
def no_proofs(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        ballot["answers"][0]["overall_proof"] = []

    return case.resigned(1, change)


def marked(case: Case, votes: list[int]) -> Stages:
    """All five ballots by their voters, the first with votes no honest device encrypts.

    Tally, decryptions and result are honest, as if nobody had looked at the proofs.
    """
    made = case.made
    body = make_ballot(made.election, made.secrets[0], [votes], made.random)
    credential = json.loads(body)["credential"]
    others = [b for b in made.ballots if json.loads(b)["credential"] != credential]
    known = archives.secrets_of(GROUPS[made.group.name])["voters"]
    counts = [votes[:]]
    for voter, s in zip(known[1:], made.secrets[1:], strict=True):
        assert s != made.secrets[0]
        counts[0] = [a + b for a, b in zip(counts[0], voter["vote"][0], strict=True)]
    stages = replace(made, ballots=[body, *others]).stages(counts, case.owners)
    return [case.stages[0], *stages[1:]]


@row(V6="ballot.bad_proof")
def four_marks_where_three_are_allowed(case: Case) -> Stages:
    return marked(case, [1, 1, 1, 1])


@row(V6="ballot.bad_proof")
def one_mark_that_counts_twice(case: Case) -> Stages:
    return marked(case, [2, 0, 0, 0])


@row(V6="ballot.bad_proof")
def a_proof_for_another_credential(case: Case) -> Stages:
    """The ciphertexts of one voter copied by another (vote copying)."""
    made = case.made
    group = made.group
    victim = case.stages[case.at("Ballot", 1)].json
    for s in made.secrets:
        own = group.ser(group.power_g(s))
        if own != victim["credential"]:
            copied = {**victim, "credential": own}
            break
    body = sign(group, copied, s, made.random)
    others = [b for b in made.ballots if json.loads(b)["credential"] != own]
    known = archives.secrets_of(GROUPS[group.name])["voters"]
    counts = [0, 0, 0, 0]
    for voter in known:
        vote = voter["vote"][0]
        if voter["tracker"] not in map(tracker, others):
            vote = next(v for v in known if v["tracker"] == tracker(made.ballots[0]))["vote"][0]
        counts = [a + b for a, b in zip(counts, vote, strict=True)]
    stages = replace(made, ballots=[*others, body]).stages([counts], case.owners)
    return [case.stages[0], *stages[1:]]


# Spelling.


@row(V6="ballot.malformed")
def a_ballot_with_a_space(case: Case) -> Stages:
    return case.bytes_of(4, b'"credential"', b' "credential"')


@row(V6="ballot.malformed")
def a_ballot_with_swapped_members(case: Case) -> Stages:
    at = case.at("Ballot", 3)
    ballot = case.stages[at].json
    swapped = {name: ballot[name] for name in sorted(ballot)}
    return case.put(at, archives.ballot(compact(swapped)))


@row(V6="ballot.malformed")
def a_leading_zero(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        proof = ballot["answers"][0]["overall_proof"][0]
        proof["response"] = "0" + proof["response"]

    return case.resigned(1, change)


@row(V6="ballot.malformed")
def a_challenge_plus_q(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        proof = ballot["answers"][0]["overall_proof"][0]
        proof["challenge"] = str(int(proof["challenge"]) + case.made.group.q)

    return case.resigned(1, change)


@row(V6="ballot.malformed")
def an_element_in_another_spelling(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        choice = ballot["answers"][0]["choices"][0]
        spelled = choice["alpha"]
        choice["alpha"] = spelled.upper() if case.made.group is ED else "0" + spelled

    return case.resigned(1, change)


@row(V6="ballot.malformed")
def an_escape_in_a_text(case: Case) -> Stages:
    uuid = case.made.election.uuid.encode()
    return case.bytes_of(1, uuid[:1], b"\\u00%02x" % uuid[0])


# Elements and credentials.


@row(V6="ballot.bad_element")
def alpha_outside_the_subgroup(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        choice = ballot["answers"][0]["choices"][1]
        choice["alpha"] = outside(case, choice["alpha"])

    return case.resigned(2, change)


@row(V6="ballot.bad_element")
def beta_outside_the_subgroup(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        choice = ballot["answers"][0]["choices"][3]
        choice["beta"] = outside(case, choice["beta"])

    return case.resigned(2, change)


@row(V6="ballot.unknown_credential")
def a_ballot_of_a_stranger(case: Case) -> Stages:
    made = case.made
    stranger = make_ballot(made.election, made.secrets[0] + 1, [[1, 0, 0, 0]], made.random)
    return case.put(case.at("EndBallots"), archives.ballot(stranger), END)


@row(V6="ballot.duplicate")
def the_same_ballot_twice(case: Case) -> Stages:
    return case.put(case.at("EndBallots"), case.stages[case.at("Ballot", 2)], END)


@row(V6="ballot.wrong_round")
def a_ballot_that_names_another_election(case: Case) -> Stages:
    def change(ballot: dict[str, Any]) -> None:
        ballot["election_uuid"] = "AnotherUuid123"

    return case.resigned(1, change)
