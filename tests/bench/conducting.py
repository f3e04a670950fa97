"""From "close" to the certificate: what the machines of a town's session do, step by step.

Three scrutineers check the box side by side, each on an own device with two cores; what people
read, click and type is not counted.
"""

import time
from collections.abc import Callable
from importlib import resources
from typing import Any

from ballot.conduct import count_round, read_box
from ballot.crypto.encoding import dumps
from ballot.demo.play import Play
from ballot.demo.sample import load_sample
from ballot.tally import aggregate
from ballot.tally.lifecycle import advance
from ballot.tally.polls import gate_of, joint_key
from ballot.tally.state import State, initial
from tests.bench.making import RANDOM
from tests.js.client import Bridge
from tests.js.counted import Counted, before_certificate

DEPUTIES = 86
Row = Callable[[str, float, float], None]


def conduct(row: Row) -> tuple[float, float]:
    """Measure and tell each step: (what, ms that the hall waits, ms of processor); the sums."""
    source = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    sample = load_sample(source, None, DEPUTIES, RANDOM)
    session = Play(sample, "Ed25519", RANDOM, lambda *_: None).run()
    slot = next(e.slot for e in session.board.events if e.kind == "certified") or ""
    told = before_certificate(session, slot)
    sums = [0.0, 0.0]

    def add(what: str, waits: float, works: float) -> None:
        row(what, waits, works)
        sums[0] += waits
        sums[1] += works

    with Bridge("verify_bridge.mjs") as browser:
        check = _checked(browser, told)
        add("a scrutineer's browser checks the box (three at once)", check, 3 * check)
        decrypted = _state(session.definition, told, "counted")
        gate = gate_of(decrypted, joint_key(decrypted), slot)
        box, ms = _timed(lambda: read_box(gate, told.envelopes))
        add("the registrar reads the sealed box", ms, ms)
        _, ms = _timed(
            lambda: aggregate.decrypt_partially(
                gate.group, gate.election.fingerprint, 12345, box.sums, RANDOM
            )
        )
        add("a scrutineer decrypts (three at once)", ms, 3 * ms)
        _, ms = _timed(lambda: dumps(count_round(decrypted, slot, box).body))
        add("the registrar counts", ms, ms)
        check = _checked(browser, told)
        add("a signer's browser verifies the certificate (three at once)", check, 3 * check)
    return sums[0], sums[1]


def _checked(browser: Bridge, told: Counted) -> float:
    started = time.perf_counter()
    answer = browser("employ", job="round", args=told.asked())
    if answer["verdict"] != "valid":
        raise ValueError(answer)
    return (time.perf_counter() - started) * 1000


def _state(definition: Any, told: Counted, before: str) -> State:
    """Where the session stood just before that event."""
    state = initial(definition)
    for event in told.events:
        if event.kind == before:
            break
        state = advance(state, event)
    return state


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    found = work()
    return found, (time.perf_counter() - started) * 1000
