"""Good public records of small sessions, each played once per test run by the demonstration.

Slot keys take most of the time of a small session, so eight are made once and every record
uses them again; within a session they are distinct.
"""

import io
from functools import cache, partial
from importlib import resources
from unittest.mock import patch

from ballot.crypto.encoding import code_of_hex
from ballot.crypto.slotkey import SlotKey, generate_slot_key
from ballot.demo import defining
from ballot.demo.play import Play
from ballot.demo.sample import load_sample
from ballot.tally.record import write_record
from tests.elections import Stream


@cache
def slot_keys() -> tuple[SlotKey, ...]:
    """One key for each signer and slot of a session."""
    return tuple(generate_slot_key() for _ in range(2 * defining.SLOTS))


@cache
def make_record(
    style: str = "three_way", group: str = "Ed25519", voters: int = 12, seed: str = "record"
) -> tuple[bytes, str]:
    """The bytes of a ``record.zip`` of random ballots, and its 会议码."""
    random = Stream(seed)
    data = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    sample = load_sample(data, style, voters, random)
    keys = iter(slot_keys())
    with patch.object(defining, "generate_slot_key", partial(next, keys)):
        played = Play(sample, group, random, lambda *_: None).run()
    out = io.BytesIO()
    write_record(out, played.members)
    return out.getvalue(), code_of_hex(played.definition.session)
