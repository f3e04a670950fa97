"""Encrypted key files (protocol §3): exact bytes, and every way to be refused."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ballot.crypto import keyfile
from ballot.crypto.encoding import digest, dumps, loads, parse_json
from ballot.crypto.errors import Invalid
from ballot.crypto.keyfile import KeyHeader, lock, read_header, unlock

VECTORS = parse_json((Path(__file__).parents[1] / "vectors/keyfile.json").read_bytes())["files"]
OFFICIAL, TRUSTEE = VECTORS
GOOD = TRUSTEE["file"].encode()
SALT, NONCE = b"s" * 16, b"n" * 12


@pytest.fixture(autouse=True, scope="module")
def _each_passphrase_is_stretched_once() -> Iterator[None]:
    """scrypt takes half a second by design; the same answer need not be computed twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyfile, "_derive", functools.cache(keyfile._derive))
        yield


def header(vector: dict[str, Any]) -> KeyHeader:
    return KeyHeader(vector["purpose"], vector["owner"], vector["public"], vector["session"])


def draws(salt: bytes = SALT, nonce: bytes = NONCE) -> Callable[[int], bytes]:
    return {len(salt): salt, len(nonce): nonce}.__getitem__


def altered(data: bytes = GOOD, *, repair: bool = True, **changes: Any) -> bytes:
    """The file with other fields, and with the digest of these if it is to be repaired."""
    document = loads(data) | changes
    if repair:
        document["digest"] = digest({k: v for k, v in document.items() if k != "digest"})
    return dumps(document)


def open_trustee(data: bytes, passphrase: str = TRUSTEE["passphrase"]) -> bytes:
    return unlock(data, passphrase, purpose="trustee", session=TRUSTEE["session"])[1]


# Vectors


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["purpose"]))
def test_a_key_file_has_exactly_these_bytes(vector: dict[str, Any]) -> None:
    random = draws(bytes.fromhex(vector["salt"]), bytes.fromhex(vector["nonce"]))
    secret = bytes.fromhex(vector["secret"])
    made = lock(header(vector), secret, vector["passphrase"], random)
    assert made.decode() == vector["file"]
    assert unlock(
        made, vector["passphrase"], purpose=vector["purpose"], session=vector["session"]
    ) == (header(vector), secret)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["purpose"]))
def test_the_key_of_a_vector_is_derived_from_its_passphrase(vector: dict[str, Any]) -> None:
    derived = keyfile._derive(vector["passphrase"], bytes.fromhex(vector["salt"]))
    assert derived.hex() == vector["key"]


def test_full_width_and_half_width_typing_open_the_same_file() -> None:
    normal = bytes.fromhex(OFFICIAL["password_utf8"]).decode()
    assert normal != OFFICIAL["passphrase"]
    _, secret = unlock(OFFICIAL["file"].encode(), normal, purpose="official", session=None)
    assert secret.hex() == OFFICIAL["secret"]


def test_the_header_can_be_read_without_the_passphrase() -> None:
    assert read_header(GOOD) == header(TRUSTEE)


def test_every_file_has_its_own_salt_and_nonce() -> None:
    drawn: list[bytes] = []

    def random(size: int) -> bytes:
        drawn.append(bytes([len(drawn)]) * size)
        return drawn[-1]

    first = loads(lock(header(TRUSTEE), b"secret", "one", random))
    second = loads(lock(header(TRUSTEE), b"secret", "one", random))
    assert [len(draw) for draw in drawn] == [16, 12, 16, 12]
    assert first["kdf"]["salt"] != second["kdf"]["salt"]
    assert first["nonce"] != second["nonce"]


# Refusals


@pytest.mark.parametrize("passphrase", ["", "correct horse battery", TRUSTEE["passphrase"] + " "])
def test_a_wrong_passphrase_is_refused(passphrase: str) -> None:
    with pytest.raises(Invalid, match=r"key\.passphrase"):
        open_trustee(GOOD, passphrase)


@pytest.mark.parametrize("passphrase", ["", "\ud800"], ids=["empty", "lone surrogate"])
def test_a_passphrase_that_protects_nothing_is_refused(passphrase: str) -> None:
    with pytest.raises(Invalid, match=r"key\.passphrase"):
        lock(header(TRUSTEE), b"secret", passphrase, draws())


