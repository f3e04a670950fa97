"""The envelope: build, decode, check (protocol §5–§7).

A :class:`Gate` is all that is needed to judge an envelope of one round. Tablet, box,
trustee device and verifier build the same gate from signed documents and run the same
:func:`check_envelope`; what needs the box's contents (C2, C5, an α twice) is in
:mod:`ballot.polling`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ballot.crypto import blind, elgamal, proofs
from ballot.crypto.elgamal import Ciphertext
from ballot.crypto.encoding import (
    b64url,
    compact,
    dumps,
    loads,
    sha256,
    unb64url,
)
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element, Group
from ballot.crypto.proofs import Nonces, Proof, Random
from ballot.crypto.slotkey import PublicKey
from ballot.tally.election import (
    Ballot,
    Election,
    OpenBallot,
    decode_ballot,
    encode_election,
    open_ballot,
    verify_ballot,
)
from ballot.tally.session import Definition, Vote
from ballot.tally.styles import approvals, cap_of, questions, votes_of, wants_cap_proof

_NUMERALS = "一二三四五六七八九十"
_TOKEN_SIZE = 384


@dataclass(frozen=True, slots=True)
class Gate:
    """One round as the box sees it. ``cap`` is None where no cap proof is wanted."""

    session: str
    slot: str
    election: Election
    style: str
    items: int
    cap: int | None
    keys: tuple[PublicKey, ...]
    drawn: frozenset[str]
    length: int

    @property
    def group(self) -> Group:
        """The group of the election."""
        return self.election.group


def build_gate(
    definition: Definition,
    y: Element,
    slot_id: str,
    items: Sequence[str] | None = None,
    seats: int | None = None,
    calling: str | None = None,
) -> Gate:
    """The gate of a round: first round by default, a later one from its calling event.

    Everything is a function of signed documents (attack E24): the definition, the joint key
    of KeysReady, and items, places and digest of the calling event.
    """
    vote, slot, number = definition.slot(slot_id)
    chosen = [item.id for item in vote.items] if items is None else list(items)
    places = vote.seats if seats is None else seats
    cap = cap_of(vote, places, len(chosen))
    election = encode_election(
        definition.group,
        y,
        f"{vote.title}（第{_NUMERALS[number - 1]}轮）",
        f"ballot/v1|{definition.session}|{slot.id}|{vote.rule_digest}|{calling or '-'}",
        questions(vote, [vote.item(item_id).title for item_id in chosen], cap),
        slot.uuid,
    )
    return Gate(
        session=definition.session,
        slot=slot.id,
        election=election,
        style=vote.style,
        items=len(chosen),
        cap=cap if wants_cap_proof(vote) else None,
        keys=slot.keys,
        drawn=frozenset(slot.drawn),
        length=slot.length,
    )


def request_length(group: Group, vote: Vote, slot_id: str, signers: int) -> int:
    """Bytes that the longest possible envelope of any round of ``vote`` needs.

    All requests of a slot are padded to the length in the definition (attack B24); this is
    the least a definition may state.
    """
    scalar = str(group.q - 1)
    element = "9" * (64 if group.name == "Ed25519" else 617)
    proof = {"challenge": scalar, "response": scalar}
    cap = len(vote.items)
    answers = [
        {
            "choices": [{"alpha": element, "beta": element}] * question.width,
            "individual_proofs": [[proof, proof]] * question.width,
            "overall_proof": [proof] * (question.high - question.low + 1),
        }
        for question in questions(vote, [item.title for item in vote.items], cap)
    ]
    ballot = {
        "election_uuid": "1" * 22,
        "election_hash": "A" * 43,
        "credential": element,
        "answers": answers,
        "signature": {"hash": "A" * 43, "proof": proof},
    }
    envelope = {
        "ballot": compact(ballot).decode(),
        "cap_proof": [proof] * (cap + 1) if wants_cap_proof(vote) else None,
        "slot": slot_id,
        "token": ["A" * 512] * signers,
        "version": 1,
    }
    return len(dumps(envelope))


def check_lengths(definition: Definition) -> None:
    """Refuse (``definition.length``) a slot whose padded request could not hold its ballots."""
    for vote in definition.votes:
        for slot in vote.slots:
            least = request_length(definition.group, vote, slot.id, len(definition.signers))
            if slot.length < least:
                what = f"slot {slot.id}: {slot.length} bytes, ballots need {least}"
                raise Invalid("definition.length", what)


# The tablet's side.


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
        total, prefix = _cap_statement(gate, s_0, [c for c, _ in first])
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


def encode_envelope(
    slot: str, ballot: str, cap_proof: list[dict[str, str]] | None, token: list[str]
) -> bytes:
    """The canonical bytes of an envelope (protocol §7)."""
    return dumps(
        {"ballot": ballot, "cap_proof": cap_proof, "slot": slot, "token": token, "version": 1}
    )


def pad(gate: Gate, envelope: bytes) -> bytes:
    """The request body: the envelope and spaces up to the slot's length."""
    if len(envelope) > gate.length:
        raise Invalid("envelope.malformed", "longer than the slot's length")
    return envelope.ljust(gate.length, b" ")


