"""What an official signs: what a draft says, whether it may follow now, whether it is true.

Whatever follows from the definition, the events and the box is computed again; the rest, which
only people can know (hands, heads, sheets), is shown to them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ballot.conduct import Progress, certificate_of, count_round
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import SigningKey
from ballot.tally.certificate import certificate_digest
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import Event, sign_event
from ballot.tally.polls import gate_of, joint_key
from ballot.tally.session import Definition
from ballot.tally.signatories import holds
from ballot.trustee.drafts import require_next
from ballot.trustee.sealing import Record, inspect

OWN_COMMANDS = {"keys_ready": "ceremony step", "sealed": "seal", "decrypted": "decrypt"}
"""Drafts that a trustee's device makes itself and takes from nobody."""


def roles_for(definition: Definition, draft: Event, officer_id: str, key: SigningKey) -> list[str]:
    """The roles in which that officer signs the draft, one signature for each.

    Raises ``trustee.other_key``, ``sign.own_command``, ``sign.no_role``, ``sign.signed``.
    """
    if definition.officer(officer_id).public_key != key.public:
        raise Invalid("trustee.other_key", officer_id)
    if draft.kind in OWN_COMMANDS:
        raise Invalid(
            "sign.own_command", f"{draft.kind}: ballot trustee {OWN_COMMANDS[draft.kind]}"
        )
    held = [role for role, _ in KINDS[draft.kind].signers if holds(definition, officer_id, role)]
    if not held:
        raise Invalid("sign.no_role", f"{officer_id}: {draft.kind}")
    done = {s.role for s in draft.signatures if s.signer == officer_id}
    left = [role for role in held if role not in done]
    if not left:
        raise Invalid("sign.signed", f"{officer_id} as {', '.join(held)}")
    return left


def review(
    record: Record,
    log: Sequence[str],
    draft: Event,
    envelopes: Iterable[bytes] | None,
    progress: Progress = lambda _: None,
) -> dict[str, Any] | None:
    """Refuse a draft that may not follow, or states what is not so; the certificate, rebuilt, for
    ``certified``. ``log``: digests of all events; ``envelopes``: the box, where it is at hand.

    Raises the lifecycle's obstacles, ``ballot.wrong_round``, ``seal.differs``, ``sign.box``,
    ``certificate.content``.
    """
    state = record.state
    require_next(state, draft)
    slot = draft.slot or ""
    if draft.kind == "round_opened" and draft.body["fingerprint"] is not None:
        gate = gate_of(state, joint_key(state), slot)
        if gate.election.fingerprint != draft.body["fingerprint"]:
            raise Invalid("ballot.wrong_round", "not the election document of this round")
    if draft.kind != "certified":
        return None
    one = state.round(slot)
    if one.tablets and envelopes is None:
        raise Invalid("sign.box", slot)
    box = inspect(record, slot, envelopes or (), progress) if one.tablets else None
    counting = count_round(state, slot, box)
    if counting.body != one.counted:
        raise Invalid("certificate.content", "the totals published are not those of the box")
    for seen in reversed(log):
        found: dict[str, Any] = certificate_of(state, slot, counting, seen, draft.minute)
        if certificate_digest(found) == draft.body["certificate"]:
            return found
    raise Invalid("certificate.content", "not the certificate that follows from the record")


def add_signatures(draft: Event, officer_id: str, key: SigningKey, roles: Iterable[str]) -> Event:
    """The draft with that officer's signatures in these roles."""
    added = tuple(sign_event(key, draft, officer_id, role) for role in roles)
    return replace(draft, signatures=(*draft.signatures, *added))
