"""Small public records, each played once per test run by the demo's own session.

Slot keys take most of the time of a small session, so eight are made once and every record
uses them again; within a session they are distinct.
"""

import hashlib
import io
import itertools
import secrets
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from ballot.crypto.slotkey import SlotKey, generate_slot_key
from ballot.demo import defining
from ballot.demo.play import Play
from ballot.demo.sample import load_sample
from ballot.tally.record import write_record
from tests.naive.documents import code_of, sha

SAMPLE = Path(defining.__file__).parent.parent / "data/qinghe_town.json"
SLOT_KEYS = 2 * defining.SLOTS


@cache
def slot_keys() -> tuple[SlotKey, ...]:
    """One key for each signer and slot of a session."""
    return tuple(generate_slot_key() for _ in range(SLOT_KEYS))


def stream(seed: bytes) -> Callable[[int], bytes]:
    """Bytes that follow from a seed alone: SHA-256 of it and a counter."""

    def blocks() -> Iterator[int]:
        for k in itertools.count():
            yield from hashlib.sha256(seed + k.to_bytes(8, "big")).digest()

    endless = blocks()
    return lambda size: bytes(itertools.islice(endless, size))


@cache
def make_record(
    style: str = "three_way", group: str = "Ed25519", voters: int = 12, seed: bytes | None = None
) -> tuple[bytes, str]:
    """The bytes of ``record.zip`` and the 会议码. A seed fixes all but the slot keys."""
    random = secrets.token_bytes if seed is None else stream(seed)
    keys = iter(slot_keys())
    generate = defining.generate_slot_key
    defining.generate_slot_key = lambda: next(keys)
    try:
        sample = load_sample(SAMPLE.read_bytes(), style, voters, random)
        played = Play(sample, group, random, lambda step, done, total: None).run()
    finally:
        defining.generate_slot_key = generate
    out = io.BytesIO()
    write_record(out, played.members)
    return out.getvalue(), code_of(sha(played.definition.raw))
