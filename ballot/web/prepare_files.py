"""Background files beside a project: safe types by what they hold, served to be saved only."""

import re
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.preparing.parts import tidy
from ballot.store.preparing import Attachment
from ballot.tally.session import ROLES
from ballot.web.guard import OfficialRoute
from ballot.web.prepare_context import HERE, Preparing
from ballot.web.prepare_forms import MAX_FILE, Upload, read_long, read_upload
from ballot.web.prepare_votes import vote_of
from ballot.web.results import METHODS

# What a file begins with → its media type and the ending of its name.
_KINDS = (
    (re.compile(rb"%PDF-[12]\.\d"), "application/pdf", "pdf"),
    (re.compile(rb"\x89PNG\r\n\x1a\n....IHDR", re.DOTALL), "image/png", "png"),
    (re.compile(rb"\xff\xd8\xff[\xdb\xe0-\xef]"), "image/jpeg", "jpg"),
)
# Whatever is in it, it is saved and not shown: no page of ours runs it (attack C1).
_SAFE = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}


def kind_of(content: bytes) -> tuple[str, str]:
    """Media type and name ending, by what the file holds; ``prepare.file_kind`` for others."""
    for pattern, kind, ending in _KINDS:
        if pattern.match(content):
            return kind, ending
    raise Invalid("prepare.file_kind", "neither PDF nor PNG nor JPEG")


def files_router(context: Preparing) -> APIRouter:
    """``…/votes/VOTE/items/ITEM/files``, ``…/files/VOTE/ITEM/DIGEST``."""
    router = APIRouter(route_class=OfficialRoute, prefix=HERE)
    require = context.door.guard.require
    everyone = [Depends(require(*ROLES, "observer"))]
    uploads = [Depends(require("clerk", read=read_upload))]
    clerk = [Depends(require("clerk", read=read_long))]

    @router.post("/votes/{vote_id}/items/{item_id}/files", dependencies=uploads)
    async def attach(request: Request, vote_id: str, item_id: str) -> Response:
        vote = await run_in_threadpool(vote_of, context, vote_id)
        if all(item.id != item_id for item in vote.items):
            raise HTTPException(404)
        upload: Upload | None = request.state.upload
        try:
            attachment, content = _attachment(vote_id, item_id, upload)
            await run_in_threadpool(context.store.attach, attachment, content)
        except Invalid as error:
            return await run_in_threadpool(
                context.page, request, "prepare_file_refused.html", error, vote=vote, item=item_id
            )
        return RedirectResponse(f"{HERE}/votes/{vote_id}/items/{item_id}#files", 303)

    @router.api_route("/files/{vote}/{item}/{digest}", methods=METHODS, dependencies=everyone)
    def download(vote: str, item: str, digest: str) -> Response:
        found = context.store.content(vote, item, digest)
        if found is None:
            raise HTTPException(404)
        attachment, content = found
        plain = f"{item}.{attachment.name.rpartition('.')[2]}"
        named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(attachment.name)}"
        safe = {**_SAFE, "content-disposition": named}
        return Response(content, headers=safe, media_type=attachment.kind)

    @router.post("/files/{vote}/{item}/{digest}", dependencies=clerk)
    async def remove(vote: str, item: str, digest: str) -> Response:
        await run_in_threadpool(context.store.detach, vote, item, digest)
        return RedirectResponse(f"{HERE}/votes/{vote}/items/{item}#files", 303)

    return router


def _attachment(vote: str, item: str, upload: Upload | None) -> tuple[Attachment, bytes]:
    if upload is None or not upload.content:
        raise Invalid("prepare.form", "file")
    if len(upload.content) > MAX_FILE:
        raise Invalid("prepare.file_size", f"{len(upload.content)} bytes")
    kind, ending = kind_of(upload.content)
    stem = tidy(re.sub(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]", "", upload.name))
    name = f"{stem.rpartition('.')[0] or stem or item}"[:80] + f".{ending}"
    return Attachment(vote, item, sha256(upload.content).hex(), name, kind), upload.content
