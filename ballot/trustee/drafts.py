"""An event's draft with its signatures, as it travels between officials' devices.

Canonical {``body``, ``kind``, ``minute``, ``session``, ``signatures``, ``slot``}: what the
registrar takes at ``POST /api/events`` (docs/service.md).
"""

from collections.abc import Iterable
from dataclasses import replace

from ballot.crypto import encoding, shapes
from ballot.crypto.errors import Invalid
from ballot.tally.events import Event, Signature, chain, decode_event
from ballot.tally.events import encode as encode_event
from ballot.tally.lifecycle import obstacles
from ballot.tally.state import State

FIELDS = "body kind minute session signatures slot"


def encode(draft: Event) -> bytes:
    """The draft's canonical bytes, its signatures sorted."""
    value = encoding.loads(encode_event(chain(None, draft, draft.signatures)))
    return encoding.dumps({name: value[name] for name in FIELDS.split()})


def decode(data: bytes) -> Event:
    """The draft with exactly these bytes; everything else is ``event.malformed``."""
    try:
        value = shapes.fields(encoding.loads(data), FIELDS, "draft")
    except Invalid as error:
        raise Invalid("event.malformed", error.detail) from None
    line = encoding.dumps({**value, "number": 1, "previous": None})
    return replace(decode_event(line), number=0)


def merge(drafts: Iterable[Event]) -> Event:
    """One draft with the signatures of all; ``event.other_draft`` where they are not of one."""
    first, *rest = drafts
    found: dict[tuple[str, str], Signature] = {}
    for draft in (first, *rest):
        if replace(draft, signatures=()) != replace(first, signatures=()):
            raise Invalid("event.other_draft", "two drafts that differ in more than signatures")
        found |= {(s.role, s.signer): s for s in draft.signatures}
    return replace(first, signatures=tuple(found[pair] for pair in sorted(found)))


def require_next(state: State, draft: Event) -> None:
    """Refuse a draft that could not follow now, however many signed it; raises the first
    obstacle. Signatures already there must hold; that some are missing is no obstacle yet.
    """
    event = replace(
        chain(None, draft, draft.signatures), number=state.number + 1, previous=state.last
    )
    for obstacle in obstacles(state, event):
        if not obstacle.code.endswith(".too_few_signatures"):
            raise obstacle
