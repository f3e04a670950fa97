"""The zero-knowledge proofs of the Belenios protocol, and our cap proof and drill.

Letters as in belenios-format.md §7: w a fresh nonce, c challenge, z response, A and B
commitments, S the statement that stands in the hash. Challenges are
``H(prefix, e1..en) = int(SHA256(prefix ‖ ser(e1) ‖ "," ‖ … ‖ ser(en))) mod q``.

A ``verify_…`` returns nothing or raises ``proof.invalid``. Nonces are arguments: a list
drawn in the order of the document by :class:`Nonces` or at random by the caller.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ballot.crypto.elgamal import Ciphertext
from ballot.crypto.encoding import b64, compact, sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element, Group

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Proof:
    """One (challenge, response), both in 0..q-1."""

    challenge: int
    response: int

    def encode(self) -> dict[str, str]:
        """Belenios' JSON object."""
        return {"challenge": str(self.challenge), "response": str(self.response)}


def decode_proof(group: Group, value: Any) -> Proof:
    """A proof from Belenios' JSON object; raises ``proof.malformed``."""
    if not isinstance(value, dict) or list(value) != ["challenge", "response"]:
        raise Invalid("proof.malformed", "not {challenge, response}")
    return Proof(group.parse_scalar(value["challenge"]), group.parse_scalar(value["response"]))


def decode_proofs(group: Group, value: Any, length: int) -> tuple[Proof, ...]:
    """A list of exactly ``length`` proofs."""
    if not isinstance(value, list) or len(value) != length:
        raise Invalid("proof.malformed", f"not a list of {length} proofs")
    return tuple(decode_proof(group, entry) for entry in value)


def hash_to_scalar(group: Group, prefix: str, elements: Sequence[Element]) -> int:
    """H of format §1; the prefix ends with ``|``."""
    text = prefix + ",".join(map(group.ser, elements))
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % group.q


def random_scalar(group: Group, random: Random) -> int:
    """Uniform in 0..q-1 up to 2^-128 (512 bits reduced)."""
    return int.from_bytes(random(64), "big") % group.q


class Nonces:
    """The scalars expanded from one 32-byte seed (protocol §7), in order of use.

    scalar i = int(SHA-512(``ballot/v1/nonce`` ‖ 0x00 ‖ seed ‖ u32be(i))) mod q.
    """

    def __init__(self, group: Group, seed: bytes) -> None:
        if len(seed) != 32:
            raise ValueError("a seed has 32 bytes")
        self._q = group.q
        self._prefix = b"ballot/v1/nonce\x00" + seed
        self._next = 0

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        block = self._prefix + self._next.to_bytes(4, "big")
        self._next += 1
        return int.from_bytes(hashlib.sha512(block).digest(), "big") % self._q


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise Invalid("proof.invalid", what)


# Knowledge of one exponent: 7.1, 7.2, 7.6.


def _prove_exponent(group: Group, prefix: str, x: int, w: int) -> Proof:
    c = hash_to_scalar(group, prefix, [group.power_g(w)])
    return Proof(c, (w - x * c) % group.q)


def _verify_exponent(group: Group, prefix: str, element: Element, proof: Proof, what: str) -> None:
    # A = g^z X^c; H(prefix, A) = c
    a = group.mul(
        group.power_g_public(proof.response), group.power_public(element, proof.challenge)
    )
    _require(hash_to_scalar(group, prefix, [a]) == proof.challenge, what)


def prove_knowledge(group: Group, x: int, w: int) -> Proof:
    """7.1: knowledge of x with X = g^x; the group's name enters the hash."""
    return _prove_exponent(group, f"pok|{group.name}|{group.ser(group.power_g(x))}|", x, w)


def verify_knowledge(group: Group, element: Element, proof: Proof) -> None:
    """7.1 for X = ``element``."""
    prefix = f"pok|{group.name}|{group.ser(element)}|"
    _verify_exponent(group, prefix, element, proof, "knowledge of a secret key")


def sign_message(group: Group, key: int, message: str, w: int) -> Proof:
    """7.2: Schnorr signature of a text."""
    return _prove_exponent(group, f"sigmsg|{message}|", key, w)


