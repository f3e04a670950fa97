"""The proofs one by one: what they bind, and the nonces of one seed (attacks A1, A2, A9, A10)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ballot.crypto import proofs
from ballot.crypto.elgamal import Ciphertext, encrypt
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group
from ballot.crypto.proofs import Nonces, Proof
from tests.elections import ED, FF, Stream

SESSION = "5e" * 32
NONCES_ED = [
    4757620988928565028368175191958930885517434970161872714667315122609857036129,
    2057539164321408932502340667170740209908040071423100916093497804008404512166,
]
NONCES_FF = [
    23808636976187868395929080276547199022694672159405569360539817478027988062747,
    60336216942307214127796228857598336786956389200365145585785785826932542604599,
]
both_groups = pytest.mark.parametrize("group", [ED, FF], ids=lambda group: group.name)


def wrong(group: Group, proof: Proof) -> Iterator[Proof]:
    """A proof with each of its numbers changed, exchanged, and all zero."""
    q = group.q
    yield replace(proof, challenge=(proof.challenge + 1) % q)
    yield replace(proof, response=(proof.response + 1) % q)
    yield Proof(proof.response, proof.challenge)
    yield Proof(0, 0)


def refused() -> "pytest.RaisesExc[Invalid]":
    return pytest.raises(Invalid, match=r"^proof\.invalid")


def test_nonces_of_a_seed_are_those_of_the_specification() -> None:
    # int(SHA-512("ballot/v1/nonce" ‖ 0x00 ‖ seed ‖ u32be(i))) mod q, computed apart.
    nonces = Nonces(ED, bytes(range(32)))
    assert [next(nonces), next(nonces)] == NONCES_ED
    nonces = Nonces(FF, bytes(range(32)))
    assert [next(nonces), next(nonces)] == NONCES_FF


def test_a_seed_has_exactly_32_bytes() -> None:
    for size in (0, 31, 33):
        with pytest.raises(ValueError, match="32 bytes"):
            Nonces(ED, bytes(size))


@both_groups
def test_knowledge_is_bound_to_the_key_and_to_the_group(group: Group) -> None:
    proof = proofs.prove_knowledge(group, 5, 77)
    proofs.verify_knowledge(group, group.power_g(5), proof)
    for element in (group.power_g(6), group.identity):
        with refused():
            proofs.verify_knowledge(group, element, proof)
    for other in wrong(group, proof):
        with refused():
            proofs.verify_knowledge(group, group.power_g(5), other)


@both_groups
def test_a_signature_is_bound_to_its_text_key_and_purpose(group: Group) -> None:
    key = group.power_g(9)
    proof = proofs.sign_message(group, 9, "甲", 3)
    proofs.verify_message(group, key, "甲", proof)
    with refused():
        proofs.verify_message(group, key, "乙", proof)
    with refused():
        proofs.verify_message(group, group.power_g(8), "甲", proof)
    with refused():
        proofs.verify_ballot_signature(group, key, "甲", proof)
    for other in wrong(group, proof):
        with refused():
            proofs.verify_message(group, key, "甲", other)


@both_groups
def test_a_ballot_signature_is_bound_to_ballot_and_credential(group: Group) -> None:
    hashed = proofs.ballot_hash({"election_uuid": "TestUuid123456"})
    credential = group.power_g(11)
    proof = proofs.sign_ballot(group, 11, hashed, 4)
    proofs.verify_ballot_signature(group, credential, hashed, proof)
    with refused():
        proofs.verify_ballot_signature(group, group.power_g(12), hashed, proof)
    with refused():
        proofs.verify_ballot_signature(group, credential, proofs.ballot_hash({}), proof)
    for other in wrong(group, proof):
        with refused():
            proofs.verify_ballot_signature(group, credential, hashed, other)


@both_groups
def test_every_statement_of_an_interval_proof_is_bound(group: Group) -> None:
    y, r, values = group.power_g(21), 33, range(3)
    c = encrypt(group, y, 2, r)
    prefix = proofs.interval_prefix(group, "prove", "φ|credential", c)
    nonces = iter(range(100, 110))
    proof = proofs.prove_interval(group, y, prefix, c, r, 2, values, nonces)
    assert next(nonces) == 105  # 2·3 − 1 were taken
    proofs.verify_interval(group, y, prefix, c, values, proof)
    statements = [
        (group.power_g(22), prefix, c, values),
        (y, proofs.interval_prefix(group, "ballot-cap", "φ|credential", c), c, values),
        (y, proofs.interval_prefix(group, "prove", "φ|another", c), c, values),
        (y, prefix, Ciphertext(group.mul(c.alpha, group.g), c.beta), values),
        (y, prefix, Ciphertext(c.alpha, group.mul(c.beta, group.g)), values),
        (y, prefix, c, range(1, 4)),
    ]
    for statement in statements:
        with refused():
            proofs.verify_interval(group, *statement, proof)


@both_groups
def test_every_number_of_an_interval_proof_counts(group: Group) -> None:
    y, c = group.power_g(21), encrypt(group, group.power_g(21), 1, 33)
    proof = proofs.prove_interval(group, y, "p|", c, 33, 1, range(2), iter(range(7, 20)))
    for i, entry in enumerate(proof):
        for other in wrong(group, entry):
            with refused():
                altered = (*proof[:i], other, *proof[i + 1 :])
                proofs.verify_interval(group, y, "p|", c, range(2), altered)
    for altered in (proof[::-1], proof[:1], (*proof, Proof(0, 0)), ()):
        with refused():
            proofs.verify_interval(group, y, "p|", c, range(2), altered)


@both_groups
@pytest.mark.parametrize("message", [2, -1])
def test_no_honest_procedure_proves_a_message_outside_the_interval(
    group: Group, message: int
) -> None:
    y, r = group.power_g(21), 33
    c = encrypt(group, y, message, r)
    for pretended in range(2):
        proof = proofs.prove_interval(group, y, "p|", c, r, pretended, range(2), iter(range(9)))
        with refused():
            proofs.verify_interval(group, y, "p|", c, range(2), proof)
    with pytest.raises(ValueError, match="not in range"):
        proofs.prove_interval(group, y, "p|", c, r, message, range(2), iter(range(9)))


@both_groups
def test_a_decryption_factor_is_bound_to_everything(group: Group) -> None:
    key, alpha = group.power_g(13), group.power_g(29)
    factor, proof = proofs.prove_decryption(group, "φ", 13, alpha, 5)
    assert factor == group.power_g(13 * 29)
    proofs.verify_decryption(group, "φ", key, alpha, factor, proof)
    g = group.g
    for statement in (
        ("ψ", key, alpha, factor),
        ("φ", group.mul(key, g), alpha, factor),
        ("φ", key, group.mul(alpha, g), factor),
        ("φ", key, alpha, group.mul(factor, g)),
    ):
        with refused():
            proofs.verify_decryption(group, *statement, proof)
    with refused():
        proofs.verify_decryption(group, "φ", key, alpha, factor, proof, "drill")
    for other in wrong(group, proof):
        with refused():
            proofs.verify_decryption(group, "φ", key, alpha, factor, other)


@both_groups
def test_a_drill_is_bound_to_session_and_trustee(group: Group) -> None:
    key = group.power_g(17)
    factor, proof = proofs.prove_drill(group, SESSION, 1, 17, 5)
    proofs.verify_drill(group, SESSION, 1, key, factor, proof)
    for session, index, tested in (
        ("5f" * 32, 1, key),
        (SESSION, 2, key),
        (SESSION, 1, group.power_g(18)),
    ):
        with refused():
            proofs.verify_drill(group, session, index, tested, factor, proof)
    for other in wrong(group, proof):
        with refused():
            proofs.verify_drill(group, SESSION, 1, key, factor, other)
    # A drill is no decryption of a tally, even of the same element.
    with refused():
        alpha = proofs.drill_element(group, SESSION, 1)
        proofs.verify_decryption(group, SESSION, key, alpha, factor, proof)


def test_drill_elements_differ_by_session_and_trustee() -> None:
    elements = {proofs.drill_element(ED, s * 32, i) for s in ("5e", "5f") for i in (1, 2, 3)}
    assert len(elements) == 6


@both_groups
def test_a_proof_has_one_written_form(group: Group) -> None:
    proof = Proof(3, group.q - 1)
    written = proof.encode()
    assert proofs.decode_proof(group, written) == proof
    for value in (
        dict(reversed(written.items())),
        {**written, "extra": "1"},
        {"challenge": "3"},
        {"challenge": 3, "response": "4"},
        {"challenge": "03", "response": "4"},
        {"challenge": "3", "response": str(group.q)},  # D2
        {"challenge": "3", "response": "-1"},
        ["3", "4"],
        None,
    ):
        with pytest.raises(Invalid, match=r"^(proof|scalar)\.malformed"):
            proofs.decode_proof(group, value)
    for values in ([], [written, written], {"0": written}, None):
        with pytest.raises(Invalid, match=r"^proof\.malformed"):
            proofs.decode_proofs(group, values, 1)


def test_a_random_scalar_takes_64_bytes() -> None:
    sizes: list[int] = []

    def random(size: int) -> bytes:
        sizes.append(size)
        return Stream("scalar")(size)

    assert 0 <= proofs.random_scalar(ED, random) < ED.q
    assert sizes == [64]
