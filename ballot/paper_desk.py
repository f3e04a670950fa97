"""Counting the papers of a round: two people enter it, neither sees the other's numbers before
both are in, and what is equal becomes the draft of PaperCounted (counting rules §8).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.paper_entry import (
    Difference,
    Numbers,
    Pile,
    add_sheet,
    differences,
    doubts,
    empty_pile,
    fields_of,
    given_of,
    numbers_of,
    take_back,
)
from ballot.signing_room import Proposal, SigningRoom
from ballot.store.paper import CountOf, PaperEntry, PaperStore
from ballot.tally.agenda import steps
from ballot.tally.marks import Sheet
from ballot.tally.session import Vote
from ballot.tally.signatories import holds
from ballot.tally.state import Round
from ballot.waiting import role_to_propose

KIND = "paper_counted"
COUNTERS = ("teller", "scrutineer")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a count stands, as one official may see it. ``entered``: whose entries are in; ``own``:
    the official's. What both counted is in ``differs`` and ``agreed`` only once both are in.
    """

    vote: Vote
    round: Round
    entered: tuple[str, ...] = ()
    own: Numbers | None = None
    differs: tuple[Difference, ...] = ()
    agreed: Numbers | None = None
    draft: str | None = None

    @property
    def unchanged(self) -> bool:
        """Both counted what the signed sheet says already."""
        sheet = self.round.paper
        known = sheet and numbers_of(self.vote, self.round, sheet)
        return self.agreed is not None and self.agreed == known


