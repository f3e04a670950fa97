"""Entering the paper count: two officials, each alone, then compared field by field.

Plain forms. What was typed is never lost to a password that has to be typed again: the form asks
for it beside the numbers.
"""

from collections.abc import Collection, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.accounts import RESETTERS
from ballot.crypto.errors import Invalid
from ballot.paper_desk import COUNTERS, PaperDesk, Standing
from ballot.paper_entry import (
    Doubt,
    Field,
    Pile,
    capped,
    doubts,
    empty_pile,
    fields_of,
    numbers_of,
    read_numbers,
    read_sheet,
)
from ballot.store.paper import PaperStore
from ballot.tally.marks import LETTERS
from ballot.tally.session import Vote
from ballot.tally.signatories import holds
from ballot.tally.state import Round
from ballot.web.guard import OfficialRoute
from ballot.web.office_context import Office
from ballot.web.pages import page
from ballot.web.paper_words import answers, doubt_words, label
from ballot.web.problems import status_of, title_of
from ballot.web.results import METHODS
from ballot.web.rounds import round_name
from ballot.web.sessions import Session
from ballot.web.words import Words

AT = "/office/papers"
MAX_FIELDS = 3000  # 480 items with five grades each
_ABSENT = "paper.not_here"

Form = Mapping[str, str]


def papers_router(office: Office) -> APIRouter:
    """``/office/papers``: tellers and scrutineers count; the chief scrutineer watches and can free
    the place of somebody who had to leave.
    """
    pages, require = _Pages(office), office.guard.require
    router = APIRouter(route_class=OfficialRoute, prefix=AT)
    watchers = [Depends(require(*COUNTERS, "chief_scrutineer"))]
    counters = [Depends(require(*COUNTERS, fields=MAX_FIELDS))]
    fresh = [Depends(require(*COUNTERS, fresh=True))]
    chief = [Depends(require("chief_scrutineer", fresh=True))]

    @router.api_route("", methods=METHODS, dependencies=watchers)
    async def listed(request: Request) -> Response:
        return await pages.listed(request)

    @router.api_route("/{slot}", methods=METHODS, dependencies=watchers)
    async def count(request: Request, slot: str, way: str = "", again: str = "") -> Response:
        if way == "sheets":
            return await pages.sheets(request, slot)
        return await pages.count(request, slot, again=bool(again))

    @router.post("/{slot}", dependencies=counters)
    async def enter(request: Request, slot: str) -> Response:
        return await pages.enter(request, slot)

    @router.post("/{slot}/sheet", dependencies=counters)
    async def sheet(request: Request, slot: str) -> Response:
        return await pages.add(request, slot)

    @router.post("/{slot}/back", dependencies=counters)
    async def back(request: Request, slot: str) -> Response:
        return await pages.back(request, slot)

    @router.post("/{slot}/propose", dependencies=fresh)
    async def propose(request: Request, slot: str) -> Response:
        return await pages.propose(request, slot)

    @router.post("/{slot}/aside/{official}", dependencies=chief)
    async def aside(request: Request, slot: str, official: str) -> Response:
        return await pages.aside(request, slot, official)

    return router


