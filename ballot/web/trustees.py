"""The scrutineers' page, and the ceremony's board over HTTP.

The page does everything with keys in a worker of the browser; what it sends is signed there. The
board is public. Only a trustee who is signed in adds to it: for the own device, or for one that is
off line, because who a document is of is said by its signature.
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.accounts import ROLES
from ballot.crypto.encoding import code_of_hex
from ballot.crypto.errors import Invalid
from ballot.locale import messages
from ballot.store.ceremony import CeremonyStore
from ballot.tally.events import encode
from ballot.trustee.documents import MAX_DOCUMENT
from ballot.web.bodies import json_response, read_body
from ballot.web.ceremony_board import CeremonyBoard, Shown
from ballot.web.guard import OfficialJson, OfficialRoute
from ballot.web.office_context import Office
from ballot.web.office_shell import plain_page, session_of
from ballot.web.results import METHODS
from ballot.web.shield import headers

AT = "/office/trustee"
_TEXTS = ("trustee.page.", "trustee.refusal.", "verify.code.seal.", "verify.code.token.",
          "verify.code.ballot.", "verify.code.envelope.")  # fmt: skip
ZIPPED_AT = (1980, 1, 1, 0, 0, 0)  # the same folder is the same file


def trustees_router(office: Office) -> APIRouter:
    """``/office/trustee``, ``/api/ceremony``."""
    router = APIRouter()
    store = CeremonyStore(office.database, office.definition.session)
    board = CeremonyBoard(office.service.board, store, office.service.publish)
    router.include_router(_board(office, board))
    router.include_router(_page(office))
    return router


def _board(office: Office, board: CeremonyBoard) -> APIRouter:
    router = APIRouter(route_class=OfficialJson, prefix="/api/ceremony")
    signed_in = [Depends(office.guard.require_json(*ROLES))]

    @router.api_route("", methods=METHODS)
    async def shown(known: str = "") -> Response:
        found = await run_in_threadpool(board.shown)
        return Response(status_code=204) if found.digest == known else json_response(_shown(found))

    @router.api_route("/board.zip", methods=METHODS)
    async def folder() -> Response:
        found = await run_in_threadpool(board.folder)
        code = code_of_hex(office.definition.session)
        named = {"content-disposition": f'attachment; filename="{code}.zip"'}
        return Response(_zip(office, found), 200, named, "application/zip")

    @router.post("/{number}/{name}", dependencies=signed_in)
    async def add(request: Request, number: str, name: str) -> Response:
        session = session_of(request)
        if session.who.id not in office.definition.trustees:
            raise Invalid("office.role", "not a trustee of this session")
        if not (number.isascii() and number.isdigit() and len(number) < 9):
            raise Invalid("ceremony.board", "no number")
        data = await read_body(request, MAX_DOCUMENT)
        events = len(office.service.board.events)
        found = await run_in_threadpool(board.add, int(number), name, data)
        if len(office.service.board.events) > events:
            office.changed()
        return json_response(_shown(found))

    return router


def _page(office: Office) -> APIRouter:
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    policy = headers(
        camera=True,  # the sheet of the exported copy is scanned
        script_src="'self'",
        worker_src="'self'",
        connect_src=f"'self' {office.box_at}".rstrip(),
        form_action="'self'",
        require_trusted_types_for="'script'",
        trusted_types="ballot",
    )

    @router.api_route("", methods=METHODS, dependencies=[Depends(office.guard.require(*ROLES))])
    async def wizard(request: Request) -> Response:
        session = session_of(request)
        if session.who.id not in office.definition.trustees:
            raise HTTPException(403)
        response = plain_page(
            request,
            office.definition,
            "trustee.html",
            texts=trustee_texts(session.lang),
            given={"box": office.box_at, "me": session.who.id},
        )
        response.headers.update(policy)
        return response

    return router


def trustee_texts(lang: str) -> dict[str, str]:
    """What the page says, refusals included, by key."""
    return {key: text for key, text in messages(lang).items() if key.startswith(_TEXTS)}


def _shown(found: Shown) -> dict[str, Any]:
    return {
        "conflicts": list(found.conflicts),
        "documents": [
            {"name": name, "text": data.decode()} for name, data in sorted(found.documents.items())
        ],
        "number": found.number,
        "state": found.digest,
    }


def _zip(office: Office, board: Mapping[str, bytes]) -> bytes:
    """The folder that ``ballot trustee`` works in: definition, events and documents."""
    events = b"".join(encode(event) + b"\n" for event in office.service.board.events)
    files = {
        "definition.json": office.definition.raw,
        "events.jsonl": events,
        **board,
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, ZIPPED_AT), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
