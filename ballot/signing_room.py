"""The signing room: drafts of events wait here until enough officials have signed (protocol §8).

Somebody proposes, the named officials sign on their own devices, and with the last signature the
event is published. The room decides nothing: who must sign is :mod:`ballot.tally.signatories`,
what may follow is :mod:`ballot.tally.lifecycle`, and whether a draft was published is told by
the events. Withdrawing takes a draft off the table; it unsigns nothing.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ballot.crypto import encoding
from ballot.crypto.errors import Invalid
from ballot.publishing import Board
from ballot.store import office
from ballot.store.office import Entries, OfficeStore
from ballot.tally.agenda import Step, steps
from ballot.tally.drafts import body_of
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import Event, Signature, chain, decode_event, draft, encode
from ballot.tally.lifecycle import obstacles
from ballot.tally.signatories import needed
from ballot.tally.state import State
from ballot.waiting import Wanted, wanted

MAX_OPEN = 100


@dataclass(frozen=True)
class Proposal:
    """A draft and how it stands. ``overtaken``: ``code`` is why it can no longer follow."""

    digest: str
    event: Event
    proposer: str
    role: str
    state: Literal["open", "overtaken", "published"]
    code: str
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True)
class Item:
    """A step of the agenda, the draft for it on the table, and whose signatures it waits for."""

    step: Step
    draft: str | None
    wanted: tuple[Wanted, ...]


class SigningRoom:
    """The drafts of one session. Several threads, and several rooms over one store, may sign at
    once. ``published`` hears of every event that this room publishes; ``check`` refuses a draft
    for what the events alone cannot tell.
    """

    def __init__(
        self,
        board: Board,
        store: OfficeStore,
        published: Callable[[Event], None] = lambda _: None,
        check: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self.board, self._store, self._tell, self._check = board, store, published, check
        self._lock = threading.RLock()
        self._events: dict[str, list[Event]] = {}  # by what they say, see _content
        self._seen = 0

    def propose(
        self,
        kind: str,
        slot: str | None,
        given: Mapping[str, Any],
        minute: str,
        by: tuple[str, str],
    ) -> Proposal:
        """Put a draft on the table; the same again is the same draft. ``by``: (id, role).

        What nobody signs is published at once. Raises ``draft.…``, ``event.malformed`` and every
        obstacle but missing signatures.
        """
        if kind not in KINDS:
            raise Invalid("draft.kind", "no kind of event")
        self.board.refresh()
        state = self.board.state
        try:
            body = body_of(state, kind, slot, given)
        except TypeError:  # a number where a list belongs
            raise Invalid("draft.given", f"{kind}: not what it wants") from None
        event = draft(kind, state.session, slot, minute, body)
        decode_event(encode(_next(state, event, ())))
        for obstacle in _against(state, event, ()):
            raise obstacle
        self._check(event)
        row = _row(event, *by)
        with self._store.write() as entries:
            if entries.is_withdrawn(row.digest):
                raise Invalid("draft.withdrawn", "taken back in this minute")
            if entries.draft(row.digest) is None:
                # Whoever may propose could otherwise fill the disk.
                if self._open(entries) >= MAX_OPEN:
                    raise Invalid("draft.too_many", f"{MAX_OPEN} drafts wait")
                entries.add_draft(row)
        if not needed(state.definition, kind):
            self._publish(event, ())
        return self._shown(row.digest)

    def sign(self, digest: str, signature: Signature) -> Proposal:
        """Add a signature; the last that is needed publishes the event.

        The same signature again changes nothing. Raises ``draft.unknown``, ``draft.withdrawn``,
        ``draft.published`` (without this signature), ``draft.overtaken``, and what
        :func:`ballot.tally.signatories.refused_signatures` has against the signature.
        """
        self.board.refresh()
        with self._store.write() as entries:
            row, known = _found(entries, digest, self.board), _signatures(entries, digest)
            event = _event(row, self.board.state.session)
            if self._published(event, known):
                if signature not in known:
                    raise Invalid("draft.published", "the event is published without it")
                return self._shown(digest, entries)
            state, more = self.board.state, [*known, signature]
            for obstacle in _against(state, event, known):
                raise Invalid("draft.overtaken", str(obstacle))
            if signature not in known:
                for obstacle in _against(state, event, more):
                    raise obstacle
                signer, role = signature.signer, signature.role
                entries.add_signature(digest, signer, role, signature.signature)
        with self._store.read() as entries:
            # Again: whoever signed beside this one may have counted on it.
            known = _signatures(entries, digest)
        if not any(obstacles(state, _next(state, event, known))):
            self._publish(event, known)
        return self._shown(digest)

    def withdraw(self, digest: str, account_id: str, roles: Collection[str]) -> None:
        """Take a draft off the table, as somebody with the role it was proposed in.

        Raises ``draft.unknown``, ``draft.may_not`` and ``draft.published``.
        """
        self.board.refresh()
        with self._store.write() as entries:
            row = entries.draft(digest)
            if row is None or row.session != self.board.state.session:
                raise Invalid("draft.unknown", digest[:64])
            if row.role not in roles:
                raise Invalid("draft.may_not", f"proposed as {row.role}")
            event = _event(row, self.board.state.session)
            if self._published(event, _signatures(entries, digest)):
                raise Invalid("draft.published", "the event is published")
            entries.withdraw(digest, account_id)

    def proposals(self) -> list[Proposal]:
        """Every draft that was not withdrawn, by minute."""
        self.board.refresh()
        with self._store.read() as entries:
            return [
                self._proposal(entries, row) for row in entries.drafts(self.board.state.session)
            ]

    def proposal(self, digest: str) -> Proposal:
        """One of them; ``draft.unknown``, ``draft.withdrawn``."""
        self.board.refresh()
        return self._shown(digest)

    def agenda(self) -> list[Item]:
        """What can come next, with the draft for it, and whose signatures are missing."""
        waiting: dict[tuple[str, str | None], Proposal] = {}
        for one in self.proposals():
            if one.state == "open":
                waiting.setdefault((one.event.kind, one.event.slot), one)
        found = []
        for step in steps(self.board.state):
            one_of = waiting.get((step.kind, step.slot))
            asked = one_of.wanted if one_of else wanted(self.board.definition, step.kind, ())
            found.append(Item(step, one_of.digest if one_of else None, asked))
        return found

    def _open(self, entries: Entries) -> int:
        return sum(
            self._proposal(entries, row).state == "open"
            for row in entries.drafts(self.board.state.session)
        )

    def _shown(self, digest: str, entries: Entries | None = None) -> Proposal:
        if entries is not None:
            return self._proposal(entries, _found(entries, digest, self.board))
        with self._store.read() as fresh:
            return self._proposal(fresh, _found(fresh, digest, self.board))

    def _proposal(self, entries: Entries, row: office.Draft) -> Proposal:
        state, known = self.board.state, _signatures(entries, row.digest)
        event = _event(row, state.session)
        published = self._published(event, known)
        code = "" if published else next((o.code for o in _against(state, event, known)), "")
        return Proposal(
            row.digest,
            published or event,
            row.proposer,
            row.role,
            "published" if published else "overtaken" if code else "open",
            code,
            wanted(state.definition, row.kind, known),
        )

    def _published(self, event: Event, known: Collection[Signature]) -> Event | None:
        """The event that a draft became: the same content under signatures that it has here.

        Two trustees who seal in one minute say the same and mean two events.
        """
        with self._lock:
            for one in self.board.events[self._seen :]:
                self._events.setdefault(_content(one), []).append(one)
                self._seen += 1
            for found in self._events.get(_content(event), []):
                if set(found.signatures) <= set(known):
                    return found
        return None

    def _publish(self, event: Event, known: Collection[Signature]) -> Event:
        """Once, whoever else is publishing it: a line of one number is appended by one alone."""
        while True:
            self.board.refresh()
            if there := self._published(event, known):
                return there
            events = self.board.events
            published = chain(events[-1] if events else None, event, known)
            try:
                # Whoever was overtaken by another event may still follow that one.
                if not self.board.offer(published):
                    continue
            except Invalid as error:
                raise Invalid("draft.overtaken", str(error)) from None
            self._tell(published)
            return published


def _next(state: State, event: Event, signatures: Iterable[Signature]) -> Event:
    """The draft as the next event would be."""
    chained = chain(None, event, signatures)
    return replace(chained, number=state.number + 1, previous=state.last)


def _against(state: State, event: Event, signatures: Iterable[Signature]) -> list[Invalid]:
    """Every obstacle but that signatures are still missing."""
    found = obstacles(state, _next(state, event, signatures))
    return [one for one in found if not one.code.endswith(".too_few_signatures")]


def _content(event: Event) -> str:
    """The digest of what everyone signs, without who signs."""
    return encoding.digest(
        {"body": event.body, "kind": event.kind, "minute": event.minute, "slot": event.slot}
    )


def _row(event: Event, proposer: str, role: str) -> office.Draft:
    body = encoding.dumps(event.body)
    session = event.session
    said = {"content": _content(event), "proposer": proposer, "role": role, "session": session}
    return office.Draft(
        encoding.digest(said), event.kind, event.slot, event.minute, body, proposer, role, session
    )


def _event(row: office.Draft, session: str) -> Event:
    return draft(row.kind, session, row.slot, row.minute, encoding.loads(row.body))


def _found(entries: Entries, digest: str, board: Board) -> office.Draft:
    row = entries.draft(digest)
    if row is None or row.session != board.state.session:
        raise Invalid("draft.unknown", digest[:64])
    if entries.is_withdrawn(digest):
        raise Invalid("draft.withdrawn", "taken off the table")
    return row


def _signatures(entries: Entries, digest: str) -> list[Signature]:
    return [Signature(*one) for one in entries.signatures(digest)]
