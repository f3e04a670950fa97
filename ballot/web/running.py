"""Putting the services together: databases, secrets, followers, ports (docs/service.md)."""

import socket
import ssl
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from ballot.crypto.errors import Invalid
from ballot.settings import LOOPBACK, Settings, read_secret
from ballot.store.engine import Database
from ballot.web.box_app import box_app
from ballot.web.box_service import BoxService
from ballot.web.following import Follower
from ballot.web.officials import officials
from ballot.web.peer import TIMEOUT, HttpPeer
from ballot.web.registrar_app import Around, Hallway, registrar_app
from ballot.web.registrar_service import RegistrarService
from ballot.web.serving import Listener, bind
from ballot.web.signer_app import SignerService, signer_app

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
    hallway: Hallway | None

    def stop(self) -> None:
        """Let open streams end."""
        if self.hallway is not None:
            self.hallway.bell.stop()


def build(settings: Settings, services: Collection[str]) -> Plan:
    """The services, bound to their ports and ready to run.

    Raises what a service refuses to start with, ``serve.…``, and OSError for a port in use.
    """
    wanted = [name for name in SERVICES if name in services and _is_here(settings, name, services)]
    sockets: dict[str, socket.socket] = {}
    try:
        for name in wanted:
            settings.check_transport(name)
            sockets[name] = bind(settings.host, settings.port_of(name))
        at = {
            name: settings.origin(name, bound.getsockname()[1]) for name, bound in sockets.items()
        }
        apps, hallway = _applications(settings, wanted, at)
    except BaseException:
        for bound in sockets.values():
            bound.close()
        raise
    listeners = {
        name: Listener(apps[name], sockets[name], *(settings.certificate(name) or (None, None)))
        for name in wanted
    }
    return Plan(tuple(Running(name, at[name], listeners[name]) for name in wanted), hallway)


def _applications(
    settings: Settings, wanted: Sequence[str], at: Mapping[str, str]
) -> tuple[dict[str, FastAPI], Hallway | None]:
    """The application of each service; ``at`` are the origins of those that run here."""
    apps: dict[str, FastAPI] = {}
    hallway = None
    hosts = {settings.public_name, settings.host, *LOOPBACK}
    if "box" in wanted:
        box = BoxService(Database(settings.database("box")), _secret(settings, "box"))
        pages = at.get("registrar") or settings.origin("registrar", settings.port)
        apps["box"] = box_app(box, hosts, pages, link_secret(settings), settings.tick)
    if "signer" in wanted:
        signer = SignerService(Database(settings.database("signer")), _secret(settings, "signer"))
        apps["signer"] = signer_app(signer, hosts, link_secret(settings))
    if "registrar" in wanted:
        box_at, signer_at = settings.box_at or at.get("box", ""), settings.signer_at
        signer_at = signer_at or at.get("signer", "")
        peers = [_peer(settings, signer_at)] if signer_at else []
        database = Database(settings.database("registrar"))
        try:
            registrar = RegistrarService(database, _secret(settings, "registrar"), peers)
        except Invalid as error:
            if error.code == "signer.missing" and not peers:
                raise Invalid("serve.no_signer", "the definition names a second signer") from None
            raise
        if "signer" in wanted and not registrar.board.definition.practice:
            # The second signature is worth something only on another machine (attack E35).
            raise Invalid("serve.signer_here", "the second signer belongs on another machine")
        around = _around(settings, hosts, box_at, signer_at)
        found = officials(
            registrar,
            database,
            _secret(settings, "registrar"),
            peers,
            lambda: apps["registrar"].state.hallway.bell.ring(),
            box_at,
        )
        apps["registrar"] = registrar_app(registrar, around, found.routers)
        hallway = apps["registrar"].state.hallway
        hallway.desk_code, hallway.setup_code = found.desk_code, found.setup_code
    return apps, hallway


def link_secret(settings: Settings) -> str:
    """What the registrar shows box and second signer; one copy lies on each machine."""
    return read_secret(settings.data_dir / "link.secret")


def _secret(settings: Settings, service: str) -> str:
    return read_secret(settings.data_dir / f"{service}.secret")


def _is_here(settings: Settings, name: str, services: Collection[str]) -> bool:
    """A box or signer reached elsewhere does not run here; the signer runs beside the others
    only if its database is in the same place.
    """
    if name == "registrar" or len(services) == 1:
        return True
    if name == "box":
        return not settings.box_at
    here = bool(settings.signer_db) or (settings.data_dir / "signer.db").exists()
    return here and not settings.signer_at


def _authority(settings: Settings) -> Path:
    return settings.data_dir / "tls" / "authority.pem"


def _verify(settings: Settings) -> ssl.SSLContext | bool:
    """What certificates of our own services are checked against."""
    authority = _authority(settings)
    return ssl.create_default_context(cafile=str(authority)) if authority.is_file() else True


def _around(settings: Settings, hosts: set[str], box_at: str, signer_at: str) -> Around:
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
        record=settings.data_dir / "record.zip",
        tick=settings.tick,
        authority=_authority(settings),
    )


def _peer(settings: Settings, signer_at: str) -> HttpPeer:
    client = httpx.Client(base_url=signer_at, verify=_verify(settings), timeout=TIMEOUT)
    return HttpPeer(client, link_secret(settings))
