"""What the registrar does, without HTTP: events, check-in, issuing, orders, the record."""

import io
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ballot.conduct import record_members
from ballot.crypto.encoding import b64url, code_of_hex, dumps, loads, unb64url
from ballot.crypto.errors import Invalid
from ballot.crypto.shapes import array, distinct, fields, identifier, text
from ballot.crypto.slotkey import MODULUS_SIZE
from ballot.issuing import Peer
from ballot.publishing import Board
from ballot.registrar import Registrar
from ballot.store.board import BoardStore
from ballot.store.engine import Database
from ballot.store.roll import RollStore
from ballot.store.schema import SERVICES, check_version
from ballot.tally.definition import decode_definition
from ballot.tally.events import Event, decode_event
from ballot.tally.orders import check_order, decode_order
from ballot.tally.record import write_record
from ballot.tally.state import State
from ballot.verify.record import verify_record
from ballot.web.sealed import Boxes, NoBoxes, SealedBoxes

DRAFT = "body kind minute session signatures slot"
DEVICE_SIZE = 32


class RegistrarService:
    """The registrar of the session in its database. ``passphrase`` opens its slot keys; ``boxes``
    is where it reads what was sealed.

    Raises ``store.version``, ``service.not_ready`` when no session is installed, and
    ``signer.wrong_key`` or ``roll.digest`` for keys or a roll of another definition.
    """

    def __init__(
        self,
        database: Database,
        passphrase: str,
        peers: Sequence[Peer] = (),
        boxes: Boxes | None = None,
    ) -> None:
        check_version(database, SERVICES["registrar"])
        self.ends = ExitStack()
        """What is closed when the service ends."""
        self.ends.callback(database.close)
        self._store, self.roll = BoardStore(database), RollStore(database)
        raw = self._store.definition()
        if raw is None:
            raise Invalid("service.not_ready", "no session is installed in the registrar")
        definition = decode_definition(raw)
        keys = self.roll.keys(passphrase) if definition.signers else {}
        self.board, self._publishing = Board(definition, self._store), threading.Lock()
        self.sealed = SealedBoxes(self.board, boxes or NoBoxes())
        self.registrar = Registrar(definition, self.roll, keys, secrets.token_bytes, peers)
        for event in self.board.events:
            self.registrar.follow(event)

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self.board.state

    def lines(self, after: int) -> list[bytes]:
        """The lines of the events with a number above ``after``."""
        return self._store.lines(after)

    def publish(self, data: bytes) -> Event:
        """Publish a draft with its signatures (canonical JSON); raises the first obstacle, and
        ``partial.…`` for a partial decryption that is none of the sealed sum.

        What is published already is answered and not published again: signatures cover no number,
        so that anyone could repeat a signed objection for ever.
        """
        value = loads(data)
        fields(value, DRAFT, "draft")
        draft = decode_event(dumps(value | {"number": 1, "previous": None}))
        if draft.kind == "decrypted" and not self._known(draft):
            # Before the check that costs: who may not hand it in is refused first.
            self.board.examine(draft, draft.signatures)
            self.sealed.check(draft)
        with self._publishing:
            event = self._known(draft) or self.board.publish(draft, draft.signatures)
            self.registrar.follow(event)
        return event

    def _known(self, draft: Event) -> Event | None:
        return next((event for event in self.board.events if _repeats(draft, event)), None)

    def obey(self, data: bytes) -> dict[str, Any]:
        """Carry out the clerk's order to stop the check-in: the body of CheckInClosed; or pass on
        the presiding officer's order to stop a round: R and root of the box.
        """
        order = decode_order(data)
        check_order(self.board.definition, order, "halt_check_in", "halt_round")
        if order.kind == "halt_round":
            return self.sealed.boxes.halt(data)
        return self.registrar.halt(data)

    def check_in(self, value: Any) -> dict[str, Any]:
        """A pass shown by a device: the slots that its tokens will be for."""
        try:
            fields(value, "device pass", "body")
            device, code = unb64url(value["device"], DEVICE_SIZE), str(value["pass"])
        except (Invalid, TypeError):
            raise Invalid("pass.malformed", "not a check-in") from None
        return {"slots": self.registrar.check_in(code, device)}

    def issue(self, device: bytes, value: Any) -> dict[str, Any]:
        """Blind signatures of every signer for every slot that the device asks for."""
        requests = _requests(value)
        answers = self.registrar.issue(device, requests)
        return {
            "answers": [
                {"signatures": [b64url(signature) for signature in answers[slot]], "slot": slot}
                for slot in requests
            ]
        }

    def keep_shown(self, turnout: dict[str, int]) -> None:
        """Keep what the hall was shown: a box that later holds less was rolled back (B7)."""
        self._store.show(turnout)

    def write_record(
        self,
        path: Path,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        """Write the published session's ``record.zip`` and verify it.

        Raises ``record.invalid`` when the verifier does not find it valid.
        """
        definition = self.board.definition
        members = record_members(
            definition.raw, self.board.events, lambda slot: self.sealed.read(slot).envelopes
        )
        stream = io.BytesIO()
        write_record(stream, members)
        data = stream.getvalue()
        code = code_of_hex(definition.session)
        report = verify_record(lambda: io.BytesIO(data), code, 1, progress)
        if report.verdict != "valid":
            wrong = [check.id for check in report.checks if check.status == "fail"]
            raise Invalid("record.invalid", ", ".join(wrong) or report.verdict)
        part = path.with_suffix(".part")
        part.write_bytes(data)
        os.replace(part, path)


def _repeats(draft: Event, known: Event) -> bool:
    """Whether the draft says what a published event says, and adds no signature to it."""
    same = replace(draft, number=known.number, previous=known.previous, signatures=())
    signed = set(draft.signatures)
    return (
        bool(signed) and signed <= set(known.signatures) and same == replace(known, signatures=())
    )


def _requests(value: Any) -> dict[str, list[bytes]]:
    """Slot → blinded messages of a tablet's request; raises ``issue.malformed``."""

    def blinded(one: Any, where: str) -> bytes:
        return unb64url(text(one, where), MODULUS_SIZE)

    def entry(one: Any, where: str) -> tuple[str, list[bytes]]:
        fields(one, "blinded slot", where)
        return identifier(one["slot"], where), [*array(one["blinded"], blinded, where)]

    try:
        fields(value, "requests", "body")
        entries = array(value["requests"], entry, "requests")
        distinct((slot for slot, _ in entries), "requests")
    except Invalid:
        raise Invalid("issue.malformed", "not a request for tokens") from None
    return dict(entries)
