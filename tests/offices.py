"""Officials' accounts for tests: cheap hashes, a clock moved by hand, people who accept at once."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from ballot import proving
from ballot.accounts import Accounts
from ballot.store.engine import Database
from ballot.store.office import OfficeStore

PASSWORD = "mango-77-lantern"
SECRET = "the secret of the registrar"


class Clock:
    """Unix seconds."""

    def __init__(self, now: float = 1_700_000_010.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@contextmanager
def cheap() -> Iterator[None]:
    """Hashes and key files that cost nothing: real ones take a second and much memory."""
    with patch("ballot.proving._MEMORY", 64), patch("ballot.crypto.keyfile._N", 1 << 4):
        yield


def office(database: Database, clock: Clock | None = None) -> tuple[Accounts, Clock]:
    """The accounts in that database, and their clock."""
    clock = clock or Clock()
    store = OfficeStore(database)
    return Accounts(store, SECRET, secrets.token_bytes, clock, "测试大会"), clock


def secret_of(accounts: Accounts, code: str) -> bytes:
    """The second factor that an invitation offers."""
    return base64.b32decode(accounts.offer(code).secret.replace(" ", ""))


def otp(secret: bytes, clock: Clock) -> str:
    """What the app shows now."""
    return proving.code_at(secret, clock.now)


def code_at(accounts: Accounts, code: str, clock: Clock) -> str:
    """What the app of whoever scanned the invitation shows now."""
    return otp(secret_of(accounts, code), clock)


def invited(accounts: Accounts, clock: Clock, account: str, *roles: str) -> bytes:
    """An account that is open, with :data:`PASSWORD`; the secret of its second factor."""
    code = accounts.invite(account, f"样例{account}", roles)
    secret = secret_of(accounts, code)
    accounts.accept(code, PASSWORD, otp(secret, clock))
    return secret
