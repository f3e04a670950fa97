"""Everything officials print: before the session, at each step, and from the result.

Print or save as PDF with the browser. A paper that cannot be printed yet is listed with what it
waits for.
"""

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.accounts import ROLES
from ballot.web.exports import export_response
from ballot.web.guard import OfficialRoute
from ballot.web.host_script import host_script
from ballot.web.office_context import Office
from ballot.web.office_shell import plain_page, session_of, words_of
from ballot.web.official_views import (
    Certificates,
    Papers,
    no_certificates,
    official_papers_of,
)
from ballot.web.pages import qr_svg
from ballot.web.print_forms import PrintForms
from ballot.web.print_index import AT, all_certified
from ballot.web.print_papers import PaperForms
from ballot.web.results import METHODS
from ballot.web.words import Words

PRINTERS = tuple(role for role in ROLES if role != "observer")


def official_papers(office: Office, certificates: Certificates = no_certificates) -> APIRouter:
    """``/office/print``. ``certificates`` knows the documents that officials sign."""
    results, papers = ResultForms(office, certificates), PaperForms(office)
    require = office.guard.require
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    readers, clerk = [Depends(require(*PRINTERS))], [Depends(require("clerk"))]
    fresh = [Depends(require("clerk", fresh=True))]

    @router.api_route("", methods=METHODS, dependencies=readers)
    async def index(request: Request) -> Response:
        return await results.listed(request)

    @router.api_route("/certificate/{slot}", methods=METHODS, dependencies=readers)
    async def certificate(request: Request, slot: str) -> Response:
        return await results.certificate(request, slot)

    @router.api_route("/certificate/{slot}/qr.svg", methods=METHODS, dependencies=readers)
    async def qr(request: Request, slot: str) -> Response:
        return await results.qr(request, slot)

    @router.api_route("/notice/{vote_id}", methods=METHODS, dependencies=readers)
    async def notice(request: Request, vote_id: str) -> Response:
        return await results.notice(request, vote_id)

    @router.api_route("/export/{slot}.{form}", methods=METHODS, dependencies=readers)
    async def export(request: Request, slot: str, form: str) -> Response:
        return await results.export(request, slot, form)

    @router.api_route("/host", methods=METHODS, dependencies=readers)
    async def host(request: Request) -> Response:
        return await results.host(request)

    @router.api_route("/ballot/{slot}", methods=METHODS, dependencies=readers)
    async def ballot(request: Request, slot: str) -> Response:
        return await papers.ballot(request, slot)

    @router.api_route("/statement/{slot}/{kind}", methods=METHODS, dependencies=readers)
    async def statement(request: Request, slot: str, kind: str) -> Response:
        return await papers.statement(request, slot, kind)

    @router.api_route("/cards", methods=METHODS, dependencies=readers)
    async def cards(request: Request, only: str = "") -> Response:
        return papers.cards(request, only)

    @router.api_route("/code", methods=METHODS, dependencies=readers)
    async def code(request: Request) -> Response:
        return papers.code(request)

    @router.api_route("/passes", methods=METHODS, dependencies=clerk)
    async def ask_passes(request: Request) -> Response:
        return papers.ask_passes(request)

    @router.post("/passes", dependencies=fresh)
    async def passes(request: Request) -> Response:
        return await papers.passes(request)

    return router


class ResultForms(PrintForms):
    """What the routes of the list and of the results answer."""

    def __init__(self, office: Office, certificates: Certificates) -> None:
        super().__init__(office)
        self._certificates = certificates

    async def listed(self, request: Request) -> Response:
        """What can be printed now, and what the rest waits for."""
        session = session_of(request)
        words, papers = Words(session.lang), await self._papers(request)
        clerk = "clerk" in session.who.roles
        return plain_page(
            request,
            self.office.definition,
            "print_index.html",
            sections=self.index.sections(words, papers, clerk),
        )

    async def certificate(self, request: Request, slot: str) -> Response:
        """计票结果报告单; with codes as soon as there is one to sign."""
        papers = await self._papers(request)
        found = papers.page(slot)
        if found is None:
            raise HTTPException(404)
        vote, shown = found
        return self.form(
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
        return self.form(request, "notice.html", session=papers.session, vote=vote, page=shown)

    async def export(self, request: Request, slot: str, form: str) -> Response:
        """All counts of a round."""
        papers = await self._papers(request)
        found = papers.page(slot)
        if found is None:
            raise HTTPException(404)
        words = words_of(request)
        return export_response(words, form, papers.session, *found, full=True)

    async def host(self, request: Request) -> Response:
        """主持词."""
        papers, words = await self._papers(request), words_of(request)
        counted = (found for slot in papers.stages if (found := papers.page(slot)))
        results = {shown.round.slot: shown.round for _, shown in counted}
        room = self.office.room
        parts = host_script(room.board.state, room.board.events, results, words)
        return self.form(request, "print_host.html", parts=parts, **self.facts())

    async def _papers(self, request: Request) -> Papers:
        lang = session_of(request).lang
        args = (self.office.room, self._certificates, lang)
        return await run_in_threadpool(official_papers_of, *args)
