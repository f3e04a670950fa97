"""The box as a service: casting, turnout, events to follow, orders to obey (protocol §7).

It sees envelopes and never who sends them: no cookie, no session, no address, no access log; each
cast is answered with the same number of bytes, whatever the answer is (attacks B24, E14).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from ballot.crypto.encoding import dumps
from ballot.crypto.errors import Invalid
from ballot.tally.orders import decode_order
from ballot.web.app import new_app
from ballot.web.bodies import by_slot, check_bearer, json_response, read_body
from ballot.web.box_service import BoxService
from ballot.web.problems import problem
from ballot.web.shield import API_HEADERS
from ballot.web.threads import to_its_end

log = logging.getLogger(__name__)
ENVELOPE = "application/vnd.ballot.envelope"
ANSWER_SIZE = 1024
MAX_EVENT = 8 * 1024 * 1024
TICK = 10.0  # seconds between the numbers that the hall sees (protocol §12)


def box_app(
    service: BoxService, hosts: Collection[str], origin: str, secret: str, tick: float = TICK
) -> FastAPI:
    """The box for the pages of one ``origin``, the registrar's, which shows ``secret`` when it
    passes on an event.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        ticking = asyncio.create_task(_tick(service, tick))
        yield
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
        service.close()

    # The pages of one origin may cast; no cookie and no other header travels with a ballot.
    pages = Middleware(
        CORSMiddleware,
        allow_origins=[origin],
        allow_methods=["POST"],
        allow_headers=["content-type"],
        max_age=7200,
    )
    app = new_app(hosts, API_HEADERS, [pages])
    app.router.lifespan_context = lifespan

    @app.post("/cast")
    async def cast(request: Request) -> Response:
        try:
            body = await read_body(request, service.longest, ENVELOPE)
            receipt = await run_in_threadpool(service.cast, body)
        except Invalid as error:
            return problem(error, size=ANSWER_SIZE)
        except Exception:  # whatever fails must not answer with another length, nor with details
            return problem(Invalid("service.failed"), size=ANSWER_SIZE)
        return Response(dumps(receipt).ljust(ANSWER_SIZE, b" "), media_type="application/json")

    @app.get("/turnout")
    async def turnout() -> Response:
        return json_response({"slots": by_slot(service.shown)})

    @app.post("/events")
    async def events(request: Request) -> Response:
        check_bearer(request, secret)
        line = await read_body(request, MAX_EVENT)
        await run_in_threadpool(service.follow, line)
        return json_response({})

    @app.get("/head")
    async def head() -> Response:
        return json_response(service.head())

    @app.post("/orders")
    async def orders(request: Request) -> Response:
        order = decode_order(await read_body(request, 4096))
        if order.kind == "fetch_box":
            return _lines(await run_in_threadpool(service.fetch, order))
        size, root = await run_in_threadpool(service.halt, order)
        return json_response({"returned": size, "root": root})

    @app.get("/sealed/{slot}")
    async def sealed(request: Request, slot: str) -> Response:
        if "authorization" in request.headers:  # the registrar, which counts before it publishes
            check_bearer(request, secret)
            return _lines(await run_in_threadpool(service.sealed, slot))
        return _lines(await run_in_threadpool(service.published, slot))

    @app.get("/health")
    async def health() -> Response:
        missing = await run_in_threadpool(service.missing)
        status = {"status": "ok"} if not missing else {"missing": missing, "status": "not_ready"}
        return json_response(status, 503 if missing else 200)

    return app


def _lines(envelopes: Iterator[bytes]) -> Response:
    return StreamingResponse(
        (envelope + b"\n" for envelope in envelopes), media_type="application/jsonl"
    )


async def _tick(service: BoxService, seconds: float) -> None:
    """Move the numbers that may be shown, at a fixed beat whatever is cast between (attack B23)."""
    while True:
        try:
            await to_its_end(service.show)
        except Invalid as error:  # /health says so; the next beat tries again
            log.error("the turnout stays as it was: %s", error.code)
        await asyncio.sleep(seconds)
