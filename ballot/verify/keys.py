"""V4: the joint key is the trustees' own (attacks A2–A4, A11, A12, A24, E21, E30).

Who signed ``keys_ready`` is the lifecycle's; here is what they signed.
"""

from collections.abc import Iterator

from ballot.crypto import encoding, proofs, threshold
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Proof
from ballot.crypto.threshold import Trustees
from ballot.tally.events import Event
from ballot.tally.session import Definition


def joint_key(definition: Definition, event: Event) -> Trustees:
    """The trustees that ``keys_ready`` states, every relation of their document verified.

    Raises ``trustees.malformed``, ``trustees.invalid`` or a refusal of the group.
    """
    return threshold.verify_trustees(definition.group, event.body["trustees"].encode())


def key_faults(definition: Definition, event: Event, trustees: Trustees) -> Iterator[Invalid]:
    """Everything else: form, number, commitments, and the drill of each trustee."""
    m, t = len(definition.trustees), definition.threshold
    entry = trustees.groups[0]
    if len(trustees.groups) != 1 or entry.kind != "Pedersen" or not entry.superset:
        yield Invalid("keys.form", "not one Pedersen group with contexts and signatures")
        return
    if (entry.threshold, len(entry.keys)) != (t, m):
        stated = f"{entry.threshold} of {len(entry.keys)}"
        yield Invalid("keys.threshold", f"trustees {stated}, the definition says {t} of {m}")
    # Form and signatures of these messages were verified with the trustees' document.
    messages = encoding.loads_compact(event.body["trustees"].encode())[0][1]["coefexps"]
    if [threshold.commitment(message) for message in messages] != event.body["commitments"]:
        yield Invalid("keys.commitment", "a coefficient message is not the one committed to")
    drills = event.body["drills"]
    if len(drills) != len(entry.keys):
        yield Invalid("keys.drill", f"{len(drills)} drills of {len(entry.keys)} trustees")
    group, session = definition.group, definition.session
    for index, (key, drill) in enumerate(zip(entry.keys, drills, strict=False), 1):
        try:
            factor = group.parse(drill["factor"])
            numbers = (group.parse_scalar(drill[name]) for name in ("challenge", "response"))
            proofs.verify_drill(group, session, index, key, factor, Proof(*numbers))
        except Invalid as error:
            yield Invalid("keys.drill", f"trustee {index}: {error.detail}")