def tracker(unsigned_digest: bytes, envelope_digest: bytes) -> bytes:
    """票迹码 source: SHA-256(``ballot/v1/tracker`` ‖ 0x00 ‖ u ‖ e), 32 bytes."""
    return sha256(b"ballot/v1/tracker\x00", unsigned_digest, envelope_digest)


def reopen_test_ballot(gate: Gate, marks: str, credential: str, seed: bytes, e: bytes) -> bytes:
    """The tracker that a 验票 must have shown, rebuilt from its opening (protocol §7)."""
    gate.group.parse_key(credential)
    return tracker(encrypt(gate, marks, credential, seed).digest, e)


# The box's side.


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


@dataclass(frozen=True, slots=True)
class Admitted:
    """An envelope that passed every check that does not need the box's contents."""

    envelope: Envelope
    opened: OpenBallot

    @property
    def alphas(self) -> list[Element]:
        """Every α, none of which may occur again in the box (attacks B1, E32)."""
        return [c.alpha for row in self.opened.ciphertexts for c in row]


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


def unpad(data: bytes, length: int) -> bytes:
    """The envelope inside a padded request body of exactly ``length`` bytes (C1)."""
    envelope = data.rstrip(b" ")
    if len(data) != length:
        raise Invalid("envelope.malformed", f"{len(data)} bytes instead of {length}")
    return envelope


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
            unb64url(signature, _TOKEN_SIZE)
        cap_proof = None
        if value["cap_proof"] is not None:
            entries = value["cap_proof"]
            if not isinstance(entries, list) or len(entries) > 1000:
                raise Invalid("document.shape", "cap_proof")
            cap_proof = proofs.decode_proofs(gate.group, entries, len(entries))
    except Invalid as error:
        raise Invalid("envelope.malformed", str(error)) from None
    return Envelope(data, value["slot"], ballot_bytes, ballot, cap_proof, tuple(token))


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
        blind.verify(key, message, unb64url(signature, _TOKEN_SIZE))


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
    total, prefix = _cap_statement(gate, s_0, [row[0] for row in opened.ciphertexts])
    try:
        proofs.verify_interval(
            gate.group, gate.election.y, prefix, total, range(gate.cap + 1), cap_proof, "cap proof"
        )
    except Invalid as error:
        raise Invalid("ballot.over_limit", error.detail) from None


def _cap_statement(gate: Gate, s_0: str, yes: Sequence[Ciphertext]) -> tuple[Ciphertext, str]:
    # S_cap = S_0|ser(α_1),ser(β_1),… of all 赞成 ciphertexts in item order (protocol §5)
    total = elgamal.product(gate.group, list(yes))
    s_cap = proofs.with_ciphertexts(gate.group, s_0, yes)
    return total, proofs.interval_prefix(gate.group, "ballot-cap", s_cap, total)


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


def parse_admission(line: bytes) -> tuple[str, list[dict[str, str]] | None, list[str]]:
    """(tracker hex, cap proof, token) of one line of ``admissions.jsonl``."""
    value = loads(line)
    if not isinstance(value, dict) or list(value) != ["cap_proof", "token", "tracker"]:
        raise Invalid("admissions.malformed", "not an admission")
    if not isinstance(value["token"], list) or not isinstance(value["tracker"], str):
        raise Invalid("admissions.malformed", "not an admission")
    return value["tracker"], value["cap_proof"], value["token"]


def admission_line(envelope: Envelope) -> bytes:
    """What the record keeps beside a ballot (protocol §10)."""
    cap = None if envelope.cap_proof is None else [p.encode() for p in envelope.cap_proof]
    return dumps(
        {"cap_proof": cap, "token": list(envelope.token), "tracker": envelope.tracker.hex()}
    )
