"""Everything officials print: before the session, at each step, and from the result.

Print or save as PDF with the browser. A paper that cannot be printed yet is listed with what it
waits for.
"""

import secrets
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.accounts import RESETTERS, ROLES
from ballot.crypto import encoding
from ballot.paper_entry import capped
from ballot.registrar import make_passes
from ballot.tally.session import Vote
from ballot.tally.state import Round, State
from ballot.web.exports import export_response
from ballot.web.guard import OfficialRoute
from ballot.web.host_script import host_script
from ballot.web.office_context import Office
from ballot.web.official_views import (
    Certificates,
    Papers,
    ballot_code,
    no_certificates,
    official_papers_of,
)
from ballot.web.pages import page, qr_svg
from ballot.web.paper_ballots import answers_to_mark, ballot_title, instruction
from ballot.web.print_index import AT, STATEMENTS, PrintIndex, all_certified
from ballot.web.results import METHODS
from ballot.web.rounds import round_name
from ballot.web.sessions import Session
from ballot.web.words import Words

PRINTERS = tuple(role for role in ROLES if role != "observer")
CARDS = "deputy why check scrutineer chief_scrutineer presiding_officer clerk teller public".split()


def official_papers(office: Office, certificates: Certificates = no_certificates) -> APIRouter:
    """``/office/print``. ``certificates`` knows the documents that officials sign."""
    pages, require = _Pages(office, certificates), office.guard.require
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    readers, clerk = [Depends(require(*PRINTERS))], [Depends(require("clerk"))]
    fresh = [Depends(require("clerk", fresh=True))]

    @router.api_route("", methods=METHODS, dependencies=readers)
    async def index(request: Request) -> Response:
        return await pages.index(request)

    @router.api_route("/certificate/{slot}", methods=METHODS, dependencies=readers)
    async def certificate(request: Request, slot: str) -> Response:
        return await pages.certificate(request, slot)

    @router.api_route("/certificate/{slot}/qr.svg", methods=METHODS, dependencies=readers)
    async def qr(request: Request, slot: str) -> Response:
        return await pages.qr(request, slot)

    @router.api_route("/notice/{vote_id}", methods=METHODS, dependencies=readers)
    async def notice(request: Request, vote_id: str) -> Response:
        return await pages.notice(request, vote_id)

    @router.api_route("/export/{slot}.{form}", methods=METHODS, dependencies=readers)
    async def export(request: Request, slot: str, form: str) -> Response:
        return await pages.export(request, slot, form)

    @router.api_route("/host", methods=METHODS, dependencies=readers)
    async def host(request: Request) -> Response:
        return await pages.host(request)

    @router.api_route("/ballot/{slot}", methods=METHODS, dependencies=readers)
    async def ballot(request: Request, slot: str) -> Response:
        return await pages.ballot(request, slot)

    @router.api_route("/statement/{slot}/{kind}", methods=METHODS, dependencies=readers)
    async def statement(request: Request, slot: str, kind: str) -> Response:
        return await pages.statement(request, slot, kind)

    @router.api_route("/cards", methods=METHODS, dependencies=readers)
    async def cards(request: Request, only: str = "") -> Response:
        return pages.cards(request, only)

    @router.api_route("/code", methods=METHODS, dependencies=readers)
    async def code(request: Request) -> Response:
        return pages.code(request)

    @router.api_route("/passes", methods=METHODS, dependencies=clerk)
    async def ask_passes(request: Request) -> Response:
        return pages.ask_passes(request)

    @router.post("/passes", dependencies=fresh)
    async def passes(request: Request) -> Response:
        return await pages.passes(request)

    return router


