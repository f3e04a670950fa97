"""Trustees: Pedersen t-of-m key generation and the ``trustees`` document.

Written form: the superset form of belenios-format.md §5.2. Read forms: ``Single``, and
``Pedersen`` as written by every release (``context``, ``signatures`` and the keys'
``signature`` may be absent in foreign archives). Indices are 1-based.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from ballot.crypto import proofs
from ballot.crypto.encoding import compact, loads_compact
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element, Group
from ballot.crypto.proofs import Proof, Random, random_scalar


@dataclass(frozen=True, slots=True)
class TrusteeSecret:
    """What one trustee keeps during the ceremony: signing key, decryption key, polynomial.

    ``coefficients`` are a_0 … a_{t-1} of f (degree t−1); all secret, all mod q.
    """

    index: int
    signing: int
    decryption: int
    coefficients: tuple[int, ...]


def draw_secret(group: Group, index: int, threshold: int, random: Random) -> TrusteeSecret:
    """Fresh secrets of trustee ``index``."""
    signing, decryption, *coefficients = (
        random_scalar(group, random) for _ in range(threshold + 2)
    )
    return TrusteeSecret(index, signing, decryption, tuple(coefficients))


def _signed(group: Group, key: int, message: str, random: Random) -> dict[str, Any]:
    proof = proofs.sign_message(group, key, message, random_scalar(group, random))
    return {"message": message, "signature": proof.encode()}


def certificate(group: Group, secret: TrusteeSecret, size: int, random: Random) -> dict[str, Any]:
    """Step 1: the signed ``cert`` message with the trustee's two public keys and context."""
    context = {
        "group": group.name,
        "size": size,
        "threshold": len(secret.coefficients),
        "index": secret.index,
    }
    message = {
        "context": context,
        "verification": group.ser(group.power_g(secret.signing)),
        "encryption": group.ser(group.power_g(secret.decryption)),
    }
    return _signed(group, secret.signing, compact(message).decode(), random)


def coefficient_message(group: Group, secret: TrusteeSecret, random: Random) -> dict[str, Any]:
    """Step 2: the signed A_k = g^{a_k}; its hash is committed before any is shown (A12)."""
    elements = [group.ser(group.power_g(a)) for a in secret.coefficients]
    return _signed(group, secret.signing, compact({"coefexps": elements}).decode(), random)


def commitment(message: Mapping[str, Any]) -> str:
    """Hex SHA-256 of the compact bytes of a signed coefficient message."""
    return hashlib.sha256(compact(dict(message))).hexdigest()


def sign_certificates(
    group: Group,
    secret: TrusteeSecret,
    certificates: Sequence[Mapping[str, Any]],
    message: Mapping[str, Any],
    random: Random,
) -> dict[str, str]:
    """Step 3: all certificates together with the trustee's own coefficients (A12)."""
    text = _certs_text(certificates, _coefficients(message))
    w = random_scalar(group, random)
    return proofs.sign_message(group, secret.signing, text, w).encode()


def _certs_text(certificates: Sequence[Mapping[str, Any]], coefexps: Sequence[str]) -> str:
    body = {"certs": [dict(c) for c in certificates], "coefexps": list(coefexps)}
    return "certs_sig|" + compact(body).decode()


def share_for(group: Group, secret: TrusteeSecret, index: int) -> int:
    """f(index) mod q, for the trustee of that index only."""
    value = 0
    for coefficient in reversed(secret.coefficients):
        value = (value * index + coefficient) % group.q
    return value


def encrypt_message(group: Group, key: Element, text: str, random: Random) -> dict[str, str]:
    """A text for the owner of the encryption key: ElGamal hybrid with AES-256-CCM (§9)."""
    r, s = random_scalar(group, random), random_scalar(group, random)
    blinding = group.power_g(s)
    alpha = group.power_g(r)
    data = _cipher(group, blinding).encrypt(_nonce(group, alpha), text.encode(), None)
    beta = group.mul(group.power(key, r), blinding)
    return {"alpha": group.ser(alpha), "beta": group.ser(beta), "data": data.hex()}


def decrypt_message(group: Group, decryption: int, message: Mapping[str, str]) -> str:
    """The text of :func:`encrypt_message`; raises ``ceremony.message``."""
    alpha, beta = group.parse(message["alpha"]), group.parse(message["beta"])
    blinding = group.div(beta, group.power(alpha, decryption))
    try:
        data = bytes.fromhex(message["data"])
        return _cipher(group, blinding).decrypt(_nonce(group, alpha), data, None).decode()
    except (InvalidTag, ValueError):
        raise Invalid("ceremony.message", "not for this key, or damaged") from None


def _cipher(group: Group, blinding: Element) -> AESCCM:
    key = hashlib.sha256(f"key|{group.ser(blinding)}".encode()).digest()
    return AESCCM(key, tag_length=8)


def _nonce(group: Group, alpha: Element) -> bytes:
    return hashlib.sha256(f"iv|{group.ser(alpha)}".encode()).digest()[:13]


