"""The zip file: B7, B19, C20, D16, E18, E19."""

import io
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.attacks.cases.changes import BEL, CERTIFICATE, LINES, OUTCOME, PAPER, text_case
from tests.attacks.cases.table import Made, add, case
from tests.attacks.played import FIRST, SECOND
from tests.attacks.workshop import Forgery


@case("B19-plaintext", "V1", "single ballots beside the round")
def _(f: Forgery) -> Made:
    return f.all_members() | {Forgery.path("plaintext.json"): b"[]"}


@case("C20-pdf", "V1", "a file that no record has")
def _(f: Forgery) -> Made:
    return f.all_members() | {Forgery.path("notice.pdf"): b"%PDF"}


@case("B7-round-of-no-event", "V1", "a round that no event tells of")
def _(f: Forgery) -> Made:
    found = f.all_members()
    return found | {k.replace(FIRST, SECOND): v for k, v in found.items()}


def _without(f: Forgery, name: str) -> Made:
    return {k: v for k, v in f.all_members().items() if k != name}


for _name in ("README.txt", "events.jsonl", BEL, LINES, CERTIFICATE, OUTCOME, PAPER):
    add(
        f"D16-missing-{_name.rpartition('/')[2]}",
        "V1",
        "a member is missing",
        partial(_without, name=_name),
    )
text_case("D16-readme", "V1", "another text for the reader", "README.txt", lambda b: b + b" ")


def _written(change: Callable[[zipfile.ZipFile], Any], f: Forgery) -> bytes:
    stream = io.BytesIO(f.record())
    with zipfile.ZipFile(stream, "a") as archive:
        change(archive)
    return stream.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: bytes = b"{}") -> None:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.external_attr, info.create_system = 0o644 << 16, 3
    archive.writestr(info, data)


for _id, _name in {
    "duplicate": "README.txt",
    "parent": "../README.txt",
    "absolute": "/README.txt",
    "directory": "rounds/",
    "control-character": "rounds/a\x1b[31m/paper.json",
    "upper-case": "rounds/PROJECTS-1/paper.json",
    "backslash": "rounds\\a\\paper.json",
}.items():
    add(
        f"D16-{_id}",
        "V1",
        f"a member {_name!r}",
        partial(_written, partial(_put, name=_name)),
    )
add("D16-comment", "V1", "a comment", partial(_written, lambda a: setattr(a, "comment", b"x")))
add("D16-trailing", "V1", "bytes after the end", lambda f: f.record() + b"\0", exit=1)
add("D16-leading", "V1", "bytes before the beginning", lambda f: b"#!" + f.record(), exit=2)
add("D16-not-a-zip", "V1", "no zip at all", lambda _: b"{}", exit=2)


@case("D16-encrypted", "V1", "a member that says it is encrypted")
def _(f: Forgery) -> bytes:
    data = bytearray(f.record())
    at = data.index(b"PK\1\2")
    struct.pack_into("<H", data, 6, 1)
    struct.pack_into("<H", data, at + 8, 1)
    return bytes(data)


@case("D16-headers-differ", "V1", "two names of one member")
def _(f: Forgery) -> bytes:
    data = bytearray(f.record())
    data[30:40] = b"README.TXT"
    return bytes(data)


@case("D16-crc", "V1", "bytes that are not those of the header")
def _(f: Forgery) -> bytes:
    data = bytearray(f.record())
    at = data.index(b"PK\1\2")
    struct.pack_into("<L", data, 14, 7)
    struct.pack_into("<L", data, at + 16, 7)
    return bytes(data)


@case("E18-bomb", "V1", "a member that grows a thousandfold")
def _(f: Forgery) -> Made:
    return f.all_members() | {OUTCOME: b" " * (2 * 2**20)}


@case("E18-deep", "V1", "brackets in brackets")
def _(f: Forgery) -> Made:
    return f.all_members() | {OUTCOME: b"[" * 500_000 + b"]" * 500_000}


@case("E18-many-members", "V1", "as many members as a directory can hold")
def _(f: Forgery) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(6000):
            _put(archive, f"rounds/{number}/paper.json", b"")
    return stream.getvalue()


@case("E18-long-line", "V1", "an event of five megabytes")
def _(f: Forgery) -> Made:
    found = f.all_members()
    return found | {"events.jsonl": found["events.jsonl"] + b"7" * (5 * 2**20)}


@case("E19-unfinished", "V13", "nothing is certified yet", exit=2)
def _(f: Forgery) -> Made:
    del f.events[f.at("round_opened") + 1 :]
    found = f.all_members()
    return {k: v for k, v in found.items() if not k.startswith("rounds/")}


@case("B18-sub-totals", "V1", "the totals of a group beside the round")
def _(f: Forgery) -> Made:
    return f.all_members() | {Forgery.path("groups.json"): b"[]"}
