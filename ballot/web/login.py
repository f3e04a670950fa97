"""Who sits at the desk: sessions of officials in a browser, and the forms they send.

A login opens pages; it signs nothing. What has effect on the record is signed with an official's
own key (protocol §8), so that a stolen cookie can check in, and cannot close, count or certify.
Attacks C3, C5, C6, C7.
"""

import hmac
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random
from ballot.locale import LANGUAGES
from ballot.web.forms import Form, read_form
from ballot.web.origins import require_own_origin
from ballot.web.pages import page
from ballot.web.results import METHODS
from ballot.web.sessions import Authenticator, Clock, Delays, Session, Sessions
from ballot.web.words import Words

LOGIN, HOME = "/desk/login", "/desk"


class NotSignedIn(Exception):
    """The page is for somebody who signed in."""


class OfficialRoute(APIRoute):
    """A route of the officials' pages: no cache keeps an answer, and who is not signed in is led
    to the login page.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with that around it."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response: Response = await handle(request)
            except NotSignedIn:
                response = RedirectResponse(LOGIN, 303)
            response.headers["cache-control"] = "no-store"
            return response

        return answer


class Guard:
    """Who may open the officials' pages, and whether a form is one of ours."""

    def __init__(
        self, authenticator: Authenticator, random: Random, clock: Clock = time.monotonic
    ) -> None:
        self.authenticator, self.sessions, self.delays = (
            authenticator,
            Sessions(random, clock),
            Delays(clock),
        )

    def session(self, request: Request) -> Session | None:
        """The session of a request, if its cookie has one."""
        cookie = request.cookies.get(_cookie(request), "")
        return self.sessions.find(cookie) if cookie else None

    def require(self, role: str) -> Callable[[Request], Awaitable[None]]:
        """Dependency for a whole router, so that no route is forgotten: own origin, a session
        with that role, and, for a form, its token. The session is ``request.state.session``,
        the form ``request.state.form``.
        """

        async def required(request: Request) -> None:
            require_own_origin(request)
            session = self.session(request)
            if session is None:
                raise NotSignedIn
            if role not in session.who.roles:
                raise HTTPException(403)
            request.state.session = session
            if request.method not in METHODS:
                request.state.form = await _own_form(request, session)
            if (lang := request.query_params.get("lang", "")) in LANGUAGES:
                session.lang = lang

        return required


def login_router(guard: Guard) -> APIRouter:
    """``GET`` and ``POST /desk/login``, ``POST /desk/logout``."""
    router = APIRouter(route_class=OfficialRoute)

    @router.api_route(LOGIN, methods=METHODS)
    async def form(request: Request) -> Response:
        if guard.session(request):
            return RedirectResponse(HOME, 303)
        return _form(request, guard, "")

    @router.post(LOGIN)
    async def login(request: Request) -> Response:
        require_own_origin(request)
        address = request.client.host if request.client else ""
        if wait := guard.delays.wait(address):
            return _form(request, guard, "wait", 429, {"retry-after": str(int(wait) + 1)})
        who = guard.authenticator.check(await _form_of(request))
        if who is None:
            guard.delays.failed(address)
            return _form(request, guard, "wrong", 403)
        guard.delays.passed(address)
        guard.sessions.end(request.cookies.get(_cookie(request), ""))
        response = RedirectResponse(HOME, 303)
        _set_cookie(request, response, guard.sessions.open(who, _lang(request)))
        return response

    @router.post("/desk/logout")
    async def logout(request: Request) -> Response:
        require_own_origin(request)
        if session := guard.session(request):
            await _own_form(request, session)
        guard.sessions.end(request.cookies.get(_cookie(request), ""))
        response = RedirectResponse(LOGIN, 303)
        _set_cookie(request, response, "")
        return response

    return router


async def _own_form(request: Request, session: Session) -> Form:
    """The form of a page that this session was shown; 403 for any other."""
    form = await _form_of(request)
    if not hmac.compare_digest(form.pop("csrf", "").encode(), session.csrf.encode()):
        raise HTTPException(403)
    return form


async def _form_of(request: Request) -> Form:
    """The form of a request; what is none came from no page of ours."""
    try:
        return await read_form(request)
    except Invalid as error:
        raise HTTPException(413 if error.code == "body.too_large" else 403) from None


def _form(
    request: Request,
    guard: Guard,
    trouble: str,
    status: int = 200,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    words = Words(_lang(request))
    response = page(
        "desk_login.html",
        words,
        LOGIN,
        status,
        fields=guard.authenticator.fields,
        trouble=trouble,
        retry=headers.get("retry-after", ""),
    )
    response.headers.update(headers)
    return response


def _lang(request: Request) -> str:
    lang = request.query_params.get("lang", "")
    return lang if lang in LANGUAGES else LANGUAGES[0]


def _cookie(request: Request) -> str:
    """A cookie that only this host can set, wherever it is served with HTTPS (RFC 6265bis)."""
    return "__Host-desk" if request.url.scheme == "https" else "desk"


def _set_cookie(request: Request, response: Response, value: str) -> None:
    """Set the cookie, or, for an empty value, have it forgotten."""
    response.set_cookie(
        _cookie(request),
        value,
        max_age=None if value else 0,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
