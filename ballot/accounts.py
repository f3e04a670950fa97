"""Officials' accounts: invited by a code, opened by a password and a one-time code.

An account opens pages; it signs nothing. There is no default password: the clerk's first code
is printed where the service starts, everybody else is invited by the clerk, and a lost password
is replaced when two officials agree (attacks C7, C25). The database has no time of any of it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ballot import proving
from ballot.crypto import encoding, shapes, signing
from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random
from ballot.store.office import Account, Entries, Kind, OfficeStore
from ballot.tally.session import ROLES as SIGNING_ROLES

__all__ = ["RESETTERS", "ROLES", "UNNAMED", "Account", "Accounts", "Offer", "key_document"]

ROLES = (*SIGNING_ROLES, "observer")
RESETTERS = frozenset({"clerk", "presiding_officer", "presidium", "chief_scrutineer"})
"""Two different holders of these roles together replace a lost password."""
UNNAMED = "（姓名）"
"""The name of a first clerk who says it when accepting the invitation."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class Offer:
    """What an invitation leads to: the account, and the second factor it will have.

    ``uri`` is for a QR code, ``secret`` (base 32) for typing.
    """

    account: Account
    uri: str
    secret: str


def key_document(account_id: str, public: str) -> dict[str, str]:
    """What a signing key signs, as ``official_key``, to be registered: that it is there."""
    return {"account": account_id, "public": public}


