"""Papers that need no result: ballots, statements, cards, the session code, passes."""

import secrets

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto import encoding
from ballot.paper_entry import capped
from ballot.registrar import make_passes
from ballot.tally.session import Vote
from ballot.tally.state import Round, State
from ballot.web.office_shell import plain_page, session_of, words_of
from ballot.web.official_views import ballot_code
from ballot.web.pages import qr_svg
from ballot.web.paper_ballots import answers_to_mark, ballot_title, instruction
from ballot.web.print_forms import PrintForms
from ballot.web.print_index import STATEMENTS
from ballot.web.rounds import round_name

CARDS = "deputy why check scrutineer chief_scrutineer presiding_officer clerk teller public".split()


class PaperForms(PrintForms):
    """What the routes of these papers answer."""

    async def ballot(self, request: Request, slot: str) -> Response:
        """表决票: every sheet the same."""
        vote, one = self._round(slot)
        words = words_of(request)
        items = [vote.item(item) for item in one.items]
        cap = one.seats if capped(vote) else None
        code = await run_in_threadpool(ballot_code, self.office.state, slot)
        return self.form(
            request,
            "print_ballot.html",
            vote=vote,
            title=ballot_title(words, self.office.definition.year, vote, one),
            instruction=instruction(words, vote, one),
            items=items,
            answers=answers_to_mark(words, vote),
            with_investment=any(item.investment is not None for item in items),
            with_unit=any(item.unit for item in items),
            height="tall" if len(items) <= 9 else "mid" if len(items) <= 12 else "low",
            cap=cap,
            ballot_code=code,
            **self.facts(),
        )

    async def statement(self, request: Request, slot: str, kind: str) -> Response:
        """空箱证明, 封箱证明, 再次投票事项单."""
        vote, one = self._round(slot)
        if kind not in STATEMENTS or (kind == "run_off" and one.kind != "run_off"):
            raise HTTPException(404)
        words, state = words_of(request), self.office.state
        code = await run_in_threadpool(ballot_code, state, slot)
        return self.form(
            request,
            "print_statement.html",
            kind=kind,
            vote=vote,
            round=one,
            round_name=round_name(words, one.kind, one.number),
            boxes=self._boxes(slot),
            ballot_code=code,
            seal_code=encoding.code_of_hex(one.root) if one.root else "",
            parent_code=_parent_code(state, one),
            items=[vote.item(item) for item in one.items],
            chief=state.definition.holders("chief_scrutineer"),
            scrutineers=state.definition.holders("scrutineer"),
            chair=state.definition.holders("presiding_officer"),
            **self.facts(),
        )

    def cards(self, request: Request, only: str) -> Response:
        """What each is told (people.md §4), one card each; ``only`` one of them."""
        if only and only not in CARDS:
            raise HTTPException(404)
        shown = (only,) if only else tuple(CARDS)
        cap = next((v.seats for v in self.office.definition.votes if capped(v)), None)
        return self.form(request, "print_cards.html", cards=shown, cap=cap, **self.facts())

    def code(self, request: Request) -> Response:
        """The 会议码 to hang at the door and beside the tablets."""
        digest = self.office.state.session
        qr = qr_svg(digest).decode()
        return self.form(request, "print_code.html", qr=qr, digest=digest, **self.facts())

    def ask_passes(self, request: Request, code: int = 200) -> Response:
        """That older passes die is said before it happens."""
        return plain_page(
            request,
            self.office.definition,
            "print_passes_ask.html",
            code,
            waits=self.index.passes_wait(),
            fresh=self.office.guard.sessions.is_fresh(session_of(request)),
        )

    async def passes(self, request: Request) -> Response:
        """A pass for every deputy. The codes stand in this answer alone."""
        if self.index.passes_wait():
            return self.ask_passes(request, 409)
        roll = self.office.service.roll
        made = await run_in_threadpool(make_passes, roll, secrets.token_bytes)
        cards = [(one, code, qr_svg(code).decode()) for one, code in made]
        return self.form(request, "print_passes.html", cards=cards, **self.facts())

    def _round(self, slot: str) -> tuple[Vote, Round]:
        state: State = self.office.state
        if slot not in state.rounds:
            raise HTTPException(404)
        return state.vote(slot), state.rounds[slot]

    def _boxes(self, slot: str) -> int | None:
        events = self.office.room.board.events
        found = [e.body["paper_boxes"] for e in events if (e.kind, e.slot) == ("box_empty", slot)]
        return found[-1] if found else None


def _parent_code(state: State, one: Round) -> str:
    """The 证书码 of the round that this one follows from."""
    found = state.rounds[one.parent].certificates if one.parent else ()
    return encoding.code_of_hex(found[-1].certificate) if found else ""
