"""Drafts hold what follows from the events, and ask people for nothing that does."""

from typing import Any

import pytest

from ballot.crypto.errors import Invalid
from ballot.tally.drafts import GIVEN, body_of
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import Event
from ballot.tally.lifecycle import advance, initial
from tests import plays
from tests.records import played


def given(event: Event) -> dict[str, Any]:
    """What people added to an event."""
    names = GIVEN.get(event.kind, ())
    found = {name: event.body[name] for name in names if name != "papers"}
    if "papers" in names:
        paper = event.body["paper"]
        found["papers"] = paper["returned"] if paper else 0
    return found


@pytest.mark.parametrize("name", sorted(plays.SCRIPTS))
def test_every_body_follows_from_the_events_and_what_people_add(name: str) -> None:
    stage = played(name)
    state = initial(stage.definition)
    for event in stage.board.events:
        made = body_of(state, event.kind, event.slot, given(event))
        assert (event.kind, made) == (event.kind, event.body)
        state = advance(state, event)


def test_only_what_a_kind_wants_is_taken() -> None:
    state = initial(played("three_way").definition)
    for kind, extra in (("adopted", {"text": "x"}), ("objection", {}), ("objection", {"note": ""})):
        with pytest.raises(Invalid, match=r"draft\.given"):
            body_of(state, kind, None, extra)
    assert GIVEN.keys() <= KINDS.keys()


def test_what_has_not_happened_is_not_drafted() -> None:
    state, slot = initial(played("three_way").definition), "projects-1"
    for kind, extra in (
        ("round_opened", {"present": 12, "issued_paper": None}),
        ("sealed", {}),
        ("run_off_called", {}),
        ("revote_called", {}),
        ("vacancy_left", {}),
        ("published", {}),
    ):
        with pytest.raises(Invalid, match=r"draft\.too_early"):
            body_of(state, kind, slot, extra)
