"""The registrar while a session is prepared: accounts, the preparation, the first signatures.

Tablets, hall and public are told kindly that no session is ready, on pages that look again by
themselves.
"""

import asyncio
import logging
from collections.abc import Callable, Collection

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.group import group_named
from ballot.crypto.shapes import fields
from ballot.publishing import Board
from ballot.signing_room import Proposal, SigningRoom
from ballot.store.office import OfficeStore
from ballot.tally.definition import decode_definition
from ballot.tally.events import decode_event, encode
from ballot.tally.session import Definition
from ballot.web.app import mount_static, new_app
from ballot.web.bodies import json_response, read_body
from ballot.web.client import client_files
from ballot.web.door import Door
from ballot.web.guard import lang_of
from ballot.web.login import login_router
from ballot.web.office import office_api
from ballot.web.office_context import Office
from ballot.web.office_pages import office_pages
from ballot.web.officials import minute
from ballot.web.pages import page
from ballot.web.prepare_context import HERE, Preparing
from ballot.web.prepare_files import files_router
from ballot.web.prepare_frozen import frozen_router, put_forward
from ballot.web.prepare_home import Home
from ballot.web.prepare_imports import imports_router
from ballot.web.prepare_items import items_router
from ballot.web.prepare_pages import pages_router
from ballot.web.prepare_slips import slips_router
from ballot.web.prepare_votes import votes_router
from ballot.web.problems import problem
from ballot.web.registrar_service import DRAFT, RegistrarService
from ballot.web.results import METHODS
from ballot.web.shield import headers
from ballot.web.signing_pages import key_pages, signing_pages
from ballot.web.words import Words

log = logging.getLogger(__name__)
_SIGNING_IN = ("/", "/en", "/desk")
_WAITING = ("/", "/en", "/tablet", "/hall", "/desk", "/check-test", "/notice", "/certificate")


def not_ready_app(hosts: Collection[str]) -> FastAPI:
    """A service without a session: it says so."""
    app = new_app(hosts, headers())

    @app.get("/health")
    async def health() -> Response:
        return json_response({"missing": ["session"], "status": "not_ready"}, 503)

    @app.api_route("/{path:path}", methods=[*METHODS, "POST"])
    async def nothing(path: str) -> Response:
        return problem(Invalid("service.not_ready"))

    return app


def preparing_app(
    home: Home, door: Door, hosts: Collection[str], turn: Callable[[], None]
) -> FastAPI:
    """The pages in which a session is prepared; ``turn`` goes over to it once it is adopted."""
    context = Preparing(home, door, home.desk, turn)
    app = new_app(hosts, headers(script_src="'self'", connect_src="'self'", form_action="'self'"))
    mount_static(app)
    office, board = _office(context)
    app.include_router(_home())
    app.include_router(login_router(door.guard))
    parts = (pages_router, votes_router, items_router, imports_router, files_router, slips_router)
    for router in parts:
        app.include_router(router(context))
    app.include_router(frozen_router(context, office if board else None))
    app.include_router(key_pages(door.guard, office.definition))
    app.include_router(signing_pages(office))
    app.include_router(office_pages(office))
    app.include_router(office_api(office))
    app.include_router(_documents(context, board, office.changed))
    app.include_router(_others())
    # Not of a router: every page goes before it (ballot.web.leading).
    app.add_api_route("/office/{path:path}", _later, methods=METHODS)
    return app


async def _later(path: str) -> Response:
    """Pages of a running session, which somebody has kept open or noted down."""
    return RedirectResponse(HERE, 303)


def _home() -> APIRouter:
    """``/office`` is the preparation as long as there is no session."""
    router = APIRouter()

    @router.api_route("/office", methods=METHODS)
    async def office() -> Response:
        return RedirectResponse(HERE, 303)

    return router


class _Version(RegistrarService):
    """A version that is not adopted yet, to the pages of officials: its events, no check-in."""

    def __init__(self, board: Board) -> None:
        self.board = board


class _Nothing(SigningRoom):
    """Nothing is frozen: nothing can be signed."""

    def propose(self, *_: object, **__: object) -> Proposal:
        """Refused: ``draft.too_early``."""
        raise Invalid("draft.too_early", "nothing is frozen yet")