class _Pages:
    """What the routes answer."""

    def __init__(self, office: Office) -> None:
        self._office, self._guard = office, office.guard
        self._desk = PaperDesk(office.room, PaperStore(office.database))

    async def listed(self, request: Request) -> Response:
        """The rounds with papers, and whose counts are in."""
        who = _session(request).who.id

        def read() -> list[tuple[Standing, bool]]:
            rounds = self._desk.rounds()
            return [(self._desk.standing(o.slot, who), self._desk.may_count(o)) for o in rounds]

        return self._page(request, "paper_rounds.html", AT, rows=await run_in_threadpool(read))

    async def count(
        self,
        request: Request,
        slot: str,
        *,
        again: bool = False,
        typed: Form | None = None,
        unread: Collection[Field] = (),
        doubted: Collection[Doubt] = (),
        trouble: str = "",
    ) -> Response:
        """The form, or how the two counts stand; ``typed`` is shown again as it was typed."""
        seen, pile, open_ = await self._seen(request, slot)
        vote, one = seen.vote, seen.round
        fields = fields_of(vote, one)
        differing = {difference.field.name for difference in seen.differs}
        # Whoever counts a field again must not just confirm it.
        shown: dict[str, Any] = {}
        if own := pile.numbers if pile else seen.own:
            shown = {name: n for name, n in own.items() if pile or name not in differing}
        mine = holds_one(self._office, _session(request).who.id)
        settled = seen.agreed is not None or (one.paper is not None and not seen.entered)
        words = Words(_session(request).lang)
        return self._page(
            request,
            "paper_count.html",
            f"{AT}/{slot}",
            status_of(trouble) if trouble else 422 if unread or doubted else 200,
            **self._of(words, vote, one),
            seen=seen,
            names=[self._name(official) for official in seen.entered],
            others=[o for o in seen.entered if o != _session(request).who.id],
            fields=fields,
            label=lambda field: label(words, vote, one, field),
            typed=shown if typed is None else typed,
            differing=differing,
            unread={field.name for field in unread},
            doubted=[doubt_words(words, vote, one, doubt) for doubt in doubted],
            trouble=title_of(words.lang, trouble) if trouble else "",
            open=open_,
            form_roles=mine,
            form=open_ and mine and (again or not settled or typed is not None),
            agreed=seen.agreed,
            signed=one.paper and numbers_of(vote, one, one.paper),
            fresh=self._guard.sessions.is_fresh(_session(request)),
            chief="chief_scrutineer" in _session(request).who.roles,
        )

    async def sheets(self, request: Request, slot: str, marks: str = "") -> Response:
        """One ballot at a time; ``marks`` of one that was taken back stand there again."""
        seen, pile, open_ = await self._seen(request, slot)
        if not open_ or not holds_one(self._office, _session(request).who.id):
            raise HTTPException(403)
        words, vote, one = Words(_session(request).lang), seen.vote, seen.round
        return self._page(
            request,
            "paper_sheets.html",
            f"{AT}/{slot}",
            **self._of(words, vote, one),
            pile=pile or empty_pile(vote, one),
            letters=LETTERS[vote.style],
            marks=marks,
        )

    async def enter(self, request: Request, slot: str) -> Response:
        """Put in a count: read, doubted, confirmed with the password, compared."""
        form: dict[str, str] = request.state.form
        password, session = form.pop("password", ""), _session(request)
        seen, _, _ = await self._seen(request, slot)
        vote, one = seen.vote, seen.round
        numbers, unread = read_numbers(fields_of(vote, one), form)
        if unread:
            return await self.count(request, slot, typed=form, unread=unread)
        if doubted := list(doubts(vote, one, numbers)):
            return await self.count(request, slot, typed=form, doubted=doubted)
        if not self._guard.sessions.is_fresh(session) and (
            not password or await self._guard.confirm(request, session, password)
        ):
            wrong = "office.password" if password else "office.confirm"
            return await self.count(request, slot, typed=form, trouble=wrong)
        who = session.who
        try:
            found = await run_in_threadpool(
                self._desk.enter, slot, who.id, numbers, who.roles, self._office.minute()
            )
        except Invalid as error:
            # What only the draft was refused for is entered all the same.
            kept = not error.code.startswith("paper.")
            return await self.count(request, slot, typed=None if kept else form, trouble=error.code)
        self._office.changed()
        return RedirectResponse(
            f"/office/sign/{found.draft}" if found.draft else f"{AT}/{slot}", 303
        )

    async def add(self, request: Request, slot: str) -> Response:
        """Count one more ballot; nothing comes of it before the count is put in."""
        return await self._change(request, slot, taken_back=False)

    async def back(self, request: Request, slot: str) -> Response:
        """Take the last ballot back and show it once more."""
        return await self._change(request, slot, taken_back=True)

    async def propose(self, request: Request, slot: str) -> Response:
        """Put the agreed count on the table once more, where its draft was taken back."""
        who = _session(request).who
        try:
            one = await run_in_threadpool(
                self._desk.propose, slot, who.id, who.roles, self._office.minute()
            )
        except Invalid as error:
            return await self._refused(request, slot, error)
        self._office.changed()
        return RedirectResponse(f"/office/sign/{one.digest}", 303)

    async def aside(self, request: Request, slot: str, official: str) -> Response:
        """The count of somebody who had to leave stands no more."""
        by = _session(request).who.id
        try:
            await run_in_threadpool(self._desk.set_aside, slot, official, by)
        except Invalid as error:
            return await self._refused(request, slot, error)
        return RedirectResponse(f"{AT}/{slot}", 303)

    async def _change(self, request: Request, slot: str, *, taken_back: bool) -> Response:
        form, who = request.state.form, _session(request).who.id
        number = form.get("number", "")
        at = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else -1
        try:
            seen, pile, _ = await self._seen(request, slot)
            if taken_back:
                last = pile.last if pile else None
                await run_in_threadpool(self._desk.back, slot, who, at)
                return await self.sheets(request, slot, (last and last.marks) or "")
            sheet = read_sheet(seen.vote, seen.round, form)
            await run_in_threadpool(self._desk.add, slot, who, at, sheet)
        except Invalid as error:
            return await self._refused(request, slot, error)
        return RedirectResponse(f"{AT}/{slot}?way=sheets", 303)

    async def _refused(self, request: Request, slot: str, error: Invalid) -> Response:
        if error.code == _ABSENT:
            raise HTTPException(404) from None
        return await self.count(request, slot, trouble=error.code)

    async def _seen(self, request: Request, slot: str) -> tuple[Standing, Pile | None, bool]:
        """How the count stands for whoever asks, the own pile, and whether one can count now."""
        who = _session(request).who.id

        def read() -> tuple[Standing, Pile | None, bool]:
            seen = self._desk.standing(slot, who)
            return seen, self._desk.pile(slot, who), self._desk.may_count(seen.round)

        try:
            return await run_in_threadpool(read)
        except Invalid as error:
            if error.code == _ABSENT:
                raise HTTPException(404) from None
            raise

    def _of(self, words: Words, vote: Vote, one: Round) -> dict[str, Any]:
        """What both pages say of a round."""
        return {
            "vote": vote,
            "round": one,
            "round_name": round_name(words, one.kind, one.number),
            "items": [vote.item(item) for item in one.items],
            "answers": answers(words, vote),
            "capped": capped(vote),
        }

    def _name(self, official: str) -> str:
        return self._office.definition.officer(official).name

    def _page(
        self, request: Request, template: str, path: str, code: int = 200, **values: Any
    ) -> Response:
        session = _session(request)
        return page(
            template,
            Words(session.lang),
            path,
            code,
            session=session,
            definition=self._office.definition,
            manages=not RESETTERS.isdisjoint(session.who.roles),
            named=lambda one: round_name(Words(session.lang), one.kind, one.number),
            **values,
        )


def holds_one(office: Office, who: str) -> bool:
    """Whether the definition names that person as teller or scrutineer."""
    return any(holds(office.definition, who, role) for role in COUNTERS)


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session
