"""The helpers of a walk, and whom people play instead."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from ballot.demo.walking.helper import Helper
from ballot.demo.walking.trustee import TrusteeHelper
from ballot.tally.session import Definition

LEADS: Mapping[str, str] = {
    "freeze": "clerk",
    "check_in_opened": "clerk",
    "check_in_closed": "clerk",
    "box_empty": "chief_scrutineer",
}
"""Who begins a step, where it is not the presiding officer."""


class Company:
    """Everybody's helper, by account. ``taken``: the accounts that people play; it may grow."""

    def __init__(self, helpers: Mapping[str, Helper], taken: set[str]) -> None:
        self.helpers, self.taken = helpers, taken
        self._trustees: dict[tuple[str, str], TrusteeHelper] = {}

    @property
    def at_work(self) -> list[Helper]:
        """The helpers of everybody whom nobody plays, without those who only look."""
        return [one for one in self.helpers.values() if one.id not in self.taken and one.signs]

    @property
    def clerk(self) -> Helper:
        """The clerk's helper, through whose session a walk reads the agenda whoever is clerk."""
        return self._first("clerk")

    def lead(self, kind: str) -> Helper | None:
        """Whose step it is; None while a person plays that official."""
        lead = self._first(LEADS.get(kind, "presiding_officer"))
        return None if lead.id in self.taken else lead

    def due(self, left: Sequence[str], more: int) -> Helper | None:
        """The first helper among ``left`` (accounts), where ``more`` are missing and people cannot
        be all of them: what people can do is left to them.
        """
        people = sum(one in self.taken for one in left)
        free = [one for one in left if one not in self.taken]
        return self.helpers[free[0]] if free and more > people else None

    def owes(self, helper: Helper, wanted: Mapping[str, Any]) -> bool:
        """Whether a signature is the helper's: ``wanted`` is one of a draft's ``signatures``."""
        left = [one["id"] for one in wanted["may"]]
        people = sum(one in self.taken for one in left)
        return helper.id in left and wanted["more"] > people

    def trustee(self, account: str, definition: Definition, box: httpx.Client) -> TrusteeHelper:
        """That helper's device as a trustee of a session."""
        key = (definition.session, account)
        if key not in self._trustees:
            self._trustees[key] = TrusteeHelper(self.helpers[account], definition, box)
        return self._trustees[key]

    def _first(self, role: str) -> Helper:
        return next(one for one in self.helpers.values() if role in one.person.roles)
