"""RFC 9474: vectors, and attacks A17, A20, A21, A22, D7, D8."""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gmpy2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ballot.crypto import blind as rfc9474
from ballot.crypto.blind import (
    blind,
    blind_sign,
    check_request,
    finalize,
    token_message,
    verify,
)
from ballot.crypto.encoding import parse_json
from ballot.crypto.errors import Invalid
from ballot.crypto.slotkey import (
    EXPONENT,
    MODULUS_SIZE,
    PublicKey,
    SlotKey,
    check_slot_key,
    generate_slot_key,
)
from tests.slotkeys import CLERK, SCRUTINEERS, SIGNERS, VECTORS

Random = Callable[[int], bytes]
RFC = parse_json((Path(__file__).parents[1] / "vectors/rfc9474.json").read_bytes())
N = CLERK.n
MESSAGE = b"the message of a token"


def stream(label: str = "") -> Random:
    """Reproducible bytes, different at every call."""
    calls = iter(range(10**6))
    return lambda size: hashlib.shake_256(f"{label}/{next(calls)}".encode()).digest(size)


def script(*draws: bytes) -> Random:
    """A generator that gives exactly these bytes, in this order."""
    rest = iter(draws)

    def random(size: int) -> bytes:
        draw = next(rest)
        assert len(draw) == size
        return draw

    return random


def number(value: int, size: int = MODULUS_SIZE) -> bytes:
    return value.to_bytes(size, "big")


def hexint(text: str) -> int:
    return int(text, 16)


# Vectors


@pytest.mark.parametrize("vector", RFC, ids=lambda vector: str(vector["name"]))
def test_every_vector_of_rfc_9474_is_reproduced(vector: dict[str, Any]) -> None:
    key = SlotKey.from_primes(hexint(vector["p"]), hexint(vector["q"]), hexint(vector["e"]))
    n, e = hexint(vector["n"]), hexint(vector["e"])
    prefix, message = bytes.fromhex(vector["msg_prefix"]), bytes.fromhex(vector["msg"])
    prepared, salt = bytes.fromhex(vector["input_msg"]), bytes.fromhex(vector["salt"])
    answer, signature = bytes.fromhex(vector["blind_sig"]), bytes.fromhex(vector["sig"])
    inverse, size = hexint(vector["inv"]), hexint(vector["sLen"])
    assert (key.n, len(salt), prefix + message) == (n, size, prepared)

    made = rfc9474._blind(n, e, prepared, salt, int(gmpy2.invert(inverse, n)))

    assert made.request.hex() == vector["blinded_msg"]
    assert made.inverse == inverse
    assert blind_sign(key, made.request, stream()) == answer
    assert rfc9474._finalize(n, e, prepared, answer, inverse, size) == signature
    with pytest.raises(Invalid, match=r"token\.invalid"):
        rfc9474._verify(n, e, prepared, signature, 48 - size)


@pytest.mark.parametrize("vector", [v for v in RFC if "encoded_msg" in v], ids=lambda v: v["name"])
def test_emsa_pss_encoding_is_that_of_the_vectors(vector: dict[str, Any]) -> None:
    salt, message = bytes.fromhex(vector["salt"]), bytes.fromhex(vector["input_msg"])
    assert rfc9474._emsa_pss_encode(message, 4095, salt).hex() == vector["encoded_msg"]


@pytest.mark.parametrize("vector", VECTORS["tokens"], ids=lambda v: f"{v['slot']}-{v['signer']}")
def test_our_own_vectors_are_reproduced(vector: dict[str, Any]) -> None:
    key = SIGNERS[vector["signer"]]
    message = token_message(vector["credential"], vector["session"], vector["slot"])
    assert message.hex() == vector["message"]

    made = blind(
        key.public,
        message,
        script(bytes.fromhex(vector["salt"]), bytes.fromhex(vector["factor"])),
    )
    answer = blind_sign(key, made.request, stream())

    assert made.request.hex() == vector["request"]
    assert answer.hex() == vector["answer"]
    assert finalize(key.public, message, answer, made.inverse).hex() == vector["signature"]


