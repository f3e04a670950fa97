"""The tablet's side of a ballot: encrypt, sign, put into an envelope (protocol §7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ballot.crypto import elgamal, proofs
from ballot.crypto.elgamal import Ciphertext
from ballot.crypto.encoding import b64url, compact, sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Nonces, Random
from ballot.tally.envelope import encode_envelope, tracker
from ballot.tally.gate import Gate, cap_statement
from ballot.tally.styles import approvals, votes_of


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A ballot before its signature: what a test ballot (验票) opens."""

    fields: dict[str, Any]
    cap_proof: list[dict[str, str]] | None

    @property
    def digest(self) -> bytes:
        """u: SHA-256 of the Belenios ballot without ``signature``."""
        return sha256(compact(self.fields))


def encrypt(gate: Gate, marks: str, credential: str, seed: bytes) -> Unsigned:
    """Encrypt ``marks`` with all nonces expanded from the 32-byte ``seed`` (protocol §7).

    Deterministic: another device rebuilds the same bytes from (marks, credential, seed).
    Raises ``marks.malformed`` or, for more approvals than allowed, ``marks.over_limit``.
    """
    group, y = gate.group, gate.election.y
    nonces = Nonces(group, seed)
    votes = votes_of(gate.style, gate.items, marks)
    s_0 = proofs.statement(gate.election.fingerprint, credential)
    answers: list[dict[str, Any]] = []
    first: list[tuple[Ciphertext, int]] = []  # the 赞成 of each item, for the cap proof
    for question, row in zip(gate.election.questions, votes, strict=True):
        if not question.low <= sum(row) <= question.high:
            raise Invalid("marks.over_limit", f"at most {question.high} may be chosen")
        rs = [next(nonces) for _ in row]
        ciphertexts = [elgamal.encrypt(group, y, m, r) for m, r in zip(row, rs, strict=True)]
        individual = [
            proofs.prove_interval(
                group, y, proofs.interval_prefix(group, "prove", s_0, c), c, r, m, range(2), nonces
            )
            for c, r, m in zip(ciphertexts, rs, row, strict=True)
        ]
        total, s = (
            elgamal.product(group, ciphertexts),
            proofs.with_ciphertexts(group, s_0, ciphertexts),
        )
        values = range(question.low, question.high + 1)
        prefix = proofs.interval_prefix(group, "prove", s, total)
        overall = proofs.prove_interval(group, y, prefix, total, sum(rs), sum(row), values, nonces)
        first.append((ciphertexts[0], rs[0]))
        answers.append(
            {
                "choices": [
                    {"alpha": group.ser(c.alpha), "beta": group.ser(c.beta)} for c in ciphertexts
                ],
                "individual_proofs": [[p.encode() for p in entry] for entry in individual],
                "overall_proof": [p.encode() for p in overall],
            }
        )
    cap_proof = None
    if gate.cap is not None:
        if approvals(votes) > gate.cap:
            raise Invalid("marks.over_limit", f"at most {gate.cap} may be approved")
        total, prefix = cap_statement(gate, s_0, [c for c, _ in first])
        r, message = sum(r for _, r in first), approvals(votes)
        proof = proofs.prove_interval(
            group, y, prefix, total, r, message, range(gate.cap + 1), nonces
        )
        cap_proof = [p.encode() for p in proof]
    return Unsigned(
        {
            "election_uuid": gate.election.uuid,
            "election_hash": gate.election.fingerprint,
            "credential": credential,
            "answers": answers,
        },
        cap_proof,
    )


def seal_envelope(
    gate: Gate, unsigned: Unsigned, s: int, token: Sequence[bytes], random: Random
) -> bytes:
    """Sign the ballot with the credential's secret and put it into its envelope.

    The signature nonce is drawn from ``random``, apart from the seed: an opened test
    ballot must not give the credential away (attack E20).
    """
    group = gate.group
    w = proofs.random_scalar(group, random)
    ballot_hash = proofs.ballot_hash(unsigned.fields)
    signature = {
        "hash": ballot_hash,
        "proof": proofs.sign_ballot(group, s, ballot_hash, w).encode(),
    }
    ballot = compact({**unsigned.fields, "signature": signature}).decode()
    return encode_envelope(gate.slot, ballot, unsigned.cap_proof, [b64url(t) for t in token])


def reopen_test_ballot(gate: Gate, marks: str, credential: str, seed: bytes, e: bytes) -> bytes:
    """The tracker that a 验票 must have shown, rebuilt from its opening (protocol §7)."""
    gate.group.parse_key(credential)
    return tracker(encrypt(gate, marks, credential, seed).digest, e)
