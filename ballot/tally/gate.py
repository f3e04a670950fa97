"""The gate: all that is needed to judge an envelope of one round (protocol §4, §5).

Tablet, box, trustee device and verifier build the same :class:`Gate` from signed documents;
:mod:`~ballot.tally.casting` makes envelopes that pass it, :mod:`~ballot.tally.admission` asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ballot.crypto import elgamal, proofs
from ballot.crypto.elgamal import Ciphertext
from ballot.crypto.encoding import compact, dumps
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element, Group
from ballot.crypto.slotkey import PublicKey
from ballot.tally.election import Election, encode_election
from ballot.tally.session import Definition, Vote
from ballot.tally.styles import cap_of, questions, wants_cap_proof

_NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Gate:
    """One round as the box sees it. ``cap`` is None where no cap proof is wanted."""

    session: str
    slot: str
    election: Election
    style: str
    items: int
    cap: int | None
    keys: tuple[PublicKey, ...]
    drawn: frozenset[str]
    length: int

    @property
    def group(self) -> Group:
        """The group of the election."""
        return self.election.group


def build_gate(
    definition: Definition,
    y: Element,
    slot_id: str,
    items: Sequence[str] | None = None,
    seats: int | None = None,
    calling: str | None = None,
) -> Gate:
    """The gate of a round: first round by default, a later one from its calling event.

    Everything is a function of signed documents (attack E24): the definition, the joint key
    of KeysReady, and items, places and digest of the calling event.
    """
    vote, slot, number = definition.slot(slot_id)
    chosen = [item.id for item in vote.items] if items is None else list(items)
    places = vote.seats if seats is None else seats
    cap = cap_of(vote, places, len(chosen))
    election = encode_election(
        definition.group,
        y,
        f"{vote.title}（第{_NUMERALS[number - 1]}轮）",
        f"ballot/v1|{definition.session}|{slot.id}|{vote.rule_digest}|{calling or '-'}",
        questions(vote, [vote.item(item_id).title for item_id in chosen], cap),
        slot.uuid,
    )
    return Gate(
        session=definition.session,
        slot=slot.id,
        election=election,
        style=vote.style,
        items=len(chosen),
        cap=cap if wants_cap_proof(vote) else None,
        keys=slot.keys,
        drawn=frozenset(slot.drawn),
        length=slot.length,
    )


def cap_statement(gate: Gate, s_0: str, yes: Sequence[Ciphertext]) -> tuple[Ciphertext, str]:
    """What the cap proof is about: the product of all 赞成 ciphertexts, and the hash prefix."""
    # S_cap = S_0|ser(α_1),ser(β_1),… in item order (protocol §5)
    total = elgamal.product(gate.group, list(yes))
    s_cap = proofs.with_ciphertexts(gate.group, s_0, yes)
    return total, proofs.interval_prefix(gate.group, "ballot-cap", s_cap, total)


def request_length(group: Group, vote: Vote, slot_id: str, signers: int) -> int:
    """Bytes that the longest possible envelope of any round of ``vote`` needs.

    All requests of a slot are padded to the length in the definition (attack B24); this is
    the least a definition may state.
    """
    scalar = str(group.q - 1)
    element = "9" * (64 if group.name == "Ed25519" else 617)
    proof = {"challenge": scalar, "response": scalar}
    cap = len(vote.items)
    answers = [
        {
            "choices": [{"alpha": element, "beta": element}] * question.width,
            "individual_proofs": [[proof, proof]] * question.width,
            "overall_proof": [proof] * (question.high - question.low + 1),
        }
        for question in questions(vote, [item.title for item in vote.items], cap)
    ]
    ballot = {
        "election_uuid": "1" * 22,
        "election_hash": "A" * 43,
        "credential": element,
        "answers": answers,
        "signature": {"hash": "A" * 43, "proof": proof},
    }
    envelope = {
        "ballot": compact(ballot).decode(),
        "cap_proof": [proof] * (cap + 1) if wants_cap_proof(vote) else None,
        "slot": slot_id,
        "token": ["A" * 512] * signers,
        "version": 1,
    }
    return len(dumps(envelope))


def check_lengths(definition: Definition) -> None:
    """Refuse (``definition.length``) a slot whose padded request could not hold its ballots."""
    for vote in definition.votes:
        for slot in vote.slots:
            least = request_length(definition.group, vote, slot.id, len(definition.signers))
            if slot.length < least:
                what = f"slot {slot.id}: {slot.length} bytes, ballots need {least}"
                raise Invalid("definition.length", what)
