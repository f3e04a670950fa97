"""Encrypted key files: how an official, a trustee or a signer keeps a secret key.

Canonical JSON, the same file in Python and in the browser (protocol §3)::

    {"ciphertext": hex, "digest": hex, "kdf": {"n": 131072, "name": "scrypt", "p": 1,
     "r": 8, "salt": hex of 16 bytes}, "kind": "key_file", "nonce": hex of 12 bytes,
     "owner": id, "public": text, "purpose": "official", "session": hex or null, "version": 1}

- key = scrypt(passphrase, salt, N, r, p, 32 bytes), the passphrase in Unicode normal form
  NFKC and UTF-8, so that full-width and half-width typing open the same file; nothing is
  trimmed.
- ciphertext = AES-256-GCM(key, nonce, secret) with its 16-byte tag at the end. The header,
  which is everything but ``ciphertext`` and ``digest``, is authenticated with it, as
  ``ballot/v1/key_file`` ‖ 0x00 ‖ canonical bytes of the header.
- digest = SHA-256 of the canonical bytes of everything else. It protects nothing; it tells
  a file damaged by accident from a mistyped passphrase, which GCM alone cannot.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ballot.crypto import shapes
from ballot.crypto.encoding import digest, dumps, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import signed_bytes

PURPOSES = ("box", "official", "slot", "trustee")
MAX_FILE = 16 * 1024
MAX_SECRET = 1024

_N, _R, _P = 2**17, 8, 1
_SALT_SIZE, _KEY_SIZE, _NONCE_SIZE, _TAG_SIZE = 16, 32, 12, 16
_FIELDS = "ciphertext digest kdf kind nonce owner public purpose session version"


@dataclass(frozen=True)
class KeyHeader:
    """What a key file says openly: what the key is for, whose, its public part, its session.

    ``session`` is a session digest, or None for a key that is older than its definition or
    that several may name.
    """

    purpose: str
    owner: str
    public: str
    session: str | None


def lock(
    header: KeyHeader, secret: bytes, passphrase: str, random: Callable[[int], bytes]
) -> bytes:
    """The key file of ``secret`` (1 to 1024 bytes), with a fresh salt and nonce, in this order.

    Raises ``key.passphrase`` for one that is empty or not well-formed Unicode, and
    ``document.shape`` for a header or secret that no key file holds.
    """
    salt, nonce = random(_SALT_SIZE), random(_NONCE_SIZE)
    kdf = {"name": "scrypt", "n": _N, "r": _R, "p": _P, "salt": salt.hex()}
    document = {"kind": "key_file", "version": 1, **asdict(header), "kdf": kdf}
    document["nonce"] = nonce.hex()
    sealed = AESGCM(_derive(passphrase, salt)).encrypt(nonce, secret, _authenticated(document))
    document["ciphertext"] = sealed.hex()
    document["digest"] = digest(document)
    _check_shape(document)
    return dumps(document)


def read_header(data: bytes) -> KeyHeader:
    """What the file says about itself, to show before the passphrase is asked for.

    Not authenticated before :func:`unlock`. Raises ``key.damaged``.
    """
    return _header(_parse(data))


def unlock(
    data: bytes, passphrase: str, *, purpose: str, session: str | None
) -> tuple[KeyHeader, bytes]:
    """The header and the secret of a key file made for this ``purpose`` and ``session``.

    Raises ``key.damaged`` (not a whole key file), ``key.purpose`` or ``key.session`` (made
    for another one) and ``key.passphrase`` (wrong, or the file was altered on purpose).
    That the secret belongs to ``public`` is for the caller, who knows the kind of key.
    """
    document = _parse(data)
    header = _header(document)
    if header.purpose != purpose:
        raise Invalid("key.purpose", f"a key of purpose {header.purpose}, wanted: {purpose}")
    if header.session != session:
        raise Invalid("key.session", "the key belongs to another session")
    cipher = AESGCM(_derive(passphrase, bytes.fromhex(document["kdf"]["salt"])))
    nonce, sealed = bytes.fromhex(document["nonce"]), bytes.fromhex(document["ciphertext"])
    try:
        secret = cipher.decrypt(nonce, sealed, _authenticated(document))
    except InvalidTag:
        raise Invalid("key.passphrase", "wrong passphrase, or the file was altered") from None
    return header, secret


def _derive(passphrase: str, salt: bytes) -> bytes:
    """The AES key. Source: RFC 7914; 128 MiB of memory and about half a second."""
    try:
        password = unicodedata.normalize("NFKC", passphrase).encode()
    except UnicodeEncodeError:
        raise Invalid("key.passphrase", "not well-formed Unicode") from None
    if not password:
        raise Invalid("key.passphrase", "empty")
    return Scrypt(salt=salt, length=_KEY_SIZE, n=_N, r=_R, p=_P).derive(password)


def _authenticated(document: dict[str, Any]) -> bytes:
    """The header as GCM's associated data."""
    outside = ("ciphertext", "digest")
    return signed_bytes("key_file", {k: v for k, v in document.items() if k not in outside})


def _header(document: dict[str, Any]) -> KeyHeader:
    return KeyHeader(
        document["purpose"], document["owner"], document["public"], document["session"]
    )


def _parse(data: bytes) -> dict[str, Any]:
    """The document, every field in shape and the digest right; else ``key.damaged``."""
    try:
        if len(data) > MAX_FILE:
            raise shapes.refuse("key file", f"larger than {MAX_FILE} bytes")
        document = _check_shape(loads(data))
    except Invalid as error:
        raise Invalid("key.damaged", error.detail) from None
    rest = {name: value for name, value in document.items() if name != "digest"}
    if document["digest"] != digest(rest):
        raise Invalid("key.damaged", "the digest differs")
    return document


def _check_shape(value: Any) -> dict[str, Any]:
    """Every field in shape. Only one set of scrypt parameters exists: a file must not choose
    how much memory its reader spends."""
    document = shapes.fields(value, _FIELDS, "key file")
    shapes.choice(document["kind"], ["key_file"], "kind")
    shapes.integer(document["version"], "version", 1, 1)
    shapes.choice(document["purpose"], PURPOSES, "purpose")
    shapes.identifier(document["owner"], "owner")
    shapes.text(document["public"], "public")
    shapes.optional(document["session"], shapes.hexadecimal, "session")
    kdf = shapes.fields(document["kdf"], "n name p r salt", "kdf")
    shapes.choice(kdf["name"], ["scrypt"], "kdf.name")
    for name, only in (("n", _N), ("r", _R), ("p", _P)):
        shapes.integer(kdf[name], f"kdf.{name}", only, only)
    shapes.hexadecimal(kdf["salt"], "kdf.salt", _SALT_SIZE)
    shapes.hexadecimal(document["nonce"], "nonce", _NONCE_SIZE)
    low, high = 2 * (1 + _TAG_SIZE), 2 * (MAX_SECRET + _TAG_SIZE)
    sealed = shapes.text(document["ciphertext"], "ciphertext", low, high)
    shapes.hexadecimal(sealed, "ciphertext", len(sealed) // 2)
    shapes.hexadecimal(document["digest"], "digest")
    return document
