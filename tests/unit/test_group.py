"""Both groups: the order, the one spelling, membership (attacks A3, A5-A7, D1, D2, D5)."""

from functools import cache
from typing import Any

import gmpy2
import pytest
from nacl import bindings as sodium

from ballot.crypto.errors import Invalid
from ballot.crypto.fixedbase import power_of
from ballot.crypto.group import GROUPS, Belenios2048, Ed25519, Group, group_named

ED, FF = Ed25519(), Belenios2048()
P = 2**255 - 19
ROOT = pow(2, (P - 1) // 4, P)  # of -1
D = -121665 * pow(121666, -1, P) % P
both_groups = pytest.mark.parametrize("group", [ED, FF], ids=lambda group: group.name)

Affine = tuple[int, int]


def plus(a: Affine, b: Affine) -> Affine:
    """RFC 8032 §5.1.4 in affine form, of any two points of the curve."""
    k = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + k, -1, P) % P
    return x, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, P) % P


def text_of(point: Affine) -> str:
    """Belenios' text of a point: y with the sign of x above it, big-endian."""
    return f"{point[1] | (point[0] & 1) << 255:064x}"


def on_curve(point: Affine) -> bool:
    x, y = point
    return (y * y - x * x - 1 - D * x * x * y * y) % P == 0


def times(number: int, point: Affine) -> Affine:
    result = (0, 1)
    for bit in f"{number:b}":
        result = plus(result, result)
        result = plus(result, point) if bit == "1" else result
    return result


