"""What follows what, and who signed it: B7, B13, C19, E25, E27, E29, E36."""

from copy import deepcopy
from functools import partial

from ballot.crypto.encoding import sha256
from tests.attacks.cases.changes import event_case, rehearsal, setting
from tests.attacks.cases.table import Made, add, case
from tests.attacks.played import FIRST, SECOND
from tests.attacks.workshop import Forgery

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
        partial(Forgery.drop, kind=_kind),
    )


@case("E25-objection-dropped", "V3", "an objection left out: the next log names what is not there")
def _(f: Forgery) -> None:
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
    setting("yes", to=10),
)
event_case(
    "E25-log", "V3", "a log that names nothing", "round_opened", setting("log", to="ab" * 32)
)
event_case(
    "E36-slot-unknown",
    "V3",
    "issued for a slot of no vote",
    "check_in_opened",
    setting("slots", 1, to="other-1"),
)
event_case("E29-quorum", "V3", "opened without a quorum", "round_opened", setting("present", to=13))
event_case(
    "E27-few-papers",
    "V3",
    "four papers issued without an override",
    "check_in_closed",
    setting("issued", 0, "paper", to=4),
)
event_case(
    "E27-few-tablets",
    "V3",
    "nine tokens without an override",
    "check_in_closed",
    setting("issued", 1, to={"paper": 6, "signers": [9, 9], "slot": SECOND, "tablet": 9}),
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


@case("E25-override-dropped", "V3", "an override left out: the next log names what is not there")
def _(f: Forgery) -> None:
    body = {"permits": "few_issued", "text": "准许"}
    at = f.at("check_in_closed")
    f.insert(at, "override", body, f.signers("adopted"), None)
    dropped = sha256(f.all_members()["events.jsonl"].splitlines()[at]).hex()
    f.body("round_opened")["log"] = dropped
    del f.events[at]
