"""From "close" to the certificate: what the machines of a town's session do, step by step.

Three scrutineers check the box side by side, each on an own device with two cores; what people
read, click and type is not counted. Processor time is that of all devices together.
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

DEPUTIES, SCRUTINEERS = 86, 3
Row = Callable[[str, float, float], None]


def conduct(row: Row) -> None:
    """Measure and tell each step: (what, ms that the hall waits, ms of all processors)."""
    source = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    sample = load_sample(source, None, DEPUTIES, RANDOM)
    session = Play(sample, "Ed25519", RANDOM, lambda *_: None).run()
    certified = next(e for e in session.board.events if e.kind == "certified")
    slot = certified.slot or ""
    told = before_certificate(session, slot)
    others = {s.signer for s in certified.signatures} - set(session.definition.trustees)
    sums = [0.0, 0.0]

    def add(what: str, waits: float, works: float, devices: int = 1) -> None:
        row(f"{what} ({devices} at once)" if devices > 1 else what, waits, devices * works)
        sums[0] += waits
        sums[1] += devices * works

    with Bridge("verify_bridge.mjs") as browser:
        asked = told.asked()
        before = [e.kind for e in told.events].index("sealed")
        found, waits, works = _asked(
            browser,
            "seal",
            definition=asked["definition"],
            lines=asked["lines"][:before],
            slot=slot,
            envelopes=asked["envelopes"],
        )
        add("a scrutineer's browser checks the box", waits, works, SCRUTINEERS)
        decrypted = _state(session.definition, told, "counted")
        gate = gate_of(decrypted, joint_key(decrypted), slot)
        box, *ms = _timed(lambda: read_box(gate, told.envelopes))
        add("the registrar reads the sealed box", *ms)
        _, *ms = _timed(
            lambda: aggregate.decrypt_partially(
                gate.group, gate.election.fingerprint, 12345, box.sums, RANDOM
            )
        )
        add("a scrutineer decrypts", *ms, SCRUTINEERS)
        _, *ms = _timed(lambda: dumps(count_round(decrypted, slot, box).body))
        add("the registrar counts", *ms)
        seal = found["own"]
        known = {name: seal[name] for name in ("fingerprint", "root")} | {"sums": found["sums"]}
        ms = _checked(browser, {**asked, "verified": known}, before=True)
        add("a scrutineer's browser verifies the certificate", *ms, SCRUTINEERS)
        row(f'"close" to certificate, {DEPUTIES} deputies, {SCRUTINEERS} scrutineers', *sums)
        waits, works = _checked(browser, asked, before=False)
        row("another signer's browser verifies box and certificate", waits, works)
        more = len(others)
        what = f'"close" to certificate with {more} signers more, who sealed nothing'
        row(what, sums[0] + waits, sums[1] + more * works)


def _checked(browser: Bridge, args: dict[str, Any], *, before: bool) -> tuple[float, float]:
    answer, waits, works = _asked(browser, "employ", job="round", args=args)
    if answer["verdict"] != "valid" or answer["box"]["before"] is not before:
        raise ValueError(answer)
    return waits, works


def _asked(browser: Bridge, op: str, **args: Any) -> tuple[Any, float, float]:
    """The answer, ms that passed, ms of the browser's processors."""
    used, started = browser("processor"), time.perf_counter()
    answer = browser(op, **args)
    waits = (time.perf_counter() - started) * 1000
    return answer, waits, browser("processor") - used


def _state(definition: Any, told: Counted, before: str) -> State:
    """Where the session stood just before that event."""
    state = initial(definition)
    for event in told.events:
        if event.kind == before:
            break
        state = advance(state, event)
    return state


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    started, used = time.perf_counter(), time.process_time()
    found = work()
    return (
        found,
        (time.perf_counter() - started) * 1000,
        (time.process_time() - used) * 1000,
    )
