"""``verify_record`` on good, unfinished, changed and hostile records, check by check."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballot.crypto.encoding import code_of_hex, dumps, loads
from ballot.crypto.merkle import sorted_root
from ballot.crypto.signing import sign
from ballot.polling import receipt_document
from ballot.tally.events import Event
from ballot.tally.record import FIXED_DATE
from ballot.verify.record import verify_record
from ballot.verify.report import CHECKS
from tests.archives import ballot, build, compact, position, take_apart
from tests.forged_records import (
    FIRST,
    SECOND,
    Members,
    change,
    codes,
    failures,
    members,
    play,
    resign,
    statuses,
    verify,
    zipped,
)

GOOD = "three_way"


def archive(function: Callable[[list[Any]], list[Any]], path: str = FIRST) -> Members:
    """The record with the stages of an archive changed and its chain made anew."""
    found, name = members(), f"{path}election.bel"
    timestamp = 1736985600  # 2025-01-16T00:00Z
    return found | {name: build(function(take_apart(found[name])), timestamp)}


def admissions(function: Callable[[list[Any]], None]) -> Members:
    """The record with the admissions of the first round changed."""
    found, name = members(), f"{FIRST}admissions.jsonl"
    lines = [loads(line) for line in found[name].splitlines()]
    function(lines)
    return found | {name: b"".join(dumps(line) + b"\n" for line in lines)}


def body(kind: str, slot: str | None, function: Callable[[Any], None]) -> Members:
    """The record with the body of the first such event changed and everything re-signed."""
    seen: list[Event] = []

    def edit(event: Event) -> Event:
        if event.kind == kind and event.slot == slot and not seen:
            seen.append(event)
            function(event.body)
        return event

    return resign(edit)


def without(kind: str, number: int = 1) -> Members:
    """The record without the n-th event of a kind, re-signed."""
    left = [number]

    def drop(event: Event) -> Event | None:
        left[0] -= event.kind == kind
        return None if event.kind == kind and left[0] == 0 else event

    return resign(drop)


@pytest.mark.parametrize("style", ["three_way", "approve", "grades"])
def test_a_whole_session_of_every_style_is_valid(style: str) -> None:
    made = play(style)
    report = verify(members(style), code_of_hex(made.definition.session))
    assert report.verdict == "valid"
    assert report.exit_code() == 0
    rounds = report.facts["rounds"]
    assert [entry["elected"] for entry in rounds] == [
        certificate["elected"] for certificate in made.played.certificates
    ]
    assert statuses(report)["V14"] == ("not_applicable" if style == "grades" else "pass")


def test_the_report_begins_with_what_a_reader_compares() -> None:
    facts, made = verify(members()).facts, play(GOOD)
    assert list(facts)[:3] == ["practice", "session", "session_code"]
    assert facts["session"] == made.definition.session
    first = facts["rounds"][0]
    assert first["fingerprint"] == made.played.facts[0].fingerprint
    assert (12, first["root"]) == made.played.facts[0].sealed
    assert first["root_code"] == code_of_hex(first["root"])
    assert first["archive"] == made.played.facts[0].archive


def test_several_processes_say_the_same() -> None:
    seen: list[tuple[int, int]] = []
    report = verify(members(), jobs=2, progress=lambda done, of: seen.append((done, of)))
    assert report == verify(members())
    assert seen[-1] == (24, 24)


def test_without_the_session_code_the_record_is_not_checkable() -> None:
    report = verify(members(), None)
    assert report.verdict == "not_checkable"
    assert [name for name, status in statuses(report).items() if status != "pass"] == ["V2"]


@pytest.mark.parametrize("code", ["7K3F", "", "not a code"])
def test_a_short_code_is_never_accepted(code: str) -> None:
    report = verify_record(lambda: io.BytesIO(zipped(members())), code)
    assert codes(report, "V2") == {"code.malformed"}
    assert report.exit_code() == 2


def test_the_code_of_another_session_fails() -> None:
    assert failures(verify(members(), "7K3F-9QXM-2T8B")) == {"V2": "record.other_session"}


def test_a_changed_definition_is_another_session() -> None:
    found = failures(verify(change("definition.json", lambda d: d.update(title="另一个"))))
    assert found["V2"] == "record.other_session"
    assert "V3" in found


def test_an_unpublished_record_is_not_checkable() -> None:
    report = verify(without("published"))
    assert report.verdict == "not_checkable"
    assert codes(report, "V3") == {"record.unfinished"}


@pytest.mark.parametrize("name", sorted(["README.txt", f"{FIRST}outcome.json", "definition.json"]))
def test_a_missing_member_fails(name: str) -> None:
    found = {key: data for key, data in members().items() if key != name}
    assert failures(verify(found))["V1"] == "record.missing"


def test_a_slot_too_short_for_its_ballots_fails_v2() -> None:
    def shorten(definition: Any) -> None:
        definition["votes"][0]["slots"][0]["length"] = 1000

    assert "definition.length" in codes(verify(change("definition.json", shorten)), "V2")


def test_missing_admissions_fail_and_leave_their_checks_open() -> None:
    found = {k: v for k, v in members().items() if k != f"{FIRST}admissions.jsonl"}
    report = verify(found)
    assert failures(report) == {"V1": "record.missing"}
    assert {statuses(report)[name] for name in ("V5", "V6", "V7", "V8")} == {"not_checkable"}


def test_an_archive_of_a_round_without_certificate_is_unexpected() -> None:
    found = members() | {"rounds/projects-9/election.bel": members()[f"{FIRST}election.bel"]}
    assert failures(verify(found)) == {"V1": "record.unexpected"}


def test_another_readme_fails() -> None:
    assert failures(verify(members() | {"README.txt": b"all is well"})) == {"V1": "record.readme"}


# V4: the joint key.


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (lambda b: b["commitments"].reverse(), "keys.commitment"),
        (lambda b: b["drills"].reverse(), "keys.drill"),
        (lambda b: b["drills"][0].update(response="1"), "keys.drill"),
        (lambda b: b.update(trustees=b["trustees"].replace("1", "2", 1)), "proof.invalid"),
    ],
    ids=["commitments", "drill of another", "drill proof", "trustees"],
)
def test_v4_refuses_a_false_key_ceremony(function: Callable[[Any], None], code: str) -> None:
    assert code in codes(verify(body("keys_ready", None, function)), "V4")


def test_v4_needs_every_trustee() -> None:
    def drop(event: Event) -> Event:
        kept = event.signatures[1:] if event.kind == "keys_ready" else event.signatures
        return replace(event, signatures=kept)

    assert codes(verify(resign(drop)), "V4") == {"keys.too_few_signatures"}


# V3 and V8: events.


def test_v3_refuses_an_event_that_was_left_out() -> None:
    assert "V3" in failures(verify(without("box_empty")))


def test_v3_refuses_a_chain_that_was_cut() -> None:
    lines = members()["events.jsonl"].splitlines(keepends=True)
    for at in range(1, len(lines)):
        report = verify(members() | {"events.jsonl": b"".join(lines[:at] + lines[at + 1 :])})
        assert "V3" in failures(report), at
        break


def test_an_adoption_without_quorum_is_none() -> None:
    def drop(event: Event) -> Event:
        kept = event.signatures[:1] if event.kind == "adopted" else event.signatures
        return replace(event, signatures=kept)

    assert failures(verify(resign(drop)))["V2"] == "record.not_adopted"


def test_v8_refuses_a_second_root() -> None:
    found = failures(verify(body("sealed", "projects-1", lambda b: b.update(root="00" * 32))))
    assert found["V8"] == "seal.differs"


def test_v8_needs_the_seal_quorum() -> None:
    assert "seal.too_few" in codes(verify(without("sealed")), "V8")


def test_v8_refuses_another_root_that_everyone_signed() -> None:
    root = sorted_root([b"\1" * 32]).hex()

    def edit(event: Event) -> Event:
        if event.slot == "projects-1" and event.kind == "sealed":
            event.body["root"] = root
        if event.slot == "projects-1" and event.kind == "round_closed":
            event.body["tablet"]["root"] = root
        return event

    assert "seal.root" in codes(verify(resign(edit)), "V8")


# V5: the archive.


def test_v5_refuses_another_election_document() -> None:
    def edit(stages: list[Any]) -> list[Any]:
        documents = list(stages[0].documents)
        documents[0] = documents[0].replace("赞成".encode(), "同意".encode(), 1)
        return [replace(stages[0], documents=_named(documents)), *stages[1:]]

    report = verify(archive(edit))
    assert codes(report, "V5") == {"record.election"}
    assert codes(report, "V13") == {"certificate.content"}  # its digest of the archive


def _named(documents: list[bytes]) -> tuple[bytes, ...]:
    from tests.archives import setup

    return setup(*documents[:3]).documents


def test_v5_refuses_a_longer_list_of_credentials() -> None:
    def edit(stages: list[Any]) -> list[Any]:
        documents = list(stages[0].documents)
        documents[2] = compact([*loads(documents[2]), loads(documents[2])[0]])
        return [replace(stages[0], documents=_named(documents)), *stages[1:]]

    assert codes(verify(archive(edit)), "V5") == {"record.credentials"}


@pytest.mark.parametrize("kind", ["EndBallots", "EncryptedTally", "Result"])
def test_v5_refuses_a_missing_event(kind: str) -> None:
    report = verify(archive(lambda stages: [s for s in stages if s.kind != kind]))
    assert codes(report, "V5") == {"archive.event_missing"}


def test_v5_refuses_another_time() -> None:
    found, name = members(), f"{FIRST}election.bel"
    report = verify(found | {name: build(take_apart(found[name]), 1736985601)})
    assert codes(report, "V5") == {"archive.timestamp"}


# V6, V7: ballots and tokens.


def test_a_ballot_left_out_is_named_by_seal_sum_and_certificate() -> None:
    def edit(stages: list[Any]) -> list[Any]:
        at = position(stages, "Ballot", 3)
        return stages[:at] + stages[at + 1 :]

    found = failures(verify(archive(edit)))
    assert {"V5", "V7", "V8", "V9", "V13"} <= set(found)


def test_a_damaged_ballot_is_named_and_the_others_are_checked() -> None:
    def edit(stages: list[Any]) -> list[Any]:
        at = position(stages, "Ballot", 3)
        value = stages[at].json
        proof = value["answers"][0]["overall_proof"][0]
        proof["response"] = str(int(proof["response"]) ^ 1)
        return [*stages[:at], ballot(compact(value)), *stages[at + 1 :]]

    report = verify(archive(edit))
    assert codes(report, "V6") == {"ballot.bad_proof", "envelope.malformed"} & codes(report, "V6")
    assert codes(report, "V8") == {"seal.tracker", "seal.root", "seal.order"} & codes(report, "V8")
    assert {"V6", "V8"} <= set(failures(report))
    assert statuses(report)["V9"] == "pass"


def test_a_ballot_cast_twice_fails() -> None:
    def edit(stages: list[Any]) -> list[Any]:
        at = position(stages, "Ballot", 3)
        return [*stages[: at + 1], *stages[at:]]

    report = verify(archive(edit))
    assert "token.spent" in codes(report, "V7")
    assert "ballot.bad_proof" in codes(report, "V6")  # every α of it stands twice


def test_a_token_of_another_ballot_fails() -> None:
    def swap(lines: list[Any]) -> None:
        lines[0]["token"], lines[1]["token"] = lines[1]["token"], lines[0]["token"]

    report = verify(admissions(swap))
    assert codes(report, "V7") == {"token.invalid"}
    assert "seal.tracker" in codes(report, "V8")  # tracker and leaf cover the whole envelope


@pytest.mark.parametrize("token", [[], ["A" * 512]])
def test_every_signer_must_have_signed(token: list[str]) -> None:
    report = verify(admissions(lambda lines: lines[0].update(token=token)))
    assert "V7" in failures(report)


def test_a_cap_proof_of_another_ballot_fails() -> None:
    def swap(lines: list[Any]) -> None:
        lines[0]["cap_proof"] = lines[1]["cap_proof"]

    report = verify(admissions(swap))
    assert codes(report, "V6") == {"ballot.over_limit"}
    assert "seal.tracker" in codes(report, "V8")


def test_a_missing_cap_proof_fails() -> None:
    report = verify(admissions(lambda lines: lines[0].update(cap_proof=None)))
    assert codes(report, "V6") == {"ballot.over_limit"}


def test_an_admission_too_many_or_too_few_fails() -> None:
    report = verify(admissions(lambda lines: lines.append(lines[0])))
    assert codes(report, "V7") == {"admissions.surplus"}
    assert codes(verify(admissions(lambda lines: lines.pop())), "V7") == {"admissions.missing"}


def test_v7_refuses_more_ballots_than_were_issued() -> None:
    def fewer(b: Any) -> None:
        b["issued"][0].update(tablet=11, signers=[11, 11])

    assert "numbers.surplus" in codes(verify(body("check_in_closed", None, fewer)), "V7")


# V9 to V13: from the sum to the certificate.


def test_v9_refuses_a_false_count() -> None:
    def edit(stages: list[Any]) -> list[Any]:
        at = position(stages, "EncryptedTally")
        documents = stages[at].documents
        false = documents[1].replace(b'"num_tallied":12', b'"num_tallied":11')
        return [
            *stages[:at],
            replace(stages[at], documents=(documents[0], false)),
            *stages[at + 1 :],
        ]

    assert codes(verify(archive(edit)), "V9") == {"tally.count"}


def test_v10_refuses_a_partial_decryption_that_was_not_handed_in() -> None:
    def edit(stages: list[Any]) -> list[Any]:
        at = position(stages, "PartialDecryption")
        return stages[:at] + stages[at + 1 :]

    report = verify(archive(edit))
    assert codes(report, "V10") == {"partial.not_stated", "partial.too_few"}
    assert statuses(report)["V11"] == "not_checkable"


def test_v11_refuses_totals_that_do_not_follow() -> None:
    def more(b: Any) -> None:
        b["totals"][0][0] += 1

    assert failures(verify(body("counted", "projects-1", more)))["V11"] == "record.totals"


def test_v11_refuses_another_paper_sheet() -> None:
    found = change(f"{FIRST}paper.json", lambda d: d.update(valid=5))
    assert failures(verify(found)) == {"V11": "record.paper"}


def test_v11_refuses_a_sheet_that_contradicts_itself() -> None:
    def more(b: Any) -> None:
        b["rows"][0][0] += 1

    report = verify(body("paper_counted", "projects-1", more))
    assert "event.paper_sheet" in codes(report, "V11")


def test_v12_refuses_an_outcome_that_the_rules_do_not_give() -> None:
    def swap(b: Any) -> None:
        outcome = b["outcome"]
        outcome["elected"].append(outcome["runoff"].pop())

    assert "record.outcome" in codes(verify(body("counted", "projects-1", swap)), "V12")
    found = change(f"{FIRST}outcome.json", lambda d: d["outcome"].update(shortfall=1))
    assert failures(verify(found)) == {"V12": "record.outcome"}


def test_v13_refuses_a_certificate_that_nobody_signed() -> None:
    def edit(document: Any) -> None:
        document["certificate"]["present"] = 17

    report = verify(change(f"{FIRST}certificate.json", edit))
    assert codes(report, "V13") == {"certificate.digest", "certificate.content"}


def test_v13_refuses_signatures_that_are_not_those_of_the_event() -> None:
    report = verify(change(f"{FIRST}certificate.json", lambda d: d["signatures"].pop()))
    assert failures(report) == {"V13": "certificate.signatures"}


def test_v13_needs_every_role() -> None:
    def drop(event: Event) -> Event:
        kept = event.signatures[1:] if event.kind == "certified" else event.signatures
        return replace(event, signatures=kept)

    report = verify(resign(drop))
    assert "certificate.too_few_signatures" in codes(report, "V13")


def test_v13_refuses_the_certificate_of_another_round() -> None:
    found = members()
    other = found[f"{SECOND}certificate.json"]
    report = verify(found | {f"{FIRST}certificate.json": other})
    assert "certificate.digest" in codes(report, "V13")


def test_v14_refuses_a_run_off_on_other_items() -> None:
    found = codes(
        verify(body("run_off_called", "projects-2", lambda b: b["items"].reverse())), "V14"
    )
    assert found == {"rounds.wrong_items"}


def test_v14_refuses_other_places() -> None:
    found = codes(verify(body("run_off_called", "projects-2", lambda b: b.update(seats=1))), "V14")
    assert found == {"rounds.wrong_places"}


# Receipts.


def receipt(tracker: str, signature: str | None = None) -> bytes:
    made = play(GOOD)
    document = receipt_document(made.definition.session, "projects-1", tracker)
    signed = signature or sign(made.box_key, "receipt", document)
    return dumps(document | {"signature": signed})


def test_a_receipt_is_found_in_the_box() -> None:
    leaf = loads(members()[f"{FIRST}admissions.jsonl"].splitlines()[5])["tracker"]
    assert verify(members(), receipt=receipt(leaf)).verdict == "valid"


def test_a_receipt_whose_ballot_is_missing_fails_and_names_it() -> None:
    report = verify(members(), receipt=receipt("ab" * 32))
    assert failures(report) == {"V8": "receipt.no_leaf"}
    assert "ab" * 32 in report.checks[7].detail


def test_a_forged_receipt_proves_nothing() -> None:
    report = verify(members(), receipt=receipt("ab" * 32, "00" * 64))
    assert codes(report, "V8") == {"receipt.malformed"}
    assert report.verdict == "not_checkable"


# The container.


def test_another_kind_of_file_is_no_false_record() -> None:
    for data in (b"", b"PK", b"hello" * 100, members()[f"{FIRST}election.bel"]):
        report = verify(data)
        assert report.verdict == "not_checkable"
        assert codes(report, "V1") == {"container.not_a_record"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"\0",
        lambda data: b"\0" + data,
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-2] + struct.pack("<H", 5) + b"hello",
    ],
    ids=["after", "before", "a byte short", "half", "comment"],
)
def test_bytes_around_the_container_are_never_valid(spoil: Callable[[bytes], bytes]) -> None:
    assert verify(spoil(zipped(members()))).verdict != "valid"


def rezip(
    content: list[tuple[str, bytes]],
    method: int = zipfile.ZIP_DEFLATED,
    **fields: Any,
) -> bytes:
    """A zip file like that of ``write_record``, but for ``fields`` of each header."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, data in content:
            info = zipfile.ZipInfo(name, FIXED_DATE)
            info.compress_type, info.create_system = method, 3
            info.external_attr = 0o644 << 16
            for field, value in fields.items():
                setattr(info, field, value)
            file.writestr(info, data)
    return stream.getvalue()


