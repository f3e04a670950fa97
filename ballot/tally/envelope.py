"""The envelope: a ballot with its cap proof and its token, in one spelling (protocol §7, §10)."""

from dataclasses import dataclass

from ballot.crypto import proofs
from ballot.crypto.encoding import dumps, loads, sha256, unb64url
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Proof
from ballot.tally.election import Ballot, decode_ballot
from ballot.tally.gate import Gate

TOKEN_SIZE = 384
"""Bytes of a token's signature: RSA-3072."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A decoded envelope: right in shape and spelling (C1)."""

    raw: bytes
    slot: str
    ballot_bytes: bytes
    ballot: Ballot
    cap_proof: tuple[Proof, ...] | None
    token: tuple[str, ...]

    @property
    def tracker(self) -> bytes:
        """The tracker of the whole envelope (attack E3)."""
        return tracker(self.ballot.unsigned_digest, sha256(self.raw))


def encode_envelope(
    slot: str, ballot: str, cap_proof: list[dict[str, str]] | None, token: list[str]
) -> bytes:
    """The canonical bytes of an envelope (protocol §7)."""
    return dumps(
        {"ballot": ballot, "cap_proof": cap_proof, "slot": slot, "token": token, "version": 1}
    )


def decode_envelope(gate: Gate, data: bytes) -> Envelope:
    """C1: canonical bytes, exact members, a ballot of the round's shape and spelling."""
    try:
        value = loads(data)
        names = ["ballot", "cap_proof", "slot", "token", "version"]
        if not isinstance(value, dict) or list(value) != names or value["version"] != 1:
            raise Invalid("document.shape", "not an envelope of version 1")
        if not isinstance(value["ballot"], str) or not isinstance(value["slot"], str):
            raise Invalid("document.shape", "ballot or slot is not a text")
        ballot_bytes = value["ballot"].encode()
        ballot = decode_ballot(gate.group, gate.election.questions, ballot_bytes)
        token = value["token"]
        if not isinstance(token, list) or len(token) > 2:
            raise Invalid("document.shape", "token")
        for signature in token:
            if not isinstance(signature, str):
                raise Invalid("document.shape", "token")
            unb64url(signature, TOKEN_SIZE)
        cap_proof = None
        if value["cap_proof"] is not None:
            entries = value["cap_proof"]
            if not isinstance(entries, list) or len(entries) > 1000:
                raise Invalid("document.shape", "cap_proof")
            cap_proof = proofs.decode_proofs(gate.group, entries, len(entries))
    except Invalid as error:
        raise Invalid("envelope.malformed", str(error)) from None
    return Envelope(data, value["slot"], ballot_bytes, ballot, cap_proof, tuple(token))


def slot_of(data: bytes) -> str:
    """The slot an envelope says it is for; raises ``envelope.malformed``."""
    try:
        value = loads(data)
        if not isinstance(value, dict) or not isinstance(value.get("slot"), str):
            raise Invalid("document.shape", "not an envelope")
    except Invalid as error:
        raise Invalid("envelope.malformed", str(error)) from None
    slot: str = value["slot"]
    return slot


def pad(gate: Gate, envelope: bytes) -> bytes:
    """The request body: the envelope and spaces up to the slot's length."""
    if len(envelope) > gate.length:
        raise Invalid("envelope.malformed", "longer than the slot's length")
    return envelope.ljust(gate.length, b" ")


def unpad(data: bytes, length: int) -> bytes:
    """The envelope inside a padded request body of exactly ``length`` bytes (C1)."""
    envelope = data.rstrip(b" ")
    if len(data) != length:
        raise Invalid("envelope.malformed", f"{len(data)} bytes instead of {length}")
    return envelope


def tracker(unsigned_digest: bytes, envelope_digest: bytes) -> bytes:
    """票迹码 source: SHA-256(``ballot/v1/tracker`` ‖ 0x00 ‖ u ‖ e), 32 bytes."""
    return sha256(b"ballot/v1/tracker\x00", unsigned_digest, envelope_digest)


def admission_line(envelope: Envelope) -> bytes:
    """What the record keeps beside a ballot (protocol §10)."""
    cap = None if envelope.cap_proof is None else [p.encode() for p in envelope.cap_proof]
    return dumps(
        {"cap_proof": cap, "token": list(envelope.token), "tracker": envelope.tracker.hex()}
    )


def parse_admission(line: bytes) -> tuple[str, list[dict[str, str]] | None, list[str]]:
    """(tracker hex, cap proof, token) of one line of ``admissions.jsonl``."""
    value = loads(line)
    if not isinstance(value, dict) or list(value) != ["cap_proof", "token", "tracker"]:
        raise Invalid("admissions.malformed", "not an admission")
    if not isinstance(value["token"], list) or not isinstance(value["tracker"], str):
        raise Invalid("admissions.malformed", "not an admission")
    return value["tracker"], value["cap_proof"], value["token"]
