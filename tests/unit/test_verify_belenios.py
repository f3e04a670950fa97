"""``verify_archive`` on archives of every shape, good, unfinished, damaged and hostile."""

import io
import json
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from functools import cache
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballot.crypto.group import Group
from ballot.tally.archive_reader import MAX_DOCUMENT
from ballot.tally.election import Question
from ballot.verify.belenios import verify_archive
from tests import archives
from tests.archives import (
    DATA,
    GOOD,
    Raw,
    build,
    compact,
    failures,
    good,
    position,
    secrets_of,
    statuses,
    verify,
)
from tests.elections import ED, FF, Made, Stream, Trustees, make, make_ballot, tracker

MANIFEST: list[dict[str, Any]] = json.loads((DATA / "manifest.json").read_bytes())["files"]
ONE = [Question("一", ("甲", "乙", "丙"), 0, 2)]
ELSEWHERE = {"V2", "V3", "V7", "V8", "V12", "V13", "V14"}
both_groups = pytest.mark.parametrize("group", [ED, FF], ids=lambda group: group.name)


@cache
def small(group: Group) -> Made:
    """Three voters, one question of three answers, trustees 2 of 3."""
    return make(group, [(0, [[1, 1, 0]]), (1, [[0, 1, 0]]), (2, [[0, 0, 0]])], ONE)


SMALL_RESULT = [[1, 2, 0]]


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_published_archives_have_their_stated_verdict(entry: dict[str, Any]) -> None:
    report = verify((DATA / entry["file"]).read_bytes())
    assert report.verdict == entry["expected"]
    assert report.facts["archive"] == entry["sha256"]
    if report.verdict == "valid":
        assert report.facts["result"] == entry["result"]
        assert report.exit_code() == 0
        assert {c.id for c in report.checks if c.status == "not_applicable"} == ELSEWHERE
    else:
        assert report.exit_code() == 1


@pytest.mark.parametrize(
    ("file", "failed", "named"),
    [
        ("bad_proof.bel", {"V6": "ballot.bad_proof"}, "ballot 2 (wEwMHbncwJ96VlWKQyMbQDdCal7k"),
        ("bad_removed_ballot.bel", {"V9": "tally.not_the_sum"}, ""),
        ("bad_noncanonical_ballot.bel", {"V6": "ballot.malformed"}, "ballot 4 (8Nxd6PUmojMTtUN"),
    ],
)
def test_a_bad_archive_fails_one_named_check(file: str, failed: dict[str, str], named: str) -> None:
    report = verify((DATA / file).read_bytes())
    assert failures(report) == failed
    assert named in next(check.detail for check in report.checks if check.status == "fail")


@pytest.mark.parametrize("name", GOOD)
def test_the_facts_are_those_of_the_election(name: str) -> None:
    known = secrets_of(name)
    facts = verify((DATA / f"{name}.bel").read_bytes()).facts
    assert facts["fingerprint"] == known["election_hash"]
    assert (facts["uuid"], facts["group"]) == (known["uuid"], known["group"])
    assert (facts["ballots"], facts["counted"], facts["credentials"]) == (5, 5, 5)
    assert facts["result"] == known["result"]


def test_the_report_says_that_eligibility_was_not_checked() -> None:
    check = verify((DATA / "approve_2048.bel").read_bytes()).checks[6]
    assert (check.id, check.status) == ("V7", "not_applicable")
    assert "proves no eligibility" in check.detail


def test_the_number_of_processes_changes_nothing() -> None:
    data = (DATA / "superset_ed25519_threshold.bel").read_bytes()
    assert verify(data, jobs=2).to_json() == verify(data).to_json()
    made = small(ED)
    bad = made.ballots[1].replace(b'"response":"1', b'"response":"2', 1)
    assert bad != made.ballots[1]
    stages = made.stages(SMALL_RESULT)
    stages[2] = archives.ballot(bad)
    report = verify(build(stages), jobs=2)
    assert report.to_json() == verify(build(stages)).to_json()
    assert "ballot 2" in report.checks[5].detail


def test_another_kind_of_file_is_not_called_false() -> None:
    for data in (b"", b"PK\x03\x04" + bytes(600), b"%PDF-1.7\n" + bytes(9000)):
        report = verify(data)
        assert (report.verdict, report.exit_code()) == ("not_checkable", 2)
        assert report.checks[0].code == "archive.not_belenios"


