"""Events: what the public record says happened, one canonical line each (protocol §4, §8).

Decoding looks at the shape alone (code ``event.malformed``); what may follow what, and whose
signatures count, is :mod:`ballot.tally.lifecycle`. The digest of an event is that of its line.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ballot.crypto import encoding, shapes, signing
from ballot.crypto.errors import Invalid
from ballot.tally.event_kinds import KINDS

MAX_EVENTS = 10_000
MAX_SIGNATURES = 600


@dataclass(frozen=True, slots=True)
class Signature:
    """An officer's Ed25519 signature in a role; a trustee's role is ``trustee``."""

    signer: str
    role: str
    signature: str


@dataclass(frozen=True)
class Event:
    """One line of ``events.jsonl``. ``body`` has the members of docs/record.md for ``kind``."""

    number: int
    previous: str | None
    kind: str
    session: str
    slot: str | None
    minute: str
    body: dict[str, Any]
    signatures: tuple[Signature, ...]

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 of the whole line, without its line end."""
        return encoding.sha256(encode(self)).hex()


def draft(kind: str, session: str, slot: str | None, minute: str, body: dict[str, Any]) -> Event:
    """An event before its signatures and its place in the chain (number 0)."""
    return Event(0, None, kind, session, slot, minute, body, ())


def signed_document(event: Event, signer: str, role: str) -> dict[str, Any]:
    """What a signature covers: all but number, previous and signatures, so that officials can
    sign side by side; and who signs as what (attack E11).
    """
    return {
        "kind": event.kind,
        "session": event.session,
        "slot": event.slot,
        "minute": event.minute,
        "body": event.body,
        "signer": signer,
        "role": role,
    }


def sign_event(key: signing.SigningKey, event: Event, officer_id: str, role: str) -> Signature:
    """The signature of an officer under a draft."""
    document = signed_document(event, officer_id, role)
    return Signature(officer_id, role, signing.sign(key, event.kind, document))


def chain(previous: Event | None, event: Event, signatures: Iterable[Signature]) -> Event:
    """The draft ``event`` as the one after ``previous``, its signatures sorted."""
    return replace(
        event,
        number=previous.number + 1 if previous else 1,
        previous=previous.digest if previous else None,
        signatures=tuple(sorted(signatures, key=lambda s: (s.role, s.signer))),
    )


def encode(event: Event) -> bytes:
    """The canonical line, without line end."""
    return encoding.dumps(
        {
            "number": event.number,
            "previous": event.previous,
            "kind": event.kind,
            "session": event.session,
            "slot": event.slot,
            "minute": event.minute,
            "body": event.body,
            "signatures": [
                {"signer": s.signer, "role": s.role, "signature": s.signature}
                for s in event.signatures
            ],
        }
    )


def decode_event(data: bytes) -> Event:
    """The event with exactly these bytes; everything else is ``event.malformed``."""
    try:
        return _decode(encoding.loads(data))
    except Invalid as error:
        raise Invalid("event.malformed", error.detail) from None


def _decode(value: Any) -> Event:
    names = "number previous kind session slot minute body signatures"
    shapes.fields(value, names, "event")
    kind = shapes.choice(value["kind"], KINDS, "kind")
    wanted = KINDS[kind].slot
    slot = shapes.optional(value["slot"], shapes.identifier, "slot")
    if (slot is None) == (wanted == "one") and wanted != "any":
        raise shapes.refuse("slot", f"{kind} is about {wanted} slot")
    KINDS[kind].body(value["body"], "body")
    return Event(
        number=shapes.integer(value["number"], "number", 1),
        previous=shapes.optional(value["previous"], shapes.hexadecimal, "previous"),
        kind=kind,
        session=shapes.hexadecimal(value["session"], "session"),
        slot=slot,
        minute=shapes.minute(value["minute"], "minute"),
        body=value["body"],
        signatures=shapes.array(value["signatures"], _signature, "signatures", 0, MAX_SIGNATURES),
    )


def _signature(value: Any, where: str) -> Signature:
    shapes.fields(value, "signer role signature", where)
    return Signature(
        shapes.identifier(value["signer"], f"{where}.signer"),
        shapes.text(value["role"], f"{where}.role", 1, 32),
        shapes.hexadecimal(value["signature"], f"{where}.signature", 64),
    )
