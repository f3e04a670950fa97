"""The numbers at the head of the check-in desk, and the second signer's beside them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ballot.crypto.errors import Invalid
from ballot.issuing import Counts
from ballot.tally.state import State
from ballot.tally.turnout import quorum_min

PATIENCE = 2.0  # seconds that a page waits for the second signer's count


@dataclass(frozen=True, kw_only=True)
class Hall:
    """The numbers at the head of the desk. ``other`` is the second signer's own count: None where
    there is no second signer, ``away`` when it does not answer.
    """

    eligible: int
    quorum: int
    open: bool
    drawn: bool
    on_paper: bool
    min_paper: int
    present: int
    tablet: int
    paper: int
    other: tuple[int, int] | None
    away: bool

    @property
    def few_papers(self) -> bool:
        """So few on paper that their totals could show choices (protocol §6)."""
        return 0 < self.paper < self.min_paper

    @property
    def same(self) -> bool:
        """Both signers counted the same."""
        return self.other == (self.tablet, self.paper)


async def hall_of(
    now: State, counts: Counts, other: Callable[[], Awaitable[Counts]] | None
) -> Hall:
    """The numbers of the last check-in; ``other`` asks the second signer for its own."""
    away, theirs = False, None
    if other is not None:
        try:
            async with asyncio.timeout(PATIENCE):
                found = await other()
            theirs = (_most(found), found.paper)
        except (Invalid, TimeoutError):
            away = True
    definition = now.definition
    slots = now.check_in or tuple(counts.tablet)
    votes = [now.vote(slot) for slot in slots] or list(definition.votes)
    return Hall(
        eligible=definition.deputies,
        quorum=max(quorum_min(vote.rules, definition.deputies) for vote in votes),
        open=bool(now.check_in),
        drawn=definition.token_kind == "drawn",
        on_paper=any("paper" in vote.channels for vote in votes),
        min_paper=definition.min_paper,
        present=counts.present,
        tablet=_most(counts),
        paper=counts.paper,
        other=theirs,
        away=away,
    )


def _most(counts: Counts) -> int:
    """Tablets issued: the same for all slots of a check-in, unless a request is under way."""
    return max(counts.tablet.values(), default=0)
