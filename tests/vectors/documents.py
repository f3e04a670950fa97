"""Vectors of signed documents: definitions, election documents, the chain of events."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from ballot.crypto.encoding import code, dumps, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS
from ballot.tally import lifecycle
from ballot.tally.definition import decode_definition
from ballot.tally.events import Event, chain, decode_event, encode, sign_event
from ballot.tally.gate import Gate, build_gate
from tests.elections import Stream, Trustees
from tests.sessions import TRUSTEES, Session, definition, key
from tests.vectors.spellings import NON_CANONICAL, SMALL, verdict

Path = Sequence[str | int]


def changed(data: bytes, path: Path, value: Any) -> bytes:
    """The document with one place replaced; a list's index one beyond its end appends."""
    document = loads(data)
    at = document
    for step in path[:-1]:
        at = at[step]
    last = path[-1]
    if isinstance(at, list) and last == len(at):
        at.append(value)
    else:
        at[last] = value
    return dumps(document)


def definition_vectors() -> list[dict[str, Any]]:
    """Two definitions, and changes that both readers refuse by the same code."""
    return [_definition_vector(drawn) for drawn in (False, True)]


def _definition_vector(drawn: bool) -> dict[str, Any]:
    raw = definition(drawn=drawn).raw
    value = loads(raw)
    slot, officer = value["votes"][0]["slots"][0], value["officers"][0]
    other = value["votes"][0]["slots"][1]
    changes: list[tuple[Path, Any]] = [
        (["kind"], "definitions"),
        (["version"], 2),
        (["extra"], 1),
        (["group"], "RFC-3526-2048"),
        (["title"], ""),
        (["title"], "𠮷" * 200),
        (["title"], "𠮷" * 201),
        (["date"], "2025-13-01"),
        (["practice"], 1),
        (["deputies"], 0),
        (["roll_digest"], "AB" * 32),
        (["presidium_quorum"], 1),
        (["presidium_quorum"], 4),
        (["officers", 10, "roles"], ["teller", "presidium"]),
        (["signers"], ["clerk", "clerk"]),
        (["signers"], []),
        (["token_kind"], "blind" if drawn else "drawn"),
        (["box_key"], SMALL[0]),
        (["trustees", "threshold"], 1),
        (["trustees", "threshold"], 6),
        (["trustees", "members"], ["clerk", *TRUSTEES[1:]]),
        (["trustees", "members"], [TRUSTEES[0], *TRUSTEES[:4]]),
        (["trustees", "members"], ["nobody", *TRUSTEES[1:]]),
        (["officers", 0, "roles"], ["king"]),
        (["officers", 0, "roles"], ["clerk", "clerk"]),
        (["officers", 1, "roles"], ["presiding_officer", "clerk"]),
        (["officers", 1, "id"], officer["id"]),
        (["officers", 1, "public_key"], officer["public_key"]),
        (["votes", 0, "kind"], "rating"),
        (["votes", 0, "style"], "approve"),
        (["votes", 0, "seats"], 0),
        (["votes", 0, "seats"], 3),
        (["votes", 1, "seats"], 1),
        (["votes", 0, "channels"], ["tablet", "tablet"]),
        (["votes", 0, "items", 1, "id"], "a"),
        (["votes", 0, "items", 1, "id"], "项目"),
        (["votes", 0, "items", 1, "investment"], -1),
        (["votes", 0, "rules", "cap"], "most"),
        (["votes", 1, "items", 1], value["votes"][0]["items"][0]),
        (["votes", 0, "slots", 0, "uuid"], "0" * 22),
        (["votes", 0, "slots", 0, "uuid"], other["uuid"]),
        (["votes", 0, "slots", 0, "id"], other["id"]),
        (["votes", 0, "slots", 0, "length"], 0),
        (["votes", 0, "slots", 0, "keys"], other["keys"]),
        (["votes", 0, "slots", 0, "keys"], slot["keys"][:1]),
        (["votes", 0, "slots", 0, "drawn"], slot["drawn"][1:]),
        (["votes", 0, "slots", 0, "drawn"], slot["drawn"][::-1]),
    ]
    if drawn:
        changes += [(["officers", 0, "public_key"], point) for point in SMALL + NON_CANONICAL]
    else:  # reading slot keys takes long: only what is about them once more
        changes = [
            change for change in changes if {"slots", "signers", "token_kind"} & {*change[0]}
        ]
        n = int(slot["keys"][0], 16)
        for wrong in (n + 1, n - n % 3, n >> 1 | 1):
            changes.append((["votes", 0, "slots", 0, "keys", 0], f"{wrong:0768x}"))
        changes.append((["votes", 0, "slots", 0, "keys", 0], f"{n:0768X}"))
    return {
        "definition": raw.decode(),
        "session": definition(drawn=drawn).session,
        "code": code(bytes.fromhex(definition(drawn=drawn).session)),
        "changes": [
            {
                "path": list(path),
                "value": new,
                "verdict": verdict(decode_definition, changed(raw, path, new)),
            }
            for path, new in changes
        ],
    }


def trustees_bytes() -> tuple[str, Any]:
    """The ``trustees`` document of the test session's five trustees, and y."""
    trustees = Trustees(GROUPS["Ed25519"], Stream("vectors")).pedersen(3, 5)
    return trustees.encode().decode(), trustees.y


