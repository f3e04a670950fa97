"""From the sealed box to the public record: what officials' devices and the registrar compute.

Nothing here decides: totals follow from partial decryptions that everyone can check, outcome and
certificate from the adopted rules; the verifier compares every byte.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ballot.crypto import merkle
from ballot.crypto.encoding import dumps, sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.threshold import verify_trustees
from ballot.tally import aggregate, record, styles
from ballot.tally.admission import check_envelope
from ballot.tally.aggregate import Sums
from ballot.tally.certificate import build_certificate, certificate_digest, round_outcome
from ballot.tally.definition import decode_definition
from ballot.tally.envelope import Envelope, admission_line
from ballot.tally.events import Event, encode
from ballot.tally.gate import Gate
from ballot.tally.lifecycle import advance
from ballot.tally.polls import gate_of, joint_key
from ballot.tally.round_facts import facts_of
from ballot.tally.session import Definition
from ballot.tally.state import State, initial
from ballot.tally.styles import Totals

Progress = Callable[[int], None]


@dataclass(frozen=True)
class BoxCount:
    """A sealed box after every ballot in it was verified: what a trustee signs and decrypts."""

    gate: Gate
    envelopes: tuple[Envelope, ...]
    root: str
    sums: Sums

    @property
    def size(self) -> int:
        """R of the tablets."""
        return len(self.envelopes)


def read_box(
    gate: Gate, envelopes: Iterable[bytes], progress: Progress = lambda _: None
) -> BoxCount:
    """Verify every envelope of a box, recompute its root and its sum (attack E1).

    Raises the first envelope's refusal, ``seal.order`` where they do not stand in strictly
    increasing order of their trackers, ``token.spent`` for a credential and ``ballot.bad_proof``
    for an α that stands twice.
    """
    sums = aggregate.empty_sums(gate.group, [q.width for q in gate.election.questions])
    found, last = [], b""
    alphas, credentials = set(), set[str]()
    for number, data in enumerate(envelopes, 1):
        admitted = check_envelope(gate, data)
        if admitted.envelope.tracker <= last:
            raise Invalid("seal.order", f"envelope {number} is not in its place")
        last = admitted.envelope.tracker
        credential = admitted.envelope.ballot.credential
        if credential in credentials:
            raise Invalid("token.spent", f"envelope {number}: a credential of another ballot")
        credentials.add(credential)
        for alpha in admitted.alphas:
            if alpha in alphas:
                raise Invalid("ballot.bad_proof", f"envelope {number}: an α of another ballot")
            alphas.add(alpha)
        sums = aggregate.add(gate.group, sums, admitted.opened.ciphertexts)
        found.append(admitted.envelope)
        progress(number)
    root = merkle.root([envelope.tracker for envelope in found]).hex()
    return BoxCount(gate, tuple(found), root, sums)


def decrypted_totals(state: State, box: BoxCount) -> tuple[list[list[int]], Totals]:
    """Belenios' result and our totals, from the partial decryptions published so far.

    Raises ``round.not_counted`` below t, and what a wrong partial decryption raises.
    """
    one, group = state.round(box.gate.slot), box.gate.group
    trustees = verify_trustees(group, (state.trustees or "").encode())
    if len(one.partials) < state.definition.threshold:
        raise Invalid("round.not_counted", f"{len(one.partials)} partial decryptions")
    widths = [question.width for question in box.gate.election.questions]
    opened = {}
    for owner, text in one.partials.items():
        partial = aggregate.decode_partial(group, widths, text.encode())
        key, fingerprint = trustees.key_of(owner), box.gate.election.fingerprint
        aggregate.verify_partial(group, fingerprint, key, box.sums, partial)
        opened[owner] = partial
    factors = aggregate.combine(group, trustees, opened)
    result = aggregate.totals(group, box.sums, factors, box.size)
    return result, styles.totals_of(box.gate.style, result, box.size)


def write_round(state: State, box: BoxCount, result: list[list[int]]) -> bytes:
    """The ``.bel`` of a decided round."""
    stream = io.BytesIO()
    record.write_archive(
        stream,
        box.gate,
        state.definition.date,
        (state.trustees or "").encode(),
        record.credentials_of(box.gate, (e.ballot.credential for e in box.envelopes)),
        box.envelopes,
        box.sums,
        box.size,
        {owner: text.encode() for owner, text in state.round(box.gate.slot).partials.items()},
        result,
    )
    return stream.getvalue()


@dataclass(frozen=True)
class Counting:
    """A counted round: what Counted states, and the archive that the certificate names."""

    body: dict[str, Any]
    tablet: Totals | None
    archive: bytes | None

    @property
    def archive_digest(self) -> str | None:
        """Hex SHA-256 of the ``.bel``, None for paper only."""
        return None if self.archive is None else sha256(self.archive).hex()


def count_round(state: State, slot: str, box: BoxCount | None) -> Counting:
    """The body of Counted; ``box`` is None for a round for paper only."""
    tablet, archive = None, None
    if box is not None:
        result, tablet = decrypted_totals(state, box)
        archive = write_round(state, box, result)
    facts = facts_of(state, slot, tablet, None, "", "")
    body = {
        "tablet": None if tablet is None else [list(row) for row in tablet],
        "totals": [list(row) for row in facts.totals],
        "outcome": round_outcome(state.definition, facts),
    }
    return Counting(body, tablet, archive)


def certificate_of(state: State, slot: str, counting: Counting, log: str, minute: str) -> Any:
    """The certificate of a counted round as officials sign it, before its event."""
    facts = facts_of(state, slot, counting.tablet, counting.archive_digest, log, minute)
    return build_certificate(state.definition, facts)


def certificate_named(
    state: State, slot: str, counting: Counting, log: Sequence[str], minute: str, digest: str
) -> Any:
    """The certificate of that digest: an event states no more, and which event its signers had
    seen last is one of ``log``. Raises ``certificate.content``.
    """
    for last in reversed(log):
        found = certificate_of(state, slot, counting, last, minute)
        if certificate_digest(found) == digest:
            return found
    raise Invalid("certificate.content", f"{slot}: not a certificate of these events")


class _Reader:
    """Goes through the events once more and collects the members of the record."""

    def __init__(self, definition: Definition, fetch: Callable[[str], Iterable[bytes]]) -> None:
        self.state, self._fetch = initial(definition), fetch
        self.members: dict[str, record.Content] = {}
        self._counted: dict[str, Counting] = {}
        self._log: list[str] = []

    def take(self, event: Event) -> None:
        if event.kind == "counted" and event.slot:
            self._counted[event.slot] = self._count(event.slot)
        if event.kind == "certified" and event.slot:
            self._certified(event, event.slot, self._counted[event.slot])
        self.state = advance(self.state, event)
        self._log.append(event.digest)

    def _count(self, slot: str) -> Counting:
        one = self.state.round(slot)
        if not one.tablets:
            return count_round(self.state, slot, None)
        box = read_box(gate_of(self.state, joint_key(self.state), slot), self._fetch(slot))
        self._put(
            slot,
            "admissions.jsonl",
            b"".join(admission_line(envelope) + b"\n" for envelope in box.envelopes),
        )
        counting = count_round(self.state, slot, box)
        self._put(slot, "election.bel", counting.archive or b"")
        return counting

    def _certified(self, event: Event, slot: str, counting: Counting) -> None:
        digest = event.body["certificate"]
        certificate = certificate_named(self.state, slot, counting, self._log, event.minute, digest)
        signatures = [
            {"signer": s.signer, "role": s.role, "signature": s.signature} for s in event.signatures
        ]
        self._put(
            slot,
            "certificate.json",
            dumps({"certificate": certificate, "signatures": signatures}),
        )
        body = counting.body
        self._put(
            slot,
            "outcome.json",
            dumps(
                {
                    "items": certificate["items"],
                    "totals": body["totals"],
                    "outcome": body["outcome"],
                }
            ),
        )
        if certificate["paper"] is not None:
            self._put(slot, "paper.json", dumps(certificate["paper"]))

    def _put(self, slot: str, name: str, data: bytes) -> None:
        self.members[record.round_path(slot, name)] = data


def record_members(
    raw: bytes, events: Sequence[Event], fetch: Callable[[str], Iterable[bytes]]
) -> dict[str, record.Content]:
    """Everything in ``record.zip`` of a session: its definition's bytes, its events, and
    ``fetch(slot)``, the envelopes of a sealed box. Raises what does not fit together.
    """
    reader = _Reader(decode_definition(raw), fetch)
    for event in events:
        reader.take(event)
    return reader.members | {
        "README.txt": record.README,
        "definition.json": raw,
        "events.jsonl": b"".join(encode(event) + b"\n" for event in events),
    }
