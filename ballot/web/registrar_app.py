"""The registrar as a service: the session's events, check-in, and every page of the hall."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.encoding import code_of_hex, unb64url
from ballot.crypto.errors import Invalid
from ballot.tally.events import encode
from ballot.web.app import mount_static, new_app
from ballot.web.bodies import bearer, json_response, read_body, read_json
from ballot.web.client import client_digest, client_files
from ballot.web.hall import hall_router
from ballot.web.hallway import Around, Hallway, count, follow, keep_record, tick
from ballot.web.origins import require_own_origin
from ballot.web.pages import page
from ballot.web.problems import problem
from ballot.web.registrar_service import DEVICE_SIZE, RegistrarService
from ballot.web.results import METHODS, results_router
from ballot.web.shield import headers
from ballot.web.tablet import tablet_router
from ballot.web.verifying import verifying_router
from ballot.web.words import Words

MAX_EVENT = 8 * 1024 * 1024
MAX_ISSUE = 256 * 1024
KEEP_ALIVE = 15.0


def registrar_app(
    service: RegistrarService, around: Around, routers: Sequence[APIRouter] = ()
) -> FastAPI:
    """The application; ``routers`` are the officials' pages."""
    hallway = Hallway(service, around)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        work = [tick(hallway), keep_record(hallway), count(hallway)]
        work += [follow(hallway, follower) for follower in around.followers]
        tasks = [asyncio.create_task(one) for one in work]
        yield
        hallway.bell.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for follower in around.followers:
            await follower.client.aclose()
        service.ends.close()

    app = new_app(
        around.hosts,
        headers(script_src="'self'", connect_src="'self'", form_action="'self'"),
    )
    app.router.lifespan_context = lifespan
    app.state.hallway = hallway
    mount_static(app)
    app.include_router(hall_router(hallway))
    app.include_router(_documents(hallway))
    app.include_router(_officials(hallway))
    app.include_router(_tablets(hallway))
    app.include_router(tablet_router(around.box_at))
    app.include_router(verifying_router())
    app.include_router(results_router(lambda: hallway.results, _before(hallway)))
    for router in routers:
        app.include_router(router)
    return app


def _documents(hallway: Hallway) -> APIRouter:
    """What everyone may read: definition, events, their stream, the service itself."""
    router = APIRouter()
    service, around = hallway.service, hallway.around

    @router.api_route("/api/definition", methods=METHODS)
    async def definition() -> Response:
        # One definition for all, byte for byte (attack B20).
        return Response(service.board.definition.raw, media_type="application/json")

    @router.api_route("/api/events", methods=METHODS)
    async def events(after: str = "") -> Response:
        lines = await run_in_threadpool(service.lines, _number(after))
        return Response(b"".join(line + b"\n" for line in lines), media_type="application/jsonl")

    @router.get("/api/stream", response_class=EventSourceResponse)
    async def stream(request: Request, after: str = "") -> AsyncIterator[ServerSentEvent]:
        number = _number(request.headers.get("last-event-id", "") or after)
        while True:
            for event in service.board.events[number:]:
                number = event.number
                yield ServerSentEvent(
                    event="event", id=str(number), raw_data=encode(event).decode()
                )
            if not await hallway.bell.wait(KEEP_ALIVE):
                return

    @router.api_route("/api/service", methods=METHODS)
    async def about() -> Response:
        definition = service.board.definition
        return json_response(
            {
                "box": around.box_at,
                "client": client_digest(),
                "practice": definition.practice,
                "signers": len(definition.signers),
            }
        )

    @router.api_route("/api/client", methods=METHODS)
    async def client() -> Response:
        return client_files()

    @router.api_route("/authority.pem", methods=METHODS)
    async def authority() -> Response:
        if around.authority is None or not around.authority.is_file():
            raise HTTPException(404)
        return FileResponse(
            around.authority, media_type="application/x-x509-ca-cert", filename="authority.crt"
        )

    @router.api_route("/health", methods=METHODS)
    async def health() -> Response:
        missing = hallway.missing()
        status = {"status": "ok"} if not missing else {"missing": missing, "status": "not_ready"}
        return json_response(status, 503 if missing else 200)

    return router


def _officials(hallway: Hallway) -> APIRouter:
    """Events and orders: their signatures say who may, not a login (docs/service.md)."""
    router, service = APIRouter(), hallway.service

    @router.post("/api/events")
    async def publish(request: Request) -> Response:
        data = await read_body(request, MAX_EVENT)
        try:
            event = await run_in_threadpool(service.publish, data)
        except Invalid as error:
            return problem(error, detail=True)
        hallway.bell.ring()
        return Response(encode(event), 201, media_type="application/json")

    @router.post("/api/orders")
    async def orders(request: Request) -> Response:
        data = await read_body(request, 4096)
        try:
            return json_response(await run_in_threadpool(service.obey, data))
        except Invalid as error:
            return problem(error, detail=True)

    return router


def _tablets(hallway: Hallway) -> APIRouter:
    """Check-in and issuing; the device's secret is the only login, and no cookie."""
    router = APIRouter(dependencies=[Depends(require_own_origin)])
    service = hallway.service

    @router.post("/api/check-in")
    async def check_in(request: Request) -> Response:
        value = await read_json(request, 1024)
        return json_response(await run_in_threadpool(service.check_in, value))

    @router.post("/api/issue")
    async def issue(request: Request) -> Response:
        device = _device(request)
        try:
            value = await read_json(request, MAX_ISSUE)
        except Invalid as error:
            raise Invalid("issue.malformed", error.code) from None
        return json_response(await run_in_threadpool(service.issue, device, value))

    @router.post("/api/check-in/end")
    async def end(request: Request) -> Response:
        await run_in_threadpool(service.registrar.end, _device(request))
        return Response(status_code=204)

    return router


def _number(text: str) -> int:
    """The number of an event; 0, so from the beginning, for whatever is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _device(request: Request) -> bytes:
    try:
        return unb64url(bearer(request), DEVICE_SIZE)
    except Invalid:
        raise Invalid("device.unknown", "no device secret") from None


def _before(hallway: Hallway) -> Any:
    def show(words: Words) -> Response:
        state, _ = hallway.session()
        stage = "counted" if state.published else "open" if state.adopted else "preparing"
        shown = page(
            "before.html",
            words,
            "/",
            definition=state.definition,
            session_code=code_of_hex(state.session),
            stage=stage,
            trouble=hallway.trouble,
            client=client_digest(),
        )
        if state.published:  # the record is being made and verified: the result comes by itself
            shown.headers["refresh"] = "3"
        return shown

    return show
