"""The forms from which officials propose each step, and the problems desk.

A form ends in a draft, which leads to its signing page; nothing here signs. A password that is
due again is asked for in the form itself, so that nothing typed is lost.
"""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.locale import message
from ballot.signing_room import Proposal
from ballot.tally.drafts import GIVEN, body_of
from ballot.tally.events import draft
from ballot.tally.session import ROLES
from ballot.waiting import role_to_propose
from ballot.web.acts import HALTS, LONGEST, PLAIN, fields_of, given_by, typed
from ballot.web.forms import Form
from ballot.web.guard import OfficialRoute
from ballot.web.office_context import Office
from ballot.web.office_shell import AT, office_page, session_of, texts_for, words_of
from ballot.web.problems import status_of, title_of
from ballot.web.readable import readable, slot_title
from ballot.web.results import METHODS
from ballot.web.steps import may_propose

INCIDENTS = ("reissue", "broken", "late", "other")
"""What the problems desk writes down, as the text of an objection (protocol §8)."""
TROUBLES = frozenset({"objection", "override", "voided", "adjourned"})
_FIELDS = 500  # a list may have 480 items
_TEXTS = ("sign.", "trustee.refusal.key.", "act.halting", "act.slips.", "slips.refusal.")


def acting_pages(office: Office) -> APIRouter:
    """``/office/act/KIND?slot=`` and ``/office/problems``."""
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    _forms(router, office)
    _problems(router, office)
    return router


def _forms(router: APIRouter, office: Office) -> None:
    guard = office.guard
    signers = [Depends(guard.require(*ROLES, fields=_FIELDS))]

    def show(
        request: Request, kind: str, slot: str | None, trouble: str = "", form: Form | None = None
    ) -> Response:
        session, state, words = session_of(request), office.state, words_of(request)
        definition = state.definition
        try:
            fields, refused = fields_of(state, kind, slot), ""
        except Invalid as error:
            fields, refused = (), error.code
        order, role = HALTS.get(kind, ("", ""))
        if kind == "round_closed" and not _has_box(office, slot):
            order = ""
        may = not refused and may_propose(definition, session.who, kind)
        if order:
            may = may and role in session.who.roles
        code = trouble or refused
        return office_page(
            request,
            definition,
            "office_act.html",
            status_of(code) if code else 200,
            kind=kind,
            slot=slot,
            title=slot_title(definition, slot) if slot else "",
            fields=typed(fields, form) if form else fields,
            longest=LONGEST,
            groups=() if fields or refused or order else _preview(office, kind, slot, words),
            order=order,
            role=role,
            slips=state.check_in
            if kind == "check_in_closed" and definition.token_kind == "drawn"
            else (),
            deputies=definition.deputies,
            about=slot or next(iter(state.check_in), ""),
            session_digest=state.session,
            may=may,
            who=definition.holders(role) if order else (),
            fresh=guard.sessions.is_fresh(session),
            trouble=title_of(session.lang, code) if code else "",
            problem=code,
            notes=texts_for(session.lang, (f"act.note.{kind}.", f"act.option.{kind}.")),
            texts=texts_for(session.lang, _TEXTS),
        )

    @router.api_route("/act/{kind}", methods=METHODS, dependencies=signers)
    async def ask(request: Request, kind: str, slot: str = "") -> Response:
        _known(office, kind, slot)
        return await run_in_threadpool(show, request, kind, slot or None)

    @router.post("/act/{kind}", dependencies=signers)
    async def act(request: Request, kind: str, slot: str = "") -> Response:
        _known(office, kind, slot)
        form: Form = request.state.form
        if trouble := await confirmed(office, request, form):
            return await run_in_threadpool(show, request, kind, slot or None, trouble, form)
        try:
            given = given_by(office.state, kind, slot or None, form)
            return await propose(office, request, kind, slot or None, given)
        except Invalid as error:
            return await run_in_threadpool(show, request, kind, slot or None, error.code, form)


def _problems(router: APIRouter, office: Office) -> None:
    """Incidents are events that name who acted and why, never a deputy and never a ballot."""
    desk = [Depends(office.guard.require("clerk", "presiding_officer"))]

    def show(
        request: Request, trouble: str = "", kind: str = "", form: Form | None = None
    ) -> Response:
        session, words = session_of(request), words_of(request)
        events = [one for one in office.room.board.events if one.kind in TROUBLES]
        return office_page(
            request,
            office.definition,
            "office_problems.html",
            status_of(trouble) if trouble else 200,
            incidents=INCIDENTS,
            open=office.state.check_in,
            events=[(one, readable(office.state, one, words)) for one in reversed(events)],
            may=may_propose(office.definition, session.who, "objection"),
            fresh=office.guard.sessions.is_fresh(session),
            trouble=title_of(session.lang, trouble) if trouble else "",
            kind=kind,
            form=form or {},
        )

    @router.api_route("/problems", methods=METHODS, dependencies=desk)
    async def ask(request: Request) -> Response:
        return await run_in_threadpool(show, request)

    @router.post("/problems/{kind}", dependencies=desk)
    async def record(request: Request, kind: str) -> Response:
        if kind not in INCIDENTS:
            raise HTTPException(404)
        form: Form = request.state.form
        if trouble := await confirmed(office, request, form):
            return await run_in_threadpool(show, request, trouble, kind, form)
        why = " ".join(form.get("why", "").split())
        try:
            if not 0 < len(why) <= LONGEST - 100:
                raise Invalid("draft.given", "why")
            # The record is in the language of the congress.
            by = session_of(request).who.name
            text = message("zh", f"act.incident.{kind}.text", why=why, by=by)
            return await propose(office, request, "objection", None, {"text": text})
        except Invalid as error:
            return await run_in_threadpool(show, request, error.code, kind, form)


async def confirmed(office: Office, request: Request, form: Form) -> str:
    """Empty when the password was typed in the last five minutes, also in this form; else the
    code of what is wrong.
    """
    session = session_of(request)
    if office.guard.sessions.is_fresh(session):
        return ""
    if "password" not in form:
        return "office.confirm"
    wait = await office.guard.confirm(request, session, form["password"])
    return "office.password" if wait else ""


async def propose(
    office: Office, request: Request, kind: str, slot: str | None, given: dict[str, Any]
) -> Response:
    """The draft on the table, and on to its signing page. Raises what the room refuses."""
    who = session_of(request).who
    role = role_to_propose(office.definition, who.id, who.roles, kind)
    by = (who.id, role)
    one: Proposal = await run_in_threadpool(
        office.room.propose, kind, slot, given, office.minute(), by
    )
    office.changed()
    return RedirectResponse(f"{AT}/sign/{one.digest}", 303)


def _known(office: Office, kind: str, slot: str) -> None:
    """404 for a kind without a form, and for no slot of this session."""
    slots = {one.id for vote in office.definition.votes for one in vote.slots}
    if kind not in PLAIN or (slot and slot not in slots):
        raise HTTPException(404)


def _has_box(office: Office, slot: str | None) -> bool:
    one = office.state.rounds.get(slot or "")
    return one is not None and one.tablets


def _preview(office: Office, kind: str, slot: str | None, words: Any) -> Any:
    """What follows from the events alone, before it is proposed."""
    if kind in GIVEN:
        return ()
    try:
        body = body_of(office.state, kind, slot, {})
    except Invalid:
        return ()
    event = draft(kind, office.state.session, slot, office.minute(), body)
    return readable(office.state, event, words)
