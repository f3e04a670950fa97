"""The one door through which a session changes: ``publish(event)`` (house rule).

Lifecycle check, append, or nothing. State is told by the events, never kept beside them.
"""

from collections.abc import Iterable

from ballot.tally.events import Event, Signature, chain
from ballot.tally.lifecycle import State, advance, initial
from ballot.tally.session import Definition


class Board:
    """The events of one session, in memory."""

    def __init__(self, definition: Definition) -> None:
        self.state: State = initial(definition)
        self.events: list[Event] = []

    @property
    def log(self) -> str:
        """Digest of the last event: what an official who signs now has seen."""
        return self.events[-1].digest

    def publish(self, draft: Event, signatures: Iterable[Signature]) -> Event:
        """Chain the draft to the last event and append it; raises the first obstacle."""
        event = chain(self.events[-1] if self.events else None, draft, signatures)
        self.state = advance(self.state, event)
        self.events.append(event)
        return event
