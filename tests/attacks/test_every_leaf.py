"""Every leaf of every document in a good record, changed alone: the record is never valid.

A sample is walked by default, always the same; ``BALLOT_EVERY_LEAF=1`` walks all of them.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from ballot.crypto.encoding import loads
from ballot.tally.record import timestamp_of
from tests import archives
from tests.attacks.parts import zipped
from tests.attacks.played import FIRST, good, play, session_code, verify
from tests.attacks.workshop import Forgery

BEL = Forgery.path("election.bel")
DOCUMENTS = sorted(set(good()) - {BEL, "README.txt"})
STAGES = range(len(archives.take_apart(good()[BEL])))
SAMPLE = 5
STAGE_SAMPLE = 2
EVERY = bool(os.environ.get("BALLOT_EVERY_LEAF"))

Path = tuple[Any, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of everything that is no object and no list, and of empty ones."""
    entries = (
        list(value.items() if isinstance(value, dict) else enumerate(value))
        if (isinstance(value, dict | list))
        else []
    )
    if not entries:
        yield path
    for name, entry in entries:
        yield from leaves(entry, (*path, name))


def other(leaf: Any) -> Any:
    """Another value of the same type and, if it can be, of the same form."""
    match leaf:
        case bool():
            return not leaf
        case int():
            return leaf + 1
        case str() if leaf:
            last = "0" if leaf[-1] != "0" else "1"
            return leaf[:-1] + last
        case None:
            return 0
        case _:
            return "x"


def changed(value: Any, path: Path) -> Any:
    """A copy of ``value`` with the leaf at ``path`` changed."""
    if not path:
        return other(value)
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = changed(value[path[0]], path[1:])
    return copied


def sampled(paths: list[Path], name: str, size: int) -> list[Path]:
    """The same few paths every time, spread over the document by their hash."""

    def place(path: Path) -> str:
        return hashlib.sha256(f"{name}{path}".encode()).hexdigest()

    return paths if EVERY else sorted(paths, key=place)[:size]


def text_of(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def is_refused(members: dict[str, bytes]) -> bool:
    return verify(zipped(members), session_code()).verdict == "invalid"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_changed_leaf_of_a_document_is_never_valid(name: str) -> None:
    members = good()
    lines = members[name].splitlines() if name.endswith(".jsonl") else [members[name]]
    values = [loads(line) for line in lines]
    for path in sampled(list(leaves(values)), name, SAMPLE):
        changes = [text_of(value) for value in changed(values, path)]
        end = b"\n" if name.endswith(".jsonl") else b""
        false = b"".join(line + end for line in changes)
        assert false != members[name]
        assert is_refused(members | {name: false}), (name, path)


@pytest.mark.parametrize("number", STAGES)
def test_a_changed_leaf_of_an_archive_is_never_valid(number: int) -> None:
    """All hashes of the archive are made anew."""
    members, stamp = good(), timestamp_of(play().definition.date)
    stages = archives.take_apart(members[BEL])
    for at, document in enumerate(stages[number].documents):
        paths = list(leaves(json.loads(document)))
        for path in sampled(paths, f"{number}/{at}", STAGE_SAMPLE if number == 0 else 1):
            false = archives.compact(changed(json.loads(document), path))
            documents = list(stages[number].documents)
            documents[at] = false
            made = [*stages[:number], archives.Raw(stages[number].kind, tuple(documents))]
            data = archives.build([*made, *stages[number + 1 :]], stamp)
            assert is_refused(members | {BEL: data}), (number, at, path)


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_changed_byte_of_the_readme_is_never_valid(place: int) -> None:
    members = good()
    text = bytearray(members["README.txt"])
    text[place] ^= 1
    assert is_refused(members | {"README.txt": bytes(text)})


def test_what_is_walked_is_a_good_record() -> None:
    assert verify(zipped(good()), session_code()).verdict == "valid"
    assert FIRST in BEL
