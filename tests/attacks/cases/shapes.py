"""Values of the wrong type or form in definition, events and admissions: A7, A8, D4."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from tests.attacks.cases.changes import Q, event_case, setting, text_case
from tests.attacks.cases.definition import definition_case
from tests.attacks.cases.table import Made, add, case
from tests.attacks.played import FIRST
from tests.attacks.workshop import Forgery

# The definition.

_VOTE = ("votes", 0)
_DEFINITIONS = {
    "kind": setting("kind", to="event"),
    "version": setting("version", to=2),
    "deputies-text": setting("deputies", to="20"),
    "deputies-true": setting("deputies", to=True),
    "deputies-negative": setting("deputies", to=-1),
    "practice-number": setting("practice", to=0),
    "date-number": setting("date", to=20250116),
    "date-form": setting("date", to="2025-1-16"),
    "date-none": setting("date", to="2025-13-16"),
    "title-number": setting("title", to=1),
    "title-empty": setting("title", to=""),
    "group-number": setting("group", to=1),
    "box-key-number": setting("box_key", to=1),
    "box-key-capitals": setting("box_key", to=str.upper),
    "votes-no-list": setting("votes", to={}),
    "votes-none": setting("votes", to=[]),
    "vote-no-object": setting(*_VOTE, to=[]),
    "vote-member": setting(*_VOTE, to=lambda v: v | {"x": 1}),
    "vote-missing": lambda v: v["votes"][0].pop("seats"),
    "item-member": setting(*_VOTE, "items", 0, to=lambda v: v | {"x": 1}),
    "item-id": setting(*_VOTE, "items", 0, "id", to="Q_1"),
    "item-id-number": setting(*_VOTE, "items", 0, "id", to=1),
    "slot-member": setting(*_VOTE, "slots", 0, to=lambda v: v | {"x": 1}),
    "slot-id": setting(*_VOTE, "slots", 0, "id", to="Projects-1"),
    "slot-id-number": setting(*_VOTE, "slots", 0, "id", to=1),
    "approval-member": setting(*_VOTE, "approvals", 0, to=lambda v: v | {"x": 1}),
    "officer-member": setting("officers", 0, to=lambda v: v | {"x": 1}),
    "officer-role-twice": setting("officers", 0, "roles", to=["clerk", "clerk"]),
    "rule-title-number": setting(*_VOTE, "rules", "title", to=1),
    "rule-objection-none": setting(*_VOTE, "rules", "objection", "recount_on_request_of", to=[]),
    "rule-objection-text": setting(*_VOTE, "rules", "objection", "recount_on_request_of", to="a"),
    "rule-window-text": setting(*_VOTE, "rules", "objection", "window_working_days", to="3"),
    "rule-window-true": setting(*_VOTE, "rules", "objection", "window_working_days", to=True),
    "rule-window-large": setting(*_VOTE, "rules", "objection", "window_working_days", to=10**6),
    "rule-margin-form": setting(*_VOTE, "rules", "margin_range", "low", to="0.1"),
    "rule-margin-order": setting(*_VOTE, "rules", "margin_range", "low", to="3/4"),
}
for _id, _change in _DEFINITIONS.items():
    definition_case(f"A8-definition-{_id}", "a value of the wrong form", _change)
for _id, _to in {"no-list": {}, "two": [100, 80]}.items():
    definition_case(
        f"A8-definition-weights-{_id}",
        "other weights than three",
        setting(*_VOTE, "rules", "weights", to=_to),
        play="grades",
    )

# Events.

_EVENTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "member": ("box_empty", lambda b: b.update(x=1)),
    "missing": ("box_empty", lambda b: b.pop("paper_boxes")),
    "not-empty": ("box_empty", setting("envelopes", to=1)),
    "channel-twice": ("round_opened", setting("channels", to=["tablet", "tablet"])),
    "fingerprint-short": ("round_opened", setting("fingerprint", to="A" * 42)),
    "outcome-no-object": ("counted", setting("outcome", to=[])),
    "log-capitals": ("round_opened", setting("log", to=str.upper)),
    "slots-twice": ("check_in_opened", lambda b: b["slots"].append(b["slots"][0])),
}
for _id, (_kind, _change) in _EVENTS.items():
    event_case(f"A8-event-{_id}", "V1", "a body of the wrong form", _kind, _change)


def _member(id: str, comment: str, kind: str = "box_empty", **changes: Any) -> None:
    """A member of the event itself."""

    def made(f: Forgery) -> None:
        draft = f.draft(kind)
        draft.event = replace(draft.event, **changes)

    add(f"A8-event-{id}", "V1", comment, made)


_member("no-slot", "an event of a round, without its slot", slot=None)
_member("slot-too-many", "an event of the session, with a slot", "defined", slot=FIRST)
_member("minute", "a minute of another form", minute="2025-01-16 09:00")
_member("no-minute", "no such minute", minute="2025-01-16T25:00Z")
_member("minute-number", "no text", minute=9)
for _id, _number in {"long": b"1" * 20, "large": b"9" * 17}.items():
    text_case(
        f"A8-event-number-{_id}",
        "V1",
        "more than 2^53 hands",
        "events.jsonl",
        partial(re.compile(rb'"yes":\d+').sub, b'"yes":' + _number),
    )


def _resigned(change: Callable[[bytes], bytes]) -> Callable[[Forgery], Made]:
    """The signature under the first event in another spelling."""

    def made(f: Forgery) -> Made:
        found = f.all_members()
        line, *rest = found["events.jsonl"].split(b"\n")
        at = line.index(b'"signature":"') + 13
        line = line[:at] + change(line[at : at + 128]) + line[at + 128 :]
        return found | {"events.jsonl": b"\n".join([line, *rest])}

    return made


def _plus_order(text: bytes) -> bytes:
    data = bytes.fromhex(text.decode())
    s = int.from_bytes(data[32:], "little") + Q
    return (data[:32] + s.to_bytes(32, "little")).hex().encode()


add("D4-signature-s-plus-order", "V3", "S not below the order", _resigned(_plus_order))
add(
    "D4-signature-r-identity",
    "V3",
    "R of small order",
    _resigned(lambda t: b"01" + b"00" * 31 + t[64:]),
)
add("D4-signature-short", "V1", "127 digits", _resigned(lambda t: t[1:]))
add("D4-signature-capitals", "V1", "capitals", _resigned(bytes.upper))

# Admissions and archive.


def _line(change: Callable[[Any], Any]) -> Callable[[Forgery], None]:
    def made(f: Forgery) -> None:
        f.admissions[FIRST][0] = change(f.admissions[FIRST][0])

    return made


_ADMISSIONS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "no-object": ("V7", lambda _: []),
    "token-no-list": ("V7", lambda v: v | {"token": {}}),
    "tracker-number": ("V7", lambda v: v | {"tracker": 1}),
    "cap-proof-no-list": ("V6", lambda v: v | {"cap_proof": {}}),
    "cap-proof-long": ("V6", lambda v: v | {"cap_proof": v["cap_proof"] * 400}),
    "token-number": ("V6", lambda v: v | {"token": [1, 2]}),
    "three-tokens": ("V6", lambda v: v | {"token": [*v["token"], v["token"][0]]}),
}
for _id, (_check, _line_of) in _ADMISSIONS.items():
    add(f"A8-admission-{_id}", _check, "a line of the wrong form", _line(_line_of))


@case("E9-no-setup", "V5", "an archive of no event")
def _(f: Forgery) -> None:
    f.stages[FIRST].clear()
