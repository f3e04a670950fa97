"""The form of one's own paper count, how the two counts stand, and what comes of them."""

from collections.abc import Collection, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.paper_desk import Standing
from ballot.paper_entry import (
    Doubt,
    Field,
    doubts,
    fields_of,
    numbers_of,
    read_numbers,
)
from ballot.web.office_shell import session_of, words_of
from ballot.web.paper_pages import ABSENT, AT, PaperPages, holds_one
from ballot.web.paper_words import doubt_words, label
from ballot.web.problems import status_of, title_of

Form = Mapping[str, str]


class CountPages(PaperPages):
    """What the routes of a whole count answer."""

    async def listed(self, request: Request) -> Response:
        """The rounds with papers, and whose counts are in."""
        who = session_of(request).who.id

        def read() -> list[tuple[Standing, bool]]:
            rounds = self.desk.rounds()
            return [(self.desk.standing(o.slot, who), self.desk.may_count(o)) for o in rounds]

        return self.page(request, "paper_rounds.html", rows=await run_in_threadpool(read))

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
        seen, pile, open_ = await self.seen(request, slot)
        vote, one = seen.vote, seen.round
        fields = fields_of(vote, one)
        differing = {difference.field.name for difference in seen.differs}
        # Whoever counts a field again must not just confirm it.
        shown: dict[str, Any] = {}
        if own := pile.numbers if pile else seen.own:
            shown = {name: n for name, n in own.items() if pile or name not in differing}
        mine = holds_one(self.office, session_of(request).who.id)
        settled = seen.agreed is not None or (one.paper is not None and not seen.entered)
        words = words_of(request)
        return self.page(
            request,
            "paper_count.html",
            status_of(trouble) if trouble else 422 if unread or doubted else 200,
            **self.of(words, vote, one),
            seen=seen,
            names=[self._name(official) for official in seen.entered],
            others=[o for o in seen.entered if o != session_of(request).who.id],
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
            fresh=self.guard.sessions.is_fresh(session_of(request)),
            chief="chief_scrutineer" in session_of(request).who.roles,
        )

    async def enter(self, request: Request, slot: str) -> Response:
        """Put in a count: read, doubted, confirmed with the password, compared."""
        form: dict[str, str] = request.state.form
        password, session = form.pop("password", ""), session_of(request)
        seen, _, _ = await self.seen(request, slot)
        vote, one = seen.vote, seen.round
        numbers, unread = read_numbers(fields_of(vote, one), form)
        if unread:
            return await self.count(request, slot, typed=form, unread=unread)
        if doubted := list(doubts(vote, one, numbers)):
            return await self.count(request, slot, typed=form, doubted=doubted)
        if not self.guard.sessions.is_fresh(session) and (
            not password or await self.guard.confirm(request, session, password)
        ):
            wrong = "office.password" if password else "office.confirm"
            return await self.count(request, slot, typed=form, trouble=wrong)
        who = session.who
        try:
            found = await run_in_threadpool(
                self.desk.enter, slot, who.id, numbers, who.roles, self.office.minute()
            )
        except Invalid as error:
            # What only the draft was refused for is entered all the same.
            kept = not error.code.startswith("paper.")
            return await self.count(request, slot, typed=None if kept else form, trouble=error.code)
        self.office.changed()
        return RedirectResponse(
            f"/office/sign/{found.draft}" if found.draft else f"{AT}/{slot}", 303
        )

    async def propose(self, request: Request, slot: str) -> Response:
        """Put the agreed count on the table once more, where its draft was taken back."""
        who = session_of(request).who
        try:
            one = await run_in_threadpool(
                self.desk.propose, slot, who.id, who.roles, self.office.minute()
            )
        except Invalid as error:
            return await self.refused(request, slot, error)
        self.office.changed()
        return RedirectResponse(f"/office/sign/{one.digest}", 303)

    async def aside(self, request: Request, slot: str, official: str) -> Response:
        """The count of somebody who had to leave stands no more."""
        by = session_of(request).who.id
        try:
            await run_in_threadpool(self.desk.set_aside, slot, official, by)
        except Invalid as error:
            return await self.refused(request, slot, error)
        return RedirectResponse(f"{AT}/{slot}", 303)

    async def refused(self, request: Request, slot: str, error: Invalid) -> Response:
        """The form again, with the reason."""
        if error.code == ABSENT:
            raise HTTPException(404) from None
        return await self.count(request, slot, trouble=error.code)

    def _name(self, official: str) -> str:
        return self.office.definition.officer(official).name