def test_progress_counts_every_ballot() -> None:
    data = (DATA / "superset_ed25519_threshold.bel").read_bytes()
    told: list[tuple[int, int]] = []
    verify_archive(lambda: io.BytesIO(data), progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (5, 5)


# Shapes that we never write and must read.


@both_groups
def test_several_questions_blank_votes_weights_and_votes_again(group: Group) -> None:
    questions = [ONE[0], Question("二", ("是", "否"), 1, 1, blank=True)]
    votes = [
        (0, [[1, 0, 1], [1, 0, 0]]),
        (1, [[0, 0, 0], [0, 1, 0]]),
        (0, [[0, 1, 1], [0, 0, 1]]),
        (2, [[0, 1, 0], [1, 0, 0]]),
    ]
    trustees = Trustees(group, Stream("mixed")).single().pedersen(2, 3, "2.5.1").single()
    made = make(group, votes, questions, trustees, weights=[3, 2**30, 1, 5])
    report = verify(build(made.stages([[0, 4, 3], [1, 2**30, 3]], owners=(5, 1, 4, 2))))
    assert report.verdict == "valid", failures(report)
    assert report.checks[3].evidence["trustees"] == ["Single 1/1", "Pedersen 2/3", "Single 1/1"]
    assert report.checks[8].evidence == {"counted": 3, "weight": 2**30 + 4}
    assert report.facts["result"] == [[0, 4, 3], [1, 2**30, 3]]


@both_groups
def test_what_the_format_allows_is_no_error(group: Group) -> None:
    """α = the neutral element, an unsorted list, an empty box, more than t decryptions."""
    made = small(group)
    neutral = make_ballot(made.election, made.secrets[0], [[1, 1, 0]], made.random, [[0, 5, 6]])
    assert json.loads(neutral)["answers"][0]["choices"][0]["alpha"] == group.ser(group.identity)
    changed = replace(made, ballots=[neutral, *made.ballots[1:]])
    assert verify(build(changed.stages(SMALL_RESULT))).verdict == "valid"
    backwards = replace(made, secrets=made.secrets[::-1])
    assert verify(build(backwards.stages(SMALL_RESULT))).verdict == "valid"
    empty = replace(made, ballots=[])
    assert verify(build(empty.stages([[0, 0, 0]]))).verdict == "valid"
    assert len(made.trustees.shares) > 2  # stages() lets all three decrypt


@both_groups
def test_a_later_ballot_replaces_an_earlier_one(group: Group) -> None:
    made = small(group)
    again = make_ballot(made.election, made.secrets[0], [[0, 0, 1]], made.random)
    voted = replace(made, ballots=[*made.ballots, again])
    assert verify(build(voted.stages([[0, 1, 1]]))).verdict == "valid"
    first_counted = [*voted.stages([[0, 1, 1]])]
    honest = made.stages(SMALL_RESULT)
    at = position(first_counted, "EncryptedTally")
    first_counted[at:] = honest[position(honest, "EncryptedTally") :]
    assert failures(verify(build(first_counted))) == {"V9": "tally.not_the_sum"}


@pytest.mark.parametrize("name", ["approve_2048", "ed25519_threshold"])
def test_an_archive_cut_after_any_event_is_unfinished(name: str) -> None:
    stages = good(name)
    for length in range(len(stages)):
        report = verify(build(stages[:length]))
        assert (report.verdict, failures(report)) == ("not_checkable", {}), length
        assert report.exit_code() == 2
        assert report.checks[0].code == "archive.unfinished"
    assert verify(build(stages)).verdict == "valid"


# One bad thing is named, the rest is still looked at.


@both_groups
def test_every_bad_ballot_is_named_and_the_others_are_checked(group: Group) -> None:
    made = small(group)
    stages = made.stages(SMALL_RESULT)
    stranger = make_ballot(made.election, made.secrets[0] + 1, [[1, 0, 0]], made.random)
    stages[1:1] = [archives.ballot(b"{}"), archives.ballot(stranger)]
    stages.insert(position(stages, "EndBallots"), archives.ballot(b"\xff\x00"))
    report = verify(build(stages))
    assert failures(report) == {"V6": "ballot.unknown_credential"}
    found = [finding["detail"] for finding in report.checks[5].evidence["findings"]]
    assert [detail.split(" (")[0] for detail in found] == ["ballot 2", "ballot 1", "ballot 6"]
    assert tracker(stranger) in found[0]
    assert report.checks[5].evidence["ballots"] == 6
    assert statuses(report)["V11"] == "pass"


def test_thousands_of_bad_ballots_do_not_hold_the_verifier_up() -> None:
    setup, first, *_ = good("superset_ed25519_threshold")
    head = first.documents[0][: first.documents[0].index(b'"answers"')]
    for junk in (b'{"n":%d}', head.replace(b"%", b"%%") + b"%d"):
        stages = [archives.ballot(junk % number) for number in range(3000)]
        report = verify(build([setup, *stages]))
        assert failures(report) == {"V6": "ballot.malformed"}
        assert report.checks[5].evidence["failures"] <= 1001
        assert statuses(report)["V11"] == "not_checkable"


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (b"{}", "malformed"),
        (b'["' + b'","' * 300_000 + b'"]', "malformed"),
        (b'["x"]', "malformed"),
        (b'["%064d", "%064d"]' % (1, 2), "malformed"),
        (b'["%064d,"]' % 1, "malformed"),
        (b'["%064d,01"]' % 1, "malformed"),
        (b'["%064d,-1"]' % 1, "malformed"),
        (b'["%b"]' % (b"F" * 64), "malformed"),
        (b'["%b"]' % (b"f" * 64), "malformed"),
        (b'["%064d","%064d"]' % (1, 1), "duplicate"),
        (b'["%064d","%064d,2"]' % (1, 1), "duplicate"),
        (b"[" * 100_000, "malformed"),
    ],
)
def test_the_credential_list_has_one_spelling_and_no_entry_twice(
    credentials: bytes, code: str
) -> None:
    election, trustees, *_ = good("superset_ed25519_threshold")[0].documents
    report = verify(build([archives.setup(election, trustees, credentials)]))
    assert failures(report) == {"V5": f"credentials.{code}"}


