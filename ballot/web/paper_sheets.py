"""The paper count one ballot at a time: a pile of one's own, whose sums are then put in."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.paper_entry import empty_pile, read_sheet
from ballot.tally.marks import LETTERS
from ballot.web.office_context import Office
from ballot.web.office_shell import session_of, words_of
from ballot.web.paper_counts import CountPages
from ballot.web.paper_pages import AT, PaperPages, holds_one


class SheetPages(PaperPages):
    """What the routes below ``…/sheet`` answer."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self._counts = CountPages(office)

    async def sheets(self, request: Request, slot: str, marks: str = "") -> Response:
        """One ballot at a time; ``marks`` of one that was taken back stand there again."""
        seen, pile, open_ = await self.seen(request, slot)
        if not open_ or not holds_one(self.office, session_of(request).who.id):
            raise HTTPException(403)
        words, vote, one = words_of(request), seen.vote, seen.round
        return self.page(
            request,
            "paper_sheets.html",
            same="way=sheets",
            **self.of(words, vote, one),
            pile=pile or empty_pile(vote, one),
            letters=LETTERS[vote.style],
            marks=marks,
        )

    async def add(self, request: Request, slot: str) -> Response:
        """Count one more ballot; nothing comes of it before the count is put in."""
        return await self._change(request, slot, taken_back=False)

    async def back(self, request: Request, slot: str) -> Response:
        """Take the last ballot back and show it once more."""
        return await self._change(request, slot, taken_back=True)

    async def _change(self, request: Request, slot: str, *, taken_back: bool) -> Response:
        form, who = request.state.form, session_of(request).who.id
        number = form.get("number", "")
        at = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else -1
        try:
            seen, pile, _ = await self.seen(request, slot)
            if taken_back:
                last = pile.last if pile else None
                await run_in_threadpool(self.desk.back, slot, who, at)
                return await self.sheets(request, slot, (last and last.marks) or "")
            sheet = read_sheet(seen.vote, seen.round, form)
            await run_in_threadpool(self.desk.add, slot, who, at, sheet)
        except Invalid as error:
            return await self._counts.refused(request, slot, error)
        return RedirectResponse(f"{AT}/{slot}?way=sheets", 303)
