"""The stored box and the one in memory agree on every sequence of casts and halts."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballot.crypto.errors import Invalid
from ballot.polling import Box, MemoryBox
from ballot.store.box import SqlBox
from ballot.store.engine import Database, sqlite_url
from ballot.store.schema import upgrade

RUN = count()
# Few values, so that trackers, credentials and α meet again.
CASTS = st.tuples(
    st.sampled_from("ab"),
    st.integers(0, 5),
    st.integers(0, 3),
    st.lists(st.integers(0, 6), min_size=1, max_size=3, unique=True),
)
Step = str | tuple[str, int, int, list[int]]
STEPS = st.lists(st.one_of(CASTS, st.sampled_from("ab")), max_size=14)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> SqlBox:
    database = Database(sqlite_url(tmp_path_factory.mktemp("box") / "box.db"))
    upgrade(database, ["box"])
    return SqlBox(database)


def put(box: Box, slot: str, tracker: bytes, credential: str, alphas: list[str]) -> str:
    try:
        box.insert(slot, tracker, credential, alphas, tracker * 3)
    except Invalid as error:
        return error.code
    return ""


@given(steps=STEPS)
def test_both_boxes_take_and_refuse_the_same(stored: SqlBox, steps: list[Step]) -> None:
    run, memory = f"run{next(RUN)}-", MemoryBox()
    for slot in "ab":
        stored.open(run + slot)
        memory.set_open(run + slot, True)
    for step in steps:
        if isinstance(step, str):
            memory.set_open(run + step, False)
            assert stored.halt(run + step)[0] == len(memory.sealed(run + step))
            continue
        slot, number, person, numbers = step
        # One envelope is for one slot, so its tracker is too.
        tracker = f"{run}{slot}{number}".encode().ljust(32, b"-")
        cast = (run + slot, tracker, f"c{person}", [f"a{n}" for n in numbers])
        assert put(stored, *cast) == put(memory, *cast)
        assert stored.holds(tracker) == memory.holds(tracker)
        assert stored.spent(run + slot, f"c{person}") == memory.spent(run + slot, f"c{person}")
    for slot in "ab":
        stored.halt(run + slot)
        assert dict(stored.sealed(run + slot)) == memory.sealed(run + slot)
