"""Documents of the wrong shape inside events and archive: A1, A2, A7, A8, A11."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from ballot.crypto.encoding import sha256
from tests import archives
from tests.archives import compact
from tests.attacks.cases.changes import (
    ballot_case,
    change_partial,
    change_tally,
    first,
    setting,
)
from tests.attacks.cases.table import add, case
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery

# Ballots.


def _longer(*path: Any) -> Callable[[Any], None]:
    """A list with its last entry twice."""
    return setting(*path, to=lambda found: [*found, found[-1]])


def _shorter(*path: Any) -> Callable[[Any], None]:
    return setting(*path, to=lambda found: found[:-1])


_ANSWER = ("answers", 0)
_BALLOTS = {
    "answers-no-list": setting("answers", to={}),
    "answers-more": _longer("answers"),
    "answers-fewer": _shorter("answers"),
    "answer-no-object": setting(*_ANSWER, to=[]),
    "choices-no-list": setting(*_ANSWER, "choices", to={}),
    "choices-more": _longer(*_ANSWER, "choices"),
    "choice-no-object": setting(*_ANSWER, "choices", 0, to="0"),
    "choice-member": lambda v: first(v, "choices", 0).update(gamma="0"),
    "beta-upper-case": lambda v: first(v, "choices", 0).update(beta="A" * 64),
    "alpha-number": lambda v: first(v, "choices", 0).update(alpha=1),
    "proof-no-object": setting(*_ANSWER, "overall_proof", 0, to="0"),
    "proof-member": lambda v: first(v, "overall_proof", 0).update(x="0"),
    "proofs-more": _longer(*_ANSWER, "individual_proofs"),
    "branch-more": _longer(*_ANSWER, "individual_proofs", 0),
    "uuid-number": setting("election_uuid", to=1),
    "hash-short": setting("election_hash", to="A" * 42),
    "hash-spelling": setting("election_hash", to="A" * 42 + "B"),
}
for _id, _change in _BALLOTS.items():
    ballot_case(f"A7-{_id}", "a ballot of another shape", _change)
_SIGNATURES = {
    "no-object": setting("signature", to="0"),
    "hash-short": setting("signature", "hash", to="A" * 42),
    "proof-list": setting("signature", "proof", to=[]),
    "absent": lambda v: v.pop("signature"),
}
for _id, _change in _SIGNATURES.items():
    ballot_case(f"A7-signature-{_id}", "no signature", _change, signed=False)


@case("A1-signature-forged", "V6", "the right digest under another credential's proof")
def _(f: Forgery) -> None:
    value = f.ballot(0)
    value["signature"]["proof"] = f.ballot(1)["signature"]["proof"]
    f.put(0, value, signed=False)
    f.recount()


# Partial decryptions and the tally.

_PARTIALS = {
    "member": lambda v: v.update(x=0),
    "factors-no-list": setting("decryption_factors", to={}),
    "factors-fewer": _shorter("decryption_factors"),
    "factors-row": _shorter("decryption_factors", 0),
    "row-no-list": setting("decryption_factors", 0, to="0"),
    "proofs-fewer": _shorter("decryption_proofs"),
    "proof-no-object": setting("decryption_proofs", 0, 0, to=[]),
    "proof-number": setting("decryption_proofs", 0, 0, "response", to=7),
    "proof-long": setting("decryption_proofs", 0, 0, "response", to="9" * 90),
    "factor-number": setting("decryption_factors", 0, 0, to=7),
}
for _id, _change in _PARTIALS.items():
    add(f"A8-partial-{_id}", "V10", "another shape", partial(change_partial, change=_change))
_TALLIES = {
    "row-fewer": lambda v: v.pop(),
    "row-no-list": setting(0, to="0"),
    "row-more": _longer(0),
    "entry-no-object": setting(0, 0, to=[]),
    "entry-member": lambda v: v[0][0].update(gamma="0"),
    "entry-number": setting(0, 0, "alpha", to=7),
}
for _id, _change in _TALLIES.items():
    add(f"A8-tally-{_id}", "V9", "another shape", partial(change_tally, change=_change))


def _body(f: Forgery, kind: str, body: bytes) -> None:
    """One whole document of the archive."""
    at, count = archives.position(f.stages[FIRST], kind), len(f.ballots())
    f.stages[FIRST][at] = (
        archives.tally(body, count, count)
        if kind == "EncryptedTally"
        else archives.Raw(kind, (body,))
    )


for _id, _kind, _check, _text in (
    ("tally-no-list", "EncryptedTally", "V9", b"{}"),
    ("tally-spelling", "EncryptedTally", "V9", b"[ ]"),
    ("tally-large", "EncryptedTally", "V9", b"[" + b" " * 40_000 + b"]"),
    ("result-no-object", "Result", "V11", b"[]"),
    ("result-member", "Result", "V11", b'{"counts":[]}'),
    ("result-rows", "Result", "V11", b'{"result":[[1,2]]}'),
    ("result-text", "Result", "V11", b'{"result":[["1",2],[1,2],[1,2]]}'),
    ("result-negative", "Result", "V11", b'{"result":[[-1,2],[1,2],[1,2]]}'),
):
    add(f"A8-{_id}", _check, "another shape", partial(_body, kind=_kind, body=_text))


# The trustees' document.


def trustees_case(id: str, comment: str, change: Callable[[Any], Any]) -> None:
    """The whole document, signed by every official; ``change`` may answer another value."""

    def made(f: Forgery) -> None:
        body = f.body("keys_ready")
        value = json.loads(body["trustees"])
        value = change(value) or value
        body["trustees"] = compact(value).decode()
        setup = f.stages[FIRST][0].documents
        f.stages[FIRST][0] = archives.setup(setup[0], compact(value), setup[2])
        _commit(body, value)

    add(id, "V4", comment, made)


def _commit(body: Any, value: Any) -> None:
    """The commitments to what is there now, if anything is."""
    try:
        body["commitments"] = [sha256(compact(m)).hex() for m in value[0][1]["coefexps"]]
    except (LookupError, TypeError):
        return


def _message(name: str, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    """The signed message of the first entry changed, its signature left."""

    def changed(value: Any) -> None:
        entry = value[0][1][name][0]
        message = json.loads(entry["message"])
        change(message)
        entry["message"] = compact(message).decode()

    return changed


_GROUP = (0, 1)
_TRUSTEES = {
    "no-list": lambda _: {"x": 1},
    "empty": lambda v: v.clear(),
    "many": lambda v: v * 101,
    "entry-no-list": setting(0, to={}),
    "entry-short": _shorter(0),
    "entry-no-object": setting(0, 1, to=[]),
    "kind": setting(0, 0, to="Shamir"),
    "two-groups": lambda v: v * 2,
    "member-missing": lambda v: v[0][1].pop("certs"),
    "member-unknown": lambda v: v[0][1].update(x=1),
    "lists-differ": _shorter(*_GROUP, "coefexps"),
    "list-no-list": setting(*_GROUP, "certs", to={}),
    "threshold-text": setting(*_GROUP, "threshold", to="3"),
    "threshold-zero": setting(*_GROUP, "threshold", to=0),
    "threshold-large": setting(*_GROUP, "threshold", to=6),
    "cert-no-object": setting(*_GROUP, "certs", 0, to=[]),
    "cert-message": setting(*_GROUP, "certs", 0, "message", to=1),
    "cert-spelling": setting(*_GROUP, "certs", 0, "message", to=lambda m: m.replace(":", ": ")),
    "cert-index": _message("certs", lambda m: m.update(index=7)),
    "cert-key": _message("certs", lambda m: m.update(verification=m["encryption"])),
    "coefficients-no-list": _message("coefexps", lambda m: m.update(coefexps={})),
    "coefficients-fewer": _message("coefexps", lambda m: m["coefexps"].pop()),
    "coefficients-swapped": _message("coefexps", lambda m: m["coefexps"].reverse()),
    "coefficients-member": _message("coefexps", lambda m: m.update(x=1)),
    "cert-signature": lambda v: v[0][1]["certs"][0].update(
        signature=v[0][1]["certs"][1]["signature"]
    ),
    "coefficients-signature": lambda v: v[0][1]["coefexps"][0].update(
        signature=v[0][1]["coefexps"][1]["signature"]
    ),
    "key-signature": lambda v: v[0][1]["verification_keys"][0].update(
        signature=v[0][1]["verification_keys"][1]["signature"]
    ),
    "key-name": setting(*_GROUP, "verification_keys", 0, "name", to=1),
    "key-no-object": setting(*_GROUP, "verification_keys", 0, to=[]),
}
for _id, _change in _TRUSTEES.items():
    trustees_case(f"A8-trustees-{_id}", "another shape, or another's signature", _change)