def _office(context: Preparing) -> tuple[Office, Board | None]:
    """The officials' pages over the version that stands, and its board."""
    home, door = context.home, context.door
    frozen, store = home.store.standing(), OfficeStore(home.database)
    if frozen is None:
        board = Board(_blank())
        room: SigningRoom = _Nothing(board, store)
    else:
        board = Board(decode_definition(frozen.definition), home.events(frozen))
        room = SigningRoom(board, store)
    after: set[asyncio.Future[None]] = set()

    def changed() -> None:
        """Called where the pages are served: what follows is done beside it."""
        if frozen is None or any(not one.done() for one in after):
            return
        after.clear()
        after.add(asyncio.get_running_loop().run_in_executor(None, _follow, context, office))

    service = _Version(board)
    office = Office(room, door.accounts, door.guard, service, home.database, minute, changed)
    if frozen is not None:
        put_forward(office)
    return office, board if frozen else None


def _follow(context: Preparing, office: Office) -> None:
    """What follows a signature: the next draft, or the session itself."""
    context.desk.trouble = ""
    try:
        if office.state.adopted:
            context.turn()
        else:
            put_forward(office)
    except (Invalid, OSError) as error:
        context.desk.trouble = error.code if isinstance(error, Invalid) else "store.unavailable"
        log.exception("the adopted session could not be started")


def _blank() -> Definition:
    """What the pages of officials show of a session that is not defined: nobody, nothing."""
    return Definition(
        raw=b"",
        congress="",
        assembly="",
        government="",
        title="",
        year=2000,
        date="2000-01-01",
        practice=False,
        note="",
        group=group_named("Ed25519"),
        deputies=0,
        roll_digest="",
        officers=(),
        presidium_quorum=1,
        signers=(),
        trustees=(),
        threshold=1,
        box_key="",
        min_ballots=1,
        min_paper=1,
        token_kind="blind",
        votes=(),
    )


def _documents(context: Preparing, board: Board | None, changed: Callable[[], None]) -> APIRouter:
    """What devices read of a frozen version, and the signed events that they bring."""
    router = APIRouter()

    @router.api_route("/api/definition", methods=METHODS)
    async def definition() -> Response:
        if board is None:
            raise Invalid("service.not_ready")
        return Response(board.definition.raw, media_type="application/json")

    @router.api_route("/api/events", methods=METHODS)
    async def events(after: str = "") -> Response:
        lines = [encode(event) for event in board.events] if board else []
        start = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
        text = b"".join(line + b"\n" for line in lines[start:])
        return Response(text, media_type="application/jsonl")

    @router.post("/api/events")
    async def publish(request: Request) -> Response:
        data = await read_body(request, 65536)
        try:
            if board is None:
                raise Invalid("service.not_ready")
            value = fields(loads(data), DRAFT, "draft")
            draft = decode_event(dumps(value | {"number": 1, "previous": None}))
            event = await run_in_threadpool(board.publish, draft, draft.signatures)
        except Invalid as error:
            return problem(error, detail=True)
        changed()
        return Response(encode(event), 201, media_type="application/json")

    @router.api_route("/api/client", methods=METHODS)
    async def client() -> Response:
        return client_files()

    @router.api_route("/health", methods=METHODS)
    async def health() -> Response:
        return json_response({"missing": ["session"], "status": "not_ready"}, 503)

    @router.api_route("/authority.pem", methods=METHODS)
    async def authority() -> Response:
        file = context.home.settings.data_dir / "tls" / "authority.pem"
        if not file.is_file():
            raise HTTPException(404)
        kind = "application/x-x509-ca-cert"
        return FileResponse(file, media_type=kind, filename="authority.crt")

    return router


def _others() -> APIRouter:
    """Everybody else: there is no session yet."""
    router = APIRouter()

    async def waiting(request: Request) -> Response:
        lang = "en" if request.url.path == "/en" else lang_of(request)
        signs = request.url.path in _SIGNING_IN
        response = page("prepare_waiting.html", Words(lang), "/", signs=signs)
        # It has nothing to fill in, and opens by itself what everybody waits for.
        response.headers["refresh"] = "15"
        return response

    for path in _WAITING:
        router.add_api_route(path, waiting, methods=METHODS)

    @router.api_route("/api/{path:path}", methods=[*METHODS, "POST"])
    async def nothing(path: str) -> Response:
        return problem(Invalid("service.not_ready"))

    return router
