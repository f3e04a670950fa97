"""Who is signed in: sessions of officials in a browser, the forms and the JSON they send.

A login opens pages; it signs nothing. What has effect on the record is signed with an official's
own key (protocol §8), so that a stolen cookie can check in, and cannot close, count or certify.
Attacks C3, C5, C6, C7.
"""

import hmac
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random
from ballot.locale import LANGUAGES
from ballot.web.forms import FIELDS, Form, read_form
from ballot.web.leading import address_with_return
from ballot.web.origins import require_own_origin
from ballot.web.problems import problem
from ballot.web.results import METHODS
from ballot.web.sessions import Authenticator, Clock, Delays, Session, Sessions, Who

HOME = "/desk"
TOKEN = "x-csrf-token"
Reader = Callable[[Request], Awaitable[Form]]


class LedAway(Exception):
    """The page is for somebody who signed in, or typed the password a moment ago: ``to``."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


class OfficialRoute(APIRoute):
    """A route of the officials' pages: no cache keeps an answer, and who has to sign in, or to
    type the password again, is led there.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with that around it."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response: Response = await handle(request)
            except LedAway as away:
                response = RedirectResponse(away.to, 303)
            except HTTPException as error:  # its page is made outside
                error.headers = {**(error.headers or {}), "cache-control": "no-store"}
                raise
            response.headers["cache-control"] = "no-store"
            return response

        return answer


class OfficialJson(APIRoute):
    """A route of the officials' API: every refusal is a problem with its detail."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with that around it."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response: Response = await handle(request)
            except Invalid as error:
                response = problem(error, detail=True)
            response.headers["cache-control"] = "no-store"
            return response

        return answer


class Guard:
    """Who may open the officials' pages, and whether a form is one of ours. ``at``: the path of
    the login page's directory, and of the page after it.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        random: Random,
        clock: Clock = time.monotonic,
        at: str = HOME,
    ) -> None:
        self.authenticator, self.at = authenticator, at
        self.sessions, self._delays = Sessions(random, clock, at), Delays(clock)
        # An account is delayed too, but not where its owner signed in before: who types wrong
        # passwords for others must not keep them out.
        self._accounts, self._homes = Delays(clock), set[tuple[str, str]]()

    def session(self, request: Request) -> Session | None:
        """The session of a request, if its cookie has one."""
        cookie = request.cookies.get(cookie_of(request), "")
        return self.sessions.find(cookie) if cookie else None

    def require(
        self, *roles: str, fresh: bool = False, fields: int = FIELDS, read: Reader | None = None
    ) -> Callable[[Request], Awaitable[None]]:
        """Dependency of a router, so that no route is forgotten: own origin, a session with one of
        these roles, and, for a form, its token; ``fresh``: and the password a moment ago;
        ``fields``: how many a form may have; ``read`` reads another kind of form. The session is
        ``request.state.session``, the form ``request.state.form``.
        """

        async def required(request: Request) -> None:
            require_own_origin(request)
            session = self.session(request)
            if session is None:
                raise LedAway(self._leading(request, "login"))
            if session.who.roles.isdisjoint(roles):
                raise HTTPException(403)
            request.state.session = session
            if request.method not in METHODS:
                request.state.form = await own_form(request, session, fields, read)
            if fresh and not self.sessions.is_fresh(session):
                raise LedAway(self._leading(request, "confirm"))
            if (lang := request.query_params.get("lang", "")) in LANGUAGES:
                session.lang = lang

        return required

    def require_json(
        self, *roles: str, fresh: bool = False
    ) -> Callable[[Request], Awaitable[None]]:
        """The same for the API: the token is the header ``x-csrf-token``. Raises ``office.…``."""

        async def required(request: Request) -> None:
            require_own_origin(request)
            session = self.session(request)
            if session is None:
                raise Invalid("office.signed_out", "sign in first")
            if session.who.roles.isdisjoint(roles):
                raise Invalid("office.role", "not with these roles")
            if request.method not in METHODS and not _is(request.headers.get(TOKEN, ""), session):
                raise Invalid("office.token", f"the header {TOKEN} is missing or of another page")
            if fresh and not self.sessions.is_fresh(session):
                raise Invalid("office.confirm", "type the password again")
            request.state.session = session

        return required

    def _leading(self, request: Request, page: str) -> str:
        """The address of that page, which leads back. Not to the desk: its pages have deputies'
        numbers in their addresses, which are for nobody who is signed out (attack C6).
        """
        address = f"{self.at}/{page}"
        return address if self.at == HOME else address_with_return(request, address, self.at)

    async def confirm(self, request: Request, session: Session, password: str) -> float:
        """Whether it is the password of whoever signed in: 0, or else the seconds to wait."""
        who, address = session.who, address_of(request)
        if wait := self.wait(address, who.id):
            return wait
        if not await run_in_threadpool(self.authenticator.confirm, who, password):
            return max(1.0, self.failed(address, who.id))
        self.passed(address, who.id)
        self.sessions.confirm(session)
        return 0.0

    def wait(self, address: str, account: str) -> float:
        """Seconds until this address may try this account again."""
        known = not account or (account, address) in self._homes
        return max(self._delays.wait(address), 0.0 if known else self._accounts.wait(account))

    def failed(self, address: str, account: str = "") -> float:
        """One more failure; the seconds to wait after it."""
        self._delays.failed(address)
        if account:
            self._accounts.failed(account)
        return self.wait(address, account)

    def passed(self, address: str, account: str = "") -> None:
        """The right one: what went before is forgotten."""
        self._delays.passed(address)
        if account:
            self._accounts.passed(account)
            self._homes.add((account, address))

    def sign_in(self, request: Request, response: Response, who: Who, lang: str) -> None:
        """A new session for that browser; the one it had ends."""
        self.passed(address_of(request), who.id)
        self.sessions.end(request.cookies.get(cookie_of(request), ""))
        set_cookie(request, response, self.sessions.open(who, lang))


async def own_form(
    request: Request, session: Session, fields: int = FIELDS, read: Reader | None = None
) -> Form:
    """The form of a page that this session was shown; 403 for any other."""
    form = await (read(request) if read else form_of(request, fields))
    if not _is(form.pop("csrf", ""), session):
        raise HTTPException(403)
    return form


def _is(token: str, session: Session) -> bool:
    return hmac.compare_digest(token.encode(), session.csrf.encode())


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


async def form_of(request: Request, fields: int = FIELDS) -> Form:
    """The form of a request; what is none came from no page of ours."""
    try:
        return await read_form(request, fields)
    except Invalid as error:
        raise HTTPException(413 if error.code == "body.too_large" else 403) from None


def lang_of(request: Request) -> str:
    """The language that an address asks for."""
    lang = request.query_params.get("lang", "")
    return lang if lang in LANGUAGES else LANGUAGES[0]


def cookie_of(request: Request) -> str:
    """A cookie that only this host can set, wherever it is served with HTTPS (RFC 6265bis)."""
    return "__Host-desk" if request.url.scheme == "https" else "desk"


def set_cookie(request: Request, response: Response, value: str) -> None:
    """Set the cookie, or, for an empty value, have it forgotten."""
    response.set_cookie(
        cookie_of(request),
        value,
        max_age=None if value else 0,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
