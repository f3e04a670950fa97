"""The hall screen: one page that follows, and the stream of totals it follows.

Read only, for everyone in the hall, without a login and without a cookie. What may be shown is
:mod:`ballot.web.hall_frame`, nothing else; the page moves only when a frame comes.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from markupsafe import Markup, escape

from ballot.crypto import encoding
from ballot.locale import LANGUAGES, message, messages
from ballot.tally.events import Event
from ballot.tally.session import Definition
from ballot.tally.state import State
from ballot.web.bars import share
from ballot.web.hall_frame import Numbers, current_round, frame
from ballot.web.model import ItemView, RoundView
from ballot.web.origins import require_own_origin
from ballot.web.pages import page
from ballot.web.results import METHODS
from ballot.web.views import SessionView, VoteView
from ballot.web.words import CHINA, Words

STEPS = (
    "preparing",
    "check_in",
    "ready",
    "voting",
    "closing",
    "counting",
    "certified",
    "published",
)
_DASH = "—"
# Rows that fit with bars, and with names and numbers alone in two columns (1080 px, 28 px type).
_FULL, _TIGHT, _MOST = 9, 12, 26


class Hall(Protocol):
    """What the registrar's service tells the hall screen; nothing here may block."""

    def session(self) -> tuple[State, Sequence[Event]]:
        """Where the session stands, and the events that say so."""

    def numbers(self) -> Numbers:
        """The numbers of the last tick."""

    def result(self, lang: str) -> SessionView | None:
        """The result page, once published."""

    async def wait(self) -> bool:
        """Returns at the next tick or event: True, or False when the service stops."""


@dataclass(frozen=True)
class Group:
    """The items that one round decided; ``name`` only where there are several rounds."""

    name: str
    round: RoundView
    items: tuple[ItemView, ...]


def hall_router(hall: Hall) -> APIRouter:
    """``GET /hall`` (``?lang=en``, ``?theme=light``, ``?vote=ID`` to stay with one vote) and
    ``GET /api/hall``, its stream of frames.
    """
    router = APIRouter(dependencies=[Depends(require_own_origin)])

    def seen(lang: str, vote_id: str | None) -> tuple[dict[str, Any], VoteView | None]:
        state, events = hall.session()
        result, words = hall.result(lang), Words(lang)
        vote = state.vote(current_round(state, events, vote_id).slot)
        shown = result.vote(vote.id) if result else None
        return frame(state, events, hall.numbers(), words, shown, vote_id), shown

    @router.api_route("/hall", methods=METHODS)
    async def screen(request: Request) -> HTMLResponse:
        definition = hall.session()[0].definition
        lang, vote_id = _asked(request, definition)
        shown, result = seen(lang, vote_id)
        theme = "light" if request.query_params.get("theme") == "light" else "dark"
        groups = groups_of(result) if result and shown["result"] else ()
        query = f"?lang={lang}" + (f"&vote={vote_id}" if vote_id else "")
        # Headings and the practice band take the place of rows.
        rows = sum(len(group.items) + bool(group.name) for group in groups) + shown["practice"]
        return page(
            "hall.html",
            Words(lang),
            "/hall",
            assembly=definition.assembly,
            theme=theme,
            stream=f"/api/hall{query}",
            view=Screen(shown, lang),
            result=result,
            groups=groups,
            steps=STEPS,
            density=_density(rows),
            room=_MOST,
        )

    @router.get("/api/hall", response_class=EventSourceResponse)
    async def stream(request: Request) -> AsyncIterator[ServerSentEvent]:
        lang, vote_id = _asked(request, hall.session()[0].definition)
        while True:
            data = encoding.dumps(seen(lang, vote_id)[0]).decode()
            yield ServerSentEvent(event="hall", raw_data=data)
            if not await hall.wait():
                return

    return router


class Screen:
    """One frame as the template reads it. What is shown when, and where each number stands, are
    attributes of the page, so that the page's own script only repeats them for the next frame.
    """

    def __init__(self, shown: dict[str, Any], lang: str) -> None:
        self.frame, self._lang = shown, lang
        self.step: str = shown["step"]

    def value(self, path: str) -> Any:
        """``issued.paper`` of the frame; None where a part is missing."""
        found: Any = self.frame
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def on(self, steps: str = "", needs: str = "") -> Markup:
        """Attributes of an element that stands there in these steps (all if none is named), and
        only while the values ``needs`` are neither missing nor 0 nor false; after a ``!``, only
        while they are.
        """
        there = not steps or self.step in steps.split()
        for need in needs.split():
            there = there and bool(self.value(need.removeprefix("!"))) != need.startswith("!")
        attributes = [Markup('data-steps="{}"').format(steps)] if steps else []
        attributes += [Markup('data-needs="{}"').format(needs)] if needs else []
        attributes += [] if there else [Markup("hidden")]
        return Markup(" ").join(attributes)

    def number(self, path: str) -> Markup:
        """A value of the frame that the next frame may change."""
        found = self.value(path)
        text = _DASH if found is None else str(found)
        return Markup('<span data-field="{}">{}</span>').format(path, text)

    def say(self, key: str, /, **paths: str) -> Markup:
        """A sentence with such values in it."""
        template = escape(messages(self._lang)[f"hall.{key}"])
        return template.format(**{name: self.number(path) for name, path in paths.items()})

    def stale(self) -> Markup:
        """That the numbers are old, and since when."""
        utc = self.frame["stale_since"]
        at = datetime.strptime(utc, "%Y-%m-%dT%H:%M%z").astimezone(CHINA) if utc else None
        time = message(self._lang, "hall.clock", hour=at.hour, minute=f"{at:%M}") if at else ""
        sentence = escape(messages(self._lang)["hall.stale"])
        return sentence.format(time=Markup("<span data-time>{}</span>").format(time))

    def width(self, part: str, whole: str) -> str:
        """The width of a bar."""
        return share(min(self.value(part) or 0, self.value(whole) or 0), self.value(whole) or 0)

    def place(self, step: str) -> str:
        """Whether a step of the session is ``done``, ``now`` or ``later``; none of them while
        the session is away from its path.
        """
        if self.step not in STEPS:
            return "later"
        now, asked = STEPS.index(self.step), STEPS.index(step)
        return "done" if asked < now else "now" if asked == now else "later"


def groups_of(vote: VoteView) -> tuple[Group, ...]:
    """The items of all rounds, each where it was last voted on, as far as R20 and R21 show them."""
    last = {item.id: page.round.slot for page in vote.certified for item in page.round.items}
    several = len(vote.certified) > 1
    found = (
        Group(
            page.round.name if several else "",
            page.round,
            tuple(item for item in page.round.shown if last[item.id] == page.round.slot),
        )
        for page in vote.certified
    )
    return tuple(group for group in found if group.items)


def _density(rows: int) -> str:
    """How closely the rows of a result stand."""
    if rows <= _FULL:
        return "full"
    return "tight" if rows <= _TIGHT else "list"


def _asked(request: Request, definition: Definition) -> tuple[str, str | None]:
    """Language and vote of the address; what is unknown is Chinese, and the vote that matters."""
    lang, vote = (request.query_params.get(name, "") for name in ("lang", "vote"))
    known = any(vote == one.id for one in definition.votes)
    return (lang if lang in LANGUAGES else LANGUAGES[0]), (vote if known else None)
