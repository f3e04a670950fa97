"""The presiding officer's page: where the session stands, a sentence to read, one next button.

Everybody with an account may look; the button is a link for whoever can bring the step forward,
and otherwise says what is missing and whose signature that is (people.md §2, §5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from ballot.accounts import ROLES
from ballot.crypto import encoding
from ballot.locale import messages
from ballot.signing_room import Item
from ballot.tally.events import Event
from ballot.tally.state import Round, State
from ballot.tally.styles import cap_of
from ballot.tally.turnout import quorum_min
from ballot.waiting import Wanted, gates
from ballot.web.guard import OfficialRoute
from ballot.web.hall_frame import Numbers, current_round, frame
from ballot.web.office_context import Office
from ballot.web.office_shell import AT, office_page, session_of, words_of
from ballot.web.results import METHODS
from ballot.web.steps import TRUSTEES, href_for
from ballot.web.words import CHINA, Words

RAIL = ("keys", "check_in", "rules", "box", "open", "close", "seal", "count", "certify", "publish")
"""The steps of a round, as the presiding officer knows them."""
_PLACES: Mapping[str, str] = {
    "defined": "keys",
    "adopted": "keys",
    "keys_ready": "keys",
    "check_in_opened": "check_in",
    "check_in_closed": "check_in",
    "rules_adopted": "rules",
    "box_empty": "box",
    "round_opened": "open",
    "round_closed": "close",
    "sealed": "seal",
    "paper_counted": "count",
    "decrypted": "count",
    "counted": "count",
    "certified": "certify",
}
# A red button only for the act that has legal effect at once (visual.md §1).
_LEGAL = frozenset({"round_opened", "round_closed", "certified", "published"})


@dataclass(frozen=True)
class Gate:
    """One line of the list: done or not, what, and the fact."""

    done: bool
    name: str
    fact: str


def chair_pages(office: Office) -> APIRouter:
    """``GET /office/chair``."""
    router = APIRouter(route_class=OfficialRoute, prefix=AT)

    def show(request: Request) -> Response:
        who, words, state = session_of(request).who, words_of(request), office.state
        items, events = office.room.agenda(), office.room.board.events
        item = next_of(items)
        one = _round_of(state, events, item)
        now, found = _place(item), _gates(state, item, words)
        # No round opens before every gate is green (people.md §2).
        opens = item is not None and item.step.kind == "round_opened"
        lacking = [gate for gate in found if not gate.done] if opens else []
        return office_page(
            request,
            office.definition,
            "chair.html",
            rail=[(name, _is_done(state, one, name), name == now) for name in RAIL],
            item=item,
            one=one,
            vote=state.vote(one.slot),
            gates=found,
            say=lacking[0].fact if lacking else sentence(state, one, item, words),
            href=href_for(item, office.definition, who) if item and not lacking else "",
            lacking=lacking,
            legal=item is not None and item.step.kind in _LEGAL,
            missing=[wanted for wanted in item.wanted if wanted.more] if item else [],
            trustees=item is not None and item.step.kind in TRUSTEES,
            # The numbers of the last tick come with the first frame.
            frame=frame(state, events, Numbers(), words),
            clock=_clock(events, one, office.minute(), words),
        )

    everyone = [Depends(office.guard.require(*ROLES))]

    @router.api_route("/chair", methods=METHODS, dependencies=everyone)
    async def chair(request: Request) -> Response:
        return await run_in_threadpool(show, request)

    return router


def next_of(items: Sequence[Item]) -> Item | None:
    """What is next on the usual way, or the first of what the presidium chooses from."""
    for weight in ("next", "choice"):
        for item in items:
            if item.step.weight == weight:
                return item
    return None


def sentence(state: State, one: Round, item: Item | None, words: Words) -> str:
    """What the presiding officer reads aloud now, with its numbers."""
    if item is None:
        return words.plain("chair.say.ended" if state.published else "chair.say.over")
    kind, vote = item.step.kind, state.vote(one.slot)
    issue = state.issues.get(one.slot)
    issued = sum(one.issued.values()) or (issue.tablet + issue.paper if issue else 0)
    tied = one.selection.tied_places if one.selection else 0
    facts: dict[str, Any] = {
        "cap": cap_of(vote, one.seats, len(one.items)),
        "code": encoding.code_of_hex(one.root) if one.root else words.plain("sign.none"),
        "eligible": state.definition.deputies,
        "issued": issued,
        "items": len(one.items),
        "places": tied or state.union(vote).open_places,
        "present": one.head_count or (issue.present if issue else 0),
        "returned": sum(one.returned.values()),
        "title": vote.title,
    }
    key = f"chair.say.{kind}"
    limited = vote.kind == "selection" and vote.rules.cap == "seats"
    own = f"{key}.{'limited' if limited else vote.kind}"
    return words.plain(own if own in messages(words.lang) else key, **facts)


def _round_of(state: State, events: Sequence[Event], item: Item | None) -> Round:
    known = state.rounds.get(item.step.slot or "") if item else None
    return known or current_round(state, events)


def _place(item: Item | None) -> str:
    return _PLACES.get(item.step.kind, "publish") if item else "publish"


def _is_done(state: State, one: Round, name: str) -> bool:
    sealed = not one.tablets or len(one.sealers) >= state.definition.seal_quorum
    return {
        "keys": state.trustees is not None,
        "check_in": one.slot in state.issues,
        "rules": state.rules_adopted,
        "box": one.box_empty,
        "open": one.opened is not None,
        "close": one.closed is not None,
        "seal": one.closed is not None and sealed,
        "count": one.counted is not None,
        "certify": one.current,
        "publish": state.published,
    }[name]


def _gates(state: State, item: Item | None, words: Words) -> list[Gate]:
    """Before a round opens, its conditions; later the signatures that the next step needs."""
    slot, found = gates(state)
    step = item.step if item else None
    opening = step is not None and _PLACES.get(step.kind) in RAIL[: RAIL.index("open") + 1]
    if slot is not None and (step is None or opening or step.slot == slot):
        return [
            Gate(done, words.plain(f"chair.gate.{name}"), _fact(state, slot, name, done, words))
            for name, done in found.items()
        ]
    return [_signatures(one, words) for one in item.wanted] if item else []


def _fact(state: State, slot: str, name: str, done: bool, words: Words) -> str:
    definition, issue = state.definition, state.issues.get(slot)
    facts = {
        "eligible": definition.deputies,
        "issued": issue.tablet + issue.paper if issue else 0,
        "present": issue.present if issue else 0,
        "quorum": quorum_min(state.vote(slot).rules, definition.deputies),
        "trustees": len(definition.trustees),
    }
    return words.plain(f"chair.gate.{name}.{'done' if done else 'open'}", **facts)


def _signatures(one: Wanted, words: Words) -> Gate:
    names = words.join([officer.name for officer in (one.may if one.more else one.signed)])
    key = "chair.signatures.open" if one.more else "chair.signatures.done"
    fact = words.plain(key, number=one.more, names=names)
    return Gate(not one.more, words.plain(f"account.role.{one.role}"), fact)


def _clock(events: Sequence[Event], one: Round, now: str, words: Words) -> str:
    """Since when ballots are cast; empty while they are not. Clocks may differ: never below 0."""
    opened = next((event.minute for event in events if event.digest == one.opened), None)
    if opened is None or not one.is_open:
        return ""
    at = [datetime.strptime(minute, "%Y-%m-%dT%H:%M%z") for minute in (opened, now)]
    passed = max(0, int((at[1] - at[0]).total_seconds()) // 60)
    since = f"{at[0].astimezone(CHINA):%H:%M}"
    return words.plain("chair.clock", since=since, minutes=passed)
