"""Ed25519 keys and signed documents: RFC 8032, attacks A6, D3, D4."""

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl import bindings as sodium

from ballot.crypto import selftest, signing
from ballot.crypto.errors import Invalid
from ballot.crypto.selftest import self_test
from ballot.crypto.signing import SigningKey, check_public_key, sign, signed_bytes, verify

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
BASE = bytes.fromhex("58" + "66" * 31)
SEED = hashlib.sha256(b"seed of a test key").digest()
KEY = SigningKey(SEED)
SEAL: dict[str, Any] = {"kind": "seal", "session": "0" * 64, "slot": "list-1", "size": 78}


def _torsion() -> list[bytes]:
    """The eight points of small order: the multiples of one of order 8, identity first."""
    t8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    points = [bytes([1]) + bytes(31)]
    while len(points) < 8:
        points.append(add(points[-1], t8))
    return points


def add(a: bytes, b: bytes) -> bytes:
    return sodium.crypto_core_ed25519_add(a, b)


TORSION = _torsion()
PUBLIC = bytes.fromhex(KEY.public)


def _clamped() -> int:
    return int.from_bytes(sodium.crypto_sign_ed25519_sk_to_curve25519(KEY._pair[1]), "little")


def _challenge(r: bytes, a: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def _sign_with(commitment: bytes, r: int, public: bytes = PUBLIC) -> str:
    """S = r + h·a for a commitment of our choice: the cofactored equation holds."""
    h = _challenge(commitment, public, signed_bytes("seal", SEAL))
    s = (r + h * _clamped()) % L
    return (commitment + s.to_bytes(32, "little")).hex()


# Signatures


@pytest.mark.parametrize(
    ("seed", "public"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        ),
    ],
    ids=["TEST 1", "TEST 2", "TEST 3"],
)
def test_the_public_key_of_a_seed_is_that_of_rfc_8032(seed: str, public: str) -> None:
    assert SigningKey(bytes.fromhex(seed)).public == public
    assert check_public_key(public).hex() == public


def test_a_signature_covers_domain_zero_byte_canonical_bytes() -> None:
    message = b'ballot/v1/seal\x00{"kind":"seal","session":"' + b"0" * 64
    message += b'","size":78,"slot":"list-1"}'
    assert signed_bytes("seal", SEAL) == message
    assert sign(KEY, "seal", SEAL) == Ed25519PrivateKey.from_private_bytes(SEED).sign(message).hex()


def test_a_signature_verifies() -> None:
    verify(KEY.public, "seal", SEAL, sign(KEY, "seal", SEAL))


def test_a_signature_holds_for_one_key_kind_and_document_only() -> None:
    signature = sign(KEY, "seal", SEAL)
    other = SigningKey(bytes(32)).public
    for public, kind, document in [
        (other, "seal", SEAL),
        (KEY.public, "receipt", SEAL),
        (KEY.public, "seal", SEAL | {"size": 77}),
        (KEY.public, "seal", SEAL | {"root": "0" * 64}),
    ]:
        with pytest.raises(Invalid, match=r"signature\.invalid"):
            verify(public, kind, document, signature)


