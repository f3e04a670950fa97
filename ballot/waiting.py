"""What a session waits for: who may propose the next event, whose signatures are missing, and
what must be done before a round can open (protocol §8).
"""

from collections.abc import Collection
from dataclasses import dataclass

from ballot.crypto.errors import Invalid
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import Signature
from ballot.tally.session import Definition, Officer
from ballot.tally.signatories import needed
from ballot.tally.state import State

_COUNTERS = ("chief_scrutineer", "scrutineer", "teller")  # may say what nobody signs: Counted


@dataclass(frozen=True)
class Wanted:
    """The signatures of one role under a draft: how many, whose are there, who may still sign."""

    role: str
    needed: int
    signed: tuple[Officer, ...]
    may: tuple[Officer, ...]

    @property
    def more(self) -> int:
        """How many are missing."""
        return max(0, self.needed - len(self.signed))


def wanted(definition: Definition, kind: str, known: Collection[Signature]) -> tuple[Wanted, ...]:
    """The signatures that an event of that kind needs, of which ``known`` are there."""
    found = []
    for role, count in needed(definition, kind).items():
        holders = (
            tuple(definition.officer(one) for one in definition.trustees)
            if role == "trustee"
            else definition.holders(role)
        )
        names = {one.signer for one in known if one.role == role}
        signed = tuple(one for one in holders if one.id in names)
        single = dict(KINDS[kind].signers)[role] == "one"
        rest = () if single and signed else tuple(o for o in holders if o.id not in names)
        found.append(Wanted(role, count, signed, rest))
    return tuple(found)


def role_to_propose(
    definition: Definition, account_id: str, roles: Collection[str], kind: str
) -> str:
    """The role in which an official may propose that kind of event: one that signs it, or clerk.

    Raises ``draft.kind`` and ``draft.may_not``.
    """
    if kind not in KINDS:
        raise Invalid("draft.kind", "no kind of event")
    for role in tuple(needed(definition, kind)) or _COUNTERS:
        if role in roles or (role == "trustee" and account_id in definition.trustees):
            return role
    if "clerk" in roles:
        return "clerk"
    raise Invalid("draft.may_not", f"{kind} is proposed by who signs it, or the clerk")


def gates(state: State) -> tuple[str | None, dict[str, bool]]:
    """What must be done before the next round can open, and what is: (slot, gate → done)."""
    for one in state.rounds.values():
        if one.opened or one.voided:
            continue
        issue = state.issues.get(one.slot)
        return one.slot, {
            "keys_ready": state.trustees is not None,
            "rules_adopted": state.rules_adopted,
            "check_in_closed": issue is not None,
            "quorum": issue is not None and state.quorum_met(one.slot, issue.present),
            "box_empty": one.box_empty,
            "no_round_open": not any(other.is_open for other in state.rounds.values()),
        }
    return None, {}