def election_vectors() -> dict[str, Any]:
    """The election documents of a session: first rounds, and later ones with what called them."""
    trustees, y = trustees_bytes()
    of = definition()
    calls: list[tuple[str, dict[str, Any] | None]] = [
        ("projects-1", None),
        ("motion-1", None),
        ("projects-2", {"items": ["b", "c"], "seats": 1, "calling": "ab" * 32}),
        ("projects-3", {"items": ["c", "a"], "seats": 5, "calling": "cd" * 32}),
        ("motion-2", {"items": ["m"], "seats": 0, "calling": "ef" * 32}),
    ]
    rounds = []
    for slot, called in calls:
        gate = build_gate(of, y, slot, **called) if called else build_gate(of, y, slot)
        rounds.append({"slot": slot, "called": called, **_election(gate)})
    return {
        "definition": of.raw.decode(),
        "trustees": trustees,
        "y": of.group.ser(y),
        "rounds": rounds,
    }


def _election(gate: Gate) -> dict[str, Any]:
    return {
        "election": gate.election.raw.decode(),
        "fingerprint": gate.election.fingerprint,
        "code": code(gate.election.digest),
        "style": gate.style,
        "cap": gate.cap,
        "length": gate.length,
    }


def event_vectors() -> dict[str, Any]:
    """A session with a voided round and its repetition, and lines that must be refused.

    ``refused`` are lines in the place of line ``number``, with the code of Python's first
    obstacle.
    """
    trustees, y = trustees_bytes()
    session, slot, again = Session(), "projects-1", "projects-2"
    fingerprint = build_gate(session.definition, y, slot).election.fingerprint
    session.publish("defined").publish("adopted").publish("keys_ready", trustees=trustees)
    session.publish("rules_adopted").check_in().open(slot, fingerprint=fingerprint)
    session.publish("round_closed", slot).publish("voided", slot)
    parent = session.events[-1].digest
    every = [item.id for item in session.definition.votes[0].items]
    session.publish("revote_called", again, parent=parent, items=every, seats=2)
    calling = session.events[-1].digest
    gate = build_gate(session.definition, y, again, every, 2, calling)
    session.open(again, fingerprint=gate.election.fingerprint)
    session.publish("round_closed", again).publish("voided", again).publish("published")
    return {
        "definition": session.definition.raw.decode(),
        "lines": [encode(event).decode() for event in session.events],
        "rounds": {slot: fingerprint, again: gate.election.fingerprint},
        "refused": _refused(session),
    }


def _refused(session: Session) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    states = [lifecycle.initial(session.definition)]
    for event in session.events:
        states.append(lifecycle.advance(states[-1], event))

    def add(comment: str, kind: str, change: Callable[[dict[str, Any]], object]) -> None:
        for event in session.events:
            if event.kind == kind:
                break
        document = loads(encode(event))
        change(document)
        line = dumps(document)
        state = states[event.number - 1]
        try:
            obstacle = next(lifecycle.obstacles(state, decode_event(line)))
        except Invalid as error:
            obstacle = error
        number = event.number
        case = {"comment": f"{kind}: {comment}", "number": number, "line": line.decode()}
        found.append(case | {"code": obstacle.code})

    add("a signature less", "keys_ready", lambda d: d["signatures"].pop())
    add("a signature twice", "keys_ready", lambda d: d["signatures"].insert(0, d["signatures"][0]))
    add("other trustees", "keys_ready", lambda d: d["body"].update(trustees="[]"))
    for kind in ("adopted", "check_in_opened", "round_opened", "round_closed",
                 "voided", "revote_called", "published"):  # fmt: skip
        add("no signature", kind, lambda d: d["signatures"].clear())
        add("one signature less", kind, lambda d: d["signatures"].pop())
        add("a signature twice", kind, lambda d: d["signatures"].insert(0, d["signatures"][0]))
        add("another minute", kind, lambda d: d.update(minute="2025-01-16T02:43Z"))
        add("another session", kind, lambda d: d.update(session="00" * 32))
        add("another number", kind, lambda d: d.update(number=d["number"] + 1))
        add("another previous", kind, lambda d: d.update(previous="00" * 32))
        add("an unknown member", kind, lambda d: d.update(extra=None))
        add("an unknown signer", kind, lambda d: d["signatures"][0].update(signer="a-nobody"))
        add("a member more in its body", kind, lambda d: d["body"].update(extra=1))
        add("seconds", kind, lambda d: d.update(minute="2025-01-16T02:42:00Z"))
    for kind in ("round_opened", "round_closed", "voided", "revote_called", "published"):
        add("a log from nowhere", kind, _resigned(session, lambda b: b.update(log="00" * 32)))
    add("a role not held", "adopted", lambda d: d["signatures"][0].update(signer="clerk"))
    add("a fingerprint that is none", "round_opened", lambda d: d["body"].update(fingerprint="A"))
    add("no fingerprint", "round_opened", _resigned(session, lambda b: b.update(fingerprint=None)))
    add("items twice", "revote_called", lambda d: d["body"].update(items=["a", "a"]))
    add("a slot skipped", "revote_called", _resigned(session, lambda b: b, slot="projects-3"))
    add("no such slot", "revote_called", _resigned(session, lambda b: b, slot="projects-9"))
    add("a round not called", "round_opened", _resigned(session, lambda b: b, slot="projects-3"))
    return found


def _resigned(
    session: Session, change: Callable[[dict[str, Any]], object], slot: str | None = None
) -> Callable[[dict[str, Any]], None]:
    """A change under fresh signatures of the same people."""

    def apply(document: dict[str, Any]) -> None:
        change(document["body"])
        document["slot"] = slot or document["slot"]
        event = decode_event(dumps(document))
        fresh = [sign_event(key(s.signer), event, s.signer, s.role) for s in event.signatures]
        again: Event = chain(None, event, fresh)
        document["signatures"] = deepcopy(loads(encode(again))["signatures"])

    return apply