def test_a_token_message_is_domain_zero_byte_canonical_document() -> None:
    assert token_message("S", "0" * 64, "list-1") == (
        b'ballot/v1/token\x00{"credential":"S","session":"' + b"0" * 64 + b'","slot":"list-1"}'
    )


@pytest.mark.parametrize(
    ("session", "slot"), [("0" * 63, "a"), ("A" * 64, "a"), ("0" * 64, "A"), ("0" * 64, "")]
)
def test_a_token_message_names_a_digest_and_a_slot(session: str, slot: str) -> None:
    with pytest.raises(Invalid, match=r"document\.shape"):
        token_message("S", session, slot)


# Keys (attack A20)


def _odd_multiple(factor: int) -> int:
    return N - N % (2 * factor) + factor


BAD_KEYS = {
    "e is 1": (N, 1),
    "e is 3": (N, 3),
    "e is even": (N, 65536),
    "even": (N + 1, EXPONENT),
    "3071 bits": (N >> 1 | 1, EXPONENT),
    "3073 bits": (N << 1 | 1, EXPONENT),
    "4096 bits": (hexint(RFC[0]["n"]), EXPONENT),
    "zero": (0, EXPONENT),
    "negative": (-N, EXPONENT),
    "3 divides": (_odd_multiple(3), EXPONENT),
    "65521 divides": (_odd_multiple(65521), EXPONENT),
    "square": (CLERK.p**2, EXPONENT),
    "cube": (int(gmpy2.next_prime(gmpy2.iroot(1 << 3072, 3)[0] - 10**9)) ** 3, EXPONENT),
}


