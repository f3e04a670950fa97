"""What the hall screen may show, as one closed set of values (docs/service.md).

Nothing here knows a person, a mark, a tracker or a time of casting: the numbers of the box come
in as they stood at the last tick, the rest follows from the public events (attacks B23, C22).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ballot.crypto import encoding
from ballot.tally.events import Event
from ballot.tally.session import Vote
from ballot.tally.state import Round, State
from ballot.tally.turnout import quorum_min
from ballot.web.rounds import round_name
from ballot.web.views import VoteView
from ballot.web.words import Words

Step = Literal[
    "preparing",
    "check_in",
    "ready",
    "voting",
    "closing",
    "counting",
    "certified",
    "published",
    "voided",
    "adjourned",
]


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What the services counted, all as of the last tick. ``present``, ``tablet`` (slot →
    tokens) and ``paper`` are the registrar's while a check-in is open, ``cast`` (slot →
    envelopes) the box's. ``stale_since``: the UTC minute of the last tick that the box answered,
    when it does not any more.
    """

    present: int | None = None
    tablet: Mapping[str, int] = field(default_factory=dict)
    paper: int = 0
    cast: Mapping[str, int] = field(default_factory=dict)
    stale_since: str | None = None


@dataclass(frozen=True)
class Channels:
    """A number per channel and their sum; None for a channel that is not in use."""

    tablet: int | None
    paper: int | None
    total: int


@dataclass(frozen=True)
class Progress:
    """``given`` of ``needed`` signatures or partial decryptions."""

    given: int
    needed: int


@dataclass(frozen=True)
class Announced:
    """The result in one sentence; the page itself shows it whole."""

    vote: str
    headline: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame; None is what is not known yet, or no longer asked."""

    step: Step
    title: str
    eligible: int
    present: int | None
    quorum: int
    issued: Channels | None
    cast: int | None
    returned: Channels | None
    session_code: str
    ballot_code: str | None
    box_code: str | None
    certificate_code: str | None
    seals: Progress | None
    partials: Progress | None
    practice: bool
    stale_since: str | None
    result: Announced | None


def frame(
    state: State,
    events: Sequence[Event],
    numbers: Numbers,
    words: Words,
    result: VoteView | None = None,
    vote_id: str | None = None,
) -> dict[str, Any]:
    """The frame of the round that matters now, or of the vote ``vote_id``; ``result`` is that
    vote on the result page and is shown only once the session is published.
    """
    one = current_round(state, events, vote_id)
    vote, _, number = state.definition.slot(one.slot)
    definition, issue = state.definition, state.issues.get(one.slot)
    sealing = one.closed is not None and one.tablets
    return asdict(
        Frame(
            step=step_of(state, events, one),
            title=_title(words, vote, one, number),
            eligible=definition.deputies,
            present=issue.present if issue else numbers.present,
            quorum=quorum_min(vote.rules, definition.deputies),
            issued=_issued(state, one, numbers),
            cast=numbers.cast.get(one.slot) if one.opened and one.tablets else None,
            returned=_channels(one.returned) if one.closed else None,
            session_code=encoding.code_of_hex(state.session),
            ballot_code=encoding.code(encoding.unb64(one.fingerprint, 32))
            if one.fingerprint
            else None,
            box_code=encoding.code_of_hex(one.root) if one.root else None,
            certificate_code=encoding.code_of_hex(one.certificates[-1].certificate)
            if one.current
            else None,
            seals=Progress(len(one.sealers), definition.seal_quorum) if sealing else None,
            partials=Progress(len(one.partials), definition.threshold) if sealing else None,
            practice=definition.practice,
            stale_since=numbers.stale_since if one.is_open else None,
            result=Announced(vote.id, "".join(text for text, _ in result.headline))
            if result and state.published
            else None,
        )
    )


def current_round(state: State, events: Sequence[Event], vote_id: str | None = None) -> Round:
    """The open round; else the one that the last event about a round names; else the first one.
    With ``vote_id`` the same within that vote; an unknown one counts as none.
    """
    votes = [vote for vote in state.definition.votes if vote.id == vote_id]
    votes = votes or list(state.definition.votes)
    rounds = [one for vote in votes for one in state.rounds_of(vote)]
    slots = {one.slot: one for one in rounds}
    for one in rounds:
        if one.is_open:
            return one
    named = (slots[s] for event in reversed(events) for s in _named(event) if s in slots)
    return next(named, rounds[0])


def step_of(state: State, events: Sequence[Event], one: Round) -> Step:
    """Where the session stands, as the hall understands it."""
    told = [event.kind for event in events if event.kind != "objection"]
    if state.published:
        return "published"
    if told and told[-1] == "adjourned":
        return "adjourned"
    if one.voided:
        return "voided"
    if one.is_open:
        return "voting"
    if one.closed:
        if one.current:
            return "certified"
        sealed = not one.tablets or len(one.sealers) >= state.definition.seal_quorum
        return "counting" if sealed else "closing"
    if one.slot in state.check_in:
        return "check_in"
    return "ready" if one.slot in state.issues else "preparing"


def _named(event: Event) -> tuple[str, ...]:
    """The slots that an event is about, the first of a check-in first."""
    if event.kind == "objection":
        return ()
    if event.slot is not None:
        return (event.slot,)
    if event.kind == "check_in_opened":
        return tuple(event.body["slots"])
    if event.kind == "check_in_closed":
        return tuple(entry["slot"] for entry in event.body["issued"])
    return ()


def _issued(state: State, one: Round, numbers: Numbers) -> Channels | None:
    if one.opened:
        return _channels(one.issued)
    if issue := state.issues.get(one.slot):
        return _channels({"tablet": issue.tablet, "paper": issue.paper})
    if one.slot in state.check_in:
        return _channels({"tablet": numbers.tablet.get(one.slot, 0), "paper": numbers.paper})
    return None


def _channels(found: Mapping[str, int]) -> Channels:
    return Channels(found.get("tablet"), found.get("paper"), sum(found.values()))


def _title(words: Words, vote: Vote, one: Round, number: int) -> str:
    if number == 1:
        return vote.title
    return f"{vote.title}{words('colon')}{round_name(words, one.kind, number)}"
