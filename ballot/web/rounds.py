"""One round as its pages show it: counts, items with their reasons and bars, what follows.

A round is told by its certificate; a round that was voided has none and is told by its events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ballot.crypto import encoding
from ballot.locale.outcomes import (
    join,
    outcome_label,
    reason_sentence,
    unanimous_sentences,
    validity_sentence,
    warning_sentences,
)
from ballot.tally.margin import check_margin
from ballot.tally.outcome import Reason, Warnings
from ballot.tally.rules import Rules
from ballot.tally.turnout import Turnout, quorum_min
from ballot.web.bars import Axis, Part, axis, share, stack
from ballot.web.words import Words

Document = dict[str, Any]

GRADES = ("satisfied", "basic", "unsatisfied", "unknown", "abstain")
# How an outcome looks: visual §5, outcome ``.tag``. Each has its own shape.
_LOOKS = {
    "elected": "in",
    "passed": "in",
    "not_chosen": "over",
    "tied": "tie",
    "second_tie": "tie",
    "satisfied": "full",
    "basic": "over",
}
_BASES = {
    "majority_present": "present",
    "majority_returned": "returned",
    "majority_valid": "valid",
}




@dataclass(frozen=True, kw_only=True)
class RoundView:
    """A round, certified or voided. ``items`` in ballot order with everything the certificate
    says; what the public page shows of them is :meth:`shown`.
    """

    slot: str
    name: str
    kind: str
    seats: int
    valid: bool
    figures: tuple[Figure, ...]
    validity: str
    answers: tuple[str, ...] = ()
    items: tuple[ItemView, ...] = ()
    axis: Axis | None = None
    base: str = ""
    formula: str = ""
    tie: str = ""
    vacancy: str = ""
    vacant: int = 0
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    counts: str = "full"
    order: str = "ballot"

    def figure(self, name: str) -> Figure:
        """The figure of that name; KeyError where there is none."""
        return {figure.name: figure for figure in self.figures}[name]

    @property
    def shown(self) -> tuple[ItemView, ...]:
        """The items as far as R20 and in the order that R21 publishes them."""
        items = self.items
        if self.counts == "elected_only" and self.kind == "selection":
            items = tuple(item for item in items if item.outcome == "elected")
        if self.order == "votes" and self.kind == "selection":
            items = tuple(sorted(items, key=lambda item: -item.marks[0]))
        return items

    @property
    def columns(self) -> int:
        """How many answers the public page shows with their numbers."""
        if self.kind == "rating":
            return len(self.answers) if self.counts == "full" else 0
        return {"full": len(self.answers), "yes_only": 1}.get(self.counts, 0)


def round_name(words: Words, kind: str, number: int) -> str:
    """第一轮; 再次投票（第二轮）."""
    return words(f"round.{kind}", number=words.nth(number))


def certified_round(words: Words, vote: Document, number: int, certificate: Document) -> RoundView:
    """The round that ``certificate`` certifies, the ``number``-th of its vote."""
    rules = Rules.decode(vote["rules"], grades=vote["style"] == "grades")
    channels = certificate["channels"]
    total = {
        key: sum(channel[key] for channel in channels)
        for key in ("issued", "returned", "valid", "void")
    }
    turnout = Turnout(
        deputies_all=certificate["deputies"],
        present=certificate["present"],
        issued=total["issued"],
        returned=total["returned"],
        valid=total["valid"],
    )
    titles = {item["id"]: item["title"] for item in vote["items"]}
    names = [titles[item] for item in certificate["items"]]
    view = RoundView(
        slot=certificate["slot"],
        name=round_name(words, certificate["round_kind"], number),
        kind=vote["kind"],
        seats=certificate["seats"],
        valid=True,
        figures=_figures(words, rules, turnout, channels, certificate["void_reasons"]),
        validity=validity_sentence(words.lang, turnout),
        remarks=_remarks(words, vote, rules, certificate),
        counts=rules.publish_counts,
        order=rules.publish_order,
    )
    if vote["kind"] == "rating":
        return _rated(words, view, rules, certificate, names)
    return _counted(words, view, rules, turnout, certificate, names)


def voided_round(
    words: Words, definition: Document, vote: Document, number: int, events: Sequence[Document]
) -> RoundView:
    """A round that was voided, from the ``events`` of its slot and the check-ins."""
    slot = vote["slots"][number - 1]["id"]
    own = {event["kind"]: event["body"] for event in events if event["slot"] == slot}
    issued: dict[str, int] = {}
    for event in events:
        if event["kind"] == "check_in_closed":
            for entry in event["body"]["issued"]:
                if entry["slot"] == slot:
                    issued = {name: entry[name] for name in ("tablet", "paper")}
    opened, closed, voided = own.get("round_opened"), own.get("round_closed"), own["voided"]
    if opened and opened["issued_paper"] is not None:
        issued = {"tablet": 0, "paper": opened["issued_paper"]}
    channels = [
        {
            "name": name,
            "issued": count,
            "returned": (closed[name] or {"returned": 0})["returned"] if closed else None,
        }
        for name, count in issued.items()
        if count
    ]
    total = {
        key: None if None in numbers else sum(numbers)
        for key in ("issued", "returned")
        for numbers in [[channel[key] for channel in channels]]
    }
    called = {
        "revote_called": "revote",
        "run_off_called": "run_off",
        "second_vote_called": "second",
    }
    kinds = [kind for name, kind in called.items() if name in own]
    reason = words(
        f"void.{voided['reason']}",
        text=voided["text"],
        deputies=definition["deputies"],
        returned=total["returned"],
    )
    return RoundView(
        slot=slot,
        name=round_name(words, kinds[0] if kinds else "first", number),
        kind=vote["kind"],
        seats=vote["seats"],
        valid=False,
        figures=(
            Figure("deputies", words("deputies"), definition["deputies"]),
            Figure("present", words("present"), opened["present"] if opened else None),
            *(
                Figure(key, words(key), total[key], (_by_channel(words, channels, key),))
                for key in ("issued", "returned")
            ),
        ),
        validity=reason,
    )







def _remarks(words: Words, vote: Document, rules: Rules, certificate: Document) -> tuple[str, ...]:
    """Row 15 of the certificate: margin, waiver, overrides, slips, what it replaces."""
    found = []
    # The margin is a rule for the first list only (counting rules §3).
    if vote["kind"] == "selection" and len(certificate["items"]) == len(vote["items"]):
        margin = check_margin(vote["seats"], len(vote["items"]), rules.margin).encode()
        key = "margin.waived" if vote["waiver"] else "margin.ok"
        found.append(
            words(
                key,
                surplus=margin["surplus"],
                fraction=margin["fraction"],
                percent=margin["percent"],
                base=words.plain(f"margin.base.{rules.margin_base}"),
                **{name: (vote["waiver"] or {}).get(name, "") for name in ("step", "body")},
                date=words.date(vote["waiver"]["date"]) if vote["waiver"] else "",
                number=(vote["waiver"] or {}).get("document_no", ""),
            )
        )
    found += [words("override", text=text) for text in certificate["overrides"]]
    if certificate["unused_slips"]:
        found.append(words("unused_slips", number=certificate["unused_slips"]))
    if certificate["replaces"]:
        code = encoding.code_of_hex(certificate["replaces"])
        found.append(words("replaces", code=code))
    return tuple(found)
