"""Drawn codes in the preparation: the order that goes out, and the public lists that come back.

Slips are made on a machine that is not this one; a code never gets here (protocol §6).
"""

import secrets
from collections.abc import Callable
from dataclasses import replace

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.preparing.missing import missing
from ballot.preparing.parts import Preparation
from ballot.preparing.slips import FILE, code_of_lists, draw_order, encode_order, read_lists
from ballot.tally.session import ROLES
from ballot.web.guard import OfficialRoute
from ballot.web.office_shell import words_of
from ballot.web.prepare_context import HERE, Preparing, lines
from ballot.web.prepare_forms import read_long, read_upload
from ballot.web.results import METHODS

AT = f"{HERE}/slips"
Change = Callable[[Preparation], Preparation]


def slips_router(context: Preparing) -> APIRouter:
    """``/office/prepare/slips``, ``…/slips/order``, ``…/slips/order.json``."""
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    require = context.door.guard.require
    everyone = [Depends(require(*ROLES, "observer"))]
    clerk = [Depends(require("clerk", read=read_long))]
    uploads = [Depends(require("clerk", read=read_upload))]

    def show(request: Request, trouble: Invalid | None = None) -> Response:
        prepared, _ = context.read()
        slips = prepared.slips
        lists = [(slot, slips.uuids[slot], found) for slot, found in slips.lists.items()]
        found = missing(prepared, True, context.home.place)
        return context.page(
            request,
            "prepare_slips.html",
            trouble,
            lists_code=code_of_lists(slips.group, lists) if lists else "",
            lacks=lines(words_of(request), [one for one in found if one.part == "slips"]),
            file=FILE,
        )

    @router.api_route("", methods=METHODS, dependencies=everyone)
    def slips(request: Request) -> Response:
        return show(request)

    @router.post("/order", dependencies=clerk)
    async def order(request: Request) -> Response:
        return await keep(request, lambda p: replace(p, slips=draw_order(p, secrets.token_bytes)))

    @router.post("", dependencies=uploads)
    async def upload(request: Request) -> Response:
        given = request.state.upload
        try:
            if given is None:
                raise Invalid("prepare.form", "file")
            # Beside the transaction: thousands of elements are looked at.
            found = await run_in_threadpool(lambda: read_lists(context.read()[0], given.content))
        except Invalid as error:
            return await run_in_threadpool(show, request, error)
        return await keep(request, lambda p: replace(p, slips=found))

    async def keep(request: Request, change: Change) -> Response:
        was = request.state.form.get("seen", "")
        try:
            await run_in_threadpool(context.change, "slips", was, change)
        except Invalid as error:
            return await run_in_threadpool(show, request, error)
        return RedirectResponse(AT, 303)

    @router.api_route("/order.json", methods=METHODS, dependencies=[Depends(require("clerk"))])
    def download() -> Response:
        prepared, _ = context.read()
        try:
            data = encode_order(prepared)
        except Invalid:
            raise HTTPException(404) from None
        headers = {"content-disposition": 'attachment; filename="order.json"'}
        return Response(data, headers=headers, media_type="application/json")

    return router
