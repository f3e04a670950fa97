"""The preparation's overview, the session's data, who signs, and the keys of other machines.

Everybody who signs may read; the clerk edits. An edit has no effect on a record, so it does not
ask for the password again; freezing does.
"""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from ballot.crypto import shapes
from ballot.crypto.encoding import parse_json
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS
from ballot.crypto.signing import check_public_key
from ballot.crypto.slotkey import PublicKey
from ballot.preparing.missing import missing
from ballot.preparing.parts import About, Committee, Preparation
from ballot.tally.session import ROLES, TOKEN_KINDS
from ballot.web.guard import OfficialRoute
from ballot.web.office_shell import words_of
from ballot.web.prepare_context import HERE, Preparing, lines, margin_view, typed_in
from ballot.web.prepare_forms import number_of, read_long, read_upload, text_of
from ballot.web.results import METHODS

TEXTS = {"congress": 100, "assembly": 200, "government": 100, "title": 200, "note": 500}


def pages_router(context: Preparing) -> APIRouter:
    """``/office/prepare``, ``…/about``, ``…/people``, ``…/keys``."""
    router = APIRouter(route_class=OfficialRoute, prefix=HERE)
    require = context.door.guard.require
    everyone = [Depends(require(*ROLES, "observer"))]
    clerk = [Depends(require("clerk", read=read_long))]
    uploads = [Depends(require("clerk", read=read_upload))]

    @router.api_route("", methods=METHODS, dependencies=everyone)
    def overview(request: Request) -> Response:
        words, (prepared, _) = words_of(request), context.read()
        place = context.home.place
        both = {
            name: lines(words, missing(prepared, name == "practice", place))
            for name in ("practice", "real")
        }
        return context.page(
            request,
            "prepare_overview.html",
            found=both,
            margins={vote.id: margin_view(words, vote) for vote in prepared.votes},
            versions=context.store.versions(),
            job=context.desk.job,
            failed=context.desk.trouble,
        )

    def about_page(
        request: Request, shown: About | None = None, trouble: Invalid | None = None
    ) -> Response:
        about = shown or context.read()[0].about
        return context.page(
            request,
            "prepare_about.html",
            trouble,
            typed=typed_in(request, trouble),
            about=about,
            texts=TEXTS,
            groups=sorted(GROUPS),
            kinds=TOKEN_KINDS,
        )

    @router.api_route("/about", methods=METHODS, dependencies=everyone)
    def about(request: Request) -> Response:
        return about_page(request)

    @router.post("/about", dependencies=clerk)
    async def keep_about(request: Request) -> Response:
        form, shown = request.state.form, None
        try:
            shown = _about(form)
            await run_in_threadpool(
                context.change, "about", form.get("seen", ""), lambda p: replace(p, about=shown)
            )
        except Invalid as error:
            return await run_in_threadpool(about_page, request, shown, error)
        return RedirectResponse(HERE, 303)

    def people_page(request: Request, trouble: Invalid | None = None) -> Response:
        return context.page(
            request, "prepare_people.html", trouble, typed=typed_in(request, trouble), roles=ROLES
        )

    @router.api_route("/people", methods=METHODS, dependencies=everyone)
    def people(request: Request) -> Response:
        return people_page(request)

    @router.post("/people", dependencies=clerk)
    async def keep_people(request: Request) -> Response:
        form = request.state.form
        try:
            committee = Committee(
                number_of(form, "quorum", 0, 500),
                tuple(sorted(n.removeprefix("trustee-") for n in form if n.startswith("trustee-"))),
                number_of(form, "threshold", 0, 30),
            )
            await run_in_threadpool(
                context.change,
                "committee",
                form.get("seen", ""),
                lambda p: replace(p, committee=committee),
            )
        except Invalid as error:
            return await run_in_threadpool(people_page, request, error)
        return RedirectResponse(f"{HERE}/people", 303)

    def keys_page(request: Request, trouble: Invalid | None = None) -> Response:
        return context.page(request, "prepare_keys.html", trouble, place=context.home.place)

    @router.api_route("/keys", methods=METHODS, dependencies=everyone)
    def keys(request: Request) -> Response:
        return keys_page(request)

    @router.post("/keys", dependencies=uploads)
    async def keep_keys(request: Request) -> Response:
        form, upload = request.state.form, request.state.upload
        try:
            if upload is None:
                raise Invalid("prepare.form", "file")
            name, value = _public_keys(upload.content)
            await run_in_threadpool(
                context.change, name, form.get(f"seen-{name}", ""), lambda p: _with(p, name, value)
            )
        except Invalid as error:
            return await run_in_threadpool(keys_page, request, error)
        return RedirectResponse(f"{HERE}/keys", 303)

    return router


def _about(form: dict[str, str]) -> About:
    group = form.get("group", "Ed25519")
    if group not in GROUPS:
        raise Invalid("prepare.form", "group")
    token_kind = form.get("token_kind", "blind")
    if token_kind not in TOKEN_KINDS:
        raise Invalid("prepare.form", "token_kind")
    date = text_of(form, "date", 10)
    if date:
        try:
            shapes.date(date, "date")
        except Invalid:
            raise Invalid("prepare.form", "date") from None
    return About(
        **{name: text_of(form, name, high) for name, high in TEXTS.items()},
        year=number_of(form, "year", 0, 2200),
        date=date,
        group=group,
        min_ballots=number_of(form, "min_ballots", 1, 1000),
        min_paper=number_of(form, "min_paper", 1, 1000),
        token_kind=token_kind,
        second_signer=form.get("second_signer") == "yes",
    )


def _public_keys(data: bytes) -> tuple[str, Any]:
    """The part and its value in what ``ballot prepare signer`` or ``box`` printed."""
    try:
        value = parse_json(data)
        if isinstance(value, dict) and set(value) == {"box_key"}:
            key = shapes.hexadecimal(value["box_key"], "box_key")
            check_public_key(key)
            return "box", key
        shapes.fields(value, "keys signer", "file")
        found = {
            shapes.identifier(slot, "slot"): PublicKey.decode(text).encode()
            for slot, text in dict(value["keys"]).items()
        }
    except (Invalid, TypeError, ValueError):
        raise Invalid("prepare.keys", "not what `ballot prepare` prints") from None
    return "signer", found


def _with(prepared: Preparation, name: str, value: Any) -> Preparation:
    return replace(prepared, **{name: value})
