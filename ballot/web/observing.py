"""The observer's page: events, digests and counters, for everybody who signed in; read only.

Nothing about marks is shown before the publication (先投后显, attack B23): of the events that
count, until then, only that they happened and who signed.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from ballot.accounts import ROLES
from ballot.crypto.encoding import code_of_hex
from ballot.tally.events import Event
from ballot.tally.state import State
from ballot.web.guard import OfficialRoute
from ballot.web.hall_frame import Numbers, frame
from ballot.web.office_context import Office
from ballot.web.office_shell import AT, office_page, words_of
from ballot.web.readable import Group, minute_of, readable
from ballot.web.results import METHODS
from ballot.web.words import Words

COUNTS = frozenset({"paper_counted", "counted", "decrypted", "run_off_called",
                    "second_vote_called", "tie_settled", "vacancy_left"})  # fmt: skip
"""Events from which marks could be read, or who is ahead."""


@dataclass(frozen=True)
class Entry:
    """One event. ``signed``: (role, name) of everybody under it."""

    event: Event
    minute: str
    code: str
    signed: tuple[tuple[str, str], ...]
    groups: tuple[Group, ...]


def observing_pages(office: Office) -> APIRouter:
    """``GET /office/observer``."""
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    everyone = [Depends(office.guard.require(*ROLES))]

    def show(request: Request) -> Response:
        words, state, events = words_of(request), office.state, office.room.board.events
        entries = [entry(state, one, words) for one in reversed(events)]
        return office_page(
            request,
            office.definition,
            "observer.html",
            entries=entries,
            frame=frame(state, events, Numbers(), words),
        )

    @router.api_route("/observer", methods=METHODS, dependencies=everyone)
    async def observe(request: Request) -> Response:
        return await run_in_threadpool(show, request)

    return router


def entry(state: State, event: Event, words: Words) -> Entry:
    """An event as an observer may read it now."""
    names = {officer.id: officer.name for officer in state.definition.officers}
    shown = state.published or event.kind not in COUNTS
    return Entry(
        event,
        minute_of(words, event.minute),
        code_of_hex(event.digest),
        tuple((one.role, names.get(one.signer, one.signer)) for one in event.signatures),
        readable(state, event, words) if shown else (),
    )
