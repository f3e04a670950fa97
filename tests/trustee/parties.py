"""Trustees with their boards in memory: a definition of any size, and whole ceremonies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from ballot.crypto.encoding import dumps, loads, sha256
from ballot.crypto.signing import SigningKey
from ballot.tally.definition import decode_definition
from ballot.tally.session import Definition
from ballot.trustee.ceremony import Progress, proceed
from ballot.trustee.documents import STEPS, Place, file_name
from ballot.trustee.drill import make_drill
from tests.sessions import definition, slips

MINUTE = "2025-01-16T01:00Z"


def key_of(officer: str) -> SigningKey:
    """An officer's signing key."""
    return SigningKey(sha256(b"test officer", officer.encode()))


@cache
def session(threshold: int, size: int, group: str = "Ed25519", note: str = "") -> Definition:
    """A definition with so many trustees; drawn codes, of that group."""
    value = loads(definition(drawn=True, note=note).raw)
    names = [f"scrutineer-{n}" for n in range(1, max(size, 2) + 1)]
    others = [o for o in value["officers"] if "scrutineer" not in o["roles"]]
    value["officers"] = others + [
        {
            "id": name,
            "name": f"监票人{name}",
            "roles": ["scrutineer"],
            "public_key": key_of(name).public,
        }
        for name in names
    ]
    value["trustees"] = {"members": names[:size], "threshold": threshold}
    value["group"] = group
    if group != "Ed25519":
        value["votes"] = value["votes"][1:]
        found = decode_group_slips(group)
        for vote in value["votes"]:
            for slot in vote["slots"]:
                slot["drawn"], slot["length"] = found, 1 << 20
    return decode_definition(dumps(value))


@cache
def decode_group_slips(name: str) -> list[str]:
    """Drawn credentials in that group."""
    from ballot.crypto.group import GROUPS

    group = GROUPS[name]
    return sorted(group.ser(group.power_g(i)) for i in range(1, len(slips("motion-1")) + 1))


@dataclass
class Party:
    """A trustee's device in memory."""

    place: Place
    seed: bytes
    seen: Mapping[str, str] = field(default_factory=dict)
    drill: bytes | None = None

    def step(self, board: dict[str, bytes]) -> Progress:
        """One look at the board; what is added stands there afterwards."""
        progress = proceed(self.place, self.seed, board, self.seen, self.drill)
        self.seen = progress.seen
        board.update(progress.documents)
        return progress

    def practise(self, progress: Progress, minute: str = MINUTE) -> None:
        """The drill, with the share as it stands."""
        assert progress.share is not None
        assert progress.trustees is not None
        self.drill = make_drill(self.place, self.seed, progress.share, progress.trustees, minute)

    def name(self, step: str) -> str:
        """The file of the own document."""
        return file_name(step, self.place.index)


def parties(of: Definition) -> list[Party]:
    """All trustees, in order."""
    return [
        Party(Place(of, i, key_of(name)), sha256(b"seed", name.encode(), of.session.encode()))
        for i, name in enumerate(of.trustees, 1)
    ]


def look(one: Party, board: dict[str, bytes]) -> Progress:
    """What a diligent trustee does now: the step, and the drill when it is time."""
    progress = one.step(board)
    if progress.trustees is not None and one.drill is None:
        one.practise(progress)
        progress = one.step(board)
    return progress


def hold(of: Definition) -> tuple[list[Party], dict[str, bytes]]:
    """A whole ceremony, everyone in turn."""
    people, board = parties(of), dict[str, bytes]()
    for _ in range(5):
        done = [look(one, board) for one in people]
    assert all(progress.event for progress in done)
    return people, board


@cache
def held(of: Definition) -> dict[str, bytes]:
    """The board after it."""
    return hold(of)[1]


def until(step: str, board: Mapping[str, bytes]) -> dict[str, bytes]:
    """The board with everything up to that step."""
    last = STEPS.index(step)
    return {name: data for name, data in board.items() if int(name[0]) <= last}
