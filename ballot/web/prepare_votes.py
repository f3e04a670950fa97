"""The votes of a session: title, places, approval trail, waiver, rules, and the ballot to see."""

import re
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.preparing.parts import Preparation, Voting
from ballot.preparing.presets import PRESETS, offered, preset
from ballot.tally.margin import MarginRange
from ballot.tally.rules import Rules
from ballot.tally.session import CHANNELS, KINDS, MAX_SLOTS, ROLES
from ballot.web.guard import OfficialRoute
from ballot.web.office_shell import words_of
from ballot.web.prepare_context import HERE, Preparing, margin_view, typed_in
from ballot.web.prepare_forms import approval_of, number_of, read_long, text_of
from ballot.web.results import METHODS

STYLES = [(kind, style) for kind, styles in KINDS.items() for style in styles]
_MOST_STEPS = 6
_METHODS = {("tablet", "paper"): "tablet_paper", ("paper",): "paper", ("tablet",): "tablet"}


def votes_router(context: Preparing) -> APIRouter:
    """``/office/prepare/votes…``."""
    router = APIRouter(route_class=OfficialRoute, prefix=f"{HERE}/votes")
    require = context.door.guard.require
    everyone = [Depends(require(*ROLES, "observer"))]
    clerk = [Depends(require("clerk", read=read_long))]

    def list_page(request: Request, trouble: Invalid | None = None) -> Response:
        words, (prepared, _) = words_of(request), context.read()
        margins = {vote.id: margin_view(words, vote) for vote in prepared.votes}
        return context.page(
            request, "prepare_votes.html", trouble, margins=margins, styles=STYLES, presets=PRESETS
        )

    def vote_page(request: Request, vote: Voting, trouble: Invalid | None = None) -> Response:
        return context.page(
            request,
            "prepare_vote.html",
            trouble,
            typed=typed_in(request, trouble),
            vote=vote,
            margin=margin_view(words_of(request), vote),
            steps=[*vote.approvals, *[None] * max(1, 3 - len(vote.approvals))][:_MOST_STEPS],
            files=context.store.attachments(vote.id),
            max_slots=MAX_SLOTS,
        )

    @router.api_route("", methods=METHODS, dependencies=everyone)
    def listed(request: Request) -> Response:
        return list_page(request)

    @router.post("", dependencies=clerk)
    async def add(request: Request) -> Response:
        form = request.state.form
        try:
            prepared, _ = await run_in_threadpool(context.read)
            vote = _new(form, prepared)
            await run_in_threadpool(
                context.change, "votes", form.get("seen", ""), lambda p: p.with_vote(vote)
            )
        except Invalid as error:
            return await run_in_threadpool(list_page, request, error)
        return RedirectResponse(f"{HERE}/votes/{vote.id}", 303)

    @router.api_route("/{vote_id}", methods=METHODS, dependencies=everyone)
    def one(request: Request, vote_id: str) -> Response:
        return vote_page(request, vote_of(context, vote_id))

    @router.post("/{vote_id}", dependencies=clerk)
    async def keep(request: Request, vote_id: str) -> Response:
        form = request.state.form
        vote = shown = await run_in_threadpool(vote_of, context, vote_id)
        try:
            shown = _changed(vote, form)
            await run_in_threadpool(
                context.change,
                "votes",
                form.get("seen", ""),
                lambda p: p.with_vote(_changed(p.vote(vote_id), form)),
            )
        except Invalid as error:
            return await run_in_threadpool(vote_page, request, shown, error)
        return RedirectResponse(f"{HERE}/votes/{vote_id}", 303)

    @router.post("/{vote_id}/remove", dependencies=clerk)
    async def remove(request: Request, vote_id: str) -> Response:
        def without(prepared: Preparation) -> Preparation:
            votes = tuple(vote for vote in prepared.votes if vote.id != vote_id)
            return replace(prepared, votes=votes)

        try:
            seen = request.state.form.get("seen", "")
            await run_in_threadpool(context.change, "votes", seen, without)
            await run_in_threadpool(context.store.detach, vote_id)
        except Invalid as error:
            return await run_in_threadpool(list_page, request, error)
        return RedirectResponse(f"{HERE}/votes", 303)

    def rules_page(request: Request, vote: Voting, trouble: Invalid | None = None) -> Response:
        choices = offered(vote.style)
        return context.page(
            request,
            "prepare_rules.html",
            trouble,
            typed=typed_in(request, trouble),
            vote=vote,
            asked={key: values for key, values in choices.items() if len(values) > 1},
            fixed={key: values[0] for key, values in choices.items() if len(values) == 1},
            presets=PRESETS,
        )

    @router.api_route("/{vote_id}/rules", methods=METHODS, dependencies=everyone)
    def rules(request: Request, vote_id: str) -> Response:
        return rules_page(request, vote_of(context, vote_id))

    @router.post("/{vote_id}/rules", dependencies=clerk)
    async def keep_rules(request: Request, vote_id: str) -> Response:
        form = request.state.form
        shown = await run_in_threadpool(vote_of, context, vote_id)
        try:
            prepared, _ = await run_in_threadpool(context.read)
            shown = _ruled(shown, form, prepared.about.year)
            await run_in_threadpool(
                context.change,
                "votes",
                form.get("seen", ""),
                lambda p: p.with_vote(_ruled(p.vote(vote_id), form, p.about.year)),
            )
        except Invalid as error:
            return await run_in_threadpool(rules_page, request, shown, error)
        return RedirectResponse(f"{HERE}/votes/{vote_id}/rules", 303)

    @router.api_route("/{vote_id}/ballot", methods=METHODS, dependencies=everyone)
    def ballot(request: Request, vote_id: str) -> Response:
        vote = vote_of(context, vote_id)
        rules = Rules.decode(dict(vote.rules), grades=vote.style == "grades")
        cap = vote.seats if rules.cap == "seats" else len(vote.items)
        return context.page(request, "prepare_ballot.html", vote=vote, cap=cap)

    return router


