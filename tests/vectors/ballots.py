"""Vectors of ballots: nonces, envelopes of every style in both groups, trackers, receipts."""

from typing import Any

from ballot.crypto.encoding import b64url, code, sha256
from ballot.crypto.group import GROUPS
from ballot.crypto.proofs import Nonces
from ballot.crypto.signing import SigningKey, sign
from ballot.polling import receipt_document
from ballot.tally.admission import check_envelope
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.gate import Gate
from tests.gates import make_round, make_wallet, stream

BOX = SigningKey(sha256(b"test box"))
MARKS = {
    "three_way": ["YNA", "YYN", "AAA", "NNN"],
    "approve": ["YAY", "AAA"],
    "grades": ["SBU", "KAS"],
    "motion": ["Y", "A"],
}


def gate_document(gate: Gate) -> dict[str, Any]:
    """A gate as a test of the client builds it again."""
    return {
        "session": gate.session,
        "slot": gate.slot,
        "group": gate.group.name,
        "y": gate.group.ser(gate.election.y),
        "name": gate.election.name,
        "description": gate.election.description,
        "uuid": gate.election.uuid,
        "questions": [question.encode() for question in gate.election.questions],
        "style": gate.style,
        "items": gate.items,
        "cap": gate.cap,
        "length": gate.length,
        "fingerprint": gate.election.fingerprint,
    }


def nonce_vectors() -> list[dict[str, Any]]:
    """The first scalars of some seeds (protocol §7)."""
    seeds = (bytes(32), b"\xff" * 32, sha256(b"seed"))
    found = []
    for name, group in GROUPS.items():
        for seed in seeds:
            nonces = Nonces(group, seed)
            scalars = [str(next(nonces)) for _ in range(300)]
            few = scalars[:3] + scalars[-1:]
            found.append({"group": name, "seed": seed.hex(), "first_three_and_300th": few})
    return found


def ballot_vectors() -> list[dict[str, Any]]:
    """One gate per group and style, with ballots down to the bytes of the envelope.

    ``nonce`` are the 64 bytes from which the signature nonce is taken.
    """
    found = []
    for group in GROUPS.values():
        for style, marked in MARKS.items():
            gate = make_round(group, style, len(marked[0]), 2).gate
            ballots = [_ballot(gate, marks, i) for i, marks in enumerate(marked)]
            found.append({"gate": gate_document(gate), "ballots": ballots})
    return found


def _ballot(gate: Gate, marks: str, number: int) -> dict[str, Any]:
    wallet = make_wallet(gate, number)
    seed, nonce = sha256(b"seed", bytes([number])), stream(b"nonce%d" % number)(64)
    unsigned = encrypt(gate, marks, wallet.credential, seed)
    envelope = seal_envelope(gate, unsigned, wallet.s, wallet.token, lambda _: nonce)
    tracker = check_envelope(gate, envelope).envelope.tracker
    receipt = receipt_document(gate.session, gate.slot, tracker.hex())
    whole = {"envelope": envelope.decode()} if gate.style == "motion" and number == 0 else {}
    return {
        "marks": marks,
        "credential": wallet.credential,
        "secret": str(wallet.s),
        "token": [b64url(signature) for signature in wallet.token],
        "seed": seed.hex(),
        "nonce": nonce.hex(),
        "unsigned_sha256": unsigned.digest.hex(),
        "envelope_sha256": sha256(envelope).hex(),
        **whole,
        "tracker": tracker.hex(),
        "code": code(tracker),
        "box_key": BOX.public,
        "receipt": receipt | {"signature": sign(BOX, "receipt", receipt)},
    }
