"""Reading a ``.bel`` container in one forward pass, strictly (attacks B7, E9, E18).

Every small document of the container (events, and documents that only name others) has
one spelling and is read by a pattern, never by a JSON parser: nothing nested, doubled or
huge can hide there. Memory holds the documents of one stage. Source: belenios-format.md
§3, §4.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.tally.archive import (
    BLOCK,
    DOCUMENTS,
    MAX_TIMESTAMP,
    BallotsEnded,
    CastBallot,
    EncryptedTally,
    PartialDecryption,
    Result,
    Setup,
    Stage,
    follow,
    header,
)

MAX_DOCUMENT = 2 * 2**20
"""Bytes of the largest member: parsed JSON may take thirty times as many, and a second each."""

MAX_CREDENTIALS = 64 * 2**20
"""Bytes of the largest credential list, which is not read by a JSON parser."""

FRAME_CODES = frozenset(
    f"archive.{name}"
    for name in (
        "end_blocks header name not_belenios padding timestamp too_large truncated unreferenced"
    ).split()
)
"""The refusals of the container; the other ``archive.…`` concern events and their order."""

_HASH = rb'"([0-9a-f]{64})"'
_INT = rb"(0|[1-9][0-9]{0,9})"
_NAME = re.compile(rb"([0-9a-f]{64})\.(data|event)\.json")
_OCTAL = re.compile(rb"([0-7]{11})\x00")
_HEAD = re.compile(rb'\{"version":1,"timestamp":"%b"\}' % _INT)
_EVENT = re.compile(
    rb'\{(?:"parent":%b,)?"height":%b,"type":"([A-Za-z]{1,20})"(?:,"payload":%b)?\}'
    % (_HASH, _INT, _HASH)
)
_SETUP = re.compile(rb'\{"election":%b,"trustees":%b,"credentials":%b\}' % (_HASH, _HASH, _HASH))
_SIZED = re.compile(
    rb'\{"num_tallied":%b,"total_weight":("?)(0|[1-9][0-9]{0,29})\2,"encrypted_tally":%b\}'
    % (_INT, _HASH)
)
_OWNED = re.compile(rb'\{"owner":%b,"payload":%b\}' % (_INT, _HASH))


class Readable(Protocol):
    """A binary stream, read forwards only."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        ...


def _refuse(error: Invalid) -> NoReturn:
    raise error


def read_archive(stream: Readable, report: Callable[[Invalid], None] = _refuse) -> Iterator[Stage]:
    """The stages of an archive.

    Whatever is not exactly what :class:`~ballot.tally.archive.ArchiveWriter` would have
    written is given to ``report`` as ``Invalid("archive.…")``; by default it is raised. If
    ``report`` returns, reading goes on where it can: a stage in a wrong place, or whose
    naming document cannot be read, is left out; without a readable header it ends.

    An archive that stops after any event is well formed: it is unfinished, and its last
    stage says how far it came.
    """
    return _Reader(stream, report).stages()


@dataclass(frozen=True, slots=True)
class _Member:
    digest: str  # as the name says; where the body differs, that was reported
    body: bytes = field(repr=False)
    is_event: bool