def vote_of(context: Preparing, vote_id: str) -> Voting:
    """The vote of a path; 404 for another one."""
    try:
        return context.read()[0].vote(vote_id)
    except Invalid:
        raise HTTPException(404) from None


def _new(form: dict[str, str], prepared: Preparation) -> Voting:
    kind, _, style = form.get("style", "").partition("-")
    if (kind, style) not in STYLES:
        raise Invalid("prepare.form", "style")
    title = text_of(form, "title", 200, 1)
    taken, base = {vote.id for vote in prepared.votes}, {"selection": "projects"}.get(kind, kind)
    free = (base if n == 1 else f"{base}-{n}" for n in range(1, 60))
    vote_id = next(name for name in free if name not in taken)
    chosen = form.get("preset", "national")
    if chosen not in PRESETS:
        raise Invalid("prepare.form", "preset")
    rules = preset(chosen, kind, style, prepared.about.year)
    slots = 4 if kind == "selection" else 2
    return Voting(vote_id, title, kind, style, 0, slots, CHANNELS, rules)


def _changed(vote: Voting, form: dict[str, str]) -> Voting:
    channels = tuple(c for c in CHANNELS if form.get(f"channel-{c}") == "yes")
    if not channels:
        raise Invalid("prepare.form", "channels")
    steps = [approval_of(form, f"step{n}-") for n in range(_MOST_STEPS)]
    selecting = vote.kind == "selection"
    return replace(
        vote,
        title=text_of(form, "title", 200, 1),
        seats=number_of(form, "seats", 0, 400) if selecting else 0,
        slots=number_of(form, "slots", 1, MAX_SLOTS),
        channels=channels,
        rules={**vote.rules, "method": _METHODS[channels]},
        approvals=tuple(step for step in steps if step is not None),
        waiver=approval_of(form, "waiver-") if selecting else None,
    )


def _ruled(vote: Voting, form: dict[str, str], year: int) -> Voting:
    """The vote with the rules of a form, or with those of a preset."""
    name = form.get("preset", "")
    if name:
        if name not in PRESETS:
            raise Invalid("prepare.form", "preset")
        found = preset(name, vote.kind, vote.style, year)
        kept = {key: vote.rules[key] for key in ("method", "rule_set_id", "title")}
        return replace(vote, rules={**found, **kept})
    rules: dict[str, Any] = dict(vote.rules)
    for key, values in offered(vote.style).items():
        if len(values) > 1:
            rules[key] = form.get(key, "")
            if rules[key] not in values:
                raise Invalid("prepare.form", key)
    high = re.sub(r"\s", "", form.get("high", ""))
    low = re.sub(r"\s", "", form.get("low", ""))
    try:
        rules["margin_range"] = MarginRange.parse(low, high or None, "margin_range").encode()
    except Invalid:
        raise Invalid("prepare.form", "margin_range") from None
    bodies = re.split(r"[、,，;；\s]+", text_of(form, "recount_on_request_of", 200, 1))
    rules["objection"] = {
        "recount_on_request_of": [body for body in bodies if body],
        "written_to": text_of(form, "written_to", 40, 1),
        "window_working_days": number_of(form, "window_working_days", 1, 60),
    }
    if vote.style == "grades":
        rules["weights"] = [number_of(form, f"weight{n}", 0, 10_000) for n in range(3)]
    rules["rule_set_id"] = text_of(form, "rule_set_id", 64, 1)
    rules["title"] = text_of(form, "rules_title", 200, 1)
    try:
        Rules.decode(rules, grades=vote.style == "grades")
    except Invalid as error:
        raise Invalid("prepare.form", error.detail.partition(":")[0]) from None
    return replace(vote, rules=rules)
