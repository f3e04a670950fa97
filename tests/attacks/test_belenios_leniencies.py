"""What Belenios' own tool lets pass, and what it refuses: ours refuses all of it.

Every row of the table in belenios-format.md §10, made from the published good archives with
their secrets, on both groups; hashes, chain and signatures are made anew wherever the
attacker could make them, so that exactly the named check fails (attacks E9, A5-A14, B7).
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ballot.crypto.elgamal import Ciphertext
from ballot.crypto.proofs import random_scalar, sign_message
from ballot.tally.aggregate import encode_sums
from ballot.verify.belenios import verify_archive
from tests import archives
from tests.archives import (
    END,
    Raw,
    build,
    change_document,
    compact,
    failures,
    good,
    position,
    verify,
)
from tests.elections import ED, FF, Made, Trustees, make_ballot, reopen, sign, tracker

Stages = list[Raw]
Change = Callable[["Case"], Stages | bytes]
GROUPS = {"Ed25519": "superset_ed25519_threshold", "BELENIOS-2048": "superset_2048_threshold"}


@dataclass
class Case:
    """A good archive and everything secret about it; 2 of 3 trustees decrypted."""

    made: Made
    stages: Stages
    owners: list[int]

    def at(self, kind: str, number: int = 1) -> int:
        return position(self.stages, kind, number)

    def put(self, at: int, *new: Raw) -> Stages:
        """The stages with one replaced by others."""
        return [*self.stages[:at], *new, *self.stages[at + 1 :]]

    def resigned(self, number: int, change: Callable[[dict[str, Any]], None]) -> Stages:
        """The stages with one ballot changed and signed again by its voter."""
        at = self.at("Ballot", number)
        ballot = self.stages[at].json
        change(ballot)
        group = self.made.group
        for s in self.made.secrets:
            if group.ser(group.power_g(s)) == ballot["credential"]:
                return self.put(at, archives.ballot(sign(group, ballot, s, self.made.random)))
        raise AssertionError("no such voter")

    def bytes_of(self, number: int, old: bytes, new: bytes) -> Stages:
        """The stages with other bytes in one ballot."""
        body = self.stages[self.at("Ballot", number)].documents[0]
        assert old in body
        return self.put(self.at("Ballot", number), archives.ballot(body.replace(old, new, 1)))


CASES: dict[str, tuple[Change, dict[str, str]]] = {}


def row(**expected: str) -> Callable[[Change], Change]:
    """Register a change with the checks that it must fail, and their codes."""

    def register(change: Change) -> Change:
        CASES[change.__name__] = (change, expected)
        return change

    return register


# Result and ballots.


@row(V11="result.wrong")
def a_wrong_count_in_the_result(case: Case) -> Stages:
    counts = case.stages[-1].json["result"]
    counts[0][0] += 1
    return [*case.stages[:-1], archives.result(counts)]


@row(V11="result.wrong")
def two_counts_exchanged(case: Case) -> Stages:
    counts = case.stages[-1].json["result"][0]
    return [*case.stages[:-1], archives.result([[counts[1], counts[0], *counts[2:]]])]


@row(V11="result.wrong")
def a_count_plus_q(case: Case) -> Stages:
    first, *others = case.stages[-1].json["result"][0]
    return [*case.stages[:-1], archives.result([[str(first + case.made.group.q), *others]])]


@row(V11="result.malformed")
def a_small_count_as_a_string(case: Case) -> Stages:
    first, *others = case.stages[-1].json["result"][0]
    return [*case.stages[:-1], archives.result([[str(first), *others]])]


@row(V9="tally.not_the_sum")
def a_ballot_removed_under_an_unchanged_tally(case: Case) -> Stages:
    return case.put(case.at("Ballot", 2))


@row(V9="tally.not_the_sum")
def a_ballot_added_under_an_unchanged_tally(case: Case) -> Stages:
    again = make_ballot(case.made.election, case.made.secrets[0], [[0, 0, 0, 1]], case.made.random)
    return case.put(case.at("EndBallots"), archives.ballot(again), END)


@row(V5="archive.event_repeated")
def a_second_result(case: Case) -> Stages:
    return [*case.stages, case.stages[-1]]


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


def outside(case: Case, text: str) -> str:
    """The element times one of order 2."""
    group, element = case.made.group, case.made.group.parse(text)
    if group is FF:
        return str(FF.p - element)
    return group.ser(group.mul(element, (2**255 - 20).to_bytes(32, "little")))


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


@row(V5="credentials.duplicate")
def a_credential_twice_in_the_list(case: Case) -> Stages:
    election, trustees, credentials, _ = case.stages[0].documents
    texts = json.loads(credentials)
    return case.put(0, archives.setup(election, trustees, compact([*texts, texts[0]])))


# Partial decryptions.


def factor(stage: Raw, change: Callable[[str], str]) -> bytes:
    value = stage.json
    value["decryption_factors"][0][0] = change(value["decryption_factors"][0][0])
    return compact(value)


@row(V10="partial.invalid")
def a_wrong_factor(case: Case) -> Stages:
    at, group = case.at("PartialDecryption"), case.made.group
    body = factor(case.stages[at], lambda text: group.ser(group.mul(group.parse(text), group.g)))
    third = case.made.partial(
        ({1, 2, 3} - set(case.owners)).pop(), case.made.sums()
    )  # with three at hand two good ones are left, and the bad one must still be named
    return case.put(at, archives.partial(case.owners[0], body), third)


@row(V10="partial.malformed")
def a_factor_outside_the_subgroup(case: Case) -> Stages:
    at = case.at("PartialDecryption")
    body = factor(case.stages[at], lambda text: outside(case, text))
    return case.put(at, archives.partial(case.owners[0], body))


@row(V10="partial.too_few")
def one_decryption_too_few(case: Case) -> Stages:
    return case.put(case.at("PartialDecryption"))


@row(V10="partial.repeated")
def one_trustee_twice_in_place_of_another(case: Case) -> Stages:
    return case.put(case.at("PartialDecryption", 2), case.stages[case.at("PartialDecryption")])


@row(V10="partial.repeated")
def a_decryption_twice_beside_enough_others(case: Case) -> Stages:
    last = case.at("PartialDecryption", 2)
    return case.put(last, case.stages[last], case.stages[last])


@row(V10="partial.invalid")
def a_false_owner(case: Case) -> Stages:
    at = case.at("PartialDecryption")
    other = ({1, 2, 3} - set(case.owners)).pop()
    return case.put(at, archives.partial(other, case.stages[at].documents[0]))


@row(V10="partial.owner")
def an_owner_who_does_not_exist(case: Case) -> Stages:
    at = case.at("PartialDecryption")
    return case.put(at, archives.partial(4, case.stages[at].documents[0]))


@row(V10="partial.malformed")
def a_leading_zero_in_a_decryption(case: Case) -> Stages:
    at = case.at("PartialDecryption")
    stage = case.stages[at]
    response = stage.json["decryption_proofs"][0][0]["response"].encode()
    body = stage.documents[0].replace(b'"%b"' % response, b'"0%b"' % response)
    return case.put(at, archives.partial(case.owners[0], body))


# The tally.


def false_tally(case: Case) -> bytes:
    group = case.made.group
    (first, *others), *rows = case.made.sums()
    more = Ciphertext(first.alpha, group.mul(first.beta, group.g))
    return encode_sums(group, ((more, *others), *rows))


@row(V9="tally.not_the_sum", V10="partial.invalid")
def a_wrong_stored_tally(case: Case) -> Stages:
    """Other α than those decrypted: what the tool computes again and never compares."""
    group = case.made.group
    (first, *others), *rows = case.made.sums()
    more = Ciphertext(group.mul(first.alpha, group.g), first.beta)
    body = encode_sums(group, ((more, *others), *rows))
    return case.put(case.at("EncryptedTally"), archives.tally(body, 5, 5))


@row(V9="tally.not_the_sum")
def a_wrong_stored_tally_that_everything_else_follows(case: Case) -> Stages:
    """One more vote for the first answer, honestly decrypted."""
    counts = case.stages[-1].json["result"]
    counts[0][0] += 1
    tally = archives.tally(false_tally(case), 5, 5)
    return [*case.put(case.at("EncryptedTally"), tally)[:-1], archives.result(counts)]


@row(V9="tally.malformed")
def a_stored_tally_in_another_spelling(case: Case) -> Stages:
    return change_document(case.stages, "EncryptedTally", lambda body: b"[" + b" " + body[1:])


@row(V9="tally.count")
def a_false_number_of_ballots(case: Case) -> Stages:
    at = case.at("EncryptedTally")
    return case.put(at, archives.tally(case.stages[at].documents[0], 6, 5))


@row(V9="tally.weight")
def a_false_total_weight(case: Case) -> Stages:
    at = case.at("EncryptedTally")
    return case.put(at, archives.tally(case.stages[at].documents[0], 5, 4))


# Events.


@row(V5="archive.event_missing")
def no_end_of_ballots(case: Case) -> Stages:
    return case.put(case.at("EndBallots"))


@row(V5="archive.event_missing")
def no_encrypted_tally(case: Case) -> Stages:
    return case.put(case.at("EncryptedTally"))


@row(V5="archive.event_repeated")
def the_encrypted_tally_twice(case: Case) -> Stages:
    tally = case.stages[case.at("EncryptedTally")]
    return case.put(case.at("EncryptedTally"), tally, tally)


@row(V5="archive.event_repeated")
def the_end_of_ballots_twice(case: Case) -> Stages:
    return case.put(case.at("EndBallots"), END, END)


@row(V5="archive.order")
def a_ballot_after_the_end(case: Case) -> Stages:
    made = case.made
    late = make_ballot(made.election, made.secrets[0], [[0, 1, 0, 0]], made.random)
    return case.put(case.at("EndBallots"), END, archives.ballot(late))


@row(V5="archive.order")
def a_ballot_after_the_result(case: Case) -> Stages:
    made = case.made
    late = make_ballot(made.election, made.secrets[0], [[0, 1, 0, 0]], made.random)
    return [*case.stages, archives.ballot(late)]


@row(V5="archive.order")
def a_decryption_after_the_result(case: Case) -> Stages:
    return [*case.stages, case.stages[case.at("PartialDecryption")]]


@row(V5="archive.parent")
def a_broken_parent(case: Case) -> bytes:
    data = build(case.stages)
    fork = build([case.stages[0], *case.stages[2:]])
    # The last event of a fork, whose parent is the fork's, after our last but one.
    width = len(archives.member("x", bytes(182), 0))
    return data[:-width] + fork[-width:]


@row(V1="archive.end_blocks")
def end_of_archive_blocks(case: Case) -> bytes:
    return build(case.stages) + bytes(1024)


# Set-up.


@row(V5="group.unknown")
def a_group_of_another_name(case: Case) -> Stages:
    name = b'"group":"%b"' % case.made.group.name.encode()
    return setup_changed(case, 0, name, b'"group":"RFC-3526-2048"')


@row(V5="election.malformed")
def parameters_of_its_own(case: Case) -> Stages:
    name = b'"group":"%b"' % case.made.group.name.encode()
    return setup_changed(case, 0, name, name + b',"p":"23","q":"11","g":"2"')


@row(V4="trustees.joint_key")
def trustees_of_another_election(case: Case) -> Stages:
    """A Single trustee with a good proof, whose key is not the election's."""
    group, random = case.made.group, case.made.random
    other = Trustees(group, random).single()
    election, _, credentials, _ = case.stages[0].documents
    setup = archives.setup(election, other.encode(), credentials)
    return [setup, *case.stages[1 : case.at("EndBallots")]]


