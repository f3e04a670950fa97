"""V3: the chain of events and who signed them (protocol §4, §8; docs/record.md)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.naive.documents import b64, canonical, sha
from tests.naive.proofs import ed25519_holds

Event = dict[str, Any]
ONE = ("clerk", "presiding_officer", "chief_scrutineer")
COUNTERS = {"teller": 2, "scrutineer": 2}
# kind → members of the body, has a slot, signers by role (0: the presidium quorum, -1: all).
KINDS: dict[str, tuple[str, bool, dict[str, int]]] = {
    "defined": ("", False, {"clerk": 1}),
    "adopted": ("", False, {"presidium": 0}),
    "keys_ready": ("trustees commitments drills", False, {"trustee": -1}),
    "rules_adopted": ("yes no abstain", False, {"presiding_officer": 1}),
    "check_in_opened": ("slots", False, {"clerk": 1}),
    "check_in_closed": (
        "present attendance issued unused_slips",
        False,
        {"clerk": 1, "chief_scrutineer": 1},
    ),
    "box_empty": ("envelopes paper_boxes", True, {"chief_scrutineer": 1}),
    "round_opened": (
        "log present channels fingerprint issued_paper",
        True,
        {"presiding_officer": 1},
    ),
    "round_closed": ("log tablet paper", True, {"presiding_officer": 1}),
    "sealed": ("fingerprint size root", True, {"trustee": 1}),
    "paper_counted": ("issued returned valid void rows replaces", True, COUNTERS),
    "decrypted": ("owner partial", True, {"trustee": 1}),
    "counted": ("tablet totals outcome", True, {}),
    "certified": ("certificate", True, COUNTERS | {"chief_scrutineer": 1, "presidium": 0}),
    "voided": ("log reason text", True, {"presidium": 0}),
    "run_off_called": ("log parent items seats", True, {"presidium": 0}),
    "revote_called": ("log parent items seats", True, {"presidium": 0}),
    "second_vote_called": ("log parent items seats", True, {"presidium": 0}),
    "tie_settled": ("parent method items witnesses", True, {"presidium": 0}),
    "vacancy_left": ("parent places", True, {"presidium": 0}),
    "override": ("permits text", True, {"presidium": 0}),
    "objection": ("text", True, {"clerk": 1}),
    "adjourned": ("text", False, {"presiding_officer": 1}),
    "published": ("log", False, {"presidium": 0}),
}
SIGNATURE_CHECK = {"keys_ready": "V4", "sealed": "V8", "certified": "V13"}


def is_minute(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass
class Round:
    """The events of one round, and what it votes on."""

    slot: str
    vote: dict[str, Any]
    slot_data: dict[str, Any]
    items: list[str]
    seats: int
    kind: str = "first"
    run_off: bool = False  # most votes decide
    calling: str | None = None
    parent: str | None = None
    issued: dict[str, int] = field(default_factory=dict)
    opened: Event = field(default_factory=dict)
    closed: Event = field(default_factory=dict)
    counted: Event = field(default_factory=dict)
    paper: Event | None = None
    sealed: list[Event] = field(default_factory=list)
    decrypted: list[Event] = field(default_factory=list)
    ever_counted: bool = False
    certified: list[Event] = field(default_factory=list)
    current: bool = False  # the last certificate is of what is counted
    voided: Event | None = None
    settled: str = ""
    lots: list[str] = field(default_factory=list)
    vacant: bool = False

    @property
    def tablets(self) -> bool:
        return "tablet" in self.opened["body"]["channels"]

    @property
    def is_open(self) -> bool:
        return bool(self.opened and not self.closed and not self.voided)

    @property
    def returned(self) -> dict[str, int]:
        """R per channel."""
        body = self.closed["body"]
        return {name: body[name]["returned"] for name in self.issued if body[name]}

    @property
    def outcome(self) -> dict[str, Any]:
        return dict(self.counted["body"]["outcome"]) if self.counted else {}

    @property
    def tied(self) -> list[str]:
        """The items tied at the cut."""
        positions = self.outcome.get("runoff") or self.outcome.get("second_tie") or []
        return [self.items[k] for k in positions]

    @property
    def tied_places(self) -> int:
        return int(self.outcome["runoff_seats"] or self.outcome["second_tie_seats"])

    @staticmethod
    def fingerprint_of(data: bytes) -> str:
        return b64(data)


class EventLog:
    """The events; ``check`` reports to ``fail(check, text)``."""

    def __init__(
        self,
        definition: dict[str, Any],
        session: str,
        events: list[Event],
        lines: list[bytes],
        fail: Callable[[str, str], None],
    ) -> None:
        self.definition, self.session, self.events, self.fail = definition, session, events, fail
        self.digests = [sha(line) for line in lines]
        self.rounds: dict[str, Round] = {}
        self.issued: dict[str, dict[str, Any]] = {}
        self.check_ins: dict[str, dict[str, Any]] = {}
        self.unused: set[str] = set()
        self.permitted: dict[str, list[tuple[str, str]]] = {}
        self.empty: set[str] = set()
        self.seen: list[str] = []
        self.open_check_in: list[str] = []

    def require(self, holds: bool, text: str, check: str = "V3") -> None:
        if not holds:
            self.fail(check, text)

    def first(self, kind: str) -> Event:
        return next(event for event in self.events if event["kind"] == kind)

    def check(self) -> None:
        for k, event in enumerate(self.events):
            where = f"event {k + 1}"
            names = {"number", "previous", "kind", "session", "slot", "minute", "body"}
            self.require(set(event) == names | {"signatures"}, f"{where}: members", "V1")
            previous = self.digests[k - 1] if k else None
            chained = (event["number"], event["previous"]) == (k + 1, previous)
            self.require(chained, f"{where}: the chain is broken")
            self.require(event["session"] == self.session, f"{where}: another session")
            form = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", event["minute"])
            self.require(bool(form) and is_minute(event["minute"]), f"{where}: minute", "V1")
            if event["kind"] not in KINDS:
                self.fail("V1", f"{where}: kind {event['kind']}")
                continue
            members, has_slot, _ = KINDS[event["kind"]]
            self.require(set(event["body"]) == set(members.split()), f"{where}: body", "V1")
            if event["kind"] not in ("override", "objection"):
                self.require((event["slot"] is not None) == has_slot, f"{where}: slot", "V1")
            if "log" in event["body"]:
                self.require(event["body"]["log"] in self.digests[:k], f"{where}: log")
            self.check_signatures(event, where)
            try:
                self.follow(event, where, self.digests[k])
            except (KeyError, TypeError, ValueError, IndexError) as error:
                self.fail("V3", f"{where}: {event['kind']} out of place ({error!r})")
            self.seen.append(event["kind"])
        self.require("published" in self.seen, "the session is not published")
        self.require("adopted" in self.seen, "the definition was never adopted", "V2")

    def follow(self, event: Event, where: str, digest: str) -> None:
        raise NotImplementedError

    # Signatures.

    def signers(self, event: Event, role: str) -> set[str]:
        """Who validly signed in that role."""
        trustees = self.definition["trustees"]["members"]
        good = set()
        for s in event["signatures"]:
            for officer in self.definition["officers"]:
                held = role in officer["roles"] or (role == "trustee" and s["signer"] in trustees)
                if s["role"] != role or officer["id"] != s["signer"] or not held:
                    continue
                names = ("kind", "session", "slot", "minute", "body")
                document = {name: event[name] for name in names}
                document |= {"signer": s["signer"], "role": role}
                message = f"ballot/v1/{event['kind']}\0".encode() + canonical(document)
                if ed25519_holds(officer["public_key"], message, s["signature"]):
                    good.add(s["signer"])
        return good

    def check_signatures(self, event: Event, where: str) -> None:
        check = SIGNATURE_CHECK.get(event["kind"], "V3")
        pairs = [(s["role"], s["signer"]) for s in event["signatures"]]
        self.require(pairs == sorted(set(pairs)), f"{where}: order of signatures", check)
        wanted = KINDS[event["kind"]][2]
        for role, signer in pairs:
            self.require(role in wanted, f"{where}: {signer} as {role} does not sign this", check)
        for role, number in wanted.items():
            low = {
                0: self.definition["presidium_quorum"],
                -1: len(self.definition["trustees"]["members"]),
            }.get(number, number)
            asked = [signer for r, signer in pairs if r == role]
            good = self.signers(event, role)
            self.require(len(good) == len(asked), f"{where}: a bad signature as {role}", check)
            self.require(len(good) >= low, f"{where}: {len(good)} as {role}, needs {low}", check)
            if event["kind"] == "adopted" and len(good) < low:
                self.fail("V2", "the definition is not adopted")
            if role in ONE or event["kind"] in ("sealed", "decrypted"):
                self.require(len(asked) == 1, f"{where}: one signs as {role}", check)

    # What every rule asks.

    @property
    def deputies(self) -> int:
        return int(self.definition["deputies"])

    def vote_of(self, slot: str) -> tuple[dict[str, Any], dict[str, Any]]:
        for vote in self.definition["votes"]:
            for entry in vote["slots"]:
                if entry["id"] == slot:
                    return vote, entry
        raise ValueError(f"no slot {slot}")

    def rounds_of(self, vote: dict[str, Any]) -> list[Round]:
        return [self.rounds[s["id"]] for s in vote["slots"] if s["id"] in self.rounds]

    def permits(self, slot: str, what: str) -> bool:
        return any(kind == what for kind, _ in self.permitted.get(slot, []))

    def quorum_met(self, vote: dict[str, Any], present: int) -> bool:
        if vote["rules"]["quorum"] == "two_thirds_all":
            return 3 * present >= 2 * self.deputies
        return 2 * present > self.deputies
