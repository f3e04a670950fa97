"""The officials' papers in one process: a session at any stage, its pages, browsers signed in."""

import asyncio
import secrets
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import httpx

from ballot.accounts import Accounts
from ballot.crypto.encoding import dumps, loads
from ballot.installing import Roll, install_roll
from ballot.publishing import Board
from ballot.signing_room import SigningRoom
from ballot.store.engine import Database, sqlite_url
from ballot.store.office import OfficeStore
from ballot.store.presence import Deputy
from ballot.store.roll import RollStore
from ballot.store.schema import SERVICES, upgrade
from ballot.tally.definition import decode_definition
from ballot.tally.events import Event, encode
from ballot.tally.session import Definition, list_digest
from ballot.web.app import mount_static, new_app
from ballot.web.guard import Guard
from ballot.web.office_context import Office
from ballot.web.official_papers import official_papers
from ballot.web.official_views import Certificates, no_certificates
from ballot.web.papers import papers_router
from ballot.web.registrar_service import RegistrarService
from ballot.web.sessions import Authenticator, Who
from ballot.web.shield import headers
from tests import sessions

BASE = "https://127.0.0.1:8443"
OWN = {"origin": BASE, "sec-fetch-site": "same-origin"}
PASSWORD = "a password of tests"
SALT = b"s" * 32


class Passwords:
    """Everybody has the same password."""

    asks_account = True

    def confirm(self, who: Who, password: str) -> bool:
        """Whether it is that password."""
        return password == PASSWORD


def with_roll(**changes: Any) -> Definition:
    """The test session with the roll of thirty that :class:`PaperOffice` installs."""
    deputies = [f"{n:03d}" for n in range(1, sessions.DEPUTIES + 1)]
    value = loads(sessions.definition(drawn=changes.pop("drawn", False)).raw)
    value |= {"roll_digest": list_digest(SALT, deputies)} | changes
    return decode_definition(dumps(value))


class PaperOffice:
    """Pages of the paper count and of what is printed, over the events of a session."""

    def __init__(
        self,
        home: Path,
        definition: Definition,
        events: list[Event],
        certificates: Certificates = no_certificates,
    ) -> None:
        self.database = Database(sqlite_url(home / "registrar.db"))
        upgrade(self.database, SERVICES["registrar"])
        self.board = Board(definition)
        for event in events:
            self.board.follow(encode(event))
        self.room = SigningRoom(self.board, OfficeStore(self.database))
        self.roll = RollStore(self.database)
        self.now = 0.0
        guard = Guard(
            cast(Authenticator, Passwords()), secrets.token_bytes, lambda: self.now, "/office"
        )
        self.guard = guard
        self.office = Office(
            self.room,
            cast(Accounts, None),
            guard,
            cast(RegistrarService, SimpleNamespace(roll=self.roll)),
            self.database,
            lambda: sessions.MINUTE,
            lambda: None,
        )
        self.app = new_app({"127.0.0.1"}, headers(form_action="'self'"))
        mount_static(self.app)
        self.app.include_router(papers_router(self.office))
        self.app.include_router(official_papers(self.office, certificates))

    def install_roll(self) -> None:
        """Thirty deputies."""
        numbers = range(1, sessions.DEPUTIES + 1)
        deputies = tuple(Deputy(f"{n:03d}", f"代表{n}") for n in numbers)
        install_roll(self.database, self.board.definition, Roll(deputies, SALT))

    def browser(self, who: str, *roles: str, lang: str = "zh") -> "Browser":
        """A browser signed in as that official, with other roles if some are given."""
        held = roles or tuple(sessions.PEOPLE.get(who, ()))
        cookie = self.guard.sessions.open(Who(who, frozenset(held), who), lang)
        session = self.guard.sessions.find(cookie)
        if session is None:
            raise LookupError(who)
        return Browser(self.app, cookie, session.csrf)


class Browser:
    """One browser; a redirect is an answer."""

    def __init__(self, app: Any, cookie: str = "", token: str = "") -> None:
        self.app, self.token = app, token
        self._cookies = {"__Host-desk": cookie} if cookie else {}

    def ask(self, method: str, path: str, body: bytes | None = None, **sent: str) -> httpx.Response:
        """One request with these headers."""
        named = OWN | {name.replace("_", "-"): value for name, value in sent.items()}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, cookies=self._cookies) as client:
                return await client.request(method, BASE + path, content=body, headers=named)

        return asyncio.run(send())

    def get(self, path: str) -> httpx.Response:
        """GET."""
        return self.ask("GET", path)

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """A form of one of our pages."""
        body = urlencode({"csrf": self.token} | fields).encode()
        return self.ask("POST", path, body, content_type="application/x-www-form-urlencoded")
