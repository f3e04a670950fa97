"""Belenios' election document and ballot: bytes → values → elements → proofs.

The three steps are apart because the box refuses in that order (protocol §7, C1, C6, C7):
:func:`decode_ballot` looks at shape and spelling only, :func:`open_ballot` at subgroup
membership, :func:`verify_ballot` at every proof and the signature. Also reads what we
never write (the ``blank`` flag). Source: belenios-format.md §5, §7.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from ballot.crypto import proofs
from ballot.crypto.elgamal import Ciphertext, product
from ballot.crypto.encoding import b64, compact, loads_compact, sha256, unb64
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element, Group, group_named
from ballot.crypto.proofs import Proof

_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}", re.ASCII)
_ELECTION_FIELDS = "version description name group public_key questions uuid".split()
_OPTIONAL_FIELDS = "administrator credential_authority language".split()


@dataclass(frozen=True, slots=True)
class Question:
    """A homomorphic question: how many of ``answers`` may be chosen."""

    text: str
    answers: tuple[str, ...]
    low: int
    high: int
    blank: bool = False

    @property
    def width(self) -> int:
        """Number of ciphertexts of an answer (the blank flag is one)."""
        return len(self.answers) + self.blank

    def encode(self) -> dict[str, Any]:
        """Belenios' JSON object, members in Belenios' order."""
        blank = {"blank": True} if self.blank else {}
        head = {"answers": list(self.answers), **blank}
        return {**head, "min": self.low, "max": self.high, "question": self.text}


@dataclass(frozen=True, slots=True)
class Election:
    """An election document; ``raw`` are its exact bytes, of which φ is the digest."""

    raw: bytes = field(repr=False)
    group: Group
    y: Element
    name: str
    description: str
    questions: tuple[Question, ...]
    uuid: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the bytes: φ before its base64, and the source of the 票面码."""
        return sha256(self.raw)

    @property
    def fingerprint(self) -> str:
        """φ (format §5.3)."""
        return b64(self.digest)


def encode_election(
    group: Group, y: Element, name: str, description: str, questions: list[Question], uuid: str
) -> Election:
    """The election document with exactly Belenios' required fields."""
    raw = compact(
        {
            "version": 1,
            "description": description,
            "name": name,
            "group": group.name,
            "public_key": group.ser(y),
            "questions": [question.encode() for question in questions],
            "uuid": uuid,
        }
    )
    return Election(raw, group, y, name, description, tuple(questions), uuid)


def decode_election(data: bytes) -> Election:
    """An election document of any origin; raises ``election.malformed`` or ``group.unknown``."""
    value = _object(loads_compact(data), "election")
    names = [name for name in value if name not in _OPTIONAL_FIELDS]
    if names != _ELECTION_FIELDS or list(value)[: len(names)] != names:
        raise Invalid("election.malformed", "members are not Belenios' in Belenios' order")
    _require(value["version"] == 1, "version is not 1")
    for name in "description name group uuid".split():
        _require(isinstance(value[name], str), f"{name} is not a text")
    _require(_UUID.fullmatch(value["uuid"]) is not None, "uuid is not 14 or more Base58 digits")
    group = group_named(value["group"])
    y = group.parse_key(value["public_key"])
    entries = value["questions"]
    _require(isinstance(entries, list) and 0 < len(entries) <= 1000, "questions")
    questions = tuple(_decode_question(entry) for entry in entries)
    return Election(data, group, y, value["name"], value["description"], questions, value["uuid"])


def _decode_question(value: Any) -> Question:
    value = _object(value, "question")
    blank = "blank" in value
    _require(not blank or value["blank"] is True, "blank is not true")
    expected = ["answers", *(["blank"] if blank else []), "min", "max", "question"]
    _require(list(value) == expected, "question members")
    answers, low, high, text = value["answers"], value["min"], value["max"], value["question"]
    _require(isinstance(answers, list) and 0 < len(answers) <= 1000, "answers")
    _require(all(isinstance(answer, str) for answer in answers), "an answer is not a text")
    _require(isinstance(text, str), "question is not a text")
    _require(
        type(low) is int and type(high) is int and 0 <= low <= high <= len(answers), "min, max"
    )
    return Question(text, tuple(answers), low, high, blank)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("election.malformed", f"{what} is not an object")
    return value


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise Invalid("election.malformed", what)


@dataclass(frozen=True, slots=True)
class Answer:
    """The texts of the ciphertexts of one question, and their proofs."""

    choices: tuple[tuple[str, str], ...]
    individual: tuple[tuple[Proof, ...], ...]
    overall: tuple[Proof, ...]
    blank: tuple[Proof, ...] | None


@dataclass(frozen=True, slots=True)
class Ballot:
    """A ballot of the right shape and spelling; nothing else is known of it yet."""

    uuid: str
    fingerprint: str
    credential: str
    answers: tuple[Answer, ...]
    signature_hash: str
    signature: Proof
    unsigned: bytes = field(repr=False)

    @property
    def unsigned_digest(self) -> bytes:
        """u of the tracker: SHA-256 of the ballot without ``signature`` (protocol §2)."""
        return sha256(self.unsigned)


