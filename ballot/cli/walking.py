"""``ballot demo --officials``: a link for every official, helpers for those that nobody plays."""

import select
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ballot.cli.progress import Bars
from ballot.crypto.encoding import code_of_hex
from ballot.demo.sample import Sample
from ballot.demo.walking.doorway import AT
from ballot.demo.walking.furnishing import PASSWORD
from ballot.demo.walking.staging import Staged, staged
from ballot.locale import message

_PAUSE = 1.0  # seconds between looks, while there is nothing to do
_PACE = 0.5  # between two acts of helpers, so that whoever watches can follow


def walk_through(
    sample: Sample, group: str, out: Path, port: int, watched: bool, lang: str
) -> tuple[Path, str] | None:
    """Walk until the result is published and, where somebody watches, for as long as they stay.

    Returns the record and its 会议码, once there is one; unwatched, helpers play everybody. Raises
    what the services refuse to start with.
    """
    console = Console(stderr=True)
    bars = Bars(console, lang)
    talk = _Talk(console, lang, watched)
    with bars, staged(
        sample, group, out / "officials", port, talk.tell, talk.may_go_on, bars.step
    ) as stage:  # fmt: skip
        talk.welcome(stage)
        try:
            return _run(stage, talk)
        except KeyboardInterrupt:
            return _record(stage)


def _run(stage: Staged, talk: "_Talk") -> tuple[Path, str] | None:
    announced = False
    while True:
        done = talk.may_go_on("start") and stage.walk.step()
        record = _record(stage)
        if record is not None and not announced:
            talk.tell("published", {"address": stage.services.at["registrar"]})
            if not talk.watched:
                return record
        announced = record is not None
        if talk.watched:
            talk.listen(_PACE if done else _PAUSE)
        elif not done:
            time.sleep(_PACE)


def _record(stage: Staged) -> tuple[Path, str] | None:
    hallway, board = stage.services.plan.hallway, stage.walk.board
    if hallway is None or board is None or hallway.results is None:
        return None
    return hallway.around.record, code_of_hex(board.definition.session)


class _Talk:
    """What is said on the terminal, and what Enter lets go on."""

    def __init__(self, console: Console, lang: str, watched: bool) -> None:
        self._console, self._lang, self.watched = console, lang, watched
        self._asked, self._allowed = "", set[str]()

    def tell(self, what: str, fields: Mapping[str, Any]) -> None:
        """One line: see :data:`ballot.demo.walking.walk.Tell`."""
        kind = fields.get("kind")
        step = message(self._lang, f"office.step.{kind}") if kind else ""
        self._say(f"demo.walk.{what}", **{**fields, "step": step})

    def may_go_on(self, step: str) -> bool:
        """See :data:`ballot.demo.walking.walk.MayGoOn`: some steps wait for Enter, each time."""
        key = f"demo.walk.ask.{step}"
        if not self.watched or step not in ("start", "freeze", "check_in_closed", "round_closed"):
            return True
        if step in self._allowed:
            if step != "start":
                self._allowed.discard(step)
            return True
        if self._asked != step:
            self._asked = step
            self._say(key)
        return False

    def listen(self, seconds: float) -> None:
        """Wait a moment for Enter."""
        if select.select([sys.stdin], [], [], seconds)[0]:
            if not sys.stdin.readline():  # the terminal is gone: nobody watches any more
                self.watched = False
            self._allowed.add(self._asked)
            self._asked = ""

    def welcome(self, stage: Staged) -> None:
        """The links."""
        at = stage.services.at["registrar"]
        self._say("demo.walk.welcome", address=f"{at}{AT}", password=PASSWORD)
        table = Table(box=None)
        for heading in ("name", "roles", "link"):
            table.add_column(message(self._lang, f"demo.walk.{heading}"), overflow="fold")
        comma = message(self._lang, "trustee.comma")
        for one in stage.people:
            roles = comma.join(message(self._lang, f"account.role.{role}") for role in one.roles)
            table.add_row(one.name, roles, f"{at}{AT}/as/{one.id}")
        self._console.print(table)
        self._say("demo.walk.others", tablet=f"{at}/tablet", hall=f"{at}/hall", result=at)

    def _say(self, key: str, **fields: Any) -> None:
        text = message(self._lang, key, **fields)
        self._console.print(text, highlight=False, soft_wrap=True, markup=False)
