"""From one round to the next, and the union of all. Counting rules §6.

Here items are named by their ids, because positions change from ballot to ballot.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ballot.crypto.errors import Invalid
from ballot.tally.outcome import Selection


@dataclass(frozen=True)
class Round:
    """A certified round: its items in ballot order and its outcome."""

    items: tuple[str, ...]
    outcome: Selection

    def named(self, positions: Sequence[int]) -> tuple[str, ...]:
        """The ids at ``positions`` of this round's ballot."""
        return tuple(self.items[i] for i in positions)

    @property
    def elected(self) -> tuple[str, ...]:
        """Elected ids, most approvals first."""
        return self.named(self.outcome.elected)

    @property
    def tied(self) -> tuple[str, ...]:
        """Ids tied at the cut, in ballot order: the items of the run-off, or of whatever the
        presidium decides after a second tie.
        """
        return self.named(self.outcome.runoff or self.outcome.second_tie)

    @property
    def tied_places(self) -> int:
        """The open places, all of them, that the tied items compete for."""
        return self.outcome.runoff_seats or self.outcome.second_tie_seats


@dataclass(frozen=True)
class Lots:
    """A second tie settled by lots (抽签): the ids drawn, for the open places of ``parent``."""

    parent: Round
    drawn: tuple[str, ...]


@dataclass(frozen=True)
class Union:
    """The result of a vote: what its rounds elected, in the order of the rounds, and the
    places still open.
    """

    elected: tuple[str, ...]
    open_places: int


def union_of_rounds(seats: int, rounds: Sequence[Round | Lots]) -> Union:
    """The union of what the rounds of one vote (and lots) elected, at most ``seats`` items.

    Raises ``round.elected_twice``, ``round.over_seats``, and for lots ``round.wrong_lots``.
    """
    elected: list[str] = []
    for entry in rounds:
        if isinstance(entry, Lots):
            require_lots(entry)
        found = entry.drawn if isinstance(entry, Lots) else entry.elected
        for item in found:
            if item in elected:
                raise Invalid("round.elected_twice", item)
        elected += found
    if len(elected) > seats:
        raise Invalid("round.over_seats", f"{len(elected)} elected for {seats} places")
    return Union(tuple(elected), seats - len(elected))


def require_lots(lots: Lots) -> None:
    """Lots settle a second tie only, and fill exactly its open places from the tied items."""
    tied, places = lots.parent.named(lots.parent.outcome.second_tie), lots.parent.tied_places
    if not tied or len(set(lots.drawn)) != places or len(lots.drawn) != places:
        raise Invalid("round.wrong_lots", f"{len(lots.drawn)} drawn for {places} places")
    for item in lots.drawn:
        if item not in tied:
            raise Invalid("round.wrong_lots", f"{item} is not tied")


def require_run_off(parent: Round, items: tuple[str, ...], places: int) -> None:
    """A run-off is on exactly the tied items, in ballot order, for exactly the open places of
    its parent; also when the presidium has a second tie voted again (再投一次).

    Raises ``round.wrong_items`` or ``round.wrong_places``.
    """
    if not parent.tied:
        raise Invalid("round.wrong_items", "nothing is tied in the parent round")
    _require(items, parent.tied, places, parent.tied_places)


def require_revote(
    parent_items: tuple[str, ...], parent_places: int, items: tuple[str, ...], places: int
) -> None:
    """A repeated vote (重新投票), after a round that was void or failed participation, has
    the same list and places; raises as :func:`require_run_off`.
    """
    _require(items, parent_items, places, parent_places)


def require_second_vote(
    all_items: tuple[str, ...], so_far: Union, items: tuple[str, ...], places: int
) -> None:
    """A second vote (另行票决) is on projects not elected, in ballot order, as many or as few
    as decided, for all the places still open; raises as :func:`require_run_off`.
    """
    if not items:
        raise Invalid("round.wrong_items", "no item")
    for item in items:
        if item in so_far.elected:
            raise Invalid("round.wrong_items", f"{item} is already elected")
    chosen = set(items)
    _require(items, tuple(i for i in all_items if i in chosen), places, so_far.open_places)
    if places < 1:
        raise Invalid("round.wrong_places", "no place is open")


def _require(
    items: tuple[str, ...], wanted: tuple[str, ...], places: int, open_places: int
) -> None:
    if items != wanted:
        raise Invalid("round.wrong_items", f"items {', '.join(items)}; due {', '.join(wanted)}")
    if places != open_places:
        raise Invalid("round.wrong_places", f"{places} places; due {open_places}")