class Accounts:
    """The accounts in one store. ``passphrase`` opens the second factors; ``clock``: Unix seconds;
    ``issuer``: whose accounts they are, as the authenticator app shows it.
    """

    def __init__(
        self, store: OfficeStore, passphrase: str, random: Random, clock: Clock, issuer: str
    ) -> None:
        self._store, self._random, self._clock, self._issuer = store, random, clock, issuer
        self._vault = store.vault(passphrase, random)
        # Checked where there is no account, so that the time says nothing about that.
        self._nobody = proving.hash_password(encoding.b64url(random(16)), random)
        self._lock = threading.Lock()
        self._offers: dict[bytes, bytes] = {}
        # The last one-time code of each account, in memory: a database would keep when (§12).
        self._used: dict[str, int] = {}

    def begin(self, account_id: str = "", name: str = "") -> str | None:
        """The code of the first clerk, until somebody has an account; then None.

        Each call makes a new one, so that a code that was lost is worth nothing. The first call
        says who it is; raises ``account.malformed`` when nobody was named yet.
        """
        with self._store.write() as entries:
            known = entries.accounts()
            if any(one.state == "active" for one in known):
                return None
            first = next((one for one in known if "clerk" in one.roles), None)
            if first is None:
                first = _new_account(entries, account_id, name, ("clerk",))
            elif first.name == UNNAMED and name:
                first = entries.change_account(first, name=_name(name))
            return self._invite(entries, first.id, "first")

    def invite(self, account_id: str, name: str, roles: Sequence[str]) -> str:
        """A code for a new account, or another one for an account never opened.

        Raises ``account.malformed`` and ``account.exists``.
        """
        chosen = tuple(role for role in ROLES if role in roles)
        if not chosen or len(chosen) != len(roles):
            raise Invalid("account.malformed", "roles")
        with self._store.write() as entries:
            known = entries.account(account_id)
            if known is None:
                known = _new_account(entries, account_id, name, chosen)
            elif entries.invitations().get(account_id) != "first":
                raise Invalid("account.exists", account_id)
            else:
                entries.change_account(known, name=_name(name), roles=chosen)
            return self._invite(entries, account_id, "first")

    def reset(self, by: str, account_id: str) -> str | None:
        """Ask for a new password for somebody else. None at the first call; a code when a second
        official confirms it, and from then on the old password opens nothing (attack C25).

        Raises ``account.unknown``, and ``account.may_not`` for whoever may not ask.
        """
        with self._store.write() as entries:
            known, asking = entries.account(account_id), entries.account(by)
            if known is None or entries.invitations().get(account_id) == "first":
                raise Invalid("account.unknown", account_id[:40])
            if asking is None or not _may_reset(asking) or by == account_id:
                raise Invalid("account.may_not", "another official with a role for it must ask")
            first = entries.account(known.reset_by) if known.reset_by else None
            if first is None or first.id == by or not _may_reset(first):
                entries.change_account(known, reset_by=by)
                return None
            entries.change_account(known, password=None, totp=None, failures=0, reset_by=None)
            return self._invite(entries, account_id, "reset")

    def offer(self, code: str) -> Offer:
        """Whose invitation it is, and the second factor to set up; ``account.invitation``."""
        digest = _digest(code)
        with self._store.read() as entries:
            account = entries.invited(digest)
        if account is None:
            raise Invalid("account.invitation", "no invitation has this code")
        with self._lock:
            # The same at a second look: the app may have it already.
            secret = self._offers.setdefault(digest, proving.new_secret(self._random))
        return Offer(
            account, proving.secret_uri(secret, account.id, self._issuer), proving.spelled(secret)
        )

    def accept(self, code: str, password: str, typed: str, name: str = "") -> Account:
        """Open the account with a password and the first one-time code; ``name`` is that of an
        account which has none.

        Raises ``account.invitation``, ``account.otp``, ``account.malformed`` for a missing name,
        and what :func:`proving.check_new_password` raises; the invitation is used up only when
        nothing is wrong.
        """
        account, digest = self.offer(code).account, _digest(code)
        named = _name(name.strip()) if account.name == UNNAMED else account.name
        proving.check_new_password(password, (account.id, named))
        with self._lock:
            secret = self._offers.get(digest, b"")
        self._use(account.id, secret, typed)
        hashed = proving.hash_password(password, self._random)
        sealed = self._vault.seal(account.id, "totp", secret, self._random)
        with self._store.write() as entries:
            known = entries.invited(digest)
            if known is None:
                raise Invalid("account.invitation", "used by another request")
            entries.end_invitation(known.id)
            opened = entries.change_account(
                known, name=named, password=hashed, totp=sealed, failures=0
            )
        with self._lock:
            self._offers.pop(digest, None)
        return opened

    def check(self, account_id: str, password: str, typed: str) -> Account | None:
        """The account that password and one-time code open, as it was before; None for any
        failure, whatever it is, in about the same time.
        """
        account = self.account(account_id)
        known = account.password if account else None
        right = proving.is_password(password, known or self._nobody)
        if account is None or account.totp is None or not (known and right):
            self._count_failure(account_id)
            return None
        try:
            secret = self._vault.unseal(account.id, "totp", account.totp)
            self._use(account.id, secret, typed)
        except Invalid:
            self._count_failure(account_id)
            return None
        with self._store.write() as entries:
            now = entries.account(account.id)
            if now is None or now.password != known:  # reset by two others in this moment
                return None
            entries.change_account(now, failures=0)
        return account

    def confirm(self, account_id: str, password: str) -> bool:
        """Whether whoever signed in still knows the password."""
        account = self.account(account_id)
        known = account.password if account else None
        right = proving.is_password(password, known or self._nobody)
        if not (known and right):
            self._count_failure(account_id)
        return bool(known and right)

    def register_key(
        self, account_id: str, public: str, signature: str, adopted: str | None
    ) -> None:
        """Register the public signing key that the official made.

        ``signature`` by that key over :func:`key_document` shows that its owner has it;
        ``adopted`` is the key by which the definition names the official, if it does. Raises
        ``signature.…``, ``account.key_taken`` and ``account.key_adopted``.
        """
        signing.verify(public, "official_key", key_document(account_id, public), signature)
        if adopted not in (None, public):
            raise Invalid("account.key_adopted", "the definition names another key")
        with self._store.write() as entries:
            account = entries.account(account_id)
            if account is None:
                raise Invalid("account.unknown", account_id[:40])
            entries.change_account(account, public_key=public)

    def account(self, account_id: str) -> Account | None:
        """The account of that id."""
        with self._store.read() as entries:
            return entries.account(account_id)

    def listed(self) -> list[tuple[Account, str | None]]:
        """All accounts, by id, each with the kind of the invitation that waits."""
        with self._store.read() as entries:
            waiting = entries.invitations()
            return [(one, waiting.get(one.id)) for one in entries.accounts()]

    def _invite(self, entries: Entries, account_id: str, kind: Kind) -> str:
        code = encoding.code(self._random(8))
        entries.put_invitation(account_id, _digest(code), kind)
        return code

    def _use(self, account_id: str, secret: bytes, typed: str) -> None:
        """Use a one-time code up; ``account.otp`` for a wrong one or one used before."""
        step = proving.step_of(secret, typed, self._clock())
        with self._lock:
            if step is None or step <= self._used.get(account_id, -1):
                raise Invalid("account.otp", "not the one-time code, or one used before")
            self._used[account_id] = step

    def _count_failure(self, account_id: str) -> None:
        with self._store.write() as entries:
            if account := entries.account(account_id):
                entries.change_account(account, failures=account.failures + 1)


def _new_account(entries: Entries, account_id: str, name: str, roles: tuple[str, ...]) -> Account:
    try:
        account = Account(shapes.identifier(account_id, "id"), _name(name), roles)
    except Invalid as error:
        raise Invalid("account.malformed", error.detail) from None
    entries.add_account(account)
    return account


def _name(name: str) -> str:
    try:
        return encoding.check_text(shapes.text(name, "name", 1, 60), "name")
    except Invalid as error:
        raise Invalid("account.malformed", error.detail) from None


def _may_reset(account: Account) -> bool:
    return account.state == "active" and not RESETTERS.isdisjoint(account.roles)


def _digest(code: str) -> bytes:
    try:
        return sha256(encoding.parse_code(code).encode())
    except Invalid:
        raise Invalid("account.invitation", "not a code") from None
