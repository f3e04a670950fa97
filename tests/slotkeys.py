"""The two published slot keys of ``tests/vectors/blind.json``: making one takes 0.3 s or more."""

from pathlib import Path
from typing import Any

from ballot.crypto.encoding import parse_json
from ballot.crypto.slotkey import SlotKey

VECTORS: dict[str, Any] = parse_json((Path(__file__).parent / "vectors/blind.json").read_bytes())


def _key(entry: dict[str, str]) -> SlotKey:
    return SlotKey.from_primes(int(entry["p"], 16), int(entry["q"], 16))


CLERK, SCRUTINEERS = (_key(entry) for entry in VECTORS["keys"])
SIGNERS = {"clerk": CLERK, "scrutineers": SCRUTINEERS}
