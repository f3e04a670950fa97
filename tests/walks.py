"""Walks through a small session, without the cost of real hashes and keys."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources
from itertools import cycle
from pathlib import Path
from secrets import token_bytes
from typing import Any
from unittest.mock import patch

from ballot.demo.sample import Sample, load_sample
from ballot.demo.walking.staging import Staged, staged
from tests.offices import cheap
from tests.patience import SECONDS
from tests.records import slot_keys

DATA = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()


@contextmanager
def quick() -> Iterator[None]:
    """Hashes that cost nothing, and real slot keys that were made before."""
    made = slot_keys(("clerk", "scrutineers"), ("a", "b", "c", "d"))
    keys = cycle([key for of_signer in made.values() for key in of_signer.values()])
    with cheap(), patch("ballot.preparing.freezing.generate_slot_key", lambda: next(keys)):
        yield


def small() -> Sample:
    """A few deputies of the sample: ten tablets, eight papers, two who are absent."""
    town = load_sample(DATA, None, None, token_bytes)
    present = town.present[:18]
    absent = tuple(one for one in town.deputies if one not in town.present)[:2]
    return replace(
        town,
        deputies=(*present, *absent),
        present=present,
        tablets=10,
        papers=8,
        tablet_marks=town.tablet_marks[:10],
        paper_sheets=town.paper_sheets[:8],
    )


class Told:
    """What the helpers said."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, what: str, fields: Mapping[str, Any]) -> None:
        self.lines.append((what, fields))

    def names(self, what: str, kind: str) -> list[str]:
        """Who did that to events of that kind."""
        return [f["name"] for said, f in self.lines if said == what and f.get("kind") == kind]


@contextmanager
def walking(
    home: Path, may: Callable[[str], bool] = lambda _: True
) -> Iterator[tuple[Staged, Told]]:
    told = Told()
    with (
        quick(),
        staged(small(), "Ed25519", home, 0, told, may, lambda *_: None) as stage,
    ):
        yield stage, told


def run(stage: Staged, told: Told, done: Callable[[], bool]) -> None:
    """Steps until that is so; an error once nobody has anything to do for long."""
    busy = time.monotonic()
    while not done():
        if stage.walk.step():
            busy = time.monotonic()
        elif time.monotonic() - busy > SECONDS:
            raise TimeoutError(f"{kinds(stage)} {told.lines[-3:]}")
        else:
            time.sleep(0.05)


def rest(stage: Staged) -> None:
    """Steps until the helpers have nothing left to do."""
    idle = 0
    while idle < 20:
        idle = 0 if stage.walk.step() else idle + 1
        time.sleep(0.02)


def kinds(stage: Staged) -> list[str]:
    return [event.kind for event in stage.walk.board.events] if stage.walk.board else []
