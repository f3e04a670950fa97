"""Seal and decryption of one round on a trustee's device (protocol §8; E1, E2, E22, E24).

The device takes the definition, the events and the box's envelopes, nothing else. It builds the
election document itself, verifies every ballot, and computes root and sum; the only thing it
ever decrypts is that sum, sealed by q trustees.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ballot.conduct import BoxCount, Progress, read_box
from ballot.crypto.encoding import code_of_hex
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random
from ballot.crypto.threshold import verify_trustees
from ballot.tally import aggregate
from ballot.tally.events import Event, draft, sign_event
from ballot.tally.polls import gate_of, joint_key
from ballot.tally.state import Seal, State
from ballot.trustee import journal as journals
from ballot.trustee.documents import Place
from ballot.trustee.drafts import require_next
from ballot.trustee.drill import require_share
from ballot.trustee.journal import Journal


@dataclass(frozen=True)
class Record:
    """A session as the device was told: its state, and the slips left over at check-in."""

    state: State
    unused_slips: frozenset[str] = frozenset()


def record_of(state: State, events: Iterable[Event]) -> Record:
    """From the events that told the state."""
    slips = (event.body.get("unused_slips", ()) for event in events)
    return Record(state, frozenset(slip for some in slips for slip in some))


def inspect(
    record: Record, slot: str, envelopes: Iterable[bytes], progress: Progress = lambda _: None
) -> BoxCount:
    """Verify a closed box: gate from signed documents, every ballot, root, size and sum.

    Raises ``ballot.wrong_round`` where RoundOpened announced another election document,
    ``token.spent`` and ``token.unused_slip``, ``seal.differs`` where RoundClosed stated another
    box, and what :func:`~ballot.conduct.read_box` raises.
    """
    state, one = record.state, record.state.round(slot)
    if one.seal is None:
        raise Invalid("event.order", f"the round in slot {slot} has no closed box")
    gate = gate_of(state, joint_key(state), slot)
    if gate.election.fingerprint != one.fingerprint:
        raise Invalid("ballot.wrong_round", "not the election document that was announced")
    box = read_box(gate, envelopes, progress)
    credentials = {envelope.ballot.credential for envelope in box.envelopes}
    if not credentials.isdisjoint(record.unused_slips):
        raise Invalid("token.unused_slip", "a ballot of a slip that was left over")
    found = Seal(gate.election.fingerprint, box.size, box.root)
    if found != one.seal:
        ours, theirs = (f"{s.size} {code_of_hex(s.root)}" for s in (found, one.seal))
        raise Invalid("seal.differs", f"this device: {ours}; the hall: {theirs}")
    return box


def seal(
    record: Record,
    journal: Journal,
    place: Place,
    slot: str,
    envelopes: Iterable[bytes],
    minute: str,
    progress: Progress = lambda _: None,
) -> tuple[Journal, Event]:
    """The journal to be saved, and after that the Sealed draft to be handed out.

    Raises ``seal.restored`` and ``seal.second``, what :func:`inspect` raises, and the lifecycle's
    obstacles. Sealing the same box again gives the same draft.
    """
    state = record.state
    journal = journals.from_events(journal, state)
    journal.require_may_seal(slot)
    stated = state.round(slot).seal
    if stated is not None:  # before minutes of work
        journal.admit(slot, stated, minute)
    _require_once(state, place, slot)
    require_next(state, _sealed(state, slot, minute, stated))
    box = inspect(record, slot, envelopes, progress)
    own = Seal(box.gate.election.fingerprint, box.size, box.root)
    journal = journal.admit(slot, own, minute)
    entry = journal.entry(slot)
    event = _sealed(state, slot, (entry and entry.minute) or minute, own)
    event = _signed(place, event)
    require_next(state, event)
    return journal, event


def decrypt(
    record: Record,
    journal: Journal,
    place: Place,
    share: int,
    slot: str,
    envelopes: Iterable[bytes],
    minute: str,
    random: Random,
    progress: Progress = lambda _: None,
) -> tuple[Journal, Event]:
    """The journal to be saved, and after that the Decrypted draft to be handed out.

    Raises the lifecycle's obstacles (``seal.too_few`` below q seals of exactly this box),
    ``drill.share`` for a key of other trustees, ``seal.second`` and what :func:`inspect` raises.
    """
    state, definition = record.state, place.definition
    journal = journals.from_events(journal, state)
    body = {"owner": place.index, "partial": ""}
    unsigned = draft("decrypted", state.session, slot, minute, body)
    require_next(state, unsigned)
    require_share(place, share, (state.trustees or "").encode())
    box = inspect(record, slot, envelopes, progress)
    group, fingerprint = definition.group, box.gate.election.fingerprint
    journal = journal.admit(slot, Seal(fingerprint, box.size, box.root), None)
    data = aggregate.decrypt_partially(group, fingerprint, share, box.sums, random)
    # A fault of this machine must not leave it as a wrong share under this name (A13).
    widths = [question.width for question in box.gate.election.questions]
    key = verify_trustees(group, (state.trustees or "").encode()).key_of(place.index)
    partial = aggregate.decode_partial(group, widths, data)
    aggregate.verify_partial(group, fingerprint, key, box.sums, partial)
    event = _signed(place, replace(unsigned, body={**body, "partial": data.decode()}))
    require_next(state, event)
    return journal, event


def _sealed(state: State, slot: str, minute: str, seal: Seal | None) -> Event:
    if seal is None:
        raise Invalid("event.order", f"the round in slot {slot} has no closed box")
    body = {"fingerprint": seal.fingerprint, "root": seal.root, "size": seal.size}
    return draft("sealed", state.session, slot, minute, body)


def _require_once(state: State, place: Place, slot: str) -> None:
    if place.id in state.round(slot).seals:
        raise Invalid("seal.twice", "the events have this trustee's seal already")


def _signed(place: Place, event: Event) -> Event:
    return replace(event, signatures=(sign_event(place.key, event, place.id, "trustee"),))
