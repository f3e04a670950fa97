"""Signing in and out: one page, one form, and no word about what was wrong (attack C7)."""

from collections.abc import Mapping
from types import MappingProxyType

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from ballot.web.guard import (
    Guard,
    OfficialRoute,
    address_of,
    cookie_of,
    form_of,
    lang_of,
    own_form,
    set_cookie,
)
from ballot.web.leading import own_path
from ballot.web.origins import require_own_origin
from ballot.web.pages import page
from ballot.web.results import METHODS
from ballot.web.words import Words


def login_router(guard: Guard) -> APIRouter:
    """``GET`` and ``POST …/login``, ``POST …/logout``."""
    router = APIRouter(route_class=OfficialRoute, prefix=guard.at)

    @router.api_route("/login", methods=METHODS)
    async def form(request: Request) -> Response:
        then = request.query_params.get("next", "")
        if guard.session(request):
            return RedirectResponse(own_path(then, guard.at) or guard.at, 303)
        return _form(request, guard, then)

    @router.post("/login")
    async def login(request: Request) -> Response:
        require_own_origin(request)
        typed, address = await form_of(request), address_of(request)
        account, then = guard.authenticator.account(typed), typed.get("next", "")
        if wait := guard.wait(address, account):
            return _form(request, guard, then, "wait", 429, {"retry-after": str(int(wait) + 1)})
        who = await run_in_threadpool(guard.authenticator.check, typed)
        if who is None:
            guard.failed(address, account)
            return _form(request, guard, then, "wrong", 403)
        response = RedirectResponse(own_path(then, guard.at) or guard.at, 303)
        guard.sign_in(request, response, who, lang_of(request))
        return response

    @router.post("/logout")
    async def logout(request: Request) -> Response:
        require_own_origin(request)
        if session := guard.session(request):
            await own_form(request, session)
        guard.sessions.end(request.cookies.get(cookie_of(request), ""))
        response = RedirectResponse(f"{guard.at}/login", 303)
        set_cookie(request, response, "")
        return response

    return router


def _form(
    request: Request,
    guard: Guard,
    then: str,
    trouble: str = "",
    status: int = 200,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    words = Words(lang_of(request))
    response = page(
        f"{guard.at[1:]}_login.html",
        words,
        f"{guard.at}/login",
        status,
        fields=guard.authenticator.fields,
        then=own_path(then, guard.at),
        trouble=trouble,
        retry=headers.get("retry-after", ""),
    )
    response.headers.update(headers)
    return response