def point_at(y: int) -> Affine | None:
    """The point with this y and an even x, if there is one (RFC 8032 §5.1.3)."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT % P
    return (x if x % 2 == 0 else P - x, y) if x * x % P == square else None


@cache
def torsion() -> list[Affine]:
    """The eight points of the torsion subgroup, the identity first."""
    multiples = (times(ED.q, point) for y in range(2, 100) if (point := point_at(y)))
    generator = next(point for point in multiples if times(4, point) != (0, 1))
    return [times(number, generator) for number in range(8)]


def base_point() -> Affine:
    """RFC 8032 §5.1: B = (x, 4/5), x even."""
    point = point_at(4 * pow(5, -1, P) % P)
    assert point is not None
    return point


def refusal(group: Group, text: Any) -> str:
    with pytest.raises(Invalid) as caught:
        group.parse(text)
    return caught.value.code


def test_the_torsion_points_of_this_test_are_eight_and_on_the_curve() -> None:
    points = torsion()
    assert len(set(points)) == 8
    assert all(map(on_curve, points))
    assert times(8, points[1]) == points[0] == (0, 1)


def test_the_order_is_prime_and_is_that_of_the_generator() -> None:
    for group in (ED, FF):
        assert gmpy2.is_prime(group.q)
        assert group.power_public(group.g, group.q - 1) == group.div(group.identity, group.g)
        assert group.mul(group.power_public(group.g, group.q - 1), group.g) == group.identity
        assert group.g != group.identity
    assert gmpy2.is_prime(FF.p)
    assert (FF.p - 1) % FF.q == 0


def test_the_ed25519_generator_is_the_base_point_of_rfc_8032() -> None:
    assert ED.ser(ED.g) == text_of(base_point())
    assert ED.g == sodium.crypto_scalarmult_ed25519_base_noclamp((1).to_bytes(32, "little"))


@both_groups
def test_an_element_has_one_text_and_comes_back_from_it(group: Group) -> None:
    for exponent in (0, 1, 2, group.q - 1, 2**200 + 12345):
        element = group.power_g(exponent)
        assert group.parse(group.ser(element)) == element


@both_groups
def test_all_ways_to_a_power_agree(group: Group) -> None:
    base = group.power_g(7)
    for exponent in (0, 1, 5, 255, 256, group.q - 1, group.q, group.q + 3, 2**251 + 2**129 + 1):
        expected = group.power_g(7 * exponent)
        assert group.power(base, exponent) == expected
        assert group.power_public(base, exponent) == expected
        assert group.power_fixed(base, exponent) == expected
        assert group.power_g_public(exponent) == group.power_g(exponent)


@both_groups
def test_zero_and_the_identity_are_ordinary_inputs(group: Group) -> None:
    # libsodium raises for each of these (D1)
    for power in (group.power, group.power_public, group.power_fixed):
        assert power(group.g, 0) == group.identity
        assert power(group.g, group.q) == group.identity
        assert power(group.identity, 5) == group.identity
    assert group.power_g(0) == group.power_g(group.q) == group.identity
    assert group.mul(group.g, group.identity) == group.g
    assert group.div(group.g, group.g) == group.identity
    assert group.product([]) == group.identity
    assert group.product([group.g] * 3) == group.power_g(3)


@both_groups
def test_the_identity_is_a_member_but_no_key(group: Group) -> None:
    text = group.ser(group.identity)
    assert group.parse(text) == group.identity
    with pytest.raises(Invalid, match=r"element\.identity"):
        group.parse_key(text)
    assert group.parse_key(group.ser(group.g)) == group.g


@pytest.mark.parametrize("number", range(1, 8))
def test_a_torsion_point_is_refused_alone_and_added_to_a_member(number: int) -> None:
    point = torsion()[number]
    assert refusal(ED, text_of(point)) == "element.subgroup"
    assert refusal(ED, text_of(plus(base_point(), point))) == "element.subgroup"


def test_a_coordinate_that_is_not_below_the_prime_is_refused() -> None:
    for y in (P, P + 1, 2**255 - 1):
        for sign in (0, 1):
            assert refusal(ED, f"{y | sign << 255:064x}") == "element.malformed"


def test_a_coordinate_without_a_point_on_the_curve_is_refused() -> None:
    off = [y for y in range(2, 30) if point_at(y) is None]
    assert len(off) > 5
    for y in off:
        assert refusal(ED, f"{y:064x}") == "element.subgroup"


def test_the_identity_has_no_second_spelling_with_a_sign() -> None:
    assert refusal(ED, f"{1 | 1 << 255:064x}") == "element.subgroup"


def test_other_spellings_of_a_point_are_refused() -> None:
    text = ED.ser(ED.power_g(2))
    assert text != text.upper()
    for other in (
        text.upper(),
        "0x" + text[2:],
        text[:30] + " " + text[31:],
        " " + text,
        text + "\n",
        text[1:],
        "0" + text,
        text[:-1] + "٣",
        "",
        None,
        5,
    ):
        assert refusal(ED, other) == "element.malformed"


def test_a_point_in_the_byte_order_of_rfc_8032_is_not_the_same_point() -> None:
    text = ED.ser(ED.power_g(2))
    reversed_text = bytes.fromhex(text)[::-1].hex()
    assert refusal(ED, reversed_text) in {"element.malformed", "element.subgroup"}


def test_numbers_outside_the_subgroup_are_refused() -> None:
    member = FF.power_g(5)
    assert refusal(FF, str(FF.p - member)) == "element.subgroup"  # × −1
    assert refusal(FF, str(FF.p - 1)) == "element.subgroup"
    assert refusal(FF, "2") == "element.subgroup"
    for number in (0, FF.p, FF.p + 1, FF.p + member):
        assert refusal(FF, str(number)) == "element.malformed"


def test_other_spellings_of_a_number_are_refused() -> None:
    text = FF.ser(FF.g)
    for other in (
        "0" + text,
        "+" + text,
        "-" + text,
        " " + text,
        text + "\n",
        text + ".0",
        f"{FF.g:x}",
        text[:3] + "_" + text[3:],
        "٣" + text[1:],
        "9" * 5000,
        "",
        5,
    ):
        assert refusal(FF, other) == "element.malformed"


@both_groups
def test_a_scalar_is_a_plain_decimal_below_the_order(group: Group) -> None:
    for value in (0, 1, group.q - 1):
        assert group.parse_scalar(str(value)) == value
    for text in (str(group.q), str(group.q + 1), "-1", "+1", "01", " 1", "1\n", "1.0", "", "٣", 1):
        with pytest.raises(Invalid, match=r"scalar\.malformed"):
            group.parse_scalar(text)


def test_a_group_can_only_be_named() -> None:
    assert {name: group_named(name) for name in GROUPS} == GROUPS
    for name in ("ed25519", "Ed25519 ", "RFC-3526-2048", ""):
        with pytest.raises(Invalid, match=r"group\.unknown"):
            group_named(name)


def test_powers_from_a_table_agree_with_libsodium_for_every_digit() -> None:
    point = ED.power_g(2**100 + 1)
    for exponent in [d << 8 * i for i in (0, 1, 15, 30) for d in (1, 2, 127, 128, 255)]:
        assert power_of(point, exponent) == ED.power(point, exponent)
