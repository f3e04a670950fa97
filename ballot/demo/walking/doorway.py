"""The links of a walk: one per official, in front of the registrar's own pages.

Whoever opens a link is signed in as that official, whom no helper plays from then on. A running
service has no such door; this one stands before sample sessions on this machine only.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from ballot.demo.walking.furnishing import PASSWORD, Person
from ballot.settings import LOOPBACK
from ballot.tally.marks import LETTERS
from ballot.tally.session import Vote
from ballot.web.app import new_app
from ballot.web.door import Door
from ballot.web.guard import lang_of
from ballot.web.pages import page
from ballot.web.readable import marks_of
from ballot.web.results import METHODS
from ballot.web.sessions import Who
from ballot.web.shield import headers
from ballot.web.words import Words

AT = "/demo"
Shown = Callable[[], Mapping[str, Any]]
"""What the page says beyond the links: ``guests``, ``papers`` and ``keys``."""
Copy = Callable[[str], bytes | None]
"""The exported key of an official whom a helper played before; None where there is none."""


class Doorway:
    """``/demo``, ``/demo/as/ID`` and ``/demo/key/ID`` before the application ``app``. ``taken``:
    who came in.
    """

    def __init__(
        self, app: ASGIApp, door: Door, people: Sequence[Person], shown: Shown, copy: Copy
    ) -> None:
        self._app, self._door, self._shown, self._copy = app, door, shown, copy
        self._people = {one.id: one for one in people}
        self.taken: set[str] = set()
        self._own = new_app(LOOPBACK, headers())
        self._own.include_router(self._routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the links, and leave everything else to the application."""
        path = scope.get("path", "")
        mine = scope["type"] == "http" and (path == AT or path.startswith(f"{AT}/"))
        await (self._own if mine else self._app)(scope, receive, send)

    def cookie_for(self, person: Person) -> str:
        """A session for a helper."""
        return self._door.guard.sessions.open(_who(person), "zh")

    def _routes(self) -> APIRouter:
        router = APIRouter(prefix=AT)

        @router.api_route("", methods=METHODS)
        async def doors(request: Request) -> Response:
            words = Words(lang_of(request))
            response = page(
                "demo_doors.html",
                words,
                AT,
                mark=lambda vote, letter: _word(words, vote, letter),
                people=self._people.values(),
                taken=self.taken,
                password=PASSWORD,
                **self._shown(),
            )
            response.headers["refresh"] = "20"
            return response

        @router.get("/as/{account}")
        async def enter(request: Request, account: str) -> Response:
            person = self._people.get(account)
            if person is None:
                raise HTTPException(404)
            self.taken.add(account)
            response = RedirectResponse("/office", 303)
            self._door.guard.sign_in(request, response, _who(person), lang_of(request))
            return response

        @router.api_route("/key/{account}", methods=METHODS)
        async def key(account: str) -> Response:
            copy = self._copy(account) if account in self._people else None
            if copy is None:
                raise HTTPException(404)
            named = {"content-disposition": f'attachment; filename="{account}-key.txt"'}
            return Response(copy, headers=named, media_type="text/plain")

        return router


def _word(words: Words, vote: Vote, letter: str) -> str:
    """A mark on a sheet, as the paper's columns are named; nothing for what has no column."""
    columns = dict(zip(LETTERS[vote.style], marks_of(vote, words), strict=False))
    return columns.get(letter, "—")


def _who(person: Person) -> Who:
    return Who(person.name, frozenset(person.roles), person.id)