def verify_message(group: Group, key: Element, message: str, proof: Proof) -> None:
    """7.2 under the verification key ``key``."""
    _verify_exponent(group, f"sigmsg|{message}|", key, proof, "signature of a message")


def sign_ballot(group: Group, s: int, ballot_hash: str, w: int) -> Proof:
    """7.6: the ballot signature under the credential g^s; ``ballot_hash`` is base64."""
    return _prove_exponent(group, f"sig|{ballot_hash}|", s, w)


def verify_ballot_signature(
    group: Group, credential: Element, ballot_hash: str, proof: Proof
) -> None:
    """7.6."""
    _verify_exponent(group, f"sig|{ballot_hash}|", credential, proof, "ballot signature")


# Membership of a small interval: 7.3, and our cap proof with another prefix.


def prove_interval(
    group: Group,
    y: Element,
    prefix: str,
    ciphertext: Ciphertext,
    r: int,
    message: int,
    values: range,
    nonces: Iterator[int],
) -> tuple[Proof, ...]:
    """7.3: (α, β) = (g^r, y^r g^M) for one M of ``values``.

    ``nonces`` gives, per entry of the list in order, w for the true one and c_j, z_j for
    the others: 2·len(values) − 1 scalars whatever the message is.
    """
    true = values.index(message)
    entries: list[tuple[int, int]] = []
    commitments: list[Element] = []
    w = 0
    for j, value in enumerate(values):
        if j == true:
            w = next(nonces)
            entries.append((0, 0))
            commitments += [group.power_g(w), group.power(y, w)]
        else:
            c, z = next(nonces), next(nonces)
            entries.append((c, z))
            shifted = group.div(ciphertext.beta, group.power_g_public(value))
            commitments += [
                group.mul(group.power_g(z), group.power(ciphertext.alpha, c)),
                group.mul(group.power(y, z), group.power(shifted, c)),
            ]
    c = (hash_to_scalar(group, prefix, commitments) - sum(c for c, _ in entries)) % group.q
    entries[true] = (c, (w - r * c) % group.q)
    return tuple(Proof(c, z) for c, z in entries)


def verify_interval(
    group: Group,
    y: Element,
    prefix: str,
    ciphertext: Ciphertext,
    values: range,
    proof: Sequence[Proof],
    what: str = "interval proof",
) -> None:
    """7.3: A_j = g^z_j α^c_j, B_j = y^z_j (β / g^M_j)^c_j, H(…) = Σ c_j mod q."""
    _require(len(proof) == len(values), f"{what}: length")
    commitments: list[Element] = []
    shifted = group.div(ciphertext.beta, group.power_g_public(values.start))
    for j, entry in enumerate(proof):
        if j:
            shifted = group.div(shifted, group.g)
        c, z = entry.challenge, entry.response
        commitments += [
            group.mul(group.power_g_public(z), group.power_public(ciphertext.alpha, c)),
            group.mul(group.power_fixed(y, z), group.power_public(shifted, c)),
        ]
    total = sum(entry.challenge for entry in proof) % group.q
    _require(hash_to_scalar(group, prefix, commitments) == total, what)


def verify_blank(
    group: Group,
    y: Element,
    statement: str,
    flag: Ciphertext,
    total: Ciphertext,
    proof: Sequence[Proof],
) -> None:
    """7.4 (foreign archives only): m_0 = 0 or m_S = 0; written [branch 0, branch S]."""
    _require(len(proof) == 2, "blank proof: length")
    commitments: list[Element] = []
    for ciphertext, entry in zip((flag, total), proof, strict=True):
        commitments += _pair(group, y, ciphertext.alpha, ciphertext.beta, entry)
    challenge = hash_to_scalar(group, f"bproof0|{statement}|", commitments)
    _require(challenge == (proof[0].challenge + proof[1].challenge) % group.q, "blank proof")


def verify_overall_with_blank(
    group: Group,
    y: Element,
    statement: str,
    flag: Ciphertext,
    total: Ciphertext,
    values: range,
    proof: Sequence[Proof],
) -> None:
    """7.5 (foreign archives only): m_0 = 1 or m_S in ``values``."""
    _require(len(proof) == len(values) + 1, "overall proof: length")
    commitments = _pair(group, y, flag.alpha, group.div(flag.beta, group.g), proof[0])
    for value, entry in zip(values, proof[1:], strict=True):
        beta = group.div(total.beta, group.power_g_public(value))
        commitments += _pair(group, y, total.alpha, beta, entry)
    challenge = hash_to_scalar(group, f"bproof1|{statement}|", commitments)
    _require(challenge == sum(p.challenge for p in proof) % group.q, "overall proof with blank")


