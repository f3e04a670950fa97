"""The sealed boxes as the registrar reads them: for the check of a partial decryption, and for
the count (attack A13).

Only a box that q trustees sealed is handed over, in tracker order, so that it tells nothing of
who cast what or when; it is verified here once more, ballot by ballot, and then kept.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from ballot.conduct import BoxCount, read_box
from ballot.crypto.errors import Invalid
from ballot.crypto.threshold import verify_trustees
from ballot.publishing import Board
from ballot.tally import aggregate
from ballot.tally.events import Event
from ballot.tally.polls import gate_of, joint_key
from ballot.web.following import answer_of

_FOLLOWS = 10.0  # seconds that the box may need to hear of the last seal


class Boxes(Protocol):
    """Where sealed boxes are read."""

    def fetch(self, slot: str) -> Iterable[bytes]:
        """The envelopes in tracker order; ``box.away``, or the box's own refusal."""

    def halt(self, order: bytes) -> dict[str, Any]:
        """Pass on the signed order to stop a round; ``returned`` and ``root``, or as above."""


class HttpBoxes:
    """The box service. Used from worker threads; keeps its connection."""

    def __init__(self, client: httpx.Client, secret: str) -> None:
        self._client, self._known = client, {"authorization": f"Bearer {secret}"}

    def fetch(self, slot: str) -> list[bytes]:
        """See :class:`Boxes`; waits for a box that has not heard of the last seal yet."""
        end = time.monotonic() + _FOLLOWS
        while True:
            answer = self._ask("GET", f"/sealed/{slot}", headers=self._known)
            if answer.is_success:
                return answer.content.splitlines()
            try:
                answer_of(answer)
            except Invalid as error:
                if error.code != "round.not_sealed" or time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def halt(self, order: bytes) -> dict[str, Any]:
        """See :class:`Boxes`."""
        json = {"content-type": "application/json"}
        found: dict[str, Any] = answer_of(self._ask("POST", "/orders", content=order, headers=json))
        return found

    def _ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **sent)
        except httpx.HTTPError:
            raise Invalid("box.away", "the box does not answer") from None


class NoBoxes:
    """A registrar without a box."""

    def fetch(self, slot: str) -> list[bytes]:
        """See :class:`Boxes`."""
        raise Invalid("box.away", "no box is known")

    def halt(self, order: bytes) -> dict[str, Any]:
        """See :class:`Boxes`."""
        raise Invalid("box.away", "no box is known")


@dataclass(frozen=True)
class Sealed:
    """A box that was read: its envelopes' bytes, and what they add up to."""

    envelopes: tuple[bytes, ...]
    count: BoxCount


class SealedBoxes:
    """The boxes of a session, each fetched and verified once. Thread-safe; ``boxes`` is where."""

    def __init__(self, board: Board, boxes: Boxes) -> None:
        self._board, self.boxes, self._lock = board, boxes, threading.Lock()
        self._read: dict[str, Sealed] = {}

    def read(self, slot: str) -> Sealed:
        """The box of a round that q trustees sealed.

        Raises ``event.slot``, ``round.not_sealed``, ``seal.mismatch`` for another box than the
        sealed one, and what :meth:`Boxes.fetch` and :func:`ballot.conduct.read_box` raise.
        """
        state = self._board.state
        one = state.round(slot)
        if one.seal is None or len(one.sealers) < state.definition.seal_quorum:
            raise Invalid("round.not_sealed", f"{slot}: {len(one.sealers)} seals")
        with self._lock:
            if slot not in self._read:
                envelopes = tuple(self.boxes.fetch(slot))
                count = read_box(gate_of(state, joint_key(state), slot), envelopes)
                if (count.size, count.root) != (one.seal.size, one.seal.root):
                    raise Invalid("seal.mismatch", f"{slot}: not the box that was sealed")
                self._read[slot] = Sealed(envelopes, count)
            return self._read[slot]

    def check(self, event: Event) -> None:
        """Refuse (``partial.…``) a partial decryption that is none of the sealed sum, so that any
        t others can go on; events of other kinds pass.
        """
        if event.kind != "decrypted" or event.slot is None:
            return
        state = self._board.state
        box = self.read(event.slot).count
        group, election = box.gate.group, box.gate.election
        trustees = verify_trustees(group, (state.trustees or "").encode())
        key = trustees.key_of(event.body["owner"])
        if key is None:
            raise Invalid("partial.owner", str(event.body["owner"]))
        widths = [question.width for question in election.questions]
        partial = aggregate.decode_partial(group, widths, event.body["partial"].encode())
        aggregate.verify_partial(group, election.fingerprint, key, box.sums, partial)