def test_stored_members_are_as_good_as_deflated_ones() -> None:
    data = rezip(sorted(members().items()), zipfile.ZIP_STORED)
    assert verify(data).verdict == "valid"


@pytest.mark.parametrize(
    "fields",
    [
        {"date_time": (2025, 1, 16, 0, 0, 0)},
        {"comment": b"see page 2"},
        {"extra": b"\xfe\xca\0\0"},
        {"create_system": 0},
        {"external_attr": 0o777 << 16},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_header_has_one_spelling(fields: dict[str, Any]) -> None:
    data = rezip(sorted(members().items()), **fields)
    assert failures(verify(data))["V1"] == "container.header"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_are_refused(method: int) -> None:
    data = rezip(sorted(members().items()), method)
    assert failures(verify(data))["V1"] == "container.header"


def test_members_out_of_order_twice_or_unknown_are_refused() -> None:
    entries = sorted(members().items())
    assert failures(verify(rezip(entries[::-1])))["V1"] == "container.order"
    extra = ("../../etc/passwd", b"x")
    assert "container.unexpected" in codes(verify(rezip([extra, *entries])), "V1")
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = rezip([*entries, entries[-1]])
    assert codes(verify(twice), "V1") == {"container.order"}


def test_a_member_that_inflates_without_end_is_not_inflated() -> None:
    bomb = members() | {f"{FIRST}election.bel": bytes(64 * 2**20)}
    data = zipped(bomb)
    tracemalloc.start()
    report = verify(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "container.too_large" in codes(report, "V1")
    assert peak < 32 * 2**20


def test_a_million_members_are_not_read() -> None:
    data = zipped(members())
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, 0, len(data) - 22, 0)
    assert codes(verify(data[:-22] + end), "V1") >= {"container.end"}


@pytest.mark.parametrize(
    "line",
    [b"[" * 100_000, b"\xff\xfe", b'{"kind":"\\u001b[2J"}', b"{}"],
    ids=["deep", "not UTF-8", "control", "empty"],
)
def test_hostile_events_are_findings_and_no_crash(line: bytes) -> None:
    found = members()
    report = verify(found | {"events.jsonl": found["events.jsonl"] + line + b"\n"})
    assert failures(report) == {"V1": "event.malformed"}
    assert all(text.isprintable() for c in report.checks for text in (c.code, c.detail))


@settings(max_examples=6)
@given(st.data())
def test_no_single_byte_can_change(data: st.DataObject) -> None:
    good = zipped(members())
    at = data.draw(st.integers(0, len(good) - 1), "byte")
    spoiled = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255), "by")]) + good[at + 1 :]
    assert verify(spoiled).verdict != "valid"


@settings(max_examples=6)
@given(st.data())
def test_no_byte_of_a_member_can_change(data: st.DataObject) -> None:
    found = members()
    name = data.draw(st.sampled_from(sorted(found)), "member")
    at = data.draw(st.integers(0, len(found[name]) - 1), "byte")
    by = data.draw(st.integers(1, 255), "by")
    spoiled = found[name][:at] + bytes([found[name][at] ^ by]) + found[name][at + 1 :]
    report = verify(found | {name: spoiled})
    assert report.verdict == "invalid"
    assert tuple(check.id for check in report.checks) == CHECKS
