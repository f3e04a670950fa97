"""V3, V7, V14: the life of a session, and which round follows from which (protocol §8)."""

from typing import Any

from tests.naive.documents import ROUND_KINDS, b64, election_document
from tests.naive.event_log import Event, Round
from tests.naive.round_rules import RoundRules

__all__ = ["Chronicle", "Round"]


class Chronicle(RoundRules):
    """A session as its events tell it."""

    def after(self, where: str, *kinds: str) -> None:
        for kind in kinds:
            self.require(kind in self.seen, f"{where}: before {kind}")

    def follow(self, event: Event, where: str, digest: str) -> None:
        kind, body, slot = event["kind"], event["body"], event["slot"]
        late = "published" in self.seen and kind != "objection"
        self.require(not late, f"{where}: after published")
        once = ("defined", "adopted", "keys_ready", "rules_adopted")
        self.require(kind not in once or kind not in self.seen, f"{where}: {kind} twice")
        if kind != "defined":
            self.after(where, "defined")
        if kind not in ("defined", "adopted", "objection", "adjourned"):
            self.after(where, "adopted")
        if slot is not None:
            self.vote_of(slot)
            self.begin(slot)
        if kind == "keys_ready":
            m = len(self.definition["trustees"]["members"])
            for name in ("commitments", "drills"):
                self.require(len(body[name]) == m, f"{where}: not {m} {name}", "V4")
        elif kind == "rules_adopted":
            yes, hands = body["yes"], sum(body.values())
            adopted = 2 * yes > self.deputies >= hands
            self.require(adopted, f"{where}: the rules were not adopted")
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
            self.box_empty(event, where)
        elif kind in ROUND_KINDS:
            self.call(event, where, digest)
        elif kind == "round_opened":
            self.open_round(event, where)
        elif kind == "override":
            self.override(event, where)
        elif kind == "published":
            self.require(not self.open_check_in, f"{where}: a check-in is open")
            for one in self.rounds.values():
                done = not one.opened or one.current or one.voided
                self.require(bool(done), f"{where}: {one.slot} has no end")
        elif kind == "adjourned":
            busy = any(one.is_open for one in self.rounds.values())
            self.require(not busy, f"{where}: a round is open")
        elif kind == "tie_settled":
            self.settle(self.rounds[slot or ""], body, where)
        elif kind == "vacancy_left":
            self.leave_vacant(self.rounds[slot or ""], body, where)
        elif slot is not None and kind != "objection":
            self.in_round(self.rounds[slot], event, where)

    def begin(self, slot: str) -> None:
        """The first round of a vote is there from the start."""
        vote, data = self.vote_of(slot)
        if data is vote["slots"][0] and slot not in self.rounds:
            items = [item["id"] for item in vote["items"]]
            self.rounds[slot] = Round(slot, vote, data, items, vote["seats"])

    def close_check_in(self, body: dict[str, Any], where: str) -> None:
        slots = [entry["slot"] for entry in body["issued"]]
        self.require(bool(slots) and slots == self.open_check_in, f"{where}: slots")
        fine = body["present"] <= self.deputies
        self.require(fine, f"{where}: present > deputies", "V7")
        slips = body["unused_slips"]
        self.require(slips == sorted(set(slips)), f"{where}: order of the slips", "V7")
        lists: set[str] = set()
        for entry in body["issued"]:
            vote, slot = self.vote_of(entry["slot"])
            drawn = set(slot["drawn"])
            lists |= drawn
            held = len(drawn & set(slips)) + entry["tablet"] <= len(drawn) or not drawn
            self.require(held, f"{where}: more slips than were made", "V7")
            total = entry["tablet"] + entry["paper"]
            self.require(total <= body["present"], f"{where}: issued > present", "V7")
            same = entry["signers"] == [entry["tablet"]] * len(self.definition["signers"])
            self.require(same, f"{where}: the signers count differently", "V7")
            for name, low in (("tablet", "min_ballots"), ("paper", "min_paper")):
                known = not entry[name] or name in vote["channels"]
                self.require(known, f"{where}: {name} is no channel of the vote")
                few = 0 < entry[name] < self.definition[low]
                fine = not few or self.permits(slot["id"], "few_issued")
                self.require(fine, f"{where}: {entry[name]} issued without an override")
            self.issued.setdefault(entry["slot"], entry)
            self.check_ins.setdefault(entry["slot"], body)
        self.require(set(slips) <= lists, f"{where}: a slip of no list", "V7")
        self.unused |= set(slips)
        self.open_check_in = []

    # Later rounds.

    def call(self, event: Event, where: str, digest: str) -> None:
        kind, body, slot = event["kind"], event["body"], event["slot"]
        vote, data = self.vote_of(slot)
        self.begin(vote["slots"][0]["id"])
        earlier = [one for one in self.rounds_of(vote) if one.slot != slot]
        nth = len(earlier) < len(vote["slots"]) and vote["slots"][len(earlier)] is data
        self.require(nth and slot not in self.rounds, f"{where}: not the next slot")
        parent = earlier[-1]
        items, seats = body["items"], body["seats"]

        def wrong(holds: bool, text: str) -> None:
            self.require(holds, f"{where}: {text}", "V14")

        if kind == "revote_called":
            named = parent.voided and self.digests[parent.voided["number"] - 1]
            wrong(body["parent"] == named, "parent")
            wrong((items, seats) == (parent.items, parent.seats), "not the same list and places")
        else:
            wrong(body["parent"] == self.certificate_of(parent), "parent")
            wrong(vote["kind"] == "selection", "no places to fill")
            wrong(parent.settled != "lots" and not parent.vacant, "settled by the presidium")
            if kind == "run_off_called":
                wrong(not parent.settled, "the tie is settled")
                wrong(bool(parent.tied), "nothing is tied")
                wrong(items == parent.tied, "not the tied items")
                wrong(seats == parent.tied_places, "not the open places")
            else:
                elected = self.union(earlier)
                order = [i["id"] for i in vote["items"] if i["id"] in items]
                wrong(bool(items) and items == order, "items not in ballot order")
                wrong(not set(items) & set(elected), "an item that was elected")
                wrong(seats == vote["seats"] - len(elected) > 0, "not the open places")
                wrong(not parent.tied or bool(parent.settled), "a tie is open")
        one = Round(slot, vote, data, items, seats, ROUND_KINDS[kind])
        one.calling, one.parent = digest, parent.slot
        # A run-off voted again is still one: all its items have passed.
        one.run_off = one.kind == "run_off" or (one.kind == "revote" and parent.run_off)
        self.rounds.setdefault(slot, one)

    def certificate_of(self, one: Round) -> Any:
        """The certificate in force, or None."""
        return one.certified[-1]["body"]["certificate"] if one.current else None

    def decided(self, one: Round, body: dict[str, Any], where: str) -> None:
        last = self.rounds_of(one.vote)[-1] is one
        self.require(last, f"{where}: not the last round of its vote", "V14")
        named = one.current and body["parent"] == self.certificate_of(one)
        self.require(named, f"{where}: parent", "V14")

    def settle(self, one: Round, body: dict[str, Any], where: str) -> None:
        self.decided(one, body, where)
        tied, items = one.outcome.get("second_tie", []), body["items"]
        self.require(bool(tied) and not one.settled, f"{where}: no second tie is open", "V14")
        if body["method"] == "deferred":
            self.require(items == [], f"{where}: a deferred tie draws no item", "V14")
        else:
            self.require(bool(body["witnesses"]), f"{where}: no witness", "V14")
            fine = set(items) <= set(one.tied) and len(set(items)) == len(items)
            self.require(fine and len(items) == one.tied_places, f"{where}: lots", "V14")
        one.settled, one.lots = body["method"], items

    def leave_vacant(self, one: Round, body: dict[str, Any], where: str) -> None:
        self.decided(one, body, where)
        open_places = one.vote["seats"] - len(self.union(self.rounds_of(one.vote)))
        self.require(not one.vacant, f"{where}: recorded before", "V14")
        self.require(not one.tied or bool(one.settled), f"{where}: a tie is open", "V14")
        self.require(body["places"] == open_places > 0, f"{where}: places", "V14")
        one.vacant = True

    def union(self, rounds: list[Round]) -> list[str]:
        """What these rounds elected, and what lots drew after them."""
        elected: list[str] = []
        for one in rounds:
            if one.certified and not one.voided:
                elected += [one.items[k] for k in one.outcome.get("elected", [])] + one.lots
        return elected

    # What the other checks ask.

    def elected_before(self, one: Round) -> list[str]:
        rounds = self.rounds_of(one.vote)
        return self.union(rounds[: rounds.index(one)])

    def check_in(self, slot: str) -> dict[str, Any]:
        return self.check_ins[slot]

    def present(self, one: Round) -> int:
        return int(self.check_ins[one.slot]["present"])

    def unused_of(self, one: Round) -> int:
        """Slips of this slot that nobody drew, as its check-in states them."""
        return len(set(one.slot_data["drawn"]) & set(self.check_ins[one.slot]["unused_slips"]))

    def channels(self, one: Round) -> list[dict[str, Any]]:
        """I, R, V, X per channel, as a certificate states them."""
        result = []
        if one.tablets:
            returned = one.closed["body"]["tablet"]["returned"]
            counts = {"issued": one.issued["tablet"], "returned": returned, "valid": returned}
            result.append({"name": "tablet", **counts, "void": 0})
        if one.paper:
            body = one.paper["body"]
            counts = {name: body[name] for name in ("issued", "returned", "valid")}
            result.append({"name": "paper", **counts, "void": body["returned"] - body["valid"]})
        return result

    def overrides(self, one: Round) -> list[str]:
        return [text for _, text in self.permitted.get(one.slot, [])]

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
