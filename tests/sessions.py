"""Sessions of thirty deputies, event by event, with the keys of all their officials.

Two votes: ``projects``, two places for three items, and ``motion``. Five trustees of whom four
seal and three decrypt. Nothing is encrypted: the lifecycle never looks inside a ballot.
"""

from collections.abc import Iterable
from copy import copy
from functools import cache
from typing import Any

import gmpy2

from ballot.crypto.encoding import b64, dumps, sha256
from ballot.crypto.group import GROUPS
from ballot.crypto.signing import SigningKey
from ballot.tally import lifecycle
from ballot.tally.count import Counts, Kind, count
from ballot.tally.definition import decode_definition
from ballot.tally.events import Event, Signature, chain, draft, sign_event
from ballot.tally.rules import DEFAULTS
from ballot.tally.session import Definition
from ballot.tally.signatories import needed

MINUTE = "2025-01-16T02:42Z"
NOTHING = "0" * 64
DEPUTIES, PRESENT, TABLETS, PAPERS = 30, 28, 20, 8
PEOPLE = {
    "clerk": ["clerk"],
    "chair": ["presiding_officer", "presidium"],
    "member-1": ["presidium"],
    "member-2": ["presidium"],
    "chief": ["chief_scrutineer"],
    **{f"scrutineer-{n}": ["scrutineer"] for n in range(1, 6)},
    "teller-1": ["teller"],
    "teller-2": ["teller"],
}
TRUSTEES = [f"scrutineer-{n}" for n in range(1, 6)]
STAGES = "start ready issued open closed sealed paper decrypted counted certified published".split()
"""How far the round ``projects-1`` may have come, for :func:`at`."""
SLOTS = ("projects-1", "projects-2", "projects-3", "projects-4", "motion-1", "motion-2")
FINGERPRINT = b64(bytes(32))
# 赞成 on all 28 ballots: everyone's first list, a tie of b and c, and one place left open.
CLEAR, TIE, SHORT = (26, 20, 4), (20, 18, 18), (26, 6, 4)


def key(name: str) -> SigningKey:
    """The signing key of an officer."""
    return SigningKey(sha256(b"test officer", name.encode()))


@cache
def moduli() -> tuple[str, ...]:
    """Numbers that pass for slot keys; nobody signs tokens with them here."""
    small, n = gmpy2.primorial(2**16), 2**3071 + 1
    found: list[str] = []
    while len(found) < 2 * len(SLOTS):
        if gmpy2.gcd(n, small) == 1:
            found.append(n.to_bytes(384, "big").hex())
        n += 2
    return tuple(found)


def slips(slot: str) -> list[str]:
    """The drawn credentials of a slot, one per deputy."""
    group, first = GROUPS["Ed25519"], 100 * SLOTS.index(slot) + 1
    return sorted(group.ser(group.power_g(first + i)) for i in range(DEPUTIES))


