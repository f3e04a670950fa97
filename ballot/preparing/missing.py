"""What is still missing before a preparation can be frozen, line by line.

Each line has a code, whose sentence stands in the locale (``prepare.missing.CODE``), and the page
where it is put right. Where nothing is missing, freezing succeeds: the last question is the
definition's own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from ballot.crypto import shapes
from ballot.crypto.errors import Invalid
from ballot.preparing.defining import check
from ballot.preparing.parts import Preparation, Voting
from ballot.tally.margin import Margin, check_margin
from ballot.tally.rules import Rules
from ballot.tally.session import ROLES

_ONE = ("clerk", "presiding_officer", "chief_scrutineer")
_TWO = ("scrutineer", "teller")


@dataclass(frozen=True)
class Missing:
    """One line. ``part`` is the page that puts it right, ``vote`` the vote it is about."""

    code: str
    part: str
    vote: str = ""
    fields: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """What runs where: whether the box's and the second signer's keys can be made here, and
    whether the second signer's address is known.
    """

    box_here: bool = True
    signer_here: bool = True
    signer_known: bool = False


def missing(preparation: Preparation, practice: bool, place: Place) -> tuple[Missing, ...]:
    """All that is missing; empty: it can be frozen."""
    found = [
        *_about(preparation),
        *_roll(preparation),
        *_people(preparation),
        *_committee(preparation),
        *_votes(preparation),
        *_keys(preparation, practice, place),
        *_slips(preparation),
    ]
    if not found and (error := check(preparation, practice, preparation.about.second_signer)):
        fields: dict[str, str | int] = {"code": error.code, "detail": error.detail}
        found.append(Missing("refused", "overview", fields=fields))
    return tuple(found)


def margin_of(vote: Voting) -> Margin | None:
    """The verdict on the margin of the list as it stands; None where there are no places."""
    if vote.kind != "selection" or vote.seats < 1:
        return None
    rules = Rules.decode(dict(vote.rules), grades=False)
    return check_margin(vote.seats, len(vote.items), rules.margin)


def _about(preparation: Preparation) -> Iterator[Missing]:
    about = preparation.about
    for name in ("congress", "assembly", "government", "title"):
        if not getattr(about, name):
            yield Missing(f"about.{name}", "about")
    if not 2000 <= about.year <= 2200:
        yield Missing("about.year", "about")
    try:
        shapes.date(about.date, "date")
    except Invalid:
        yield Missing("about.date", "about")


def _roll(preparation: Preparation) -> Iterator[Missing]:
    numbers = [one.number for one in preparation.roll]
    if not numbers:
        yield Missing("roll", "roll")
    for number, group in groupby(sorted(numbers)):
        if len(list(group)) > 1:
            yield Missing("roll.twice", "roll", fields={"number": number})


def _people(preparation: Preparation) -> Iterator[Missing]:
    for role in (*_ONE, *_TWO):
        count, least = len(preparation.holders(role)), 1 if role in _ONE else 2
        if count < least:
            fields: dict[str, str | int] = {"role": role, "more": least - count}
            yield Missing("people.few", "people", fields=fields)
        elif role in _ONE and count > 1:
            yield Missing("people.many", "people", fields={"role": role, "count": count})
    for person in preparation.people:
        if person.public_key is None and not set(ROLES).isdisjoint(person.roles):
            yield Missing("people.key", "people", fields={"name": person.name, "id": person.id})


def _committee(preparation: Preparation) -> Iterator[Missing]:
    committee, members = preparation.committee, len(preparation.holders("presidium"))
    if not members:
        yield Missing("people.few", "people", fields={"role": "presidium", "more": 1})
    elif not members < 2 * committee.quorum <= 2 * members:
        fields: dict[str, str | int] = {"members": members, "least": members // 2 + 1}
        yield Missing("committee.quorum", "people", fields=fields)
    scrutineers = {one.id for one in preparation.holders("scrutineer")}
    trustees = committee.trustees
    if not trustees or not scrutineers.issuperset(trustees):
        yield Missing("committee.trustees", "people")
    elif not min(2, len(trustees)) <= committee.threshold <= len(trustees):
        yield Missing("committee.threshold", "people", fields={"members": len(trustees)})


def _votes(preparation: Preparation) -> Iterator[Missing]:
    if not preparation.votes:
        yield Missing("votes", "votes")
    for vote in preparation.votes:
        for code, more in _vote(vote):
            yield Missing(code, "votes", vote.id, {"title": vote.title or vote.id, **more})


def _vote(vote: Voting) -> Iterator[tuple[str, Mapping[str, str | int]]]:
    if not vote.title:
        yield "vote.title", {}
    if not vote.channels:
        yield "vote.channels", {}
    if not vote.items:
        yield "vote.items", {}
    elif vote.kind == "motion" and len(vote.items) > 1:
        yield "vote.motion", {"count": len(vote.items)}
    if vote.kind != "selection":
        return
    if not vote.approvals:
        yield "vote.approvals", {}
    if vote.seats < 1:
        yield "vote.seats", {}
    elif vote.items and (margin := margin_of(vote)):
        counts = {"seats": vote.seats, "candidates": len(vote.items)}
        if margin.verdict == "refused":
            yield _refused(margin), counts | lawful(margin)
        elif margin.verdict == "ok_with_waiver" and vote.waiver is None:
            yield "vote.waiver", counts
        elif margin.verdict == "ok" and vote.waiver is not None:
            yield "vote.waiver_unneeded", counts


def _refused(margin: Margin) -> str:
    if margin.allowed:
        return "vote.margin"
    return "vote.margin_none" if margin.waiver is None else "vote.margin_waiver"


def lawful(margin: Margin) -> dict[str, str | int]:
    """The lawful numbers as fields of a sentence; ``last`` 0: no end."""
    span = margin.allowed
    numbers = {"first": span.first, "last": span.last or 0} if span else {}
    return {**numbers, **({} if margin.waiver is None else {"waiver": margin.waiver})}


def _keys(preparation: Preparation, practice: bool, place: Place) -> Iterator[Missing]:
    if not place.box_here and not preparation.box:
        yield Missing("keys.box", "keys")
    about = preparation.about
    if about.drawn or not about.second_signer or (practice and place.signer_here):
        return
    if set(preparation.signer) != set(preparation.slots):
        yield Missing("keys.signer", "keys", fields={"slots": " ".join(preparation.slots)})
    if not place.signer_known:
        yield Missing("keys.signer_at", "keys")


def _slips(preparation: Preparation) -> Iterator[Missing]:
    about, slips, deputies = preparation.about, preparation.slips, len(preparation.roll)
    if not about.drawn:
        return
    if not slips.uuids:
        yield Missing("slips.order", "slips")
    elif (slips.group, list(slips.uuids)) != (about.group, list(preparation.slots)):
        yield Missing("slips.stale", "slips")
    elif not slips.lists:
        yield Missing("slips.lists", "slips", fields={"deputies": deputies})
    elif (count := len(next(iter(slips.lists.values())))) != deputies:
        fields: dict[str, str | int] = {"count": count, "deputies": deputies}
        yield Missing("slips.count", "slips", fields=fields)