def decode_ballot(group: Group, questions: tuple[Question, ...], data: bytes) -> Ballot:
    """A ballot in canonical form with the shape ``questions`` ask for.

    Raises ``ballot.malformed``; elements are tested for their spelling, not membership.
    """
    try:
        value = loads_compact(data)
        _members(value, "election_uuid election_hash credential answers signature")
        group.check_text(value["credential"])
        if not isinstance(value["election_uuid"], str):
            raise Invalid("ballot.malformed", "election_uuid")
        unb64(_text(value["election_hash"]), 32)
        entries = value["answers"]
        if not isinstance(entries, list) or len(entries) != len(questions):
            raise Invalid("ballot.malformed", "number of answers")
        answers = tuple(
            _decode_answer(group, question, entry)
            for question, entry in zip(questions, entries, strict=True)
        )
        signature = _members(value.pop("signature"), "hash proof")
        unb64(_text(signature["hash"]), 32)
        proof = proofs.decode_proof(group, signature["proof"])
    except Invalid as error:
        raise Invalid("ballot.malformed", str(error)) from None
    uuid, fingerprint, credential = (
        value["election_uuid"],
        value["election_hash"],
        value["credential"],
    )
    return Ballot(uuid, fingerprint, credential, answers, signature["hash"], proof, compact(value))


def _decode_answer(group: Group, question: Question, value: Any) -> Answer:
    names = "choices individual_proofs overall_proof"
    _members(value, names + (" blank_proof" if question.blank else ""))
    choices, individual = value["choices"], value["individual_proofs"]
    for entries in (choices, individual):
        if not isinstance(entries, list) or len(entries) != question.width:
            raise Invalid("ballot.malformed", "number of choices or individual proofs")
    pairs = tuple(_decode_ciphertext(group, entry) for entry in choices)
    branches = question.high - question.low + 1 + question.blank
    return Answer(
        pairs,
        tuple(proofs.decode_proofs(group, entry, 2) for entry in individual),
        proofs.decode_proofs(group, value["overall_proof"], branches),
        proofs.decode_proofs(group, value["blank_proof"], 2) if question.blank else None,
    )


def _decode_ciphertext(group: Group, value: Any) -> tuple[str, str]:
    _members(value, "alpha beta")
    group.check_text(value["alpha"])
    group.check_text(value["beta"])
    return value["alpha"], value["beta"]


def _members(value: Any, names: str) -> dict[str, Any]:
    if not isinstance(value, dict) or list(value) != names.split():
        raise Invalid("ballot.malformed", f"not an object of {names}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Invalid("ballot.malformed", "not a text")
    return value


@dataclass(frozen=True, slots=True)
class OpenBallot:
    """A ballot whose elements are all members of the group, parsed."""

    ballot: Ballot
    credential: Element
    ciphertexts: tuple[tuple[Ciphertext, ...], ...]


def open_ballot(group: Group, ballot: Ballot, *, identity_alpha: bool = False) -> OpenBallot:
    """Parse every element; raises ``ballot.bad_element``.

    ``identity_alpha`` permits α = the neutral element, as the format does in a foreign
    archive; the box and our own records never do (attack A6).
    """
    try:
        credential = group.parse_key(ballot.credential)
        parse_alpha = group.parse if identity_alpha else group.parse_key
        ciphertexts = tuple(
            tuple(Ciphertext(parse_alpha(alpha), group.parse(beta)) for alpha, beta in a.choices)
            for a in ballot.answers
        )
    except Invalid as error:
        raise Invalid("ballot.bad_element", str(error)) from None
    return OpenBallot(ballot, credential, ciphertexts)


def verify_ballot(election: Election, opened: OpenBallot) -> None:
    """Every Belenios proof and the signature; raises ``ballot.bad_proof`` (C7, V6)."""
    group, ballot = election.group, opened.ballot
    try:
        s_0 = proofs.statement(election.fingerprint, ballot.credential)
        for i, (question, answer) in enumerate(
            zip(election.questions, ballot.answers, strict=True)
        ):
            _verify_answer(
                election, question, s_0, answer, opened.ciphertexts[i], f"answer {i + 1}"
            )
        if ballot.signature_hash != b64(ballot.unsigned_digest):
            raise Invalid("proof.invalid", "signature hash is not the ballot's")
        proofs.verify_ballot_signature(
            group, opened.credential, ballot.signature_hash, ballot.signature
        )
    except Invalid as error:
        raise Invalid("ballot.bad_proof", error.detail) from None


def _verify_answer(
    election: Election,
    question: Question,
    s_0: str,
    answer: Answer,
    ciphertexts: tuple[Ciphertext, ...],
    where: str,
) -> None:
    group, y = election.group, election.y
    for j, (ciphertext, proof) in enumerate(zip(ciphertexts, answer.individual, strict=True)):
        prefix = proofs.interval_prefix(group, "prove", s_0, ciphertext)
        what = f"{where}: individual proof {j + 1}"
        proofs.verify_interval(group, y, prefix, ciphertext, range(2), proof, what)
    s = proofs.with_ciphertexts(group, s_0, ciphertexts)
    values = range(question.low, question.high + 1)
    if answer.blank is None:
        total = product(group, list(ciphertexts))
        prefix = proofs.interval_prefix(group, "prove", s, total)
        what = f"{where}: overall proof"
        proofs.verify_interval(group, y, prefix, total, values, answer.overall, what)
    else:
        flag, total = ciphertexts[0], product(group, list(ciphertexts[1:]))
        proofs.verify_blank(group, y, s, flag, total, answer.blank)
        proofs.verify_overall_with_blank(group, y, s, flag, total, values, answer.overall)
