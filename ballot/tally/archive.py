"""The ``.bel`` container: an append-only V7 tar with a chain of events.

Each member is a 512-byte header and a body padded with NUL; each *stage* (set-up, one
ballot, the end of the ballots, …) is its documents followed by one event that names the
last document and the event before. :class:`ArchiveWriter` appends stages;
:func:`ballot.tally.archive_reader.read_archive` gives them back.

Source: belenios-format.md §3, §4.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn

from ballot.crypto.encoding import b64, compact, sha256
from ballot.crypto.errors import Invalid
from ballot.tally.aggregate import encode_sized

BLOCK = 512
MAX_TIMESTAMP = 8**11 - 1

DOCUMENTS = {
    "Setup": 4,
    "Ballot": 1,
    "EndBallots": 0,
    "EncryptedTally": 2,
    "PartialDecryption": 2,
    "Result": 1,
}
"""The types of events in the only order in which they may come, with their documents."""

_ORDER = tuple(DOCUMENTS)
_SEVERAL = ("Ballot", "PartialDecryption")


@dataclass(frozen=True, slots=True)
class Setup:
    """The three documents everything else refers to, as bytes."""

    election: bytes = field(repr=False)
    trustees: bytes = field(repr=False)
    credentials: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CastBallot:
    """One ballot; ``number`` counts from 1 in the order of the archive."""

    number: int
    body: bytes = field(repr=False)
    digest: bytes

    @property
    def tracker(self) -> str:
        """Belenios' own ballot tracker (format §5.3), not the tracker of protocol §2."""
        return b64(self.digest)


@dataclass(frozen=True, slots=True)
class BallotsEnded:
    """No ballot can follow."""


@dataclass(frozen=True, slots=True)
class EncryptedTally:
    """The stored sum, with the number of ballots and the total weight that it states."""

    body: bytes = field(repr=False)
    count: int
    weight: int


@dataclass(frozen=True, slots=True)
class PartialDecryption:
    """The partial decryption of trustee ``owner`` (numbers from 1, format §5.2)."""

    owner: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """The stated result, as bytes."""

    body: bytes = field(repr=False)


Stage = Setup | CastBallot | BallotsEnded | EncryptedTally | PartialDecryption | Result


def header(name: str, size: int, timestamp: int) -> bytes:
    """The one header of a member: V7 tar without magic, owner or link (format §3)."""
    fields = b"%b0000644\0%b%011o\0%011o\0" % (
        name.encode().ljust(100, b"\0"),
        b"0000000\0" * 2,
        size,
        timestamp,
    )
    # The checksum counts its own field as eight spaces.
    block = (fields + b" " * 8 + b"0").ljust(BLOCK, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def member(name: str, body: bytes, timestamp: int) -> bytes:
    """Header, body and padding of one member."""
    return header(name, len(body), timestamp) + body + bytes(-len(body) % BLOCK)


def event(parent: str | None, height: int, kind: str, payload: str | None) -> bytes:
    """The body of an event; ``parent`` and ``payload`` are lower-case hex SHA-256."""
    values = {"parent": parent, "height": height, "type": kind, "payload": payload}
    return compact({name: value for name, value in values.items() if value is not None})


def follow(stage: str, kind: str, report: Callable[[Invalid], None]) -> bool:
    """Whether an event of type ``kind`` may stand after one of type ``stage`` ("" at first).

    Reports ``archive.order`` or ``archive.event_repeated`` and is False where it may not;
    reports ``archive.event_missing`` and is True where it may but one between is missing.
    """
    position = _ORDER.index(stage) if stage else -1
    wanted = _ORDER.index(kind)
    if kind == stage and kind not in _SEVERAL:
        report(Invalid("archive.event_repeated", f"{kind} stands twice"))
        return False
    if wanted < position:
        report(Invalid("archive.order", f"{kind} after {stage}"))
        return False
    for missing in _ORDER[position + 1 : wanted]:
        if missing not in _SEVERAL:
            report(Invalid("archive.event_missing", f"{missing} is missing before {kind}"))
    return True


class ArchiveWriter:
    """Appends the stages of an election to ``stream``, one call per event.

    Bodies are written as they are and never kept: ten thousand ballots need no more memory
    than one. ``timestamp`` is in seconds since 1970 and stands in every member. Calls in
    an order no archive can have raise ValueError.
    """

    def __init__(self, stream: BinaryIO, timestamp: int) -> None:
        if not 0 <= timestamp <= MAX_TIMESTAMP:
            raise ValueError("a timestamp has at most eleven octal digits")
        self._stream, self._timestamp = stream, timestamp
        self._parent: str | None = None
        self._height = 0
        self._stage = ""
        head = b'{"version":1,"timestamp":"%d"}' % timestamp
        stream.write(member("BELENIOS", head, timestamp))

    def setup(self, election: bytes, trustees: bytes, credentials: bytes) -> None:
        """The first event with the three documents of the set-up."""
        digests = [sha256(body).hex() for body in (election, trustees, credentials)]
        names = dict(zip(("election", "trustees", "credentials"), digests, strict=True))
        self._append("Setup", election, trustees, credentials, compact(names))

    def ballot(self, body: bytes) -> None:
        """One accepted ballot."""
        self._append("Ballot", body)

    def end_ballots(self) -> None:
        """No ballot follows."""
        self._append("EndBallots")

    def encrypted_tally(self, body: bytes, count: int, weight: int) -> None:
        """The sum of the counted ballots, their number and their total weight."""
        self._append("EncryptedTally", body, encode_sized(count, weight, sha256(body).hex()))

    def partial_decryption(self, owner: int, body: bytes) -> None:
        """The partial decryption of trustee ``owner``."""
        owned = compact({"owner": owner, "payload": sha256(body).hex()})
        self._append("PartialDecryption", body, owned)

    def result(self, body: bytes) -> None:
        """The result; nothing follows."""
        self._append("Result", body)

    def _append(self, kind: str, *documents: bytes) -> None:
        follow(self._stage, kind, _misuse)
        self._stage = kind
        payload = None
        for body in documents:
            payload = self._write(body, "data")
        self._parent = self._write(event(self._parent, self._height, kind, payload), "event")
        self._height += 1

    def _write(self, body: bytes, suffix: str) -> str:
        digest = sha256(body).hex()
        self._stream.write(member(f"{digest}.{suffix}.json", body, self._timestamp))
        return digest


def _misuse(error: Invalid) -> NoReturn:
    raise ValueError(error.detail)
