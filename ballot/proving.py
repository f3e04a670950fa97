"""What officials prove themselves with: a password and a one-time code.

Passwords are kept as Argon2id hashes (RFC 9106 §4, second recommended option); one-time codes
are TOTP (RFC 6238) with the parameters that every authenticator app knows. Refusals of a new
password follow NIST SP 800-63B §5.1.1.2: length, and a list of what is obvious, no other rule.
"""

import base64
import threading
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random

SECRET_SIZE = 20  # bytes of a second factor, RFC 4226 §4: 160 bits
SHORTEST, LONGEST = 10, 200
_TELLING = 6  # characters that must be left when the obvious is taken away
_STEP, _DRIFT = 30, (-1, 0, 1)  # RFC 6238 §5.2: one step of network delay, either way
_PASSES, _LANES, _MEMORY = 3, 4, 64 * 1024  # RFC 9106 §4; the memory in KiB
# One at a time: each takes 64 MiB, and an attacker must not be able to ask for many at once.
_line = threading.Lock()

_OBVIOUS = (
    "administrator password passwort passw0rd p@ssw0rd p@ssword welcome letmein iloveyou admin "
    "qwerty monkey dragon master login secret woaini xiaoming zhongguo china beijing mima "
    "renda daibiao dahui xuanju toupiao piaojue biaojue mishu ballot voting "
    "密码 口令 人大 代表 大会 选举 投票 票决 管理员 中国"
).split()
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "0987654321", "!@#$%^&*()")
_RUNS = {pair for row in _ROWS for pair in pairwise(row)}


def hash_password(password: str, random: Random) -> str:
    """The hash of a password with its parameters and a fresh salt (PHC string format)."""
    salt = random(16)
    derive = Argon2id(
        salt=salt, length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY
    ).derive_phc_encoded
    with _line:
        return derive(_plain(password))


def is_password(password: str, known: str) -> bool:
    """Whether the password has that hash."""
    try:
        with _line:
            Argon2id.verify_phc_encoded(_plain(password), known)
    except InvalidKey:
        return False
    return True


def check_new_password(password: str, names: Iterable[str]) -> None:
    """Refuse a password that is ``password.too_short``, ``password.too_long`` or
    ``password.obvious``. ``names``: what is known of its owner, which proves nothing.
    """
    text = unicodedata.normalize("NFKC", password).casefold()
    if len(text) < SHORTEST:
        raise Invalid("password.too_short", f"fewer than {SHORTEST} characters")
    if len(text) > LONGEST:
        raise Invalid("password.too_long", f"more than {LONGEST} characters")
    for word in (*_OBVIOUS, *(unicodedata.normalize("NFKC", n).casefold() for n in names)):
        # A single letter of a name stands in any password.
        text = text.replace(word, "") if len(word) > 1 else text
    told = len(text[:1]) + sum(not _runs(one, other) for one, other in pairwise(text))
    if told < _TELLING or len(set(text)) < _TELLING - 1:
        raise Invalid("password.obvious", "among the first that anybody would try")


def new_secret(random: Random) -> bytes:
    """The secret of a second factor."""
    return random(SECRET_SIZE)


def secret_uri(secret: bytes, account: str, issuer: str) -> str:
    """The ``otpauth://`` address that an authenticator app reads from a QR code."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def spelled(secret: bytes) -> str:
    """The secret as people type it into an app: base 32 in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def step_of(secret: bytes, typed: str, now: float) -> int | None:
    """The time step whose code was typed; None for a wrong one. ``now`` in Unix seconds.

    The caller refuses a step that was used before (RFC 6238 §5.2).
    """
    digits = "".join(unicodedata.normalize("NFKC", typed).split())
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return None
    here = int(now) // _STEP
    found = None
    for step in (here + drift for drift in _DRIFT):
        try:
            _totp(secret).verify(digits.encode(), step * _STEP)
        except InvalidToken:
            continue
        found = step
    return found


def code_at(secret: bytes, now: float) -> str:
    """What an authenticator app shows at that moment (Unix seconds)."""
    return _totp(secret).generate(int(now)).decode()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), _STEP)  # noqa: S303 -- the code is HMAC-SHA-1, which stands


def _plain(password: str) -> bytes:
    """NFKC, so that full-width and half-width typing are the same; nothing is trimmed."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _runs(one: str, other: str) -> bool:
    """Whether the second key is what follows without thought: the same, the next."""
    return abs(ord(one) - ord(other)) <= 1 or (one, other) in _RUNS or (other, one) in _RUNS
