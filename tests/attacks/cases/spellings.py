"""Other spellings of the same value, and parsers that differ: A7, A8."""

import json
from collections.abc import Callable
from functools import partial

from tests.archives import compact
from tests.attacks.cases.changes import CERTIFICATE, LINES, OUTCOME, PAPER, Q, text_case
from tests.attacks.cases.table import add, case
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery

# Other spellings of the same value: A7.


def _loose(f: Forgery, change: Callable[[bytes], bytes]) -> None:
    body = f.stages[FIRST][f.ballots()[0]].documents[0]
    changed = change(body)
    if changed == body:
        raise LookupError("nothing to change")
    f.put(0, changed, signed=False)
    f.reseal()


def _numbers(to: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        at = body.index(b'"response":"') + 12
        end = body.index(b'"', at)
        return body[:at] + to(body[at:end]) + body[end:]

    return change


def _points(to: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        at = body.index(b'"alpha":"') + 9
        return body[:at] + to(body[at : at + 64]) + body[at + 64 :]

    return change


for _id, _to in {
    "leading-zero": _numbers(lambda d: b"0" + d),
    "plus-sign": _numbers(lambda d: b"+" + d),
    "blank": _numbers(lambda d: b" " + d),
    "plus-q": _numbers(lambda d: str(int(d) + Q).encode()),
    "minus-q": _numbers(lambda d: str(int(d) - Q).encode()),
    "not-a-text": lambda b: b.replace(b'"response":"', b'"response":', 1).replace(b'"},', b"},", 1),
    "upper-case": _points(bytes.upper),
    "hex-prefix": _points(lambda d: b"0x" + d),
    "hex-blank": _points(lambda d: d[:32] + b" " + d[32:]),
    "rfc-order": _points(lambda d: bytes.fromhex(d.decode())[::-1].hex().encode()),
    "white-space": lambda b: b.replace(b'","', b'", "', 1),
    "trailing": lambda b: b + b" ",
    "escape": lambda b: b.replace(b'"alpha"', b'"\\u0061lpha"', 1),
    "member-order": lambda b: compact(dict(reversed(json.loads(b).items()))),
    "unknown-member": lambda b: b[:-1] + b',"x":1}',
    "duplicate-member": lambda b: b'{"election_uuid":"1",' + b[1:],
}.items():
    add(
        f"A7-ballot-{_id}", "V6", "the same ballot in another spelling", partial(_loose, change=_to)
    )


@case("A7-token-padded", "V6", "base64url with padding characters")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"][0] += "="
    f.reseal()


@case("A7-tracker-upper-case", "V8", "a tracker in capitals")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["tracker"] = f.admissions[FIRST][0]["tracker"].upper()


# Documents: A8, rule of one spelling.

for _where, _name, _unknown in (
    ("definition", "definition.json", "V2"),
    ("certificate", CERTIFICATE, "V13"),
    ("outcome", OUTCOME, "V12"),
    ("paper", PAPER, "V11"),
    ("admissions", LINES, "V7"),
    ("events", "events.jsonl", "V1"),
):
    _malformed = "V7" if _where == "admissions" else "V1"
    for _id, _to in {
        "byte-order-mark": lambda b: b"\xef\xbb\xbf" + b,
        "white-space": lambda b: b.replace(b":", b": ", 1),
        "float": lambda b: b[:1] + b'"":1.0,' + b[1:],
        "duplicate": lambda b: b[:1] + b[1 : b.index(b",") + 1] + b[1:],
        "surrogate": lambda b: b[:1] + b'"":"\\ud800",' + b[1:],
        "depth": lambda b: b[:1] + b'"":' + b"[" * 40 + b"]" * 40 + b"," + b[1:],
        "order": lambda b: (
            compact(dict(reversed(json.loads(b.splitlines()[0]).items())))
            + (b"\n" if b.endswith(b"\n") else b"")
        ),
        "not-json": lambda b: b[1:],
    }.items():
        text_case(f"A8-{_where}-{_id}", _malformed, "a parser's trap", _name, _to)
    text_case(
        f"A8-{_where}-unknown",
        _unknown,
        "a member that nothing defines",
        _name,
        lambda b: b[:1] + b'"a":null,' + b[1:],
    )
