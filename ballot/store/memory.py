"""A roll in memory, for rehearsals without a server: whoever comes is on it."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ballot.store.presence import CheckIn, Presence


class MemoryRoll:
    """The part of :class:`ballot.store.roll.RollStore` that issuing needs."""

    def __init__(self) -> None:
        self._entries, self._lock = MemoryEntries(), threading.RLock()

    @contextmanager
    def write(self) -> Iterator["MemoryEntries"]:
        """One step that nobody else works beside."""
        with self._lock:
            yield self._entries

    read = write


class MemoryEntries:
    """See :class:`ballot.store.entries.Entries`."""

    def __init__(self) -> None:
        self._check_ins: list[CheckIn] = []
        self._presences: dict[tuple[int, str], Presence] = {}
        self._requests: dict[str, dict[str, bytes]] = {}
        self._answers: dict[str, dict[str, bytes]] = {}

    def is_deputy(self, number: str) -> bool:
        """Nobody is turned away."""
        return bool(number)

    def open_check_in(self, number: int, slots: Iterable[str]) -> None:
        """A check-in begins."""
        if all(one.number != number for one in self._check_ins):
            self._check_ins.append(CheckIn(number, tuple(slots), True))

    def halt_check_in(self, number: int) -> None:
        """Nothing new is issued in this check-in."""
        self._check_ins = [
            CheckIn(one.number, one.slots, one.is_open and one.number != number)
            for one in self._check_ins
        ]

    def check_in(self, slot: str | None = None) -> CheckIn | None:
        """The check-in of a slot; without one the last."""
        for one in reversed(self._check_ins):
            if slot is None or slot in one.slots:
                return one
        return None

    def presence(self, check_in: int, deputy: str) -> Presence | None:
        """How the deputy is here, if at all."""
        return self._presences.get((check_in, deputy))

    def put_presence(self, presence: Presence) -> None:
        """Keep how the deputy is here now."""
        self._presences[presence.check_in, presence.deputy] = presence

    def presences(self, check_in: int) -> list[Presence]:
        """Everyone who is here."""
        return [one for one in self._presences.values() if one.check_in == check_in]

    def requests(self, deputy: str) -> dict[str, bytes]:
        """What was asked for the deputy, by slot."""
        return dict(self._requests.get(deputy, {}))

    def add_requests(self, deputy: str, requests: Mapping[str, bytes]) -> None:
        """Keep requests."""
        self._requests.setdefault(deputy, {}).update(requests)

    def pending(self, slots: Sequence[str]) -> list[tuple[str, dict[str, bytes]]]:
        """(deputy, requests by slot) of everyone who has no answer yet."""
        found = []
        for deputy, requests in self._requests.items():
            open_ones = {
                slot: data
                for slot, data in requests.items()
                if slot in slots and slot not in self._answers.get(deputy, {})
            }
            if open_ones:
                found.append((deputy, open_ones))
        return found

    def answers(self, deputy: str) -> dict[str, bytes]:
        """What was answered for the deputy, by slot."""
        return dict(self._answers.get(deputy, {}))

    def add_answers(self, deputy: str, answers: Mapping[str, bytes]) -> None:
        """Keep answers."""
        self._answers.setdefault(deputy, {}).update(answers)

    def answered(self, slots: Sequence[str]) -> dict[str, int]:
        """Tokens issued, by slot."""
        rows = self._answers.values()
        return {slot: sum(slot in answers for answers in rows) for slot in slots}
