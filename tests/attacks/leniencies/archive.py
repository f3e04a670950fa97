"""Events, set-up and credential list of the archive."""

import json
from collections.abc import Callable
from typing import Any

from ballot.crypto.proofs import random_scalar, sign_message
from ballot.tally.archive import member
from tests import archives
from tests.archives import END, build, compact
from tests.attacks.leniencies.table import GROUPS, Case, Stages, row
from tests.elections import Trustees, make_ballot

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
    width = len(member("x", bytes(182), 0))
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


@row(V5="credentials.duplicate")
def a_credential_twice_in_the_list(case: Case) -> Stages:
    election, trustees, credentials, _ = case.stages[0].documents
    texts = json.loads(credentials)
    return case.put(0, archives.setup(election, trustees, compact([*texts, texts[0]])))
