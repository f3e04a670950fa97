"""The stage of a simulated session: its people with their keys, the board, the clock.

Acts (:mod:`ballot.demo.acts`, :mod:`ballot.demo.rounds`) are played on a stage in any order
that the lifecycle allows. Whatever an official does is signed with the own key and goes
through :class:`ballot.publishing.Board`. The two places where deputies meet machines can be
exchanged: :attr:`Stage.desk` (issuing) and :attr:`Stage.tablets` (casting).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ballot.crypto.credentials import draw_code
from ballot.crypto.group import Element, group_named
from ballot.crypto.proofs import Random
from ballot.crypto.signing import SigningKey
from ballot.demo.defining import Keys, drawn_list, write_definition
from ballot.demo.desk import Desk, SignersDesk, SlipsDesk, Wallet
from ballot.demo.officials import Official, Trustee, appoint
from ballot.demo.plan import Plan
from ballot.demo.tablets import LocalTablets, Tablets
from ballot.publishing import Board
from ballot.tally import record
from ballot.tally.certificate import RoundFacts
from ballot.tally.events import Event, draft
from ballot.tally.session import Definition

Progress = Callable[[str, int, int], None]
Signers = Mapping[str, Sequence[Official]]
"""role → who signs in it."""


@dataclass
class Played:
    """What is left when the curtain falls: the record's members, and what it was made from.

    ``certificates`` and ``facts`` are in the order of certification, replaced ones included.
    """

    definition: Definition
    board: Board
    members: dict[str, record.Content] = field(default_factory=dict)
    certificates: list[dict[str, Any]] = field(default_factory=list)
    facts: list[RoundFacts] = field(default_factory=list)


class Clock:
    """Minutes of the simulated day, from 09:00 in the hall (UTC+8)."""

    def __init__(self, date: str) -> None:
        self._date, self._minutes = date, 60

    def __call__(self) -> str:
        """The next minute."""
        self._minutes += 1
        return f"{self._date}T{self._minutes // 60:02d}:{self._minutes % 60:02d}Z"


class Stage:
    """One session before its first event. ``progress(step, done, total)`` hears of long work."""

    trustees: list[Trustee]
    trustees_bytes: bytes
    y: Element

    def __init__(self, plan: Plan, keys: Keys, random: Random, progress: Progress) -> None:
        self.plan, self.random, self.progress = plan, random, progress
        self.officials = appoint(plan.people, random)
        self.box_key, self.slot_keys, self.salt = SigningKey(random(32)), keys, random(32)
        self.group = group_named(plan.group)
        slips = [] if keys else [draw_code(random) for _ in plan.deputies]
        self.definition = write_definition(
            plan,
            self.officials,
            keys,
            lambda uuid: drawn_list(self.group, uuid, slips),
            self.box_key.public,
            self.salt,
            random,
        )
        self.board, self.clock = Board(self.definition), Clock(self.definition.date)
        self.desk: Desk = (
            SignersDesk(self.definition, keys, random)
            if keys
            else SlipsDesk(self.definition, slips, random)
        )
        self.tablets: Tablets = LocalTablets(self.box_key, random)
        self.wallets: dict[str, list[Wallet]] = {}
        self.played = Played(self.definition, self.board)

    def holders(self, role: str) -> list[Official]:
        """The officials with that role, in the order of the definition."""
        return [official for official in self.officials if role in official.roles]

    def one(self, role: str) -> Signers:
        """The one official with that role."""
        return {role: self.holders(role)[:1]}

    @property
    def presidium(self) -> Signers:
        """As many presidium members as the quorum wants."""
        return {"presidium": self.holders("presidium")[: self.definition.presidium_quorum]}

    @property
    def counters(self) -> Signers:
        """Two tellers and two scrutineers."""
        return {role: self.holders(role)[:2] for role in ("teller", "scrutineer")}

    def publish(
        self,
        kind: str,
        body: dict[str, Any],
        signers: Signers,
        slot: str | None = None,
        minute: str | None = None,
    ) -> Event:
        """Draft, sign by everyone named, publish; the next minute unless one is given."""
        event = draft(kind, self.definition.session, slot, minute or self.clock(), body)
        signatures = [
            official.sign(event, role) for role, people in signers.items() for official in people
        ]
        return self.board.publish(event, signatures)
