"""V3, V8, V13: what may follow what within one round (protocol §8; counting rules §5, §8)."""

from typing import Any

from tests.naive.event_log import Event, EventLog, Round

WIDTH = {"three_way": 3, "motion": 3, "approve": 1, "grades": 5}


class RoundRules(EventLog):
    """From the empty box to the certificate, or to the round's end as void."""

    def box_empty(self, event: Event, where: str) -> None:
        slot = event["slot"]
        fine = slot not in self.empty and not (slot in self.rounds and self.rounds[slot].opened)
        self.require(fine, f"{where}: the box was shown before")
        self.require("keys_ready" in self.seen, f"{where}: before keys_ready")
        self.require(event["body"]["envelopes"] == 0, f"{where}: the box is not empty")
        self.empty.add(slot)

    def open_round(self, event: Event, where: str) -> None:
        slot, body = event["slot"], event["body"]
        self.require("rules_adopted" in self.seen, f"{where}: before rules_adopted")
        one = self.rounds[slot]
        busy = any(other.is_open for other in self.rounds.values())
        self.require(not busy, f"{where}: another round is open")
        self.require(not one.opened, f"{where}: opened twice")
        self.require(slot in self.empty, f"{where}: nobody saw the empty box")
        self.require(body["present"] <= self.deputies, f"{where}: present > deputies", "V7")
        self.require(self.quorum_met(one.vote, body["present"]), f"{where}: no quorum")
        issued, p = self.issued[slot], self.check_ins[slot]["present"]
        self.require(self.quorum_met(one.vote, p), f"{where}: no quorum at check-in")
        channels, anew = body["channels"], body["issued_paper"]
        known = [n for n in ("tablet", "paper") if n in one.vote["channels"] and n in channels]
        self.require(channels == known and bool(channels), f"{where}: channels")
        tablets = "tablet" in channels
        self.require(tablets == (body["fingerprint"] is not None), f"{where}: fingerprint")
        self.require(tablets == (anew is None), f"{where}: issued paper")
        left_out = tablets and issued["paper"] and "paper" not in channels
        self.require(not left_out, f"{where}: papers were issued")
        if anew is not None:
            self.require(anew <= p, f"{where}: more papers than present", "V7")
            few = 0 < anew < self.definition["min_paper"] and not self.permits(slot, "few_issued")
            self.require(not few, f"{where}: {anew} papers without an override")
        one.opened = event
        papers = issued["paper"] if anew is None else anew
        numbers = {"tablet": issued["tablet"], "paper": papers}
        one.issued = {name: numbers[name] for name in channels}

    def in_round(self, one: Round, event: Event, where: str) -> None:
        """Any other event of a round."""
        kind, body = event["kind"], event["body"]
        self.require(bool(one.opened), f"{where}: the round was never opened")
        self.require(one.voided is None, f"{where}: the round is void")
        if kind == "round_closed":
            self.close(one, event, where)
        elif kind == "voided":
            self.void(one, event, where)
        else:
            self.require(bool(one.closed), f"{where}: before the close")
        if kind == "sealed":
            self.seal(one, event, where)
        elif kind == "paper_counted":
            self.paper(one, event, where)
        elif kind == "decrypted":
            self.decrypt(one, event, where)
        elif kind == "counted":
            self.count(one, body, where)
            one.counted, one.ever_counted = event, True
        elif kind == "certified":
            self.require(bool(one.counted), f"{where}: before Counted")
            once = not one.current
            self.require(once, f"{where}: a certificate of these totals exists", "V13")
            one.certified.append(event)
            one.current = bool(one.counted)

    def close(self, one: Round, event: Event, where: str) -> None:
        self.require(not one.closed, f"{where}: closed twice")
        for name in ("tablet", "paper"):
            stated = event["body"][name] is not None
            self.require(stated == (name in one.opened["body"]["channels"]), f"{where}: {name}")
        one.closed = event

    def seal(self, one: Round, event: Event, where: str) -> None:
        self.require(one.tablets and not one.ever_counted, f"{where}: nothing to seal")
        same = self.sealed_well(one, event)
        self.require(same, f"{where}: not the box that was opened and closed", "V8")
        who = {s["signer"] for s in event["signatures"]}
        done = {s["signer"] for e in one.sealed for s in e["signatures"]}
        self.require(not who & done, f"{where}: sealed twice by one trustee", "V8")
        one.sealed.append(event)

    def sealed_well(self, one: Round, event: Event) -> bool:
        """Whether it is the one seal that the round can have."""
        box = one.closed["body"]["tablet"]
        stated = {"fingerprint": one.opened["body"]["fingerprint"], "root": box["root"]}
        return bool(event["body"] == stated | {"size": box["returned"]})

    def paper(self, one: Round, event: Event, where: str) -> None:
        body = event["body"]
        self.require(bool(one.issued.get("paper")), f"{where}: no paper was issued")
        self.must_count(one, where)
        replaced = one.paper and self.digests[one.paper["number"] - 1]
        self.require(body["replaces"] == replaced, f"{where}: replaces")
        if one.paper is None:
            self.require(not one.decrypted, f"{where}: after a decryption")
            self.enough_ballots(one, where)
            self.enough_papers(one, one.returned["paper"], where)
        followed = any(other.parent == one.slot for other in self.rounds.values())
        self.require(not followed, f"{where}: a later round follows from the certificate")
        stated = {"issued": one.issued["paper"], "returned": one.returned["paper"]}
        same = {name: body[name] for name in stated} == stated
        self.require(same, f"{where}: issued or returned")
        self.require(self.sheet_adds_up(one, body), f"{where}: the sheet contradicts itself")
        one.paper, one.counted, one.current = event, {}, False

    def sheet_adds_up(self, one: Round, body: dict[str, Any]) -> bool:
        v, rows = body["valid"], body["rows"]
        fine = body["returned"] == v + sum(body["void"].values()) and self.shaped(one, rows)
        approve = one.vote["style"] == "approve"
        fine = fine and all(sum(row) <= v if approve else sum(row) == v for row in rows)
        if one.vote["kind"] == "selection" and one.vote["rules"]["cap"] == "seats":
            fine = fine and sum(row[0] for row in rows) <= v * one.seats
        return bool(fine)

    def shaped(self, one: Round, rows: list[list[int]]) -> bool:
        width = WIDTH[one.vote["style"]]
        return len(rows) == len(one.items) and all(len(row) == width for row in rows)

    def decrypt(self, one: Round, event: Event, where: str) -> None:
        members, t = (self.definition["trustees"][n] for n in ("members", "threshold"))
        self.require(one.tablets and not one.ever_counted, f"{where}: nothing to decrypt")
        good = [e for e in one.sealed if self.sealed_well(one, e)]
        q = -(-(len(members) + t) // 2)
        who = {s["signer"] for e in good for s in e["signatures"]}
        self.require(len(who) >= q, f"{where}: before {q} seals", "V8")
        self.must_count(one, where)
        self.require(not self.paper_due(one), f"{where}: before the paper sheet")
        self.enough_ballots(one, where)
        if one.paper:
            self.enough_papers(one, one.paper["body"]["valid"], where)
        owner = event["body"]["owner"]
        signer = [s["signer"] for s in event["signatures"]]
        named = 1 <= owner <= len(members) and signer == [members[owner - 1]]
        self.require(named, f"{where}: not signed by its owner")
        owners = [e["body"]["owner"] for e in one.decrypted]
        self.require(owner not in owners, f"{where}: owner twice")
        one.decrypted.append(event)

    def paper_due(self, one: Round) -> bool:
        return bool(one.issued.get("paper")) and one.paper is None

    def count(self, one: Round, body: dict[str, Any], where: str) -> None:
        self.require(not one.counted, f"{where}: counted twice")
        self.must_count(one, where)
        self.require(not self.paper_due(one), f"{where}: before the paper sheet")
        t = self.definition["trustees"]["threshold"]
        enough = not one.tablets or len(one.decrypted) >= t
        self.require(enough, f"{where}: before {t} partial decryptions")
        self.require((body["tablet"] is not None) == one.tablets, f"{where}: tablet totals")
        for rows in (body["totals"], body["tablet"]):
            self.require(rows is None or self.shaped(one, rows), f"{where}: shape of the totals")
        self.require(body["outcome"].get("session") == "valid", f"{where}: outcome")

    def surplus(self, one: Round) -> bool:
        return any(r > one.issued[name] for name, r in one.returned.items())

    def participation_failed(self, one: Round) -> bool:
        wanted = one.vote["rules"]["participation_quorum"] == "majority_all_voting"
        return wanted and 2 * sum(one.returned.values()) <= self.deputies

    def must_count(self, one: Round, where: str) -> None:
        """Rounds that are void by their numbers stay sealed (counting rules §5.3, §5.4)."""
        self.require(not self.surplus(one), f"{where}: more returned than issued")
        self.require(not self.participation_failed(one), f"{where}: too few took part")

    def enough_ballots(self, one: Round, where: str) -> None:
        size, low = one.returned.get("tablet", 0), self.definition["min_ballots"]
        few = one.issued.get("tablet", 0) > 0 and size < low
        fine = not few or self.permits(one.slot, "few_ballots")
        self.require(fine, f"{where}: {size} ballots without an override")

    def enough_papers(self, one: Round, papers: int, where: str) -> None:
        few = papers < self.definition["min_paper"]
        fine = not few or self.permits(one.slot, "few_papers")
        self.require(fine, f"{where}: {papers} papers without an override")

    def void(self, one: Round, event: Event, where: str) -> None:
        known = one.decrypted or one.ever_counted or one.certified
        self.require(not known, f"{where}: after a decryption")
        self.require(one.tablets or one.paper is None, f"{where}: after the papers were counted")
        due = "stated"
        if one.closed:
            due = "participation" if self.participation_failed(one) else due
            due = "surplus" if self.surplus(one) else due
        reason, text = event["body"]["reason"], event["body"]["text"]
        self.require(reason == due, f"{where}: {reason} instead of {due}")
        self.require(due != "stated" or bool(text.strip()), f"{where}: no reason is stated")
        one.voided = event

    def override(self, event: Event, where: str) -> None:
        """Named before what it permits, and when the number is known (attacks E27, E29)."""
        slot, permits = event["slot"], event["body"]["permits"]
        self.require(permits in ("few_issued", "few_ballots", "few_papers"), f"{where}: permits")
        slots = self.open_check_in if slot is None else [slot]
        for name in slots:
            self.permitted.setdefault(name, []).append((permits, event["body"]["text"]))
        if slot is None:
            fine = permits == "few_issued" and bool(self.open_check_in)
            self.require(fine, f"{where}: an override without a slot")
            return
        self.vote_of(slot)
        one = self.rounds.get(slot)
        if permits == "few_issued":
            self.require(one is None or not one.opened, f"{where}: the round was opened")
            return
        if one is None or not one.closed or one.voided or one.decrypted or one.ever_counted:
            self.require(False, f"{where}: not between closing and decryption")
            return
        low = self.definition["min_paper"]
        new = permits == "few_papers" and one.returned.get("paper", 0) >= low
        self.require(one.paper is None or new, f"{where}: after the papers were counted")
