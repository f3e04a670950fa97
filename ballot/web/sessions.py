"""Who signed in at the desk: proof, sessions in memory, delays after failures (attacks C5, C7)."""

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ballot.accounts import Accounts
from ballot.crypto import encoding
from ballot.crypto.encoding import b64url, sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random

IDLE = 8 * 3600.0  # seconds: a long day in the hall
FRESH = 5 * 60.0  # seconds in which a password need not be typed again
_FREE, _LONGEST = 3, 60.0  # failures without a delay; the longest delay in seconds
_MANY = 1000
Clock = Callable[[], float]


@dataclass(frozen=True)
class Who:
    """Somebody who signed in: what to call them, what they may do, and the account, if any.
    ``failed``: wrong attempts since the last login.
    """

    name: str
    roles: frozenset[str]
    id: str = ""
    failed: int = 0


class Authenticator(Protocol):
    """Decides who somebody is. ``fields`` are what the login form asks for."""

    fields: tuple[str, ...]

    def check(self, form: Mapping[str, str]) -> Who | None:
        """Whoever the form proves to be; None when it proves nothing."""

    def account(self, form: Mapping[str, str]) -> str:
        """Whom the form names, so that failures delay them; empty where nobody is named."""

    def confirm(self, who: Who, password: str) -> bool:
        """Whether whoever signed in is still there."""


class DeskCode:
    """One code of 60 bits for the check-in desk, drawn when the service starts and printed there
    alone; the next start draws another one.
    """

    fields: tuple[str, ...] = ("code",)

    def __init__(self, random: Random) -> None:
        self.code = encoding.code(random(8))

    def check(self, form: Mapping[str, str]) -> Who | None:
        """The clerk, for exactly this code, however it is spelled."""
        try:
            typed = encoding.parse_code(form.get("code", ""))
        except Invalid:
            return None
        # Compared in constant time: the code must not be found letter by letter.
        right = hmac.compare_digest(typed.encode(), self.code.encode())
        return Who("clerk", frozenset({"clerk"})) if right else None

    def account(self, form: Mapping[str, str]) -> str:
        """There is one code and no account."""
        return ""

    def confirm(self, who: Who, password: str) -> bool:
        """Whoever has the code may do what the desk does, and nothing that needs more."""
        return False


class AccountLogin:
    """Officials' accounts: password and one-time code."""

    fields: tuple[str, ...] = ("account", "password", "otp")

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def check(self, form: Mapping[str, str]) -> Who | None:
        """Whose password and one-time code these are."""
        typed = (form.get("password", ""), form.get("otp", ""))
        found = self._accounts.check(self.account(form), *typed)
        if found is None:
            return None
        return Who(found.name, frozenset(found.roles), found.id, found.failures)

    def account(self, form: Mapping[str, str]) -> str:
        """The id that was typed, as ids are written."""
        return form.get("account", "").strip().lower()[:32]

    def confirm(self, who: Who, password: str) -> bool:
        """Whether it is the password."""
        return self._accounts.confirm(who.id, password)


@dataclass
class Session:
    """A signed-in browser; ``seen``, and ``confirmed`` by a password, by the clock of
    :class:`Sessions`. ``at``: below which path it signed in, and signs out.
    """

    who: Who
    csrf: str
    lang: str
    seen: float
    confirmed: float
    at: str = "/desk"


class Sessions:
    """The sessions of this process: a restart ends them all. Only digests of cookies are kept."""

    def __init__(self, random: Random, clock: Clock = time.monotonic, at: str = "/desk") -> None:
        self._random, self._clock, self._at = random, clock, at
        self._open: dict[bytes, Session] = {}

    def open(self, who: Who, lang: str) -> str:
        """A new session; the value of its cookie (256 bits)."""
        now = self._clock()
        self._open = {k: s for k, s in self._open.items() if now - s.seen <= IDLE}
        cookie = b64url(self._random(32))
        csrf = b64url(self._random(32))
        self._open[sha256(cookie.encode())] = Session(who, csrf, lang, now, now, self._at)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie, if it was used in the last eight hours."""
        session, now = self._open.get(sha256(cookie.encode())), self._clock()
        if session is None or now - session.seen > IDLE:
            self.end(cookie)
            return None
        session.seen = now
        return session

    def end(self, cookie: str) -> None:
        """The cookie is worth nothing from now on."""
        self._open.pop(sha256(cookie.encode()), None)

    def end_all(self, account_id: str) -> None:
        """Nobody is signed in with that account from now on."""
        for digest in [k for k, s in self._open.items() if s.who.id == account_id]:
            self._open.pop(digest, None)

    def is_fresh(self, session: Session) -> bool:
        """Whether a password was typed in the last five minutes."""
        return self._clock() - session.confirmed <= FRESH

    def confirm(self, session: Session) -> None:
        """A password was typed now."""
        session.confirmed = self._clock()


@dataclass
class Delays:
    """After three failures from an address each further one doubles the wait, up to a minute.
    Another address is not delayed: nobody can lock the desk out.
    """

    clock: Clock = time.monotonic
    _failures: dict[str, tuple[int, float]] = field(default_factory=dict)

    def wait(self, address: str) -> float:
        """Seconds until this address may try again."""
        return max(0.0, self._failures.get(address, (0, 0.0))[1] - self.clock())

    def failed(self, address: str) -> None:
        """One more failure."""
        count, now = self._failures.pop(address, (0, 0.0))[0] + 1, self.clock()
        delay = min(2.0 ** (count - _FREE), _LONGEST) if count > _FREE else 0.0
        self._failures[address] = (count, now + delay)
        while len(self._failures) > _MANY:
            del self._failures[next(iter(self._failures))]  # the one that failed longest ago

    def passed(self, address: str) -> None:
        """The right one: what went before is forgotten."""
        self._failures.pop(address, None)
