"""The pages behind a login: with accounts once the first clerk's was begun, else with a desk code.

A session without accounts (``ballot demo``) has the check-in desk and nothing more.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from ballot.accounts import Accounts
from ballot.issuing import Counts
from ballot.signing_room import SigningRoom
from ballot.store.engine import Database
from ballot.store.office import OfficeStore
from ballot.web.desk import desk_router
from ballot.web.guard import Guard
from ballot.web.login import login_router
from ballot.web.office import office_api
from ballot.web.office_context import Office
from ballot.web.office_pages import AT, office_pages
from ballot.web.peer import HttpPeer
from ballot.web.registrar_service import RegistrarService
from ballot.web.sessions import AccountLogin, DeskCode


@dataclass(frozen=True)
class Officials:
    """The routers, and what the terminal shows: the desk's code, or that of the first clerk."""

    routers: tuple[APIRouter, ...]
    desk_code: str = ""
    setup_code: str = ""


def officials(
    registrar: RegistrarService,
    database: Database,
    passphrase: str,
    peers: Sequence[HttpPeer],
    changed: Callable[[], None],
    box_at: str = "",
) -> Officials:
    """The officials' pages of that registrar. ``passphrase`` opens the second factors; ``changed``
    is called when an event may have been published; ``box_at`` is the box's origin. Raises what a
    damaged vault raises.
    """
    store = OfficeStore(database)
    if not store.in_use():
        code = DeskCode(secrets.token_bytes)
        guard = Guard(code, secrets.token_bytes)
        return Officials((login_router(guard), _desk(registrar, guard, peers)), code.code)
    accounts = open_accounts(store, passphrase, registrar.board.definition.assembly)
    guard = Guard(AccountLogin(accounts), secrets.token_bytes, at=AT)
    room = SigningRoom(registrar.board, store, registrar.registrar.follow)
    office = Office(room, accounts, guard, registrar, database, _minute, changed, box_at)
    routers = (
        login_router(guard),
        _desk(registrar, guard, peers),
        office_pages(office),
        office_api(office),
    )
    return Officials(routers, setup_code=accounts.begin() or "")


def open_accounts(store: OfficeStore, passphrase: str, issuer: str) -> Accounts:
    """The accounts by this machine's clock and random source."""
    return Accounts(
        store,
        passphrase,
        secrets.token_bytes,
        time.time,  # noqa: TID251 -- one-time codes are of now
        issuer,
    )


def _desk(registrar: RegistrarService, guard: Guard, peers: Sequence[HttpPeer]) -> APIRouter:
    """The clerk's pages."""

    async def other() -> Counts:
        return await run_in_threadpool(peers[0].counts)

    return desk_router(
        registrar.registrar, lambda: registrar.state, guard, other if peers else None
    )


def _minute() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"  # noqa: TID251 -- what an event says
