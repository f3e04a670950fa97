"""The corpus: one named change of a good record each, and the check that must refuse it.

Ids begin with that of the attack. A case with ``-remade`` in its id, and every one that calls
``recount``, ``reseal`` or leaves ``signed`` on, has all hashes and all signatures that its
attacker could make; only the named check is left to find it.
"""

import io
import struct
import zipfile
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from nacl import bindings

from ballot.crypto import blind, merkle, proofs
from ballot.crypto.encoding import b64url, dumps, loads, sha256
from ballot.tally import aggregate
from ballot.tally.certificate import round_outcome
from ballot.tally.election import decode_election
from ballot.tally.events import Signature
from tests import archives
from tests.archives import Raw, compact
from tests.attacks.workshop import FIRST, SECOND, Forgery, play

Made = bytes | dict[str, bytes] | None
Change = Callable[[Forgery], Made]


@dataclass(frozen=True)
class Case:
    """``change`` answers the file, its members, or None for what the forgery has become.

    ``code``: the 会议码 given to the verifier: of the good session, none, or (``own``) that of
    whatever definition is inside. ``exit``: 1 invalid, 2 not checkable.
    """

    id: str
    check: str
    comment: str
    change: Change
    exit: int = 1
    marks: str = "clear"
    code: str | None = "good"
    but_not: str = ""  # what the check must not be content with saying


CASES: dict[str, Case] = {}


def add(id: str, check: str, comment: str, change: Change, **more: Any) -> None:
    """Put a case into the table; an id is never used again."""
    if id in CASES:
        raise ValueError(f"{id} stands twice")
    CASES[id] = Case(id, check, comment, change, **more)


def case(id: str, check: str, comment: str, **more: Any) -> Callable[[Change], Change]:
    """The decorated function is the change."""

    def register(change: Change) -> Change:
        add(id, check, comment, change, **more)
        return change

    return register


def ballot_case(
    id: str, comment: str, change: Callable[[Any], Any], check: str = "V6", signed: bool = True
) -> None:
    """The first ballot changed and, if ``signed``, signed anew; sealed and certified again."""

    def made(f: Forgery) -> None:
        value = f.ballot(0)
        change(value)
        f.put(0, value, signed=signed)
        f.reseal()

    add(id, check, comment, made)


def event_case(
    id: str, check: str, comment: str, kind: str, change: Callable[[Any], Any], **more: Any
) -> None:
    """The body of an event changed, all events chained and signed anew."""

    def made(f: Forgery) -> None:
        change(f.body(kind))

    add(id, check, comment, made, **more)


