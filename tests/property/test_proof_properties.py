"""Whatever the exponents, messages and nonces are: honest proofs hold, altered ones do not."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ballot.crypto import proofs
from ballot.crypto.elgamal import Counter, encrypt, product
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group
from ballot.crypto.proofs import Nonces, Proof
from tests.elections import ED, FF

groups = st.sampled_from([ED, FF])
exponents = st.one_of(st.sampled_from([0, 1, ED.q - 1]), st.integers(0, ED.q - 1))
seeds = st.binary(min_size=32, max_size=32)


def holds(check: Callable[..., None], *arguments: object) -> bool:
    try:
        check(*arguments)
    except Invalid as error:
        if error.code != "proof.invalid":
            raise
        return False
    return True


@given(groups, exponents, exponents, st.text(max_size=20))
def test_an_honest_signature_holds_and_only_for_its_text(
    group: Group, x: int, w: int, text: str
) -> None:
    key = group.power_g(x)
    proof = proofs.sign_message(group, x, text, w)
    assert holds(proofs.verify_message, group, key, text, proof)
    assert not holds(proofs.verify_message, group, key, text + "。", proof)
    assert holds(proofs.verify_knowledge, group, key, proofs.prove_knowledge(group, x, w))


@given(groups, exponents, exponents, seeds, st.data())
def test_an_honest_interval_proof_holds_and_no_altered_one(
    group: Group, x: int, r: int, seed: bytes, data: st.DataObject
) -> None:
    low = data.draw(st.integers(0, 3))
    values = range(low, low + data.draw(st.integers(1, 4)))
    message = data.draw(st.sampled_from(values))
    y = group.power_g(x)
    c = encrypt(group, y, message, r)
    prefix = proofs.interval_prefix(group, "prove", "S", c)
    proof = proofs.prove_interval(group, y, prefix, c, r, message, values, Nonces(group, seed))
    assert holds(proofs.verify_interval, group, y, prefix, c, values, proof)
    i = data.draw(st.sampled_from(range(len(proof))))
    delta = data.draw(st.integers(1, group.q - 1))
    other = Proof((proof[i].challenge + delta) % group.q, proof[i].response)
    altered = (*proof[:i], other, *proof[i + 1 :])
    assert not holds(proofs.verify_interval, group, y, prefix, c, values, altered)


@given(groups, exponents, exponents, exponents, st.integers(1, ED.q - 1))
def test_an_honest_decryption_holds_and_no_other_factor(
    group: Group, x: int, r: int, w: int, delta: int
) -> None:
    key, alpha = group.power_g(x), group.power_g(r)
    factor, proof = proofs.prove_decryption(group, "φ", x, alpha, w)
    assert holds(proofs.verify_decryption, group, "φ", key, alpha, factor, proof)
    if proof.challenge:
        false = group.mul(factor, group.power_g(delta))
        assert not holds(proofs.verify_decryption, group, "φ", key, alpha, false, proof)


@given(groups, exponents, st.lists(st.tuples(st.integers(0, 4), exponents), max_size=6))
def test_the_product_of_ciphertexts_decrypts_to_the_sum(
    group: Group, x: int, votes: list[tuple[int, int]]
) -> None:
    y = group.power_g(x)
    total = product(group, [encrypt(group, y, message, r) for message, r in votes])
    opened = group.div(total.beta, group.power(total.alpha, x))
    assert Counter(group, 24)(opened) == sum(message for message, _ in votes)


@given(groups, seeds, seeds)
def test_nonces_are_a_function_of_the_seed_alone(group: Group, one: bytes, other: bytes) -> None:
    first, second = Nonces(group, one), Nonces(group, other)
    drawn = [next(first) for _ in range(5)]
    assert len(set(drawn)) == 5
    assert all(0 <= scalar < group.q for scalar in drawn)
    assert (drawn == [next(second) for _ in range(5)]) == (one == other)
