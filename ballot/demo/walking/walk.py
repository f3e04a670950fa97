"""Who does what next in a walk: helpers for everybody whom nobody plays.

A helper leaves to people what is theirs: the steps of an official who was taken over, and, of
signatures that several may give, as many as people can still give.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from ballot.crypto.errors import Invalid
from ballot.demo.hosting import Hosted
from ballot.demo.remote import RemoteBoard, answer_of
from ballot.demo.sample import Sample
from ballot.demo.walking.company import Company
from ballot.demo.walking.deputies import Deputies, Progress
from ballot.demo.walking.helper import Helper
from ballot.demo.walking.steps import Steps
from ballot.tally.definition import decode_definition
from ballot.web.prepare_context import HERE

_OTHERS = ("keys_ready", "counted", "certified")
"""Steps that follow by themselves, or from the ceremony."""
_CHOICES = ("run_off_called", "tie_settled", "vacancy_left")

Tell = Callable[[str, Mapping[str, Any]], None]
"""Called with what a helper did (the end of a key ``demo.walk.…``) and the sentence's fields."""
MayGoOn = Callable[[str], bool]
"""Whether a helper may now begin that step, which people may want to come before: a kind of event,
or ``freeze``."""


class Walk:
    """One walk over running services, from the preparation to the record and, where a practice is
    ended, again.
    """

    def __init__(
        self,
        services: Hosted,
        company: Company,
        sample: Sample,
        tell: Tell,
        may_go_on: MayGoOn,
        progress: Progress,
    ) -> None:
        self._services, self._company, self._sample = services, company, sample
        self._tell, self._may_go_on, self._progress = tell, may_go_on, progress
        self._freezing, self._refused = False, ""
        self.deputies: Deputies | None = None
        self._steps: Steps | None = None

    @property
    def board(self) -> RemoteBoard | None:
        """The events of the session, once there is one."""
        return self._steps.board if self._steps else None

    def step(self) -> bool:
        """Do one thing that can be done; whether there was any."""
        try:
            steps = self._follow()
            done = self._prepare() if steps is None else self._proceed(steps)
        except httpx.HTTPError:  # the services are going over to something else
            return False
        except Invalid as error:
            going_over = error.code == "service.not_ready"
            if not going_over and self._refused != str(error):  # said once; it is tried again
                self._tell("refused", {"code": error.code, "detail": error.detail})
            self._refused = str(error)
            return False
        self._refused = "" if done else self._refused
        return done

    def _follow(self) -> Steps | None:
        """The session that stands, with all its events; None while there is none."""
        services = self._services
        answer = services.registrar.get("/api/definition")
        if not answer.is_success:
            self._steps = self.deputies = None
            return None
        board = self.board
        if self._steps is None or board is None or board.definition.raw != answer.content:
            board = RemoteBoard(decode_definition(answer.content), services.registrar)
            self.deputies = Deputies(self._sample, services, self._progress)
            self._steps = Steps(self._company, self.deputies, board, services.box)
            self._freezing = False
        after = {"after": str(board.state.number)}
        for line in answer_of(services.registrar.get("/api/events", params=after)).splitlines():
            board.follow(line)
        return self._steps

    def _prepare(self) -> bool:
        """Keys for everybody; then the clerk freezes a practice session."""
        door = self._services.plan.modes.door
        listed = [one for one, _ in door.accounts.listed()] if door else []
        lacking = {one.id for one in listed if one.public_key is None}
        for helper in self._company.at_work:
            if helper.id in lacking:
                self._tell("key", {"name": helper.person.name})
                return helper.key is not None
        clerk = self._company.lead("freeze")
        missing = any(one.signs and one.id in lacking for one in self._company.helpers.values())
        if missing or clerk is None or self._freezing or not self._may_go_on("freeze"):
            return False
        self._tell("freeze", {"name": clerk.person.name})
        clerk.fill(f"{HERE}/freeze", {"practice": "yes"})
        self._freezing = True
        return True

    def _proceed(self, steps: Steps) -> bool:
        state, deputies = steps.board.state, self.deputies
        if state.published or deputies is None:
            return False
        if self._sign(steps):
            return True
        if not state.adopted:
            return False
        if state.trustees is None and (helper := steps.hold_ceremony()):
            return self._did("ceremony", helper)
        if deputies.come(steps.board) or deputies.vote(steps.board):
            return True
        return any(self._begin(steps, one["kind"], one["slot"]) for one in self._due())

    def _sign(self, steps: Steps) -> bool:
        """The first signature that a helper owes."""
        for one in self._company.clerk.drafts():
            for helper in self._company.at_work:
                wanted = [w for w in one["signatures"] if self._company.owes(helper, w)]
                if wanted:
                    if one["kind"] == "certified":
                        steps.review(one["digest"])
                    helper.sign(one["digest"], [w["role"] for w in wanted])
                    return self._did("signed", helper, one["kind"])
        return False

    def _due(self) -> Sequence[Mapping[str, Any]]:
        """What is next, or what helpers choose where the presidium has a choice."""
        steps = [one for one in self._company.clerk.agenda() if one["draft"] is None]
        # The papers are counted while the box is sealed: of two that are next, the agenda calls
        # the second a choice.
        beside = [
            one for one in steps if (one["kind"], one["weight"]) == ("paper_counted", "choice")
        ]
        if found := [one for one in steps if one["weight"] == "next"]:
            return [*found, *beside]
        choices = {one["kind"]: one for one in steps if one["weight"] == "choice"}
        return [choices[kind] for kind in _CHOICES if kind in choices][:1]

    def _begin(self, steps: Steps, kind: str, slot: str | None) -> bool:
        if kind in ("sealed", "decrypted"):
            helper = steps.open_box(kind, slot or "")
            return helper is not None and self._did("signed", helper, kind)
        if kind == "paper_counted":
            helper = steps.count(slot or "")
            return helper is not None and self._did("papers", helper)
        lead = None if kind in _OTHERS else self._company.lead(kind)
        if lead is None or not self._may_go_on(kind):
            return False
        steps.propose(lead, kind, slot)
        return self._did("proposed", lead, kind)

    def _did(self, what: str, helper: Helper, kind: str = "") -> bool:
        self._tell(what, {"name": helper.person.name, "kind": kind})
        return True
