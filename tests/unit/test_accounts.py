"""Officials' accounts: invitations, logins, second factors, resets by two, signing keys."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ballot.accounts import ROLES, Accounts, key_document
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import SigningKey, sign
from ballot.store.engine import Database, sqlite_url
from ballot.store.office import OfficeStore
from ballot.store.schema import SERVICES, upgrade
from tests.offices import PASSWORD, SECRET, Clock, cheap, code_at, invited, office, otp


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap():
        yield


def refused(does: Any, *given: Any) -> str:
    with pytest.raises(Invalid) as caught:
        does(*given)
    return caught.value.code


def test_there_is_no_account_and_no_password_before_the_first_code(database: Database) -> None:
    accounts, _ = office(database)
    assert not OfficeStore(database).in_use()
    for guess in ("clerk", "admin", ""):
        assert accounts.check(guess, "", "000000") is None
        assert accounts.check(guess, guess, "000000") is None
    assert refused(accounts.begin) == "account.malformed"


def test_the_first_code_is_good_until_the_next_and_ends_with_the_first_account(
    database: Database,
) -> None:
    accounts, clock = office(database)
    lost = accounts.begin("clerk", "样例工作人员")
    code = accounts.begin()
    assert lost is not None
    assert code is not None
    assert refused(accounts.offer, lost) == "account.invitation"
    assert accounts.offer(code.lower().replace("-", " ")).account.id == "clerk"
    opened = accounts.accept(code, PASSWORD, code_at(accounts, code, clock))
    assert (opened.id, opened.roles, opened.state) == ("clerk", ("clerk",), "active")
    assert accounts.begin() is None
    assert accounts.begin("mallory", "别人") is None


def test_an_invitation_opens_one_account_once(database: Database) -> None:
    accounts, clock = office(database)
    code = accounts.invite("teller-1", "样例计票人", ["teller"])
    typed = code_at(accounts, code, clock)
    for password, shown, wanted in (
        ("short", typed, "password.too_short"),
        ("teller-1-teller-1", typed, "password.obvious"),
        (PASSWORD, "000000", "account.otp"),
        (PASSWORD, "", "account.otp"),
    ):
        assert refused(accounts.accept, code, password, shown) == wanted
        assert accounts.listed()[0][1] == "first"
    accounts.accept(code, PASSWORD, typed)
    clock.now += 30
    assert refused(accounts.accept, code, PASSWORD, typed) == "account.invitation"
    for wrong in ("0000-0000-0000", "", "x", "0" * 40):
        assert refused(accounts.offer, wrong) == "account.invitation"


def test_an_offer_is_the_same_at_a_second_look(database: Database) -> None:
    accounts, _ = office(database)
    code = accounts.invite("teller-1", "样例计票人", ["teller"])
    first = accounts.offer(code)
    assert accounts.offer(code) == first
    assert first.secret.replace(" ", "") in first.uri


def test_two_browsers_that_accept_at_once_open_one_account(database: Database) -> None:
    accounts, clock = office(database)
    code = accounts.invite("teller-1", "样例计票人", ["teller"])
    typed = code_at(accounts, code, clock)

    def accept(number: int) -> str:
        try:
            accounts.accept(code, f"{PASSWORD} {number}", typed)
        except Invalid as error:
            return error.code
        return "opened"

    with ThreadPoolExecutor(6) as pool:
        found = sorted(pool.map(accept, range(6)))
    assert found.count("opened") == 1
    assert set(found) <= {"opened", "account.otp", "account.invitation"}


def test_only_password_and_a_fresh_code_together_open_an_account(database: Database) -> None:
    accounts, clock = office(database)
    secret = invited(accounts, clock, "clerk", "clerk")
    clock.now += 30
    typed = otp(secret, clock)
    assert accounts.check("clerk", PASSWORD, "000000") is None
    assert accounts.check("clerk", "wrong password", typed) is None
    assert accounts.check("nobody", PASSWORD, typed) is None
    found = accounts.check("clerk", PASSWORD, typed)
    assert found is not None
    assert found.failures == 2  # told at the login, and forgotten by it
    again = accounts.account("clerk")
    assert again is not None
    assert again.failures == 0
    assert accounts.check("clerk", PASSWORD, typed) is None  # a replay


def test_a_one_time_code_is_not_used_up_by_a_wrong_password(database: Database) -> None:
    accounts, clock = office(database)
    secret = invited(accounts, clock, "clerk", "clerk")
    clock.now += 30
    typed = otp(secret, clock)
    assert accounts.check("clerk", "wrong password", typed) is None
    assert accounts.check("clerk", PASSWORD, typed) is not None


def test_a_code_used_at_once_by_two_opens_for_one(database: Database) -> None:
    accounts, clock = office(database)
    secret = invited(accounts, clock, "clerk", "clerk")
    clock.now += 30
    typed = otp(secret, clock)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: accounts.check("clerk", PASSWORD, typed), range(6)))
    assert sum(one is not None for one in found) == 1


def test_roles_come_from_the_list_and_ids_are_ids(database: Database) -> None:
    accounts, _ = office(database)
    for account, name, roles in (
        ("a", "样例", []),
        ("a", "样例", ["admin"]),
        ("a", "样例", ["clerk", "root"]),
        ("a", "样例", ["clerk", "clerk"]),
        ("A B", "样例", ["clerk"]),
        ("", "样例", ["clerk"]),
        ("a", "", ["clerk"]),
        ("a", "x" * 61, ["clerk"]),
        ("a", "\u202e", ["clerk"]),
    ):
        assert refused(accounts.invite, account, name, roles) == "account.malformed"
    assert accounts.listed() == []
    accounts.invite("a", "样例", list(ROLES))
    assert accounts.listed()[0][0].roles == ROLES


def test_an_account_never_opened_is_invited_again_and_an_open_one_is_not(
    database: Database,
) -> None:
    accounts, clock = office(database)
    old = accounts.invite("a", "样例", ["teller"])
    new = accounts.invite("a", "样例二", ["observer"])
    assert refused(accounts.offer, old) == "account.invitation"
    assert accounts.offer(new).account.roles == ("observer",)
    accounts.accept(new, PASSWORD, code_at(accounts, new, clock))
    assert refused(accounts.invite, "a", "样例", ["clerk"]) == "account.exists"


def test_a_lost_password_is_replaced_when_two_others_agree(database: Database) -> None:
    accounts, clock = office(database)
    for who, role in (
        ("clerk", "clerk"),
        ("chair", "presiding_officer"),
        ("chief", "chief_scrutineer"),
        ("teller", "teller"),
    ):
        secret = invited(accounts, clock, who, role)
    assert refused(accounts.reset, "clerk", "clerk") == "account.may_not"
    assert refused(accounts.reset, "teller", "clerk") == "account.may_not"
    assert refused(accounts.reset, "nobody", "clerk") == "account.may_not"
    assert refused(accounts.reset, "clerk", "nobody") == "account.unknown"
    # The clerk who lost everything needs no clerk (attack C25).
    assert accounts.reset("chair", "teller") is None
    assert accounts.reset("chair", "teller") is None
    clock.now += 30
    typed = otp(secret, clock)
    assert accounts.check("teller", PASSWORD, typed) is not None  # one alone changes nothing
    code = accounts.reset("chief", "teller")
    assert code is not None
    clock.now += 30
    typed = otp(secret, clock)
    assert accounts.check("teller", PASSWORD, typed) is None
    assert refused(accounts.invite, "teller", "样例", ["clerk"]) == "account.exists"
    opened = accounts.accept(code, f"{PASSWORD} new", code_at(accounts, code, clock))
    assert (opened.roles, opened.state) == (("teller",), "active")
    assert not accounts.confirm("teller", PASSWORD)
    assert accounts.confirm("teller", f"{PASSWORD} new")


def test_whoever_was_reset_no_longer_counts_as_the_first_of_two(database: Database) -> None:
    accounts, clock = office(database)
    for who in ("clerk", "clerk-2", "clerk-3", "clerk-4"):
        invited(accounts, clock, who, "clerk")
    assert accounts.reset("clerk", "clerk-4") is None
    assert accounts.reset("clerk-2", "clerk") is None
    assert accounts.reset("clerk-3", "clerk") is not None
    assert accounts.reset("clerk-2", "clerk-4") is None
    assert accounts.reset("clerk-3", "clerk-4") is not None


def test_a_signing_key_is_registered_by_whoever_has_it(database: Database) -> None:
    accounts, clock = office(database)
    for who in ("clerk", "chair"):
        invited(accounts, clock, who, "clerk")
    key, other = SigningKey(b"1" * 32), SigningKey(b"2" * 32)

    def proof(of: SigningKey, who: str) -> tuple[str, str]:
        return of.public, sign(of, "official_key", key_document(who, of.public))

    accounts.register_key("clerk", *proof(key, "clerk"), None)
    accounts.register_key("clerk", *proof(key, "clerk"), key.public)
    stolen = (key.public, proof(other, "chair")[1])
    for given, code in (
        (proof(key, "chair"), "account.key_taken"),
        (proof(key, "clerk"), "signature.invalid"),
        (stolen, "signature.invalid"),
        (("00" * 32, "00" * 64), "signature.bad_key"),
        (("01" + "00" * 31, "00" * 64), "signature.bad_key"),
        (("ff" * 32, "00" * 64), "signature.bad_key"),
        ((other.public.upper(), "00" * 64), "signature.bad_key"),
    ):
        assert refused(accounts.register_key, "chair", *given, None) == code
    adopted = (*proof(other, "chair"), key.public)
    assert refused(accounts.register_key, "chair", *adopted) == "account.key_adopted"
    assert [one.public_key for one, _ in accounts.listed()] == [None, key.public]


def test_the_database_holds_no_secret_and_no_time(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "registrar.db"))
    upgrade(database, SERVICES["registrar"])
    accounts, clock = office(database)
    code = accounts.invite("clerk", "样例", ["clerk"])
    secret = invited(accounts, clock, "clerk-2", "clerk")
    accounts.check("clerk-2", "wrong password", "000000")
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (code.encode(), PASSWORD.encode(), secret, b"wrong password", SECRET.encode()):
        assert word not in kept
    assert b"clerk-2" in kept
    now = str(int(clock.now))
    for step in (now, str(int(clock.now) // 30)):
        assert step.encode() not in kept
    database.close()


def test_a_second_factor_cannot_be_moved_to_another_account(database: Database) -> None:
    accounts, clock = office(database)
    secret = invited(accounts, clock, "clerk", "clerk")
    invited(accounts, clock, "chair", "clerk")
    with database.write() as session:
        session.connection().exec_driver_sql(
            "UPDATE account SET totp = (SELECT totp FROM account WHERE id = 'clerk'),"
            " password = (SELECT password FROM account WHERE id = 'clerk') WHERE id = 'chair'"
        )
    clock.now += 30
    typed = otp(secret, clock)
    assert accounts.check("chair", PASSWORD, typed) is None
    assert accounts.check("clerk", PASSWORD, typed) is not None


def test_the_passphrase_of_the_service_opens_the_second_factors_and_no_other(
    database: Database,
) -> None:
    accounts, clock = office(database)
    secret = invited(accounts, clock, "clerk", "clerk")
    store = OfficeStore(database)
    with pytest.raises(Invalid, match=r"key\."):
        Accounts(store, "another passphrase of it", secrets.token_bytes, clock, "x")
    again = Accounts(store, SECRET, secrets.token_bytes, clock, "x")
    clock.now += 60
    typed = otp(secret, clock)
    assert again.check("clerk", PASSWORD, typed) is not None


def test_a_clock_can_be_any(database: Database) -> None:
    accounts, clock = office(database, Clock(59.0))
    invited(accounts, clock, "clerk", "clerk")
    assert accounts.confirm("clerk", PASSWORD)
    assert not accounts.confirm("clerk", "wrong password")
    assert not accounts.confirm("nobody", PASSWORD)
