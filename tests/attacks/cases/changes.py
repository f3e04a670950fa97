"""Changes that many cases share."""

import json
from collections.abc import Callable
from typing import Any

from tests import archives
from tests.archives import compact
from tests.attacks.cases.table import Made, add
from tests.attacks.played import FIRST, play
from tests.attacks.workshop import Forgery


def ballot_case(
    id: str, comment: str, change: Callable[[Any], Any], signed: bool = True, **more: Any
) -> None:
    """The first ballot changed and, if ``signed``, signed anew; sealed and certified again."""

    def made(f: Forgery) -> None:
        value = f.ballot(0)
        change(value)
        f.put(0, value, signed=signed)
        f.reseal()

    add(id, "V6", comment, made, **more)


def event_case(
    id: str, check: str, comment: str, kind: str, change: Callable[[Any], Any], **more: Any
) -> None:
    """The body of an event changed, all events chained and signed anew."""

    def made(f: Forgery) -> None:
        change(f.body(kind))

    add(id, check, comment, made, **more)


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


def change_partial(f: Forgery, change: Callable[[Any], Any], number: int = 1) -> None:
    """A partial decryption changed in the archive and in its event alike."""
    at = [i for i, s in enumerate(f.stages[FIRST]) if s.kind == "PartialDecryption"][number - 1]
    stage = f.stages[FIRST][at]
    owner = json.loads(stage.documents[1])["owner"]
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


def setting(*path: Any, to: Any) -> Callable[[Any], None]:
    """A change: what stands at ``path`` becomes ``to``, or what ``to`` makes of it."""

    def change(value: Any) -> None:
        *way, last = path
        for step in way:
            value = value[step]
        value[last] = to(value[last]) if callable(to) else to

    return change


def repeat(value: Any, *names: str) -> None:
    """The first entry of each of the lists written over the second."""
    for name in names:
        value[name][1] = value[name][0]


def rehearsal() -> Forgery:
    """A session with the same keys."""
    return Forgery(play("clear", "演练"))