def definition_case(id: str, comment: str, change: Callable[[Any], Any]) -> None:
    """The definition changed, with the code of the changed one printed on the notice.

    That nobody adopted it is not enough: the definition itself must be refused.
    """

    def made(f: Forgery) -> Made:
        value = loads(f.members["definition.json"])
        change(value)
        text = archives.json.dumps(
            value, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()
        return f.all_members() | {"definition.json": text}

    add(id, "V2", comment, made, code="own", but_not="record.not_adopted")


def text_case(
    id: str, check: str, comment: str, name: str, change: Callable[[bytes], bytes]
) -> None:
    """The bytes of one member changed, and nothing else."""

    def made(f: Forgery) -> Made:
        found = f.all_members()
        return found | {name: change(found[name])}

    add(id, check, comment, made)


def first(value: Any, *path: Any) -> Any:
    """What stands at the end of ``path`` in the first answer."""
    value = value["answers"][0]
    for step in path:
        value = value[step]
    return value


BEL, LINES = Forgery.path("election.bel"), Forgery.path("admissions.jsonl")
CERTIFICATE, OUTCOME = Forgery.path("certificate.json"), Forgery.path("outcome.json")
PAPER = Forgery.path("paper.json")
Q = 2**252 + 27742317777372353535851937790883648493

# Group elements: A5, A6.

_T8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")


def _torsion() -> list[bytes]:
    points = [_T8]
    while len(points) < 7:
        points.append(bindings.crypto_core_ed25519_add(points[-1], _T8))
    return points


TORSION = _torsion()
ALIEN = {
    "identity": "00" * 31 + "01",
    "y-above-p": "7f" + "ff" * 31,
    "off-curve": "00" * 31 + "02",
    **{f"torsion-{i}": point[::-1].hex() for i, point in enumerate(TORSION, 1)},
}


def shifted(text: str, number: int) -> str:
    """The element plus a torsion point, in Belenios' spelling."""
    point = bytes.fromhex(text)[::-1]
    return bindings.crypto_core_ed25519_add(point, TORSION[number - 1])[::-1].hex()


def _put_alien(text: str, name: str) -> str:
    number = name.removeprefix("plus-torsion-")
    return shifted(text, int(number)) if number != name else ALIEN[name]


for _name in [*ALIEN, *(f"plus-torsion-{i}" for i in range(1, 8))]:
    _id = "A5" if "plus" in _name else "A6"

    def _alpha(value: Any, name: str) -> None:
        choice = first(value, "choices", 0)
        choice["alpha"] = _put_alien(choice["alpha"], name)

    ballot_case(f"{_id}-alpha-{_name}", "an α outside the group", partial(_alpha, name=_name))

for _name in ("identity", "torsion-1", "plus-torsion-4", "plus-torsion-1", "off-curve"):
    _id = "A5" if "plus" in _name else "A6"

    def _beta(value: Any, name: str) -> None:
        choice = first(value, "choices", 0)
        choice["beta"] = _put_alien(choice["beta"], name)

    def _credential(value: Any, name: str) -> None:
        value["credential"] = _put_alien(value["credential"], name)

    def _key(f: Forgery, name: str, member: str) -> None:
        body = f.body("keys_ready")
        value = archives.json.loads(body["trustees"])
        if member == "key":
            key = value[0][1]["verification_keys"][0]
            key["public_key"] = _put_alien(key["public_key"], name)
        else:
            entry = value[0][1]["coefexps"][0]
            message = archives.json.loads(entry["message"])
            message["coefexps"][0] = _put_alien(message["coefexps"][0], name)
            entry["message"] = compact(message).decode()
            body["commitments"][0] = sha256(compact(entry)).hex()
        body["trustees"] = compact(value).decode()
        setup = f.stages[FIRST][0].documents
        f.stages[FIRST][0] = archives.setup(setup[0], compact(value), setup[2])

    def _factor(f: Forgery, name: str) -> None:
        change_partial(f, lambda v: _swap(v["decryption_factors"][0], 0, name))

    def _swap(row: list[str], at: int, name: str) -> None:
        row[at] = _put_alien(row[at], name)

    def _sum(f: Forgery, name: str) -> None:
        change_tally(f, lambda v: v[0][0].update(alpha=_put_alien(v[0][0]["alpha"], name)))

    ballot_case(f"{_id}-beta-{_name}", "a β outside the group", partial(_beta, name=_name))
    ballot_case(
        f"{_id}-credential-{_name}",
        "a credential outside the group",
        partial(_credential, name=_name),
        signed=False,
    )
    for _member in ("key", "coefficient"):
        add(
            f"{_id}-trustee-{_member}-{_name}",
            "V4",
            "the trustees' own document",
            partial(_key, name=_name, member=_member),
        )
    add(f"{_id}-factor-{_name}", "V10", "in a factor", partial(_factor, name=_name))
    add(f"{_id}-sum-{_name}", "V9", "in the stored tally", partial(_sum, name=_name))


def change_partial(f: Forgery, change: Callable[[Any], Any], number: int = 1) -> None:
    """A partial decryption changed in the archive and in its event alike."""
    at = [i for i, s in enumerate(f.stages[FIRST]) if s.kind == "PartialDecryption"][number - 1]
    stage = f.stages[FIRST][at]
    owner = archives.json.loads(stage.documents[1])["owner"]
    value = stage.json
    change(value)
    f.stages[FIRST][at] = archives.partial(owner, compact(value))
    for draft in f.events:
        if draft.event.kind == "decrypted" and draft.body["owner"] == owner:
            draft.body["partial"] = compact(value).decode()


def change_tally(f: Forgery, change: Callable[[Any], Any]) -> None:
    """The stored sum changed, named as before."""
    at = archives.position(f.stages[FIRST], "EncryptedTally")
    value = f.stages[FIRST][at].json
    change(value)
    count = len(f.ballots())
    f.stages[FIRST][at] = archives.tally(compact(value), count, count)


# The statement of a ballot's proofs: A1, A2, B1, B2.


def _set(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        *way, last = path
        for step in way:
            value = value[step]
        value[last] = to(value[last]) if callable(to) else to

    return change


def _other_digits(text: str) -> str:
    return str((int(text) + 1) % Q)


ballot_case("A1-uuid", "proofs of another uuid", _set("election_uuid", to="1" * 22))
ballot_case("A1-fingerprint", "of another fingerprint", _set("election_hash", to="A" * 43))
for _n, _member in enumerate(("individual_proofs", "overall_proof")):
    _way = ("answers", 0, _member, *((0,) if _n == 0 else ()))
    for _part in ("challenge", "response"):
        ballot_case(
            f"A1-{_member}-{_part}",
            "a number of a proof plus one",
            _set(*_way, 0, _part, to=_other_digits),
        )
    _zero = {"challenge": "0", "response": "0"}
    for _what, _to in (("empty", []), ("null", None), ("zero", lambda v, z=_zero: [z] * len(v))):
        ballot_case(f"A2-{_member}-{_what}", "a proof that proves nothing", _set(*_way, to=_to))


@case("A1-credential", "V6", "two deputies' answers exchanged, both signed anew")
def _(f: Forgery) -> None:
    a, b = f.ballot(0), f.ballot(1)
    a["answers"], b["answers"] = b["answers"], a["answers"]
    f.put(0, a)
    f.put(1, b)
    f.recount()


@case("A1-ciphertext", "V6", "α and β both times g: the proof is of another ciphertext")
def _(f: Forgery) -> None:
    value, group = f.ballot(0), f.group
    choice = first(value, "choices", 0)
    for name in ("alpha", "beta"):
        choice[name] = group.ser(group.mul(group.parse(choice[name]), group.g))
    f.put(0, value)
    f.reseal()


@case("A1-signature", "V6", "the signature of another ballot")
def _(f: Forgery) -> None:
    f.put(0, f.ballot(0) | {"signature": f.ballot(1)["signature"]}, signed=False)
    f.recount()


@case("A1-cap-borrowed", "V6", "the cap proof of another deputy")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["cap_proof"] = f.admissions[FIRST][1]["cap_proof"]
    f.recount()


for _id, _what, _to in (
    ("A2-cap-empty", "no branch at all", lambda _: []),
    ("A2-cap-zero", "zeros", lambda v: [{"challenge": "0", "response": "0"}] * len(v)),
    (
        "A1-cap-response",
        "one number plus one",
        lambda v: [v[0] | {"response": _other_digits(v[0]["response"])}, *v[1:]],
    ),
    ("E4-cap-absent", "null where the style wants one", lambda _: None),
):

    def _cap(f: Forgery, to: Callable[[Any], Any]) -> None:
        entry = f.admissions[FIRST][0]
        entry["cap_proof"] = to(entry["cap_proof"])
        f.recount()

    add(_id, "V6", f"the cap proof: {_what}", partial(_cap, to=_to))


@case("B1-copied-ballot", "V6", "another deputy's answers under the own credential and token")
def _(f: Forgery) -> None:
    f.put(0, f.ballot(0) | {"answers": f.ballot(1)["answers"]})
    f.admissions[FIRST][0]["cap_proof"] = f.admissions[FIRST][1]["cap_proof"]
    f.recount()


@case("B1-one-ciphertext", "V6", "one ciphertext and its proof copied")
def _(f: Forgery) -> None:
    value, other = f.ballot(0), f.ballot(1)
    value["answers"][0] = other["answers"][0]
    f.put(0, value)
    f.recount()


@case("B1-marks-permuted", "V6", "two answers of one ballot exchanged")
def _(f: Forgery) -> None:
    value = f.ballot(0)
    value["answers"][:2] = value["answers"][1::-1]
    f.put(0, value)
    f.recount()


@case("C12-one-bad-leaf", "V6", "one poisoned ballot is named, the others are checked")
def _(f: Forgery) -> None:
    f.put(5, f.ballot(5) | {"answers": "poison"})
    f.reseal()


@case("A5-not-counted", "V9", "a ballot of another shape leaves the sum unknown")
def _(f: Forgery) -> None:
    value = f.ballot(0)
    change_tally(f, lambda v: v[0].pop())
    f.put(0, value)
    f.reseal()


# Votes that nobody may cast: A10, E4, A23.

for _id, _rows, _what in (
    ("A10-two", [[2, 0], [0, 1], [0, 1]], "2 for one item"),
    ("A10-minus-one", [[1, 0], [0, 0], [1, -1]], "−1 against one item"),
    ("A10-q-minus-one", [[1, 0], [0, 0], [1, Q - 1]], "q − 1 against one item"),
    ("A10-both", [[1, 1], [0, 1], [0, 1]], "for and against one item"),
    ("A10-three-of-two", [[1, 0], [1, 0], [1, 0]], "three approvals for two places"),
):

    def _over(f: Forgery, rows: Any) -> None:
        f.recast(0, rows)
        f.recount()

    add(_id, "V6", _what, partial(_over, rows=_rows))


@case("E4-larger-cap", "V6", "three approvals with a good proof for a cap of three")
def _(f: Forgery) -> None:
    f.recast(0, [[1, 0], [1, 0], [1, 0]], cap=3)
    f.recount()


@case("E4-smaller-cap", "V6", "a good proof of at most one")
def _(f: Forgery) -> None:
    f.recast(0, [[1, 0], [0, 1], [0, 1]], cap=1)
    f.recount()


@case("E4-over-vote-absent", "V6", "three approvals and no cap proof: Belenios accepts them")
def _(f: Forgery) -> None:
    f.recast(0, [[1, 0], [1, 0], [1, 0]], cap=None)
    f.recount()


@case("A10-proofs-exchanged", "V6", "the 0/1 proofs of two options exchanged")
def _(f: Forgery) -> None:
    value = f.ballot(0)
    first(value, "individual_proofs").reverse()
    f.put(0, value)
    f.recount()


@case("A10-proof-of-another-row", "V6", "the sum proof of another row")
def _(f: Forgery) -> None:
    value = f.ballot(0)
    value["answers"][0]["overall_proof"] = value["answers"][1]["overall_proof"]
    f.put(0, value)
    f.recount()


def _nonces(n: int) -> list[list[int]]:
    return [[n + 10 * i + j for j in (1, 2)] for i in range(3)]


@case("A23-in-one-ballot", "V6", "one r for two items")
def _(f: Forgery) -> None:
    rs = _nonces(1000)
    rs[1][0] = rs[0][0]
    f.recast(0, [[1, 0], [0, 1], [0, 0]], nonces=rs)
    f.recount()


@case("E32-in-two-ballots", "V6", "one r under two credentials")
def _(f: Forgery) -> None:
    for number in (0, 1):
        rs = _nonces(2000 + 100 * number)
        rs[2][1] = 77
        f.recast(number, [[1, 0], [0, 1], [0, 0]], nonces=rs)
    f.recount()


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
    "member-order": lambda b: compact(dict(reversed(archives.json.loads(b).items()))),
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
            compact(dict(reversed(archives.json.loads(b.splitlines()[0]).items())))
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


# Joint key: A3, A11, A12, E21, E30.


def keys_case(id: str, comment: str, change: Callable[[Any], Any]) -> None:
    """The trustees' document changed in event and archive; every official signs it again."""

    def made(f: Forgery) -> None:
        body = f.body("keys_ready")
        value = archives.json.loads(body["trustees"])
        change(value[0][1])
        body["trustees"] = compact(value).decode()
        body["commitments"] = [sha256(compact(m)).hex() for m in value[0][1]["coefexps"]]
        setup = f.stages[FIRST][0].documents
        f.stages[FIRST][0] = archives.setup(setup[0], compact(value), setup[2])

    add(id, "V4", comment, made)


def _copy(value: Any, name: str, source: int = 0, target: int = 1) -> None:
    value[name][target] = value[name][source]


def _exchange(value: Any, *names: str) -> None:
    for name in names:
        value[name][:2] = value[name][1::-1]


_ALL = ("certs", "coefexps", "signatures", "verification_keys")
keys_case("A11-one-key-twice", "one key under two indexes", lambda v: _copy(v, "verification_keys"))
keys_case(
    "A11-one-cert-twice", "one person under two indexes", lambda v: [_copy(v, n) for n in _ALL]
)
keys_case("A11-indexes-swapped", "two trustees exchanged", lambda v: _exchange(v, *_ALL))
keys_case(
    "A11-copied-proof",
    "K′ with the proof of another key",
    lambda v: _set("verification_keys", 0, "pok", to=v["verification_keys"][1]["pok"])(v),
)
keys_case(
    "A12-no-signatures", "certificates that nobody signed together", lambda v: v.pop("signatures")
)
keys_case(
    "A12-other-certificates",
    "signatures over other certificates",
    lambda v: _exchange(v, "signatures"),
)
keys_case("A24-threshold", "another threshold than the definition's", _set("threshold", to=2))
event_case(
    "A12-commitment",
    "V4",
    "a message that was changed after its hash",
    "keys_ready",
    _set("commitments", 0, to="0" * 64),
)
event_case(
    "E30-drill-of-another",
    "V4",
    "one drill under two indexes",
    "keys_ready",
    lambda b: _copy(b, "drills"),
)
event_case(
    "B32-drill-missing", "V4", "one drill missing", "keys_ready", lambda b: b["drills"].pop()
)
event_case(
    "E30-other-alpha",
    "V4",
    "a drill on another element",
    "keys_ready",
    lambda b: b["drills"][0].update(factor=b["drills"][1]["factor"]),
)


def rehearsal() -> Forgery:
    """A session with the same keys."""
    return Forgery(play("clear", "演练"))


@case("E30-drill-of-rehearsal", "V4", "the drills of another session")
def _(f: Forgery) -> None:
    f.body("keys_ready")["drills"] = rehearsal().body("keys_ready")["drills"]


@case("E30-drill-as-partial", "V10", "a drill's proof beside a factor")
def _(f: Forgery) -> None:
    drill = f.body("keys_ready")["drills"][-1]
    proof = {name: drill[name] for name in ("challenge", "response")}
    change_partial(f, lambda v: v["decryption_proofs"][0].__setitem__(0, proof), 3)


@case("E21-signature-missing", "V4", "one official did not sign the joint key")
def _(f: Forgery) -> None:
    f.edit("keys_ready", signatures=f.draft("keys_ready").event.signatures[:-1])


@case("E21-other-session", "V4", "an official's signature over another session")
def _(f: Forgery) -> None:
    f.edit("keys_ready", signatures=rehearsal().draft("keys_ready").event.signatures)
    f.draft("keys_ready").keep = True


@case("E21-other-bytes", "V4", "signatures over other trustees' bytes")
def _(f: Forgery) -> None:
    value = archives.json.loads(f.body("keys_ready")["trustees"])
    value[0][1]["verification_keys"][0]["name"] = "某"
    f.body("keys_ready")["trustees"] = compact(value).decode()
    f.draft("keys_ready").keep = True


# Definition: A3, A16, A17, A20, A24, B14, B29, E23, E28.


def _slots(value: Any) -> Any:
    return value["votes"][0]["slots"]


def _keyed(value: Any, to: Callable[[int], int]) -> None:
    _slots(value)[0]["keys"][0] = format(to(int(_slots(value)[0]["keys"][0], 16)), "0768x")


definition_case("A3-unknown-group", "a group that no code knows", _set("group", to="Ed448"))
definition_case(
    "A17-one-modulus",
    "one modulus under two slots",
    lambda v: _copy(_slots(v)[0], "keys", 0, 0) or _slots(v)[1].update(keys=_slots(v)[0]["keys"]),
)
definition_case(
    "A17-one-key-for-both", "one modulus for both signers", lambda v: _copy(_slots(v)[0], "keys")
)
definition_case(
    "A17-one-uuid",
    "one uuid under two slots",
    lambda v: _slots(v)[1].update(uuid=_slots(v)[0]["uuid"]),
)
definition_case("A20-even", "an even modulus", lambda v: _keyed(v, lambda n: n - 1))
definition_case(
    "A20-small-factor",
    "3 divides the modulus",
    lambda v: _keyed(v, lambda n: n - n % 3 + (3 if (n - n % 3) % 2 == 0 else 0)),
)
definition_case(
    "A20-square",
    "the square of one prime",
    lambda v: _keyed(v, lambda _: (2**1535 + 2**1534 + 2**1533 + 1) ** 2),
)
definition_case(
    "A20-3071-bits", "a modulus of 3071 bits", lambda v: _keyed(v, lambda n: n >> 1 | 1)
)
definition_case(
    "A24-2048-bits",
    "a token key of 2048 bits",
    _set("votes", 0, "slots", 0, "keys", 0, to=lambda k: k[:512]),
)
definition_case(
    "A24-short-uuid",
    "a uuid of 14 digits",
    _set("votes", 0, "slots", 0, "uuid", to=lambda u: u[:14]),
)
definition_case(
    "A24-threshold-one", "one trustee alone decrypts", _set("trustees", "threshold", to=1)
)
definition_case(
    "D4-torsion-key",
    "an official's key of small order",
    _set("officers", 0, "public_key", to=TORSION[0].hex()),
)
definition_case(
    "E28-two-token-kinds",
    "slot keys and a drawn list",
    lambda v: _slots(v)[0].update(drawn=["58" + "66" * 31]),
)
definition_case("E28-other-kind", "drawn codes named, keys given", _set("token_kind", to="drawn"))
for _id, _to in {
    "compatibility": "\uf92c",
    "joiner": "\u200d",
    "right-to-left": "\u202e",
    "variation": "\ufe0f",
}.items():
    definition_case(
        f"B29-{_id}",
        "an invisible difference",
        _set("votes", 0, "items", 0, "title", to=lambda t, c=_to: t + c),
    )
definition_case(
    "B29-twin",
    "two names of one look",
    lambda v: [
        v["votes"][0]["items"][i].update(title=t) for i, t in enumerate(("第1期", "第\uff11期"))
    ],
)
definition_case(
    "B14-quorum", "a presidium quorum of less than half", _set("presidium_quorum", to=1)
)


@case("A16-other-session", "V2", "a record wholly signed with other keys inside")
def _(f: Forgery) -> Made:
    return rehearsal().all_members()


@case("A16-other-session-no-code", "V2", "the same without the notice", code=None, exit=2)
def _(f: Forgery) -> Made:
    return rehearsal().all_members()


@case("A16-own-code", "V2", "officials' keys exchanged: no adoption verifies", code="own")
def _(f: Forgery) -> Made:
    value = loads(f.members["definition.json"])
    keys = [officer["public_key"] for officer in value["officers"]]
    for officer, key in zip(value["officers"], keys[1:] + keys[:1], strict=True):
        officer["public_key"] = key
    return f.all_members() | {"definition.json": dumps(value)}


@case("E19-no-code", "V2", "the notice is missing", code=None, exit=2)
def _(f: Forgery) -> Made:
    return f.all_members()


@case("E19-no-code-and-false", "V9", "missing and false: false wins", code=None)
def _(f: Forgery) -> None:
    change_tally(f, lambda v: v.reverse())


@case("E33-short-code", "V2", "a code of eight characters", code="ABCD-EFGH", exit=2)
def _(f: Forgery) -> Made:
    return f.all_members()


@case("B14-rules", "V5", "rules other than those that the ballots were made under", code="own")
def _(f: Forgery) -> Made:
    value = loads(f.members["definition.json"])
    value["votes"][0]["rules"]["threshold"] = "majority_present"
    return f.all_members() | {"definition.json": dumps(value)}


# Tokens and numbers: A17, A18, B8, E6, E23, E34.


def _token(
    f: Forgery, credential: str, slot: str = FIRST, keys: str = FIRST, session: str = ""
) -> list[str]:
    """Both signers' tokens, as if they worked together."""
    message = blind.token_message(credential, session or f.definition.session, slot)
    found = []
    for signer in f.definition.signers:
        key = f.made.slot_keys[signer][keys]
        public = next(k for k in f.definition.slot(keys)[1].keys if k.n == key.n)
        blinded = blind.blind(public, message, f.random)
        answer = blind.blind_sign(key, blinded.request, f.random)
        found.append(b64url(blind.finalize(public, message, answer, blinded.inverse)))
    return found


for _id, _more in {
    "A17-token-of-another-slot": {"slot": SECOND},
    "A17-key-of-another-slot": {"keys": SECOND},
    "E23-token-of-another-session": {"session": "ab" * 32},
}.items():

    def _foreign(f: Forgery, more: dict[str, str]) -> None:
        credential = f.ballot(0)["credential"]
        f.admissions[FIRST][0]["token"] = _token(f, credential, **more)
        f.recount()

    add(_id, "V7", "a good token, but not for this", partial(_foreign, more=_more))


@case("E6-one-signature", "V7", "one of two signatures")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"].pop()
    f.recount()


@case("E6-one-signer-twice", "V7", "one signer's signature in both places")
def _(f: Forgery) -> None:
    token = f.admissions[FIRST][0]["token"]
    token[1] = token[0]
    f.recount()


@case("E28-no-token", "V7", "an empty token in a session of blind tokens")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"] = []
    f.recount()


@case("E6-other-credential", "V7", "two deputies' tokens exchanged")
def _(f: Forgery) -> None:
    entries = f.admissions[FIRST]
    entries[0]["token"], entries[1]["token"] = entries[1]["token"], entries[0]["token"]
    f.recount()


@case("E6-ballot-without-admission", "V7", "the last admission is missing")
def _(f: Forgery) -> None:
    f.admissions[FIRST].pop()


@case("E6-admission-without-ballot", "V7", "one admission more than ballots")
def _(f: Forgery) -> None:
    f.admissions[FIRST].append(f.admissions[FIRST][-1])


def _stuff(f: Forgery, token: bool) -> None:
    """A ballot for one who is absent, with every count fresh."""
    group = f.group
    s = proofs.random_scalar(group, f.random)
    wallet = replace(f.made.wallets[FIRST][0], credential=group.ser(group.power_g(s)), s=s)
    f.made = with_wallet(f, wallet)
    at = f.ballots()[-1]
    f.stages[FIRST].insert(at, f.stages[FIRST][at])
    f.admissions[FIRST].insert(-1, deepcopy(f.admissions[FIRST][-1]))
    value = f.ballot(-1) | {"credential": wallet.credential}
    f.put(-1, value)
    f.recast(-1, [[1, 0], [0, 1], [0, 0]])
    if token:
        f.admissions[FIRST][-1]["token"] = _token(f, wallet.credential)
    f.recount()


def with_wallet(f: Forgery, wallet: Any) -> Any:
    """The played session with one wallet more, leaving the shared one as it is."""
    made = copy(f.made)
    made.wallets = {**made.wallets, FIRST: [*made.wallets[FIRST], wallet]}
    return made


add(
    "E34-stuffed-without-token",
    "V7",
    "stuffed, signatures of all officials fresh",
    partial(_stuff, token=False),
)
add(
    "A18-more-ballots-than-issued",
    "V7",
    "stuffed by all signers together",
    partial(_stuff, token=True),
)


@case("B10-one-credential-twice", "V7", "two ballots of one deputy; Belenios counts the last")
def _(f: Forgery) -> None:
    at = f.ballots()[0]
    f.stages[FIRST].insert(at, f.stages[FIRST][at])
    f.admissions[FIRST].insert(0, deepcopy(f.admissions[FIRST][0]))
    f.recast(0, [[1, 0], [0, 1], [0, 0]])
    f.recount()


event_case(
    "B8-issued-above-present",
    "V7",
    "more issued than present",
    "check_in_closed",
    _set("present", to=17),
)
event_case(
    "B8-present-above-all",
    "V7",
    "more present than deputies",
    "check_in_closed",
    _set("present", to=21),
)
event_case(
    "E35-signers-differ",
    "V7",
    "two signers with two counts",
    "check_in_closed",
    _set("issued", 0, "signers", 1, to=13),
)


@case("B8-attendance-changed", "V3", "the attendance changed after it was signed")
def _(f: Forgery) -> None:
    f.body("check_in_closed")["attendance"] = "ab" * 32
    f.draft("check_in_closed").keep = True


@case("B8-fewer-issued", "V7", "fewer issued than ballots in the box")
def _(f: Forgery) -> None:
    f.body("check_in_closed")["issued"][0].update(tablet=11, signers=[11, 11])


# Seal: B3, B4, B5, E2, E3, E10, E22.


@case("B3-equal-leaves", "V8", "one ballot twice, byte for byte")
def _(f: Forgery) -> None:
    at = f.ballots()[0]
    f.stages[FIRST].insert(at, f.stages[FIRST][at])
    f.admissions[FIRST].insert(0, deepcopy(f.admissions[FIRST][0]))
    f.recount()


@case("B4-ballot-dropped", "V8", "a ballot less than was sealed")
def _(f: Forgery) -> None:
    del f.stages[FIRST][f.ballots()[0]], f.admissions[FIRST][0]


@case("B4-ballot-exchanged", "V8", "another ballot of the same deputy than was sealed")
def _(f: Forgery) -> None:
    f.recast(0, [[0, 1], [0, 1], [0, 1]])
    f.admissions[FIRST][0]["tracker"] = f.trackers()[0].hex()


@case("B5-second-root", "V8", "one trustee sealed another root")
def _(f: Forgery) -> None:
    f.body("sealed", 4)["root"] = "ab" * 32


@case("E22-three-and-three", "V8", "3-of-5, two roots with three seals each")
def _(f: Forgery) -> None:
    trustees = f.definition.trustees
    at, slot = f.at("sealed", 3), FIRST
    del f.events[at + 1]
    body = f.body("sealed") | {"root": "ab" * 32}
    for trustee in (*trustees[3:5], trustees[2]):
        f.insert(at + 1, "sealed", dict(body), [(trustee, "trustee")], slot)


@case("E22-one-seal-too-few", "V8", "q − 1 seals and good factors")
def _(f: Forgery) -> None:
    f.drop("sealed", 4)


@case("E22-one-trustee-twice", "V8", "q seals, two of them by one trustee")
def _(f: Forgery) -> None:
    f.edit("sealed", 4, signatures=f.draft("sealed", 1).event.signatures)


@case("E2-size", "V8", "seals over another size")
def _(f: Forgery) -> None:
    for number in range(1, 5):
        f.body("sealed", number)["size"] = 11


@case("B2-seal-of-rehearsal", "V8", "a seal's signature taken from another session")
def _(f: Forgery) -> None:
    f.edit("sealed", signatures=rehearsal().draft("sealed").event.signatures)
    f.draft("sealed").keep = True


@case("E3-other-token", "V8", "another good token beside the same ballot")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"] = _token(f, f.ballot(0)["credential"])


@case("E3-other-cap-proof", "V8", "the leaf of another cap proof")
def _(f: Forgery) -> None:
    entry = f.admissions[FIRST][0]
    entry["cap_proof"] = entry["cap_proof"][::-1]


def _rooted(f: Forgery, root: Callable[[list[bytes]], bytes]) -> None:
    text = root(f.trackers()).hex()
    f.body("round_closed")["tablet"]["root"] = text
    for number in range(1, 5):
        f.body("sealed", number)["root"] = text
    f.certificates[FIRST]["sealed"]["root"] = text


def _flat(leaves: list[bytes]) -> bytes:
    """A tree whose leaves have no prefix: a node can stand for one."""
    while len(leaves) > 1:
        pairs = zip(leaves[::2], [*leaves[1::2], *leaves[-1:]], strict=False)
        leaves = [sha256(a + b) for a, b in pairs]
    return leaves[0]


for _id, _root in {
    "node-as-leaf": _flat,
    "last-leaf-doubled": lambda v: merkle.root([*v, v[-1]]),
    "reversed": lambda v: merkle.root(v[::-1]),
    "one-less": lambda v: merkle.root(v[:-1]),
}.items():
    add(f"E10-{_id}", "V8", "another tree over the leaves", partial(_rooted, root=_root))


@case("E10-unsorted", "V8", "leaves that do not increase")
def _(f: Forgery) -> None:
    places, entries = f.ballots(), f.admissions[FIRST]
    stages = f.stages[FIRST]
    stages[places[0]], stages[places[1]] = stages[places[1]], stages[places[0]]
    entries[0], entries[1] = entries[1], entries[0]
    f.recount(sort=False)


# Archive: E5, E9, E24, B7, B25.


def setup_case(id: str, comment: str, change: Callable[[Any], Any], remade: bool = False) -> None:
    """The election document changed; with ``remade`` opening, ballots and all else follow."""

    def made(f: Forgery) -> None:
        election, trustees, credentials = f.stages[FIRST][0].documents[:3]
        value = archives.json.loads(election)
        change(value)
        election = compact(value)
        f.stages[FIRST][0] = archives.setup(election, trustees, credentials)
        if not remade:
            return
        forged = decode_election(election)
        f.gates[FIRST] = replace(f.gate(), election=forged)
        f.body("round_opened")["fingerprint"] = forged.fingerprint
        f.certificates[FIRST]["fingerprint"] = forged.fingerprint
        f.facts[FIRST] = replace(f.facts[FIRST], fingerprint=forged.fingerprint)
        for draft in f.events:
            if draft.event.kind == "sealed":
                draft.body["fingerprint"] = forged.fingerprint
        for number in range(12):
            f.recast(number, [[1, 0], [0, 1], [0, 0]])
        f.recount()

    add(id, "V5", comment, made)


_ANSWERS = ("questions", 0, "answers")
for _id, _change in {
    "name": _set("name", to="另一个表决"),
    "description": _set("description", to=lambda d: d[:-1] + "x"),
    "uuid": _set("uuid", to="1" * 22),
    "answers": _set(*_ANSWERS, to=lambda a: a[::-1]),
    "question": _set("questions", 0, "question", to="另一个项目"),
    "maximum": _set("questions", 0, "max", to=2),
}.items():
    setup_case(f"E24-{_id}", "another election document", _change)
    if _id != "maximum":
        setup_case(f"E24-{_id}-remade", "and ballots made for it", _change, remade=True)
setup_case("A3-group-swapped", "the name of the other group", _set("group", to="BELENIOS-2048"))
setup_case(
    "A4-generator", "a generator of one's own", _set("group", to={"g": "2", "p": "23", "q": "11"})
)


@case("E24-public-key", "V5", "another joint key in the document")
def _(f: Forgery) -> None:
    election, trustees, credentials = f.stages[FIRST][0].documents[:3]
    value = archives.json.loads(election)
    value["public_key"] = f.ballot(0)["credential"]
    f.stages[FIRST][0] = archives.setup(compact(value), trustees, credentials)


event_case(
    "E24-fingerprint-opened",
    "V5",
    "the hall was shown another fingerprint",
    "round_opened",
    _set("fingerprint", to="A" * 43),
)


def credentials_case(id: str, comment: str, change: Callable[[list[str]], Any]) -> None:
    """The credential list of the archive changed."""

    def made(f: Forgery) -> None:
        election, trustees, credentials = f.stages[FIRST][0].documents[:3]
        value = archives.json.loads(credentials)
        change(value)
        f.stages[FIRST][0] = archives.setup(election, trustees, compact(value))

    add(id, "V5", comment, made)


credentials_case("B25-weight", "a weight of two", lambda v: v.__setitem__(0, v[0] + ",2"))
credentials_case(
    "B25-weight-one", "a weight of one, written", lambda v: v.__setitem__(0, v[0] + ",1")
)
credentials_case("E6-credential-missing", "one credential less", lambda v: v.pop())
credentials_case("E6-credential-more", "one credential more", lambda v: v.append("66" * 31 + "58"))
credentials_case("E6-unsorted", "not sorted", lambda v: v.reverse())


def _stages_case(id: str, check: str, comment: str, change: Callable[[list[Raw]], Any]) -> None:
    add(id, check, comment, lambda f: change(f.stages[FIRST]))


def _without(kind: str) -> Callable[[list[Raw]], None]:
    return lambda stages: stages.pop(archives.position(stages, kind))


_stages_case("E9-no-end", "V5", "no EndBallots", _without("EndBallots"))
_stages_case("E9-no-tally", "V5", "no EncryptedTally", _without("EncryptedTally"))
_stages_case("E9-no-result", "V5", "no Result", _without("Result"))
_stages_case("E9-result-twice", "V5", "two results", lambda s: s.append(s[-1]))
_stages_case(
    "E9-ballot-after-end",
    "V5",
    "a ballot after the end",
    lambda s: s.insert(archives.position(s, "EndBallots") + 1, s[1]),
)
_stages_case("E9-replayed-ballot", "V7", "a ballot twice", lambda s: s.insert(1, s[1]))


@case("E9-num-tallied", "V9", "one ballot more counted than there are")
def _(f: Forgery) -> None:
    at = archives.position(f.stages[FIRST], "EncryptedTally")
    f.stages[FIRST][at] = archives.tally(f.stages[FIRST][at].documents[0], 13, 13)


@case("E9-timestamp", "V5", "the archive of another hour")
def _(f: Forgery) -> Made:
    found = f.all_members()
    return found | {BEL: archives.build(f.stages[FIRST], archives.TIMESTAMP)}


# Sum, factors, totals: A13, A14, B2, B19, E12.


@case("A14-tally-times-g", "V9", "one vote more in the stored tally")
def _(f: Forgery) -> None:
    group = f.group
    change_tally(
        f,
        lambda v: v[0][0].update(beta=group.ser(group.mul(group.parse(v[0][0]["beta"]), group.g))),
    )


@case("A14-moved-votes-remade", "V9", "a vote moved in the sum, decrypted and certified")
def _(f: Forgery) -> None:
    group = f.group
    sums = [list(row) for row in f.sums()]
    plus, minus = sums[2]
    sums[2] = [
        replace(plus, beta=group.mul(plus.beta, group.g)),
        replace(minus, beta=group.div(minus.beta, group.g)),
    ]
    f.retally(tuple(map(tuple, sums)))


@case("A14-ballot-left-out-remade", "V9", "the sum of eleven of twelve ballots")
def _(f: Forgery) -> None:
    spare, entry = f.stages[FIRST].pop(f.ballots()[-1]), f.admissions[FIRST].pop()
    sums = f.sums()
    f.stages[FIRST].insert(f.ballots()[-1] + 1, spare)
    f.admissions[FIRST].append(entry)
    f.retally(sums)


for _member, _to in (
    ("decryption_proofs", lambda v: v["decryption_proofs"][0].reverse()),
    ("decryption_factors", lambda v: v["decryption_factors"][0].reverse()),
):
    add(
        f"A13-wrong-{_member[11:]}",
        "V10",
        "a bad one in event and archive",
        lambda f, to=_to: change_partial(f, to),
    )


@case("A13-one-bad-beside-t-good", "V10", "four decrypted, one of them badly")
def _(f: Forgery) -> None:
    _fourth(f, good=False)


def _fourth(f: Forgery, good: bool) -> None:
    trustee, gate = f.made.trustees[0], f.gate()
    share = trustee.share if good else trustee.share + 1
    data = aggregate.decrypt_partially(
        f.group, gate.election.fingerprint, share, f.sums(), f.random
    )
    owner = trustee.secret.index
    at = archives.position(f.stages[FIRST], "PartialDecryption")
    f.stages[FIRST].insert(at, archives.partial(owner, data))
    body = {"owner": owner, "partial": data.decode()}
    f.insert(f.at("decrypted"), "decrypted", body, [(trustee.official.id, "trustee")], FIRST)


@case("A13-owner-twice", "V10", "one trustee's factors under two numbers")
def _(f: Forgery) -> None:
    at = [i for i, s in enumerate(f.stages[FIRST]) if s.kind == "PartialDecryption"]
    f.stages[FIRST][at[0]] = archives.partial(4, f.stages[FIRST][at[1]].documents[0])


@case("A13-too-few", "V10", "t − 1 factors and yet a result")
def _(f: Forgery) -> None:
    f.stages[FIRST].pop(archives.position(f.stages[FIRST], "PartialDecryption"))
    f.drop("decrypted")


@case("B2-factors-of-rehearsal", "V10", "factors made for another session")
def _(f: Forgery) -> None:
    other = rehearsal().body("decrypted")["partial"]
    change_partial(f, lambda v: v.update(archives.json.loads(other)))


@case("B19-factors-of-one-ballot", "V10", "a single ballot decrypted instead of the sum")
def _(f: Forgery) -> None:
    gate, group, choices = f.gate(), f.group, f.ballot(0)["answers"]
    one = tuple(
        tuple(
            replace(c, alpha=group.parse(e["alpha"]), beta=group.parse(e["beta"]))
            for c, e in zip(row, a["choices"], strict=True)
        )
        for row, a in zip(f.sums(), choices, strict=True)
    )
    data = aggregate.decrypt_partially(
        group, gate.election.fingerprint, f.made.trustees[2].share, one, f.random
    )
    change_partial(f, lambda v: v.update(archives.json.loads(data)))


@case("A14-result-moved", "V11", "a vote moved in the result")
def _(f: Forgery) -> None:
    value = f.stages[FIRST][-1].json
    value["result"][2] = [value["result"][2][0] + 1, value["result"][2][1] - 1]
    f.stages[FIRST][-1] = Raw("Result", (compact(value),))


@case("A14-totals-moved-remade", "V11", "the result moved, and counted and certified so")
def _(f: Forgery) -> None:
    value = f.stages[FIRST][-1].json
    value["result"][2] = [value["result"][2][0] + 1, value["result"][2][1] - 1]
    f.stages[FIRST][-1] = Raw("Result", (compact(value),))
    count = len(f.ballots())
    f.announce([[*row, count - sum(row)] for row in value["result"]])


def _counts(f: Forgery, change: Callable[[Any], Any]) -> None:
    body = f.body("counted")
    change(body)
    f.state(body["totals"], body["outcome"], body["tablet"])


for _id, _change in {
    "yes-plus-one": _set("totals", 0, 0, to=lambda n: n + 1),
    "abstain-plus-one": _set("totals", 0, 2, to=lambda n: n + 1),
    "moved": lambda b: b["totals"][2].__setitem__(
        slice(0, 2), [b["totals"][2][0] + 1, b["totals"][2][1] - 1]
    ),
    "tablet": _set("tablet", 0, 0, to=lambda n: n + 1),
}.items():
    add(f"E12-totals-{_id}", "V11", "totals that do not add up", partial(_counts, change=_change))


def paper_case(id: str, comment: str, change: Callable[[Any], Any], check: str = "V11") -> None:
    """The paper sheet signed with other numbers, counted and certified so."""

    def made(f: Forgery) -> None:
        change(f.body("paper_counted"))
        f.announce(f.body("counted")["tablet"])

    add(id, check, comment, made)


paper_case("E12-paper-valid", "valid and void are not what returned", _set("valid", to=5))
paper_case(
    "E12-paper-row",
    "a row that is not the number of valid papers",
    _set("rows", 0, 2, to=lambda n: n + 1),
)
paper_case("E12-paper-void", "void papers that nobody counted", _set("void", "unreadable", to=1))
paper_case("E13-paper-returned", "more papers than were issued", _set("returned", to=7))
paper_case("E12-paper-issued", "issued otherwise than at check-in", _set("issued", to=7))
event_case(
    "E12-paper-row-missing",
    "V11",
    "an item less",
    "paper_counted",
    _set("rows", to=lambda r: r[:-1]),
)


@case("E12-paper-file", "V11", "paper.json with another row")
def _(f: Forgery) -> None:
    f.document("paper.json", _set("rows", 0, to=lambda r: r[::-1]))


@case("E13-surplus", "V3", "more papers returned than issued, and yet decrypted")
def _(f: Forgery) -> None:
    f.body("round_closed")["paper"]["returned"] = 7
    f.body("paper_counted").update(
        returned=7, void={"over_vote": 0, "unreadable": 1, "void_by_deputy": 0}
    )
    f.announce(f.body("counted")["tablet"])


# Outcome: B28.


def outcome_case(id: str, comment: str, change: Callable[[Any], Any], marks: str = "clear") -> None:
    """Another outcome of the true totals, counted, certified and published."""

    def made(f: Forgery) -> None:
        body = f.body("counted")
        change(body["outcome"])
        f.state(body["totals"], body["outcome"], body["tablet"])

    add(id, "V12", comment, made, marks=marks)


outcome_case("B28-elected", "an elected item left out", lambda o: o["elected"].pop())
outcome_case(
    "B28-threshold", "another number of votes needed", _set("threshold_votes", to=lambda n: n - 1)
)
outcome_case("B28-order", "the elected in another order", lambda o: o["elected"].reverse())
outcome_case("B28-reasons", "a reason changed", lambda o: o["reasons"].reverse())


@case("B28-outcome-file", "V12", "outcome.json alone says otherwise")
def _(f: Forgery) -> None:
    f.document("outcome.json", lambda v: v["outcome"]["elected"].reverse())


@case(
    "B28-tie-broken", "V12", "a tie silently broken: two of three tied items declared", marks="tied"
)
def _(f: Forgery) -> None:
    body = f.body("counted", slot=FIRST)
    body["outcome"].update(elected=[0, 1], runoff=[])
    f.state(body["totals"], body["outcome"], body["tablet"])


@case("B28-base-changed", "V12", "the majority of the present instead of all deputies")
def _(f: Forgery) -> None:
    facts = f.facts[FIRST]
    vote = f.definition.votes[0]
    rules = replace(vote.rules, threshold="majority_present")
    changed = replace(f.definition, votes=(replace(vote, rules=rules),))
    body = f.body("counted")
    f.state(body["totals"], round_outcome(changed, facts), body["tablet"])


# Certificate: B2, B27, C20, E11, E12.


def certificate_case(id: str, comment: str, change: Callable[[Any], Any]) -> None:
    """A certificate with other content, signed by everyone who must."""

    def made(f: Forgery) -> None:
        change(f.certificates[FIRST])

    add(id, "V13", comment, made)


for _member, _to in {
    "present": 17,
    "deputies": 21,
    "seats": 1,
    "attendance": "ab" * 32,
    "unused_slips": 1,
    "rule_digest": "ab" * 32,
    "session": "ab" * 32,
    "slot": SECOND,
    "round_kind": "revote",
    "replaces": "ab" * 32,
    "calling": "ab" * 32,
    "overrides": ["无"],
    "version": 2,
    "log": "ab" * 32,
    "fingerprint": "A" * 43,
    "elected": [],
    "minute": "2025-01-16T09:00Z",
    "items": [],
    "paper": None,
    "sealed": None,
}.items():
    certificate_case(
        f"E12-certificate-{_member}", "one member says otherwise", _set(_member, to=_to)
    )
certificate_case(
    "B19-ballots-in-certificate",
    "a member more: single ballots",
    lambda c: c.update(ballots=["YYN"]),
)
for _n, _channel in enumerate(("tablet", "paper")):
    for _member in ("issued", "returned", "valid", "void"):
        certificate_case(
            f"E12-certificate-{_channel}-{_member}",
            "a number of a channel plus one",
            _set("channels", _n, _member, to=lambda n: n + 1),
        )


@case("E12-certificate-archive", "V13", "the certificate names another archive")
def _(f: Forgery) -> Made:
    found = f.all_members()
    f.stages[FIRST][-1], kept = Raw("Result", (b"{}",)), f.stages[FIRST][-1]
    false = f.all_members()
    f.stages[FIRST][-1] = kept
    return false | {BEL: found[BEL]}


@case("B27-certificate-of-rehearsal", "V13", "the certificate of another session")
def _(f: Forgery) -> Made:
    return f.all_members() | {CERTIFICATE: rehearsal().all_members()[CERTIFICATE]}


def signers_case(id: str, comment: str, change: Callable[[list[Signature]], Any]) -> None:
    """Other signatures under the certificate, in the event and in the document."""

    def made(f: Forgery) -> None:
        found = list(f.draft("certified").event.signatures)
        change(found)
        found.sort(key=lambda s: (s.role, s.signer))
        f.edit("certified", signatures=tuple(found))

    add(id, "V13", comment, made)


def _role(found: list[Signature], role: str) -> list[int]:
    return [i for i, s in enumerate(found) if s.role == role]


for _role_name in ("chief_scrutineer", "scrutineer", "teller", "presidium"):
    signers_case(
        f"E11-too-few-{_role_name}",
        "one signature less",
        lambda s, r=_role_name: s.pop(_role(s, r)[0]),
    )
signers_case(
    "E11-one-twice",
    "one scrutineer twice",
    lambda s: s.__setitem__(_role(s, "scrutineer")[1], s[_role(s, "scrutineer")[0]]),
)
signers_case(
    "E11-wrong-role",
    "a teller signs as scrutineer",
    lambda s: s.__setitem__(
        _role(s, "scrutineer")[0], replace(s[_role(s, "teller")[0]], role="scrutineer")
    ),
)
signers_case(
    "E11-role-not-asked",
    "a clerk signs as well",
    lambda s: s.append(Signature("clerk", "clerk", "00" * 64)),
)
signers_case(
    "E11-stranger",
    "someone of no definition",
    lambda s: s.append(Signature("stranger", "teller", "00" * 64)),
)


@case("E11-seal-as-certificate", "V13", "the signature of a seal under the certificate")
def _(f: Forgery) -> None:
    found = list(f.draft("certified").event.signatures)
    seal = f.draft("sealed").event.signatures[0]
    at = _role(found, "scrutineer")[0]
    found[at] = replace(found[at], signature=seal.signature)
    f.edit("certified", signatures=tuple(found))
    f.draft("certified").keep = True


@case("E11-second-certificate", "V13", "a second certificate with the same predecessor")
def _(f: Forgery) -> None:
    at = f.at("certified")
    f.events.insert(at + 1, deepcopy(f.events[at]))


@case("E11-document-signatures", "V13", "certificate.json with a signature less")
def _(f: Forgery) -> Made:
    found = f.all_members()
    value = loads(found[CERTIFICATE])
    value["signatures"].pop()
    return found | {CERTIFICATE: dumps(value)}


# Events: B2, B7, B13, C19, E25, E27, E29, E36.

_SIGNED = (
    "defined adopted rules_adopted check_in_opened check_in_closed box_empty round_opened "
    "round_closed paper_counted published decrypted"
).split()
for _kind in _SIGNED:

    def _rehearsed(f: Forgery, kind: str) -> None:
        f.edit(kind, signatures=rehearsal().draft(kind).event.signatures)
        f.draft(kind).keep = True

    add(
        f"E25-rehearsed-{_kind}",
        "V2" if _kind == "adopted" else "V3",
        "a signature of a rehearsal with the same keys",
        partial(_rehearsed, kind=_kind),
    )


@case("E25-rehearsed-certified", "V13", "signatures of the rehearsal's certificate")
def _(f: Forgery) -> None:
    f.edit("certified", signatures=rehearsal().draft("certified").event.signatures)
    f.draft("certified").keep = True


@case("E25-rehearsed-event", "V3", "a whole event of the rehearsal")
def _(f: Forgery) -> None:
    f.events[f.at("box_empty")] = rehearsal().draft("box_empty")
    f.draft("box_empty").keep = True


for _kind in (
    "box_empty",
    "rules_adopted",
    "round_closed",
    "sealed",
    "paper_counted",
    "check_in_opened",
):

    def _dropped(f: Forgery, kind: str) -> None:
        f.signed = False
        f.drop(kind)

    add(
        f"E25-dropped-{_kind}",
        "V3",
        "an event left out, the chain rebuilt",
        partial(_dropped, kind=_kind),
    )
    add(
        f"B13-dropped-{_kind}-remade",
        "V8" if _kind in ("sealed", "round_closed") else "V3",
        "left out, and all signed again",
        lambda f, k=_kind: f.drop(k),
    )


@case("E25-objection-dropped", "V3", "an objection left out: the next log names what is not there")
def _(f: Forgery) -> Made:
    f.insert(f.at("published"), "objection", {"text": "异议"}, [("clerk", "clerk")], None)
    found = f.all_members()["events.jsonl"].splitlines()
    objection = sha256(found[-2]).hex()
    f.body("published")["log"] = objection
    f.drop("objection")


@case("C19-gap", "V3", "a line taken out of the log")
def _(f: Forgery) -> Made:
    found = f.all_members()
    lines = found["events.jsonl"].splitlines(keepends=True)
    del lines[6]
    return found | {"events.jsonl": b"".join(lines)}


@case("B7-last-event-cut", "V3", "not published", exit=2)
def _(f: Forgery) -> Made:
    found = f.all_members()
    lines = found["events.jsonl"].splitlines(keepends=True)
    return found | {"events.jsonl": b"".join(lines[:-1])}


for _a, _b in (
    ("round_opened", "check_in_closed"),
    ("box_empty", "keys_ready"),
    ("paper_counted", "round_closed"),
    ("decrypted", "paper_counted"),
    ("published", "certified"),
    ("round_closed", "round_opened"),
):

    def _moved(f: Forgery, one: str, other: str) -> None:
        draft = f.events.pop(f.at(one))
        f.events.insert(f.at(other), draft)

    add(
        f"B13-{_a}-before-{_b}",
        "V3",
        "events out of order, signed so",
        partial(_moved, one=_a, other=_b),
    )

event_case(
    "E29-hands",
    "V3",
    "rules adopted without a majority of all",
    "rules_adopted",
    _set("yes", to=10),
)
event_case("E25-log", "V3", "a log that names nothing", "round_opened", _set("log", to="ab" * 32))
event_case(
    "E36-slot-unknown",
    "V3",
    "issued for a slot of no vote",
    "check_in_opened",
    _set("slots", 1, to="other-1"),
)
event_case("E29-quorum", "V3", "opened without a quorum", "round_opened", _set("present", to=13))
event_case(
    "E27-few-papers",
    "V3",
    "four papers issued without an override",
    "check_in_closed",
    _set("issued", 0, "paper", to=4),
)
event_case(
    "E27-few-tablets",
    "V3",
    "nine tokens without an override",
    "check_in_closed",
    _set("issued", 1, to={"paper": 6, "signers": [9, 9], "slot": SECOND, "tablet": 9}),
)


@case("E27-few-valid", "V3", "four valid papers of six, decrypted without an override")
def _(f: Forgery) -> None:
    sheet = f.body("paper_counted")
    sheet.update(valid=4, void={"over_vote": 2, "unreadable": 0, "void_by_deputy": 0})
    sheet["rows"] = [[4, 0, 0], [0, 4, 0], [0, 0, 4]]
    f.announce(f.body("counted")["tablet"])


def _void(f: Forgery, at: int) -> None:
    body = {"log": f.events[at - 1].origin, "reason": "stated", "text": "重来"}
    f.insert(at, "voided", body, f.signers("adopted"), FIRST)


add(
    "E29-voided-after-decryption",
    "V3",
    "voided because the totals displease",
    lambda f: _void(f, f.at("counted")),
)
add(
    "E29-decrypted-after-voided",
    "V3",
    "decrypted although it was voided",
    lambda f: _void(f, f.at("decrypted")),
)
add(
    "E29-voided-after-certificate",
    "V3",
    "voided after its certificate",
    lambda f: _void(f, f.at("published")),
)


@case("B7-archive-of-a-voided-round", "V1", "the archive of a round that was voided in time")
def _(f: Forgery) -> Made:
    end = f.at("paper_counted")
    last = f.events[-1]
    f.events[end:] = []
    _void(f, end)
    f.events.append(last)
    last.body["log"] = f.events[end - 1].origin
    members = f.all_members()
    return members


@case("E36-opened-twice", "V3", "a round opened a second time")
def _(f: Forgery) -> None:
    at = f.at("round_closed")
    f.events.insert(at + 1, deepcopy(f.draft("round_opened")))


@case("E36-slot-twice", "V3", "a slot issued in two check-ins")
def _(f: Forgery) -> None:
    at = f.at("check_in_closed")
    f.events[at + 1 : at + 1] = deepcopy([f.draft("check_in_opened"), f.draft("check_in_closed")])


# Later rounds: E15, E24, A17, B2.


def call_case(id: str, comment: str, change: Callable[[Any], Any], check: str = "V14") -> None:
    """The run-off called otherwise than it follows."""
    event_case(id, check, comment, "run_off_called", change, marks="tied")


call_case("E15-item-not-tied", "one tied item less", lambda b: b["items"].pop())
call_case("E15-places", "another number of places", _set("seats", to=1))
call_case("E15-parent", "the certificate of no round", _set("parent", to="ab" * 32))
call_case("E15-item-order", "the tied items in another order", lambda b: b["items"].reverse())


@case("E15-second-vote", "V14", "a second vote while a tie is open", marks="tied")
def _(f: Forgery) -> None:
    draft = f.draft("run_off_called")
    draft.event = replace(draft.event, kind="second_vote_called")


@case("E15-revote", "V14", "a repeated vote of a round that stands", marks="tied")
def _(f: Forgery) -> None:
    draft = f.draft("run_off_called")
    draft.event = replace(draft.event, kind="revote_called")


@case("E36-slot-skipped", "V3", "the run-off in the slot of the first round", marks="tied")
def _(f: Forgery) -> None:
    draft = f.draft("run_off_called")
    draft.event = replace(draft.event, slot=FIRST)


@case("E24-calling-event", "V5", "ballots of a run-off that another event called", marks="tied")
def _(f: Forgery) -> None:
    f.edit("run_off_called", minute="2025-01-16T11:59Z")


@case("A17-token-of-round-one", "V7", "a token of the first round in the run-off", marks="tied")
def _(f: Forgery) -> None:
    f.signed = False
    credential = f.ballot(0, SECOND)["credential"]
    at = [w.credential for w in f.made.wallets[SECOND]].index(credential)
    f.admissions[SECOND][0]["token"] = [b64url(t) for t in f.made.wallets[FIRST][at].token]


@case("B2-ballot-of-round-one", "V6", "a ballot of the first round in the run-off", marks="tied")
def _(f: Forgery) -> None:
    f.signed = False
    f.stages[SECOND][f.ballots(SECOND)[0]] = f.stages[FIRST][f.ballots(FIRST)[0]]


@case("B2-factors-of-round-one", "V10", "factors of the first round in the run-off", marks="tied")
def _(f: Forgery) -> None:
    f.signed = False
    at = archives.position(f.stages[SECOND], "PartialDecryption")
    f.stages[SECOND][at] = f.stages[FIRST][archives.position(f.stages[FIRST], "PartialDecryption")]


@case(
    "B2-certificate-of-round-one",
    "V13",
    "the first round's certificate for the run-off",
    marks="tied",
)
def _(f: Forgery) -> Made:
    found = f.all_members()
    return found | {Forgery.path("certificate.json", SECOND): found[CERTIFICATE]}


# Container: B7, B19, C20, D16, E18, E19.


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


for _name in ("README.txt", "events.jsonl", BEL, LINES, CERTIFICATE, OUTCOME, PAPER):
    add(
        f"D16-missing-{_name.rpartition('/')[2]}",
        "V1",
        "a member is missing",
        lambda f, n=_name: {k: v for k, v in f.all_members().items() if k != n},
    )
text_case("D16-readme", "V1", "another text for the reader", "README.txt", lambda b: b + b" ")


def _written(change: Callable[[zipfile.ZipFile, dict[str, bytes]], Any], f: Forgery) -> bytes:
    stream = io.BytesIO(f.record())
    with zipfile.ZipFile(stream, "a") as archive:
        change(archive, f.all_members())
    return stream.getvalue()


def _put(
    archive: zipfile.ZipFile, name: str, data: bytes, date: Any = (1980, 1, 1, 0, 0, 0)
) -> None:
    info = zipfile.ZipInfo(name, date)
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
        partial(_written, lambda a, m, n=_name: _put(a, n, b"{}")),
    )
add("D16-comment", "V1", "a comment", partial(_written, lambda a, _: setattr(a, "comment", b"x")))
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
