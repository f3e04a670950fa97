"""A rehearsal's services: its session installed in a directory, running in this process."""

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from ballot.demo.stage import Stage
from ballot.installing import Roll, install_definition, install_roll, make_secret
from ballot.registrar import make_passes
from ballot.settings import Settings
from ballot.store.box import SqlBox
from ballot.store.engine import Database
from ballot.store.roll import Deputy, RollStore
from ballot.store.schema import SERVICES, upgrade
from ballot.web.registrar_app import Hallway
from ballot.web.running import Plan, build
from ballot.web.serving import serve

__all__ = ["Hosted", "hosted", "install"]


def install(stage: Stage, names: dict[str, str], settings: Settings) -> dict[str, str]:
    """Put the stage's session into three databases; deputy → pass.

    ``names``: number → name of every deputy of the roll.
    """
    data_dir, definition = settings.data_dir, stage.definition
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    roll = Roll(tuple(Deputy(n, names[n]) for n in stage.plan.deputies), stage.salt)
    random = secrets.token_bytes
    box = Database(settings.database("box"))
    upgrade(box, SERVICES["box"])
    SqlBox(box).put_key(stage.box_key, make_secret(data_dir / "box.secret"), random)
    install_definition(box, "box", definition.raw)
    box.close()
    make_secret(data_dir / "signer-link.secret")
    passes: dict[str, str] = {}
    for service, signer in zip(
        ("registrar", "signer"), definition.signers or ("clerk",), strict=False
    ):
        database = Database(settings.database(service))
        upgrade(database, SERVICES[service])
        store = RollStore(database)
        if stage.slot_keys:
            secret = make_secret(data_dir / f"{service}.secret")
            store.put_keys(signer, stage.slot_keys[signer], secret, random)
        install_roll(database, install_definition(database, service, definition.raw), roll)
        if service == "registrar":
            make_secret(data_dir / "registrar.secret")
            passes = {deputy.number: code for deputy, code in make_passes(store, random)}
        database.close()
    return passes


class Hosted:
    """Running services and how to reach them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.at = {one.name: one.address for one in plan.services}
        self.registrar = httpx.Client(base_url=self.at["registrar"], timeout=60)
        self.box = httpx.Client(base_url=self.at["box"], timeout=60)

    @property
    def hallway(self) -> Hallway:
        """What the pages of the hall share."""
        if self.plan.hallway is None:
            raise ValueError("no registrar runs here")
        return self.plan.hallway

    def take_paper(self, deputy: str) -> None:
        """The clerk hands out a sheet."""
        self.hallway.service.registrar.take_paper(deputy)


@contextmanager
def hosted(settings: Settings) -> Iterator[Hosted]:
    """All services of the directory, until the block ends. Raises as :func:`build`."""
    plan = build(settings, ("box", "signer", "registrar"))
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop: list[Callable[[], None]] = []

    def run() -> None:
        asyncio.set_event_loop(loop)
        listeners = [one.listener for one in plan.services]
        loop.run_until_complete(serve(listeners, ready.set, plan.stop, stop.append))
        loop.close()

    thread = threading.Thread(target=run, name="services")
    thread.start()
    try:
        ready.wait(60)
        yield Hosted(plan)
    finally:
        loop.call_soon_threadsafe(stop[0])
        thread.join()
