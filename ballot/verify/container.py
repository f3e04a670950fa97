"""The container of a public record: one spelling of a zip file, read in bounded memory.

``record.zip`` is what :func:`ballot.tally.record.write_record` writes: every header is compared
with the only one that a member of that name, size and sum can have, so that no second reader
sees other members than this one (attacks D16, E18). Source: PKWARE APPNOTE 4.3.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from ballot.crypto.errors import Invalid
from ballot.tally.archive_reader import Readable

Streams = Callable[[], BinaryIO]
Report = Callable[[Invalid], None]

MAX_MEMBERS = 5000
MAX_RATIO = 100
"""Largest ratio of a member's size to its compressed size, above the first mebibyte."""

_MIB = 2**20
_LIMITS = {
    "definition.json": 8 * _MIB,
    "events.jsonl": 16 * _MIB,
    "README.txt": _MIB,
    "admissions.jsonl": 1024 * _MIB,
    "certificate.json": 2 * _MIB,
    "election.bel": 4095 * _MIB,
    "outcome.json": 2 * _MIB,
    "paper.json": 2 * _MIB,
}
_NAME = re.compile(
    r"(?:rounds/[a-z0-9-]{1,32}/"
    r"(?=admissions\.jsonl$|certificate\.json$|election\.bel$|outcome\.json$|paper\.json$)"
    r"|(?=definition\.json$|events\.jsonl$|README\.txt$))([A-Za-z.]+)",
    re.ASCII,
)
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_STORED, _DEFLATED = 0, 8
_VERSION = 20
_MADE_BY = 3 << 8 | _VERSION  # Unix
_DATE = 1 << 5 | 1  # 1980-01-01
_MODE = 0o644 << 16
_CHUNK = 2**16


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the container: where its bytes begin, and what its headers say of them."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    start: int


class Container:
    """The members of a record. Every :meth:`open` takes a stream of its own."""

    def __init__(self, streams: Streams, members: Mapping[str, Member], report: Report) -> None:
        self._streams, self._report = streams, report
        self.members = members

    def open(self, name: str) -> "MemberStream":
        """The content of a member of that name, as a context manager."""
        return MemberStream(self._streams(), self.members[name], self._report)

    def read(self, name: str) -> bytes | None:
        """The whole content of a member; None if there is none of that name."""
        if name not in self.members:
            return None
        with self.open(name) as stream:
            return b"".join(iter(lambda: stream.read(_CHUNK), b""))


