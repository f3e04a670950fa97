"""The simulated deputies of a walk: they come when the check-in opens and vote when a round does,
each on a tablet of their own, or with a paper sheet. Some places are left to whoever watches.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ballot.demo.desk import Wallet
from ballot.demo.hosting import Hosted
from ballot.demo.papers import Papers
from ballot.demo.remote import RemoteBoard, cast, check_in, patiently
from ballot.demo.sample import Sample, random_marks
from ballot.tally.polls import gate_of, joint_key
from ballot.tally.session import Vote
from ballot.tally.state import Round

GUESTS = 2

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Guest:
    """A deputy whom whoever watches may be: ``code`` is the pass."""

    deputy: str
    name: str
    code: str


class Deputies:
    """Everybody on the sample's roll, in one session."""

    def __init__(self, sample: Sample, services: Hosted, progress: Progress) -> None:
        self._sample, self._services, self._progress = sample, services, progress
        self._wallets: dict[str, list[Wallet]] = {}
        self._came: set[tuple[str, ...]] = set()
        self._voted: set[str] = set()
        self._sheets: dict[str, Papers] = {}
        self.guests: tuple[Guest, ...] = ()

    @property
    def present(self) -> int:
        """How many the sample says are here."""
        return len(self._sample.present)

    def come(self, board: RemoteBoard) -> bool:
        """Check everybody in who is present in the sample, once for every check-in."""
        slots = tuple(board.state.check_in)
        if not slots or slots in self._came:
            return False
        self._came.add(slots)
        sample, registrar = self._sample, self._services.hallway.service.registrar
        absent = [one for one in sample.deputies if one not in sample.present]
        self.guests = tuple(
            Guest(one, sample.names[one], registrar.grant(one)) for one in absent[:GUESTS]
        )
        for i, deputy in enumerate(sample.present, 1):
            if i <= sample.papers:
                self._take_paper(deputy)
            else:
                code = registrar.grant(deputy)
                drawn = check_in(
                    board.definition, self._services.registrar, code, slots, secrets.token_bytes
                )
                for slot, wallet in drawn.items():
                    self._wallets.setdefault(slot, []).append(wallet)
            self._progress("check_in", i, len(sample.present))
        return True

    def vote(self, board: RemoteBoard) -> bool:
        """Everybody casts in the round that is open, once."""
        slot = next((one.slot for one in board.state.rounds.values() if one.is_open), None)
        if slot is None or slot in self._voted:
            return False
        self._voted.add(slot)
        box, state = self._services.box, board.state
        if state.round(slot).tablets:
            while box.get("/head").json()["number"] < state.number:
                time.sleep(0.1)
            gate = gate_of(state, joint_key(state), slot)
            wallets = self._wallets.get(slot, [])
            ballots = list(zip(self._marks(board, slot), wallets, strict=False))
            for i, (marks, wallet) in enumerate(ballots, 1):
                cast(board.definition, box, gate, marks, wallet, secrets.token_bytes)
                self._progress("cast", i, len(ballots))
        return True

    def sheets(self, board: RemoteBoard, slot: str) -> Papers:
        """What lies in the paper box of a round that everybody voted in."""
        if slot not in self._sheets:
            issued = board.state.round(slot).issued.get("paper") or 0
            first = slot == board.state.vote(slot).slots[0].id
            if first and len(self._sample.paper_sheets) <= issued:
                self._sheets[slot] = self._sample.paper_sheets
            else:
                marks = self._random(board, slot)
                self._sheets[slot] = [(next(marks), "unreadable") for _ in range(issued)]
        return self._sheets[slot]

    def in_boxes(self, board: RemoteBoard) -> list[tuple[Vote, Round, Papers]]:
        """The papers of every round that is closed and not yet counted, for whoever counts
        them.
        """
        return [
            (board.state.vote(one.slot), one, self.sheets(board, one.slot))
            for one in board.state.rounds.values()
            if one.closed and one.issued.get("paper")
        ]

    def _marks(self, board: RemoteBoard, slot: str) -> Iterator[str]:
        """The sample's own marks in the first round; later ones are random."""
        if slot == board.state.vote(slot).slots[0].id:
            return iter(self._sample.tablet_marks)
        return self._random(board, slot)

    def _random(self, board: RemoteBoard, slot: str) -> Iterator[str]:
        one, style = board.state.round(slot), board.state.vote(slot).style
        while True:
            yield random_marks(style, len(one.items), one.seats, secrets.token_bytes)

    def _take_paper(self, deputy: str) -> None:
        patiently(lambda: self._services.take_paper(deputy))
