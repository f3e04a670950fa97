"""What the box does, without HTTP: its own copy of the events, the ballots, its orders."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element
from ballot.polling import cast, receipt_document
from ballot.publishing import Board
from ballot.store.board import BoardStore
from ballot.store.box import SqlBox
from ballot.store.engine import Database
from ballot.store.schema import SERVICES, check_server, check_version
from ballot.tally.definition import decode_definition
from ballot.tally.envelope import slot_of
from ballot.tally.events import Event
from ballot.tally.gate import Gate
from ballot.tally.orders import Order, check_order
from ballot.tally.polls import joint_key, open_gates


class BoxService:
    """The box of the session in its database. ``passphrase`` opens the box key.

    Raises ``store.version``, ``store.unsafe`` for a server that keeps more than the box may,
    ``service.not_ready`` when no session is installed, and ``box.rolled_back`` when the box holds
    less than was already shown or sealed (attack B7).
    """

    def __init__(self, database: Database, passphrase: str) -> None:
        check_version(database, SERVICES["box"])
        check_server(database)
        self.close = database.close
        self._store, self._box = BoardStore(database), SqlBox(database)
        raw = self._store.definition()
        if raw is None:
            raise Invalid("service.not_ready", "no session is installed in the box")
        self.board = Board(decode_definition(raw), self._store)
        self._key = self._box.key(passphrase)
        if self._key.public != self.board.definition.box_key:
            raise Invalid("box.wrong_key", "the box key is not the one in the definition")
        self._lock = threading.Lock()
        self._y: Element | None = None
        self._gates: dict[str, Gate] = {}
        self.shown: dict[str, int] = {}
        state = self.board.state
        sealed = {
            one.slot: (one.returned["tablet"], bytes.fromhex(one.root))
            for one in state.rounds.values()
            if one.root is not None
        }
        self._box.check(self._store.shown(), sealed)
        for event in self.board.events:
            self._apply(event)

    @property
    def longest(self) -> int:
        """Bytes of the longest request that any slot may send."""
        return max(s.length for vote in self.board.definition.votes for s in vote.slots)

    def cast(self, body: bytes) -> dict[str, str]:
        """C1–C8 and one durable insert; the receipt as a signed document."""
        slot = slot_of(body.rstrip(b" "))
        gates = self._gates
        known = {s.id for vote in self.board.definition.votes for s in vote.slots}
        if slot in known and slot not in gates:
            raise Invalid("round.not_open", "no vote was opened in this slot")
        receipt = cast(self._box, gates, self._key, body)
        document = receipt_document(receipt.session, receipt.slot, receipt.tracker)
        return document | {"signature": receipt.signature}

    def follow(self, line: bytes) -> None:
        """Take the next event of the registrar's chain, if it may follow."""
        self._apply(self.board.follow(line))

    def head(self) -> dict[str, Any]:
        """Number and digest of the last event; 0 and an empty text before the first."""
        events = self.board.events
        return {"digest": events[-1].digest if events else "", "number": len(events)}

    def halt(self, order: Order) -> tuple[int, str]:
        """Stop a round for good: R and root. Only the presiding officer may (protocol §8)."""
        check_order(self.board.definition, order, "halt_round")
        if order.slot not in self._gates:
            raise Invalid("round.not_open", "this round was not opened on tablets")
        size, root = self._box.halt(order.slot)
        return size, root.hex()

    def fetch(self, order: Order) -> Iterator[bytes]:
        """The envelopes of a halted round in tracker order, for a trustee's device."""
        check_order(self.board.definition, order, "fetch_box")
        return (envelope for _, envelope in self._box.sealed(order.slot))

    def sealed(self, slot: str) -> Iterator[bytes]:
        """The same for the registrar once q trustees have sealed the round: from here on it is
        counted, and nothing in tracker order tells who cast what.
        """
        one = self.board.state.rounds.get(slot)
        quorum = self.board.definition.seal_quorum
        if one is None or not one.tablets or len(one.sealers) < quorum:
            raise Invalid("round.not_sealed", "no sealed box of that slot")
        return (envelope for _, envelope in self._box.sealed(slot))

    def published(self, slot: str) -> Iterator[bytes]:
        """The same for everyone once the round is certified: the record will hold them."""
        one = self.board.state.rounds.get(slot)
        if one is None or not one.certificates or not one.tablets:
            raise Invalid("round.not_certified", "no certified box of that slot")
        return (envelope for _, envelope in self._box.sealed(slot))

    def show(self) -> None:
        """Move the numbers that may be shown to what the box holds now, and keep them."""
        turnout = self._box.turnout()
        self._store.show(turnout)
        self.shown = turnout

    def missing(self) -> list[str]:
        """What keeps the box from its work now, as codes; empty when all is well."""
        try:
            self._box.check(self._store.shown(), {})
        except Invalid as error:
            return [error.code]
        return []

    def _open_gates(self, y: Element) -> dict[str, Gate]:
        """Without the slips that were left over: whoever saw one opened could spoil the box."""
        closed = (one for one in self.board.events if one.kind == "check_in_closed")
        unused = frozenset(slip for one in closed for slip in one.body["unused_slips"])
        gates = open_gates(self.board.state, y)
        return {slot: replace(gate, drawn=gate.drawn - unused) for slot, gate in gates.items()}

    def _apply(self, event: Event) -> None:
        with self._lock:
            if event.kind == "keys_ready":
                self._y = joint_key(self.board.state)
            if event.kind == "round_opened" and event.slot and self._y is not None:
                self._gates = self._open_gates(self._y)
                if event.slot in self._gates:
                    self._box.open(event.slot)
            if event.kind in ("round_closed", "voided") and event.slot in self._gates:
                self._box.halt(event.slot)
