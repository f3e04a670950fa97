"""V3 and V14: the chain of events, who signed them, and what may follow what (protocol §8)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.naive.documents import (
    ROUND_KINDS,
    b64,
    canonical,
    election_document,
    read_canonical,
    sha,
)
from tests.naive.groups import ed25519_holds

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


@dataclass
class Round:
    """The events of one round, and what it votes on."""

    slot: str
    vote: dict[str, Any]
    slot_data: dict[str, Any]
    items: list[str]
    seats: int
    kind: str = "first"
    calling: str | None = None
    opened: Event = field(default_factory=dict)
    closed: Event = field(default_factory=dict)
    counted: Event = field(default_factory=dict)
    paper: Event | None = None
    sealed: list[Event] = field(default_factory=list)
    decrypted: list[Event] = field(default_factory=list)
    certified: list[Event] = field(default_factory=list)
    voided: Event | None = None

    @property
    def tablets(self) -> bool:
        return "tablet" in self.opened["body"]["channels"]

    @staticmethod
    def fingerprint_of(data: bytes) -> str:
        return b64(data)


class Chronicle:
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
        self.issued: dict[str, dict[str, int]] = {}
        self.check_ins: dict[str, dict[str, Any]] = {}
        self.empty: set[str] = set()
        self.seen: list[str] = []
        self.open_check_in: list[str] = []
        self.joint_key = ""

    def require(self, holds: bool, text: str, check: str = "V3") -> None:
        if not holds:
            self.fail(check, text)

    def first(self, kind: str) -> Event:
        return next(event for event in self.events if event["kind"] == kind)

    def check(self) -> None:
        minute = ""
        for k, event in enumerate(self.events):
            where = f"event {k + 1}"
            names = {"number", "previous", "kind", "session", "slot", "minute", "body"}
            self.require(set(event) == names | {"signatures"}, f"{where}: members")
            previous = self.digests[k - 1] if k else None
            chained = (event["number"], event["previous"]) == (k + 1, previous)
            self.require(chained, f"{where}: the chain is broken")
            self.require(event["session"] == self.session, f"{where}: another session")
            form = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", event["minute"])
            self.require(bool(form) and event["minute"] >= minute, f"{where}: minute")
            minute = event["minute"]
            if event["kind"] not in KINDS:
                self.fail("V3", f"{where}: kind {event['kind']}")
                continue
            members, has_slot, _ = KINDS[event["kind"]]
            self.require(set(event["body"]) == set(members.split()), f"{where}: body")
            if event["kind"] not in ("override", "objection"):
                self.require((event["slot"] is not None) == has_slot, f"{where}: slot")
            if "log" in event["body"]:
                self.require(event["body"]["log"] in self.digests[:k], f"{where}: log")
            self.check_signatures(event, where)
            try:
                self.follow(event, where, self.digests[k])
            except (KeyError, TypeError, ValueError, IndexError) as error:
                self.fail("V3", f"{where}: {event['kind']} out of place ({error!r})")
            self.seen.append(event["kind"])
        self.require(self.seen[-1:] == ["published"], "the session is not published")

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

    # The lifecycle.

    def vote_of(self, slot: str) -> tuple[dict[str, Any], dict[str, Any]]:
        for vote in self.definition["votes"]:
            for entry in vote["slots"]:
                if entry["id"] == slot:
                    return vote, entry
        raise ValueError(f"no slot {slot}")

    def after(self, where: str, *kinds: str) -> None:
        for kind in kinds:
            self.require(kind in self.seen, f"{where}: before {kind}")

    def follow(self, event: Event, where: str, digest: str) -> None:
        kind, body, slot = event["kind"], event["body"], event["slot"]
        self.require("published" not in self.seen, f"{where}: after published")
        once = ("defined", "adopted", "keys_ready", "rules_adopted")
        self.require(kind not in once or kind not in self.seen, f"{where}: {kind} twice")
        if kind != "defined":
            self.after(where, "defined")
        if kind not in ("defined", "adopted", "objection"):
            self.after(where, "adopted")
        if kind == "rules_adopted":
            yes = 2 * body["yes"] > self.definition["deputies"]
            self.require(yes, f"{where}: the rules were not adopted")
        elif kind == "check_in_opened":
            self.after(where, "keys_ready")
            self.require(not self.open_check_in, f"{where}: a check-in is open")
            for name in body["slots"]:
                self.vote_of(name)
                self.require(name not in self.issued, f"{where}: {name} was issued")
            self.open_check_in = body["slots"]
        elif kind == "check_in_closed":
            self.close_check_in(body, where)
        elif kind == "box_empty":
            self.require(body["envelopes"] == 0, f"{where}: the box is not empty")
            self.empty.add(slot)
        elif kind in ROUND_KINDS:
            self.call(event, where, digest)
        elif kind == "round_opened":
            self.open_round(event, where)
        elif kind == "published":
            for one in self.rounds.values():
                done = not one.opened or one.certified or one.voided
                self.require(bool(done), f"{where}: {one.slot} has no end")
        elif kind == "adjourned":
            busy = any(r.opened and not r.closed and not r.voided for r in self.rounds.values())
            self.require(not busy, f"{where}: a round is open")
        elif slot is not None and kind not in ("objection", "override"):
            self.in_round(self.rounds[slot], event, where)

    def close_check_in(self, body: dict[str, Any], where: str) -> None:
        slots = [entry["slot"] for entry in body["issued"]]
        self.require(bool(slots) and slots == self.open_check_in, f"{where}: slots")
        for entry in body["issued"]:
            total = entry["tablet"] + entry["paper"]
            self.require(total <= body["present"], f"{where}: issued > present", "V7")
            same = set(entry["signers"]) <= {entry["tablet"]}
            if self.definition["token_kind"] == "blind":
                same = same and len(entry["signers"]) == len(self.definition["signers"])
            self.require(same, f"{where}: the signers count differently", "V7")
            permitted = {
                e["body"]["permits"] for e in self.before(where) if e["kind"] == "override"
            }
            for number, low in (
                (entry["tablet"], self.definition["min_ballots"]),
                (entry["paper"], self.definition["min_paper"]),
            ):
                enough = number == 0 or number >= low or "few_issued" in permitted
                self.require(enough, f"{where}: {number} issued without an override")
            self.issued[entry["slot"]] = entry
            self.check_ins[entry["slot"]] = body
        fine = body["present"] <= self.definition["deputies"]
        self.require(fine, f"{where}: present > deputies", "V7")
        self.open_check_in = []

    def before(self, where: str) -> list[Event]:
        return self.events[: int(where.split()[1]) - 1]

    def call(self, event: Event, where: str, digest: str) -> None:
        kind, body = event["kind"], event["body"]
        vote, data = self.vote_of(event["slot"])
        earlier = [self.rounds[s["id"]] for s in vote["slots"] if s["id"] in self.rounds]
        nth = len(earlier) < len(vote["slots"]) and vote["slots"][len(earlier)] is data
        self.require(nth, f"{where}: not the next slot")
        parent = earlier[-1]
        items, seats = body["items"], body["seats"]

        def wrong(holds: bool, text: str) -> None:
            self.require(holds, f"{where}: {text}", "V14")

        if kind == "revote_called":
            named = parent.voided and self.digests[parent.voided["number"] - 1]
            wrong(body["parent"] == named, "parent")
            wrong((items, seats) == (parent.items, parent.seats), "not the same list and places")
        else:
            last = parent.certified[-1]["body"]["certificate"] if parent.certified else None
            wrong(body["parent"] == last, "parent")
            outcome = parent.counted["body"]["outcome"]
            if kind == "run_off_called":
                tied = outcome["runoff"] or outcome["second_tie"]
                places = outcome["runoff_seats"] or outcome["second_tie_seats"]
                wrong(bool(tied), "nothing is tied")
                wrong(items == [parent.items[k] for k in tied], "not the tied items")
                wrong(seats == places, "not the open places")
            else:
                elected = self.union(earlier)
                order = [i["id"] for i in vote["items"] if i["id"] in items]
                wrong(bool(items) and items == order, "items not in ballot order")
                wrong(not set(items) & set(elected), "an item that was elected")
                wrong(seats == vote["seats"] - len(elected), "not the open places")
                wrong(not outcome["runoff"] or parent.voided is not None, "a tie is open")
        self.rounds[event["slot"]] = Round(
            event["slot"], vote, data, items, seats, ROUND_KINDS[kind], digest
        )

    def union(self, rounds: list[Round]) -> list[str]:
        """What these rounds elected, and what lots drew after them."""
        elected: list[str] = []
        for one in rounds:
            if one.certified:
                found = one.counted["body"]["outcome"].get("elected", [])
                elected += [one.items[k] for k in found]
            for event in self.events:
                if event["kind"] == "tie_settled" and event["slot"] == one.slot:
                    elected += event["body"]["items"]
        return elected

    def elected_before(self, one: Round, members: dict[str, bytes]) -> list[str]:
        """The union over the earlier rounds of the vote, with lots drawn before this one."""
        slots = [s["id"] for s in one.vote["slots"]]
        earlier = [s for s in slots[: slots.index(one.slot)] if s in self.rounds]
        for slot in earlier:
            if self.rounds[slot].certified:
                read_canonical(members[f"rounds/{slot}/certificate.json"])
        return self.union([self.rounds[slot] for slot in earlier])

    def open_round(self, event: Event, where: str) -> None:
        slot, body = event["slot"], event["body"]
        self.after(where, "rules_adopted", "keys_ready", "check_in_closed")
        vote, data = self.vote_of(slot)
        if slot not in self.rounds:
            self.require(data is vote["slots"][0], f"{where}: a later round that nobody called")
            items = [item["id"] for item in vote["items"]]
            self.rounds[slot] = Round(slot, vote, data, items, vote["seats"])
        one = self.rounds[slot]
        busy = any(r.opened and not r.closed and not r.voided for r in self.rounds.values())
        self.require(not busy, f"{where}: another round is open")
        self.require(not one.opened, f"{where}: opened twice")
        self.require(slot in self.issued, f"{where}: no check-in issued {slot}")
        self.require(slot in self.empty, f"{where}: nobody saw the empty box")
        n, p = self.definition["deputies"], body["present"]
        two_thirds = vote["rules"]["quorum"] == "two_thirds_all"
        quorum = 3 * p >= 2 * n if two_thirds else 2 * p > n
        self.require(quorum and p <= n, f"{where}: no quorum")
        self.require(set(body["channels"]) <= {"tablet", "paper"}, f"{where}: channels")
        tablets = "tablet" in body["channels"]
        self.require(tablets == (body["fingerprint"] is not None), f"{where}: fingerprint")
        self.require(tablets == (body["issued_paper"] is None), f"{where}: issued paper")
        one.opened = event

    def in_round(self, one: Round, event: Event, where: str) -> None:
        kind, body = event["kind"], event["body"]
        members, t = (
            self.definition["trustees"]["members"],
            self.definition["trustees"]["threshold"],
        )
        q = -(-(len(members) + t) // 2)
        self.require(bool(one.opened), f"{where}: the round was never opened")
        self.require(one.voided is None, f"{where}: the round is void")
        if kind not in ("round_closed", "voided"):
            self.require(bool(one.closed), f"{where}: before the close")
        if kind == "round_closed":
            self.require(not one.closed, f"{where}: closed twice")
            one.closed = event
            channels = one.opened["body"]["channels"]
            self.require((body["tablet"] is not None) == ("tablet" in channels), f"{where}: tablet")
            self.require((body["paper"] is not None) == ("paper" in channels), f"{where}: paper")
        elif kind == "sealed":
            who = {s["signer"] for s in event["signatures"]}
            done = {s["signer"] for e in one.sealed for s in e["signatures"]}
            self.require(not who & done, f"{where}: sealed twice by one trustee", "V8")
            one.sealed.append(event)
        elif kind == "paper_counted":
            replaced = one.paper and self.digests[one.paper["number"] - 1]
            self.require(body["replaces"] == replaced, f"{where}: replaces")
            issued = one.opened["body"]["issued_paper"]
            issued = self.issued[one.slot]["paper"] if issued is None else issued
            self.require(body["issued"] == issued, f"{where}: issued")
            same = body["returned"] == one.closed["body"]["paper"]["returned"]
            self.require(same, f"{where}: returned")
            one.paper = event
        elif kind == "decrypted":
            self.require(len(one.sealed) >= q, f"{where}: before {q} seals")
            need = "paper" in one.opened["body"]["channels"]
            self.require(not need or one.paper is not None, f"{where}: before the paper sheet")
            self.require(not one.counted, f"{where}: after Counted")
            owners = [e["body"]["owner"] for e in one.decrypted]
            self.require(body["owner"] not in owners, f"{where}: owner twice", "V10")
            one.decrypted.append(event)
        elif kind == "counted":
            enough = not one.tablets or len(one.decrypted) >= t
            self.require(enough, f"{where}: before {t} partial decryptions")
            one.counted = event
        elif kind == "certified":
            self.require(bool(one.counted), f"{where}: before Counted")
            one.certified.append(event)
        elif kind == "voided":
            self.require(not one.decrypted, f"{where}: after a decryption")
            one.voided = event
        elif kind in ("tie_settled", "vacancy_left"):
            last = one.certified[-1]["body"]["certificate"] if one.certified else None
            self.require(body["parent"] == last, f"{where}: parent", "V14")

    # What the other checks ask.

    def check_in(self, slot: str) -> dict[str, Any]:
        return self.check_ins[slot]

    def present(self, one: Round) -> int:
        return int(self.check_ins[one.slot]["present"])

    def channels(self, one: Round) -> list[dict[str, Any]]:
        """I, R, V, X per channel, as a certificate states them."""
        result = []
        if one.tablets:
            returned = one.closed["body"]["tablet"]["returned"]
            issued = self.issued[one.slot]["tablet"]
            counts = {"issued": issued, "returned": returned, "valid": returned, "void": 0}
            result.append({"name": "tablet", **counts})
        if one.paper:
            body = one.paper["body"]
            counts = {name: body[name] for name in ("issued", "returned", "valid")}
            counts["void"] = body["returned"] - body["valid"]
            result.append({"name": "paper", **counts})
        return result

    def overrides(self, one: Round) -> list[str]:
        """The texts of the overrides for this round or for all, before its last certificate."""
        last = one.certified[-1]["number"]
        return [
            event["body"]["text"]
            for event in self.events[: last - 1]
            if event["kind"] == "override" and event["slot"] in (None, one.slot)
        ]

    def election_document(self, one: Round, public_key: str) -> bytes:
        document = election_document(
            self.definition,
            self.session,
            one.vote,
            one.slot_data,
            one.items,
            one.seats,
            one.calling,
            public_key,
        )
        if one.opened["body"]["fingerprint"] != b64(document):
            self.fail("V5", f"{one.slot}: the fingerprint of RoundOpened")
        return document
