"""The check-in desk: find a deputy, confirm who it is, hand out a pass or a sheet of paper.

Plain forms without JavaScript. The roll knows who is here and on which channel; that somebody
has voted is nowhere to be seen, because it is not known (people.md §5).
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.issuing import Counts
from ballot.locale import messages
from ballot.registrar import DeputyState
from ballot.tally.state import State
from ballot.web.desk_hall import Hall, hall_of
from ballot.web.guard import HOME, Guard, OfficialRoute
from ballot.web.pages import page, qr_svg
from ballot.web.problems import status_of, title_of
from ballot.web.results import METHODS
from ballot.web.sessions import Session
from ballot.web.words import Words

ROWS, FOUND = 40, 20
_ALL = 100_000


class Roll(Protocol):
    """What the desk asks of :class:`ballot.registrar.Registrar`."""

    def find(self, text: str, limit: int = ...) -> list[DeputyState]:
        """Deputies by part of their number or name."""

    def counts(self) -> Counts:
        """Of the last check-in."""

    def grant(self, deputy: str) -> str:
        """A new pass, which replaces the one before."""

    def take_paper(self, deputy: str) -> None:
        """The deputy gets a sheet."""

    def return_paper(self, deputy: str) -> None:
        """An unused sheet is handed back."""

    def take_slip(self, deputy: str) -> None:
        """The deputy draws a slip."""


def desk_router(
    roll: Roll,
    state: Callable[[], State],
    guard: Guard,
    other: Callable[[], Awaitable[Counts]] | None = None,
    changed: Callable[[], None] = lambda: None,
) -> APIRouter:
    """The desk's pages below ``/desk``, for the clerk alone. ``other`` asks the second signer for
    its count (raises ``issue.signer_away``); ``changed`` is called after each act.
    """
    router = APIRouter(
        route_class=OfficialRoute, dependencies=[Depends(guard.require("clerk"))], prefix=HOME
    )

    async def hall() -> Hall:
        return await hall_of(state(), await run_in_threadpool(roll.counts), other)

    async def one(number: str) -> DeputyState:
        found = await run_in_threadpool(roll.find, number, _ALL)
        for deputy in found:
            if deputy.number == number:
                return deputy
        raise HTTPException(404)

    async def deputy_page(
        request: Request, number: str, trouble: Invalid | None = None, did: str = ""
    ) -> Response:
        deputy, session = await one(number), _session(request)
        told = _sentence(session.lang, trouble.code) if trouble else ""
        return page(
            "desk_deputy.html",
            Words(session.lang),
            f"{HOME}/deputy/{number}",
            status_of(trouble.code) if trouble else 200,
            session=session,
            hall=await hall(),
            definition=state().definition,
            deputy=deputy,
            did=did,
            trouble=told,
            refusal=trouble.code if trouble else "",
        )

    async def act(request: Request, number: str, does: Callable[[str], None], did: str) -> Response:
        """One act on one deputy, then the deputy's page again; refused: the page says why."""
        deputy = await one(number)
        if request.state.form.get("confirmed") != "yes":
            return await deputy_page(request, number, Invalid("desk.not_confirmed"))
        try:
            await run_in_threadpool(does, deputy.number)
        except Invalid as error:
            return await deputy_page(request, number, error)
        changed()
        return RedirectResponse(f"{HOME}/deputy/{number}?did={did}", 303)

    @router.api_route("", methods=METHODS)
    async def desk(request: Request, q: str = "") -> Response:
        text = q.strip()[:60]
        found = await run_in_threadpool(roll.find, text, _ALL) if text else []
        found.sort(key=lambda deputy: (deputy.number != text, deputy.name != text))
        session = _session(request)
        return page(
            "desk.html",
            Words(session.lang),
            HOME,
            session=session,
            hall=await hall(),
            definition=state().definition,
            asked=text,
            found=found[:FOUND],
            more=max(0, len(found) - FOUND),
        )

    @router.api_route("/list", methods=METHODS)
    async def listed(request: Request, p: str = "1") -> Response:
        everyone = await run_in_threadpool(roll.find, "", _ALL)
        pages = max(1, -(-len(everyone) // ROWS))
        # ``all`` is the list to print.
        number = int(p) if p.isascii() and p.isdigit() and len(p) < 6 else 1
        number = min(max(number, 1), pages)
        shown = everyone if p == "all" else everyone[ROWS * (number - 1) : ROWS * number]
        session = _session(request)
        return page(
            "desk_list.html",
            Words(session.lang),
            f"{HOME}/list",
            session=session,
            definition=state().definition,
            rows=shown,
            number=number,
            pages=pages,
            whole=p == "all",
            absent=_absent(everyone),
            eligible=len(everyone),
        )

    @router.api_route("/deputy/{number}", methods=METHODS)
    async def deputy(request: Request, number: str, did: str = "") -> Response:
        known = did if did in ("paper", "back", "slip") else ""
        return await deputy_page(request, number, did=known)

    @router.post("/deputy/{number}/pass")
    async def grant(request: Request, number: str) -> Response:
        deputy = await one(number)
        if request.state.form.get("confirmed") != "yes":
            return await deputy_page(request, number, Invalid("desk.not_confirmed"))
        if not state().check_in:
            return await deputy_page(request, number, Invalid("issue.closed"))
        if deputy.state in ("tablet", "paper"):
            code = "token.already_issued" if deputy.state == "tablet" else "issue.other_channel"
            return await deputy_page(request, number, Invalid(code))
        try:
            granted = await run_in_threadpool(roll.grant, deputy.number)
        except Invalid as error:
            return await deputy_page(request, number, error)
        changed()
        session = _session(request)
        # The code stands in this answer alone: in no address, no cache and no database.
        return page(
            "desk_pass.html",
            Words(session.lang),
            f"{HOME}/deputy/{number}",
            session=session,
            definition=state().definition,
            deputy=deputy,
            granted=granted,
            qr=qr_svg(granted).decode(),
        )

    @router.post("/deputy/{number}/paper")
    async def paper(request: Request, number: str) -> Response:
        return await act(request, number, roll.take_paper, "paper")

    @router.post("/deputy/{number}/back")
    async def back(request: Request, number: str) -> Response:
        return await act(request, number, roll.return_paper, "back")

    @router.post("/deputy/{number}/slip")
    async def slip(request: Request, number: str) -> Response:
        return await act(request, number, roll.take_slip, "slip")

    return router


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


def _absent(everyone: Sequence[DeputyState]) -> int:
    return sum(deputy.state == "absent" for deputy in everyone)


def _sentence(lang: str, code: str) -> str:
    """A refusal as the clerk reads it out; what only deputies are told, as they are told it."""
    return messages(lang).get(f"desk.refused.{code}") or title_of(lang, code)
