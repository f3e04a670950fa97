"""The officials' API: the agenda, drafts and their signatures, one's own account.

A login lets an official look and propose. What has effect is a signature, and who may sign is
said by the signature itself: ``POST …/signatures`` asks for no login (docs/service.md).
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from ballot.accounts import ROLES, Accounts
from ballot.crypto.encoding import loads
from ballot.crypto.errors import Invalid
from ballot.crypto.shapes import fields, hexadecimal, identifier, optional, refuse, text
from ballot.signing_room import Item, Proposal
from ballot.tally.drafts import GIVEN
from ballot.tally.events import Signature
from ballot.tally.session import ROLES as SIGNING_ROLES
from ballot.tally.session import Definition, Officer
from ballot.waiting import Wanted, gates, role_to_propose
from ballot.web.bodies import json_response, read_body
from ballot.web.guard import Guard, OfficialJson
from ballot.web.office_context import Office
from ballot.web.results import METHODS
from ballot.web.sessions import Session, Who

MAX_DRAFT = 8 * 1024 * 1024  # trustees' documents and partial decryptions are that large
SMALL = 4096

Reader = Callable[[Any, str], Any]


def me_api(accounts: Accounts, guard: Guard, definition: Definition | None = None) -> APIRouter:
    """``/api/me``: one's own account and signing key, also while a definition is prepared."""
    router = APIRouter(route_class=OfficialJson, prefix="/api")
    everyone = [Depends(guard.require_json(*ROLES))]
    fresh = [Depends(guard.require_json(*ROLES, fresh=True))]

    @router.api_route("/me", methods=METHODS, dependencies=everyone)
    async def me(request: Request) -> Response:
        session = _session(request)
        account = await run_in_threadpool(accounts.account, session.who.id)
        return json_response(
            {
                "confirmed": guard.sessions.is_fresh(session),
                "id": session.who.id,
                "name": session.who.name,
                "public_key": account.public_key if account else None,
                "roles": sorted(roles_of(session.who, definition)),
                "token": session.csrf,
            }
        )

    @router.post("/me/confirm", dependencies=everyone)
    async def confirm(request: Request) -> Response:
        value = await _read(request, SMALL, password=text)
        if wait := await guard.confirm(request, _session(request), value["password"]):
            raise Invalid("office.password", f"wait {int(wait) + 1} s")
        return Response(status_code=204)

    @router.post("/me/key", dependencies=fresh)
    async def register_key(request: Request) -> Response:
        value = await _read(request, SMALL, public=hexadecimal, signature=_signature)
        who, public, signature = _session(request).who, value["public"], value["signature"]
        officers = definition.officers if definition else ()
        named = next((one.public_key for one in officers if one.id == who.id), None)
        await run_in_threadpool(accounts.register_key, who.id, public, signature, named)
        return Response(status_code=204)

    return router


def office_api(office: Office) -> APIRouter:
    """``/api/agenda`` and ``/api/drafts``, and ``/api/me`` of the session's officials."""
    router = APIRouter(route_class=OfficialJson)
    router.include_router(me_api(office.accounts, office.guard, office.definition))
    _drafting(router, office)
    return router