class _Reader:
    def __init__(self, stream: Readable, report: Callable[[Invalid], None]) -> None:
        self._stream, self._report = stream, report
        self._offset = 0
        self._timestamp = 0
        self._ballots = 0

    def stages(self) -> Iterator[Stage]:
        if not self._head():
            return
        documents: list[_Member] = []
        parent, height, last = "", 0, ""
        while (found := self._member(not last and len(documents) == 2)) is not None:
            if not found.is_event:
                documents.append(found)
                if len(documents) > max(DOCUMENTS.values()):
                    self._refuse("unreferenced", "more documents than any event has")
                    return
                continue
            kind = self._event(found.body, parent, height, documents)
            parent, height = found.digest, height + 1
            if kind and follow(last, kind, self._report):
                last = kind
                stage = self._stage(kind, documents)
                if stage is not None:
                    yield stage
            documents = []
            if last == "":
                return  # nothing can be said of an archive without its first event
        if documents:
            self._refuse("truncated", f"{len(documents)} documents without their event")

    def _refuse(self, code: str, detail: str) -> None:
        self._report(Invalid(f"archive.{code}", f"{detail} (byte {self._offset})"))

    # The container.

    def _head(self) -> bool:
        block = self._read(BLOCK)
        size = _OCTAL.fullmatch(block[124:136])
        if not block.startswith(b"BELENIOS\0") or size is None or int(size[1], 8) > BLOCK:
            self._refuse("not_belenios", "the first member is not BELENIOS")
            return False
        body = self._body(int(size[1], 8))
        if body is None:
            return False
        match = _HEAD.fullmatch(body)
        if match is None or int(match[1]) > MAX_TIMESTAMP:
            self._refuse("timestamp", "BELENIOS does not state version 1 and a timestamp")
            return False
        self._timestamp = int(match[1])
        self._check_header(block, "BELENIOS", len(body))
        return True

    def _member(self, is_list: bool) -> _Member | None:
        """The next member; None at the end and where nothing more can be read."""
        block = self._read(BLOCK)
        name, size = _NAME.fullmatch(block[:100].rstrip(b"\0")), _OCTAL.fullmatch(block[124:136])
        if len(block) < BLOCK:
            if block:
                self._refuse("truncated", "ends inside a header")
        elif not any(block):
            self._refuse("end_blocks", "an archive has no end-of-archive block")
        elif name is None or size is None:
            self._refuse("header", "not the header of a member")
        elif int(size[1], 8) > (MAX_CREDENTIALS if is_list else MAX_DOCUMENT):
            self._refuse("too_large", "a member larger than a verifier reads")
        else:
            self._check_header(block, name[0].decode(), int(size[1], 8))
            body = self._body(int(size[1], 8))
            if body is not None:
                if sha256(body).hex().encode() != name[1]:
                    self._refuse("name", f"member {name[1][:12].decode()}… has other bytes")
                return _Member(name[1].decode(), body, name[2] == b"event")
        return None

    def _check_header(self, block: bytes, name: str, size: int) -> None:
        if block != header(name, size, self._timestamp):
            same_time = block[136:148] == b"%011o\0" % self._timestamp
            code, what = ("header", "header") if same_time else ("timestamp", "time")
            self._refuse(code, f"member {name[:12]}: {what} is not the canonical one")

    def _body(self, size: int) -> bytes | None:
        body = self._read(size)
        padding = self._read(-size % BLOCK)
        if len(body) + len(padding) < size + -size % BLOCK:
            self._refuse("truncated", "ends inside a member")
            return None
        if any(padding):
            self._refuse("padding", "padding is not zero")
        return body

    def _read(self, size: int) -> bytes:
        parts = []
        while size and (part := self._stream.read(size)):
            parts.append(part)
            size -= len(part)
            self._offset += len(part)
        return b"".join(parts)

    # The events.

    def _event(self, body: bytes, parent: str, height: int, documents: list[_Member]) -> str:
        """The type of an event, everything it states compared; empty if it has no meaning."""
        match = _EVENT.fullmatch(body)
        if match is None or match[3].decode() not in DOCUMENTS:
            self._refuse("event", f"event {height} is none of an election without shuffles")
            return ""
        kind = match[3].decode()
        if (match[1] or b"").decode() != parent:
            self._refuse("parent", f"event {height} does not name the event before it")
        if int(match[2]) != height:
            self._refuse("height", f"event {height} says that it is event {int(match[2])}")
        surplus = len(documents) - DOCUMENTS[kind]
        if surplus < 0:
            self._refuse("document", f"event {height}: {kind} lacks a document")
            return ""
        if surplus:
            self._refuse("unreferenced", f"event {height}: a document that nothing names")
            del documents[:surplus]
        self._compare(match[4], documents[-1:], f"event {height}")
        return kind

    def _compare(self, digest: bytes | None, documents: list[_Member], where: str) -> None:
        if (digest or b"").decode() != "".join(document.digest for document in documents):
            self._refuse("payload", f"{where} names another document")

    def _stage(self, kind: str, documents: list[_Member]) -> Stage | None:
        bodies = [document.body for document in documents]
        match kind:
            case "Setup":
                if found := self._naming(_SETUP, bodies[3], "setup_data"):
                    for digest, document in zip(found.groups(), documents, strict=False):
                        self._compare(digest, [document], "setup_data")
                    return Setup(*bodies[:3])
                return None
            case "Ballot":
                self._ballots += 1
                return CastBallot(self._ballots, bodies[0], sha256(bodies[0]))
            case "EndBallots":
                return BallotsEnded()
            case "EncryptedTally":
                if found := self._naming(_SIZED, bodies[1], "sized_encrypted_tally"):
                    if bool(found[2]) != (int(found[3]) >= 2**30):
                        self._refuse("document", "total_weight is not in its canonical form")
                    self._compare(found[4], documents[:1], "sized_encrypted_tally")
                    return EncryptedTally(bodies[0], int(found[1]), int(found[3]))
                return None
            case "PartialDecryption":
                if found := self._naming(_OWNED, bodies[1], "owned"):
                    self._compare(found[2], documents[:1], "owned")
                    return PartialDecryption(int(found[1]), bodies[0])
                return None
            case _:
                return Result(bodies[0])

    def _naming(self, pattern: re.Pattern[bytes], body: bytes, what: str) -> re.Match[bytes] | None:
        match = pattern.fullmatch(body)
        if match is None:
            self._refuse("document", f"{what} is not in its canonical form")
        return match
