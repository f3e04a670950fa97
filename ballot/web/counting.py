"""Counting by itself: what follows from the events is published, and the certificate proposed.

Counted is signed by nobody, for everyone can compute it (protocol §8); the certificate waits in
the signing room, and each signer's device checks it against the same box.
"""

import logging
import threading
from typing import Any

from fastapi import APIRouter, Depends, Response
from starlette.concurrency import run_in_threadpool

from ballot.accounts import ROLES
from ballot.conduct import Counting, certificate_named, certificate_of, count_round
from ballot.crypto.errors import Invalid
from ballot.signing_room import Proposal
from ballot.tally.agenda import steps
from ballot.tally.certificate import certificate_digest
from ballot.tally.lifecycle import advance
from ballot.tally.state import State, initial
from ballot.web.bodies import json_response
from ballot.web.guard import OfficialJson
from ballot.web.office_context import Office
from ballot.web.results import METHODS

log = logging.getLogger(__name__)
BY = ("service", "chief_scrutineer")  # who can take the certificate's draft off the table


class Counter:
    """Counts the rounds of a session as soon as nothing is missing. Thread-safe."""

    def __init__(self, office: Office) -> None:
        self._office, self._sealed = office, office.service.sealed
        self._lock = threading.Lock()
        self._counted: dict[tuple[str, str | None], Counting] = {}

    def proceed(self) -> bool:
        """Publish what can be counted, propose what can be certified; whether anything was.

        Raises what keeps it from either; the next call tries again.
        """
        done = False
        with self._lock:
            for step in steps(self._office.state):
                if step.slot is None:
                    continue
                if step.kind == "counted":
                    body = self.counting(self._office.state, step.slot).body
                    self._propose("counted", step.slot, body)
                    done = True
                if step.kind == "certified" and self._draft(step.slot) is None:
                    self._certify(step.slot)
                    done = True
            self._read_ahead()
        return done

    def counting(self, state: State, slot: str) -> Counting:
        """The count of a round by its signed paper sheet and what t trustees decrypted."""
        one = state.round(slot)
        key = (slot, one.paper_event)
        if key not in self._counted:
            box = self._sealed.read(slot).count if one.tablets else None
            self._counted[key] = count_round(state, slot, box)
        return self._counted[key]

    def certificate(self, slot: str) -> tuple[Any, str | None]:
        """The certificate that waits for signatures, with its draft's digest; else the one in
        force. Raises ``round.not_counted`` before there is any.
        """
        draft = self._draft(slot)
        if draft is None:
            return self._signed(slot), None
        state, event = self._office.state, draft.event
        digests = [one.digest for one in self._office.room.board.events]
        counting = self.counting(state, slot)
        named = event.body["certificate"]
        return certificate_named(state, slot, counting, digests, event.minute, named), draft.digest

    def _signed(self, slot: str) -> Any:
        """The last certificate of a round, from the events up to its own."""
        events = self._office.room.board.events
        mine = [e for e in events if e.kind == "certified" and e.slot == slot]
        if not mine:
            raise Invalid("round.not_counted", f"{slot}: no certificate yet")
        state, digests = initial(self._office.definition), []
        for event in events[: mine[-1].number - 1]:
            state = advance(state, event)
            digests.append(event.digest)
        counting = self.counting(state, slot)
        minute, named = mine[-1].minute, mine[-1].body["certificate"]
        return certificate_named(state, slot, counting, digests, minute, named)

    def _certify(self, slot: str) -> None:
        state, minute = self._office.state, self._office.minute()
        counting = self.counting(state, slot)
        found = certificate_of(state, slot, counting, self._office.room.board.log, minute)
        given = {"certificate": certificate_digest(found)}
        self._office.room.propose("certified", slot, given, minute, BY)

    def _propose(self, kind: str, slot: str, given: Any) -> None:
        self._office.room.propose(kind, slot, given, self._office.minute(), BY)

    def _draft(self, slot: str) -> Proposal | None:
        """The newest draft of a certificate that can still be signed."""
        found = [
            one
            for one in self._office.room.proposals()
            if (one.event.kind, one.event.slot, one.state) == ("certified", slot, "open")
        ]
        return found[-1] if found else None

    def _read_ahead(self) -> None:
        """Read a box as soon as it is sealed, so that nobody waits for it when they decrypt."""
        quorum = self._office.definition.seal_quorum
        for one in self._office.state.rounds.values():
            if one.tablets and one.closed and not one.is_over and len(one.sealers) >= quorum:
                self._sealed.read(one.slot)


def counting_api(office: Office, counter: Counter) -> APIRouter:
    """``/api/rounds/SLOT/{box,certificate,archive}``: what a signer's device checks."""
    guard = office.guard
    router = APIRouter(
        route_class=OfficialJson,
        prefix="/api/rounds",
        dependencies=[Depends(guard.require_json(*ROLES))],
    )

    @router.api_route("/{slot}/box", methods=METHODS)
    async def box(slot: str) -> Response:
        sealed = await run_in_threadpool(office.service.sealed.read, slot)
        lines = b"".join(envelope + b"\n" for envelope in sealed.envelopes)
        return Response(lines, media_type="application/jsonl")

    @router.api_route("/{slot}/certificate", methods=METHODS)
    async def certificate(slot: str) -> Response:
        found, draft = await run_in_threadpool(counter.certificate, slot)
        return json_response({"certificate": found, "draft": draft})

    @router.api_route("/{slot}/archive", methods=METHODS)
    async def archive(slot: str) -> Response:
        state = office.state
        if not state.round(slot).ever_counted:
            raise Invalid("round.not_counted", slot)
        counting = await run_in_threadpool(counter.counting, state, slot)
        if counting.archive is None:
            raise Invalid("round.no_box", f"{slot} was for paper only")
        return Response(counting.archive, media_type="application/x-tar")

    return router
