"""Entering the paper count: two officials, each alone, then compared field by field.

Plain forms. What was typed is never lost to a password that has to be typed again: the form asks
for it beside the numbers.
"""

from fastapi import APIRouter, Depends, Request, Response

from ballot.paper_desk import COUNTERS
from ballot.web.guard import OfficialRoute
from ballot.web.office_context import Office
from ballot.web.paper_counts import CountPages
from ballot.web.paper_pages import AT
from ballot.web.paper_sheets import SheetPages
from ballot.web.results import METHODS

MAX_FIELDS = 3000  # 480 items with five grades each


def papers_router(office: Office) -> APIRouter:
    """``/office/papers``: tellers and scrutineers count; the chief scrutineer watches and can free
    the place of somebody who had to leave.
    """
    counts, sheets, require = CountPages(office), SheetPages(office), office.guard.require
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    watchers = [Depends(require(*COUNTERS, "chief_scrutineer"))]
    counters = [Depends(require(*COUNTERS, fields=MAX_FIELDS))]
    fresh = [Depends(require(*COUNTERS, fresh=True))]
    chief = [Depends(require("chief_scrutineer", fresh=True))]

    @router.api_route("", methods=METHODS, dependencies=watchers)
    async def listed(request: Request) -> Response:
        return await counts.listed(request)

    @router.api_route("/{slot}", methods=METHODS, dependencies=watchers)
    async def count(request: Request, slot: str, way: str = "", again: str = "") -> Response:
        if way == "sheets":
            return await sheets.sheets(request, slot)
        return await counts.count(request, slot, again=bool(again))

    @router.post("/{slot}", dependencies=counters)
    async def enter(request: Request, slot: str) -> Response:
        return await counts.enter(request, slot)

    @router.post("/{slot}/sheet", dependencies=counters)
    async def sheet(request: Request, slot: str) -> Response:
        return await sheets.add(request, slot)

    @router.post("/{slot}/back", dependencies=counters)
    async def back(request: Request, slot: str) -> Response:
        return await sheets.back(request, slot)

    @router.post("/{slot}/propose", dependencies=fresh)
    async def propose(request: Request, slot: str) -> Response:
        return await counts.propose(request, slot)

    @router.post("/{slot}/aside/{official}", dependencies=chief)
    async def aside(request: Request, slot: str, official: str) -> Response:
        return await counts.aside(request, slot, official)

    return router
