"""The registrar as a service: the session's events, check-in, and every page of the hall."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.encoding import code_of_hex, unb64url
from ballot.crypto.errors import Invalid
from ballot.tally.events import Event, encode
from ballot.tally.state import State
from ballot.web.app import mount_static, new_app
from ballot.web.bell import Bell
from ballot.web.bodies import bearer, from_slots, json_response, read_body, read_json
from ballot.web.client import client_digest, client_files, is_built
from ballot.web.following import Follower
from ballot.web.hall import hall_router
from ballot.web.hall_frame import Numbers
from ballot.web.origins import require_own_origin
from ballot.web.pages import page
from ballot.web.problems import problem
from ballot.web.registrar_service import DEVICE_SIZE, RegistrarService
from ballot.web.results import METHODS, Results, read_results, results_router
from ballot.web.shield import headers
from ballot.web.tablet import tablet_router
from ballot.web.views import SessionView
from ballot.web.words import Words

log = logging.getLogger(__name__)
MAX_EVENT = 8 * 1024 * 1024
MAX_ISSUE = 256 * 1024
KEEP_ALIVE = 15.0


@dataclass(frozen=True, kw_only=True)
class Around:
    """What stands around the registrar. ``followers``: box and signer; ``box_at``: the box's
    origin as tablets reach it; ``record``: where the published record is written.
    """

    hosts: Collection[str]
    box_at: str
    followers: Sequence[Follower]
    record: Path
    tick: float = 10.0
    authority: Path | None = None


@dataclass
class Hallway:
    """What the pages share while the service runs; see :class:`ballot.web.hall.Hall`."""

    service: RegistrarService
    around: Around
    bell: Bell = field(default_factory=Bell)
    shown: Numbers = field(default_factory=Numbers)
    results: Results | None = None
    trouble: str = ""
    desk_code: str = ""
    setup_code: str = ""

    def session(self) -> tuple[State, Sequence[Event]]:
        """Where the session stands, and its events."""
        return self.service.state, self.service.board.events

    def numbers(self) -> Numbers:
        """The numbers of the last tick."""
        return self.shown

    def result(self, lang: str) -> SessionView | None:
        """The result page, once published and verified."""
        return self.results.sessions[lang] if self.results else None

    async def wait(self) -> bool:
        """Until the next tick or event; False when the service stops."""
        return await self.bell.wait()

    def missing(self) -> list[str]:
        """What keeps the service from its work, as codes."""
        found = [f"{f.name}.{f.trouble}" for f in self.around.followers if f.trouble]
        found += [] if is_built() else ["client.not_built"]
        return found + ([self.trouble] if self.trouble else [])


def registrar_app(
    service: RegistrarService, around: Around, routers: Sequence[APIRouter] = ()
) -> FastAPI:
    """The application; ``routers`` are the officials' pages."""
    hallway = Hallway(service, around)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_tick(hallway)), asyncio.create_task(_keep_record(hallway))]
        tasks += [asyncio.create_task(_follow(hallway, f)) for f in around.followers]
        yield
        hallway.bell.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

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
        return page(
            "before.html",
            words,
            "/",
            definition=state.definition,
            session_code=code_of_hex(state.session),
            stage=stage,
            trouble=hallway.trouble,
            client=client_digest(),
        )

    return show


async def _follow(hallway: Hallway, follower: Follower) -> None:
    async def wait(number: int) -> None:
        while len(hallway.service.board.events) <= number:
            if not await hallway.bell.wait():
                await asyncio.Event().wait()  # cancelled when the service ends

    await follower.follow(hallway.service, wait)


async def _tick(hallway: Hallway) -> None:
    """At a fixed beat: ask the box for its numbers, keep them, tell the hall (protocol §12)."""
    box = next((f for f in hallway.around.followers if f.name == "box"), None)
    while True:
        cast, since = dict(hallway.shown.cast), hallway.shown.stale_since
        if box is not None:
            try:
                found = from_slots((await box.ask("GET", "/turnout"))["slots"])
                await run_in_threadpool(hallway.service.keep_shown, found)
                cast, since = found, None
            except (httpx.HTTPError, Invalid, KeyError, TypeError, ValueError) as error:
                if isinstance(error, Invalid) and error.code == "box.rolled_back":
                    hallway.trouble = error.code
                now = datetime.now(UTC)  # noqa: TID251 -- for people to read: since when
                since = since or f"{now:%Y-%m-%dT%H:%MZ}"
        try:
            counts = await run_in_threadpool(hallway.service.registrar.counts)
        except Invalid as error:  # the next beat asks again
            log.error("the numbers of the check-in could not be read: %s", error.code)
        else:
            hallway.shown = Numbers(
                present=counts.present,
                tablet=dict(counts.tablet),
                paper=counts.paper,
                cast=cast,
                stale_since=since,
            )
        hallway.bell.ring()
        await asyncio.sleep(hallway.around.tick)


async def _keep_record(hallway: Hallway) -> None:
    """Once published: fetch the boxes, write the record, verify it, show the result."""
    while not hallway.service.state.published:
        if not await hallway.bell.wait():
            return
    box = next((f for f in hallway.around.followers if f.name == "box"), None)
    while hallway.results is None:
        try:
            boxes = await _boxes(hallway, box)
            path = hallway.around.record
            await run_in_threadpool(hallway.service.write_record, path, boxes.__getitem__)
            hallway.results = await run_in_threadpool(read_results, path)
            hallway.trouble = ""
        except (httpx.HTTPError, OSError, Invalid) as error:
            hallway.trouble = error.code if isinstance(error, Invalid) else "record.unwritten"
            log.error("the record could not be made: %s", hallway.trouble)
            with suppress(TimeoutError):
                await hallway.bell.wait(5)
    hallway.bell.ring()


async def _boxes(hallway: Hallway, box: Follower | None) -> dict[str, list[bytes]]:
    """The envelopes of every certified round that had a box."""
    found: dict[str, list[bytes]] = {}
    if box is None:
        return found
    while box.number < len(hallway.service.board.events):  # it learns that the round is certified
        await asyncio.sleep(0.1)
    for one in hallway.service.state.rounds.values():
        if one.tablets and one.certificates:
            response = await box.client.get(f"/sealed/{one.slot}")
            response.raise_for_status()
            found[one.slot] = response.content.splitlines()
    return found
