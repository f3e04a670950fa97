"""Many ballots: decode, open, verify and add them up, in batches and in any number of processes.

The sum and the verification are one pass over each ballot, but apart in what they say: a
ballot whose proof is wrong is refused (V6) and still stands in the sum that the archive
claims (V9). One bad ballot is named and the others are checked (attack C12).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from ballot.crypto.elgamal import Ciphertext
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group, group_named
from ballot.tally.aggregate import Sums, add, empty_sums
from ballot.tally.archive import CastBallot
from ballot.tally.election import (
    Election,
    OpenBallot,
    decode_ballot,
    decode_election,
    open_ballot,
    verify_ballot,
)
from ballot.verify.workers import Workers

MAX_CREDENTIALS = 250_000
_BATCH_BALLOTS = 8
_BATCH_BYTES = 2**18
_BATCH_CREDENTIALS = 256

_ENTRY = re.compile(rb"([0-9a-f]{1,617})(?:,(0|[1-9][0-9]{0,17}))?")
_CREDENTIAL = re.compile(
    rb'\{"election_uuid":"[^"\\]*","election_hash":"[^"\\]*","credential":"([0-9a-f]{1,617})"'
)


def decode_credentials(group: Group, data: bytes) -> dict[str, int]:
    """The ``public_credentials`` member: spelling of each credential → its weight.

    Entries are ``elt`` or ``elt,weight`` (format §5). Raises ``credentials.malformed`` or
    ``credentials.duplicate``. Read by pattern, so that a list of any size needs little
    more memory than its bytes; membership is :func:`check_credentials`.
    """
    weights: dict[str, int] = {}
    if data == b"[]":
        return weights
    if not (data.startswith(b'["') and data.endswith(b'"]') and len(data) > 4):
        raise Invalid("credentials.malformed", "not a list of credentials")
    if data.count(b'","') >= MAX_CREDENTIALS:
        raise Invalid("credentials.malformed", f"more than {MAX_CREDENTIALS} credentials")
    for number, entry in enumerate(data[2:-2].split(b'","'), 1):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise Invalid("credentials.malformed", f"entry {number}")
        text = match[1].decode()
        try:
            group.check_text(text)
        except Invalid as error:
            raise Invalid("credentials.malformed", f"entry {number}: {error.detail}") from None
        if text in weights:
            raise Invalid("credentials.duplicate", f"entry {number} stands earlier in the list")
        weights[text] = int(match[2] or 1)
    return weights


def credential_of(body: bytes) -> str | None:
    """The credential a ballot names, without decoding it; None if it is not in place."""
    match = _CREDENTIAL.match(body)
    return match[1].decode() if match else None


def check_credentials(group: Group, texts: Iterable[str], workers: Workers) -> Iterator[Invalid]:
    """A refusal ``credentials.bad_element`` for each credential that is no group member."""
    batches = _chunks(texts, _BATCH_CREDENTIALS)
    for refused in workers.map(partial(_refused_credentials, group.name), batches):
        yield from refused


def _refused_credentials(group_name: str, texts: list[str]) -> list[Invalid]:
    group, refused = group_named(group_name), []
    for text in texts:
        try:
            group.parse_key(text)
        except Invalid as error:
            detail = f"credential {text[:16]}…: {error.detail}"
            refused.append(Invalid("credentials.bad_element", detail))
    return refused


def _chunks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    chunk: list[str] = []
    for text in texts:
        chunk.append(text)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def largest_document(election: Election) -> int:
    """Bytes that no ballot, tally, partial decryption or result of an election exceeds.

    An element has at most 617 digits and a proof two numbers of 78: a document that is
    larger is refused before it is parsed (attack E18).
    """
    return 4096 + sum(
        question.width * (2 * 640 + 2 * 200) + (question.high - question.low + 4) * 200
        for question in election.questions
    )


@dataclass(frozen=True, slots=True)
class Task:
    """A ballot and its weight in the sum: 0 if it does not count.

    ``beside`` is handed to the further check of :class:`Inspection`.
    """

    ballot: CastBallot
    weight: int
    beside: Any = None


Also = Callable[[Election, OpenBallot, Task], Any]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is done with each ballot of an election.

    ``identity_alpha`` permits α = the neutral element, as in a foreign archive (attack
    A6). ``also`` is one more check, called after all others passed: it raises Invalid or
    returns a note. It must be a function of a module, for the processes.
    """

    election: bytes
    identity_alpha: bool = False
    also: Also | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some ballots.

    ``sums`` is the product of those with a weight, ``complete`` whether each of these
    could be opened; ``refused`` names the bad ones, ``notes`` what the further check
    returned, per ballot in order (None for a refused one).
    """

    size: int
    sums: Sums
    complete: bool
    refused: tuple[Invalid, ...]
    notes: tuple[Any, ...]


def inspect_ballots(
    inspection: Inspection, tasks: Iterable[Task], workers: Workers
) -> Iterator[Batch]:
    """All ballots of ``tasks`` in batches, in order."""
    return workers.map(partial(inspect_batch, inspection), _batches(tasks))


def _batches(tasks: Iterable[Task]) -> Iterator[tuple[Task, ...]]:
    batch: list[Task] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += len(task.ballot.body)
        if len(batch) == _BATCH_BALLOTS or size >= _BATCH_BYTES:
            yield tuple(batch)
            batch, size = [], 0
    if batch:
        yield tuple(batch)


_election = lru_cache(maxsize=2)(decode_election)


def inspect_batch(inspection: Inspection, tasks: tuple[Task, ...]) -> Batch:
    """The ballots of one batch, one after the other."""
    election = _election(inspection.election)
    sums = empty_sums(election.group, [question.width for question in election.questions])
    complete, refused, notes = True, [], []
    for task in tasks:
        opened, note = None, None
        try:
            opened = _open(election, inspection, task)
            _verify(election, opened)
            if inspection.also:
                note = inspection.also(election, opened, task)
        except Invalid as error:
            where = f"ballot {task.ballot.number} ({task.ballot.tracker})"
            refused.append(Invalid(error.code, f"{where}: {error.detail}"))
        notes.append(note)
        if task.weight and opened is None:
            complete = False
        elif task.weight and opened is not None:
            sums = add(election.group, sums, weighted(election.group, opened, task.weight))
    return Batch(len(tasks), sums, complete, tuple(refused), tuple(notes))


def _open(election: Election, inspection: Inspection, task: Task) -> OpenBallot:
    if len(task.ballot.body) > largest_document(election):
        raise Invalid("ballot.malformed", "larger than any ballot of this election")
    ballot = decode_ballot(election.group, election.questions, task.ballot.body)
    return open_ballot(election.group, ballot, identity_alpha=inspection.identity_alpha)


def _verify(election: Election, opened: OpenBallot) -> None:
    ballot = opened.ballot
    if (ballot.uuid, ballot.fingerprint) != (election.uuid, election.fingerprint):
        raise Invalid("ballot.wrong_round", "made for another election")
    verify_ballot(election, opened)


def weighted(group: Group, opened: OpenBallot, weight: int) -> Sums:
    """The ciphertexts of a ballot, each raised to its weight (format §8)."""
    if weight == 1:
        return opened.ciphertexts
    return tuple(
        tuple(
            Ciphertext(group.power_public(c.alpha, weight), group.power_public(c.beta, weight))
            for c in row
        )
        for row in opened.ciphertexts
    )