@both_groups
def test_a_credential_outside_the_group_is_named_even_if_it_never_votes(group: Group) -> None:
    made = small(group)
    texts = json.loads(made.credentials())
    outside = torsion(group, group.parse(texts[0]))
    for bad in (outside, group.ser(group.identity)):
        stages = made.stages(SMALL_RESULT)
        election, trustees, _, _ = stages[0].documents
        stages[0] = archives.setup(election, trustees, compact([*texts, bad]))
        assert failures(verify(build(stages))) == {"V6": "credentials.bad_element"}


def torsion(group: Group, element: Any) -> str:
    """The element times an element of small order: outside the prime-order subgroup."""
    if group is FF:
        return str(FF.p - element)
    low = (2**255 - 20).to_bytes(32, "little")  # the point of order 2, (0, -1)
    return group.ser(group.mul(element, low))


# Hostile bytes: a named finding, never a traceback, in little memory.


@cache
def parts(name: str) -> list[Raw]:
    return good(name)


def check_survives(data: bytes) -> None:
    """No exception, never valid, and the JSON of the report can be written."""
    report = verify(data)
    assert report.verdict != "valid"
    assert report.exit_code() in (1, 2)
    json.dumps(report.to_json(), ensure_ascii=True)


@given(st.binary(max_size=2000))
def test_any_bytes_are_refused_with_a_name(data: bytes) -> None:
    check_survives(data)


SMALLEST = build(make(ED, [(0, [[1]])], [Question("一", ("甲",), 0, 1)]).stages([[1]]))


@given(st.integers(0, len(SMALLEST) * 8 - 1))
def test_any_flipped_bit_is_noticed(bit: int) -> None:
    changed = bytearray(SMALLEST)
    changed[bit // 8] ^= 1 << bit % 8
    check_survives(bytes(changed))


@given(st.integers(0, len(SMALLEST) - 1), st.integers(1, 3000), st.binary(max_size=600))
def test_any_replaced_stretch_is_noticed(start: int, length: int, new: bytes) -> None:
    changed = SMALLEST[:start] + new + SMALLEST[start + length :]
    if changed != SMALLEST and not SMALLEST.startswith(changed):
        check_survives(changed)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.data())
def test_any_replaced_json_value_is_refused_with_the_chain_made_anew(data: st.DataObject) -> None:
    stages = list(parts("superset_ed25519_threshold"))
    at = data.draw(st.integers(0, len(stages) - 1).filter(lambda i: stages[i].documents != ()))
    number = data.draw(st.integers(0, min(1, len(stages[at].documents) - 1)))
    value = json.loads(stages[at].documents[number])
    place = value
    while True:  # walk down to a random member and replace it
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    old, place[key] = place[key], data.draw(json_values)
    if type(old) is type(place[key]) and old == place[key]:
        return
    if stages[at].kind == "Setup" and key in ("name", "description"):
        return  # another election: free text that the fingerprint binds
    documents = list(stages[at].documents)
    documents[number] = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
    if stages[at].kind == "Setup":
        stages[at] = archives.setup(*documents[:3])
    else:
        stages[at] = Raw(stages[at].kind, tuple(documents))
    check_survives(build(stages))


