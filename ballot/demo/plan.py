"""What a simulated session is about: people, votes, slots, kind of tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ballot.demo.sample import Person, Sample
from ballot.tally.rules import DEFAULTS

SIGNERS = ("clerk", "scrutineers")


@dataclass(frozen=True, kw_only=True)
class VotePlan:
    """One vote as the definition will hold it; ``slots`` are the ids of its slots."""

    id: str
    title: str
    kind: str
    style: str
    seats: int
    items: tuple[Mapping[str, Any], ...]
    rules: Mapping[str, Any]
    approvals: tuple[Mapping[str, Any], ...]
    channels: tuple[str, ...]
    slots: tuple[str, ...]
    waiver: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One session. ``source`` is the sample's data file (assembly, date, quorum, threshold).

    Tokens are blind, of one or two ``signers``; without any they are drawn codes.
    """

    source: Mapping[str, Any]
    people: tuple[Person, ...]
    deputies: tuple[str, ...]
    group: str
    title: str
    votes: tuple[VotePlan, ...]
    signers: tuple[str, ...] = SIGNERS
    practice: bool = False
    min_ballots: int = 10
    min_paper: int = 5

    @property
    def slots(self) -> tuple[str, ...]:
        """The ids of all slots, vote by vote."""
        return tuple(slot for vote in self.votes for slot in vote.slots)


def standard_plan(sample: Sample, group: str, slots: tuple[str, ...]) -> Plan:
    """The session of the sample: one vote on its projects."""
    source, graded = sample.source, sample.style == "grades"
    title = f"{source['year']}年度民生实事项目" + ("满意度测评" if graded else "票决")
    vote = VotePlan(
        id="projects",
        title=title,
        kind="rating" if graded else "selection",
        style=sample.style,
        seats=0 if graded else source["seats"],
        items=tuple(_item(candidate) for candidate in sample.items),
        rules=rules_for(sample.style, source["rules"]),
        approvals=tuple(source["approvals"]),
        channels=("tablet", "paper") if sample.papers else ("tablet",),
        slots=slots,
    )
    return Plan(
        source=source,
        people=sample.people,
        deputies=sample.deputies,
        group=group,
        title=title,
        votes=(vote,),
    )


def rules_for(style: str, rules: Mapping[str, Any]) -> dict[str, Any]:
    """The sample's rules for a vote of that style."""
    if style == "grades":
        names = ("rate_denominator", "grade_denominator", "half", "weights")
        return {**rules, **{name: DEFAULTS[name] for name in names}}
    return {**rules, "style": style} if style != "motion" else dict(rules)


def _item(candidate: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": candidate["id"],
        "title": candidate["name"],
        "content": candidate["content"],
        "unit": candidate["responsible_unit"],
        "location": candidate["location"],
        "investment": candidate["investment_wan_yuan"],
        "funding": candidate["funding"],
        "completion": candidate["planned_completion"],
        "category": candidate["category"],
        "beneficiaries": candidate["beneficiaries"],
    }
