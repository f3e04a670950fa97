"""What every page of the paper count has: its round, who counts, and how the counts stand."""

from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ballot.crypto.errors import Invalid
from ballot.paper_desk import COUNTERS, PaperDesk, Standing
from ballot.paper_entry import Pile, capped
from ballot.store.paper import PaperStore
from ballot.tally.session import Vote
from ballot.tally.signatories import holds
from ballot.tally.state import Round
from ballot.web.office_context import Office
from ballot.web.office_shell import plain_page, session_of, words_of
from ballot.web.paper_words import answers
from ballot.web.rounds import round_name
from ballot.web.words import Words

AT = "/office/papers"
ABSENT = "paper.not_here"


class PaperPages:
    """Over the counts of one session."""

    def __init__(self, office: Office) -> None:
        self.office, self.guard = office, office.guard
        self.desk = PaperDesk(office.room, PaperStore(office.database))

    async def seen(self, request: Request, slot: str) -> tuple[Standing, Pile | None, bool]:
        """How the count stands for whoever asks, the own pile, and whether one can count now."""
        who = session_of(request).who.id

        def read() -> tuple[Standing, Pile | None, bool]:
            seen = self.desk.standing(slot, who)
            return seen, self.desk.pile(slot, who), self.desk.may_count(seen.round)

        try:
            return await run_in_threadpool(read)
        except Invalid as error:
            if error.code == ABSENT:
                raise HTTPException(404) from None
            raise

    def of(self, words: Words, vote: Vote, one: Round) -> dict[str, Any]:
        """What both pages say of a round."""
        return {
            "vote": vote,
            "round": one,
            "round_name": round_name(words, one.kind, one.number),
            "items": [vote.item(item) for item in one.items],
            "answers": answers(words, vote),
            "capped": capped(vote),
        }

    def page(self, request: Request, template: str, code: int = 200, **values: Any) -> Response:
        """The page; ``named`` names a round."""
        return plain_page(
            request,
            self.office.definition,
            template,
            code,
            named=lambda one: round_name(words_of(request), one.kind, one.number),
            **values,
        )


def holds_one(office: Office, who: str) -> bool:
    """Whether the definition names that person as teller or scrutineer."""
    return any(holds(office.definition, who, role) for role in COUNTERS)
