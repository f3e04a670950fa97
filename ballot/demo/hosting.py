"""A rehearsal's services: its session installed in a directory, running in this process."""

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

import httpx
from starlette.types import ASGIApp

from ballot.demo.stage import Stage
from ballot.installing import Roll, install_definition, install_roll, make_secret
from ballot.registrar import make_passes
from ballot.settings import Settings
from ballot.store.box import SqlBox
from ballot.store.engine import Database
from ballot.store.roll import Deputy, RollStore
from ballot.store.schema import SERVICES, upgrade
from ballot.tls import write_private
from ballot.web.hallway import Hallway
from ballot.web.running import Plan, build
from ballot.web.serving import serve


def install(
    stage: Stage, names: dict[str, str], hall: Settings, scrutineers: Settings
) -> dict[str, str]:
    """Put the stage's session into the databases of both machines; deputy → pass.

    ``names``: number → name of every deputy of the roll.
    """
    definition, random = stage.definition, secrets.token_bytes
    roll = Roll(tuple(Deputy(n, names[n]) for n in stage.plan.deputies), stage.salt)
    with _database(hall, "box") as box:
        SqlBox(box).put_key(stage.box_key, make_secret(hall.data_dir / "box.secret"), random)
        install_definition(box, "box", definition.raw)
    signers = definition.signers or ("clerk",)
    for service, signer, settings in zip(
        ("registrar", "signer"), signers, (hall, scrutineers), strict=False
    ):
        secret = make_secret(settings.data_dir / f"{service}.secret")
        with _database(settings, service) as database:
            if stage.slot_keys:
                RollStore(database).put_keys(signer, stage.slot_keys[signer], secret, random)
            install_roll(database, install_definition(database, service, definition.raw), roll)
    link = make_secret(scrutineers.data_dir / "link.secret")
    write_private(hall.data_dir / "link.secret", link.encode())
    with _database(hall, "registrar") as database:
        return {one.number: code for one, code in make_passes(RollStore(database), random)}


@contextmanager
def _database(settings: Settings, service: str) -> Iterator[Database]:
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database(service))
    try:
        upgrade(database, SERVICES[service])
        yield database
    finally:
        database.close()


class Hosted:
    """Running services and how to reach them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.at = {one.name: one.address for one in plan.services}

    @cached_property
    def registrar(self) -> httpx.Client:
        """A client of the registrar."""
        return httpx.Client(base_url=self.at["registrar"], timeout=60)

    @cached_property
    def box(self) -> httpx.Client:
        """A client of the box."""
        return httpx.Client(base_url=self.at["box"], timeout=60)

    def close(self) -> None:
        """End the clients that were asked for."""
        for name in ("registrar", "box"):
            if client := self.__dict__.pop(name, None):
                client.close()

    @property
    def hallway(self) -> Hallway:
        """What the pages of the hall share."""
        if self.plan.hallway is None:
            raise ValueError("no registrar runs here")
        return self.plan.hallway

    def take_paper(self, deputy: str) -> None:
        """The clerk hands out a sheet."""
        self.hallway.service.registrar.take_paper(deputy)


def as_it_is(plan: Plan, app: ASGIApp) -> ASGIApp:
    """Nothing stands in front of the registrar."""
    return app


@contextmanager
def hosted(
    settings: Settings,
    services: Sequence[str],
    front: Callable[[Plan, ASGIApp], ASGIApp] = as_it_is,
) -> Iterator[Hosted]:
    """These services of a directory, until the block ends; ``front`` answers in the registrar's
    place. Raises as :func:`build`.
    """
    plan = build(settings, services)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop: list[Callable[[], None]] = []

    def run() -> None:
        asyncio.set_event_loop(loop)
        listeners = [
            replace(one.listener, app=front(plan, one.listener.app))
            if one.name == "registrar"
            else one.listener
            for one in plan.services
        ]
        loop.run_until_complete(serve(listeners, ready.set, plan.stop, stop.append))
        loop.close()

    thread = threading.Thread(target=run, name="services")
    thread.start()
    try:
        ready.wait(180)
        found = Hosted(plan)
        try:
            yield found
        finally:
            found.close()
    finally:
        loop.call_soon_threadsafe(stop[0])
        thread.join()
