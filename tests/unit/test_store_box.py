"""The box in a database: what it takes, what it refuses, what is left of it after the halt."""

import secrets

import pytest

from ballot.crypto import merkle
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import SigningKey
from ballot.store import box as box_module
from ballot.store.board import BoardStore
from ballot.store.box import SqlBox
from ballot.store.engine import Database

Cast = tuple[str, bytes, str, list[str], bytes]


@pytest.fixture
def box(database: Database) -> SqlBox:
    opened = SqlBox(database)
    opened.open("a")
    return opened


def a_cast(slot: str = "a", alphas: int = 3) -> Cast:
    token = secrets.token_bytes
    fresh = [token(32).hex() for _ in range(alphas)]
    return slot, token(32), token(32).hex(), fresh, token(200)


def refused(box: SqlBox, cast: Cast, code: str) -> None:
    before = box.turnout()
    with pytest.raises(Invalid) as caught:
        box.insert(*cast)
    assert caught.value.code == code
    assert box.turnout() == before


def test_an_envelope_is_there_once_it_was_taken(box: SqlBox) -> None:
    slot, tracker, credential, alphas, envelope = cast = a_cast()
    assert not box.holds(tracker)
    box.insert(*cast)
    box.insert(*cast)
    assert box.holds(tracker)
    assert box.spent(slot, credential)
    assert not box.spent("b", credential)
    assert box.turnout() == {"a": 1}
    assert alphas
    assert box.halt("a")[0] == 1
    assert list(box.sealed("a")) == [(tracker, envelope)]


def test_a_credential_and_an_alpha_stand_once_per_slot(box: SqlBox) -> None:
    box.open("b")
    slot, tracker, credential, alphas, envelope = first = a_cast()
    box.insert(*first)
    other = a_cast()
    refused(box, (slot, other[1], credential, other[3], envelope), "token.spent")
    refused(box, (slot, other[1], other[2], [other[3][0], alphas[2]], envelope), "ballot.bad_proof")
    box.insert(*other)  # a refusal used nothing up
    box.insert("b", bytes(32), credential, alphas, envelope)
    assert box.turnout() == {"a": 2, "b": 1}
    assert box.holds(tracker)


def test_a_closed_slot_takes_nothing_and_is_never_opened_again(box: SqlBox) -> None:
    refused(box, a_cast("unknown"), "round.not_open")
    kept = a_cast()
    box.insert(*kept)
    size, root = box.halt("a")
    assert (size, root) == (1, merkle.sorted_root([kept[1]]))
    assert not box.is_open("a")
    box.open("a")
    assert not box.is_open("a")
    refused(box, a_cast(), "round.not_open")
    box.insert(*kept)  # taken before the halt: its sender hears so, whatever is open now
    assert box.halt("a") == (size, root)


def test_a_round_without_ballots_and_one_never_opened_are_halted_empty(box: SqlBox) -> None:
    assert box.halt("a") == (0, merkle.root([]))
    assert box.halt("later") == (0, merkle.root([]))
    box.open("later")
    assert not box.is_open("later")
    assert list(box.sealed("later")) == []


def test_the_sealed_box_is_read_in_tracker_order_and_only_after_the_halt(
    box: SqlBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box_module, "_PAGE", 7)
    box.open("b")
    for size in (6, 7, 8, 14):
        slot = f"slot-{size}"
        box.open(slot)
        casts = [a_cast(slot) for _ in range(size)]
        for cast in casts:
            box.insert(*cast)
        with pytest.raises(Invalid, match=r"round\.still_open"):
            box.sealed(slot)
        count, root = box.halt(slot)
        found = list(box.sealed(slot))
        assert found == sorted((cast[1], cast[4]) for cast in casts)
        assert (count, root) == (size, merkle.sorted_root(tracker for tracker, _ in found))


def test_no_alpha_of_a_halted_round_is_kept_and_those_of_an_open_one_are(
    box: SqlBox, database: Database
) -> None:
    box.open("b")
    first, second = a_cast(), a_cast("b")
    box.insert(*first)
    box.insert(*second)
    box.halt("a")
    with database.read() as session:
        rows = session.connection().exec_driver_sql("SELECT slot, alpha FROM alpha ORDER BY alpha")
        assert rows.all() == [("b", alpha) for alpha in sorted(second[3])]
    refused(box, ("b", bytes(32), "other", second[3][:1], b""), "ballot.bad_proof")


def test_a_halt_that_was_interrupted_is_finished_by_the_next(
    box: SqlBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.insert(*a_cast())

    def fail(self: SqlBox) -> None:
        raise Invalid("store.unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(SqlBox, "_rewrite", fail)
        with pytest.raises(Invalid):
            box.halt("a")
    refused(box, a_cast(), "round.not_open")
    assert box.halt("a")[0] == 1


def test_a_box_with_less_than_was_shown_or_closed_is_refused(
    box: SqlBox, database: Database
) -> None:
    for _ in range(3):
        box.insert(*a_cast())
    board = BoardStore(database)
    board.show(box.turnout())
    box.check(board.shown(), {})
    with pytest.raises(Invalid, match=r"box\.rolled_back"):
        box.check({"a": 4}, {})
    with pytest.raises(Invalid, match=r"box\.rolled_back"):
        box.check({"b": 1}, {})
    sealed = box.halt("a")
    box.check({"a": 3}, {"a": sealed})
    for stated in ((2, sealed[1]), (3, bytes(32))):
        with pytest.raises(Invalid, match=r"box\.rolled_back"):
            box.check({}, {"a": stated})
    with pytest.raises(Invalid, match=r"box\.rolled_back"):
        board.show({"a": 2})
    assert board.shown() == {"a": 3}


def test_the_key_of_the_receipts_is_encrypted_and_set_once(box: SqlBox, database: Database) -> None:
    key = SigningKey(b"k" * 32)
    with pytest.raises(Invalid, match=r"store\.no_key"):
        box.key("secret")
    box.put_key(key, "secret", secrets.token_bytes)
    assert box.key("secret") == key
    with pytest.raises(Invalid, match=r"key\.passphrase"):
        box.key("other")
    with pytest.raises(Invalid, match=r"store\.key_exists"):
        box.put_key(SigningKey(b"l" * 32), "secret", secrets.token_bytes)
    with database.read() as session:
        data = session.connection().exec_driver_sql("SELECT key_file FROM box_key").scalar_one()
        assert key.seed.hex().encode() not in bytes(data)
