"""The two groups of the project, named, with constants that live in code (attacks A3, A4).

``Ed25519`` is the prime-order subgroup of edwards25519 on libsodium (PyNaCl);
``BELENIOS-2048`` is the 2048-bit finite-field group of the Belenios tools on gmpy2.
Elements are opaque to callers: 32 bytes (RFC 8032 order) in the first, ``mpz`` in the
second. Written multiplicatively; exponents are integers. Source: belenios-format.md §2.

Every incoming element passes :meth:`Group.parse` once (canonical text, member of the
subgroup; attacks A5–A7, D2, D5). Inside, ``power`` is for secret exponents and
``power_public`` for public ones.
"""

import re
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any, ClassVar

import gmpy2
from nacl import bindings as sodium

from ballot.crypto.errors import Invalid
from ballot.crypto.fixedbase import power_of

Element = Any  # bytes (Ed25519) or mpz (BELENIOS-2048)

_DECIMAL = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_HEX64 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Group(ABC):
    """A cyclic group of prime order ``q`` with generator ``g``."""

    name: ClassVar[str]
    q: ClassVar[int]
    g: Element
    identity: Element

    @abstractmethod
    def check_text(self, text: Any) -> None:
        """Refuse (``element.malformed``) what is not the one spelling of a residue or y < p."""

    @abstractmethod
    def parse(self, text: str) -> Element:
        """The element spelled ``text``; raises ``element.malformed`` or ``element.subgroup``.

        The identity is a member: where it is not allowed the caller says so.
        """

    @abstractmethod
    def ser(self, element: Element) -> str:
        """The one text of an element (format §1)."""

    @abstractmethod
    def mul(self, a: Element, b: Element) -> Element:
        """a · b."""

    @abstractmethod
    def div(self, a: Element, b: Element) -> Element:
        """a / b."""

    @abstractmethod
    def power(self, base: Element, exponent: int) -> Element:
        """base^exponent for a secret exponent (taken mod q)."""

    @abstractmethod
    def power_public(self, base: Element, exponent: int) -> Element:
        """base^exponent where nothing is secret; may be faster."""

    @abstractmethod
    def power_g(self, exponent: int) -> Element:
        """g^exponent for a secret exponent."""

    def power_g_public(self, exponent: int) -> Element:
        """g^exponent where nothing is secret; may be faster."""
        return self.power_g(exponent)

    def power_fixed(self, base: Element, exponent: int) -> Element:
        """:meth:`power_public` for a base that comes again and again, like the election key."""
        return self.power_public(base, exponent)

    def product(self, elements: list[Element]) -> Element:
        """The product of a list; the identity for none."""
        result = self.identity
        for element in elements:
            result = self.mul(result, element)
        return result

    def parse_scalar(self, text: Any) -> int:
        """A number 0 ≤ v < q in its one decimal spelling; else ``scalar.malformed``."""
        if not isinstance(text, str) or len(text) > 80 or not _DECIMAL.fullmatch(text):
            raise Invalid("scalar.malformed", "not a plain decimal number")
        value = int(text)
        if value >= self.q:
            raise Invalid("scalar.malformed", "not below the group order")
        return value

    def parse_key(self, text: str) -> Element:
        """:meth:`parse`, and not the identity (credentials, keys; attack A6)."""
        element = self.parse(text)
        if element == self.identity:
            raise Invalid("element.identity", "the neutral element is not allowed here")
        return element


class Ed25519(Group):
    """Prime-order subgroup of edwards25519; text is the point's RFC 8032 bytes reversed, in hex.

    libsodium raises for the scalar 0, for the identity and for identity results, and its
    ``add`` takes any point on the curve (attacks D1, D2): hence the explicit branches here
    and the full test in :meth:`parse`.
    """

    name = "Ed25519"
    q = 2**252 + 27742317777372353535851937790883648493
    identity = bytes([1]) + bytes(31)
    g = bytes.fromhex("5866666666666666666666666666666666666666666666666666666666666666")

    def check_text(self, text: Any) -> None:
        if not isinstance(text, str) or not _HEX64.fullmatch(text):
            raise Invalid("element.malformed", "not 64 lower-case hex digits")
        if int(text, 16) & (2**255 - 1) >= 2**255 - 19:
            raise Invalid("element.malformed", "coordinate not below the field prime")

    def parse(self, text: str) -> Element:
        self.check_text(text)
        point = bytes.fromhex(text)[::-1]
        # is_valid_point: canonical, on the curve, in the main subgroup, not of small order.
        if point != self.identity and not sodium.crypto_core_ed25519_is_valid_point(point):
            raise Invalid("element.subgroup", "not a point of the prime-order subgroup")
        return point

    def ser(self, element: Element) -> str:
        return str(element[::-1].hex())

    def mul(self, a: Element, b: Element) -> Element:
        return sodium.crypto_core_ed25519_add(a, b)

    def div(self, a: Element, b: Element) -> Element:
        return sodium.crypto_core_ed25519_sub(a, b)

    def power(self, base: Element, exponent: int) -> Element:
        scalar = exponent % self.q
        if scalar == 0 or base == self.identity:
            return self.identity
        return sodium.crypto_scalarmult_ed25519_noclamp(scalar.to_bytes(32, "little"), base)

    power_public = power

    def power_fixed(self, base: Element, exponent: int) -> Element:
        return power_of(base, exponent % self.q)

    def power_g(self, exponent: int) -> Element:
        scalar = exponent % self.q
        if scalar == 0:
            return self.identity
        return sodium.crypto_scalarmult_ed25519_base_noclamp(scalar.to_bytes(32, "little"))


