"""The second verifier names the check of each forgery, and stands on its own."""

import ast
import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from ballot.tally.record import write_record
from tests.naive import verifier
from tests.naive.documents import Archive, canonical, compact, read_compact
from tests.naive.verifier import verify
from tests.plays import make_record

Members = dict[str, bytes]
ROUND = "rounds/projects-1/"
MIDNIGHT = 1736985600  # 2025-01-16T00:00Z, the sample's date


def members_of(record: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(record)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(change: Callable[[Members], None]) -> verifier.Problems:
    record, code = make_record("approve")
    members = members_of(record)
    before = dict(members)
    change(members)
    assert members != before
    out = io.BytesIO()
    write_record(out, members)
    return verify(out.getvalue(), code)


def failing(problems: verifier.Problems) -> set[str]:
    return {check for check, found in problems.items() if found}


def test_it_shares_no_code_with_the_package_it_checks() -> None:
    modules = set(Path(verifier.__file__).parent.glob("*.py"))
    for path in modules - set(Path(verifier.__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                own = name == "tests.naive" or name.startswith("tests.naive.")
                assert own or name.split(".")[0] in sys.stdlib_module_names, (path.name, name)


def test_another_session_code_fails_v2_alone() -> None:
    record, code = make_record("approve")
    other = ("8" if code[0] != "8" else "9") + code[1:]
    assert failing(verify(record, other)) == {"V2"}


def test_a_flipped_vote_count_fails_v11() -> None:
    def flip(members: Members) -> None:
        outcome = json.loads(members[ROUND + "outcome.json"])
        outcome["totals"][0][0] += 1
        members[ROUND + "outcome.json"] = canonical(outcome)

    assert failing(forged(flip)) == {"V11"}


def test_a_flipped_result_of_the_archive_fails_v11() -> None:
    def flip(members: Members) -> None:
        archive = Archive.read(members[ROUND + "election.bel"], MIDNIGHT)
        result = read_compact(archive.result)
        result["result"][0][0] ^= 1
        archive.result = compact(result)
        members[ROUND + "election.bel"] = archive.build()

    # The certificate states the digest of the archive.
    assert failing(forged(flip)) == {"V11", "V13"}


def test_a_dropped_ballot_fails_v8_and_v9() -> None:
    def drop(members: Members) -> None:
        archive = Archive.read(members[ROUND + "election.bel"], MIDNIGHT)
        gone = read_compact(archive.ballots.pop(0))["credential"]
        left = [c for c in read_compact(archive.credentials) if c != gone]
        archive.credentials = compact(left)
        members[ROUND + "election.bel"] = archive.build()
        lines = members[ROUND + "admissions.jsonl"].splitlines(keepends=True)
        members[ROUND + "admissions.jsonl"] = b"".join(lines[1:])

    found = failing(forged(drop))
    assert {"V8", "V9", "V13"} <= found
    assert not found & {"V1", "V2", "V3", "V4", "V5", "V6", "V7"}


def test_swapped_tokens_fail_v7_and_the_seal() -> None:
    def swap(members: Members) -> None:
        name = ROUND + "admissions.jsonl"
        first, second, *others = [json.loads(line) for line in members[name].splitlines()]
        first["token"], second["token"] = second["token"], first["token"]
        lines = [canonical(entry) + b"\n" for entry in (first, second, *others)]
        members[name] = b"".join(lines)

    assert failing(forged(swap)) == {"V7", "V8"}


def test_a_changed_seal_root_fails_v8_and_the_chain() -> None:
    def change(members: Members) -> None:
        lines = [json.loads(line) for line in members["events.jsonl"].splitlines()]
        event = next(e for e in lines if e["kind"] == "sealed")
        event["body"]["root"] = "0" * 64
        members["events.jsonl"] = b"".join(canonical(e) + b"\n" for e in lines)

    assert failing(forged(change)) >= {"V8", "V3"}


def test_a_false_proof_fails_v6() -> None:
    def spoil(members: Members) -> None:
        archive = Archive.read(members[ROUND + "election.bel"], MIDNIGHT)
        ballot = read_compact(archive.ballots[0])
        proof = ballot["answers"][0]["individual_proofs"][0]
        proof[0], proof[1] = proof[1], proof[0]
        archive.ballots[0] = compact(ballot)
        members[ROUND + "election.bel"] = archive.build()

    assert "V6" in failing(forged(spoil))


def test_a_member_that_nobody_expects_fails_v1() -> None:
    def add(members: Members) -> None:
        members["notes.txt"] = b"by the way"

    assert failing(forged(add)) == {"V1"}