class PaperDesk:
    """The counts of a session's papers. Several people may enter at once."""

    def __init__(self, room: SigningRoom, store: PaperStore) -> None:
        self._room, self._store = room, store

    def rounds(self) -> list[Round]:
        """The closed rounds in which papers were handed out."""
        self._room.board.refresh()
        found = self._room.board.state.rounds.values()
        return [one for one in found if one.closed and one.issued.get("paper")]

    def may_count(self, one: Round) -> bool:
        """Whether a sheet, or a corrected one, can follow now."""
        found = steps(self._room.board.state)
        return not one.surplus and any(s.kind == KIND and s.slot == one.slot for s in found)

    def standing(self, slot: str, official: str) -> Standing:
        """How the count stands for that official. Raises ``paper.not_here``."""
        vote, one = self._round(slot)
        with self._store.read(self._of(one)) as entries:
            known = _current(entries.all())
        return self._seen(vote, one, known, official)

    def enter(
        self, slot: str, official: str, numbers: Numbers, roles: Collection[str], minute: str
    ) -> Standing:
        """Put in one's count, or put it right; the second of two equal ones proposes the sheet.

        Raises ``paper.not_here``, ``paper.not_now``, ``paper.not_named`` for who is not a teller or
        scrutineer of the definition, ``paper.taken`` when two others have counted,
        ``paper.doubtful`` for what cannot be right, and as :meth:`SigningRoom.propose`.
        """
        vote, one = self._counting(slot, official)
        if any(doubts(vote, one, numbers)):
            raise Invalid("paper.doubtful", "the numbers contradict themselves or the close")
        with self._store.write(self._of(one)) as entries:
            known = _current(entries.all())
            if len(set(known) - {official}) > 1:
                raise Invalid("paper.taken", "two others have counted")
            if known.get(official) != numbers:
                entries.add(official, dumps(dict(numbers)), official)
            entries.put_pile(official, None)
            known[official] = numbers
        self._withdraw_others(slot, given_of(vote, one, numbers), official)
        seen = self._seen(vote, one, known, official)
        if seen.agreed is None or seen.unchanged or seen.draft:
            return seen
        return replace(seen, draft=self.propose(slot, official, roles, minute).digest)

    def propose(self, slot: str, official: str, roles: Collection[str], minute: str) -> Proposal:
        """Put what both counted on the table. Raises ``paper.not_agreed`` and as :meth:`enter`."""
        vote, one = self._counting(slot, official)
        agreed = self.standing(slot, official).agreed
        if agreed is None:
            raise Invalid("paper.not_agreed", "two equal counts are needed")
        role = role_to_propose(self._room.board.definition, official, roles, KIND)
        given = given_of(vote, one, agreed)
        return self._room.propose(KIND, slot, given, minute, (official, role))

    def set_aside(self, slot: str, official: str, by: str) -> None:
        """Free the place of somebody who cannot go on; what was entered is kept.

        Raises ``paper.not_here`` and ``paper.not_now``.
        """
        _, one = self._open(slot)
        with self._store.write(self._of(one)) as entries:
            if official in _current(entries.all()):
                entries.add(official, None, by)
                entries.put_pile(official, None)

    # Sheet by sheet: nobody's but the official's own until it is put in.

    def pile(self, slot: str, official: str) -> Pile | None:
        """What the official has counted so far, if anything. Raises ``paper.not_here``."""
        _, one = self._round(slot)
        with self._store.read(self._of(one)) as entries:
            return _read_pile(entries.pile(official))

    def add(self, slot: str, official: str, number: int, sheet: Sheet) -> Pile:
        """Count the sheet after the first ``number``; the same sent twice counts once.

        Raises as :meth:`enter`, and what :func:`ballot.paper_entry.add_sheet` raises.
        """
        return self._change(slot, official, number, sheet)

    def back(self, slot: str, official: str, number: int) -> Pile:
        """Take back the last of ``number`` sheets. Raises as :meth:`enter`."""
        return self._change(slot, official, number, None)

    def _change(self, slot: str, official: str, number: int, sheet: Sheet | None) -> Pile:
        vote, one = self._counting(slot, official)
        with self._store.write(self._of(one)) as entries:
            pile = _read_pile(entries.pile(official)) or empty_pile(vote, one)
            if pile.numbers["returned"] == number:
                pile = add_sheet(vote, one, pile, sheet) if sheet else take_back(vote, one, pile)
                entries.put_pile(official, _write_pile(pile))
        return pile

    def _seen(
        self, vote: Vote, one: Round, known: Mapping[str, Numbers], official: str
    ) -> Standing:
        seen = Standing(vote=vote, round=one, entered=tuple(known), own=known.get(official))
        if len(known) < 2:
            return seen
        first, second = known.values()
        found = tuple(differences(fields_of(vote, one), first, second))
        if found:
            return replace(seen, differs=found)
        given = given_of(vote, one, first)
        drafts = (d for d in self._drafts(one.slot) if d.event.body | given == d.event.body)
        return replace(seen, agreed=first, draft=next((d.digest for d in drafts), None))

    def _withdraw_others(self, slot: str, given: dict[str, Any], official: str) -> None:
        """A sheet that one of the two no longer counts is taken off the table."""
        for one in self._drafts(slot):
            if one.event.body | given != one.event.body:
                self._room.withdraw(one.digest, official, {one.role})

    def _drafts(self, slot: str) -> list[Proposal]:
        open_ones = (one for one in self._room.proposals() if one.state == "open")
        return [one for one in open_ones if (one.event.kind, one.event.slot) == (KIND, slot)]

    def _of(self, one: Round) -> CountOf:
        return CountOf(self._room.board.state.session, one.slot, one.paper_event or "")

    def _round(self, slot: str) -> tuple[Vote, Round]:
        for one in self.rounds():
            if one.slot == slot:
                return self._room.board.state.vote(slot), one
        raise Invalid("paper.not_here", "no closed round in which papers were handed out")

    def _open(self, slot: str) -> tuple[Vote, Round]:
        vote, one = self._round(slot)
        if not self.may_count(one):
            raise Invalid("paper.not_now", "the round is void, or what follows is settled")
        return vote, one

    def _counting(self, slot: str, official: str) -> tuple[Vote, Round]:
        found = self._open(slot)
        if not any(holds(self._room.board.definition, official, role) for role in COUNTERS):
            raise Invalid("paper.not_named", f"{official} is no teller and no scrutineer")
        return found


def _current(entries: list[PaperEntry]) -> dict[str, Numbers]:
    """Whose count stands now: the last entry of each, unless it was set aside."""
    found: dict[str, Numbers] = {}
    for entry in entries:
        found.pop(entry.official, None)
        if entry.numbers is not None:
            found[entry.official] = loads(entry.numbers)
    return found


def _read_pile(content: bytes | None) -> Pile | None:
    if content is None:
        return None
    value = loads(content)
    last = value["last"] and Sheet(value["last"]["marks"], value["last"]["void"])
    return Pile(value["numbers"], last)


def _write_pile(pile: Pile) -> bytes:
    last = pile.last and {"marks": pile.last.marks, "void": pile.last.void}
    return dumps({"last": last, "numbers": dict(pile.numbers)})
