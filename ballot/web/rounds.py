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


@dataclass(frozen=True)
class Figure:
    """One of 应到 实到 发出 收回 有效 无效; ``number`` is None where it was never known."""

    name: str
    label: str
    number: int | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """One item of the ballot and how it ended.

    ``marks`` are the counts of every answer in the order of the ballot, ``yes_width`` and
    ``parts`` its bar, ``rate`` the 满意率 of a rated item. ``outcome`` is the word of the
    counting rules, ``look`` the shape of its tag, ``label`` its words.
    """

    number: int
    id: str
    title: str
    outcome: str
    rule: str
    look: str
    label: str
    reason: str
    marks: tuple[int, ...]
    yes_width: str = ""
    passed: bool | None = None
    rank: int | None = None
    axis: Axis | None = None
    parts: tuple[Part, ...] = ()
    rate: str = ""


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
    called = {"revote_called": "revote", "run_off_called": "run_off", "second_vote_called": "second"}
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


def _figures(
    words: Words,
    rules: Rules,
    turnout: Turnout,
    channels: Sequence[Document],
    void_reasons: Document,
) -> tuple[Figure, ...]:
    quorum = words("quorum", number=quorum_min(rules, turnout.deputies_all))
    reasons = [
        words(f"void_reason.{name}", number=void_reasons[name])
        for name in ("over_vote", "unreadable", "void_by_deputy")
        if void_reasons[name]
    ]
    numbers = {
        "issued": (turnout.issued, (_by_channel(words, channels, "issued"),)),
        "returned": (turnout.returned, (_by_channel(words, channels, "returned"),)),
        "valid": (turnout.valid, (_by_channel(words, channels, "valid"),)),
        "void": (turnout.returned - turnout.valid, (words.list(reasons),)),
    }
    return (
        Figure("deputies", words("deputies"), turnout.deputies_all, (words("deputies.all"),)),
        Figure("present", words("present"), turnout.present, (quorum,)),
        *(
            Figure(name, words(name), number, tuple(note for note in notes if note))
            for name, (number, notes) in numbers.items()
        ),
    )


def _by_channel(words: Words, channels: Sequence[Document], key: str) -> str:
    """平板 71，纸质 8; nothing for what is not known."""
    return words.list(
        [
            words(f"channel.{channel['name']}", number=channel[key])
            for channel in channels
            if channel[key] is not None
        ]
    )


def _counted(
    words: Words,
    view: RoundView,
    rules: Rules,
    turnout: Turnout,
    certificate: Document,
    names: Sequence[str],
) -> RoundView:
    """Fill in a selection or a motion."""
    outcome, totals = certificate["outcome"], certificate["totals"]
    reasons = [Reason(**r | {"others": tuple(r["others"])}) for r in outcome["reasons"]]
    rule = reasons[0].rule
    most_votes = rule in ("plurality", "runoff")
    base = getattr(turnout, _BASES.get(rule, "deputies_all"))
    line = axis(base, None if most_votes else outcome["threshold_votes"])
    items = tuple(
        ItemView(
            number=reason.item + 1,
            id=certificate["items"][reason.item],
            title=names[reason.item],
            outcome=reason.outcome,
            rule=rule,
            look=_LOOKS.get(reason.outcome, "under"),
            label=outcome_label(words.lang, reason),
            reason=reason_sentence(words.lang, reason, names),
            marks=tuple(marks),
            yes_width=share(reason.yes, base),
            passed=None if most_votes else reason.yes >= reason.threshold_votes,
            rank=reason.rank if view.kind == "selection" else None,
        )
        for reason, marks in zip(reasons, totals, strict=True)
    )
    found = outcome["warnings"]
    warnings = Warnings(
        found["below_statutory"], tuple(found["below_majority_all"]), tuple(found["unanimous"])
    )
    unanimous = tuple(unanimous_sentences(words.lang, warnings.unanimous, names))
    vacant = outcome.get("shortfall", 0)
    return replace(
        view,
        answers=tuple(words.plain(f"count.column.{key}") for key in ("yes", "no", "abstain"))[
            : len(totals[0])
        ],
        items=items,
        axis=line,
        base=words(f"base.{'majority_all' if most_votes else rule}", number=base),
        tie=_tie_sentence(words, outcome, names),
        vacant=vacant,
        vacancy=words(
            "vacancy", seats=view.seats, elected=len(outcome.get("elected", [])), places=vacant
        )
        if vacant
        else "",
        warnings=tuple(
            warning_sentences(words.lang, replace(warnings, unanimous=()), names)
        ),
        remarks=view.remarks + unanimous,
    )


def _tie_sentence(words: Words, outcome: Document, names: Sequence[str]) -> str:
    """The run-off or the second tie as the presiding officer reads it (counting rules §10)."""
    for key in ("runoff", "second_tie"):
        if outcome.get(key):
            tied = [names[i] for i in outcome[key]]
            return words(
                f"tie.{key}",
                names=join(words.lang, tied),
                places=outcome[f"{key}_seats"],
                count=len(tied),
            )
    return ""


def _rated(
    words: Words, view: RoundView, rules: Rules, certificate: Document, names: Sequence[str]
) -> RoundView:
    """Fill in a satisfaction rating (counting rules §11)."""
    grading, outcome = rules.grading, certificate["outcome"]
    if grading is None:  # Rules.decode gives grading to every vote of style grades.
        raise KeyError("grading")
    answers = tuple(words.plain(f"grade.{grade}") for grade in GRADES)
    left_out = ("unknown",) if grading.grade_denominator == "valid_minus_unknown" else ()
    items = []
    for i, (found, counts) in enumerate(zip(outcome["items"], certificate["totals"], strict=True)):
        base = found["grade_denominator"]
        majority = base // 2 + 1 if grading.half == "more_than_half" else (base + 1) // 2
        parts = [part for part in zip(GRADES, answers, counts, strict=True)]
        items.append(
            ItemView(
                number=i + 1,
                id=certificate["items"][i],
                title=names[i],
                outcome=found["f5"],
                rule="grades",
                look=_LOOKS.get(found["f5"], "under"),
                label=words.plain(f"grade.{found['f5']}"),
                reason="",
                marks=tuple(counts),
                axis=axis(base, max(majority, 1)),
                parts=stack([part for part in parts if part[0] not in left_out], base),
                rate=f"{found['f1_pct']}%" if found["f1_pct"] else words.plain("grade.no_rate"),
            )
        )
    unanimous = outcome["warnings"]["unanimous"]
    named = {
        key: words.plain(f"grade.denominator.{getattr(grading, key)}")
        for key in ("rate_denominator", "grade_denominator")
    }
    return replace(
        view,
        answers=answers,
        items=tuple(items),
        # One line for all where all have the same base.
        axis=items[0].axis if not left_out else None,
        base="" if left_out else words(f"base.majority_{grading.grade_denominator}", number=base),
        formula=words.plain("grade.formula", **named),
        remarks=view.remarks + tuple(unanimous_sentences(words.lang, unanimous, names)),
    )


def _remarks(
    words: Words, vote: Document, rules: Rules, certificate: Document
) -> tuple[str, ...]:
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