DAMAGED = {
    "empty": b"",
    "truncated": GOOD[:-1],
    "half": GOOD[: len(GOOD) // 2],
    "trailing newline": GOOD + b"\n",
    "not canonical": GOOD.replace(b'"p":1', b'"p": 1'),
    "duplicate name": GOOD.replace(b'"version":1', b'"version":1,"version":1'),
    "not an object": b"[]",
    "not JSON": b"\x89PNG",
    "huge": b'"' + b"a" * keyfile.MAX_FILE + b'"',
    "unknown field": altered(comment="x"),
    "ciphertext flipped": GOOD.replace(b'"ciphertext":"0', b'"ciphertext":"1'),
    "digest flipped": altered(repair=False, digest="0" * 64),
    "other kind": altered(kind="seal"),
    "other version": altered(version=2),
    "version true": altered(version=True),
    "other purpose": altered(purpose="presidium"),
    "owner no id": altered(owner="Scrutineer 3"),
    "session no digest": altered(session="0" * 63),
    "public no text": altered(public=7),
    "cheap scrypt": altered(kdf=loads(GOOD)["kdf"] | {"n": 2}),
    "dear scrypt": altered(kdf=loads(GOOD)["kdf"] | {"n": 2**30}),
    "wide scrypt": altered(kdf=loads(GOOD)["kdf"] | {"r": 1024}),
    "long scrypt": altered(kdf=loads(GOOD)["kdf"] | {"p": 1024}),
    "other kdf": altered(kdf=loads(GOOD)["kdf"] | {"name": "pbkdf2"}),
    "kdf no object": altered(kdf="scrypt"),
    "short salt": altered(kdf=loads(GOOD)["kdf"] | {"salt": "00" * 8}),
    "short nonce": altered(nonce="00" * 11),
    "tag only": altered(ciphertext="00" * 16),
    "too long": altered(ciphertext="00" * (keyfile.MAX_SECRET + 17)),
    "odd hex": altered(ciphertext=loads(GOOD)["ciphertext"] + "0"),
    "upper-case hex": altered(ciphertext=loads(GOOD)["ciphertext"].upper()),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_named_as_damaged(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"key\.damaged"):
        open_trustee(data)
    with pytest.raises(Invalid, match=r"key\.damaged"):
        read_header(data)


def test_a_huge_file_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(Invalid, match="larger than 16384 bytes"):
        read_header(b"[" * (keyfile.MAX_FILE + 1))


def test_any_changed_byte_is_noticed_as_damage() -> None:
    for position in range(len(GOOD)):
        data = bytearray(GOOD)
        data[position] ^= 1
        with pytest.raises(Invalid, match=r"key\.damaged"):
            open_trustee(bytes(data))


def _flipped(text: str) -> str:
    return f"{int(text, 16) ^ 1:0{len(text)}x}"


FORGED = {
    "owner": altered(owner="scrutineer-4"),
    "public": altered(public="0" * 64),
    "nonce": altered(nonce=_flipped(loads(GOOD)["nonce"])),
    "ciphertext": altered(ciphertext=_flipped(loads(GOOD)["ciphertext"])),
    "kdf.salt": altered(kdf=loads(GOOD)["kdf"] | {"salt": "00" * 16}),
}


@pytest.mark.parametrize("data", FORGED.values(), ids=FORGED.keys())
def test_every_field_is_authenticated(data: bytes) -> None:
    read_header(data)
    with pytest.raises(Invalid, match=r"key\.passphrase"):
        open_trustee(data)


@pytest.mark.parametrize("session", [None, "0" * 64])
def test_a_key_moved_to_another_session_does_not_open(session: str | None) -> None:
    with pytest.raises(Invalid, match=r"key\.session"):
        unlock(GOOD, TRUSTEE["passphrase"], purpose="trustee", session=session)
    moved = altered(session=session)
    with pytest.raises(Invalid, match=r"key\.passphrase"):
        unlock(moved, TRUSTEE["passphrase"], purpose="trustee", session=session)


def test_a_key_of_another_purpose_does_not_open() -> None:
    session = TRUSTEE["session"]
    with pytest.raises(Invalid, match=r"key\.purpose"):
        unlock(GOOD, TRUSTEE["passphrase"], purpose="official", session=session)
    renamed = altered(purpose="official")
    with pytest.raises(Invalid, match=r"key\.passphrase"):
        unlock(renamed, TRUSTEE["passphrase"], purpose="official", session=session)


@pytest.mark.parametrize(
    ("change", "secret"),
    [
        ({"purpose": "deputy"}, b"secret"),
        ({"owner": ""}, b"secret"),
        ({"public": ""}, b"secret"),
        ({"session": "7K3F-9QXM-2T8B"}, b"secret"),
        ({}, b""),
        ({}, bytes(keyfile.MAX_SECRET + 1)),
    ],
    ids=["purpose", "owner", "public", "session", "no secret", "long secret"],
)
def test_what_could_not_be_read_back_is_not_written(change: dict[str, Any], secret: bytes) -> None:
    fields = {"purpose": "trustee", "owner": "s-1", "public": "p", "session": None} | change
    with pytest.raises(Invalid, match=r"document\.shape"):
        lock(KeyHeader(**fields), secret, "one", draws())


def test_the_longest_secret_fits() -> None:
    secret = bytes(keyfile.MAX_SECRET)
    data = lock(KeyHeader("slot", "clerk", "n" * 512, None), secret, "one", draws())
    assert len(data) < keyfile.MAX_FILE
    assert unlock(data, "one", purpose="slot", session=None)[1] == secret