class _Pages:
    """What the routes answer."""

    def __init__(self, office: Office, certificates: Certificates) -> None:
        self._office, self._certificates = office, certificates
        self._index = PrintIndex(office)

    async def index(self, request: Request) -> Response:
        """What can be printed now, and what the rest waits for."""
        session = _session(request)
        words, papers = Words(session.lang), await self._papers(request)
        clerk = "clerk" in session.who.roles
        return page(
            "print_index.html",
            words,
            AT,
            session=session,
            definition=self._office.definition,
            sections=self._index.sections(words, papers, clerk),
            manages=not RESETTERS.isdisjoint(session.who.roles),
        )

    async def certificate(self, request: Request, slot: str) -> Response:
        """计票结果报告单; with codes as soon as there is one to sign."""
        papers = await self._papers(request)
        found = papers.page(slot)
        if found is None:
            raise HTTPException(404)
        vote, shown = found
        return self._form(
            request,
            "certificate.html",
            session=papers.session,
            vote=vote,
            page=shown,
            qr_at=f"{AT}/certificate/",
        )

    async def qr(self, request: Request, slot: str) -> Response:
        """The certificate's digest."""
        found = (await self._papers(request)).page(slot)
        if found is None or found[1].certificate is None:
            raise HTTPException(404)
        return Response(qr_svg(found[1].certificate.digest), media_type="image/svg+xml")

    async def notice(self, request: Request, vote_id: str) -> Response:
        """公告, once every counted round of the vote is certified."""
        papers = await self._papers(request)
        vote = papers.session.vote(vote_id)
        if vote is None or vote.kind != "selection" or not all_certified(papers, vote_id):
            raise HTTPException(404)
        shown = vote.certified[-1]
        return self._form(request, "notice.html", session=papers.session, vote=vote, page=shown)

    async def export(self, request: Request, slot: str, form: str) -> Response:
        """All counts of a round."""
        papers = await self._papers(request)
        found = papers.page(slot)
        if found is None:
            raise HTTPException(404)
        words = Words(_session(request).lang)
        return export_response(words, form, papers.session, *found, full=True)

    async def host(self, request: Request) -> Response:
        """主持词."""
        papers, words = await self._papers(request), Words(_session(request).lang)
        counted = (found for slot in papers.stages if (found := papers.page(slot)))
        results = {shown.round.slot: shown.round for _, shown in counted}
        room = self._office.room
        parts = host_script(room.board.state, room.board.events, results, words)
        return self._form(request, "print_host.html", parts=parts, **self._facts())

    async def ballot(self, request: Request, slot: str) -> Response:
        """表决票: every sheet the same."""
        vote, one = self._round(slot)
        words = Words(_session(request).lang)
        items = [vote.item(item) for item in one.items]
        cap = one.seats if capped(vote) else None
        code = await run_in_threadpool(ballot_code, self._office.state, slot)
        return self._form(
            request,
            "print_ballot.html",
            vote=vote,
            title=ballot_title(words, self._office.definition.year, vote, one),
            instruction=instruction(words, vote, one),
            items=items,
            answers=answers_to_mark(words, vote),
            with_investment=any(item.investment is not None for item in items),
            with_unit=any(item.unit for item in items),
            height="tall" if len(items) <= 9 else "mid" if len(items) <= 12 else "low",
            cap=cap,
            ballot_code=code,
            **self._facts(),
        )

    async def statement(self, request: Request, slot: str, kind: str) -> Response:
        """空箱证明, 封箱证明, 再次投票事项单."""
        vote, one = self._round(slot)
        if kind not in STATEMENTS or (kind == "run_off" and one.kind != "run_off"):
            raise HTTPException(404)
        words, state = Words(_session(request).lang), self._office.state
        code = await run_in_threadpool(ballot_code, state, slot)
        return self._form(
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
            **self._facts(),
        )

    def cards(self, request: Request, only: str) -> Response:
        """What each is told (people.md §4), one card each; ``only`` one of them."""
        if only and only not in CARDS:
            raise HTTPException(404)
        shown = (only,) if only else tuple(CARDS)
        cap = next((v.seats for v in self._office.definition.votes if capped(v)), None)
        return self._form(request, "print_cards.html", cards=shown, cap=cap, **self._facts())

    def code(self, request: Request) -> Response:
        """The 会议码 to hang at the door and beside the tablets."""
        digest = self._office.state.session
        qr = qr_svg(digest).decode()
        return self._form(request, "print_code.html", qr=qr, digest=digest, **self._facts())

    def ask_passes(self, request: Request, code: int = 200) -> Response:
        """That older passes die is said before it happens."""
        session = _session(request)
        return page(
            "print_passes_ask.html",
            Words(session.lang),
            f"{AT}/passes",
            code,
            session=session,
            definition=self._office.definition,
            waits=self._index.passes_wait(),
            fresh=self._office.guard.sessions.is_fresh(session),
            manages=not RESETTERS.isdisjoint(session.who.roles),
        )

    async def passes(self, request: Request) -> Response:
        """A pass for every deputy. The codes stand in this answer alone."""
        if self._index.passes_wait():
            return self.ask_passes(request, 409)
        roll = self._office.service.roll
        made = await run_in_threadpool(make_passes, roll, secrets.token_bytes)
        cards = [(one, code, qr_svg(code).decode()) for one, code in made]
        return self._form(request, "print_passes.html", cards=cards, **self._facts())

    def _round(self, slot: str) -> tuple[Vote, Round]:
        state: State = self._office.state
        if slot not in state.rounds:
            raise HTTPException(404)
        return state.vote(slot), state.rounds[slot]

    def _boxes(self, slot: str) -> int | None:
        events = self._office.room.board.events
        found = [e.body["paper_boxes"] for e in events if (e.kind, e.slot) == ("box_empty", slot)]
        return found[-1] if found else None

    def _facts(self) -> dict[str, Any]:
        definition = self._office.definition
        code = encoding.code_of_hex(self._office.state.session)
        return {"definition": definition, "session_code": code}

    async def _papers(self, request: Request) -> Papers:
        lang = _session(request).lang
        args = (self._office.room, self._certificates, lang)
        return await run_in_threadpool(official_papers_of, *args)

    def _form(self, request: Request, template: str, **values: Any) -> Response:
        words = Words(_session(request).lang)
        return page(template, words, AT, home=AT, home_text=words.plain("print.title"), **values)


def _parent_code(state: State, one: Round) -> str:
    """The 证书码 of the round that this one follows from."""
    found = state.rounds[one.parent].certificates if one.parent else ()
    return encoding.code_of_hex(found[-1].certificate) if found else ""


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session