def pedersen_changed(case: Case, change: Callable[[dict[str, Any]], None]) -> Stages:
    """The set-up with other trustees, up to the end of the ballots."""
    election, trustees, credentials, _ = case.stages[0].documents
    value = json.loads(trustees)
    change(value[0][1])
    setup = archives.setup(election, compact(value), credentials)
    return [setup, *case.stages[1 : case.at("EndBallots")]]


@row(V4="trustees.invalid")
def one_trustee_under_two_numbers(case: Case) -> Stages:
    def change(group: dict[str, Any]) -> None:
        certificate = group["certs"][0]
        message = certificate["message"].replace('"index":1', '"index":2')
        assert message != certificate["message"]
        signing = archives.secrets_of(GROUPS[case.made.group.name])["trustees"][0]["signing_key"]
        w = random_scalar(case.made.group, case.made.random)
        proof = sign_message(case.made.group, int(signing), message, w)
        group["certs"][1] = {"message": message, "signature": proof.encode()}

    return pedersen_changed(case, change)


@row(V4="trustees.invalid")
def a_certificate_of_another_ceremony(case: Case) -> Stages:
    def change(group: dict[str, Any]) -> None:
        group["certs"][0], group["certs"][1] = group["certs"][1], group["certs"][0]

    return pedersen_changed(case, change)