class MemberStream:
    """The content of one member, inflated as it is read; what is wrong with it is reported."""

    def __init__(self, stream: BinaryIO, member: Member, report: Report) -> None:
        self._stream, self._member, self._report = stream, member, report
        self._left = member.packed
        self._size = self._crc = 0
        self._inflate = zlib.decompressobj(-15) if member.method == _DEFLATED else None
        self._waiting = b""
        self._over = False
        stream.seek(member.start)

    def __enter__(self) -> "MemberStream":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end, and none after a fault."""
        data = b""
        while size > 0 and not data and not self._over:
            if not self._waiting and self._left:
                self._waiting = self._stream.read(min(_CHUNK, self._left))
                self._left -= len(self._waiting)
                if not self._waiting:
                    self._left = 0
            data = self._next(size)
            if not data and not self._waiting and not self._left:
                self._end()
        self._size += len(data)
        self._crc = zlib.crc32(data, self._crc)
        if self._size > self._member.size:
            self._fault("longer than its header says")
            return b""
        return data

    def _next(self, size: int) -> bytes:
        if self._inflate is None:
            data, self._waiting = self._waiting[:size], self._waiting[size:]
            return data
        try:
            data = self._inflate.decompress(self._waiting, size)
        except zlib.error:
            self._fault("not a deflate stream")
            return b""
        self._waiting = self._inflate.unconsumed_tail
        if self._inflate.unused_data or (self._inflate.eof and self._left):
            self._fault("bytes after the end of its deflate stream")
        return data

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        whole = self._inflate is None or self._inflate.eof
        if not whole or (self._size, self._crc) != (self._member.size, self._member.crc):
            self._fault("not the bytes of its header")

    def _fault(self, what: str) -> None:
        self._over = True
        self._report(Invalid("container.content", f"{self._member.name}: {what}"))


def read_container(streams: Streams, report: Report) -> Container | None:
    """The container of a record; None if it cannot be read at all.

    Tells ``report`` about everything that :func:`~ballot.tally.record.write_record` would
    have written in another way (codes ``container.…``); ``container.not_a_record`` stands
    for a file of another kind.
    """
    with streams() as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        if stream.read(4) != b"PK\3\4" or size < _END.size:
            report(Invalid("container.not_a_record", "the file is not a zip file"))
            return None
        stream.seek(size - _END.size)
        mark, _, _, _, count, length, offset, _ = end = _END.unpack(stream.read(_END.size))
        if mark != b"PK\5\6" or offset + length + _END.size != size or count > MAX_MEMBERS:
            report(Invalid("container.end", "no end of a record at the end of the file"))
            return None
        if end != (b"PK\5\6", 0, 0, count, count, length, offset, 0):
            report(Invalid("container.end", "comment, or parts on other disks"))
        stream.seek(offset)
        directory = stream.read(length)
        members = _members(stream, directory, count, offset, report)
    return Container(streams, members, report)


def _members(
    stream: BinaryIO, directory: bytes, count: int, end: int, report: Report
) -> dict[str, Member]:
    members: dict[str, Member] = {}
    at = start = 0
    last = ""
    for _ in range(count):
        if at + _CENTRAL.size > len(directory):
            report(Invalid("container.directory", "ends inside an entry"))
            return members
        fields = _CENTRAL.unpack_from(directory, at)
        method, crc, packed, size, length = fields[4], *fields[7:11]
        raw = directory[at + _CENTRAL.size : at + _CENTRAL.size + length]
        name = raw.decode("ascii", "backslashreplace")
        at += _CENTRAL.size + length + fields[11] + fields[12]
        wanted = (b"PK\1\2", _MADE_BY, _VERSION, 0, method, 0, _DATE, crc, packed, size, length)
        if fields != (*wanted, 0, 0, 0, 0, _MODE, start) or method not in (_STORED, _DEFLATED):
            report(Invalid("container.header", f"{name}: not the one header of a record"))
            return members
        stream.seek(start)
        local = (b"PK\3\4", _VERSION, 0, method, 0, _DATE, crc, packed, size, length, 0)
        if stream.read(_LOCAL.size + length) != _LOCAL.pack(*local) + raw:
            report(Invalid("container.header", f"{name}: its two headers differ"))
            return members
        member = Member(name, method, crc, packed, size, start + _LOCAL.size + length)
        start = member.start + packed
        if start > end:
            report(Invalid("container.header", f"{name}: runs into the directory"))
            return members
        if name <= last:
            what = "twice" if name in members else "not in the order of the names"
            report(Invalid("container.order", f"{name} stands {what}"))
        elif _admit(member, report):
            members[name] = member
        last = name
    if at != len(directory) or start != end:
        report(Invalid("container.directory", "bytes that belong to no member"))
    return members


def _admit(member: Member, report: Report) -> bool:
    match = _NAME.fullmatch(member.name)
    if match is None:
        report(Invalid("container.unexpected", f"{member.name} belongs to no record"))
    elif member.size > _LIMITS[match[1]] or (
        member.size > _MIB and member.size > MAX_RATIO * member.packed
    ):
        report(Invalid("container.too_large", f"{member.name}: {member.size} bytes"))
    elif member.method == _STORED and member.size != member.packed:
        report(Invalid("container.header", f"{member.name}: stored, with two sizes"))
    else:
        return True
    return False


def read_lines(stream: Readable, longest: int, report: Report) -> Iterator[bytes]:
    """The lines of a ``.jsonl``, each without its line end; stops at one over ``longest`` bytes."""
    buffer = b""
    while chunk := stream.read(_CHUNK):
        *whole, buffer = (buffer + chunk).split(b"\n")
        yield from whole
        if len(buffer) > longest:
            report(Invalid("container.line", f"a line of more than {longest} bytes"))
            return
    if buffer:
        report(Invalid("container.line", "the last line has no end"))
