"""From the sum to the stated result: checks V9 to V11 of one archive.

Each step rests on the one before and on nothing else: V9 ties the stored tally to the
ballots, V10 the partial decryptions to the stored tally, V11 the result to both.
Source: belenios-format.md §5, §8.
"""

import re
from collections.abc import Mapping
from typing import Any

from ballot.crypto.elgamal import Ciphertext
from ballot.crypto.encoding import loads_compact
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group
from ballot.crypto.threshold import Trustees
from ballot.tally.aggregate import (
    Factors,
    Partial,
    Sums,
    decode_partial,
    verify_partial,
)
from ballot.tally.archive import EncryptedTally, PartialDecryption
from ballot.tally.election import Election
from ballot.verify.ballots import largest_document

_LARGE = re.compile(r"[1-9][0-9]{0,99}", re.ASCII)


def decode_tally(election: Election, data: bytes) -> Sums:
    """The ``encrypted_tally`` bytes as ciphertexts; raises ``tally.malformed``."""
    group = election.group
    try:
        return tuple(
            tuple(_ciphertext(group, entry) for entry in row)
            for row in _rows(election, _loads(election, data))
        )
    except Invalid as error:
        raise Invalid("tally.malformed", error.detail) from None


def _ciphertext(group: Group, value: Any) -> Ciphertext:
    if not isinstance(value, dict) or list(value) != ["alpha", "beta"]:
        raise Invalid("tally.malformed", "not {alpha, beta}")
    return Ciphertext(group.parse(value["alpha"]), group.parse(value["beta"]))


def _loads(election: Election, data: bytes) -> Any:
    if len(data) > largest_document(election):
        raise Invalid("document.malformed", "larger than any of this election")
    return loads_compact(data)


def _rows(election: Election, value: Any) -> list[list[Any]]:
    """``value`` if it has a list per question with an entry per answer."""
    widths = [question.width for question in election.questions]
    if (
        not isinstance(value, list)
        or [len(row) if isinstance(row, list) else -1 for row in value] != widths
    ):
        raise Invalid("tally.malformed", "not one entry per question and answer")
    return value


def check_sum(sums: Sums, stored: Sums) -> None:
    """The stored tally is ``sums``, the product of the ballots that count."""
    if sums != stored:
        raise Invalid("tally.not_the_sum", "the stored tally is not the product of the ballots")


def check_counts(stored: EncryptedTally, count: int, weight: int) -> None:
    """The stated number of counted ballots and their total weight are true."""
    if stored.count != count:
        raise Invalid("tally.count", f"{stored.count} ballots stated, {count} counted")
    if stored.weight != weight:
        raise Invalid("tally.weight", f"weight {stored.weight} stated, {weight} counted")


def check_partial(
    election: Election, trustees: Trustees, sums: Sums, stored: PartialDecryption
) -> Partial:
    """A partial decryption of ``sums`` that holds under the key of the owner it names."""
    key = trustees.key_of(stored.owner)
    if key is None:
        raise Invalid("partial.owner", f"there is no trustee {stored.owner}")
    try:
        widths = [question.width for question in election.questions]
        if len(stored.body) > largest_document(election):
            raise Invalid("partial.malformed", "larger than any of this election")
        partial = decode_partial(election.group, widths, stored.body)
        verify_partial(election.group, election.fingerprint, key, sums, partial)
    except Invalid as error:
        code = error.code if error.code.startswith("partial.") else "partial.malformed"
        raise Invalid(code, f"trustee {stored.owner}: {error.detail}") from None
    return partial


def check_enough(trustees: Trustees, partials: Mapping[int, Partial]) -> None:
    """Every group of trustees has as many distinct owners as its threshold."""
    first = 1
    for number, entry in enumerate(trustees.groups, 1):
        present = sum(first <= owner < first + len(entry.keys) for owner in partials)
        if present < entry.threshold:
            detail = f"trustee group {number}: {present} of {entry.threshold} hold"
            raise Invalid("partial.too_few", detail)
        first += len(entry.keys)


def check_result(
    election: Election, sums: Sums, factors: Factors, data: bytes, bound: int
) -> list[list[int]]:
    """The stated counts are what the ciphertexts hold: g^v = β / F, 0 ≤ v ≤ bound.

    Needs no discrete logarithm, whatever the weights are. Raises ``result.malformed`` or
    ``result.wrong``.
    """
    group = election.group
    counts = decode_result(election, data)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            claimed = group.mul(group.power_g_public(count), factors[i][j])
            if count > bound or claimed != sums[i][j].beta:
                detail = f"question {i + 1}, answer {j + 1}: {count} is not the total"
                raise Invalid("result.wrong", detail)
    return counts


def decode_result(election: Election, data: bytes) -> list[list[int]]:
    """The ``result`` bytes; counts of 2^30 and more are strings (format §1)."""
    try:
        value = _loads(election, data)
        if not isinstance(value, dict) or list(value) != ["result"]:
            raise Invalid("result.malformed", "not {result}")
        return [list(map(_count, row)) for row in _rows(election, value["result"])]
    except Invalid as error:
        raise Invalid("result.malformed", error.detail) from None


def _count(value: Any) -> int:
    if type(value) is int and 0 <= value < 2**30:
        return value
    if isinstance(value, str) and _LARGE.fullmatch(value) and int(value) >= 2**30:
        return int(value)
    raise Invalid("result.malformed", "a count is no number in its one spelling")
