"""The played sessions that every case starts from, and the verifier."""

import io
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any
from unittest.mock import patch

from ballot.crypto.encoding import code_of_hex, dumps
from ballot.demo import play as stage
from ballot.demo.plan import SIGNERS
from ballot.demo.play import Play
from ballot.demo.sample import load_sample
from ballot.demo.stage import Stage
from ballot.verify.record import verify_record
from ballot.verify.report import Report
from tests import plays, records
from tests.elections import Stream

MARKS = {  # three items for two places, cap 2; 18 of 20 deputies present
    "clear": ["YYN"] * 10 + ["YNA"] * 4 + ["AYN"] * 4,
    "tied": ["YYN", "YNY", "NYY"] * 6,
}
FIRST, SECOND = plays.FIRST, plays.SECOND


@cache
def play(name: str = "clear", note: str = "样例", practice: bool = False) -> Stage:
    """A session of ``tests/plays.py``, or one of ``MARKS`` by twelve tablets and six papers.

    The keys of these are the same whatever the note says.
    """
    if name not in MARKS:
        return records.played(name)

    def written(value: dict[str, Any]) -> bytes:
        return dumps(value | {"practice": practice})

    data = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    sample = load_sample(data, "three_way", None, Stream("sample"))
    source = sample.source | {
        "candidates": sample.source["candidates"][:3],
        "seats": 2,
        "_note": note,
        "rules": sample.source["rules"] | {"margin_range": {"low": "1/10", "high": "1/2"}},
    }
    sample = replace(
        sample,
        source=source,
        deputies=sample.deputies[:20],
        present=sample.deputies[:18],
        tablets=12,
        papers=6,
        tablet_marks=tuple(MARKS[name][:12]),
        paper_sheets=tuple((entry, "unreadable") for entry in MARKS[name][12:]),
    )
    keys = records.slot_keys(SIGNERS, (FIRST, SECOND))
    with (
        patch.object(stage, "slot_ids", lambda _: [FIRST, SECOND]),
        patch("ballot.demo.defining.slot_ids", lambda _: [FIRST, SECOND]),
        patch.object(stage, "make_slot_keys", lambda *_: keys),
        patch("ballot.preparing.defining.dumps", written),
        # The exported copies need no passphrase here: it costs a second each.
        patch("ballot.demo.officials.lock", lambda _, secret, *__: secret),
        patch("ballot.demo.officials.unlock", lambda copy, *_, **__: (None, copy)),
    ):
        made = Play(sample, "Ed25519", Stream("workshop"), lambda *_: None)
        made.run()
    return made


def good(name: str = "clear") -> dict[str, bytes]:
    """The members of a good record."""
    return {k: v for k, v in play(name).played.members.items() if isinstance(v, bytes)}


def session_code(name: str = "clear") -> str:
    """The 会议码 of the notice."""
    return code_of_hex(play(name).definition.session)


def verify(data: bytes, code: str | None, receipt: bytes | None = None) -> Report:
    return verify_record(lambda: io.BytesIO(data), code, receipt=receipt)
