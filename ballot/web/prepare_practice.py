"""A practice session (演练): what it is, how it ends, and what happens to it then."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.store.preparing import PreparingStore
from ballot.tally.session import ROLES, Definition
from ballot.web.guard import Guard, OfficialRoute
from ballot.web.office_shell import AT, office_page, session_of
from ballot.web.results import METHODS


@dataclass(frozen=True)
class Practice:
    """A practice that was prepared here: its version, and how the service goes over to what is
    to be done once it has ended.
    """

    store: PreparingStore
    version: int
    turn: Callable[[], None]


def practice_router(guard: Guard, definition: Definition, practice: Practice | None) -> APIRouter:
    """``/office/practice``; without ``practice`` it was installed by hand, and ends by hand."""
    router = APIRouter(route_class=OfficialRoute, prefix=f"{AT}/practice")
    everyone = [Depends(guard.require(*ROLES, "observer"))]

    @router.api_route("", methods=METHODS, dependencies=everyone)
    def about(request: Request) -> Response:
        session = session_of(request)
        return office_page(
            request,
            definition,
            "prepare_practice.html",
            number=practice.version if practice else 0,
            ends="clerk" in session.who.roles,
            fresh=guard.sessions.is_fresh(session),
        )

    @router.post("/end", dependencies=[Depends(guard.require("clerk", fresh=True))])
    async def end(request: Request) -> Response:
        if practice is None:
            raise HTTPException(404)
        who = session_of(request).who
        await run_in_threadpool(practice.store.end, practice.version, "ended", who.id)
        await run_in_threadpool(practice.turn)
        return RedirectResponse(AT, 303)

    return router
