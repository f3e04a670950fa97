"""What the officials' pages of a session share."""

from collections.abc import Callable
from dataclasses import dataclass

from ballot.accounts import Accounts
from ballot.signing_room import SigningRoom
from ballot.store.engine import Database
from ballot.tally.session import Definition
from ballot.tally.state import State
from ballot.web.guard import Guard
from ballot.web.registrar_service import RegistrarService


@dataclass(frozen=True)
class Office:
    """``minute`` is now, as events write it: one clock for all devices; ``changed`` is called when
    an event may have been published; ``box_at`` is the box's origin as browsers reach it;
    ``database`` is the registrar's, for the stores of branch ``office``.
    """

    room: SigningRoom
    accounts: Accounts
    guard: Guard
    service: RegistrarService
    database: Database
    minute: Callable[[], str]
    changed: Callable[[], None]
    box_at: str = ""

    @property
    def definition(self) -> Definition:
        """The session's definition."""
        return self.room.board.definition

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self.room.board.state
