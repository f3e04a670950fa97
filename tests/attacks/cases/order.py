"""Events that may not stand where they stand: B13, E11, E15, E22, E25, E27, E29, E36."""

from copy import deepcopy
from functools import partial
from typing import Any

from tests.attacks.cases.changes import event_case, setting
from tests.attacks.cases.table import add, case
from tests.attacks.played import FIRST, SECOND
from tests.attacks.workshop import Forgery

# Twice.

TWICE = {
    "clear": (
        "defined adopted keys_ready rules_adopted check_in_opened check_in_closed box_empty "
        "round_closed decrypted counted published"
    ),
    "voided_and_repeated": "voided",
    "run_off": "run_off_called",
}


def _twice(f: Forgery, kind: str) -> None:
    at = f.at(kind)
    f.events.insert(at + 1, deepcopy(f.events[at]))


for _play, _kinds in TWICE.items():
    for _kind in _kinds.split():
        add(
            f"B13-twice-{_kind}",
            "V3",
            "an event a second time",
            partial(_twice, kind=_kind),
            play=_play,
        )
for _play, _kind in (("second_tie_by_lots", "tie_settled"), ("vacancy", "vacancy_left")):
    _made = partial(_twice, kind=_kind)
    add(f"E15-twice-{_kind}", "V14", "a round concluded twice", _made, play=_play)


# Too early, too late.


@case("B13-never-adopted", "V2", "no adoption, and yet published")
def _(f: Forgery) -> None:
    f.drop("adopted")


@case("B13-no-keys", "V4", "no key ceremony, and yet published")
def _(f: Forgery) -> None:
    f.drop("keys_ready")


def _moved(f: Forgery, one: str, other: str) -> None:
    draft = f.events.pop(f.at(one))
    f.events.insert(f.at(other), draft)


for _one, _other in (
    ("keys_ready", "adopted"),
    ("adopted", "defined"),
    ("check_in_opened", "keys_ready"),
    ("box_empty", "defined"),
    ("rules_adopted", "adopted"),
):
    _made = partial(_moved, one=_one, other=_other)
    add(f"B13-{_one}-first", "V3", f"{_one} before {_other}", _made)


def _inserted(
    f: Forgery, kind: str, body: Any, after: str, number: int, role: str, slot: str | None
) -> None:
    """An event more, well signed, behind the n-th of another kind."""
    signers = f.signers("adopted") if role == "presidium" else [(role.replace("_", "-"), role)]
    if role == "trustee":
        signers = [(f.definition.trustees[0], role)]
    if kind == "paper_counted":
        ids = [("scrutineer-1", "scrutineer"), ("scrutineer-2", "scrutineer")]
        signers = [*ids, ("teller-1", "teller"), ("teller-2", "teller")]
    f.insert(f.at(after, number) + 1, kind, body, signers, slot)


def inserted(
    id: str,
    comment: str,
    kind: str,
    body: Any,
    after: str,
    role: str = "presidium",
    number: int = 1,
    slot: str | None = FIRST,
    check: str = "V3",
    play: str = "clear",
) -> None:
    """A case of :func:`_inserted`."""
    made = partial(
        _inserted, kind=kind, body=body, after=after, number=number, role=role, slot=slot
    )
    add(id, check, comment, made, play=play)


for _id, _permits, _after, _slot in (
    ("no-check-in", "few_issued", "keys_ready", None),
    ("no-slot", "few_ballots", "check_in_opened", None),
    ("opened", "few_issued", "round_opened", FIRST),
    ("no-round", "few_ballots", "keys_ready", SECOND),
    ("not-closed", "few_ballots", "round_opened", FIRST),
    ("paper-counted", "few_ballots", "paper_counted", FIRST),
    ("decrypted", "few_papers", "decrypted", FIRST),
    ("counted", "few_papers", "counted", FIRST),
    ("certified", "few_papers", "certified", FIRST),
    ("unknown-slot", "few_issued", "check_in_opened", "other-1"),
):
    inserted(
        f"E27-override-{_id}",
        "an override where it permits nothing",
        "override",
        {"permits": _permits, "text": "准许"},
        _after,
        slot=_slot,
    )
