"""One whole session, from the definition to the public record, event by event.

The script of the standard session: one check-in for all slots, one vote, and a run-off as
long as items are tied and slots are left.
"""

from ballot.crypto.proofs import Random
from ballot.demo import acts
from ballot.demo.defining import make_slot_keys, slot_ids
from ballot.demo.plan import standard_plan
from ballot.demo.rounds import Casting
from ballot.demo.sample import Sample, random_marks
from ballot.demo.stage import Played, Progress, Stage

__all__ = ["Play", "Played"]


class Play(Stage):
    """The session of one sample. ``progress(step, done, total)`` is told of long work."""

    def __init__(self, sample: Sample, group: str, random: Random, progress: Progress) -> None:
        self.sample = sample
        slots = slot_ids("projects")
        total, done = 2 * len(slots), iter(range(1, 1000))
        keys = make_slot_keys(slots, lambda: progress("slot_keys", next(done), total))
        super().__init__(standard_plan(sample, group, tuple(slots)), keys, random, progress)

    def run(self) -> Played:
        """Play everything; returns what the record is written from."""
        present, slots = self.sample.present, self.plan.slots
        acts.adopt(self)
        acts.hold_key_ceremony(self)
        acts.adopt_rules(self, len(present))
        acts.check_in(self, present, slots, self.sample.papers)
        slot = slots[0]
        Casting(self, slot).play(self.sample.tablet_marks, self.sample.paper_sheets)
        while self.board.state.round(slot).tie_open and slot != slots[-1]:
            slot = acts.call_run_off(self, slot)
            self.play_run_off(slot)
        self.conclude(slot)
        acts.publish_record(self)
        return self.played

    def conclude(self, slot: str) -> None:
        """What the presidium says of places that are still open after the last round."""
        state = self.board.state
        if state.round(slot).tie_open:
            acts.settle_tie(self, slot)
        elif state.union(state.vote(slot)).open_places:
            acts.leave_vacancy(self, slot)

    def play_run_off(self, slot: str) -> None:
        """Random ballots by everyone who voted in the first round."""
        casting, sample = Casting(self, slot), self.sample
        items, seats = len(casting.round.items), casting.round.seats

        def marks() -> str:
            return random_marks(sample.style, items, seats, self.random)

        papers = self.board.state.issues[slot].paper
        casting.play(
            [marks() for _ in sample.tablet_marks],
            [(marks(), "unreadable") for _ in range(papers)],
        )