def _pair(group: Group, y: Element, alpha: Element, beta: Element, entry: Proof) -> list[Element]:
    # A = g^z α^c, B = y^z β^c
    c, z = entry.challenge, entry.response
    return [
        group.mul(group.power_g_public(z), group.power_public(alpha, c)),
        group.mul(group.power_fixed(y, z), group.power_public(beta, c)),
    ]


# Equality of two exponents: 7.7 and the drill.


def prove_decryption(
    group: Group, context: str, x: int, alpha: Element, w: int, tag: str = "decrypt"
) -> tuple[Element, Proof]:
    """7.7: the factor F = α^x and the proof that log_g X = log_α F; context is φ."""
    key, factor = group.power_g(x), group.power(alpha, x)
    commitments = [group.power_g(w), group.power(alpha, w)]
    c = hash_to_scalar(group, f"{tag}|{context}|{group.ser(key)}|", commitments)
    return factor, Proof(c, (w - x * c) % group.q)


def verify_decryption(
    group: Group,
    context: str,
    key: Element,
    alpha: Element,
    factor: Element,
    proof: Proof,
    tag: str = "decrypt",
) -> None:
    """7.7: A = g^z X^c, B = α^z F^c."""
    c, z = proof.challenge, proof.response
    commitments = [
        group.mul(group.power_g_public(z), group.power_public(key, c)),
        group.mul(group.power_public(alpha, z), group.power_public(factor, c)),
    ]
    prefix = f"{tag}|{context}|{group.ser(key)}|"
    _require(hash_to_scalar(group, prefix, commitments) == c, "decryption factor")


def drill_element(group: Group, session: str, index: int) -> Element:
    """α = g^d of trustee ``index`` (protocol §8): its device computes it and takes none.

    d = int(SHA-512(``ballot/v1/drill`` ‖ 0x00 ‖ session digest ‖ u32be(index))) mod q.
    """
    block = b"ballot/v1/drill\x00" + bytes.fromhex(session) + index.to_bytes(4, "big")
    return group.power_g(int.from_bytes(hashlib.sha512(block).digest(), "big") % group.q)


def prove_drill(
    group: Group, session: str, index: int, share: int, w: int
) -> tuple[Element, Proof]:
    """The drill of trustee ``index``: decrypt the element that only it is asked for (E30)."""
    return prove_decryption(group, session, share, drill_element(group, session, index), w, "drill")


def verify_drill(
    group: Group, session: str, index: int, key: Element, factor: Element, proof: Proof
) -> None:
    """The drill of trustee ``index`` under its verification key."""
    alpha = drill_element(group, session, index)
    verify_decryption(group, session, key, alpha, factor, proof, "drill")


# Statements: the strings that bind a proof to its ballot.


def statement(fingerprint: str, credential: str) -> str:
    """S_0 = φ ``|`` ser(credential)."""
    return f"{fingerprint}|{credential}"


def with_ciphertexts(group: Group, s_0: str, ciphertexts: Sequence[Ciphertext]) -> str:
    """S = S_0 ``|`` ser(α_0) ``,`` ser(β_0) ``,`` …"""
    texts = [group.ser(e) for c in ciphertexts for e in (c.alpha, c.beta)]
    return f"{s_0}|{','.join(texts)}"


def interval_prefix(group: Group, tag: str, s: str, ciphertext: Ciphertext) -> str:
    """``tag|S|ser(α),ser(β)|``: ``prove`` in Belenios, ``ballot-cap`` for the cap proof."""
    return f"{tag}|{s}|{group.ser(ciphertext.alpha)},{group.ser(ciphertext.beta)}|"


def ballot_hash(unsigned: dict[str, Any]) -> str:
    """``signature.hash``: base64 of SHA-256 of the compact ballot without its signature."""
    return b64(sha256(compact(unsigned)))