@cache
def definition(drawn: bool = False, participation: bool = False, note: str = "") -> Definition:
    """The definition; ``note`` makes another session with the same keys."""
    rules = {
        **{name: value for name, value in DEFAULTS.items() if name in _RULES},
        "rule_set_id": "TEST-1",
        "title": "票决办法（测试）",
    }
    if participation:
        rules["participation_quorum"] = "majority_all_voting"

    def item(name: str) -> dict[str, Any]:
        texts = "content unit location funding completion category beneficiaries"
        empty = dict.fromkeys(texts.split(), "")
        return {"id": name, "title": f"项目{name}", "investment": None, **empty}

    def slot(name: str) -> dict[str, Any]:
        i = 2 * SLOTS.index(name)
        return {
            "id": name,
            "uuid": f"TestSession{'A' * 10}{'BCDEFGHJK'[i // 2]}",
            "length": 65536,
            "keys": [] if drawn else list(moduli()[i : i + 2]),
            "drawn": slips(name) if drawn else [],
        }

    def vote(name: str, kind: str, style: str, seats: int, items: str) -> dict[str, Any]:
        return {
            "id": name,
            "title": f"表决{name}",
            "kind": kind,
            "style": style,
            "seats": seats,
            "items": [item(letter) for letter in items],
            "rules": rules,
            "approvals": [],
            "waiver": _WAIVER if seats else None,
            "channels": ["tablet", "paper"] if kind == "selection" else ["tablet"],
            "slots": [slot(s) for s in SLOTS if s.startswith(name)],
        }

    officers = [
        {"id": name, "name": name, "roles": roles, "public_key": key(name).public}
        for name, roles in PEOPLE.items()
    ]
    value = {
        "kind": "definition",
        "version": 1,
        "congress": "青禾镇人民代表大会",
        "assembly": "青禾镇第二十届人民代表大会第四次会议",
        "government": "镇人民政府",
        "title": "测试",
        "year": 2025,
        "date": "2025-01-16",
        "practice": False,
        "note": note,
        "group": "Ed25519",
        "deputies": DEPUTIES,
        "roll_digest": NOTHING,
        "officers": officers,
        "presidium_quorum": 2,
        "signers": [] if drawn else ["clerk", "scrutineers"],
        "trustees": {"members": TRUSTEES, "threshold": 3},
        "box_key": key("box").public,
        "min_ballots": 10,
        "min_paper": 5,
        "token_kind": "drawn" if drawn else "blind",
        "votes": [
            vote("projects", "selection", "three_way", 2, "abc"),
            vote("motion", "motion", "motion", 0, "m"),
        ],
    }
    return decode_definition(dumps(value))


_RULES = set(DEFAULTS) - {"rate_denominator", "grade_denominator", "half", "weights"}
_WAIVER = {"step": "差额豁免", "body": "主席团", "date": "2025-01-02", "document_no": "测试1号"}


