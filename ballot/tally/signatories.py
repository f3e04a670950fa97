"""Whose signatures an event needs, and whether those under it count (protocol §8, attack E11).

The codes say which check of a verifier speaks: ``keys.…`` (V4) under the key ceremony,
``seal.…`` (V8) under a seal, ``certificate.…`` (V13), else ``event.…`` (V3).
"""

from collections import Counter
from collections.abc import Iterator

from ballot.crypto import signing
from ballot.crypto.errors import Invalid
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import Event, Signature, signed_document
from ballot.tally.session import Definition

_PREFIXES = {"keys_ready": "keys", "sealed": "seal", "certified": "certificate"}


def needed(definition: Definition, kind: str) -> dict[str, int]:
    """The fewest distinct persons per role who must sign an event of that kind."""
    words = {
        "one": 1,
        "quorum": definition.presidium_quorum,
        "all": len(definition.trustees),
    }
    return {
        role: count if isinstance(count, int) else words[count]
        for role, count in KINDS[kind].signers
    }


def holds(definition: Definition, officer_id: str, role: str) -> bool:
    """Whether the definition gives that officer the role; ``trustee`` is one as well."""
    if role == "trustee":
        return officer_id in definition.trustees
    return any(officer.id == officer_id for officer in definition.holders(role))


def refused_signatures(definition: Definition, event: Event) -> Iterator[Invalid]:
    """Everything wrong with the signatures under an event.

    Codes, after the prefix: ``signature_order`` (not sorted by role and signer, or a pair
    twice), ``unknown_signer``, ``role`` (not held, or not asked for), ``signature``,
    ``too_few_signatures``, ``too_many_signatures``.
    """
    prefix = _PREFIXES.get(event.kind, "event")
    pairs = [(s.role, s.signer) for s in event.signatures]
    if pairs != sorted(set(pairs)):
        yield Invalid(f"{prefix}.signature_order", "not sorted by role and signer, each once")
    wanted = needed(definition, event.kind)
    good: set[tuple[str, str]] = set()
    for signature in event.signatures:
        refusal = _refusal(definition, event, signature, wanted)
        if refusal:
            code, detail = refusal
            yield Invalid(f"{prefix}.{code}", f"{event.kind}: {detail}")
        else:
            good.add((signature.role, signature.signer))
    # Distinct persons within a role; who has two roles signs for each.
    found = Counter(role for role, _ in good)
    for role, count in wanted.items():
        if found[role] < count:
            what = f"{event.kind}: {found[role]} as {role}, needed {count}"
            yield Invalid(f"{prefix}.too_few_signatures", what)
    for role, limit in KINDS[event.kind].signers:
        if limit == "one" and sum(s.role == role for s in event.signatures) > 1:
            yield Invalid(f"{prefix}.too_many_signatures", f"{event.kind}: one as {role}")


def _refusal(
    definition: Definition, event: Event, signature: Signature, wanted: dict[str, int]
) -> tuple[str, str] | None:
    who = f"{signature.signer} as {signature.role}"
    try:
        officer = definition.officer(signature.signer)
    except Invalid:
        return "unknown_signer", who
    if signature.role not in wanted:
        return "role", f"{who}: not a role that signs this"
    if not holds(definition, officer.id, signature.role):
        return "role", f"{who}: not in the definition"
    document = signed_document(event, signature.signer, signature.role)
    try:
        signing.verify(officer.public_key, event.kind, document, signature.signature)
    except Invalid as error:
        return "signature", f"{who}: {error.detail}"
    return None
