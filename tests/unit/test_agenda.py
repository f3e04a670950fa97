"""The agenda agrees with the lifecycle: whatever happened was on it just before."""

import pytest

from ballot.tally.agenda import steps
from ballot.tally.lifecycle import advance, initial
from tests import plays
from tests.records import played


@pytest.mark.parametrize("name", sorted(plays.SCRIPTS))
def test_every_event_of_a_session_was_on_the_agenda(name: str) -> None:
    stage = played(name)
    state = initial(stage.definition)
    for event in stage.board.events:
        agenda = {(step.kind, step.slot): step for step in steps(state)}
        assert (event.kind, event.slot) in agenda, (event.number, sorted(map(str, agenda)))
        found = agenda[event.kind, event.slot]
        assert {s.role for s in event.signatures} == set(found.signers)
        assert sum(step.weight == "next" for step in agenda.values()) <= 1
        state = advance(state, event)
    assert {step.kind for step in steps(state)} == {"objection"}


def test_the_usual_way_of_a_usual_session_is_always_the_next_step() -> None:
    stage = played("three_way")
    state = initial(stage.definition)
    for event in stage.board.events:
        following = [step for step in steps(state) if step.weight == "next"]
        assert [(step.kind, step.slot) for step in following] == [(event.kind, event.slot)]
        state = advance(state, event)
