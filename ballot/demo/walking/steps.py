"""The steps of a session as helpers take them: what they propose, count, seal and decrypt."""

from collections.abc import Mapping
from typing import Any

import httpx

from ballot.demo.papers import count_papers
from ballot.demo.remote import RemoteBoard, answer_of
from ballot.demo.walking.company import Company
from ballot.demo.walking.deputies import Deputies
from ballot.demo.walking.furnishing import PASSWORD
from ballot.demo.walking.helper import Helper
from ballot.demo.walking.trustee import TrusteeHelper
from ballot.paper_desk import COUNTERS
from ballot.paper_entry import numbers_of
from ballot.tally.events import draft
from ballot.trustee.review import review
from ballot.trustee.sealing import record_of

_ORDERS = {"check_in_closed": "halt_check_in", "round_closed": "halt_round"}


class Steps:
    """Of one session. ``board`` follows its events; ``box`` is a client of the box."""

    def __init__(
        self, company: Company, deputies: Deputies, board: RemoteBoard, box: httpx.Client
    ) -> None:
        self._company, self._deputies = company, deputies
        self.board, self._box = board, box
        self._counted: set[tuple[str, str]] = set()
        self._reviewed: set[str] = set()

    def hold_ceremony(self) -> Helper | None:
        """The helper who added something to the key ceremony's board."""
        for one in self.board.definition.trustees:
            if one not in self._company.taken and self._trustee(one).proceed():
                return self._company.helpers[one]
        return None

    def open_box(self, kind: str, slot: str) -> Helper | None:
        """The helper who sealed, or decrypted; None where people can do all that is missing."""
        definition, one = self.board.definition, self.board.state.round(slot)
        if kind == "sealed":
            done, quorum = set(one.seals), definition.seal_quorum
        else:
            done = {definition.trustees[index - 1] for index in one.partials}
            quorum = definition.threshold
        left = [account for account in definition.trustees if account not in done]
        helper = self._company.due(left, quorum - len(done))
        if helper is not None:
            trustee = self._trustee(helper.id)
            (trustee.seal if kind == "sealed" else trustee.decrypt)(self.board, slot)
        return helper

    def count(self, slot: str) -> Helper | None:
        """The helper who entered a count of the papers. Two count, each alone; one helper, where a
        person can be the other.
        """
        helpers = self._company.helpers.values()
        counters = [one.id for one in helpers if not {*COUNTERS}.isdisjoint(one.person.roles)]
        left = [account for account in counters if (slot, account) not in self._counted]
        # A person counts once, however many people there are.
        people = [one for one in left if one in self._company.taken][:1]
        free = [one for one in left if one not in self._company.taken]
        helper = self._company.due(people + free, 2 - (len(counters) - len(left)))
        if helper is None:
            return None
        vote, one = self.board.state.vote(slot), self.board.state.round(slot)
        body = count_papers(vote, one, self._deputies.sheets(self.board, slot))
        numbers = {name: str(count) for name, count in numbers_of(vote, one, body).items()}
        helper.fill(f"/office/papers/{slot}", {**numbers, "password": PASSWORD})
        self._counted.add((slot, helper.id))
        return helper

    def propose(self, helper: Helper, kind: str, slot: str | None) -> None:
        """Put the draft of a step on the table."""
        helper.propose(kind, slot, self._given(helper, kind, slot or ""))

    def review(self, digest: str) -> None:
        """What devices check before a certificate is signed; the helpers share the answer. Raises
        what is wrong with it.
        """
        if digest in self._reviewed:
            return
        board, one = self.board, self._company.clerk.get(f"/api/drafts/{digest}")
        event = draft(one["kind"], one["session"], one["slot"], one["minute"], one["body"])
        log = [known.digest for known in board.events]
        box = None
        if board.state.round(one["slot"]).tablets:
            answer = self._company.clerk.client.get(f"/api/rounds/{one['slot']}/box")
            box = answer_of(answer).splitlines()
        review(record_of(board.state, board.events), log, event, box)
        self._reviewed.add(digest)

    def _trustee(self, account: str) -> TrusteeHelper:
        return self._company.trustee(account, self.board.definition, self._box)

    def _given(self, helper: Helper, kind: str, slot: str) -> Mapping[str, Any]:
        state, definition = self.board.state, self.board.definition
        match kind:
            case "rules_adopted":
                return {"yes": self._deputies.present, "no": 0, "abstain": 0}
            case "check_in_opened":
                return {"slots": [one.id for vote in definition.votes for one in vote.slots]}
            case "check_in_closed":
                about = next(iter(state.check_in))
                return dict(helper.order(_ORDERS[kind], definition.session, about))
            case "box_empty":
                return {"paper_boxes": 1}
            case "round_opened":
                return {"present": state.issues[slot].present, "issued_paper": None}
            case "round_closed":
                tablet = helper.order(_ORDERS[kind], definition.session, slot)
                on_paper = "paper" in state.round(slot).channels
                papers = len(self._deputies.sheets(self.board, slot)) if on_paper else None
                return {"tablet": tablet, "papers": papers}
            case "tie_settled":
                return {"items": [], "witnesses": []}
            case _:
                return {}
