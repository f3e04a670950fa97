"""The ``.bel`` container: the bytes of the published archives, and hostile tars."""

import io
import tarfile
import tracemalloc
from collections.abc import Iterator

import pytest

from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.tally.archive import (
    ArchiveWriter,
    BallotsEnded,
    CastBallot,
    EncryptedTally,
    PartialDecryption,
    Result,
    Setup,
    header,
    member,
)
from ballot.tally.archive_reader import FRAME_CODES, MAX_DOCUMENT, read_archive
from tests.archives import DATA, GOOD, TIMESTAMP, Raw, build, compact, digest, good

FILES = sorted(path.name for path in DATA.glob("*.bel"))


def findings(data: bytes) -> list[str]:
    """The codes of everything the reader has to say."""
    found: list[Invalid] = []
    for _ in read_archive(io.BytesIO(data), found.append):
        pass
    return [error.code for error in found]


@pytest.fixture(scope="module")
def archive() -> bytes:
    return (DATA / "superset_ed25519_threshold.bel").read_bytes()


def members(data: bytes) -> list[tuple[int, int]]:
    """Offset and size of the body of each member."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return [(entry.offset_data, entry.size) for entry in tar.getmembers()]


@pytest.mark.parametrize("name", FILES)
def test_what_is_read_is_written_again_byte_for_byte(name: str) -> None:
    data = (DATA / name).read_bytes()
    copy = io.BytesIO()
    writer = ArchiveWriter(copy, int(data[136:147], 8))
    for stage in read_archive(io.BytesIO(data)):
        match stage:
            case Setup(election, trustees, credentials):
                writer.setup(election, trustees, credentials)
            case CastBallot(_, body):
                writer.ballot(body)
            case BallotsEnded():
                writer.end_ballots()
            case EncryptedTally(body, count, weight):
                writer.encrypted_tally(body, count, weight)
            case PartialDecryption(owner, body):
                writer.partial_decryption(owner, body)
            case Result(body):
                writer.result(body)
    assert copy.getvalue() == data


def test_stages_carry_what_their_documents_say() -> None:
    stages = list(read_archive(io.BytesIO((DATA / "ed25519_threshold.bel").read_bytes())))
    ballots = [stage for stage in stages if isinstance(stage, CastBallot)]
    assert [ballot.number for ballot in ballots] == [1, 2, 3, 4, 5]
    assert ballots[0].digest == sha256(ballots[0].body)
    tally = next(stage for stage in stages if isinstance(stage, EncryptedTally))
    assert (tally.count, tally.weight) == (5, 5)
    owners = [stage.owner for stage in stages if isinstance(stage, PartialDecryption)]
    assert owners == [1, 2]
    assert isinstance(stages[-1], Result)


def test_a_weight_of_2_to_the_30_is_written_as_a_string() -> None:
    stream = io.BytesIO()
    writer = ArchiveWriter(stream, 0)
    writer.setup(b"{}", b"[]", b"[]")
    writer.end_ballots()
    writer.encrypted_tally(b"[]", 1, 2**30)
    assert b'"total_weight":"1073741824"' in stream.getvalue()
    last = list(read_archive(io.BytesIO(stream.getvalue())))[-1]
    assert isinstance(last, EncryptedTally)
    assert last.weight == 2**30


def test_ordinary_tar_readers_list_the_members(archive: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames()[0] == "BELENIOS"


def test_a_writer_refuses_an_order_that_no_archive_has() -> None:
    writer = ArchiveWriter(io.BytesIO(), 0)
    with pytest.raises(ValueError, match="Setup is missing"):
        writer.ballot(b"{}")
    writer = ArchiveWriter(io.BytesIO(), 0)
    writer.setup(b"{}", b"[]", b"[]")
    writer.end_ballots()
    with pytest.raises(ValueError, match="Ballot after EndBallots"):
        writer.ballot(b"{}")
    with pytest.raises(ValueError, match="EncryptedTally is missing"):
        writer.result(b"{}")


@pytest.mark.parametrize("timestamp", [-1, 8**11])
def test_a_timestamp_fits_its_field(timestamp: int) -> None:
    with pytest.raises(ValueError, match="octal"):
        ArchiveWriter(io.BytesIO(), timestamp)


def test_the_default_is_to_raise_at_the_first_finding(archive: bytes) -> None:
    with pytest.raises(Invalid, match=r"archive\.end_blocks"):
        list(read_archive(io.BytesIO(archive + bytes(1024))))


def test_a_cut_after_an_event_is_no_finding_and_any_other_is(archive: bytes) -> None:
    ends = {1024}  # BELENIOS alone: nothing has happened yet
    for offset, size in members(archive):
        if b".event.json" in archive[offset - 512 : offset]:
            ends.add(offset + size + -size % 512)
    assert len(ends) == 12
    for cut in sorted({*ends, *range(512, len(archive), 256)}):
        expected = set() if cut in ends else {"archive.truncated"}
        assert set(findings(archive[:cut])) == expected, cut


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_belenios"),
        (b"\x89PNG\r\n" + bytes(600), "not_belenios"),
        (b"PK\x03\x04" + bytes(2000), "not_belenios"),
        (member("BELENIOS", b'{"version":1,"timestamp":1}', 1), "timestamp"),
        (member("BELENIOS", b'{"version":1,"timestamp":"01"}', 1), "timestamp"),
        (member("BELENIOS", b'{"version":2,"timestamp":"1"}', 1), "timestamp"),
        (member("BELENIOS", b'{"version":1,"timestamp":"2"}', 1), "timestamp"),
        (member("BELENIOS", b'{"version":1,"timestamp":"1"}', 1)[:520], "truncated"),
        (member("BELENIOS", b"x" * 600, 1), "not_belenios"),
    ],
)
def test_the_first_member_says_what_the_file_is(data: bytes, code: str) -> None:
    assert findings(data) == [f"archive.{code}"]


def test_every_byte_of_a_header_is_compared(archive: bytes) -> None:
    for offset in range(0, 512, 7):
        changed = bytearray(archive)
        changed[1024 + offset] ^= 1
        codes = findings(bytes(changed))
        assert codes, offset
        assert codes[0] in FRAME_CODES


def test_another_writer_of_tar_is_noticed_and_still_read(archive: bytes) -> None:
    at = members(archive)[3][0] - 512
    changed = bytearray(archive)
    changed[at + 257 : at + 265] = b"ustar\x0000"
    assert findings(bytes(changed)) == ["archive.header"]


def test_a_time_that_differs_is_noticed(archive: bytes) -> None:
    (offset, size) = members(archive)[5]
    name = archive[offset - 512 : offset - 412].rstrip(b"\0").decode()
    other = header(name, size, int(archive[136:147], 8) + 1)
    changed = archive[: offset - 512] + other + archive[offset:]
    assert findings(changed) == ["archive.timestamp"]


def test_padding_is_zero(archive: bytes) -> None:
    offset, size = members(archive)[1]
    changed = bytearray(archive)
    changed[offset + size] = 1
    assert findings(bytes(changed)) == ["archive.padding"]


def test_a_document_is_named_by_its_digest_and_reading_goes_on(archive: bytes) -> None:
    offset, _ = members(archive)[6]
    changed = bytearray(archive)
    changed[offset + 30] ^= 1
    found: list[Invalid] = []
    stages = list(read_archive(io.BytesIO(bytes(changed)), found.append))
    assert [error.code for error in found] == ["archive.name"]
    assert isinstance(stages[-1], Result)


@pytest.mark.parametrize("tail", [bytes(512), bytes(1024), bytes(10240)])
def test_end_of_archive_blocks_are_refused(archive: bytes, tail: bytes) -> None:
    assert findings(archive + tail) == ["archive.end_blocks"]


@pytest.mark.parametrize(
    ("tail", "code"),
    [(b"x", "truncated"), (b"x" * 512, "header"), (header("../x", 0, TIMESTAMP), "header")],
)
def test_nothing_may_follow_the_last_member(archive: bytes, tail: bytes, code: str) -> None:
    assert findings(archive + tail) == [f"archive.{code}"]


@pytest.mark.parametrize("size", ["77777777777", "00020000001"])
def test_a_huge_member_is_refused_before_it_is_read(archive: bytes, size: str) -> None:
    assert int(size, 8) > MAX_DOCUMENT
    name = f"{'0' * 64}.data.json"
    forged = bytearray(header(name, 0, TIMESTAMP))
    forged[124:135] = size.encode()

    class Watched(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.largest = max(self.largest, size or 0)
            return super().read(size)

    stream = Watched(archive + bytes(forged) + bytes(4096))
    found: list[Invalid] = []
    list(read_archive(stream, found.append))
    assert [error.code for error in found] == ["archive.too_large"]
    assert stream.largest <= MAX_DOCUMENT


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        (b'"height":1', b'"height":7', ["height"]),
        (b'"height":1', b'"height":01', ["event"]),
        (b'"height":1', b'"height":-1', ["event"]),
        (b'"type":"Ballot"', b'"type":"ballot"', ["event"]),
        (b'"type":"Ballot"', b'"type":"Shuffle"', ["event"]),
        (b'"type":"Ballot"', b'"type":"EndBallots"', ["unreferenced", "payload", "order"]),
        (b'"type":', b' "type":', ["event"]),
        (b'"payload":', b'"payload":null,"payload":', ["event"]),
    ],
)  # fmt: skip
def test_events_have_one_spelling_and_say_the_truth(
    old: bytes, new: bytes, codes: list[str]
) -> None:
    data = event_changed(good("superset_ed25519_threshold"), 1, old, new)
    expected = [f"archive.{code}" for code in codes]
    assert findings(data)[: len(expected)] == expected


def event_changed(stages: list[Raw], number: int, old: bytes, new: bytes) -> bytes:
    """The archive with the body of one event changed and all later parents following."""
    out, parent = build([]), ""
    for height, stage in enumerate(stages):
        for document in stage.documents:
            out += member(f"{digest(document)}.data.json", document, TIMESTAMP)
        event = {"parent": parent, "height": height, "type": stage.kind}
        if not parent:
            del event["parent"]
        if stage.documents:
            event["payload"] = digest(stage.documents[-1])
        body = compact(event)
        if height == number:
            body = body.replace(old, new)
        parent = digest(body)
        out += member(f"{parent}.event.json", body, TIMESTAMP)
    return out


def test_a_broken_parent_is_noticed() -> None:
    stages = good("superset_ed25519_threshold")
    whole = event_changed(stages, -1, b"", b"")
    assert findings(whole) == []
    first = digest(
        compact({"height": 0, "type": "Setup", "payload": digest(stages[0].documents[3])})
    )
    data = event_changed(stages, 1, first.encode(), b"0" * 64)
    assert findings(data) == ["archive.parent"]
    # and a payload that names another document
    payload = digest(stages[1].documents[0])
    data = event_changed(stages, 1, payload.encode(), b"0" * 64)
    assert findings(data) == ["archive.payload"]


def test_a_document_that_nothing_names_is_noticed() -> None:
    stages = good("superset_ed25519_threshold")
    extra = Raw("Ballot", (b"{}", *stages[1].documents))
    assert findings(build([stages[0], extra])) == ["archive.unreferenced"]
    many = Raw("Ballot", (b"{}",) * 9)
    assert findings(build([stages[0], many])) == ["archive.unreferenced"]


def test_a_document_that_is_missing_is_noticed() -> None:
    stages = good("superset_ed25519_threshold")
    assert findings(build([stages[0], Raw("Ballot", ())])) == ["archive.document"]
    tally = Raw("EncryptedTally", stages[-4].documents[1:])
    assert findings(build([*stages[:-4], tally])) == ["archive.document"]


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("EncryptedTally", b'"num_tallied":5', b'"num_tallied":05'),
        ("EncryptedTally", b'"num_tallied":5', b'"num_tallied": 5'),
        ("EncryptedTally", b'"total_weight":5', b'"total_weight":"5"'),
        ("EncryptedTally", b'"total_weight":5', b'"total_weight":1073741824'),
        ("EncryptedTally", b'"total_weight":5', b'"total_weight":5,"total_weight":5'),
        ("PartialDecryption", b'"owner":2', b'"owner":"2"'),
        ("PartialDecryption", b'"owner":2', b'"owner":2.0'),
        ("Setup", b'{"election"', b'{"more":1,"election"'),
    ],
)
def test_naming_documents_have_one_spelling(kind: str, old: bytes, new: bytes) -> None:
    stages = good("superset_ed25519_threshold")
    at = next(i for i, stage in enumerate(stages) if stage.kind == kind)
    *first, naming = stages[at].documents
    assert old in naming
    stages[at] = Raw(kind, (*first, naming.replace(old, new)))
    assert findings(build(stages)) == ["archive.document"]


def test_naming_documents_name_the_documents_before_them() -> None:
    for kind in ("Setup", "EncryptedTally", "PartialDecryption"):
        stages = good("superset_ed25519_threshold")
        at = next(i for i, stage in enumerate(stages) if stage.kind == kind)
        first, *others = stages[at].documents
        stages[at] = Raw(kind, (first + b" ", *others))
        assert findings(build(stages)) == ["archive.payload"]


def test_an_archive_that_does_not_begin_with_its_setup_is_not_read_on() -> None:
    stages = good("superset_ed25519_threshold")
    assert findings(build(stages[1:]))[0] == "archive.event_missing"
    assert findings(build([Raw("Nonsense"), *stages])) == ["archive.event"]


@pytest.mark.parametrize("name", GOOD)
def test_the_test_builder_makes_the_published_bytes(name: str) -> None:
    data = (DATA / f"{name}.bel").read_bytes()
    assert build(good(name), int(data[136:147], 8)) == data


def test_reading_needs_the_memory_of_one_ballot() -> None:
    setup = good("superset_ed25519_threshold")[0]
    count, size = 1500, 8192

    class Endless:
        """Made while it is read: the archive itself is never in memory."""

        def __init__(self) -> None:
            self._parts, self._left = self._make(), b""

        def _make(self) -> Iterator[bytes]:
            buffer = io.BytesIO()
            writer = ArchiveWriter(buffer, TIMESTAMP)
            writer.setup(*setup.documents[:3])
            for number in range(count):
                writer.ballot(bytes(size) + b"%d" % number)
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()

        def read(self, size: int, /) -> bytes:
            self._left = self._left or next(self._parts, b"")
            part, self._left = self._left[:size], self._left[size:]
            return part

    tracemalloc.start()
    read = sum(isinstance(stage, CastBallot) for stage in read_archive(Endless()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == count
    assert peak < 2**20 < count * size
