"""Tally, partial decryptions and result."""

from collections.abc import Callable

from ballot.crypto.elgamal import Ciphertext
from ballot.tally.aggregate import encode_sums
from tests import archives
from tests.archives import END, Raw, change_document, compact
from tests.attacks.leniencies.table import Case, Stages, outside, row
from tests.elections import make_ballot

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
