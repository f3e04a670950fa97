"""Blind signatures for any message and any randomness."""

import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from ballot.crypto.blind import blind, blind_sign, finalize, verify
from ballot.crypto.errors import Invalid
from ballot.crypto.slotkey import SlotKey
from tests.slotkeys import CLERK, SCRUTINEERS

KEYS = st.sampled_from([CLERK, SCRUTINEERS])
SEEDS = st.binary(min_size=1, max_size=8)
MESSAGES = st.binary(max_size=400)


def stream(seed: bytes) -> Callable[[int], bytes]:
    calls = iter(range(10**6))
    return lambda size: hashlib.shake_256(seed + b"/%d" % next(calls)).digest(size)


def token(key: SlotKey, message: bytes, seed: bytes) -> tuple[bytes, bytes]:
    random = stream(seed)
    made = blind(key.public, message, random)
    answer = blind_sign(key, made.request, random)
    return made.request, finalize(key.public, message, answer, made.inverse)


@given(KEYS, MESSAGES, SEEDS)
def test_any_blinded_message_gets_a_signature_that_openssl_accepts(
    key: SlotKey, message: bytes, seed: bytes
) -> None:
    _, signature = token(key, message, seed)
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    openssl = rsa.RSAPublicNumbers(key.e, key.n).public_key()
    openssl.verify(signature, message, pss, hashes.SHA384())


@given(MESSAGES, SEEDS, SEEDS)
def test_other_randomness_gives_another_request_and_signature(
    message: bytes, one: bytes, two: bytes
) -> None:
    first, second = token(CLERK, message, one), token(CLERK, message, two)
    assert (first == second) == (one == two)
    assert (first[0] == second[0]) == (first[1] == second[1]) == (one == two)


@given(MESSAGES, SEEDS, st.integers(0, 3071))
def test_any_flipped_bit_of_a_signature_is_noticed(message: bytes, seed: bytes, bit: int) -> None:
    _, signature = token(CLERK, message, seed)
    flipped = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(384, "big")
    with pytest.raises(Invalid, match=r"token\.invalid"):
        verify(CLERK.public, message, flipped)


@given(MESSAGES, SEEDS, st.integers(0, 3071))
def test_any_flipped_bit_of_an_answer_is_noticed(message: bytes, seed: bytes, bit: int) -> None:
    made = blind(CLERK.public, message, stream(seed))
    answer = int.from_bytes(blind_sign(CLERK, made.request, stream(seed)), "big") ^ 1 << bit
    with pytest.raises(Invalid, match=r"token\.invalid"):
        finalize(CLERK.public, message, answer.to_bytes(384, "big"), made.inverse)


@given(MESSAGES, MESSAGES, SEEDS)
def test_a_signature_is_for_one_message(one: bytes, two: bytes, seed: bytes) -> None:
    _, signature = token(CLERK, one, seed)
    if one == two:
        verify(CLERK.public, two, signature)
    else:
        with pytest.raises(Invalid, match=r"token\.invalid"):
            verify(CLERK.public, two, signature)


@given(st.binary(min_size=384, max_size=384))
def test_bytes_nobody_signed_are_no_signature(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"token\.invalid"):
        verify(CLERK.public, b"message", data)
