"""Roll and projects from a file: upload, see what was found, take all of it over or nothing."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from ballot.crypto.errors import Invalid
from ballot.importing.changes import ROLL_COLUMNS, item_changes, roll_changes
from ballot.importing.findings import LEVELS, Finding, Import
from ballot.importing.projects import read_projects
from ballot.importing.reading import read_sheets
from ballot.importing.roll import read_roll
from ballot.importing.templates import projects_template, roll_template
from ballot.importing.words import Piece, change_sentence, phrase, pieces
from ballot.preparing.parts import Listed, Preparation
from ballot.tally.session import Item
from ballot.web.guard import OfficialRoute
from ballot.web.office_shell import words_of
from ballot.web.prepare_context import HERE, Preparing
from ballot.web.prepare_desk import Previewed
from ballot.web.prepare_forms import Upload, read_long, read_upload
from ballot.web.prepare_votes import vote_of
from ballot.web.results import METHODS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN = 400
"""Findings on one page: a file with more is corrected before anybody reads on."""


def imports_router(context: Preparing) -> APIRouter:
    """``…/roll/import``, ``…/votes/VOTE/import``, ``…/take``, ``…/template/….xlsx``."""
    router = APIRouter(route_class=OfficialRoute, prefix=HERE)
    require = context.door.guard.require
    clerk = [Depends(require("clerk"))]
    uploads = [Depends(require("clerk", read=read_upload))]
    forms = [Depends(require("clerk", read=read_long))]

    async def preview(
        request: Request, vote: str, read: Callable[[Upload, str], Previewed]
    ) -> Response:
        upload: Upload | None = request.state.upload
        try:
            if upload is None:
                raise Invalid("prepare.form", "file")
            seen = request.state.form.get("seen", "")
            shown = await run_in_threadpool(read, upload, seen)
        except Invalid as error:
            return await run_in_threadpool(_again, context, request, vote, error)
        token = ""
        if not shown.found.count("error"):
            token = context.desk.put(shown, secrets.token_bytes)
        return await run_in_threadpool(_preview, context, request, shown, token)

    @router.post("/roll/import", dependencies=uploads)
    async def roll(request: Request) -> Response:
        return await preview(request, "", lambda upload, seen: _read_roll(context, upload, seen))

    @router.post("/votes/{vote_id}/import", dependencies=uploads)
    async def projects(request: Request, vote_id: str) -> Response:
        await run_in_threadpool(vote_of, context, vote_id)
        return await preview(
            request, vote_id, lambda upload, seen: _read_items(context, vote_id, upload, seen)
        )

    async def take(request: Request, vote: str, to: str) -> Response:
        form = request.state.form
        try:
            shown = context.desk.take(form.get("upload", ""), vote)
            entries, part = shown.found.accepted(), "votes" if vote else "roll"
            change = _items_taken(vote, entries) if vote else _roll_taken(entries)
            await run_in_threadpool(context.change, part, shown.seen, change)
            if vote:
                await run_in_threadpool(_forget_files, context, vote)
        except Invalid as error:
            return await run_in_threadpool(_again, context, request, vote, error)
        return RedirectResponse(to, 303)

    @router.post("/roll/take", dependencies=forms)
    async def take_roll(request: Request) -> Response:
        return await take(request, "", f"{HERE}/roll")

    @router.post("/votes/{vote_id}/take", dependencies=forms)
    async def take_items(request: Request, vote_id: str) -> Response:
        await run_in_threadpool(vote_of, context, vote_id)
        return await take(request, vote_id, f"{HERE}/votes/{vote_id}")

    def template(name: str, data: bytes) -> Response:
        disposition = f'attachment; filename="{name}.xlsx"'
        return Response(data, headers={"content-disposition": disposition}, media_type=XLSX)

    @router.api_route("/template/roll.xlsx", methods=METHODS, dependencies=clerk)
    def roll_book(request: Request) -> Response:
        return template("roll", roll_template(words_of(request).lang))

    @router.api_route("/template/projects.xlsx", methods=METHODS, dependencies=clerk)
    def projects_book(request: Request) -> Response:
        return template("projects", projects_template(words_of(request).lang))

    return router


def _read_roll(context: Preparing, upload: Upload, seen: str) -> Previewed:
    found = read_roll(read_sheets(upload.content, upload.name))
    before, _ = context.read()
    now = [Listed(one.number, one.name, one.delegation) for one in found.entries]
    differs = roll_changes(before.roll, now)
    return Previewed("", upload.name, found, differs if before.roll else (), seen)


def _read_items(context: Preparing, vote_id: str, upload: Upload, seen: str) -> Previewed:
    found = read_projects(read_sheets(upload.content, upload.name))
    before = vote_of(context, vote_id).items
    now = [Item(**one.encode()) for one in found.entries]  # type: ignore[arg-type]
    differs = item_changes(before, now)
    return Previewed(vote_id, upload.name, found, differs if before else (), seen)


def _roll_taken(entries: tuple[Any, ...]) -> Callable[[Preparation], Preparation]:
    roll = tuple(Listed(one.number, one.name, one.delegation) for one in entries)
    return lambda prepared: replace(prepared, roll=roll)


def _items_taken(vote_id: str, entries: tuple[Any, ...]) -> Callable[[Preparation], Preparation]:
    items = tuple(Item(**one.encode()) for one in entries)
    return lambda p: p.with_vote(replace(p.vote(vote_id), items=items))


def _forget_files(context: Preparing, vote_id: str) -> None:
    """Files of projects that are on the list no more."""
    listed = {item.id for item in vote_of(context, vote_id).items}
    for one in context.store.attachments(vote_id):
        if one.item not in listed:
            context.store.detach(vote_id, one.item)


def _again(context: Preparing, request: Request, vote: str, error: Invalid) -> Response:
    """The file could not be read, or is gone: choose it again."""
    return context.page(request, "prepare_import_again.html", error, vote=vote)


def _preview(context: Preparing, request: Request, shown: Previewed, token: str) -> Response:
    words = words_of(request)
    found, lang = shown.found, words.lang
    cells = ("id", "title", "unit", "investment") if shown.vote else ROLL_COLUMNS
    entries = {entry.row: entry for entry in found.entries}
    rows = [
        {
            "finding": one,
            "said": phrase(lang, one),
            "cells": [_cell(lang, one, name, entries.get(one.row or 0)) for name in cells],
        }
        for one in found.findings
        if one.level != "note"
    ]
    return context.page(
        request,
        "prepare_import.html",
        shown=shown,
        found=found,
        token=token,
        rows=rows[:_SHOWN],
        hidden=max(0, len(rows) - _SHOWN),
        cells=cells,
        notes=[phrase(lang, one) for one in found.at("note")],
        counts={level: found.count(level) for level in LEVELS},
        groups=_groups(found),
        differences=[change_sentence(lang, one) for one in shown.changes[:_SHOWN]],
        more=max(0, len(shown.changes) - _SHOWN),
    )


def _cell(
    lang: str, finding: Finding, name: str, entry: Any
) -> tuple[tuple[Piece, ...], tuple[Piece, ...], bool]:
    """(what stood there, what is imported, whether the finding is about this cell)."""
    here = finding.column == name
    value = getattr(entry, name, None)
    now = pieces(lang, "" if value is None else str(value))
    if here and finding.became and finding.seen != finding.became:
        return pieces(lang, finding.seen), pieces(lang, finding.became), True
    return (), now, here


def _groups(found: Import[Any]) -> list[tuple[str, int]]:
    """Delegations with the number of their deputies, in the order of the file."""
    counts: dict[str, int] = {}
    for entry in found.entries:
        if group := getattr(entry, "delegation", ""):
            counts[group] = counts.get(group, 0) + 1
    return list(counts.items())
