"""What the bench measures on: archives, and records of sessions played by the demonstration."""

import io
import secrets
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from ballot.crypto.encoding import code_of_hex
from ballot.crypto.group import Group
from ballot.crypto.proofs import random_scalar
from ballot.crypto.signing import SigningKey
from ballot.crypto.threshold import draw_secret, verify_trustees
from ballot.demo.officials import Official, Trustee, hold_ceremony
from ballot.demo.play import Play
from ballot.demo.sample import load_sample
from ballot.tally.aggregate import (
    add,
    combine,
    decode_partial,
    decrypt_partially,
    empty_sums,
    totals,
)
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.election import Question, encode_election, open_ballot, verify_ballot
from ballot.tally.envelope import decode_envelope
from ballot.tally.gate import Gate
from ballot.tally.record import credentials_of, write_archive, write_record
from ballot.tally.session import Definition

RANDOM = secrets.token_bytes
ANSWERS, CAP = 12, 10
INDEXES = range(1, 6)


def timed(function: Callable[[], object], repeat: int = 1) -> float:
    """Best of three, in ms of the processor per call: a busy machine does not matter."""
    best = float("inf")
    for _ in range(3 if repeat > 1 else 1):
        start = time.process_time()
        for _ in range(repeat):
            function()
        best = min(best, (time.process_time() - start) / repeat)
    return best * 1000


def devices(group: Group) -> list[Trustee]:
    """Five trustees of a 3-of-5 ceremony."""
    people = [Official(f"t{i}", f"t{i}", ["scrutineer"], SigningKey(RANDOM(32))) for i in INDEXES]
    return [
        Trustee(person, group, RANDOM, draw_secret(group, i, 3, RANDOM))
        for i, person in zip(INDEXES, people, strict=True)
    ]


def make_ballot(gate: Gate) -> bytes:
    """The envelope of a random ballot within the cap, under a new credential."""
    s = random_scalar(gate.group, RANDOM)
    credential = gate.group.ser(gate.group.power_g(s))
    marks = "".join("YA"[byte % 2] for byte in RANDOM(CAP)) + "A" * (ANSWERS - CAP)
    return seal_envelope(gate, encrypt(gate, marks, credential, RANDOM(32)), s, [], RANDOM)


Archive = tuple[bytes, dict[str, float], Callable[[], None]]


def make_archive(group: Group, ballots: int) -> Archive:
    """An approve archive (12 answers, max 10), the times of its parts, and what verifies one
    of its ballots.
    """
    trustees = devices(group)
    started = time.process_time()
    # Of the definition a ceremony needs the group and the threshold.
    terms = cast(Definition, SimpleNamespace(group=group, threshold=3))
    ceremony = hold_ceremony(terms, trustees)
    times = {"key ceremony 3-of-5": (time.process_time() - started) * 1000}

    keys = verify_trustees(group, ceremony.trustees)
    question = Question("bench", tuple(f"a{i}" for i in range(ANSWERS)), 0, CAP)
    election = encode_election(group, keys.y, "bench", "bench", [question], "B" * 22)
    gate = Gate("0" * 64, "bench", election, "approve", ANSWERS, None, (), frozenset(), 2**20)
    envelopes = [decode_envelope(gate, make_ballot(gate)) for _ in range(ballots)]
    sums = empty_sums(group, [ANSWERS])
    for envelope in envelopes:
        sums = add(group, sums, open_ballot(group, envelope.ballot).ciphertexts)
    times["create a ballot"] = timed(lambda: make_ballot(gate), 5)
    partials = {
        t.secret.index: decrypt_partially(group, election.fingerprint, t.share, sums, RANDOM)
        for t in trustees[:3]
    }
    factors = combine(
        group, keys, {o: decode_partial(group, [ANSWERS], p) for o, p in partials.items()}
    )
    stream = io.BytesIO()
    write_archive(
        stream,
        gate,
        "2025-01-16",
        ceremony.trustees,
        credentials_of(gate, (e.ballot.credential for e in envelopes)),
        envelopes,
        sums,
        ballots,
        partials,
        totals(group, sums, factors, ballots),
    )
    last = envelopes[-1].ballot
    return stream.getvalue(), times, lambda: verify_ballot(election, open_ballot(group, last))


def make_record(path: Path, voters: int) -> str:
    """Write a three-way Ed25519 record of so many random ballots; returns its 会议码."""
    source = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    sample = load_sample(source, None, voters, RANDOM)
    played = Play(sample, "Ed25519", RANDOM, lambda *_: None).run()
    with path.open("wb") as stream:
        write_record(stream, played.members)
    return code_of_hex(played.definition.session)