def combine_shares(
    group: Group, index: int, shares: Sequence[int], messages: Sequence[Mapping[str, Any]]
) -> int:
    """S_j = Σ_i f_i(j) after the private check g^{f_i(j)} = Π_k A_ik^{j^k} for every i.

    Raises ``ceremony.share`` naming the trustee whose share is wrong.
    """
    for i, (share, message) in enumerate(zip(shares, messages, strict=True), 1):
        elements = [group.parse(text) for text in _coefficients(message)]
        if group.power_g(share) != _evaluate(group, elements, index):
            raise Invalid("ceremony.share", f"trustee {i} sent a wrong share")
    return sum(shares) % group.q


def verification_key(
    group: Group, secret: TrusteeSecret, share: int, random: Random, name: str = ""
) -> dict[str, Any]:
    """The trustee's public key X_j = g^{S_j}, its proof of knowledge and signature."""
    text = group.ser(group.power_g(share))
    pok = proofs.prove_knowledge(group, share, random_scalar(group, random))
    w = random_scalar(group, random)
    signature = proofs.sign_message(group, secret.signing, text, w)
    key = {"pok": pok.encode(), "public_key": text, "signature": signature.encode()}
    return {**key, "name": name} if name else key


def encode_trustees(
    threshold: int,
    certificates: Sequence[Mapping[str, Any]],
    messages: Sequence[Mapping[str, Any]],
    signatures: Sequence[Mapping[str, str]],
    keys: Sequence[Mapping[str, Any]],
) -> bytes:
    """The ``trustees`` bytes with one Pedersen entry in superset form."""
    parameters = {
        "threshold": threshold,
        "certs": [dict(c) for c in certificates],
        "coefexps": [dict(m) for m in messages],
        "signatures": [dict(s) for s in signatures],
        "verification_keys": [dict(k) for k in keys],
    }
    return compact([["Pedersen", parameters]])


@dataclass(frozen=True, slots=True)
class TrusteeGroup:
    """One entry of ``trustees``: a Single (threshold 1 of 1) or a Pedersen group."""

    kind: str
    threshold: int
    keys: tuple[Element, ...]
    names: tuple[str, ...]
    public: Element
    superset: bool


@dataclass(frozen=True, slots=True)
class Trustees:
    """All trustees of an election, verified; owner numbers count through the entries."""

    groups: tuple[TrusteeGroup, ...]
    y: Element

    def key_of(self, owner: int) -> Element | None:
        """The verification key X of trustee ``owner`` (1-based), or None."""
        keys = [key for entry in self.groups for key in entry.keys]
        return keys[owner - 1] if 1 <= owner <= len(keys) else None

    @property
    def size(self) -> int:
        """Number of trustees of all entries."""
        return sum(len(entry.keys) for entry in self.groups)


def verify_trustees(group: Group, data: bytes) -> Trustees:
    """Decode ``trustees`` and check every relation of §5.2 that its form carries.

    Raises ``trustees.malformed`` or ``trustees.invalid``.
    """
    value = loads_compact(data)
    if not isinstance(value, list) or not 0 < len(value) <= 100:
        raise Invalid("trustees.malformed", "not a list of trustees")
    entries = []
    for i, entry in enumerate(value):
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[1], dict):
            raise Invalid("trustees.malformed", f"entry {i + 1}")
        match entry[0]:
            case "Single":
                key, name, _ = _public_key(group, entry[1])
                entries.append(TrusteeGroup("Single", 1, (key,), (name,), key, False))
            case "Pedersen":
                entries.append(_pedersen(group, entry[1]))
            case _:
                raise Invalid("trustees.malformed", f"entry {i + 1}: unknown kind")
    return Trustees(tuple(entries), group.product([entry.public for entry in entries]))


def _public_key(group: Group, value: Any) -> tuple[Element, str, Proof | None]:
    names = _names(value, ("pok", "public_key"), ("signature", "name"), "verification key")
    key = group.parse_key(value["public_key"])
    proofs.verify_knowledge(group, key, proofs.decode_proof(group, value["pok"]))
    signature = proofs.decode_proof(group, value["signature"]) if "signature" in names else None
    name = value.get("name", "")
    if not isinstance(name, str):
        raise Invalid("trustees.malformed", "name is not a text")
    return key, name, signature