@pytest.mark.parametrize("position", range(0, 512, 37))
def test_any_flipped_bit_is_noticed(position: int) -> None:
    data = bytearray.fromhex(sign(KEY, "seal", SEAL))
    data[position // 8] ^= 1 << position % 8
    with pytest.raises(Invalid, match=r"signature\.invalid"):
        verify(KEY.public, "seal", SEAL, data.hex())


@pytest.mark.parametrize("text", ["", "0" * 127, "0" * 129, "G" * 128, "A" * 128, "٠" * 128])
def test_a_signature_is_128_lower_case_hex_digits(text: str) -> None:
    with pytest.raises(Invalid, match="not 128 lower-case hex digits"):
        verify(KEY.public, "seal", SEAL, text)


def test_an_upper_case_signature_is_refused() -> None:
    with pytest.raises(Invalid, match=r"signature\.invalid"):
        verify(KEY.public, "seal", SEAL, sign(KEY, "seal", SEAL).upper())


@pytest.mark.parametrize("kind", ["", "Seal", "a b", "a\x00", "ä", "seal/receipt", "a" * 33])
def test_a_kind_is_a_plain_name(kind: str) -> None:
    with pytest.raises(Invalid, match=r"document\.shape"):
        sign(KEY, kind, SEAL)


def test_only_canonical_values_are_signed() -> None:
    with pytest.raises(Invalid, match=r"document\.malformed"):
        sign(KEY, "seal", {"size": 1.5})


# The strict rule for signatures (attack D4)


def test_the_forger_of_these_tests_can_sign() -> None:
    r = 12345
    commitment = sodium.crypto_scalarmult_ed25519_base_noclamp(r.to_bytes(32, "little"))
    verify(KEY.public, "seal", SEAL, _sign_with(commitment, r))


def test_s_must_be_below_the_group_order() -> None:
    data = bytes.fromhex(sign(KEY, "seal", SEAL))
    s = int.from_bytes(data[32:], "little")
    for multiple in range(1, 8):
        other = (data[:32] + (s + multiple * L).to_bytes(32, "little")).hex()
        with pytest.raises(Invalid, match="S is not below the group order"):
            verify(KEY.public, "seal", SEAL, other)


@pytest.mark.parametrize("torsion", TORSION[1:], ids=range(1, 8))
def test_a_commitment_with_a_torsion_part_is_refused(torsion: bytes) -> None:
    r = 12345
    commitment = sodium.crypto_scalarmult_ed25519_base_noclamp(r.to_bytes(32, "little"))
    with pytest.raises(Invalid, match="R is not a canonical point of prime order"):
        verify(KEY.public, "seal", SEAL, _sign_with(add(commitment, torsion), r))


@pytest.mark.parametrize("commitment", TORSION, ids=range(8))
def test_a_commitment_of_small_order_is_refused(commitment: bytes) -> None:
    with pytest.raises(Invalid, match="R is not a canonical point of prime order"):
        verify(KEY.public, "seal", SEAL, _sign_with(commitment, 0))


@pytest.mark.parametrize(
    "spelling",
    [P + 1, P, (1 << 255) + 1, (1 << 255) + P + 1, (1 << 255) + P - 1],
    ids=["1 + p", "0 + p", "1, sign", "1 + p, sign", "-1, sign"],
)
def test_a_commitment_in_another_spelling_is_refused(spelling: int) -> None:
    with pytest.raises(Invalid, match="R is not a canonical point of prime order"):
        verify(KEY.public, "seal", SEAL, _sign_with(spelling.to_bytes(32, "little"), 0))


# Keys (attacks A6, D4)


def _off_curve() -> list[bytes]:
    """y for which (y² - 1)/(d·y² + 1) is no square: on no point."""
    d = -121665 * pow(121666, -1, P) % P
    found = []
    for y in range(2, 40):
        square = (y * y - 1) * pow(d * y * y + 1, -1, P) % P
        if pow(square, (P - 1) // 2, P) == P - 1:
            found.append(y.to_bytes(32, "little"))
    return found


BAD_KEYS = (
    [("small order", point) for point in TORSION]
    + [("mixed order", add(PUBLIC, point)) for point in TORSION[1:]]
    + [("y not below p", (P + y).to_bytes(32, "little")) for y in range(19)]
    + [("y not below p", (P + y | 1 << 255).to_bytes(32, "little")) for y in range(19)]
    + [("x = 0 with sign", (1 << 255 | y).to_bytes(32, "little")) for y in (1, P - 1)]
    + [("off the curve", y) for y in _off_curve()]
)


@pytest.mark.parametrize("key", [key for _, key in BAD_KEYS], ids=[k.hex() for _, k in BAD_KEYS])
def test_a_point_that_may_not_sign_is_refused_as_key(key: bytes) -> None:
    with pytest.raises(Invalid, match=r"signature\.bad_key"):
        check_public_key(key.hex())
    with pytest.raises(Invalid, match=r"signature\.bad_key"):
        verify(key.hex(), "seal", SEAL, sign(KEY, "seal", SEAL))


def test_the_bad_keys_are_what_they_are_called() -> None:
    assert len(set(TORSION)) == 8
    assert len(_off_curve()) > 10
    assert add(TORSION[7], TORSION[1]) == TORSION[0]


def test_the_trivial_signature_under_the_identity_is_refused() -> None:
    # Some libraries accept it for every message: S = 0, R = A = identity.
    identity = TORSION[0]
    with pytest.raises(Invalid, match=r"signature\.bad_key"):
        verify(identity.hex(), "seal", SEAL, (identity + bytes(32)).hex())


@pytest.mark.parametrize(
    "text", ["", KEY.public.upper(), KEY.public[:-1], KEY.public + "0", "0x" + KEY.public[2:]]
)
def test_a_public_key_is_64_lower_case_hex_digits(text: str) -> None:
    with pytest.raises(Invalid, match=r"signature\.bad_key"):
        check_public_key(text)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(Invalid, match=r"signature\.bad_key"):
        SigningKey(bytes(size))


def test_no_secret_shows_in_a_representation() -> None:
    assert SEED.hex() not in repr(KEY)
    assert repr(SEED) not in repr(KEY)


# The self-test (attack D3)


def test_the_installed_libsodium_passes_the_self_test() -> None:
    self_test()


def test_the_self_test_refuses_the_old_subgroup_check() -> None:
    # CVE-2025-69277: P passed, and so did P + (0, -1).
    def old(point: bytes) -> bool:
        return any(map(sodium.crypto_core_ed25519_is_valid_point, (point, add(point, TORSION[4]))))

    assert TORSION[4] == (P - 1).to_bytes(32, "little")
    assert old(add(PUBLIC, TORSION[4]))
    assert not old(add(PUBLIC, TORSION[1]))
    with pytest.raises(Invalid, match=r"library\.unsafe"):
        self_test(old)


def test_the_self_test_adds_the_point_of_order_two() -> None:
    for point in (BASE, PUBLIC, add(BASE, PUBLIC)):
        assert selftest._plus_t2(point) == add(point, TORSION[4])


@pytest.mark.parametrize("answer", [True, False])
def test_the_self_test_refuses_a_check_that_always_says_the_same(answer: bool) -> None:
    with pytest.raises(Invalid, match=r"library\.unsafe"):
        self_test(lambda _: answer)


def test_the_order_is_that_of_rfc_8032() -> None:
    assert signing._L == L
    assert sodium.crypto_core_ed25519_is_valid_point(BASE)
