"""Receipts of the box, handed in with a good record: B2, B4, B9."""

from collections.abc import Callable

from ballot.crypto.encoding import dumps
from ballot.crypto.signing import SigningKey, sign
from tests.attacks.cases.table import add
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery


def receipt(
    f: Forgery,
    slot: str = FIRST,
    tracker: str = "",
    session: str = "",
    key: SigningKey | None = None,
    **more: str,
) -> bytes:
    """What the box signed when it took the first ballot, or another promise."""
    document = {
        "kind": "receipt",
        "session": session or f.definition.session,
        "slot": slot,
        "tracker": tracker or f.admissions[FIRST][0]["tracker"],
    }
    return dumps(document | {"signature": sign(key or f.made.box_key, "receipt", document)} | more)


def receipt_case(
    id: str, comment: str, made: Callable[[Forgery], bytes], exit: int = 1, play: str = "clear"
) -> None:
    """Misconduct fails; what is no receipt of this box is not checkable."""
    add(id, "V8", comment, lambda _: None, exit=exit, play=play, receipt=made)


receipt_case(
    "B4-receipt-without-leaf",
    "promised, and not in the box",
    lambda f: receipt(f, tracker="ab" * 32),
)
receipt_case(
    "B2-receipt-of-round-one",
    "a ballot of the first round, promised for the run-off",
    lambda f: receipt(f, "projects-2"),
    play="tied",
)
receipt_case(
    "B9-receipt-other-key",
    "signed by an official instead of the box",
    lambda f: receipt(f, key=f.made.officials[0].key),
    exit=2,
)
receipt_case(
    "B9-receipt-other-tracker",
    "the tracker of another ballot under the signature",
    lambda f: receipt(f, tracker=f.admissions[FIRST][1]["tracker"]).replace(
        f.admissions[FIRST][1]["tracker"].encode(), f.admissions[FIRST][0]["tracker"].encode()
    ),
    exit=2,
)
receipt_case(
    "B2-receipt-of-another-session",
    "the box's own, of a rehearsal",
    lambda f: receipt(f, session="ab" * 32),
    exit=2,
)
receipt_case(
    "B9-receipt-no-box", "for a slot without a box", lambda f: receipt(f, "projects-2"), exit=2
)
receipt_case("B9-receipt-unknown", "a member more", lambda f: receipt(f, x="1"), exit=2)
receipt_case("B9-receipt-no-object", "no object", lambda _: b"[]", exit=2)
