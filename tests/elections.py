"""Whole Belenios elections made in memory: any trustees, questions, blank flags, weights.

All randomness comes from a name, so that every run makes the same bytes. Disjunctive proofs
are made here by one general prover, not by the code under test.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ballot.crypto import proofs, threshold
from ballot.crypto.elgamal import Ciphertext, encrypt, product
from ballot.crypto.encoding import b64
from ballot.crypto.group import GROUPS, Element, Group
from ballot.crypto.proofs import Proof, hash_to_scalar, interval_prefix, random_scalar
from ballot.tally.aggregate import Sums, add, decrypt_partially, empty_sums, encode_sums
from ballot.tally.election import Election, Question, decode_election, encode_election
from tests import archives
from tests.archives import Raw, compact

Random = Callable[[int], bytes]

ED = GROUPS["Ed25519"]
FF = GROUPS["BELENIOS-2048"]
UUID = "TestUuid123456"


class Stream:
    """A reproducible stream of bytes, by its name."""

    def __init__(self, name: str) -> None:
        self._name, self._next = name, 0

    def __call__(self, size: int) -> bytes:
        self._next += 1
        return hashlib.shake_256(f"{self._name}/{self._next}".encode()).digest(size)


def derive(rule: str, uuid: str, code: str) -> int:
    """The secret exponent of a private credential before reduction (format §6)."""
    if rule == "2.0":
        return int.from_bytes(
            hashlib.pbkdf2_hmac("sha256", code.encode(), uuid.encode(), 1000, 32), "big"
        )
    parts = [f"derive_credential|{uuid}|{i}|{code}".encode() for i in range(2)]
    return int.from_bytes(b"".join(hashlib.sha256(part).digest() for part in parts), "big")


def prove_or(
    group: Group,
    y: Element,
    prefix: str,
    branches: Sequence[Ciphertext],
    true: int,
    r: int,
    random: Random,
) -> list[dict[str, str]]:
    """One of ``branches`` encrypts 0, namely number ``true``, with nonce r (format 7.3-7.5)."""
    entries, commitments, w = [], [], 0
    for i, c in enumerate(branches):
        if i == true:
            w = random_scalar(group, random)
            entries.append([0, 0])
            commitments += [group.power_g(w), group.power(y, w)]
        else:
            challenge, response = random_scalar(group, random), random_scalar(group, random)
            entries.append([challenge, response])
            commitments += [
                group.mul(group.power_g(response), group.power(c.alpha, challenge)),
                group.mul(group.power(y, response), group.power(c.beta, challenge)),
            ]
    total = hash_to_scalar(group, prefix, commitments)
    entries[true][0] = (total - sum(entry[0] for entry in entries)) % group.q
    entries[true][1] = (w - r * entries[true][0]) % group.q
    return [Proof(*entry).encode() for entry in entries]


def less(group: Group, c: Ciphertext, value: int) -> Ciphertext:
    """The ciphertext of the message minus ``value``."""
    return Ciphertext(c.alpha, group.div(c.beta, group.power_g(value)))


def make_answer(
    election: Election,
    question: Question,
    s_0: str,
    votes: Sequence[int],
    random: Random,
    nonces: Sequence[int] | None = None,
) -> dict[str, Any]:
    """One answer; ``votes`` may be what no honest client encrypts, the proofs are then wrong."""
    group, y = election.group, election.y
    rs = list(nonces or (random_scalar(group, random) for _ in votes))
    cs = [encrypt(group, y, vote, r) for vote, r in zip(votes, rs, strict=True)]
    individual = [
        prove_or(
            group, y, interval_prefix(group, "prove", s_0, c),
            [c, less(group, c, 1)], int(vote == 1), r, random,
        )
        for c, vote, r in zip(cs, votes, rs, strict=True)
    ]  # fmt: skip
    s = proofs.with_ciphertexts(group, s_0, cs)
    first = int(question.blank)
    total, r_sum, marks = product(group, cs[first:]), sum(rs[first:]), sum(votes[first:])
    values = range(question.low, question.high + 1)
    true = values.index(marks) if marks in values else 0
    branches = [less(group, total, value) for value in values]
    answer = {
        "choices": [{"alpha": group.ser(c.alpha), "beta": group.ser(c.beta)} for c in cs],
        "individual_proofs": individual,
    }
    if not question.blank:
        prefix = interval_prefix(group, "prove", s, total)
        return {
            **answer,
            "overall_proof": prove_or(group, y, prefix, branches, true, r_sum, random),
        }
    flag, r_flag = cs[0], rs[0]
    branches = [less(group, flag, 1), *branches]
    true, r = (0, r_flag) if votes[0] == 1 else (true + 1, r_sum)
    blank = (0, r_flag) if votes[0] == 0 else (1, r_sum)
    return {
        **answer,
        "overall_proof": prove_or(group, y, f"bproof1|{s}|", branches, true, r, random),
        "blank_proof": prove_or(group, y, f"bproof0|{s}|", [flag, total], *blank, random),
    }


def sign(group: Group, unsigned: dict[str, Any], s: int, random: Random) -> bytes:
    """The ballot with its signature; any earlier signature is replaced."""
    unsigned = {name: value for name, value in unsigned.items() if name != "signature"}
    hashed = proofs.ballot_hash(unsigned)
    proof = proofs.sign_ballot(group, s, hashed, random_scalar(group, random))
    return compact({**unsigned, "signature": {"hash": hashed, "proof": proof.encode()}})


def make_ballot(
    election: Election,
    s: int,
    votes: Sequence[Sequence[int]],
    random: Random,
    nonces: Sequence[Sequence[int]] | None = None,
) -> bytes:
    """A ballot under the credential g^s, one list of votes per question."""
    group = election.group
    credential = group.ser(group.power_g(s))
    s_0 = proofs.statement(election.fingerprint, credential)
    answers = [
        make_answer(election, question, s_0, votes[i], random, nonces[i] if nonces else None)
        for i, question in enumerate(election.questions)
    ]
    unsigned = {
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "credential": credential,
        "answers": answers,
    }
    return sign(group, unsigned, s, random)


@dataclass
class Trustees:
    """Trustees of any kind with their exponents by owner number."""

    group: Group
    random: Random
    entries: list[Any] = field(default_factory=list)
    shares: dict[int, int] = field(default_factory=dict)
    y: Element = None

    def __post_init__(self) -> None:
        self.y = self.group.identity

    def single(self) -> "Trustees":
        x = random_scalar(self.group, self.random)
        pok = proofs.prove_knowledge(self.group, x, random_scalar(self.group, self.random))
        key = self.group.power_g(x)
        entry = {"pok": pok.encode(), "public_key": self.group.ser(key), "name": "甲"}
        self.entries.append(["Single", entry])
        self.shares[len(self.shares) + 1] = x
        self.y = self.group.mul(self.y, key)
        return self

    def pedersen(self, t: int, m: int, form: str = "superset") -> "Trustees":
        group, random = self.group, self.random
        secrets = [threshold.draw_secret(group, i, t, random) for i in range(1, m + 1)]
        certs = [threshold.certificate(group, secret, m, random) for secret in secrets]
        messages = [threshold.coefficient_message(group, secret, random) for secret in secrets]
        signatures = [
            threshold.sign_certificates(group, secret, certs, message, random)
            for secret, message in zip(secrets, messages, strict=True)
        ]
        keys = []
        for j, secret in enumerate(secrets, 1):
            parts = [threshold.share_for(group, other, j) for other in secrets]
            share = threshold.combine_shares(group, j, parts, messages)
            keys.append(threshold.verification_key(group, secret, share, random))
            self.shares[len(self.shares) + 1] = share
        if form != "superset":  # the form of 2.5.1 (format §5.2)
            keys = [{name: key[name] for name in ("pok", "public_key")} for key in keys]
        body = threshold.encode_trustees(t, certs, messages, signatures, keys)
        self.entries += archives.json.loads(body)
        for secret in secrets:
            self.y = group.mul(self.y, group.power_g(secret.coefficients[0]))
        return self

    def encode(self) -> bytes:
        return compact(self.entries)


@dataclass
class Made:
    """An election with everything secret, for tests to go on from."""

    election: Election
    trustees: Trustees
    secrets: list[int]
    weights: list[int]
    ballots: list[bytes]
    random: Random

    @property
    def group(self) -> Group:
        return self.election.group

    def credentials(self) -> bytes:
        group = self.group
        texts = [group.ser(group.power_g(s)) for s in self.secrets]
        return compact(
            [t if w == 1 else f"{t},{w}" for t, w in zip(texts, self.weights, strict=True)]
        )

    def sums(self, counted: Sequence[tuple[int, bytes]] | None = None) -> Sums:
        """The weighted product; ``counted`` are (weight, ballot) of the ballots that count."""
        group = self.group
        sums = empty_sums(group, [question.width for question in self.election.questions])
        for weight, body in self.counted() if counted is None else counted:
            rows = [answer["choices"] for answer in archives.json.loads(body)["answers"]]
            opened = tuple(
                tuple(
                    Ciphertext(
                        group.power(group.parse(c["alpha"]), weight),
                        group.power(group.parse(c["beta"]), weight),
                    )
                    for c in row
                )
                for row in rows
            )
            sums = add(group, sums, opened)
        return sums

    def counted(self) -> list[tuple[int, bytes]]:
        """Weight and last ballot of each credential."""
        group, last = self.group, dict[str, bytes]()
        for body in self.ballots:
            last[archives.json.loads(body)["credential"]] = body
        weight = {
            group.ser(group.power_g(s)): w for s, w in zip(self.secrets, self.weights, strict=True)
        }
        return [(weight[credential], body) for credential, body in last.items()]

    def partial(self, owner: int, sums: Sums, number: int | None = None) -> Raw:
        share = self.trustees.shares[owner]
        body = decrypt_partially(self.group, self.election.fingerprint, share, sums, self.random)
        return archives.partial(number or owner, body)

    def stages(self, counts: list[list[int]], owners: Sequence[int] = ()) -> list[Raw]:
        """The whole archive with the result ``counts``."""
        sums, counted = self.sums(), self.counted()
        weight = sum(w for w, _ in counted)
        raw, trustees = self.election.raw, self.trustees
        return [
            archives.setup(raw, trustees.encode(), self.credentials()),
            *map(archives.ballot, self.ballots),
            archives.END,
            archives.tally(
                encode_sums(self.group, sums),
                len(counted),
                weight if weight < 2**30 else str(weight),
            ),
            *(self.partial(owner, sums) for owner in owners or trustees.shares),
            archives.result([[n if n < 2**30 else str(n) for n in row] for row in counts]),
        ]


def make(
    group: Group,
    votes: Sequence[tuple[int, Sequence[Sequence[int]]]],
    questions: Sequence[Question],
    trustees: Trustees | None = None,
    weights: Sequence[int] = (),
    voters: int = 0,
    name: str = "",
) -> Made:
    """An election in which voter i (from 0) casts each (i, votes) in this order."""
    random = Stream(f"{group.name}/{name}")
    trustees = trustees or Trustees(group, random).pedersen(2, 3)
    election = encode_election(group, trustees.y, "测试", "test", list(questions), UUID)
    number = max([i + 1 for i, _ in votes] + [voters, len(weights)])
    secrets = [random_scalar(group, random) for _ in range(number)]
    ballots = [make_ballot(election, secrets[i], marks, random) for i, marks in votes]
    return Made(election, trustees, secrets, list(weights) or [1] * number, ballots, random)


def reopen(name: str) -> Made:
    """One of the shared good archives as if it had been made here."""
    stages, known = archives.good(name), archives.secrets_of(name)
    election = decode_election(stages[0].documents[0])
    group, random = election.group, Stream(name)
    secrets = [
        derive(known["credential_rule"], election.uuid, voter["private_credential"]) % group.q
        for voter in known["voters"]
    ]
    shares = {
        entry["owner"]: int(entry["share"] if "share" in entry else entry["private_key"])
        for entry in known["trustees"]
    }
    trustees = Trustees(group, random, archives.json.loads(stages[0].documents[1]), shares)
    ballots = [stage.documents[0] for stage in stages if stage.kind == "Ballot"]
    return Made(election, trustees, secrets, [1] * len(secrets), ballots, random)


def tracker(body: bytes) -> str:
    """Belenios' own tracker of a ballot."""
    return b64(hashlib.sha256(body).digest())
