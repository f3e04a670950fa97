"""Freezing, the frozen version to read and to sign, taking it back."""

import threading

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.encoding import code_of_hex
from ballot.crypto.errors import Invalid
from ballot.preparing.missing import missing
from ballot.preparing.parts import Preparation
from ballot.preparing.presets import offered
from ballot.preparing.slips import code_of_lists, lists_of
from ballot.tally.definition import decode_definition
from ballot.tally.session import ROLES
from ballot.web.guard import OfficialRoute
from ballot.web.office_context import Office
from ballot.web.office_shell import AT, session_of
from ballot.web.prepare_context import HERE, Preparing
from ballot.web.results import METHODS


def frozen_router(context: Preparing, office: Office | None) -> APIRouter:
    """``…/freeze``, ``…/frozen…``; ``office`` signs the version that stands, if there is one."""
    router = APIRouter(route_class=OfficialRoute, prefix=HERE)
    require = context.door.guard.require
    everyone = [Depends(require(*ROLES, "observer"))]
    clerk, fresh = [Depends(require("clerk"))], [Depends(require("clerk", fresh=True))]

    @router.post("/freeze", dependencies=fresh)
    async def freeze(request: Request) -> Response:
        practice = request.state.form.get("practice") != "no"
        try:
            await run_in_threadpool(_begin, context, practice)
        except Invalid as error:
            return await run_in_threadpool(_refused, context, request, error)
        return RedirectResponse(f"{HERE}/freezing", 303)

    @router.api_route("/freezing", methods=METHODS, dependencies=everyone)
    def freezing(request: Request) -> Response:
        job = context.desk.job
        if not job.running and not job.trouble:
            done = context.store.standing() is not None
            return RedirectResponse(f"{HERE}/frozen" if done else HERE, 303)
        response = context.page(request, "prepare_freezing.html", job=job)
        if job.running:
            response.headers["refresh"] = "3"
        return response

    @router.api_route("/frozen", methods=METHODS, dependencies=everyone)
    def frozen(request: Request) -> Response:
        standing = context.store.standing()
        if standing is None or office is None:
            return RedirectResponse(HERE, 303)
        office.room.board.refresh()
        agenda = [one for one in office.room.agenda() if one.step.kind in ("defined", "adopted")]
        definition = decode_definition(standing.definition)
        who = session_of(request).who
        response = context.page(
            request,
            "prepare_frozen.html",
            version=standing,
            lists_code=code_of_lists(definition.group.name, lists_of(definition))
            if definition.token_kind == "drawn"
            else "",
            shown=definition,
            session_code=code_of_hex(standing.session),
            steps=agenda,
            state=office.state,
            mine={
                one.draft for one in agenda for w in one.wanted if who.id in {o.id for o in w.may}
            },
            roles=ROLES,
            rules=offered,
            failed=context.desk.trouble,
            untransmitted=bool(context.home.settings.box_at or context.home.settings.signer_at),
        )
        if office.state.adopted and not context.desk.trouble:
            response.headers["refresh"] = f"3; url={AT}"
        return response

    @router.post("/frozen/back", dependencies=fresh)
    async def back(request: Request) -> Response:
        who = session_of(request).who
        standing = await run_in_threadpool(context.store.standing)
        number = request.state.form.get("version", "")
        if standing is not None and number == str(standing.number):
            try:
                await run_in_threadpool(context.store.end, standing.number, "taken_back", who.id)
            except Invalid as error:
                return await run_in_threadpool(_refused, context, request, error)
            await run_in_threadpool(context.turn)
        return RedirectResponse(HERE, 303)

    @router.post("/frozen/start", dependencies=fresh)
    async def start(request: Request) -> Response:
        if office is not None and office.state.adopted:
            office.changed()
        return RedirectResponse(HERE, 303)

    @router.api_route("/frozen/{name}.json", methods=METHODS, dependencies=clerk)
    def download(name: str) -> Response:
        standing = context.store.standing()
        if standing is None or name not in ("definition", "roll"):
            raise HTTPException(404)
        data = standing.definition if name == "definition" else standing.roll
        headers = {"content-disposition": f'attachment; filename="{name}.json"'}
        return Response(data, headers=headers, media_type="application/json")

    return router


def _refused(context: Preparing, request: Request, error: Invalid) -> Response:
    return context.page(request, "prepare_refused.html", error)


def _begin(context: Preparing, practice: bool) -> None:
    """Freeze in the background what stands now; raises ``prepare.…`` at once where it cannot."""
    job = context.desk.job
    prepared, _ = context.read()
    if context.store.standing() is not None:
        raise Invalid("prepare.frozen", "a version stands")
    if missing(prepared, practice, context.home.place):
        raise Invalid("prepare.missing", "something is missing")
    if not practice:
        context.home.check_untouched()
    with context.desk.lock:
        if job.running:
            raise Invalid("prepare.freezing", "a version is being frozen")
        job.running, job.done, job.total, job.trouble = True, 0, 1, ""
    threading.Thread(target=_freeze, args=(context, prepared, practice), daemon=True).start()


def _freeze(context: Preparing, prepared: Preparation, practice: bool) -> None:
    job = context.desk.job

    def step(done: int, total: int) -> None:
        job.done, job.total = done, total

    try:
        context.home.freezer.freeze(prepared, practice, context.home.place, step)
        context.turn()
    except (Invalid, OSError) as error:
        job.trouble = error.code if isinstance(error, Invalid) else "store.unavailable"
    finally:
        job.running = False


def put_forward(office: Office) -> None:
    """The draft of the next act of adoption, in the clerk's name, unless it is on the table."""
    (clerk,) = office.definition.holders("clerk")
    for one in office.room.agenda():
        kind = one.step.kind
        if kind in ("defined", "adopted") and one.draft is None:
            office.room.propose(kind, None, {}, office.minute(), (clerk.id, "clerk"))
