"""The signing key, and the page that shows a draft and signs it: both work in the browser.

The server never sees a key. What it shows of a draft the page's script writes anew from the
document that it signs (static/office/sign_page.mjs).
"""

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.encoding import code_of_hex
from ballot.crypto.errors import Invalid
from ballot.tally.session import ROLES, Definition
from ballot.waiting import wanted
from ballot.web.guard import Guard, OfficialRoute
from ballot.web.office_context import Office
from ballot.web.office_shell import AT, office_page, session_of, texts_for, words_of
from ballot.web.readable import marks_of, readable
from ballot.web.results import METHODS
from ballot.web.steps import TRUSTEES, page_of

_REFUSALS = ("sign.", "trustee.refusal.key.", "office.more", "office.step.", "account.role.")
_VERIFIED = ("verify.V", "verify.status.", "outcome.label.", "grade.")


def key_pages(guard: Guard, definition: Definition | None = None) -> APIRouter:
    """``/office/key``; without a definition while one is being prepared."""
    router = APIRouter(route_class=OfficialRoute, prefix=AT)

    @router.api_route("/key", methods=METHODS, dependencies=[Depends(guard.require(*ROLES))])
    async def key(request: Request) -> Response:
        session = session_of(request)
        named = definition is not None and any(
            officer.id == session.who.id for officer in definition.officers
        )
        return office_page(
            request,
            definition,
            "office_key.html",
            named=named,
            fresh=guard.sessions.is_fresh(session),
            texts=texts_for(session.lang, (*_REFUSALS, "key.")),
        )

    return router


def signing_pages(office: Office) -> APIRouter:
    """``/office/sign/DIGEST``."""
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    signers = [Depends(office.guard.require(*ROLES))]

    @router.api_route("/sign/{digest}", methods=METHODS, dependencies=signers)
    async def sign(request: Request, digest: str) -> Response:
        try:
            one = await run_in_threadpool(office.room.proposal, digest)
        except Invalid:
            raise HTTPException(404) from None
        state, event, words = office.state, one.event, words_of(request)
        return office_page(
            request,
            office.definition,
            "office_sign.html",
            one=one,
            groups=readable(state, event, words),
            missing=one.wanted if one.state == "open" else wanted(state.definition, event.kind, ()),
            own_page=page_of(event.kind, event.slot) if event.kind in TRUSTEES else "",
            session_code=code_of_hex(state.session),
            marks=marks_of(state.vote(event.slot), words) if event.slot else (),
            texts=texts_for(words.lang, (*_REFUSALS, *_VERIFIED)),
        )

    return router
