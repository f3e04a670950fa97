"""V7 and V11 to V13: heads, totals, outcome and certificate of a round."""

from tests.naive import counting
from tests.naive.documents import canonical, digest, read_canonical, sha
from tests.naive.event_log import Round
from tests.naive.findings import Findings


class ResultRules(Findings):
    """Everything is computed from the events, the box and the rules, then compared."""

    def check_heads(self, one: Round) -> None:
        p, n = self.log.present(one), self.definition["deputies"]
        channels = self.log.channels(one)
        issued = sum(c["issued"] for c in channels)
        self.require("V7", issued <= p <= n, f"{one.slot}: issued <= present <= deputies")
        for channel in channels:
            few = channel["returned"] <= channel["issued"]
            self.require("V7", few, f"{one.slot}: more returned than issued ({channel['name']})")

    def check_totals(self, one: Round, tablet: list[list[int]] | None) -> list[list[int]]:
        """Tablet + paper = Counted = outcome.json = certificate; returns the sum."""
        body = one.counted["body"]
        if one.tablets:
            if tablet is None:
                raise ValueError("the tablet totals could not be recomputed")
        else:
            tablet = None
        self.require("V11", body["tablet"] == tablet, f"{one.slot}: tablet totals of Counted")
        piles = [] if tablet is None else [tablet]
        if one.paper:
            sheet = one.paper["body"]
            piles.append(sheet["rows"])
            stated = (one.issued["paper"], one.returned["paper"])
            fine = (sheet["issued"], sheet["returned"]) == stated
            fine = fine and self.log.sheet_adds_up(one, sheet)
            self.require("V11", fine, f"{one.slot}: the paper sheet contradicts itself")
            written = self.members[f"rounds/{one.slot}/paper.json"]
            self.require("V11", written == canonical(sheet), f"{one.slot}: paper.json")
        totals = [
            [sum(column) for column in zip(*rows, strict=True)] for rows in zip(*piles, strict=True)
        ]
        outcome = read_canonical(self.members[f"rounds/{one.slot}/outcome.json"])
        certificate = read_canonical(self.members[f"rounds/{one.slot}/certificate.json"])
        for name, stated in [
            ("Counted", body["totals"]),
            ("outcome.json", outcome["totals"]),
            ("the certificate", certificate["certificate"]["totals"]),
        ]:
            self.require("V11", stated == totals, f"{one.slot}: totals of {name}")
        return totals

    def check_outcome(self, one: Round, totals: list[list[int]]) -> None:
        n, p, channels = self.definition["deputies"], self.log.present(one), self.log.channels(one)
        word = counting.stopped(one.vote["rules"], n, p, channels)
        self.require("V12", not word, f"{one.slot}: {word}")
        heads = {"n": n, "p": p}
        heads["r"] = sum(c["returned"] for c in channels)
        heads["v"] = sum(c["valid"] for c in channels)
        mine = counting.outcome(one.vote, one.run_off, one.seats, heads, totals)
        outcome = read_canonical(self.members[f"rounds/{one.slot}/outcome.json"])
        certificate = read_canonical(self.members[f"rounds/{one.slot}/certificate.json"])
        self.require("V12", outcome["items"] == one.items, f"{one.slot}: items of outcome.json")
        self.require("V12", set(outcome) == {"items", "totals", "outcome"}, "outcome.json")
        for name, stated in [
            ("Counted", one.counted["body"]["outcome"]),
            ("outcome.json", outcome["outcome"]),
            ("the certificate", certificate["certificate"]["outcome"]),
        ]:
            wrong = sorted(k for k in {*mine, *stated} if stated.get(k) != mine.get(k))
            self.require(
                "V12", canonical(stated) == canonical(mine), f"{one.slot}: {name}: {wrong}"
            )

    def check_certificate(self, one: Round) -> None:
        document = read_canonical(self.members[f"rounds/{one.slot}/certificate.json"])
        stated = document["certificate"]
        event = one.certified[-1]
        self.require("V13", set(document) == {"certificate", "signatures"}, "certificate.json")
        same = event["body"]["certificate"] == digest(stated)
        self.require("V13", same, f"{one.slot}: not the certificate of Certified")
        signed = document["signatures"] == event["signatures"]
        self.require("V13", signed, f"{one.slot}: not the signatures of Certified")
        channels = self.log.channels(one)
        paper = one.paper and one.paper["body"]
        tablets = one.closed["body"]["tablet"]
        void = dict.fromkeys(("over_vote", "unreadable", "void_by_deputy"), 0)
        archive = self.members.get(f"rounds/{one.slot}/election.bel")
        outcome = one.counted["body"]["outcome"]
        before = self.log.elected_before(one)
        expected = {
            "kind": "certificate",
            "version": 1,
            "session": self.session,
            "slot": one.slot,
            "round_kind": one.kind,
            "replaces": one.certified[-2]["body"]["certificate"] if one.certified[1:] else None,
            "calling": one.calling,
            "fingerprint": one.opened["body"]["fingerprint"],
            "rule_digest": digest(one.vote["rules"]),
            "attendance": self.log.check_in(one.slot)["attendance"],
            "deputies": self.definition["deputies"],
            "present": self.log.present(one),
            "channels": channels,
            "void_reasons": paper["void"] if paper else void,
            "unused_slips": self.log.unused_of(one),
            "sealed": tablets and {"size": tablets["returned"], "root": tablets["root"]},
            "archive": sha(archive) if archive is not None else None,
            "log": stated.get("log"),  # since the count: tested below
            "overrides": self.log.overrides(one),
            "items": one.items,
            "seats": one.seats,
            "totals": one.counted["body"]["totals"],
            "outcome": outcome,
            "paper": paper,
            "elected": before + [one.items[k] for k in outcome.get("elected", [])],
            "minute": event["minute"],
        }
        since = self.log.digests[one.counted["number"] - 1 : event["number"] - 1]
        self.require("V13", stated.get("log") in since, f"{one.slot}: log")
        self.require("V13", set(stated) == set(expected), f"{one.slot}: members")
        for name, value in expected.items():
            self.require("V13", stated.get(name) == value, f"{one.slot}: {name}")
