"""The one door through which a session changes: ``publish(event)`` (house rule).

Lifecycle check, append, commit, or nothing. State is told by the events, never kept beside them:
a board replays its store when it begins.
"""

import threading
from collections.abc import Iterable
from typing import Protocol

from ballot.crypto.errors import Invalid
from ballot.tally.events import Event, Signature, chain, decode_event, encode
from ballot.tally.lifecycle import State, advance, initial
from ballot.tally.session import Definition


class EventStore(Protocol):
    """Lines of ``events.jsonl`` by number; lines are only ever added."""

    def lines(self, after: int = 0) -> list[bytes]:
        """The lines with a number above ``after``, in order."""

    def append(self, number: int, line: bytes) -> bool:
        """Keep the line durably; False if there is an event of that number."""


class MemoryEvents:
    """Lines in memory, for rehearsals without a server and for tests."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []

    def lines(self, after: int = 0) -> list[bytes]:
        """See :class:`EventStore`."""
        return self._lines[after:]

    def append(self, number: int, line: bytes) -> bool:
        """See :class:`EventStore`."""
        if number != len(self._lines) + 1:
            return False
        self._lines.append(line)
        return True


class Board:
    """The events of one session over their store. Several threads, and several boards over one
    store, may publish at once.
    """

    def __init__(self, definition: Definition, store: EventStore | None = None) -> None:
        self.definition = definition
        self.state: State = initial(definition)
        self.events: list[Event] = []
        self._store = MemoryEvents() if store is None else store
        self._lock = threading.RLock()
        self.refresh()

    @property
    def log(self) -> str:
        """Digest of the last event: what an official who signs now has seen."""
        return self.events[-1].digest

    def refresh(self) -> list[Event]:
        """Take in what others appended to the store; those events."""
        with self._lock:
            new = [decode_event(line) for line in self._store.lines(len(self.events))]
            for event in new:
                self._take(event, advance(self.state, event))
            return new

    def publish(self, draft: Event, signatures: Iterable[Signature]) -> Event:
        """Chain the draft to the last event and append it; raises the first obstacle."""
        found = tuple(signatures)
        with self._lock:
            while True:
                self.refresh()
                # Signatures cover neither number nor previous: whoever was overtaken by another
                # event is chained to that one, if the lifecycle still allows it.
                event = chain(self.events[-1] if self.events else None, draft, found)
                if self._append(event):
                    return event

    def examine(self, draft: Event, signatures: Iterable[Signature]) -> None:
        """Raise the first obstacle to publishing that draft now; nothing changes."""
        with self._lock:
            self.refresh()
            advance(self.state, chain(self.events[-1] if self.events else None, draft, signatures))

    def follow(self, line: bytes) -> Event:
        """Take over a line that another service published.

        The same line again changes nothing. Raises ``event.malformed``, ``event.chain`` for
        another line of that number or a gap, else the first obstacle.
        """
        event = decode_event(line)
        with self._lock:
            self.refresh()
            if event.number <= len(self.events):
                known = self.events[event.number - 1]
                if known != event:
                    raise Invalid("event.chain", f"event {event.number} is another one")
                return known
            if not self._append(event):
                raise Invalid("event.chain", f"event {event.number} is another one")
            return event

    def offer(self, event: Event) -> bool:
        """Append an event chained to the last one its author saw; False if another came between.

        Of several who offer the same, one alone gets True. Raises the first obstacle.
        """
        with self._lock:
            self.refresh()
            return event.number == len(self.events) + 1 and self._append(event)

    def _append(self, event: Event) -> bool:
        line = encode(event)
        # A draft may hold anything; what could not be read again must not get in (attack A7).
        decode_event(line)
        state = advance(self.state, event)
        if not self._store.append(event.number, line):
            return False
        self._take(event, state)
        return True

    def _take(self, event: Event, state: State) -> None:
        self.events.append(event)
        self.state = state