def _drafting(router: APIRouter, office: Office) -> None:
    room, guard, definition = office.room, office.guard, office.definition
    everyone = [Depends(guard.require_json(*ROLES))]
    proposers = [Depends(guard.require_json(*SIGNING_ROLES, fresh=True))]

    @router.api_route("/api/agenda", methods=METHODS, dependencies=everyone)
    async def agenda(request: Request) -> Response:
        items = await run_in_threadpool(room.agenda)
        slot, found = gates(room.board.state)
        opening = [{"done": done, "key": f"office.gate.{name}"} for name, done in found.items()]
        steps = [_step(item, _session(request).who, definition) for item in items]
        return json_response({"gates": opening, "slot": slot, "steps": steps})

    @router.api_route("/api/drafts", methods=METHODS, dependencies=everyone)
    async def drafts(request: Request) -> Response:
        who = _session(request).who
        found = await run_in_threadpool(room.proposals)
        waiting = [_shown(one, who) for one in found if one.state != "published"]
        return json_response({"drafts": waiting})

    @router.api_route("/api/drafts/{digest}", methods=METHODS, dependencies=everyone)
    async def draft(request: Request, digest: str) -> Response:
        one = await run_in_threadpool(room.proposal, digest)
        return json_response(_shown(one, _session(request).who) | {"body": one.event.body})

    @router.post("/api/drafts", dependencies=proposers)
    async def propose(request: Request) -> Response:
        value = await _read(request, MAX_DRAFT, given=_object, kind=text, slot=_slot)
        who, kind, slot, given = _session(request).who, value["kind"], value["slot"], value["given"]
        role = role_to_propose(definition, who.id, who.roles, kind)
        by = (who.id, role)
        one = await run_in_threadpool(room.propose, kind, slot, given, office.minute(), by)
        office.changed()
        return json_response(_shown(one, who) | {"body": one.event.body}, 201)

    @router.post("/api/drafts/{digest}/signatures")
    async def sign(request: Request, digest: str) -> Response:
        value = await _read(request, SMALL, role=text, signature=_signature, signer=identifier)
        one = await run_in_threadpool(room.sign, digest, Signature(**value))
        office.changed()
        more = [{"more": wanted.more, "role": wanted.role} for wanted in one.wanted]
        return json_response({"missing": more, "state": one.state})

    @router.post("/api/drafts/{digest}/withdraw", dependencies=proposers)
    async def withdraw(request: Request, digest: str) -> Response:
        await _read(request, SMALL)
        who = _session(request).who
        roles = roles_of(who, definition)
        await run_in_threadpool(room.withdraw, digest, who.id, roles)
        return Response(status_code=204)


def roles_of(who: Who, definition: Definition | None) -> frozenset[str]:
    """What an official may sign as: a trustee is one by the definition."""
    is_trustee = definition is not None and who.id in definition.trustees
    return who.roles | ({"trustee"} if is_trustee else set())


async def _read(request: Request, limit: int, **readers: Reader) -> dict[str, Any]:
    """The members of a body, each read by its reader; raises ``body.…``, ``draft.malformed``."""
    data = await read_body(request, limit)
    try:
        value = fields(loads(data), " ".join(readers), "body")
        return {name: reader(value[name], name) for name, reader in readers.items()}
    except Invalid as error:
        raise Invalid("draft.malformed", error.detail) from None


def _signature(value: Any, where: str) -> str:
    return hexadecimal(value, where, 64)


def _slot(value: Any, where: str) -> str | None:
    return optional(value, identifier, where)


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refuse(where, "not an object")
    return value


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


def _shown(one: Proposal, who: Who) -> dict[str, Any]:
    event = one.event
    return {
        "code": one.code,
        "digest": one.digest,
        "kind": event.kind,
        "mine": [w.role for w in one.wanted if any(officer.id == who.id for officer in w.may)],
        "minute": event.minute,
        "proposer": one.proposer,
        "role": one.role,
        "session": event.session,
        "signatures": [_wanted(wanted) for wanted in one.wanted],
        "slot": event.slot,
        "state": one.state,
    }


def _step(item: Item, who: Who, definition: Definition) -> dict[str, Any]:
    step = item.step
    try:
        role_to_propose(definition, who.id, who.roles, step.kind)
    except Invalid:
        mine = False
    else:
        mine = True
    return {
        "draft": item.draft,
        "given": list(GIVEN.get(step.kind, ())),
        "key": f"office.step.{step.kind}",
        "kind": step.kind,
        "may_propose": mine,
        "signatures": [_wanted(wanted) for wanted in item.wanted],
        "slot": step.slot,
        "weight": step.weight,
    }


def _wanted(wanted: Wanted) -> dict[str, Any]:
    return {
        "may": [_person(officer) for officer in wanted.may],
        "more": wanted.more,
        "needed": wanted.needed,
        "role": wanted.role,
        "signed": [_person(officer) for officer in wanted.signed],
    }


def _person(officer: Officer) -> dict[str, str]:
    return {"id": officer.id, "name": officer.name}
