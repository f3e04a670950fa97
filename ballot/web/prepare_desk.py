"""What the preparation keeps in memory: uploads that wait, and a version in the making."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ballot.crypto.encoding import b64url
from ballot.crypto.errors import Invalid
from ballot.importing.changes import Change
from ballot.importing.findings import Import

_PENDING = 8


@dataclass(frozen=True)
class Previewed:
    """An upload that was read and shown, and is taken over with one click or not at all."""

    vote: str
    filename: str
    found: Import[Any]
    changes: tuple[Change, ...]
    seen: str


@dataclass
class Job:
    """A version being frozen in the background: slot keys take seconds each."""

    running: bool = False
    done: int = 0
    total: int = 1
    trouble: str = ""


@dataclass
class Desk:
    """What lasts as long as the process: uploads that wait, the job; ``trouble`` of the last
    going over to a session.
    """

    job: Job = field(default_factory=Job)
    trouble: str = ""
    _pending: "OrderedDict[str, Previewed]" = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, previewed: Previewed, random: Callable[[int], bytes]) -> str:
        """Keep an upload under a token that only its page has; the oldest gives way."""
        token = b64url(random(16))
        with self.lock:
            self._pending[token] = previewed
            while len(self._pending) > _PENDING:
                self._pending.popitem(last=False)
        return token

    def take(self, token: str, vote: str) -> Previewed:
        """That upload, once; ``prepare.upload`` when it is gone."""
        with self.lock:
            found = self._pending.pop(token, None)
        if found is None or found.vote != vote:
            raise Invalid("prepare.upload", "choose the file again")
        return found