@pytest.mark.parametrize(("n", "e"), BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_a_malicious_slot_key_is_refused_before_anything_is_blinded(n: int, e: int) -> None:
    with pytest.raises(Invalid, match=r"token\.bad_key"):
        PublicKey(n, e)


def test_a_good_slot_key_passes() -> None:
    check_slot_key(CLERK.public)
    check_slot_key(SCRUTINEERS.public)


def test_each_bad_key_is_refused_for_its_own_reason() -> None:
    reasons = {}
    for name, (n, e) in BAD_KEYS.items():
        with pytest.raises(Invalid) as caught:
            PublicKey(n, e)
        reasons[name] = caught.value.detail
    assert reasons["square"] == reasons["cube"] == "the modulus is a square or a higher power"
    assert reasons["3 divides"] == reasons["65521 divides"] == reasons["even"]
    assert reasons["3071 bits"] == "3071 bits instead of 3072"
    assert reasons["e is 1"] == reasons["e is 3"] == "the public exponent is not 65537"


def test_a_public_key_has_one_text() -> None:
    text = CLERK.public.encode()
    assert text == VECTORS["keys"][0]["n"]
    assert PublicKey.decode(text) == CLERK.public


@pytest.mark.parametrize(
    "text", ["", None, 7, CLERK.public.encode().upper(), CLERK.public.encode()[2:]]
)
def test_another_text_is_no_public_key(text: object) -> None:
    with pytest.raises(Invalid, match=r"document\.shape"):
        PublicKey.decode(text)


def test_a_well_spelled_bad_key_is_refused() -> None:
    with pytest.raises(Invalid, match=r"token\.bad_key"):
        PublicKey.decode("f" * 768)


def test_a_generated_key_signs_and_survives_its_own_encoding() -> None:
    key = generate_slot_key()
    assert SlotKey.decode(key.encode()) == key
    made = blind(key.public, MESSAGE, stream())
    answer = blind_sign(key, made.request, stream())
    verify(key.public, MESSAGE, finalize(key.public, MESSAGE, answer, made.inverse))
    assert gmpy2.gcd(key.n, N) == 1


P, Q = number(CLERK.p, 192), number(CLERK.q, 192)
COMPOSITE = int(gmpy2.next_prime(3 << 766)) * int(gmpy2.next_prime(7 << 765))
DAMAGED = {
    "empty": b"",
    "short": (P + Q)[:-1],
    "long": P + Q + b"\0",
    "zero": bytes(384),
    "the same prime twice": P + P,
    "two large factors": P + number(COMPOSITE, 192),
    "small primes": number(5, 192) + number(11, 192),
    "e divides p - 1": number(14 * EXPONENT + 1, 192) + Q,
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_secret_bytes_are_no_slot_key(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"token\.bad_key"):
        SlotKey.decode(data)


def test_no_secret_shows_in_a_representation() -> None:
    made = blind(CLERK.public, MESSAGE, stream())
    assert str(CLERK.p) not in repr(CLERK)
    assert str(made.inverse) not in repr(made)


# Signing (attacks A21, D7)

BAD_REQUESTS = {
    "zero": number(0),
    "n": number(N),
    "n + 1": number(N + 1),
    "2^3072 - 1": b"\xff" * 384,
    "2^3072": number(1 << 3072, 385),
    "383 bytes": number(1, 383),
    "385 bytes": number(1, 385),
    "empty": b"",
    "a factor of n": number(CLERK.p),
}


@pytest.mark.parametrize("request_", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_what_no_tablet_blinds_is_refused_before_it_is_recorded(request_: bytes) -> None:
    with pytest.raises(Invalid, match=r"issue\.malformed"):
        check_request(CLERK.public, request_)
    with pytest.raises(Invalid, match=r"issue\.malformed"):
        blind_sign(CLERK, request_, script())


def test_a_blinded_message_is_a_good_request() -> None:
    check_request(CLERK.public, blind(CLERK.public, MESSAGE, stream()).request)


@pytest.mark.parametrize("half", ["d_p", "d_q", "q_inverse", "p", "q"])
@pytest.mark.parametrize("bit", [0, 1, 700])
def test_a_flipped_bit_in_one_crt_half_gives_an_error_and_no_value(half: str, bit: int) -> None:
    faulty = replace(CLERK, **{half: getattr(CLERK, half) ^ 1 << bit})
    request = blind(CLERK.public, MESSAGE, stream()).request
    with pytest.raises(Invalid) as caught:
        blind_sign(faulty, request, stream())
    assert caught.value.code == "token.signer_fault"
    assert caught.value.__cause__ is None
    assert not any(character.isdigit() for character in str(caught.value))


@pytest.mark.parametrize("disturbed", [CLERK.p, CLERK.q])
def test_a_fault_during_one_exponentiation_gives_an_error_and_no_value(
    disturbed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(base: int, exponent: int, modulus: int) -> Any:
        return powmod_sec(base, exponent, modulus) ^ (modulus == disturbed)

    powmod_sec = gmpy2.powmod_sec
    request = blind(CLERK.public, MESSAGE, stream()).request
    monkeypatch.setattr(gmpy2, "powmod_sec", faulty)
    with pytest.raises(Invalid, match=r"token\.signer_fault"):
        blind_sign(CLERK, request, stream())


def test_base_blinding_is_fresh_and_does_not_show_in_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bases: list[int] = []

    def seen(base: int, exponent: int, modulus: int) -> Any:
        bases.append(int(base))
        return powmod_sec(base, exponent, modulus)

    powmod_sec = gmpy2.powmod_sec
    request = blind(CLERK.public, MESSAGE, stream()).request
    monkeypatch.setattr(gmpy2, "powmod_sec", seen)
    random = stream()
    first, second = blind_sign(CLERK, request, random), blind_sign(CLERK, request, random)
    m = int.from_bytes(request, "big")
    assert first == second
    assert len(set(bases)) == 4
    assert not {m % CLERK.p, m % CLERK.q} & set(bases)


def test_a_constant_generator_is_noticed() -> None:
    for byte in (b"\x00", b"\xff"):
        with pytest.raises(Invalid, match=r"random\.unusable"):
            blind(CLERK.public, MESSAGE, lambda size, byte=byte: byte * size)  # type: ignore[misc]
        with pytest.raises(Invalid, match=r"random\.unusable"):
            blind_sign(CLERK, number(2), lambda size, byte=byte: byte * size)  # type: ignore[misc]


# Blinding (attack A22)


def test_the_blinding_factor_is_drawn_by_rejection_from_the_whole_range() -> None:
    salt, top = b"s" * 48, N - 1
    draws = [salt, number(0), number(N), b"\xff" * 384, number(CLERK.q), number(top)]
    made = blind(CLERK.public, MESSAGE, script(*draws))
    assert made.inverse == pow(top, -1, N)


def test_every_unit_comes_from_exactly_one_draw() -> None:
    # Over a small modulus the whole range can be tried: uniform bytes give uniform units.
    n, fallback = 15 * 13, 1
    for byte in range(256):
        found = rfc9474._unit(n, script(bytes([byte]), bytes([fallback])))
        unit = 0 < byte < n and gmpy2.gcd(byte, n) == 1
        assert found == (byte if unit else fallback)


def test_two_signers_never_share_a_factor_or_a_salt() -> None:
    random = stream()
    drawn: list[bytes] = []

    def recorded(size: int) -> bytes:
        drawn.append(random(size))
        return drawn[-1]

    first = blind(CLERK.public, MESSAGE, recorded)
    second = blind(SCRUTINEERS.public, MESSAGE, recorded)
    assert first.inverse != second.inverse
    assert len(set(drawn)) == len(drawn) >= 4


def test_every_request_fits_every_token() -> None:
    # Blindness is perfect: for each pair of what the signer saw and what was cast there is a
    # factor that explains it, so that no computing power can tell who holds which token.
    random, d = stream(), pow(EXPONENT, -1, (CLERK.p - 1) * (CLERK.q - 1))
    issued = [(m, blind(CLERK.public, m, random)) for m in (b"one", b"two", b"three")]
    seen = [(made.request, blind_sign(CLERK, made.request, random)) for _, made in issued]
    cast = [
        (m, finalize(CLERK.public, m, answer, made.inverse))
        for (m, made), (_, answer) in zip(issued, seen, strict=True)
    ]
    for request, answer in seen:
        for message, signature in cast:
            encoded = pow(int.from_bytes(signature, "big"), EXPONENT, N)
            factor = pow(int.from_bytes(request, "big") * pow(encoded, -1, N), d, N)
            assert finalize(CLERK.public, message, answer, pow(factor, -1, N)) == signature


def test_a_message_that_reveals_a_factor_is_not_blinded() -> None:
    # Unreachable under a checked key: RFC 9474 §4.2, steps 4 and 5, all the same.
    n = _odd_multiple(3)
    for i in range(60):
        message = b"%d" % i
        m = int.from_bytes(rfc9474._emsa_pss_encode(message, 3071, b""), "big")
        if gmpy2.gcd(m, n) == 1:
            rfc9474._blind(n, EXPONENT, message, b"", 2)
        else:
            with pytest.raises(Invalid, match=r"token\.bad_key"):
                rfc9474._blind(n, EXPONENT, message, b"", 2)


# Finalizing and verifying (attacks A17, D8)


@pytest.fixture(scope="module")
def signature() -> bytes:
    made = blind(CLERK.public, MESSAGE, stream())
    answer = blind_sign(CLERK, made.request, stream())
    return finalize(CLERK.public, MESSAGE, answer, made.inverse)


@functools.cache
def _openssl() -> rsa.RSAPrivateKey:
    d = pow(EXPONENT, -1, (CLERK.p - 1) * (CLERK.q - 1))
    return rsa.RSAPrivateNumbers(
        CLERK.p,
        CLERK.q,
        d,
        CLERK.d_p,
        CLERK.d_q,
        CLERK.q_inverse,
        rsa.RSAPublicNumbers(EXPONENT, N),
    ).private_key()


def test_an_ordinary_pss_signature_with_our_parameters_verifies() -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    verify(CLERK.public, MESSAGE, _openssl().sign(MESSAGE, pss, hashes.SHA384()))


@pytest.mark.parametrize(
    ("salt", "mgf", "algorithm"),
    [
        (0, hashes.SHA384(), hashes.SHA384()),
        (32, hashes.SHA384(), hashes.SHA384()),
        (47, hashes.SHA384(), hashes.SHA384()),
        (64, hashes.SHA384(), hashes.SHA384()),
        (48, hashes.SHA384(), hashes.SHA256()),
        (48, hashes.SHA256(), hashes.SHA384()),
    ],
    ids=["salt 0", "salt 32", "salt 47", "salt 64", "SHA-256", "MGF1 with SHA-256"],
)
def test_other_pss_parameters_are_refused(
    salt: int, mgf: hashes.HashAlgorithm, algorithm: hashes.HashAlgorithm
) -> None:
    other = _openssl().sign(MESSAGE, padding.PSS(padding.MGF1(mgf), salt), algorithm)
    with pytest.raises(Invalid, match=r"token\.invalid"):
        verify(CLERK.public, MESSAGE, other)


def test_pkcs1_padding_is_refused() -> None:
    other = _openssl().sign(MESSAGE, padding.PKCS1v15(), hashes.SHA384())
    with pytest.raises(Invalid, match=r"token\.invalid"):
        verify(CLERK.public, MESSAGE, other)


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "short": lambda s: s[:-1],
    "long": lambda s: s + b"\0",
    "leading zero": lambda s: b"\0" + s,
    "empty": lambda _: b"",
    "0": lambda _: number(0),
    "1": lambda _: number(1),
    "n - 1": lambda _: number(N - 1),
    "-s": lambda s: number(N - int.from_bytes(s, "big")),
    "last bit": lambda s: s[:-1] + bytes([s[-1] ^ 1]),
    "first byte": lambda s: bytes([s[0] ^ 1]) + s[1:],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_an_altered_signature_is_refused(
    signature: bytes, change: Callable[[bytes], bytes]
) -> None:
    verify(CLERK.public, MESSAGE, signature)
    with pytest.raises(Invalid, match=r"token\.invalid"):
        verify(CLERK.public, MESSAGE, change(signature))


def test_the_length_is_judged_here_and_not_by_the_library(signature: bytes) -> None:
    with pytest.raises(Invalid, match="385 bytes instead of 384"):
        verify(CLERK.public, MESSAGE, b"\0" + signature)


def test_a_signature_has_one_spelling() -> None:
    # s + n is congruent to s; it fits into 384 bytes only for small s, so look for one.
    random = stream("small")
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    key = _openssl()
    while (s := int.from_bytes(key.sign(m := random(8), pss, hashes.SHA384()), "big")) + N >> 3072:
        pass
    verify(CLERK.public, m, number(s))
    with pytest.raises(Invalid, match="not below the modulus"):
        verify(CLERK.public, m, number(s + N))


def test_a_signature_holds_for_its_message_and_key_only(signature: bytes) -> None:
    for public, message in [(CLERK.public, MESSAGE + b"."), (SCRUTINEERS.public, MESSAGE)]:
        with pytest.raises(Invalid, match=r"token\.invalid"):
            verify(public, message, signature)


def test_a_token_of_one_slot_is_none_of_another() -> None:
    one, two = (v for v in VECTORS["tokens"] if v["signer"] == "clerk")
    assert one["slot"] != two["slot"]
    message = token_message(one["credential"], one["session"], two["slot"])
    with pytest.raises(Invalid, match=r"token\.invalid"):
        verify(CLERK.public, message, bytes.fromhex(one["signature"]))


def test_a_wrong_answer_of_the_signer_is_refused() -> None:
    made = blind(CLERK.public, MESSAGE, stream())
    answer = blind_sign(CLERK, made.request, stream())
    z = int.from_bytes(answer, "big")
    wrong = [answer[1:], b"\0" + answer, b"", made.request, number(0), number(N - z), number(N)]
    for other in [*wrong, blind_sign(SCRUTINEERS, made.request, stream())]:
        with pytest.raises(Invalid, match=r"token\.invalid"):
            finalize(CLERK.public, MESSAGE, other, made.inverse)
    with pytest.raises(Invalid, match=r"token\.invalid"):
        finalize(CLERK.public, MESSAGE, answer, made.inverse + 1)


def test_an_answer_has_one_spelling() -> None:
    random = stream("small")
    while True:
        made = blind(CLERK.public, MESSAGE, random)
        z = int.from_bytes(blind_sign(CLERK, made.request, random), "big")
        if z + N < 1 << 3072:
            break
    finalize(CLERK.public, MESSAGE, number(z), made.inverse)
    with pytest.raises(Invalid, match=r"token\.invalid"):
        finalize(CLERK.public, MESSAGE, number(z + N), made.inverse)
