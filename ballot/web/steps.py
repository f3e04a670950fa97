"""Where each step of the agenda is done, and what waits for one person (protocol §8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from ballot.crypto.errors import Invalid
from ballot.signing_room import Item, Proposal
from ballot.tally.session import Definition
from ballot.waiting import Wanted, role_to_propose
from ballot.web.office_shell import AT
from ballot.web.sessions import Who

TRUSTEES = frozenset({"keys_ready", "sealed", "decrypted"})
"""Signed on the trustees' own pages, where the box is opened and the journal kept."""
BY_SERVICE = frozenset({"counted", "certified"})
"""Proposed by the service as soon as they follow."""


@dataclass(frozen=True)
class Task:
    """A page to go to: to sign a draft, or to propose a step."""

    kind: str
    slot: str | None
    href: str
    signs: bool


def page_of(kind: str, slot: str | None, draft: str | None = None) -> str:
    """The page of a step, or of the draft for it; empty where nobody has to do anything."""
    if kind in TRUSTEES:
        return f"{AT}/trustee"
    if draft:
        return f"{AT}/sign/{draft}"
    if kind in BY_SERVICE:
        return ""
    if kind == "paper_counted":
        return f"{AT}/papers/{slot}"
    return f"{AT}/act/{kind}" + (f"?slot={slot}" if slot else "")


def may_propose(definition: Definition, who: Who, kind: str) -> bool:
    """Whether somebody's roles allow to propose that kind of event."""
    try:
        role_to_propose(definition, who.id, who.roles, kind)
    except Invalid:
        return False
    return True


def waits_for(wanted: Sequence[Wanted], who: Who) -> bool:
    """Whether a signature of that person is still of use."""
    return any(one.more and who.id in {officer.id for officer in one.may} for one in wanted)


def href_for(item: Item, definition: Definition, who: Who) -> str:
    """The page on which that person can bring a step forward now; empty if there is none."""
    kind, slot = item.step.kind, item.step.slot
    if kind in TRUSTEES:
        return page_of(kind, slot) if waits_for(item.wanted, who) else ""
    if item.draft:
        return page_of(kind, slot, item.draft) if waits_for(item.wanted, who) else ""
    return page_of(kind, slot) if may_propose(definition, who, kind) else ""


def tasks(
    items: Sequence[Item], drafts: Sequence[Proposal], definition: Definition, who: Who
) -> tuple[Task, ...]:
    """What waits for somebody: drafts to sign first, then the steps that are due."""
    found = []
    for one in drafts:
        if one.state == "open" and waits_for(one.wanted, who):
            kind, slot = one.event.kind, one.event.slot
            found.append(Task(kind, slot, page_of(kind, slot, one.digest), True))
    for item in items:
        due = item.step.weight != "other" and not item.draft
        if due and (href := href_for(item, definition, who)):
            found.append(Task(item.step.kind, item.step.slot, href, False))
    return tuple(found)
