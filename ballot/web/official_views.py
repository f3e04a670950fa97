"""Results as officials see them before the publication: the same views as the public page's.

A certificate that waits for signatures is shown with those it has; a round that is counted and
has no certificate yet, without codes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from ballot.crypto import encoding
from ballot.crypto.errors import Invalid
from ballot.signing_room import SigningRoom
from ballot.tally.certificate import build_certificate
from ballot.tally.events import Event, encode
from ballot.tally.polls import gate_of, joint_key
from ballot.tally.round_facts import facts_of
from ballot.tally.state import Round, State
from ballot.web.record import PublicRecord
from ballot.web.views import RoundPage, SessionView, VoteView, session_view

Stage = Literal["counted", "signing", "certified"]
Certificates = Callable[[str], tuple[Any, str | None]]
"""Slot → its certificate, and the digest of the draft that waits for signatures."""


@dataclass(frozen=True)
class Papers:
    """What can be printed of the results: the views, and how far each counted round is."""

    session: SessionView
    stages: dict[str, Stage]

    def page(self, slot: str) -> tuple[VoteView, RoundPage] | None:
        """A round that was counted or voided, with its vote."""
        return self.session.page(slot)


def no_certificates(slot: str) -> tuple[Any, str | None]:
    """Where nobody keeps certificates."""
    raise Invalid("round.not_counted", slot)


def official_papers_of(room: SigningRoom, certificates: Certificates, lang: str) -> Papers:
    """The results as far as the events tell them, in one language."""
    state, events = room.board.state, room.board.events
    found: dict[str, Any] = {}
    stages: dict[str, Stage] = {}
    for one in state.rounds.values():
        if one.counted is not None:
            found[one.slot], stages[one.slot] = _certificate(room, one, certificates)
    record = PublicRecord(
        encoding.loads(state.definition.raw),
        [encoding.loads(encode(event)) for event in events],
        found,
        size=0,
        digest="",
    )
    session = session_view(record, lang)
    votes = tuple(
        replace(vote, rounds=tuple(_without_codes(page, stages) for page in vote.rounds))
        for vote in session.votes
    )
    return Papers(replace(session, votes=votes), stages)


def ballot_code(state: State, slot: str) -> str:
    """The 票面码 of a round; empty where it has none, or none yet."""
    one, (vote, _, _) = state.rounds.get(slot), state.definition.slot(slot)
    if one is None or "tablet" not in vote.channels or (one.opened and not one.tablets):
        return ""
    fingerprint = one.fingerprint
    if fingerprint is None:
        try:
            fingerprint = gate_of(state, joint_key(state), slot).election.fingerprint
        except Invalid:  # before the key ceremony
            return ""
    return encoding.code(encoding.unb64(fingerprint, 32))


def _without_codes(page: RoundPage, stages: dict[str, Stage]) -> RoundPage:
    return replace(page, certificate=None) if stages.get(page.round.slot) == "counted" else page


def _certificate(
    room: SigningRoom, one: Round, certificates: Certificates
) -> tuple[dict[str, Any], Stage]:
    """{certificate, signatures} as in a record, and how far it is."""
    try:
        document, draft = certificates(one.slot)
    except Invalid:
        return {"certificate": _unsigned(room.board.state, one), "signatures": []}, "counted"
    if draft is not None:
        wanted = room.proposal(draft).wanted
        names = [{"role": w.role, "signer": who.id} for w in wanted for who in w.signed]
        return {"certificate": document, "signatures": names}, "signing"
    event = _certified(room.board.events, one)
    names = [{"role": s.role, "signer": s.signer} for s in event.signatures] if event else []
    return {"certificate": document, "signatures": names}, "certified"


def _certified(events: list[Event], one: Round) -> Event | None:
    found = [e for e in events if e.kind == "certified" and e.slot == one.slot]
    return found[-1] if found else None


def _unsigned(state: State, one: Round) -> dict[str, Any]:
    """What the certificate will say, but for the archive, the log and the minute; totals and
    outcome as Counted states them.
    """
    counted = one.counted or {}
    tablet = counted["tablet"] and tuple(tuple(row) for row in counted["tablet"])
    facts = facts_of(state, one.slot, tablet, None, state.last or "", "1970-01-01T00:00Z")
    said = {name: counted[name] for name in ("totals", "outcome")}
    return build_certificate(state.definition, facts) | said
