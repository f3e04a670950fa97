"""The officials' pages in plain HTML: accept an invitation, the agenda, the accounts.

What signs anything happens elsewhere, with the official's own key; these pages tell what is next,
what is missing and who must still sign, and let the clerk invite people.
"""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from ballot.accounts import RESETTERS, ROLES, UNNAMED, Accounts
from ballot.crypto.errors import Invalid
from ballot.signing_room import SigningRoom
from ballot.waiting import gates
from ballot.web.forms import Form
from ballot.web.guard import Guard, OfficialRoute, address_of, form_of, lang_of
from ballot.web.leading import own_path
from ballot.web.office_context import Office
from ballot.web.office_shell import AT, plain_page, session_of
from ballot.web.origins import require_own_origin
from ballot.web.pages import page, qr_svg
from ballot.web.problems import status_of, title_of
from ballot.web.results import METHODS
from ballot.web.sessions import Who
from ballot.web.steps import href_for, tasks
from ballot.web.words import Words

ACCEPT = f"{AT}/accept"


def office_pages(office: Office) -> APIRouter:
    """``/office``, ``/office/accept``, ``/office/confirm``, ``/office/accounts``."""
    room, accounts, guard = office.room, office.accounts, office.guard
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    _accepting(router, accounts, guard)
    _agenda(router, room, guard)
    _accounts(router, room, accounts, guard)
    return router


def _accepting(router: APIRouter, accounts: Accounts, guard: Guard) -> None:
    """For whoever has an invitation, and nothing else yet."""

    async def form(request: Request, code: str, trouble: str = "") -> Response:
        offer, qr = None, ""
        try:
            offer = await run_in_threadpool(accounts.offer, code) if code else None
        except Invalid as error:
            guard.failed(address_of(request))
            trouble, code = error.code, ""
        if offer is not None:
            qr = qr_svg(offer.uri).decode()
        lang = lang_of(request)
        return page(
            "office_accept.html",
            Words(lang),
            ACCEPT,
            status_of(trouble) if trouble else 200,
            entered=code,
            asked=code if request.method in METHODS else "",
            offer=offer,
            unnamed=offer is not None and offer.account.name == UNNAMED,
            qr=qr,
            trouble=title_of(lang, trouble) if trouble else "",
        )

    @router.api_route("/accept", methods=METHODS)
    async def ask(request: Request, code: str = "") -> Response:
        trouble = "account.wait" if guard.wait(address_of(request), "") else ""
        return await form(request, "" if trouble else code[:40], trouble)

    @router.post("/accept")
    async def accept(request: Request) -> Response:
        require_own_origin(request)
        typed, address = await form_of(request), address_of(request)
        code = typed.get("code", "")[:40]
        if guard.wait(address, ""):
            return await form(request, "", "account.wait")
        if "password" not in typed:  # the first of two steps: the code alone
            return await form(request, code)
        password = typed["password"]
        if password != typed.get("again", ""):
            return await form(request, code, "password.differs")
        try:
            given = (code, password, typed.get("otp", ""), typed.get("name", ""))
            found = await run_in_threadpool(accounts.accept, *given)
        except Invalid as error:
            return await form(request, code, error.code)
        response = RedirectResponse(AT, 303)
        who = Who(found.name, frozenset(found.roles), found.id)
        guard.sign_in(request, response, who, lang_of(request))
        return response


def _agenda(router: APIRouter, room: SigningRoom, guard: Guard) -> None:
    """What is next, and the password once more."""
    everyone = [Depends(guard.require(*ROLES))]

    @router.api_route("", methods=METHODS, dependencies=everyone)
    async def agenda(request: Request) -> Response:
        session = session_of(request)
        items = await run_in_threadpool(room.agenda)
        slot, done = gates(room.board.state)
        drafts = {one.digest: one for one in await run_in_threadpool(room.proposals)}
        definition = room.board.definition
        return plain_page(
            request,
            definition,
            "office.html",
            items=items,
            titles={slot.id: vote.title for vote in definition.votes for slot in vote.slots},
            gates=done,
            slot=slot,
            tasks=tasks(items, list(drafts.values()), definition, session.who),
            hrefs=[href_for(item, definition, session.who) for item in items],
            waiting=[one for one in drafts.values() if one.state == "open"],
            overtaken=[one for one in drafts.values() if one.state == "overtaken"],
        )

    async def confirming(request: Request, then: str, wait: float = 0.0) -> Response:
        return plain_page(
            request,
            room.board.definition,
            "office_confirm.html",
            403 if wait else 200,
            trouble=title_of(session_of(request).lang, "office.password") if wait else "",
            then=then,
        )

    @router.api_route("/confirm", methods=METHODS, dependencies=everyone)
    async def ask(request: Request) -> Response:
        return await confirming(request, own_path(request.query_params.get("next", ""), AT))

    @router.post("/confirm", dependencies=everyone)
    async def confirm(request: Request) -> Response:
        form: Form = request.state.form
        then = own_path(form.get("next", ""), AT)
        if wait := await guard.confirm(request, session_of(request), form.get("password", "")):
            return await confirming(request, then, wait)
        return RedirectResponse(then or AT, 303)


def _accounts(router: APIRouter, room: SigningRoom, accounts: Accounts, guard: Guard) -> None:
    """Who has an account; the clerk invites, and two officials replace a lost password."""
    managers = [Depends(guard.require(*RESETTERS))]
    fresh = [Depends(guard.require(*RESETTERS, fresh=True))]
    clerk = [Depends(guard.require("clerk", fresh=True))]
    definition = room.board.definition

    async def show(request: Request, trouble: str = "", typed: Form | None = None) -> Response:
        session = session_of(request)
        return plain_page(
            request,
            definition,
            "office_accounts.html",
            status_of(trouble) if trouble else 200,
            rows=await run_in_threadpool(accounts.listed),
            roles=ROLES,
            typed=typed or {},
            trouble=title_of(session.lang, trouble) if trouble else "",
            fresh=guard.sessions.is_fresh(session),
            named={one.id: one.public_key for one in definition.officers},
        )

    async def hand_over(request: Request, account_id: str, code: str) -> Response:
        """The code stands in this answer alone: in no address, no cache and no database."""
        account = await run_in_threadpool(accounts.account, account_id)
        link = f"{request.url.scheme}://{request.headers['host']}{ACCEPT}?code={code}"
        return plain_page(
            request,
            definition,
            "office_code.html",
            account=account,
            granted=code,
            qr=qr_svg(link).decode(),
        )

    @router.api_route("/accounts", methods=METHODS, dependencies=managers)
    async def listed(request: Request) -> Response:
        return await show(request)

    @router.post("/accounts/invite", dependencies=clerk)
    async def invite(request: Request) -> Response:
        form: Form = request.state.form
        account_id = form.get("account", "").strip().lower()
        roles = [role for role in ROLES if form.get(f"role-{role}") == "yes"]
        name = form.get("name", "").strip()
        try:
            code = await run_in_threadpool(accounts.invite, account_id, name, roles)
        except Invalid as error:
            return await show(request, error.code, form)
        return await hand_over(request, account_id, code)

    @router.post("/accounts/{account_id}/reset", dependencies=fresh)
    async def reset(request: Request, account_id: str) -> Response:
        by = session_of(request).who.id
        try:
            code = await run_in_threadpool(accounts.reset, by, account_id)
        except Invalid as error:
            return await show(request, error.code)
        if code is None:
            return RedirectResponse(f"{AT}/accounts", 303)
        guard.sessions.end_all(account_id)
        return await hand_over(request, account_id, code)
