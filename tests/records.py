"""Good public records of small sessions: what the plays of ``tests/plays.py`` leave behind.

Each is played once per test process. Slot keys take most of the time of a small session, so
they are made of a few primes; within a session their moduli are distinct.
"""

import io
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import resources
from itertools import combinations
from typing import Any
from unittest.mock import patch

import gmpy2

from ballot.crypto.encoding import code_of_hex
from ballot.crypto.slotkey import EXPONENT, SlotKey
from ballot.demo import acts
from ballot.demo.defining import Keys
from ballot.demo.plan import SIGNERS, Plan, VotePlan, rules_for, standard_plan
from ballot.demo.sample import load_sample
from ballot.demo.stage import Stage
from ballot.tally.record import write_record
from tests.elections import Stream

WAIVER = {"step": "差额豁免", "body": "主席团", "date": "2025-01-02", "document_no": "测试1号"}
SCRIPTS: dict[str, Callable[[], Stage]] = {}
"""name → the script of a play; see :func:`script`."""


def script(play: Callable[[], Stage]) -> Callable[[], Stage]:
    """Register a play under the name of its function."""
    SCRIPTS[play.__name__] = play
    return play


@cache
def played(name: str) -> Stage:
    """The stage after the play of that name."""
    import tests.plays  # noqa: F401 -- registers the scripts

    # The exported copies need no passphrase here: it costs a second each.
    with (
        patch("ballot.demo.officials.lock", lambda _, secret, *__: secret),
        patch("ballot.demo.officials.unlock", lambda copy, *_, **__: (None, copy)),
    ):
        return SCRIPTS[name]()


@cache
def make_record(name: str) -> tuple[bytes, str]:
    """The bytes of the play's ``record.zip``, and its 会议码."""
    stage, out = played(name), io.BytesIO()
    write_record(out, stage.played.members)
    return out.getvalue(), code_of_hex(stage.definition.session)


def slot_keys(signers: tuple[str, ...], slots: tuple[str, ...]) -> Keys:
    """A key for each signer and slot, the same in every session."""
    moduli = iter(_keys())
    return {signer: {slot: next(moduli) for slot in slots} for signer in signers}


@cache
def _keys() -> tuple[SlotKey, ...]:
    """Fifteen keys of six primes."""
    random, primes = Stream("slot keys"), list[int]()
    while len(primes) < 6:
        # Two leading ones, so that every product has 3072 bits.
        start = (0b11 << 1534) | int.from_bytes(random(191), "big")
        prime = int(gmpy2.next_prime(start))
        if (prime - 1) % EXPONENT:
            primes.append(prime)
    return tuple(SlotKey.from_primes(p, q) for p, q in combinations(primes, 2))


@cache
def _source() -> dict[str, Any]:
    """The sample cut down to three candidates for two places, which needs a waiver."""
    data = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    source = dict(load_sample(data, None, 10, Stream("sample")).source)
    return source | {"candidates": source["candidates"][:3], "seats": 2}


def vote_plan(style: str = "three_way", rounds: int = 1, **rules: Any) -> VotePlan:
    """A vote of that style with slots ``projects-1`` … (``motion-1`` …) for so many rounds."""
    name = "motion" if style == "motion" else "projects"
    (vote,) = _plan(style, tuple(f"{name}-{n}" for n in range(1, rounds + 1))).votes
    changes: dict[str, Any] = {"rules": {**vote.rules, **rules}, "channels": ("tablet", "paper")}
    if style == "motion":
        changes |= {"id": "motion", "title": "票决办法", "kind": "motion", "style": "motion"}
        changes |= {"seats": 0, "items": vote.items[:1], "rules": rules_for(style, vote.rules)}
    elif style == "grades":
        changes["items"] = vote.items[:2]
    else:
        changes["waiver"] = WAIVER
    return replace(vote, **changes)


def empty_stage(
    *votes: VotePlan,
    deputies: int = 7,
    group: str = "Ed25519",
    signers: tuple[str, ...] = SIGNERS,
    practice: bool = False,
    name: str = "play",
) -> Stage:
    """The stage before its first event."""
    plan = _plan("three_way", ())
    plan = replace(
        plan,
        votes=votes or (vote_plan(),),
        deputies=tuple(f"QH-{n:03d}" for n in range(1, deputies + 1)),
        group=group,
        signers=signers,
        practice=practice,
        min_ballots=6,
        min_paper=3,
    )
    keys = slot_keys(signers, plan.slots)
    return Stage(plan, keys, Stream(f"{name}/{group}/{len(signers)}"), lambda *_: None)


def begin(*votes: VotePlan, **setting: Any) -> Stage:
    """The stage when the rules are adopted: nobody is checked in. ``setting`` as above."""
    stage = empty_stage(*votes, **setting)
    acts.adopt(stage)
    acts.hold_key_ceremony(stage)
    acts.adopt_rules(stage, len(stage.plan.deputies))
    return stage


def _plan(style: str, slots: tuple[str, ...]) -> Plan:
    data = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    chosen = style if style != "motion" else "three_way"
    sample = replace(load_sample(data, chosen, 10, Stream("sample")), source=_source())
    return standard_plan(sample, "Ed25519", slots)