class Belenios2048(Group):
    """The order-q subgroup of Z_p^*, p of 2048 and q of 256 bits; text is plain decimal."""

    name = "BELENIOS-2048"
    p = gmpy2.mpz(
        "206947856914225464010136436575050080649229892957511040971008847870573742192427174019"
        "222372544976843381290666331380789584049600543896362897963930387739057228036059737494"
        "276713767776188985898727358650490811670993105358677809800307904916540637771737641986"
        "785272734744763418356000356983051931442845617019110007867373073335641239717328979132"
        "404745788344682606523279746479511376726586935821800463179220736688600526271863633860"
        "887968821207694323661494910029234443463732221458841005864210502421203654335612013204"
        "811188524087310770141516662001623131771693721892480785077118278423174980732765988288"
        "25169183103125680162072880719"
    )
    g = gmpy2.mpz(
        "240235267750185220922768770353239993271228765737836491651007531878766327414635321932"
        "028567615526967879969466829874938909508389657342560190060106847716449173547413728310"
        "461045868131451178164675540052740288984613986453266121505579709716201616827031288643"
        "245666383486363578210615491841998253431518974065818686865115135857641013888221539601"
        "604322884360393098933366277284840659313840601023167509576377798266510360682240663507"
        "669776402534625377308513317349519424896775405257365904949247763147599157519877517771"
        "148149092045660020547812705472823814097251863985833411570056835369555342378147558249"
        "1896050296680037745308460627"
    )
    q = 78571733251071885079927659812671450121821421258408794611510081919805623223441
    identity = gmpy2.mpz(1)

    def check_text(self, text: Any) -> None:
        if not isinstance(text, str) or len(text) > 617 or not _DECIMAL.fullmatch(text):
            raise Invalid("element.malformed", "not a plain decimal number")
        if not 0 < gmpy2.mpz(text) < self.p:
            raise Invalid("element.malformed", "not within 1..p-1")

    def parse(self, text: str) -> Element:
        self.check_text(text)
        value = gmpy2.mpz(text)
        if gmpy2.powmod(value, self.q, self.p) != 1:
            raise Invalid("element.subgroup", "not in the subgroup of order q")
        return value

    def ser(self, element: Element) -> str:
        return str(element)

    def mul(self, a: Element, b: Element) -> Element:
        return a * b % self.p

    def div(self, a: Element, b: Element) -> Element:
        return a * gmpy2.invert(b, self.p) % self.p

    def power(self, base: Element, exponent: int) -> Element:
        scalar = exponent % self.q
        if scalar == 0:  # powmod_sec wants a positive exponent (attack D7)
            return self.identity
        return gmpy2.powmod_sec(base, scalar, self.p)

    def power_public(self, base: Element, exponent: int) -> Element:
        return gmpy2.powmod(base, exponent % self.q, self.p)

    def power_g(self, exponent: int) -> Element:
        return self.power(self.g, exponent)

    def power_g_public(self, exponent: int) -> Element:
        """g^exponent from a table of g^(d·2^(8i)): 32 multiplications for 256 bits."""
        result = self.identity
        table = _generator_table()
        for row, digit in zip(table, (exponent % self.q).to_bytes(32, "little"), strict=True):
            if digit:
                result = result * row[digit] % self.p
        return result


@lru_cache(maxsize=1)
def _generator_table() -> list[list[Any]]:
    p, base, table = Belenios2048.p, Belenios2048.g, []
    for _ in range(32):
        row = [gmpy2.mpz(1)]
        for _ in range(255):
            row.append(row[-1] * base % p)
        table.append(row)
        base = row[-1] * base % p
    return table


GROUPS: dict[str, Group] = {group.name: group for group in (Ed25519(), Belenios2048())}


def group_named(name: str) -> Group:
    """The group of that name; a document can only name one, never bring its own (attack A3)."""
    if name not in GROUPS:
        raise Invalid("group.unknown", f"{name[:40]!r} is not one of {', '.join(GROUPS)}")
    return GROUPS[name]
