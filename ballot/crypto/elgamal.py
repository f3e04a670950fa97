"""Exponential ElGamal: (α, β) = (g^r, y^r · g^m). Products of ciphertexts add the votes.

Source: belenios-format.md §7, §8.
"""

from dataclasses import dataclass

from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element, Group


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """(α, β); two group elements."""

    alpha: Element
    beta: Element


def encrypt(group: Group, y: Element, message: int, r: int) -> Ciphertext:
    """The encryption of the small number ``message`` under ``y`` with nonce ``r``."""
    # Both factors are always computed: the time must not depend on a 0 or 1 vote.
    beta = group.mul(group.power(y, r), group.power_g_public(message))
    return Ciphertext(group.power_g(r), beta)


def neutral(group: Group) -> Ciphertext:
    """The product of no ciphertexts (the sum of an empty box)."""
    return Ciphertext(group.identity, group.identity)


def multiply(group: Group, a: Ciphertext, b: Ciphertext) -> Ciphertext:
    """The ciphertext of the sum of two messages."""
    return Ciphertext(group.mul(a.alpha, b.alpha), group.mul(a.beta, b.beta))


def product(group: Group, ciphertexts: list[Ciphertext]) -> Ciphertext:
    """The ciphertext of the sum of all messages."""
    result = neutral(group)
    for ciphertext in ciphertexts:
        result = multiply(group, result, ciphertext)
    return result


class Counter:
    """Finds the number m in 0..bound with g^m equal to a given element.

    One table serves every total of a round; building it costs ``bound`` multiplications.
    """

    def __init__(self, group: Group, bound: int) -> None:
        self._group = group
        self._numbers: dict[str, int] = {}
        element = group.identity
        for number in range(bound + 1):
            self._numbers[group.ser(element)] = number
            element = group.mul(element, group.g)

    def __call__(self, element: Element) -> int:
        """m, or ``tally.no_number`` if there is none within the bound."""
        found = self._numbers.get(self._group.ser(element))
        if found is None:
            raise Invalid("tally.no_number", "a decrypted total is outside 0..number of ballots")
        return found
