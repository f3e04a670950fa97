"""What Belenios' own tool lets pass, as a table: change, checks that must fail, codes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ballot.crypto.group import Belenios2048
from tests import archives
from tests.archives import Raw, position
from tests.elections import FF, Made, reopen, sign

Stages = list[Raw]
Change = Callable[["Case"], Stages | bytes]
GROUPS = {"Ed25519": "superset_ed25519_threshold", "BELENIOS-2048": "superset_2048_threshold"}


@dataclass
class Case:
    """A good archive and everything secret about it; 2 of 3 trustees decrypted."""

    made: Made
    stages: Stages
    owners: list[int]

    def at(self, kind: str, number: int = 1) -> int:
        return position(self.stages, kind, number)

    def put(self, at: int, *new: Raw) -> Stages:
        """The stages with one replaced by others."""
        return [*self.stages[:at], *new, *self.stages[at + 1 :]]

    def resigned(self, number: int, change: Callable[[dict[str, Any]], None]) -> Stages:
        """The stages with one ballot changed and signed again by its voter."""
        at = self.at("Ballot", number)
        ballot = self.stages[at].json
        change(ballot)
        group = self.made.group
        for s in self.made.secrets:
            if group.ser(group.power_g(s)) == ballot["credential"]:
                return self.put(at, archives.ballot(sign(group, ballot, s, self.made.random)))
        raise AssertionError("no such voter")

    def bytes_of(self, number: int, old: bytes, new: bytes) -> Stages:
        """The stages with other bytes in one ballot."""
        body = self.stages[self.at("Ballot", number)].documents[0]
        assert old in body
        return self.put(self.at("Ballot", number), archives.ballot(body.replace(old, new, 1)))


CASES: dict[str, tuple[Change, dict[str, str]]] = {}


def row(**expected: str) -> Callable[[Change], Change]:
    """Register a change with the checks that it must fail, and their codes."""

    def register(change: Change) -> Change:
        CASES[change.__name__] = (change, expected)
        return change

    return register


def outside(case: Case, text: str) -> str:
    """The element times one of order 2."""
    group, element = case.made.group, case.made.group.parse(text)
    if group is FF:
        return str(Belenios2048.p - element)
    return group.ser(group.mul(element, (2**255 - 20).to_bytes(32, "little")))


def bench(name: str) -> Case:
    """The published archive of that name on the bench."""
    return Case(reopen(name), archives.good(name), archives.secrets_of(name)["decrypted_by"])


def made(case: Case, change: Change) -> bytes:
    """The archive after a change."""
    changed = change(case)
    return changed if isinstance(changed, bytes) else archives.build(changed)