inserted(
    "E25-after-publication",
    "an adjournment after the end",
    "adjourned",
    {"text": "休会"},
    "published",
    "presiding_officer",
    slot=None,
)
inserted(
    "B13-adjourned-while-open",
    "an adjournment while deputies vote",
    "adjourned",
    {"text": "休会"},
    "round_opened",
    "presiding_officer",
    slot=None,
)
inserted(
    "E25-objection-to-no-slot",
    "an objection to what is not there",
    "objection",
    {"text": "异议"},
    "certified",
    "clerk",
    slot="other-1",
)
_VOID = {"reason": "stated", "text": "重来"}


def _voided_early(f: Forgery, after: str) -> None:
    at = f.at(after) + 1
    body = {"log": f.events[at - 1].origin, **_VOID}
    f.insert(at, "voided", body, f.signers("adopted"), FIRST)


for _after, _play in (
    ("box_empty", "clear"),
    ("counted", "clear"),
    ("paper_counted", "paper_only"),
):
    add(
        f"E29-voided-after-{_after}".replace("_", "-"),
        "V3",
        "voided where no round can be",
        partial(_voided_early, after=_after),
        play=_play,
    )

# Seal, papers, decryption.

_SEAL = {"fingerprint": "A" * 43, "size": 0, "root": "ab" * 32}
inserted(
    "E22-seal-of-no-box",
    "a round on paper sealed",
    "sealed",
    _SEAL,
    "round_closed",
    "trustee",
    play="paper_only",
)


@case("E22-sealed-late", "V3", "one more seal after the count")
def _(f: Forgery) -> None:
    body, last = dict(f.body("sealed")), f.definition.trustees[4]
    f.insert(f.at("counted") + 1, "sealed", body, [(last, "trustee")], FIRST)


@case("E22-two-under-one-seal", "V8", "two trustees sign one seal")
def _(f: Forgery) -> None:
    first, second = (f.draft("sealed", n).event.signatures[0] for n in (1, 2))
    f.drop("sealed", 2)
    f.edit("sealed", signatures=(first, second))


inserted(
    "B19-decrypted-without-box",
    "something decrypted in a round on paper",
    "decrypted",
    {"owner": 1, "partial": "x"},
    "round_closed",
    "trustee",
    play="paper_only",
)


@case("A13-decrypted-late", "V3", "one more decryption after the count")
def _(f: Forgery) -> None:
    body = {"owner": 1, "partial": f.body("decrypted")["partial"]}
    f.insert(f.at("counted") + 1, "decrypted", body, [("scrutineer-1", "trustee")], FIRST)


event_case("A13-other-owner", "V3", "another trustee's number", "decrypted", setting("owner", to=1))
_SHEET = {
    "issued": 0,
    "returned": 0,
    "valid": 0,
    "void": {"over_vote": 0, "unreadable": 0, "void_by_deputy": 0},
    "rows": [[0, 0, 0]] * 3,
    "replaces": None,
}
inserted(
    "E13-sheet-of-no-paper",
    "papers counted where none were issued",
    "paper_counted",
    _SHEET,
    "round_closed",
    play="no_cap",
)


@case("E11-sheet-corrected-late", "V3", "a sheet corrected after the run-off call", play="tied")
def _(f: Forgery) -> None:
    draft = f.draft("paper_counted")
    body = draft.body | {"replaces": draft.origin}
    signers = f.signers("paper_counted")
    f.insert(f.at("run_off_called") + 1, "paper_counted", body, signers, FIRST)


event_case(
    "E12-present-above-all",
    "V7",
    "more in the hall than deputies",
    "round_opened",
    setting("present", to=21),
)
event_case(
    "E29-quorum-checked-in",
    "V3",
    "too few checked in",
    "check_in_closed",
    setting("present", to=13),
)


@case("E11-signatures-unsorted", "V3", "signatures in another order")
def _(f: Forgery) -> None:
    f.edit("check_in_closed", signatures=f.draft("check_in_closed").event.signatures[::-1])
