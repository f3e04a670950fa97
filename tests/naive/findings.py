"""What the parts of the second verifier share: the record being read, and what is found."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.naive.chronicle import Chronicle
from tests.naive.groups import Group

CHECKS = [f"V{n}" for n in range(1, 15)]
BROKEN = (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration, RuntimeError)
Problems = dict[str, list[str]]


class Findings:
    """One record; ``problems`` has a list per check."""

    definition: dict[str, Any]
    session: str
    log: Chronicle
    group: Group
    y: Any
    keys: list[Any]
    trustees_bytes: bytes

    def __init__(self, data: bytes, code: str | None) -> None:
        self.data, self.code = data, code
        self.problems: Problems = {check: [] for check in CHECKS}
        self.members: dict[str, bytes] = {}

    def fail(self, check: str, text: str) -> None:
        self.problems[check].append(text)

    def require(self, check: str, holds: bool, text: str) -> None:
        if not holds:
            self.fail(check, text)

    def require_keys(self, holds: bool, text: str) -> None:
        self.require("V4", holds, text)

    @contextmanager
    def part(self, check: str, what: str) -> Iterator[None]:
        """Whatever cannot be read inside is a problem of ``check``."""
        try:
            yield
        except BROKEN as error:
            self.fail(check, f"{what}: {type(error).__name__} {error}")