def _pedersen(group: Group, value: dict[str, Any]) -> TrusteeGroup:
    _names(
        value, ("threshold", "certs", "coefexps"), ("signatures", "verification_keys"), "Pedersen"
    )
    lists = [value[name] for name in ("certs", "coefexps", "verification_keys") if name in value]
    t, m = value["threshold"], len(value["certs"]) if isinstance(value["certs"], list) else 0
    if len(lists) != 3 or any(not isinstance(x, list) or len(x) != m for x in lists):
        raise Invalid("trustees.malformed", "lists of different lengths")
    if type(t) is not int or not 1 <= t <= m <= 100:
        raise Invalid("trustees.malformed", "threshold is not within 1 to the number of trustees")
    signing, contexts = zip(
        *(_certificate(group, c, t, m, i) for i, c in enumerate(value["certs"], 1)), strict=True
    )
    if len(set(map(group.ser, signing))) != m:
        raise Invalid("trustees.invalid", "one signing key under two indexes")
    coefficients = [
        _coefficient_elements(group, message, signing[i], t)
        for i, message in enumerate(value["coefexps"])
    ]
    if "signatures" in value:
        _verify_certs_signatures(group, value, signing, m)
    keys, names, signed = _verification_keys(group, value["verification_keys"], signing)
    # X_j = Π_i Π_k A_ik^(j^k) = Π_k (Π_i A_ik)^(j^k)
    columns = [group.product(list(column)) for column in zip(*coefficients, strict=True)]
    for j, key in enumerate(keys, 1):
        if key != _evaluate(group, columns, j):
            raise Invalid("trustees.invalid", f"verification key {j} does not follow")
    public = columns[0]
    superset = signed and all(contexts) and "signatures" in value
    return TrusteeGroup("Pedersen", t, keys, names, public, superset)


def _certificate(group: Group, signed: Any, t: int, m: int, index: int) -> tuple[Element, bool]:
    message, text, signature = _signed_message(group, signed)
    names = _names(message, (), ("context", "verification", "encryption"), "cert")
    if not {"verification", "encryption"} <= names:
        raise Invalid("trustees.malformed", "cert: keys are missing")
    signing = group.parse_key(message["verification"])
    group.parse_key(message["encryption"])
    proofs.verify_message(group, signing, text, signature)
    context = {"group": group.name, "size": m, "threshold": t, "index": index}
    if "context" in names and message["context"] != context:
        raise Invalid("trustees.invalid", f"certificate {index} was made for another ceremony")
    return signing, "context" in names


def _coefficient_elements(group: Group, signed: Any, signing: Element, t: int) -> list[Element]:
    message, text, signature = _signed_message(group, signed)
    _names(message, ("coefexps",), (), "coefexps")
    proofs.verify_message(group, signing, text, signature)
    elements = message["coefexps"]
    if not isinstance(elements, list) or len(elements) != t:
        raise Invalid("trustees.malformed", "a polynomial has another degree")
    return [group.parse(text) for text in elements]


def _verify_certs_signatures(
    group: Group, value: dict[str, Any], signing: Sequence[Element], m: int
) -> None:
    signatures = proofs.decode_proofs(group, value["signatures"], m)
    for i, signature in enumerate(signatures):
        text = _certs_text(value["certs"], _coefficients(value["coefexps"][i]))
        proofs.verify_message(group, signing[i], text, signature)


def _verification_keys(
    group: Group, values: list[Any], signing: Sequence[Element]
) -> tuple[tuple[Element, ...], tuple[str, ...], bool]:
    keys, names, signed = [], [], True
    for i, value in enumerate(values):
        key, name, signature = _public_key(group, value)
        if signature is None:
            signed = False
        else:
            proofs.verify_message(group, signing[i], group.ser(key), signature)
        keys.append(key)
        names.append(name)
    return tuple(keys), tuple(names), signed


def _signed_message(group: Group, value: Any) -> tuple[dict[str, Any], str, Proof]:
    _names(value, ("message", "signature"), (), "signed message")
    text = value["message"]
    if not isinstance(text, str):
        raise Invalid("trustees.malformed", "message is not a text")
    message = loads_compact(text.encode("utf-8", "surrogatepass"))
    if not isinstance(message, dict):
        raise Invalid("trustees.malformed", "message is not an object")
    return message, text, proofs.decode_proof(group, value["signature"])


def _coefficients(signed: Mapping[str, Any]) -> list[str]:
    elements: list[str] = loads_compact(signed["message"].encode())["coefexps"]
    return elements


def _names(value: Any, required: tuple[str, ...], optional: tuple[str, ...], what: str) -> set[str]:
    if not isinstance(value, dict):
        raise Invalid("trustees.malformed", f"{what} is not an object")
    unknown = [name for name in value if name not in required + optional]
    missing = [name for name in required if name not in value]
    if unknown or missing:
        raise Invalid("trustees.malformed", f"{what}: {'unknown' if unknown else 'missing'} member")
    return set(value)


def _evaluate(group: Group, elements: Sequence[Element], index: int) -> Element:
    # Π_k A_k^(index^k) by Horner's rule
    result = group.identity
    for element in reversed(elements):
        result = group.mul(group.power_public(result, index), element)
    return result


def lagrange(group: Group, indices: Sequence[int], index: int) -> int:
    """λ_d = Π_{k≠d} k/(k−d) mod q for d = ``index`` among ``indices`` (format §8)."""
    result = 1
    for k in indices:
        if k != index:
            result = result * k * pow(k - index, -1, group.q) % group.q
    return result
