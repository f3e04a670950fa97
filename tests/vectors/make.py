"""Writes the vector files that Python and JavaScript share: ``scripts/vectors``.

Each file is made by our Python; ``tests/js`` shows that the client agrees byte for byte, and
``tests/js/test_vectors.py`` that the files are still what Python makes. ``blind.json`` (our
published test keys), ``keyfile.json`` and ``rfc9474.json`` are not made here.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ballot.crypto.encoding import pretty
from tests.vectors import ballots, documents, spellings

HERE = Path(__file__).parent
FILES: dict[str, Callable[[], Any]] = {
    "ballots.json": ballots.ballot_vectors,
    "definitions.json": documents.definition_vectors,
    "elections.json": documents.election_vectors,
    "encoding.json": spellings.encoding_vectors,
    "events.json": documents.event_vectors,
    "nonces.json": ballots.nonce_vectors,
    "signatures.json": spellings.signature_vectors,
    "slot_keys.json": spellings.slot_key_vectors,
    "slips.json": spellings.slip_vectors,
}


def text_of(name: str) -> str:
    """The text of a vector file."""
    return pretty(FILES[name]()) + "\n"


if __name__ == "__main__":
    for name in sys.argv[1:] or FILES:
        (HERE / name).write_text(text_of(name), encoding="utf-8")