class Session:
    """A session in the making. Steps publish and return the session; ``refusals`` only asks."""

    def __init__(self, of: Definition | None = None) -> None:
        self.definition = of or definition()
        self.state = lifecycle.initial(self.definition)
        self.events: list[Event] = []

    def fork(self) -> "Session":
        """The same session, to go on differently."""
        other = copy(self)
        other.events = list(self.events)
        return other

    @property
    def log(self) -> str:
        """Digest of the last event."""
        return self.events[-1].digest if self.events else NOTHING

    def draft(self, kind: str, slot: str | None = None, **changes: Any) -> Event:
        """A draft with the body that fits here, members replaced by ``changes``."""
        body = self._body(kind, slot) | changes
        return draft(kind, self.definition.session, slot, MINUTE, body)

    def signatures(self, event: Event, by: str | None = None) -> list[Signature]:
        """Just enough signatures; ``by`` is the trustee where one signs."""
        found = []
        for role, number in needed(self.definition, event.kind).items():
            holders = [name for name, roles in PEOPLE.items() if role in roles]
            if role == "trustee":
                holders = [by] if by else TRUSTEES
            found += [(name, role) for name in holders[:number]]
        return [sign_event(key(name), event, name, role) for name, role in found]

    def event(
        self, kind: str, slot: str | None = None, by: str | None = None, **changes: Any
    ) -> Event:
        """The next event, signed and chained."""
        drafted = self.draft(kind, slot, **changes)
        last = self.events[-1] if self.events else None
        return chain(last, drafted, self.signatures(drafted, by))

    def publish(
        self, kind: str, slot: str | None = None, by: str | None = None, **changes: Any
    ) -> "Session":
        """The session after one more event, which must be allowed."""
        return self.append(self.event(kind, slot, by, **changes))

    def append(self, event: Event) -> "Session":
        """The session after that event, which must be allowed."""
        self.state = lifecycle.advance(self.state, event)
        self.events.append(event)
        return self

    def refusals(
        self, kind: str, slot: str | None = None, by: str | None = None, **changes: Any
    ) -> set[str]:
        """The codes of all obstacles to one more event."""
        return self.obstacles(self.event(kind, slot, by, **changes))

    def obstacles(self, event: Event) -> set[str]:
        """The codes of all obstacles to that event; applying it all the same never fails."""
        lifecycle.apply(self.state, event)
        return {obstacle.code for obstacle in lifecycle.obstacles(self.state, event)}

    # Steps.

    def ready(self) -> "Session":
        """Defined, adopted, keys, rules."""
        for kind in ("defined", "adopted", "keys_ready", "rules_adopted"):
            self.publish(kind)
        return self

    def check_in(self, slots: Iterable[str] = SLOTS, **changes: Any) -> "Session":
        """A check-in for those slots."""
        self.publish("check_in_opened", slots=list(slots))
        return self.publish("check_in_closed", **changes)

    def open(self, slot: str = "projects-1", **changes: Any) -> "Session":
        """The empty box and the opening."""
        self.publish("box_empty", slot)
        return self.publish("round_opened", slot, **changes)

    def seal(self, slot: str = "projects-1", trustees: int = 4) -> "Session":
        """Seals of the first trustees."""
        for name in TRUSTEES[:trustees]:
            self.publish("sealed", slot, name)
        return self

    def decrypt(self, slot: str = "projects-1", trustees: int = 3) -> "Session":
        """Partial decryptions of the last trustees."""
        for owner in range(6 - trustees, 6):
            self.publish("decrypted", slot, TRUSTEES[owner - 1], owner=owner)
        return self

    def count(self, slot: str = "projects-1", yes: tuple[int, ...] = CLEAR) -> "Session":
        """Everything from the closing to the totals: ``yes`` per item on all 28 ballots."""
        self.publish("round_closed", slot).seal(slot)
        if slot.startswith("projects"):
            self.publish("paper_counted", slot)
        self.decrypt(slot)
        return self.publish("counted", slot, **self.outcome(slot, yes))

    def round(self, slot: str = "projects-1", yes: tuple[int, ...] = CLEAR) -> "Session":
        """A whole round, certified."""
        return self.open(slot).count(slot, yes).publish("certified", slot)

    def outcome(self, slot: str, yes: tuple[int, ...]) -> dict[str, Any]:
        """The body of Counted when the ballots returned hold so many approvals."""
        one, vote = self.state.rounds[slot], self.definition.slot(slot)[0]
        valid = sum(one.returned.values())
        rows = [[n, 0, valid - n] for n in yes]
        kind: Kind = "motion" if vote.kind == "motion" else "choose"
        counts = Counts(
            deputies_all=DEPUTIES,
            present=PRESENT,
            issued=sum(one.issued.values()),
            returned=valid,
            valid=valid,
            seats=one.seats or 1,
            candidates=len(yes),
            yes=yes,
        )
        outcome = count(vote.rules, "runoff" if one.run_off else kind, counts).encode()
        return {
            "tablet": rows if one.tablets else None,
            "totals": rows,
            "outcome": outcome,
        }

    def certificate(self, slot: str) -> str:
        """The digest of the round's last certificate."""
        found = self.state.rounds[slot].certificates
        return found[-1].certificate if found else NOTHING

    def _body(self, kind: str, slot: str | None) -> dict[str, Any]:
        one = self.state.rounds.get(slot or "")
        paper = bool(slot and slot.startswith("projects"))
        match kind:
            case "keys_ready":
                drill = {"factor": "1", "challenge": "1", "response": "1"}
                return {
                    "trustees": "[]",
                    "commitments": [NOTHING] * 5,
                    "drills": [drill] * 5,
                }
            case "rules_adopted":
                return {"yes": 16, "no": 10, "abstain": 2}
            case "check_in_opened":
                return {"slots": list(SLOTS)}
            case "check_in_closed":
                return {
                    "present": PRESENT,
                    "attendance": NOTHING,
                    "issued": [self.issued(s) for s in self.state.check_in or SLOTS],
                    "unused_slips": [],
                }
            case "box_empty":
                return {"envelopes": 0, "paper_boxes": 1}
            case "round_opened":
                return {
                    "log": self.log,
                    "present": 25,
                    "channels": ["tablet", "paper"] if paper else ["tablet"],
                    "fingerprint": FINGERPRINT,
                    "issued_paper": None,
                }
            case "round_closed":
                channels = one.channels if one else ()
                return {
                    "log": self.log,
                    "tablet": {"returned": TABLETS, "root": NOTHING}
                    if "tablet" in channels
                    else None,
                    "paper": {"returned": PAPERS} if "paper" in channels else None,
                }
            case "sealed":
                size = one.returned.get("tablet", 0) if one else 0
                return {"fingerprint": FINGERPRINT, "size": size, "root": NOTHING}
            case "paper_counted":
                valid = one.returned.get("paper", PAPERS) if one else PAPERS
                items = one.items if one else ("a", "b", "c")
                return {
                    "issued": one.issued.get("paper", PAPERS) if one else PAPERS,
                    "returned": valid,
                    "valid": valid,
                    "void": {"over_vote": 0, "unreadable": 0, "void_by_deputy": 0},
                    "rows": [[0, 0, valid] for _ in items],
                    "replaces": one.paper_event if one else None,
                }
            case "decrypted":
                return {"owner": 1, "partial": "{}"}
            case "counted":
                known = one or self.state.rounds["projects-1"]
                return self.outcome(known.slot, (0,) * len(known.items))
            case "certified":
                return {"certificate": sha256(dumps(self.log)).hex()}
            case "voided":
                return {"log": self.log, "reason": "stated", "text": "平板故障"}
            case "run_off_called" | "second_vote_called" | "revote_called":
                return {"log": self.log, "parent": NOTHING, "items": ["b", "c"], "seats": 1}
            case "tie_settled":
                return {"parent": NOTHING, "method": "lots", "items": ["c"], "witnesses": ["甲"]}
            case "vacancy_left":
                return {"parent": NOTHING, "places": 1}
            case "override":
                return {"permits": "few_ballots", "text": "主席团决定"}
            case "objection" | "adjourned":
                return {"text": "说明"}
            case "published":
                return {"log": self.log}
            case _:
                return {}

    def issued(self, slot: str, tablet: int = TABLETS, paper: int | None = None) -> dict[str, Any]:
        """What a check-in gave out for a slot."""
        papers = (PAPERS if slot.startswith("projects") else 0) if paper is None else paper
        signers = [tablet] * len(self.definition.signers)
        return {"slot": slot, "tablet": tablet, "paper": papers, "signers": signers}


@cache
def _stage(name: str, drawn: bool, participation: bool) -> Session:
    if name == "start":
        return Session(definition(drawn, participation))
    session = _stage(STAGES[STAGES.index(name) - 1], drawn, participation).fork()
    slot = "projects-1"
    match name:
        case "ready":
            return session.ready()
        case "issued":
            return session.check_in()
        case "open":
            return session.open()
        case "closed":
            return session.publish("round_closed", slot)
        case "sealed":
            return session.seal()
        case "paper":
            return session.publish("paper_counted", slot)
        case "decrypted":
            return session.decrypt()
        case "counted":
            return session.publish("counted", slot, **session.outcome(slot, CLEAR))
        case "certified":
            return session.publish("certified", slot)
        case _:
            return session.publish("published")


def at(name: str, *, drawn: bool = False, participation: bool = False) -> Session:
    """A session whose round ``projects-1`` has come so far, one of ``STAGES``."""
    return _stage(name, drawn, participation).fork()


def certified(yes: tuple[int, ...]) -> Session:
    """A session whose first round was certified with these approvals."""
    return at("open").count(yes=yes).publish("certified", "projects-1")
