"""A played session against running services, with room for one more deputy: whoever watches.

Two directories stand for two machines: the hall's, with registrar and box, and the scrutineers',
with the second signer. The simulated people reach both through HTTP only.
"""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ballot.demo.hosting import Hosted, hosted, install
from ballot.demo.remote import RemoteBoard, RemoteDesk, RemoteTablets
from ballot.demo.stage import Stage
from ballot.settings import Settings

Watch = Callable[["Guest", str, Callable[[], bool]], None]
"""Called with the guest, ``check_in`` or the slot of an open round, and a function that says
whether the guest has done it; returns when the session may go on."""


@dataclass(frozen=True)
class Guest:
    """The one more deputy: number, name and pass, and where to show it."""

    deputy: str
    name: str
    code: str
    address: str


def nobody(guest: Guest, step: str, done: Callable[[], bool]) -> None:
    """Goes on at once: nobody watches."""


@contextmanager
def rehearse(
    stage: Stage, names: dict[str, str], directory: Path, port: int, watch: Watch = nobody
) -> Iterator[Hosted]:
    """Services for the stage, below ``directory`` (emptied first), reached on 127.0.0.1 at
    ``port`` and the two after it; 0: wherever is free. Inside, the stage's people use them.
    """
    if directory.exists():
        shutil.rmtree(directory)
    hall = Settings(data_dir=directory / "hall", port=port, box_port=port and port + 1, tick=1)
    own = Settings(data_dir=directory / "scrutineers", signer_port=port and port + 2)
    passes = install(stage, names, hall, own)
    two = len(stage.definition.signers) > 1
    with hosted(own, ("signer",) if two else ()) as scrutineers:
        at = scrutineers.at.get("signer", "")
        with hosted(hall.model_copy(update={"signer_at": at}), ("box", "registrar")) as services:
            _use(stage, services, passes, watch, names)
            yield services


def wait_for_results(services: Hosted, seconds: float = 600) -> None:
    """Until the registrar has made and verified the record; TimeoutError, or its trouble."""
    end = time.monotonic() + seconds
    while services.hallway.results is None:
        if services.hallway.trouble or time.monotonic() > end:
            raise TimeoutError(services.hallway.trouble or "no record")
        time.sleep(0.1)


def _use(
    stage: Stage, services: Hosted, passes: dict[str, str], watch: Watch, names: dict[str, str]
) -> None:
    """Let everyone on the stage use the services, and leave one deputy to the guest."""
    definition, random = stage.definition, secrets.token_bytes
    stage.board = stage.played.board = RemoteBoard(definition, services.registrar)
    clerk, chair = stage.holders("clerk")[0], stage.holders("presiding_officer")[0]
    desk = RemoteDesk(definition, services.registrar, passes, services, clerk, random)
    trustee = next(o for o in stage.officials if o.id in definition.trustees)
    tablets = RemoteTablets(stage.board, services.box, chair, trustee, random)
    stage.desk, stage.tablets = desk, tablets

    def check_in() -> None:
        """Room for the guest: a deputy who has not come."""
        absent = [n for n in stage.plan.deputies if n not in desk.admitted]
        if absent:
            address = f"{services.at['registrar']}/tablet"
            guest = Guest(absent[0], names[absent[0]], passes[absent[0]], address)
            registrar, slots = services.hallway.service.registrar, stage.board.state.check_in
            before = registrar.counts().tablet.get(slots[0], 0)
            watch(guest, "check_in", lambda: registrar.counts().tablet[slots[0]] > before)
            if registrar.counts().tablet.get(slots[0], 0) > before:
                guests.append(guest)

    def casting(slot: str) -> None:
        def done() -> bool:
            return services.hallway.shown.cast.get(slot, 0) > tablets.accepted[slot]

        for guest in guests:
            watch(guest, slot, done)

    guests: list[Guest] = []
    desk.before_close, tablets.before_close = check_in, casting
