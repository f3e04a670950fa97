"""The box's side of a ballot: what an envelope must pass to be admitted (protocol §7).

Box, trustee device and verifier run the same checks; what needs the box's contents (C2, C5,
an α twice) is in :mod:`ballot.polling`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ballot.crypto import blind, proofs
from ballot.crypto.encoding import unb64url
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element
from ballot.crypto.proofs import Proof
from ballot.tally.election import Ballot, OpenBallot, open_ballot, verify_ballot
from ballot.tally.envelope import TOKEN_SIZE, Envelope, decode_envelope
from ballot.tally.gate import Gate, cap_statement


@dataclass(frozen=True, slots=True)
class Admitted:
    """An envelope that passed every check that does not need the box's contents."""

    envelope: Envelope
    opened: OpenBallot

    @property
    def alphas(self) -> list[Element]:
        """Every α, none of which may occur again in the box (attacks B1, E32)."""
        return [c.alpha for row in self.opened.ciphertexts for c in row]


def check_envelope(gate: Gate, data: bytes) -> Admitted:
    """C1, C3, C4, C6, C7 and C8 in the protocol's order; answers the first failure by its code."""
    envelope = decode_envelope(gate, data)
    check_round(gate, envelope.ballot)
    check_token(gate, envelope.ballot.credential, envelope.token)
    return check_content(gate, envelope)


def check_content(gate: Gate, envelope: Envelope) -> Admitted:
    """C6, C7 and C8 of a decoded envelope."""
    opened = open_ballot(gate.group, envelope.ballot)
    verify_ballot(gate.election, opened)
    check_alphas(opened)
    check_cap(gate, opened, envelope.cap_proof)
    return Admitted(envelope, opened)


def check_round(gate: Gate, ballot: Ballot) -> None:
    """C3: uuid and fingerprint are this round's."""
    if (ballot.uuid, ballot.fingerprint) != (gate.election.uuid, gate.election.fingerprint):
        raise Invalid("ballot.wrong_round", "made for another election document")


def check_token(gate: Gate, credential: str, token: Sequence[str]) -> None:
    """C4, by the session's token kind and never by the envelope (attack E28)."""
    if len(token) != len(gate.keys):
        raise Invalid("token.invalid", "another number of signatures than signers")
    if not gate.keys and credential not in gate.drawn:
        raise Invalid("token.invalid", "the credential is not in the drawn list")
    message = blind.token_message(credential, gate.session, gate.slot)
    for key, signature in zip(gate.keys, token, strict=True):
        blind.verify(key, message, unb64url(signature, TOKEN_SIZE))


def check_alphas(opened: OpenBallot) -> None:
    """C7, inside one envelope: no α twice."""
    seen = [c.alpha for row in opened.ciphertexts for c in row]
    if len(set(seen)) != len(seen):
        raise Invalid("ballot.bad_proof", "one α stands twice in the ballot")


def check_cap(gate: Gate, opened: OpenBallot, cap_proof: Sequence[Proof] | None) -> None:
    """C8: the cap proof is there exactly when the style wants one, and it holds."""
    if (cap_proof is None) != (gate.cap is None):
        raise Invalid("ballot.over_limit", "cap proof missing, or not wanted by the style")
    if gate.cap is None or cap_proof is None:
        return
    s_0 = proofs.statement(gate.election.fingerprint, opened.ballot.credential)
    total, prefix = cap_statement(gate, s_0, [row[0] for row in opened.ciphertexts])
    try:
        proofs.verify_interval(
            gate.group, gate.election.y, prefix, total, range(gate.cap + 1), cap_proof, "cap proof"
        )
    except Invalid as error:
        raise Invalid("ballot.over_limit", error.detail) from None