@row(V4="proof.invalid")
def signatures_over_other_coefficients(case: Case) -> Stages:
    return pedersen_changed(case, lambda group: group["signatures"].reverse())


@row(V4="proof.invalid")
def a_verification_key_without_its_secret(case: Case) -> Stages:
    """A key chosen as a function of the others' keys, with a copied proof (attack A11)."""

    def change(group: dict[str, Any]) -> None:
        first, second, _ = group["verification_keys"]
        key, other = (case.made.group.parse(k["public_key"]) for k in (first, second))
        second["public_key"] = case.made.group.ser(case.made.group.div(key, other))

    return pedersen_changed(case, change)


def setup_changed(case: Case, number: int, old: bytes, new: bytes) -> Stages:
    documents = list(case.stages[0].documents[:3])
    assert old in documents[number]
    documents[number] = documents[number].replace(old, new)
    return case.put(0, archives.setup(*documents))


@pytest.fixture(scope="module", params=GROUPS)
def case(request: pytest.FixtureRequest) -> Case:
    name = GROUPS[request.param]
    return Case(reopen(name), good(name), archives.secrets_of(name)["decrypted_by"])


@pytest.mark.parametrize("name", CASES)
def test_exactly_the_named_check_fails(case: Case, name: str) -> None:
    change, expected = CASES[name]
    changed = change(case)
    report = verify(changed if isinstance(changed, bytes) else build(changed))
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
        report = verify_archive(lambda cut=cut: io.BytesIO(cut))
        assert report.exit_code() == 2
