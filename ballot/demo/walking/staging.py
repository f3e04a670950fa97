"""The stage of a walk: a furnished directory, its services with the links' door, the company."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from ballot.demo.defining import slot_ids
from ballot.demo.hosting import Hosted, hosted
from ballot.demo.plan import standard_plan
from ballot.demo.sample import Sample
from ballot.demo.walking.company import Company
from ballot.demo.walking.deputies import Progress
from ballot.demo.walking.doorway import Doorway
from ballot.demo.walking.furnishing import Person, furnish
from ballot.demo.walking.helper import Helper
from ballot.demo.walking.walk import MayGoOn, Tell, Walk
from ballot.preparing.parts import Listed
from ballot.settings import Settings
from ballot.trustee.device import write_copy
from ballot.web.door import Door
from ballot.web.running import Plan


@dataclass(frozen=True)
class Staged:
    """A walk that can begin. ``people``: everybody with a link; ``taken``: whom people play."""

    walk: Walk
    services: Hosted
    people: tuple[Person, ...]
    taken: set[str]


@contextmanager
def staged(
    sample: Sample,
    group: str,
    directory: Path,
    port: int,
    tell: Tell,
    may_go_on: MayGoOn,
    progress: Progress,
) -> Iterator[Staged]:
    """A walk below ``directory`` (emptied first), on 127.0.0.1 at ``port`` and the two after it;
    0: wherever is free.
    """
    if directory.exists():
        shutil.rmtree(directory)
    settings = Settings(
        data_dir=directory / "hall",
        port=port,
        box_port=port and port + 1,
        signer_port=port and port + 2,
        tick=1,
    )
    known = {entry["deputy_no"]: entry for entry in sample.source["roll"]}
    roll = tuple(
        Listed(number, name, known.get(number, {}).get("delegation", ""))
        for number, name in sample.names.items()
    )
    plan = standard_plan(sample, group, tuple(slot_ids("projects")))
    people = furnish(settings, plan, roll)
    stage = _Stage(people, directory / "devices")
    with hosted(settings, ("box", "signer", "registrar"), stage.front) as services:
        helpers = stage.helpers(services.at["registrar"])
        taken = stage.doorway.taken
        company = Company(helpers, taken)
        stage.walk = Walk(services, company, sample, tell, may_go_on, progress)
        try:
            yield Staged(stage.walk, services, people, taken)
        finally:
            for helper in helpers.values():
                helper.client.close()


class _Stage:
    """What doorway and walk know of each other."""

    doorway: Doorway
    walk: Walk | None = None

    def __init__(self, people: tuple[Person, ...], devices: Path) -> None:
        self._people, self._devices = people, devices
        self._helpers: dict[str, Helper] = {}

    def front(self, plan: Plan, app: ASGIApp) -> ASGIApp:
        """The links' door before the registrar."""
        door = plan.modes.door
        if not isinstance(door, Door):
            raise TypeError("no session is prepared here")
        self.doorway = Doorway(app, door, self._people, self._shown, self._copy)
        return self.doorway

    def helpers(self, at: str) -> dict[str, Helper]:
        """Everybody's helper, signed in."""
        for one in self._people:
            cookie = self.doorway.cookie_for(one)
            self._helpers[one.id] = Helper(one, at, cookie, self._devices / one.id)
        return self._helpers

    def _shown(self) -> Mapping[str, Any]:
        """What the page of the links says of this moment."""
        walk, keys = self.walk, {k for k, one in self._helpers.items() if one.has_key}
        if walk is None or walk.board is None or walk.deputies is None:
            return {"guests": (), "papers": (), "keys": keys}
        rounds = walk.deputies.in_boxes(walk.board)
        return {"guests": walk.deputies.guests, "papers": rounds, "keys": keys}

    def _copy(self, account: str) -> bytes | None:
        """Key, and share of the session's key, as the helper's device would export them."""
        helper = self._helpers.get(account)
        if helper is None or not helper.has_key:
            return None
        board = self.walk.board if self.walk else None
        files = helper.device.session(board.definition) if board else None
        share = files if files is not None and files.share_file.exists() else None
        return write_copy(helper.device, share)
