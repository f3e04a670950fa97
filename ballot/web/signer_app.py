"""The second signer as a service, on the scrutineers' own machine (protocol §6, attack E35).

Its own roll, slot keys and count; the registrar reaches it with a shared secret, the scrutineers
watch its count on ``/`` and compare it with the desk's.
"""

import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from ballot.crypto.encoding import b64url, loads, unb64url
from ballot.crypto.errors import Invalid
from ballot.crypto.shapes import array, distinct, fields, identifier, text
from ballot.crypto.slotkey import MODULUS_SIZE
from ballot.issuing import Signer, check_keys
from ballot.publishing import Board
from ballot.store.board import BoardStore
from ballot.store.engine import Database
from ballot.store.roll import RollStore
from ballot.store.schema import SERVICES, check_version
from ballot.tally.definition import decode_definition
from ballot.tally.events import Event
from ballot.tally.orders import check_order, decode_order
from ballot.web.app import mount_static, new_app
from ballot.web.bodies import by_slot, check_bearer, json_response, read_body
from ballot.web.pages import page
from ballot.web.shield import headers
from ballot.web.words import Words

MAX_EVENT = 8 * 1024 * 1024


class SignerService:
    """The scrutineers' signer of the session in its database; ``passphrase`` opens its keys."""

    def __init__(self, database: Database, passphrase: str) -> None:
        check_version(database, SERVICES["signer"])
        self.close = database.close
        store, roll = BoardStore(database), RollStore(database)
        raw = store.definition()
        if raw is None:
            raise Invalid("service.not_ready", "no session is installed in the signer")
        definition, keys = decode_definition(raw), roll.keys(passphrase)
        if len(definition.signers) < 2:
            raise Invalid("serve.no_signer", "the definition names no second signer")
        check_keys(definition, definition.signers[1], keys)
        self.board = Board(definition, store)
        self.signer = Signer(keys, secrets.token_bytes, roll, admits=True)
        self._told: set[str] = set()
        for event in self.board.events:
            self._take(event)

    def follow(self, line: bytes) -> None:
        """Take the next event of the registrar's chain, if it may follow."""
        self._take(self.board.follow(line))

    def sign(self, deputy: str, requests: Mapping[str, bytes]) -> dict[str, bytes]:
        """See :meth:`Signer.issue`; ``service.not_ready`` before the check-in is known here."""
        self._wait_for(requests)
        return self.signer.issue(deputy, requests)

    def take_paper(self, deputy: str, slots: Sequence[str]) -> None:
        """See :meth:`Signer.take_paper`, and :meth:`sign`."""
        self._wait_for(slots)
        self.signer.take_paper(deputy, slots)

    def halt(self, data: bytes) -> dict[str, int]:
        """Obey the clerk's order to stop issuing; tablets issued per slot."""
        order = decode_order(data)
        check_order(self.board.definition, order, "halt_check_in")
        self._wait_for([order.slot])
        return dict(self.signer.halt(order.slot).tablet)

    def head(self) -> dict[str, Any]:
        """Number and digest of the last event followed."""
        events = self.board.events
        return {"digest": events[-1].digest if events else "", "number": len(events)}

    def _take(self, event: Event) -> None:
        self.signer.follow(event)
        if event.kind == "check_in_opened":
            self._told.update(event.body["slots"])

    def _wait_for(self, slots: Iterable[str]) -> None:
        # The registrar asks at once, its event may come later: that is not "closed" for good.
        if not self._told.issuperset(slots):
            raise Invalid("service.not_ready", "not told of this check-in yet")


def signer_app(service: SignerService, hosts: Collection[str], secret: str) -> FastAPI:
    """The application. ``secret``: what the registrar shows as its bearer."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = new_app(hosts, headers())
    app.router.lifespan_context = lifespan
    mount_static(app)

    @app.post("/sign")
    async def sign(request: Request) -> Response:
        check_bearer(request, secret)
        deputy, requests = _requests(await read_body(request, 64 * 1024))
        answers = await run_in_threadpool(service.sign, deputy, requests)
        encoded = [{"signature": b64url(data), "slot": slot} for slot, data in answers.items()]
        return json_response({"answers": encoded})

    @app.post("/paper")
    async def paper(request: Request) -> Response:
        check_bearer(request, secret)
        deputy, slots = _sheets(await read_body(request, 8192))
        await run_in_threadpool(service.take_paper, deputy, slots)
        return json_response({})

    @app.get("/counts")
    async def counts(request: Request) -> Response:
        check_bearer(request, secret)
        found = await run_in_threadpool(service.signer.counts)
        return json_response(
            {"paper": found.paper, "present": found.present, "tablet": by_slot(found.tablet)}
        )

    @app.post("/events")
    async def events(request: Request) -> Response:
        check_bearer(request, secret)
        await run_in_threadpool(service.follow, await read_body(request, MAX_EVENT))
        return json_response({})

    @app.post("/orders")
    async def orders(request: Request) -> Response:
        data = await read_body(request, 4096)
        return json_response({"issued": by_slot(await run_in_threadpool(service.halt, data))})

    @app.get("/head")
    async def head() -> Response:
        return json_response(service.head())

    @app.get("/health")
    async def health() -> Response:
        return json_response({"status": "ok"})

    @app.get("/")
    async def running(lang: str = "zh") -> Response:
        words = Words("en" if lang == "en" else "zh")
        found = await run_in_threadpool(service.signer.counts)
        return page("signer.html", words, "/", counts=found, definition=service.board.definition)

    return app


def _requests(data: bytes) -> tuple[str, dict[str, bytes]]:
    """A deputy and slot → blinded message for this signer; raises ``issue.malformed``."""

    def entry(one: Any, where: str) -> tuple[str, bytes]:
        fields(one, "request slot", where)
        blinded = unb64url(text(one["request"], where), MODULUS_SIZE)
        return identifier(one["slot"], where), blinded

    try:
        body = fields(loads(data), "deputy requests", "body")
        entries = array(body["requests"], entry, "requests")
        distinct((slot for slot, _ in entries), "requests")
        return text(body["deputy"], "deputy", 1, 64), dict(entries)
    except Invalid:
        raise Invalid("issue.malformed", "not a request for signatures") from None


def _sheets(data: bytes) -> tuple[str, tuple[str, ...]]:
    """A deputy and the slots of the sheets handed out; raises ``issue.malformed``."""
    try:
        body = fields(loads(data), "deputy slots", "body")
        return text(body["deputy"], "deputy", 1, 64), array(body["slots"], identifier, "slots")
    except Invalid:
        raise Invalid("issue.malformed", "not a message about sheets") from None
