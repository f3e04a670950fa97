"""One root per round, ever (attacks E2, E22)."""

from typing import Any

import pytest

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.tally.state import Seal
from ballot.trustee.journal import Entry, Journal, decode, encode, from_events, under_way
from tests.sessions import FINGERPRINT, NOTHING, TABLETS, at

SESSION, OTHER_ROOT = "a" * 64, "1" * 64
MINE = Seal(FINGERPRINT, 3, NOTHING)
EMPTY = Journal(SESSION, "scrutineer-1")
SEALED = EMPTY.admit("projects-1", MINE, "2025-01-16T02:42Z")


def code(run: Any) -> str:
    with pytest.raises(Invalid) as caught:
        run()
    return caught.value.code


@pytest.mark.parametrize(
    "other",
    [
        Seal(FINGERPRINT, 3, OTHER_ROOT),
        Seal(FINGERPRINT, 4, NOTHING),
        Seal("B" + FINGERPRINT[1:], 3, NOTHING),
    ],
)
@pytest.mark.parametrize("minute", [None, "2025-01-16T02:43Z"])
def test_a_second_root_is_refused_and_both_are_shown(other: Seal, minute: str | None) -> None:
    with pytest.raises(Invalid) as caught:
        SEALED.admit("projects-1", other, minute)
    assert caught.value.code == "seal.second"
    assert NOTHING in caught.value.detail
    assert other.root in caught.value.detail


def test_the_same_root_again_changes_nothing_and_keeps_its_minute() -> None:
    assert SEALED.admit("projects-1", MINE, "2025-01-16T09:00Z") == SEALED
    assert SEALED.admit("projects-1", MINE, None) == SEALED
    assert SEALED.admit("projects-2", Seal(FINGERPRINT, 1, OTHER_ROOT), None).entry("projects-2")


def test_a_box_decrypted_first_can_be_sealed_later_but_no_other() -> None:
    opened = EMPTY.admit("projects-1", MINE, None)
    sealed = opened.admit("projects-1", MINE, "2025-01-16T02:42Z")
    assert sealed == SEALED
    assert code(lambda: opened.admit("projects-1", Seal(FINGERPRINT, 3, OTHER_ROOT), None)) == (
        "seal.second"
    )


def test_a_round_under_way_at_the_restoration_is_never_sealed() -> None:
    restored = Journal(SESSION, "scrutineer-1", ("projects-1",))
    assert code(lambda: restored.require_may_seal("projects-1")) == "seal.restored"
    restored.require_may_seal("projects-2")
    EMPTY.require_may_seal("projects-1")


def test_rounds_that_were_opened_are_under_way_until_the_end() -> None:
    assert under_way(at("issued").state) == ()
    for stage in ("open", "closed", "sealed", "certified"):
        assert under_way(at(stage).state) == ("projects-1",)


def test_the_events_tell_what_a_lost_journal_knew() -> None:
    state = at("sealed").state
    mine = Journal(state.session, "scrutineer-1")
    assert from_events(mine, state).rounds == (
        Entry("projects-1", FINGERPRINT, TABLETS, NOTHING, None),
    )
    assert from_events(Journal(state.session, "scrutineer-5"), state).rounds == ()
    other = mine.admit("projects-1", Seal(FINGERPRINT, 3, OTHER_ROOT), None)
    assert code(lambda: from_events(other, state)) == "seal.second"


def test_a_journal_is_read_as_it_was_written() -> None:
    restored = Journal(SESSION, "scrutineer-1", ("motion-1",), SEALED.rounds)
    for journal in (EMPTY, SEALED, restored):
        assert decode(encode(journal), SESSION, "scrutineer-1") == journal


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"version": 2},
        {"session": "b" * 64},
        {"owner": "scrutineer-2"},
        {"restored": "projects-1"},
        {"restored": ["Projects 1"]},
        {"rounds": [{}]},
        {"rounds": loads(encode(SEALED))["rounds"] * 2},
        {"more": 1},
    ],
)
def test_a_journal_that_was_altered_is_not_believed(change: dict[str, Any]) -> None:
    data = dumps({**loads(encode(SEALED)), **change})
    assert code(lambda: decode(data, SESSION, "scrutineer-1")) == "seal.journal"
    assert code(lambda: decode(data[:-1], SESSION, "scrutineer-1")) == "seal.journal"
