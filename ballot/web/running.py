"""Putting the services together: databases, secrets, followers, ports (docs/service.md)."""

import socket
import ssl
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from ballot.accounts import UNNAMED
from ballot.crypto.errors import Invalid
from ballot.settings import LOOPBACK, Settings, read_secret
from ballot.store.engine import Database
from ballot.store.office import OfficeStore
from ballot.web.box_app import box_app
from ballot.web.box_service import BoxService
from ballot.web.door import open_door
from ballot.web.following import Follower
from ballot.web.hallway import Around, Hallway
from ballot.web.officials import officials
from ballot.web.peer import TIMEOUT, HttpPeer
from ballot.web.prepare_app import not_ready_app, preparing_app
from ballot.web.prepare_home import Home, is_prepared_here
from ballot.web.prepare_practice import Practice, practice_router
from ballot.web.registrar_app import registrar_app
from ballot.web.registrar_service import RegistrarService
from ballot.web.sealed import HttpBoxes
from ballot.web.serving import Listener, bind
from ballot.web.signer_app import SignerService, signer_app
from ballot.web.switching import Switch

SERVICES = ("box", "signer", "registrar")


@dataclass(frozen=True)
class Running:
    """One service with its listener and the address by which it is reached."""

    name: str
    address: str
    listener: Listener


@dataclass(frozen=True)
class Plan:
    """The services to run; ``stop`` is called at the stop signal."""

    services: tuple[Running, ...]
    modes: "Modes"

    @property
    def hallway(self) -> Hallway | None:
        """What the hall's pages share, while a session runs here."""
        return self.modes.hallway

    @property
    def setup_code(self) -> str:
        """The first clerk's invitation, until it is accepted."""
        return self.hallway.setup_code if self.hallway else self.modes.setup_code

    def check_accounts(self) -> None:
        """Refuse (``serve.no_accounts``) to run a real session whose officials have no accounts;
        nothing is bound then.
        """
        if self.hallway is None or not self.hallway.desk_code:
            return
        if not self.hallway.service.board.definition.practice:
            for one in self.services:
                one.listener.socket.close()
            raise Invalid("serve.no_accounts", "run `ballot office --name NAME` first")

    def stop(self) -> None:
        """Let open streams end."""
        if self.hallway is not None:
            self.hallway.bell.stop()


def build(settings: Settings, services: Collection[str]) -> Plan:
    """The services, bound to their ports and ready to run. A registrar without a session prepares
    one in its pages (:mod:`ballot.web.prepare_home`).

    Raises what a service refuses to start with, ``serve.…``, and OSError for a port in use.
    """
    prepares = "registrar" in services and is_prepared_here(settings)
    wanted = [
        name
        for name in SERVICES
        if name in services and _is_here(settings, name, services, prepares)
    ]
    sockets: dict[str, socket.socket] = {}
    try:
        for name in wanted:
            settings.check_transport(name)
            sockets[name] = bind(settings.host, settings.port_of(name))
        at = {
            name: settings.origin(name, bound.getsockname()[1]) for name, bound in sockets.items()
        }
        modes = Modes(settings, wanted, at, Home(settings) if prepares else None)
    except BaseException:
        for bound in sockets.values():
            bound.close()
        raise
    listeners = {
        name: Listener(
            modes.switches[name], sockets[name], *(settings.certificate(name) or (None, None))
        )
        for name in wanted
    }
    return Plan(tuple(Running(name, at[name], listeners[name]) for name in wanted), modes)


