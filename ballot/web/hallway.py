"""What the pages of the hall share while the service runs, and what it does beside answering."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from ballot.crypto.errors import Invalid
from ballot.tally.events import Event
from ballot.tally.state import State
from ballot.web.bell import Bell
from ballot.web.bodies import from_slots
from ballot.web.client import is_built
from ballot.web.counting import Counter
from ballot.web.following import Follower
from ballot.web.hall_frame import Numbers
from ballot.web.registrar_service import RegistrarService
from ballot.web.results import Results, read_results
from ballot.web.threads import to_its_end
from ballot.web.views import SessionView

log = logging.getLogger(__name__)


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
    counter: Counter | None = None

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


async def follow(hallway: Hallway, follower: Follower) -> None:
    """Pass every event on to the box or the second signer."""

    async def wait(number: int) -> None:
        while len(hallway.service.board.events) <= number:
            if not await hallway.bell.wait():
                await asyncio.Event().wait()  # cancelled when the service ends

    await follower.follow(hallway.service, wait)


async def tick(hallway: Hallway) -> None:
    """At a fixed beat: ask the box for its numbers, keep them, tell the hall (protocol §12)."""
    box = next((f for f in hallway.around.followers if f.name == "box"), None)
    while True:
        cast, since = dict(hallway.shown.cast), hallway.shown.stale_since
        if box is not None:
            try:
                found = from_slots((await box.ask("GET", "/turnout"))["slots"])
                await to_its_end(hallway.service.keep_shown, found)
                cast, since = found, None
            except (httpx.HTTPError, Invalid, KeyError, TypeError, ValueError) as error:
                if isinstance(error, Invalid) and error.code == "box.rolled_back":
                    hallway.trouble = error.code
                now = datetime.now(UTC)  # noqa: TID251 -- for people to read: since when
                since = since or f"{now:%Y-%m-%dT%H:%MZ}"
        try:
            counts = await to_its_end(hallway.service.registrar.counts)
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


async def count(hallway: Hallway) -> None:
    """Count by itself, where officials have accounts; without them whoever conducts the session
    computes what is counted, and sends it.
    """
    while True:
        if hallway.counter is not None:
            try:
                if await to_its_end(hallway.counter.proceed):
                    hallway.bell.ring()
                    continue
            except Invalid as error:  # the next event, or tick, tries again
                log.error("a round could not be counted: %s", error.code)
        if not await hallway.bell.wait():
            return


async def keep_record(hallway: Hallway) -> None:
    """Once published: write the record, verify it, show the result."""
    while not hallway.service.state.published:
        if not await hallway.bell.wait():
            return
    while hallway.results is None:
        try:
            path = hallway.around.record
            await to_its_end(hallway.service.write_record, path)
            hallway.results = await to_its_end(read_results, path)
            hallway.trouble = ""
        except (OSError, Invalid) as error:
            hallway.trouble = error.code if isinstance(error, Invalid) else "record.unwritten"
            log.error("the record could not be made: %s", hallway.trouble)
            with suppress(TimeoutError):
                await hallway.bell.wait(5)
    hallway.bell.ring()
