"""The pages behind a login: with accounts once the first clerk's was begun, else with a desk code.

A session without accounts (``ballot demo``) has the check-in desk and nothing more.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from ballot.issuing import Counts
from ballot.signing_room import SigningRoom
from ballot.store.engine import Database
from ballot.store.office import OfficeStore
from ballot.web.acting import acting_pages
from ballot.web.chair import chair_pages
from ballot.web.counting import Counter, counting_api
from ballot.web.desk import desk_router
from ballot.web.door import Door, open_door
from ballot.web.guard import Guard
from ballot.web.login import login_router
from ballot.web.observing import observing_pages
from ballot.web.office import office_api
from ballot.web.office_context import Office
from ballot.web.office_pages import office_pages
from ballot.web.official_papers import official_papers
from ballot.web.papers import papers_router
from ballot.web.peer import HttpPeer
from ballot.web.registrar_service import RegistrarService
from ballot.web.sessions import DeskCode
from ballot.web.signing_pages import key_pages, signing_pages
from ballot.web.trustees import trustees_router


@dataclass(frozen=True)
class Officials:
    """The routers, and what the terminal shows: the desk's code, or that of the first clerk."""

    routers: tuple[APIRouter, ...]
    desk_code: str = ""
    setup_code: str = ""
    counter: Counter | None = None


def officials(
    registrar: RegistrarService,
    database: Database,
    passphrase: str,
    peers: Sequence[HttpPeer],
    changed: Callable[[], None],
    box_at: str = "",
    door: Door | None = None,
) -> Officials:
    """The officials' pages of that registrar. ``passphrase`` opens the second factors; ``changed``
    is called when an event may have been published; ``box_at`` is the box's origin; ``door`` has
    the accounts, if they are not to be opened here. Raises what a damaged vault raises.
    """
    store = OfficeStore(database)
    if door is None and not store.in_use():
        code = DeskCode(secrets.token_bytes)
        guard = Guard(code, secrets.token_bytes)
        return Officials((login_router(guard), _desk(registrar, guard, peers)), code.code)
    door = door or open_door(store, passphrase, registrar.board.definition.assembly)
    accounts, guard = door.accounts, door.guard
    room = SigningRoom(registrar.board, store, registrar.registrar.follow, registrar.sealed.check)
    office = Office(room, accounts, guard, registrar, database, minute, changed, box_at)
    counter = Counter(office)
    routers = (
        login_router(guard),
        _desk(registrar, guard, peers),
        office_pages(office),
        office_api(office),
        key_pages(guard, office.definition),
        signing_pages(office),
        acting_pages(office),
        chair_pages(office),
        observing_pages(office),
        trustees_router(office),
        counting_api(office, counter),
        papers_router(office),
        official_papers(office, counter.certificate),
    )
    return Officials(routers, setup_code=accounts.begin() or "", counter=counter)


def _desk(registrar: RegistrarService, guard: Guard, peers: Sequence[HttpPeer]) -> APIRouter:
    """The clerk's pages."""

    async def other() -> Counts:
        return await run_in_threadpool(peers[0].counts)

    return desk_router(
        registrar.registrar, lambda: registrar.state, guard, other if peers else None
    )


def minute() -> str:
    """Now, as events write it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"  # noqa: TID251 -- what an event says
