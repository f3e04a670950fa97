"""Gates of small rounds without a session around them, for tests of ballots and the box."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from ballot.crypto import blind
from ballot.crypto.group import Group
from ballot.crypto.proofs import random_scalar
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.election import Question, encode_election
from ballot.tally.gate import Gate
from ballot.tally.styles import GRADES, YES_NO
from tests.slotkeys import CLERK, SCRUTINEERS

SIGNERS = (CLERK, SCRUTINEERS)
SESSION = "5e" * 32
SLOT = "projects-1"


def stream(seed: bytes) -> Callable[[int], bytes]:
    """Deterministic bytes from a seed, in place of the operating system's generator."""
    state = {"n": 0}

    def take(size: int) -> bytes:
        state["n"] += 1
        return hashlib.shake_256(seed + state["n"].to_bytes(4, "big")).digest(size)

    return take


@dataclass(frozen=True)
class Round:
    """A gate with the secret election key x (y = g^x), which only a test may know."""

    gate: Gate
    x: int


def make_round(
    group: Group,
    style: str = "three_way",
    items: int = 3,
    cap: int = 2,
    *,
    drawn: frozenset[str] = frozenset(),
    slot: str = SLOT,
) -> Round:
    """A round on ``items`` items with two signers, or with drawn codes."""
    x = random_scalar(group, stream(b"key" + slot.encode()))
    titles = [f"项目{i}" for i in range(items)]
    match style:
        case "approve":
            questions = [Question("票决", tuple(titles), 0, cap)]
        case "grades":
            questions = [Question(title, GRADES, 0, 1) for title in titles]
        case _:
            questions = [Question(title, YES_NO, 0, 1) for title in titles]
    election = encode_election(
        group, group.power_g(x), "测试", f"ballot/v1|{slot}", questions, "1" * 22
    )
    keys = () if drawn else tuple(key.public for key in SIGNERS)
    wanted = cap if style == "three_way" else None
    return Round(Gate(SESSION, slot, election, style, items, wanted, keys, drawn, 2**16), x)


@dataclass(frozen=True)
class Wallet:
    """A credential with its secret and token."""

    credential: str
    s: int
    token: tuple[bytes, ...]


def make_wallet(gate: Gate, number: int, session: str = SESSION, slot: str | None = None) -> Wallet:
    """The number-th deputy's wallet for the gate's slot."""
    random = stream(b"wallet%d" % number)
    s = random_scalar(gate.group, random)
    credential = gate.group.ser(gate.group.power_g(s))
    message = blind.token_message(credential, session, slot or gate.slot)
    token = []
    for key in SIGNERS[: len(gate.keys)]:
        blinded = blind.blind(key.public, message, random)
        answer = blind.blind_sign(key, blinded.request, random)
        token.append(blind.finalize(key.public, message, answer, blinded.inverse))
    return Wallet(credential, s, tuple(token))


def make_envelope(gate: Gate, marks: str, wallet: Wallet, seed: bytes = b"s" * 32) -> bytes:
    """The envelope of a ballot with these marks."""
    random = stream(seed + wallet.credential.encode())
    unsigned = encrypt(gate, marks, wallet.credential, hashlib.sha256(random(32)).digest())
    return seal_envelope(gate, unsigned, wallet.s, wallet.token, random)
