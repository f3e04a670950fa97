"""Roll and slot keys in a database; issuing over a roll in memory and over a stored one."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ballot.crypto import blind, keyfile
from ballot.crypto.errors import Invalid
from ballot.issuing import Roll, Signer, check_keys
from ballot.store.engine import Database, sqlite_url
from ballot.store.memory import MemoryRoll
from ballot.store.presence import Deputy
from ballot.store.roll import RollStore
from ballot.store.schema import upgrade
from ballot.store.vault import Vault
from tests.desks import DEPUTIES, SALT, SLOTS, closed, opened, the_definition
from tests.slotkeys import CLERK, SCRUTINEERS

KEYS = {"projects-1": CLERK, "projects-2": SCRUTINEERS}


def refused(code: str, call: Callable[..., object], *arguments: object) -> None:
    with pytest.raises(Invalid) as caught:
        call(*arguments)
    assert caught.value.code == code


def request(slot: str = "projects-1") -> bytes:
    return blind.blind(KEYS[slot].public, secrets.token_bytes(32), secrets.token_bytes).request


# The roll.


def test_a_roll_is_put_once(database: Database) -> None:
    roll = RollStore(database)
    refused("store.no_roll", roll.salt)
    refused("roll.twice", roll.put_roll, [*DEPUTIES, DEPUTIES[0]], SALT)
    assert roll.deputies() == []
    roll.put_roll(reversed(DEPUTIES), SALT)
    roll.put_roll(DEPUTIES, SALT)
    assert (roll.deputies(), roll.salt()) == (DEPUTIES, SALT)
    refused("store.roll_exists", roll.put_roll, DEPUTIES, bytes(32))
    refused("store.roll_exists", roll.put_roll, DEPUTIES[1:], SALT)


def test_a_roll_of_twenty_five_thousand_fits(database: Database) -> None:
    many = [Deputy(f"{n:05d}", f"代表{n}") for n in range(25_000)]
    roll = RollStore(database)
    roll.put_roll(many, SALT)
    assert roll.deputies() == many


# Slot keys at rest.


def test_slot_keys_are_encrypted_and_open_with_the_passphrase(
    database: Database, tmp_path: Path
) -> None:
    roll = RollStore(database)
    refused("store.no_key", roll.keys, "secret")
    roll.put_keys("clerk", KEYS, "secret", secrets.token_bytes)
    assert roll.keys("secret") == KEYS
    refused("key.passphrase", roll.keys, "Secret")
    refused("store.key_exists", roll.put_keys, "clerk", KEYS, "secret", secrets.token_bytes)
    with database.read() as session:
        rows = session.connection().exec_driver_sql("SELECT key_file FROM vault").all()
        rows = [*rows, *session.connection().exec_driver_sql("SELECT sealed FROM slot_key").all()]
    stored = b"".join(bytes(row[0]) for row in rows)
    for path in tmp_path.iterdir():
        stored += path.read_bytes()
    for key in KEYS.values():
        for prime in (key.p, key.q):
            assert prime.to_bytes(192, "big") not in stored
            assert f"{prime:x}".encode() not in stored


def test_a_vaults_secrets_cannot_be_exchanged_or_altered() -> None:
    vault, data = Vault.make("clerk", "secret", secrets.token_bytes)
    assert keyfile.read_header(data).owner == "clerk"
    sealed = vault.seal("a", "public", b"hidden", secrets.token_bytes)
    assert Vault.open(data, "secret").unseal("a", "public", sealed) == b"hidden"
    refused("key.damaged", vault.unseal, "b", "public", sealed)
    refused("key.damaged", vault.unseal, "a", "other", sealed)
    refused("key.damaged", Vault("scrutineers", vault.data_key).unseal, "a", "public", sealed)
    refused("key.damaged", vault.unseal, "a", "public", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    refused("key.damaged", vault.unseal, "a", "public", b"")


def test_keys_must_be_the_definitions() -> None:
    every = {slot.id: CLERK for vote in the_definition().votes for slot in vote.slots}
    check_keys(the_definition(), "clerk", every)
    refused("signer.wrong_key", check_keys, the_definition(), "scrutineers", every)
    refused("signer.wrong_key", check_keys, the_definition(), "nobody", every)
    refused("signer.wrong_key", check_keys, the_definition(), "clerk", KEYS)


# Issuing.


@pytest.fixture(params=["memory", "sqlite"])
def roll(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Roll]:
    if request.param == "memory":
        yield MemoryRoll()
        return
    database = Database(sqlite_url(tmp_path / "roll.db"))
    upgrade(database, ["roll"])
    store = RollStore(database)
    store.put_roll(DEPUTIES, SALT)
    yield store
    database.close()


def test_a_rehearsals_signer_signs_once_per_deputy_and_slot(roll: Roll) -> None:
    signer = Signer(KEYS, secrets.token_bytes, roll)
    first, other = request(), request()
    refused("issue.closed", signer.sign, "001", "projects-1", first)
    signer.open_check_in(KEYS)
    refused("issue.not_present", signer.sign, "001", "projects-1", first)
    signer.check_in("001", "tablet")
    answer = signer.sign("001", "projects-1", first)
    assert signer.sign("001", "projects-1", first) == answer
    refused("token.already_issued", signer.sign, "001", "projects-1", other)
    refused("issue.other_channel", signer.check_in, "001", "paper")
    signer.sign("001", "projects-2", request("projects-2"))
    signer.check_in("002", "paper")
    refused("issue.other_channel", signer.sign, "002", "projects-1", other)
    refused("issue.malformed", signer.sign, "001", "motion-1", first)
    assert (signer.present(), signer.papers()) == (2, 1)
    assert [signer.issued(slot) for slot in (*KEYS, "motion-1")] == [1, 1, 0]
    signer.close_check_in()
    refused("issue.closed", signer.sign, "003", "projects-1", other)
    assert signer.sign("001", "projects-1", first) == answer


def test_the_second_signer_admits_whoever_is_on_its_own_roll(roll: Roll) -> None:
    signer = Signer(KEYS, secrets.token_bytes, roll, admits=True)
    mine = request()
    refused("issue.closed", signer.issue, "001", {"projects-1": mine})
    signer.follow(opened(slots=list(KEYS)))
    answer = signer.issue("001", {"projects-1": mine})
    assert signer.issue("001", {"projects-1": mine}) == answer
    if isinstance(roll, RollStore):
        refused("issue.not_present", signer.issue, "999", {"projects-1": mine})
        refused("issue.not_present", signer.take_paper, "999", list(KEYS))
    refused("issue.malformed", signer.issue, "002", {"projects-1": mine + mine})
    refused("issue.malformed", signer.issue, "002", {})
    refused("token.already_issued", signer.issue, "001", {"projects-1": request()})
    signer.take_paper("002", list(KEYS))
    assert signer.halt("projects-1") == signer.counts()
    refused("issue.closed", signer.issue, "003", {"projects-1": request()})
    refused("issue.closed", signer.halt, SLOTS[2])
    signer.follow(closed(list(KEYS)))
    assert signer.issue("001", {"projects-1": mine}) == answer
    assert (signer.counts().present, dict(signer.counts().tablet)) == (
        2,
        {"projects-1": 1, "projects-2": 0},
    )


def test_a_disturbed_signer_marks_nobody_as_issued(
    roll: Roll, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = Signer(KEYS, secrets.token_bytes, roll, admits=True)
    signer.follow(opened(slots=list(KEYS)))
    mine = {"projects-1": request()}

    def disturbed(*_: object) -> bytes:
        raise Invalid("token.signer_fault")

    with monkeypatch.context() as patch:
        patch.setattr("ballot.issuing.blind_sign", disturbed)
        refused("token.signer_fault", signer.issue, "001", mine)
        assert signer.issued("projects-1") == 0
        refused("token.signer_fault", signer.halt, "projects-1")
    assert signer.issue("001", mine)
    assert signer.halt("projects-1").tablet["projects-1"] == 1