DEEP = b"[" * 200_000
HOSTILE = {
    "deep": DEEP,
    "deep and closed": DEEP + b"]" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "many small lists": b"[" + b"[]," * 20_000 + b"[]]",
    "many numbers": b"[" + b"1," * 20_000 + b"1]",
    "a long number": b"9" * 1_000_000,
    "an open string": b'"' + b"x" * 1_000_000,
    "a lone surrogate": b'{"version":1,"description":"\\ud800"}',
    "a NUL": b'{"version":1,"description":"\x00"}',
    "not a number": b"[NaN,Infinity,-1e999]",
    "latin 1": b'{"name":"\xe9"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "nothing": b"",
}


@pytest.mark.parametrize(
    "kind", ["Setup", "Ballot", "EncryptedTally", "PartialDecryption", "Result"]
)
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_hostile_documents_are_refused(kind: str, hostile: bytes) -> None:
    stages = list(parts("superset_ed25519_threshold"))
    at = position(stages, kind)
    documents = (hostile, *stages[at].documents[1:])
    stages[at] = archives.setup(*documents[:3]) if kind == "Setup" else Raw(kind, documents)
    check_survives(build(stages))


# VmHWM and not ru_maxrss: a child's ru_maxrss starts at what its parent, the test runner, used.
MEASURED = """
import io, pathlib, re, sys
from ballot.verify.belenios import verify_archive
data = sys.stdin.buffer.read()
verdict = verify_archive(lambda: io.BytesIO(data)).verdict
status = pathlib.Path("/proc/self/status").read_text()
print(verdict, int(re.search("VmHWM:\\\\s+([0-9]+) kB", status)[1]) // 1024)
"""


def test_the_largest_hostile_documents_cost_little_memory() -> None:
    lists = b"[" + b"[]," * 690_000 + b"[]]"
    assert MAX_DOCUMENT * 0.98 < len(lists) < MAX_DOCUMENT
    election, trustees, *_ = parts("superset_ed25519_threshold")[0].documents
    names = b"{" + b",".join(b'"%x":0' % number for number in range(210_000)) + b"}"
    first = [archives.setup(election, names, b"[]")]
    ballots = [archives.ballot(lists)] * 20
    credentials = b'["' + b'","'.join(b"%064x" % n for n in range(2, 240_000)) + b'"]'
    for stages in (first, [archives.setup(lists, trustees, b"[]")],
                   [archives.setup(election, trustees, credentials), *ballots]):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", MEASURED], input=build(stages), capture_output=True, check=True
        )
        verdict, megabytes = done.stdout.split()
        assert verdict == b"invalid"
        assert int(megabytes) < 300


def test_memory_does_not_grow_with_the_number_of_ballots() -> None:
    setup = parts("superset_ed25519_threshold")[0]

    def peak(count: int) -> int:
        ballots = (archives.ballot(b'{"n":%d}' % n + b" " * 8000) for n in range(count))
        data = build([setup, *ballots])
        tracemalloc.start()
        verify(data)
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    peak(8)  # what is loaded once
    assert peak(800) - peak(80) < 2**18 < 720 * 8000


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_hostile_set_up_documents_are_refused(number: int, hostile: bytes) -> None:
    documents = list(parts("superset_ed25519_threshold")[0].documents[:3])
    documents[number] = hostile
    check_survives(build([archives.setup(*documents)]))


def test_a_name_that_stands_twice_is_refused() -> None:
    stages = list(parts("superset_ed25519_threshold"))
    stages[1] = archives.ballot(
        stages[1].documents[0].replace(b'{"election_uuid"', b'{"election_uuid":"x","election_uuid"')
    )
    report = verify(build(stages))
    assert failures(report)["V6"] == "ballot.malformed"


def test_control_characters_in_names_do_not_reach_the_report() -> None:
    made = small(ED)
    election = json.loads(made.election.raw)
    raw = compact({**election, "name": "\x1b[2J\u202e"})
    trustees = made.trustees.encode()
    report = verify(build([archives.setup(raw, trustees, made.credentials())]))
    assert report.facts["name"] == "\\x1b[2J\\u202e"


def test_a_file_that_changes_between_the_passes_is_noticed() -> None:
    made = small(ED)
    first = build(made.stages(SMALL_RESULT))
    other = build(replace(made, ballots=made.ballots[::-1]).stages(SMALL_RESULT))
    files = iter([first, other])

    def factory() -> BinaryIO:
        return io.BytesIO(next(files))

    report = verify_archive(factory)
    assert (report.verdict, report.checks[0].code) == ("not_checkable", "archive.changed")
