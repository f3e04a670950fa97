"""Many casts at once, through C1-C8 and one transaction each (attacks B11, B13, B26, E32)."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS
from ballot.crypto.signing import SigningKey
from ballot.polling import Receipt, cast
from ballot.store.box import SqlBox
from ballot.store.engine import Database
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.envelope import pad
from tests.gates import SLOT, make_envelope, make_round, make_wallet, stream

GATE = make_round(GROUPS["Ed25519"], items=1, cap=1).gate
KEY = SigningKey(b"\x01" * 32)


@pytest.fixture
def box(database: Database) -> SqlBox:
    opened = SqlBox(database)
    opened.open(SLOT)
    return opened


@cache
def bodies(count: int) -> list[bytes]:
    """So many ballots of different deputies."""
    return [
        pad(GATE, make_envelope(GATE, "YNA"[n % 3], make_wallet(GATE, n))) for n in range(count)
    ]


def put(box: SqlBox, body: bytes) -> Receipt | str:
    try:
        return cast(box, {SLOT: GATE}, KEY, body)
    except Invalid as error:
        return error.code


def at_once(box: SqlBox, sent: Sequence[bytes]) -> list[Receipt | str]:
    with ThreadPoolExecutor(40) as pool:
        return list(pool.map(lambda body: put(box, body), sent))


def test_two_hundred_posts_of_the_same_bytes_make_one_row_and_equal_receipts(box: SqlBox) -> None:
    found = at_once(box, bodies(1) * 200)
    assert len(set(found)) == 1
    assert isinstance(found[0], Receipt)
    assert box.turnout() == {SLOT: 1}


def test_of_different_bytes_under_one_credential_one_is_taken(box: SqlBox) -> None:
    wallet = make_wallet(GATE, 1)
    sent = [pad(GATE, make_envelope(GATE, "YNA"[n % 3], wallet, b"%032d" % n)) for n in range(200)]
    found = at_once(box, sent)
    assert Counter(found)["token.spent"] == 199
    assert sum(isinstance(one, Receipt) for one in found) == 1
    assert box.turnout() == {SLOT: 1}


def test_one_alpha_under_many_credentials_is_taken_once_and_their_tokens_stay_good(
    box: SqlBox,
) -> None:
    wallets, seed = [make_wallet(GATE, n) for n in range(12)], b"r" * 32
    sent = []
    for wallet in wallets:
        unsigned = encrypt(GATE, "Y", wallet.credential, seed)
        sent.append(pad(GATE, seal_envelope(GATE, unsigned, wallet.s, wallet.token, stream(seed))))
    found = at_once(box, sent)
    assert Counter(found)["ballot.bad_proof"] == 11
    again = at_once(box, bodies(12))
    assert Counter(again)["token.spent"] == 1
    assert box.turnout() == {SLOT: 12}


def test_casts_racing_the_halt_have_their_receipt_and_are_in_the_box_or_neither(
    box: SqlBox,
) -> None:
    sent = bodies(40)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(put, box, body) for body in sent[:25]]
        asked[3].result()
        halted = pool.submit(box.halt, SLOT)
        asked += [pool.submit(put, box, body) for body in sent[25:]]
        found = [one.result() for one in asked]
        size, root = halted.result()
    kept = {tracker.hex() for tracker, _ in box.sealed(SLOT)}
    assert kept == {one.tracker for one in found if isinstance(one, Receipt)}
    assert {one for one in found if isinstance(one, str)} <= {"round.not_open"}
    assert (size, box.halt(SLOT)) == (len(kept), (size, root))
    for body, before in zip(sent, found, strict=True):
        assert put(box, body) == before  # the same answer after the close, too (attack E16)


def test_receipts_are_the_same_after_a_restart(box: SqlBox, database: Database) -> None:
    first = put(box, bodies(1)[0])
    database.close()
    again = Database(database.engine.url.render_as_string(hide_password=False))
    assert put(SqlBox(again), bodies(1)[0]) == first
    again.close()
