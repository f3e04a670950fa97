"""From ciphertexts to totals: the sum of the ballots, partial decryptions, the result.

Only sums are ever decrypted; nothing here takes a single ballot (attack B19).
Source: belenios-format.md §5, §7.7, §8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ballot.crypto import proofs
from ballot.crypto.elgamal import Ciphertext, Counter, multiply, neutral
from ballot.crypto.encoding import compact, loads_compact
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element, Group
from ballot.crypto.proofs import Proof, Random, random_scalar
from ballot.crypto.threshold import Trustees, lagrange

Sums = tuple[tuple[Ciphertext, ...], ...]
"""One tuple per question, one ciphertext per answer (blank flag included)."""

Factors = tuple[tuple[Element, ...], ...]
"""Elements in the shape of :data:`Sums`."""


def empty_sums(group: Group, widths: Sequence[int]) -> Sums:
    """The sum of no ballots: neutral elements."""
    return tuple(tuple(neutral(group) for _ in range(width)) for width in widths)


def add(group: Group, a: Sums, b: Sums) -> Sums:
    """Product of two sums of the same shape: adds the votes."""
    return tuple(
        tuple(multiply(group, x, y) for x, y in zip(p, q, strict=True))
        for p, q in zip(a, b, strict=True)
    )


def encode_sums(group: Group, sums: Sums) -> bytes:
    """The ``encrypted_tally`` bytes."""
    return compact(
        [[{"alpha": group.ser(c.alpha), "beta": group.ser(c.beta)} for c in row] for row in sums]
    )


def encode_sized(count: int, weight: int, encrypted_tally: str) -> bytes:
    """The ``sized_encrypted_tally`` bytes; ``encrypted_tally`` is a hex SHA-256."""
    written = weight if weight < 2**30 else str(weight)
    return compact(
        {"num_tallied": count, "total_weight": written, "encrypted_tally": encrypted_tally}
    )


@dataclass(frozen=True, slots=True)
class Partial:
    """One trustee's partial decryption: factors F = α^x and a proof for each."""

    factors: Factors
    proofs: tuple[tuple[Proof, ...], ...]


def decrypt_partially(
    group: Group, fingerprint: str, share: int, sums: Sums, random: Random
) -> bytes:
    """The ``partial_decryption`` bytes for exponent ``share`` (7.7)."""
    factors, written = [], []
    for row in sums:
        pairs = [
            proofs.prove_decryption(
                group, fingerprint, share, c.alpha, random_scalar(group, random)
            )
            for c in row
        ]
        factors.append([group.ser(factor) for factor, _ in pairs])
        written.append([proof.encode() for _, proof in pairs])
    return compact({"decryption_factors": factors, "decryption_proofs": written})


def decode_partial(group: Group, widths: Sequence[int], data: bytes) -> Partial:
    """``partial_decryption`` bytes in canonical form; raises ``partial.malformed``."""
    value = loads_compact(data)
    if not isinstance(value, dict) or list(value) != ["decryption_factors", "decryption_proofs"]:
        raise Invalid("partial.malformed", "not Belenios' members in Belenios' order")
    rows = []
    for name in value:
        entries = value[name]
        if (
            not isinstance(entries, list)
            or len(entries) != len(widths)
            or any(
                not isinstance(row, list) or len(row) != width
                for row, width in zip(entries, widths, strict=True)
            )
        ):
            raise Invalid("partial.malformed", f"{name} has another shape than the tally")
        rows.append(entries)
    factors = tuple(tuple(group.parse(text) for text in row) for row in rows[0])
    decoded = tuple(proofs.decode_proofs(group, row, len(row)) for row in rows[1])
    return Partial(factors, decoded)


def verify_partial(
    group: Group, fingerprint: str, key: Element, sums: Sums, partial: Partial
) -> None:
    """Every factor of one trustee under its key X; raises ``partial.invalid``."""
    try:
        for ciphertexts, factors, row in zip(sums, partial.factors, partial.proofs, strict=True):
            for c, factor, proof in zip(ciphertexts, factors, row, strict=True):
                proofs.verify_decryption(group, fingerprint, key, c.alpha, factor, proof)
    except (Invalid, ValueError) as error:
        raise Invalid("partial.invalid", str(error)) from None


def combine(group: Group, trustees: Trustees, partials: Mapping[int, Partial]) -> Factors:
    """The total factors from verified partial decryptions by owner number.

    Takes the first t owners of each group. Raises ``partial.too_few`` where an entry of
    ``trustees`` has fewer than its threshold.
    """
    total: Factors | None = None
    first = 1
    for entry in trustees.groups:
        present = [d for d in range(1, len(entry.keys) + 1) if first + d - 1 in partials]
        if len(present) < entry.threshold:
            raise Invalid("partial.too_few", f"{len(present)} of {entry.threshold}")
        indices = present[: entry.threshold]
        for d in indices:
            factors = partials[first + d - 1].factors
            weight = lagrange(group, indices, d)
            raised = tuple(
                tuple(group.power_public(factor, weight) for factor in row) for row in factors
            )
            total = raised if total is None else _multiply(group, total, raised)
        first += len(entry.keys)
    if total is None:
        raise Invalid("partial.too_few", "no trustees")
    return total


def _multiply(group: Group, a: Factors, b: Factors) -> Factors:
    return tuple(
        tuple(group.mul(x, y) for x, y in zip(p, q, strict=True)) for p, q in zip(a, b, strict=True)
    )


def totals(group: Group, sums: Sums, factors: Factors, bound: int) -> list[list[int]]:
    """result[i][j] = log_g(β_ij / F_ij), each in 0..bound; raises ``tally.no_number``."""
    count = Counter(group, bound)
    return [
        [count(group.div(c.beta, factor)) for c, factor in zip(row, factor_row, strict=True)]
        for row, factor_row in zip(sums, factors, strict=True)
    ]


def encode_result(result: Sequence[Sequence[int]]) -> bytes:
    """The ``result`` bytes; counts above 2^30−1 are strings (format §1)."""
    rows = [[n if n < 2**30 else str(n) for n in row] for row in result]
    return compact({"result": rows})
