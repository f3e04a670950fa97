"""The officials' accounts and who is signed in: one door, whatever is behind it now."""

import secrets
import time
from dataclasses import dataclass

from ballot.accounts import Accounts
from ballot.store.office import OfficeStore
from ballot.web.guard import Guard
from ballot.web.office_shell import AT
from ballot.web.sessions import AccountLogin


@dataclass(frozen=True)
class Door:
    """Who may open the officials' pages; it stays the same when the service goes over from
    preparing to running a session, so that nobody has to sign in again.
    """

    accounts: Accounts
    guard: Guard


def open_door(store: OfficeStore, passphrase: str, issuer: str) -> Door:
    """The door to the accounts of that store. Raises what a damaged vault raises."""
    accounts = open_accounts(store, passphrase, issuer)
    return Door(accounts, Guard(AccountLogin(accounts), secrets.token_bytes, at=AT))


def open_accounts(store: OfficeStore, passphrase: str, issuer: str) -> Accounts:
    """The accounts by this machine's clock and random source."""
    return Accounts(
        store,
        passphrase,
        secrets.token_bytes,
        time.time,  # noqa: TID251 -- one-time codes are of now
        issuer,
    )