class Modes:
    """What the services of this process do now, and how they go over to something else: from
    preparing to a session, and back from a practice session. ``home``: where sessions are prepared.
    """

    def __init__(
        self, settings: Settings, wanted: Sequence[str], at: Mapping[str, str], home: Home | None
    ) -> None:
        self._settings, self._wanted, self._at, self._home = settings, wanted, at, home
        self._hosts = {settings.public_name, settings.host, *LOOPBACK}
        self.door = home.door() if home else None
        """Who may open the officials' pages, where sessions are prepared here."""
        self._lock = threading.Lock()
        self.hallway: Hallway | None = None
        self.setup_code = ""
        apps = self._applications()
        self.switches = {name: Switch(apps[name]) for name in wanted}

    def turn(self) -> None:
        """Look what is to be done, and go over to it; what is in flight ends as it began. For
        worker threads: it takes a moment, and does not return before the pages have changed.
        """
        with self._lock:
            before = self.hallway
            apps = self._applications()
            if before is not None:
                before.bell.stop()
            for name, app in apps.items():
                self.switches[name].turn(app)

    def _applications(self) -> dict[str, FastAPI]:
        """The application of every service for what is to be done now."""
        if self._home is None or self.door is None:
            record = self._settings.data_dir / "record.zip"
            found, self.hallway = self._session(self._settings, record, None)
        elif (running := self._home.running()) is not None:
            store, frozen = self._home.store, running.practice
            practice = Practice(store, frozen.number, self.turn) if frozen else None
            found, self.hallway = self._session(running.settings, running.record, practice)
        else:
            self.setup_code = self.door.accounts.begin("clerk", UNNAMED) or ""
            found, self.hallway = {}, None
            app = preparing_app(self._home, self.door, self._hosts, self.turn)
            found["registrar"] = app
        return {name: found.get(name) or not_ready_app(self._hosts) for name in self._wanted}

    def _session(
        self, settings: Settings, record: Path, practice: Practice | None
    ) -> tuple[dict[str, FastAPI], Hallway | None]:
        """The application of each service of a session; ``practice``: one prepared here. What
        does not start leaves no connection behind.
        """
        with ExitStack() as undo:
            found = self._applied(settings, record, practice, undo)
            undo.pop_all()
        return found

    def _applied(
        self, settings: Settings, record: Path, practice: Practice | None, undo: ExitStack
    ) -> tuple[dict[str, FastAPI], Hallway | None]:
        def opened(name: str) -> Database:
            database = Database(settings.database(name))
            undo.callback(database.close)
            return database

        def asking(at: str) -> httpx.Client:
            client = httpx.Client(base_url=at, verify=_verify(settings), timeout=TIMEOUT)
            undo.callback(client.close)
            clients.append(client)
            return client

        clients: list[httpx.Client] = []
        services = ("registrar", "box", "signer") if len(self._wanted) > 1 else self._wanted
        wanted = [name for name in self._wanted if _is_here(settings, name, services, False)]
        at, hosts = {name: self._at[name] for name in wanted}, self._hosts
        apps: dict[str, FastAPI] = {}
        hallway = None
        if "box" in wanted:
            box = BoxService(opened("box"), _secret(settings, "box"))
            pages = at.get("registrar") or settings.origin("registrar", settings.port)
            apps["box"] = box_app(box, hosts, pages, link_secret(settings), settings.tick)
        if "signer" in wanted:
            database, secret = opened("signer"), _secret(settings, "signer")
            apps["signer"] = signer_app(
                SignerService(database, secret), hosts, link_secret(settings)
            )
        if "registrar" in wanted:
            box_at, signer_at = settings.box_at or at.get("box", ""), settings.signer_at
            signer_at = signer_at or at.get("signer", "")
            known = link_secret(settings)
            peers = [HttpPeer(asking(signer_at), known)] if signer_at else []
            database = opened("registrar")
            try:
                boxes = HttpBoxes(asking(box_at), known) if box_at else None
                registrar = RegistrarService(database, _secret(settings, "registrar"), peers, boxes)
            except Invalid as error:
                if error.code == "signer.missing" and not peers:
                    what = "the definition names a second signer"
                    raise Invalid("serve.no_signer", what) from None
                raise
            if "signer" in wanted and not registrar.board.definition.practice:
                # The second signature is worth something only on another machine (attack E35).
                raise Invalid("serve.signer_here", "the second signer belongs on another machine")
            for client in clients:
                registrar.ends.callback(client.close)
            around = _around(settings, hosts, box_at, signer_at, record)
            secret, store = _secret(settings, "registrar"), OfficeStore(database)
            definition, door = registrar.board.definition, self.door
            if door is None and store.in_use():
                door = open_door(store, secret, definition.assembly)
            found = officials(
                registrar,
                database,
                secret,
                peers,
                lambda: apps["registrar"].state.hallway.bell.ring(),
                box_at,
                door,
            )
            routers = list(found.routers)
            if door is not None and definition.practice:
                routers.append(practice_router(door.guard, definition, practice))
            apps["registrar"] = registrar_app(registrar, around, routers)
            hallway = apps["registrar"].state.hallway
            hallway.desk_code, hallway.setup_code = found.desk_code, found.setup_code
            hallway.counter = found.counter
        return apps, hallway


def link_secret(settings: Settings) -> str:
    """What the registrar shows box and second signer; one copy lies on each machine."""
    return read_secret(settings.data_dir / "link.secret")


def _secret(settings: Settings, service: str) -> str:
    return read_secret(settings.data_dir / f"{service}.secret")


def _is_here(settings: Settings, name: str, services: Collection[str], prepares: bool) -> bool:
    """A box or signer reached elsewhere does not run here; the signer runs beside the others
    only if its database is in the same place, or may be made there for a practice session.
    """
    if name == "registrar" or len(services) == 1:
        return True
    if name == "box":
        return not settings.box_at
    here = prepares or bool(settings.signer_db) or (settings.data_dir / "signer.db").exists()
    return here and not settings.signer_at


def _authority(settings: Settings) -> Path:
    return settings.data_dir / "tls" / "authority.pem"


def _verify(settings: Settings) -> ssl.SSLContext | bool:
    """What certificates of our own services are checked against."""
    authority = _authority(settings)
    if not authority.is_file():
        return True
    context = ssl.create_default_context(cafile=str(authority))
    for other in sorted(authority.parent.glob("trusted-*.pem")):  # the scrutineers' own authority
        context.load_verify_locations(cafile=str(other))
    return context


def _around(
    settings: Settings, hosts: set[str], box_at: str, signer_at: str, record: Path
) -> Around:
    known = {"authorization": f"Bearer {link_secret(settings)}"}
    followers = [
        Follower(
            name,
            httpx.AsyncClient(
                base_url=at, verify=_verify(settings), timeout=TIMEOUT, headers=known
            ),
        )
        for name, at in (("box", box_at), ("signer", signer_at))
        if at
    ]
    return Around(
        hosts=hosts,
        box_at=box_at,
        followers=followers,
        record=record,
        tick=settings.tick,
        authority=_authority(settings),
    )
