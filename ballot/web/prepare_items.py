"""Projects and deputies by hand: one at a time, beside the lists that are imported."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.preparing.parts import Listed, Preparation, Voting
from ballot.tally.session import ROLES, Item
from ballot.web.guard import OfficialRoute
from ballot.web.prepare_context import HERE, Preparing, typed_in
from ballot.web.prepare_forms import ITEM_TEXTS, item_of, read_long, text_of
from ballot.web.prepare_votes import vote_of
from ballot.web.results import METHODS

T = TypeVar("T")
_NEW = Item("", "", "", "", "", None, "", "", "", "")


def items_router(context: Preparing) -> APIRouter:
    """``/office/prepare/votes/VOTE/items…`` and ``/office/prepare/roll…``."""
    router = APIRouter(route_class=OfficialRoute, prefix=HERE)
    require = context.door.guard.require
    everyone = [Depends(require(*ROLES, "observer"))]
    may_see = [Depends(require("clerk"))]
    clerk = [Depends(require("clerk", read=read_long))]

    def item_page(
        request: Request, vote: Voting, item: Item, trouble: Invalid | None = None
    ) -> Response:
        return context.page(
            request,
            "prepare_item.html",
            trouble,
            typed=typed_in(request, trouble),
            vote=vote,
            item=item,
            texts=ITEM_TEXTS,
            files=[one for one in context.store.attachments(vote.id) if one.item == item.id],
        )

    @router.api_route("/votes/{vote_id}/items", methods=METHODS, dependencies=everyone)
    def new(request: Request, vote_id: str) -> Response:
        vote = vote_of(context, vote_id)
        free = (f"P{n:02}" for n in range(1, 1000))
        taken = {item.id for item in vote.items}
        blank = replace(_NEW, id=next(name for name in free if name not in taken))
        return item_page(request, vote, blank)

    @router.api_route("/votes/{vote_id}/items/{item_id}", methods=METHODS, dependencies=everyone)
    def one(request: Request, vote_id: str, item_id: str) -> Response:
        vote = vote_of(context, vote_id)
        return item_page(request, vote, _item(vote, item_id))

    async def keep(
        request: Request, vote_id: str, change: Callable[[tuple[Item, ...]], tuple[Item, ...]]
    ) -> None:
        def changed(prepared: Preparation) -> Preparation:
            vote = prepared.vote(vote_id)
            return prepared.with_vote(replace(vote, items=change(vote.items)))

        seen = request.state.form.get("seen", "")
        await run_in_threadpool(context.change, "votes", seen, changed)

    @router.post("/votes/{vote_id}/items", dependencies=clerk)
    async def add(request: Request, vote_id: str) -> Response:
        vote = await run_in_threadpool(vote_of, context, vote_id)
        shown = _NEW
        try:
            shown = item = item_of(request.state.form)
            _require_new(item.id, vote)
            await keep(request, vote_id, lambda items: (*items, item))
        except Invalid as error:
            return await run_in_threadpool(item_page, request, vote, shown, error)
        return RedirectResponse(f"{HERE}/votes/{vote_id}", 303)

    @router.post("/votes/{vote_id}/items/{item_id}", dependencies=clerk)
    async def change(request: Request, vote_id: str, item_id: str) -> Response:
        form = request.state.form
        vote = await run_in_threadpool(vote_of, context, vote_id)
        before = _item(vote, item_id)
        try:
            match form.get("act", "keep"):
                case "remove":
                    await keep(request, vote_id, lambda items: _without(items, item_id))
                    await run_in_threadpool(context.store.detach, vote_id, item_id)
                case "up":
                    await keep(request, vote_id, lambda items: _earlier(items, item_id))
                case _:
                    # The id stays: attachments are beside it.
                    item = item_of(form | {"id": item_id})
                    await keep(request, vote_id, lambda items: _put(items, item))
        except Invalid as error:
            return await run_in_threadpool(item_page, request, vote, before, error)
        return RedirectResponse(f"{HERE}/votes/{vote_id}", 303)

    def roll_page(request: Request, trouble: Invalid | None = None) -> Response:
        return context.page(request, "prepare_roll.html", trouble, typed=typed_in(request, trouble))

    @router.api_route("/roll", methods=METHODS, dependencies=may_see)
    def roll(request: Request) -> Response:
        return roll_page(request)

    @router.post("/roll", dependencies=clerk)
    async def change_roll(request: Request) -> Response:
        form = request.state.form
        try:
            deputy = _deputy(form)
            removes = form.get("act") == "remove"
            await run_in_threadpool(
                context.change,
                "roll",
                form.get("seen", ""),
                lambda p: replace(p, roll=_enrolled(p.roll, deputy, removes)),
            )
        except Invalid as error:
            return await run_in_threadpool(roll_page, request, error)
        return RedirectResponse(f"{HERE}/roll", 303)

    return router


def _item(vote: Voting, item_id: str) -> Item:
    for item in vote.items:
        if item.id == item_id:
            return item
    raise HTTPException(404)


def _require_new(item_id: str, vote: Voting) -> None:
    if any(item.id == item_id for item in vote.items):
        raise Invalid("prepare.twice", item_id)


def _put(items: tuple[Item, ...], changed: Item) -> tuple[Item, ...]:
    return tuple(changed if item.id == changed.id else item for item in items)


def _without(items: tuple[Item, ...], item_id: str) -> tuple[Item, ...]:
    return tuple(item for item in items if item.id != item_id)


def _earlier(items: tuple[Item, ...], item_id: str) -> tuple[Item, ...]:
    """One place up: the order of the list is that of the ballot."""
    order = list(items)
    at = next(i for i, item in enumerate(order) if item.id == item_id)
    if at:
        order[at - 1 : at + 1] = order[at], order[at - 1]
    return tuple(order)


def _deputy(form: dict[str, str]) -> Listed:
    return Listed(
        text_of(form, "number", 64, 1),
        text_of(form, "name", 64, 0 if form.get("act") == "remove" else 1),
        text_of(form, "delegation", 64),
    )


def _enrolled(roll: tuple[Listed, ...], deputy: Listed, removes: bool) -> tuple[Listed, ...]:
    """The roll with that deputy, in place of the one of that number; or without."""
    numbers = [one.number for one in roll]
    if removes:
        if deputy.number not in numbers:
            raise Invalid("prepare.unknown", "no such number")
        return tuple(one for one in roll if one.number != deputy.number)
    if deputy.number in numbers:
        return tuple(deputy if one.number == deputy.number else one for one in roll)
    return (*roll, deputy)
