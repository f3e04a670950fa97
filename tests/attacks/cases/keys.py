"""The joint key and its ceremony: A11, A12, A24, B32, E21, E30."""

import json
from collections.abc import Callable
from typing import Any

from ballot.crypto.encoding import sha256
from tests import archives
from tests.archives import compact
from tests.attacks.cases.changes import change_partial, event_case, rehearsal, repeat, setting
from tests.attacks.cases.table import add, case
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery


def keys_case(id: str, comment: str, change: Callable[[Any], Any]) -> None:
    """The trustees' document changed in event and archive; every official signs it again."""

    def made(f: Forgery) -> None:
        body = f.body("keys_ready")
        value = json.loads(body["trustees"])
        change(value[0][1])
        body["trustees"] = compact(value).decode()
        body["commitments"] = [sha256(compact(m)).hex() for m in value[0][1]["coefexps"]]
        setup = f.stages[FIRST][0].documents
        f.stages[FIRST][0] = archives.setup(setup[0], compact(value), setup[2])

    add(id, "V4", comment, made)


def _exchange(value: Any, *names: str) -> None:
    for name in names:
        value[name][:2] = value[name][1::-1]


_ALL = ("certs", "coefexps", "signatures", "verification_keys")
keys_case(
    "A11-one-key-twice", "one key under two indexes", lambda v: repeat(v, "verification_keys")
)
keys_case("A11-one-cert-twice", "one person under two indexes", lambda v: repeat(v, *_ALL))
keys_case("A11-indexes-swapped", "two trustees exchanged", lambda v: _exchange(v, *_ALL))
keys_case(
    "A11-copied-proof",
    "K′ with the proof of another key",
    lambda v: setting("verification_keys", 0, "pok", to=v["verification_keys"][1]["pok"])(v),
)
keys_case(
    "A12-no-signatures", "certificates that nobody signed together", lambda v: v.pop("signatures")
)
keys_case(
    "A12-other-certificates",
    "signatures over other certificates",
    lambda v: _exchange(v, "signatures"),
)
keys_case("A24-threshold", "another threshold than the definition's", setting("threshold", to=2))
event_case(
    "A12-commitment",
    "V4",
    "a message that was changed after its hash",
    "keys_ready",
    setting("commitments", 0, to="0" * 64),
)
event_case(
    "E30-drill-of-another",
    "V4",
    "one drill under two indexes",
    "keys_ready",
    lambda b: repeat(b, "drills"),
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
    value = json.loads(f.body("keys_ready")["trustees"])
    value[0][1]["verification_keys"][0]["name"] = "某"
    f.body("keys_ready")["trustees"] = compact(value).decode()
    f.draft("keys_ready").keep = True
