"""The table of measures: ``scripts/bench [--ballots 100 1000] [--quick]``; times in ms.

Ratios compare with a peer in the same run on the same machine (``belenios-tool`` on the
same archive, or one group with the other); nothing here passes or fails.
"""

import argparse
import io
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ballot.crypto import blind
from ballot.crypto.encoding import code_of_hex
from ballot.crypto.group import GROUPS, Group
from ballot.crypto.proofs import random_scalar
from ballot.crypto.slotkey import generate_slot_key
from ballot.crypto.threshold import draw_secret, verify_trustees
from ballot.demo.officials import Official, Trustee, hold_ceremony
from ballot.demo.play import Play, Played
from ballot.demo.sample import load_sample
from ballot.tally.aggregate import (
    add,
    combine,
    decode_partial,
    decrypt_partially,
    empty_sums,
    totals,
)
from ballot.tally.ballots import Gate, encrypt, seal_envelope
from ballot.tally.ballots import decode_envelope as decode
from ballot.tally.election import Question, encode_election, open_ballot, verify_ballot
from ballot.tally.record import credentials_of, write_archive, write_record
from ballot.verify.belenios import verify_archive
from ballot.verify.record import verify_record

RANDOM = secrets.token_bytes
ANSWERS, CAP = 12, 10


class Ceremony:
    """A definition's part that :func:`hold_ceremony` needs."""

    def __init__(self, group: Group, threshold: int) -> None:
        self.group, self.threshold = group, threshold


def timed(function: Callable[[], object], repeat: int = 1) -> float:
    """Best of three, in ms per call."""
    best = float("inf")
    for _ in range(3 if repeat > 1 else 1):
        start = time.perf_counter()
        for _ in range(repeat):
            function()
        best = min(best, (time.perf_counter() - start) / repeat)
    return best * 1000


def devices(group: Group) -> list[Trustee]:
    """Five trustees of a 3-of-5 ceremony."""
    people = [Official(f"t{i}", f"t{i}", ["scrutineer"], None) for i in range(1, 6)]
    return [
        Trustee(person, group, RANDOM, draw_secret(group, i, 3, RANDOM))
        for i, person in enumerate(people, 1)
    ]


def make_archive(group: Group, ballots: int) -> tuple[bytes, dict[str, float]]:
    """An approve archive (12 answers, max 10) and the times of its parts."""
    trustees = devices(group)
    started = time.perf_counter()
    ceremony = hold_ceremony(Ceremony(group, 3), trustees)
    times = {"key ceremony 3-of-5": (time.perf_counter() - started) * 1000}

    keys = verify_trustees(group, ceremony.trustees)
    question = Question("bench", tuple(f"a{i}" for i in range(ANSWERS)), 0, CAP)
    election = encode_election(group, keys.y, "bench", "bench", [question], "B" * 22)
    gate = Gate("0" * 64, "bench", election, "approve", ANSWERS, None, (), frozenset(), 2**20)
    envelopes, sums = [], empty_sums(group, [ANSWERS])
    for _ in range(ballots):
        s = random_scalar(group, RANDOM)
        credential = group.ser(group.power_g(s))
        marks = "".join("YA"[byte % 2] for byte in RANDOM(CAP)) + "A" * (ANSWERS - CAP)
        envelopes.append(
            decode(
                gate,
                seal_envelope(gate, encrypt(gate, marks, credential, RANDOM(32)), s, [], RANDOM),
            )
        )
        sums = add(group, sums, open_ballot(group, envelopes[-1].ballot).ciphertexts)
    times["create a ballot"] = timed(
        lambda: seal_envelope(gate, encrypt(gate, marks, credential, RANDOM(32)), s, [], RANDOM), 5
    )
    opened = envelopes[-1].ballot
    times["verify a ballot"] = timed(
        lambda: verify_ballot(election, open_ballot(group, opened)), 10
    )
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
    return stream.getvalue(), times


def archive_times(data: bytes) -> dict[str, float]:
    """Our verifier with one and two processes, and belenios-tool, on one archive."""
    times = {}
    for jobs in (1, 2):
        times[f"--jobs {jobs}"] = timed(
            lambda j=jobs: expect(verify_archive(lambda: io.BytesIO(data), j))
        )
    tool = shutil.which("belenios-tool")
    if tool:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "bench.bel").write_bytes(data)
            command = [tool, "election", "verify", "--dir", folder]
            times["belenios-tool"] = timed(
                lambda: subprocess.run(command, check=True, capture_output=True)
            )
    return times


def expect(report: object) -> None:
    """Stop the bench if what is measured is not a valid verdict."""
    if report.verdict != "valid":
        raise SystemExit(f"not valid: {report.to_json()}")


def make_record(voters: int) -> tuple[bytes, str, Played]:
    """A three-way Ed25519 record of so many random ballots."""
    source = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    sample = load_sample(source, None, voters, RANDOM)
    played = Play(sample, "Ed25519", RANDOM, lambda *_: None).run()
    stream = io.BytesIO()
    write_record(stream, played.members)
    return stream.getvalue(), code_of_hex(played.definition.session), played


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ballots", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--archive", type=int, default=100, help="ballots of the archives")
    options = parser.parse_args()
    table = Table("measure", "ms", "ratio")
    verify = {}
    for name, group in GROUPS.items():
        data, times = make_archive(group, options.archive)
        for what, ms in times.items():
            table.add_row(f"{name}: {what}", f"{ms:.1f}", "")
        verify[name] = times["verify a ballot"]
        compared = archive_times(data) if name == "BELENIOS-2048" else {}
        peer = compared.get("belenios-tool")
        for what, ms in compared.items():
            ratio = f"{ms / peer:.2f} × belenios-tool" if peer else "belenios-tool is not installed"
            table.add_row(f"{name}: archive of {options.archive}, {what}", f"{ms:.0f}", ratio)
    faster = verify["BELENIOS-2048"] / verify["Ed25519"]
    table.add_row("Ed25519 against BELENIOS-2048, verify a ballot", "", f"{faster:.1f} × faster")
    keys = generate_slot_key()
    request = blind.blind(keys.public, b"message", RANDOM).request
    table.add_row(
        "blind signature", f"{timed(lambda: blind.blind_sign(keys, request, RANDOM), 20):.1f}", ""
    )
    for ballots in options.ballots:
        data, code, _ = make_record(ballots)
        for jobs in (1, 2):
            ms = timed(
                lambda j=jobs, d=data, c=code: expect(verify_record(lambda: io.BytesIO(d), c, j))
            )
            table.add_row(f"record of {ballots} ballots, --jobs {jobs}", f"{ms:.0f}", "")
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)
    )
    table.add_row("peak memory of this run (makes and verifies), MB", f"{peak / 1024:.0f}", "")
    Console(file=sys.stdout, width=110).print(table)


if __name__ == "__main__":
    main()
