"""One value has one spelling; a code has twelve characters (attacks A7-A9, B29, E18, E33)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballot.crypto import encoding
from ballot.crypto.encoding import dumps, loads, loads_compact, parse_code
from ballot.crypto.errors import Invalid

MALFORMED = {
    "duplicate name": b'{"a":1,"a":1}',
    "float": b"1.5",
    "exponent": b"1e3",
    "nan": b"NaN",
    "infinity": b"-Infinity",
    "too large": b"9007199254740992",
    "too small": b"-9007199254740992",
    "enormous": b"9" * 5000,
    "byte order mark": b"\xef\xbb\xbf{}",
    "not utf-8": b'"\xff"',
    "overlong utf-8": b'"\xc0\xaf"',
    "surrogate in utf-8": b'"\xed\xa0\x80"',
    "trailing bytes": b"{}{}",
    "comment": b"{}//",
    "trailing comma": b"[1,]",
    "single quotes": b"{'a':1}",
    "control character": b'"\x01"',
    "unclosed": b'{"a":"',
    "empty": b"",
    "capital name": b'{"A":1}',
    "empty name": b'{"":1}',
    "chinese name": '{"名":1}'.encode(),
    "nested 17 deep": b"[" * 17 + b"]" * 17,
    "nested a million deep": b"[" * 1_000_000,
}
NOT_CANONICAL = {
    "blank": b'{"a": 1}',
    "blank before": b" {}",
    "line end": b"{}\n",
    "unsorted": b'{"b":1,"a":2}',
    "escaped letter": b'"\\u0061"',
    "escaped chinese": b'"\\u4e2d"',
    "escaped slash": b'"\\/"',
    "capital escape": b'"\\u001F"',
    "minus zero": b"-0",
}
TEXTS = {
    "lone surrogate": "\ud800",
    "bidi override": "甲\u202e乙",
    "zero width joiner": "甲\u200d乙",
    "zero width space": "甲\u200b",
    "variation selector": "甲\ufe00",
    "supplementary variation selector": "甲\U000e0100",
    "tag": "甲\U000e0041",
    "byte order mark inside": "甲\ufeff",
    "soft hyphen": "a\u00adb",
    "line separator": "甲\u2028乙",
    "not nfc": "e\u0301",
    "compatibility ideograph": "\uf900",
    "hangul filler": "\u3164",
}

plain_text = st.text(st.characters(codec="ascii", exclude_categories=["Cs"]), max_size=8)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
numbers = st.integers(-encoding.MAX_INTEGER, encoding.MAX_INTEGER)
values = st.recursive(
    st.none() | st.booleans() | numbers | plain_text | st.just("赞成"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)


def refusal(read: Any, *arguments: Any) -> str:
    with pytest.raises(Invalid) as caught:
        read(*arguments)
    return caught.value.code


@given(values)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert loads(dumps(value)) == value
    assert loads_compact(encoding.compact(value)) == value


@given(st.binary(max_size=40) | st.text('{}[]":,01-.eaA \\utrfn', max_size=30).map(str.encode))
def test_whatever_is_accepted_is_its_own_canonical_form(data: bytes) -> None:
    for read, write in ((loads, dumps), (loads_compact, encoding.compact)):
        try:
            value = read(data)
        except Invalid:
            continue
        assert write(value) == data


def test_canonical_bytes_are_sorted_compact_and_raw() -> None:
    value = {"b": [1, True, None], "a": '民生\n"实事"'}
    assert dumps(value) == '{"a":"民生\\n\\"实事\\"","b":[1,true,null]}'.encode()


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_our_json_is_refused(data: bytes) -> None:
    assert refusal(loads, data) == "document.malformed"


@pytest.mark.parametrize("data", NOT_CANONICAL.values(), ids=NOT_CANONICAL)
def test_another_spelling_of_a_value_is_refused(data: bytes) -> None:
    assert refusal(loads, data) == "document.not_canonical"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_could_look_like_another_is_refused(text: str) -> None:
    assert refusal(dumps, {"a": text}) == "document.text"
    assert refusal(encoding.check_text, text) == "document.text"
    escaped = "".join(f"\\u{unit:04x}" for unit in _units(text))
    assert refusal(loads, f'"{escaped}"'.encode()) == "document.text"


def _units(text: str) -> list[int]:
    data = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def test_sixteen_levels_are_allowed_whatever_stands_in_strings() -> None:
    data = b"[" * 15 + b'["]]][[[\\"[["]' + b"]" * 15
    assert dumps(loads(data)) == data


def test_the_largest_integers_are_allowed() -> None:
    for number in (encoding.MAX_INTEGER, -encoding.MAX_INTEGER, 0, -1):
        assert loads(str(number).encode()) == number


def test_only_json_values_are_written() -> None:
    for value in (1.0, b"", {1: 2}, {"a": {1}}, object(), 2**53, {"Name": 1}):
        assert refusal(dumps, value) == "document.malformed"


def test_compact_bytes_keep_the_order_of_members() -> None:
    data = b'{"b":1,"A":2}'
    assert list(loads_compact(data)) == ["b", "A"]
    for other in (b'{"b": 1}', b'{"b":1}\n', b'"\\u0062"'):
        assert refusal(loads_compact, other) == "document.not_canonical"
    assert refusal(loads_compact, b'"\\ud800"') == "document.text"


@given(st.binary(max_size=70))
def test_base64_has_one_spelling(data: bytes) -> None:
    for write, read in (
        (encoding.b64, encoding.unb64),
        (encoding.b64url, encoding.unb64url),
    ):
        text = write(data)
        assert "=" not in text
        assert read(text, len(data)) == data
        for other in (text + "=", text + "\n", " " + text, text + "A", text + "é"):
            assert refusal(read, other, len(data)) == "document.malformed"
        assert refusal(read, text, len(data) + 1) == "document.malformed"


def test_spare_bits_and_the_other_alphabet_are_refused() -> None:
    assert encoding.b64(b"\xff\xff") == "//8"
    for text in ("//9", "__8", "//8=", "/ /8"):
        assert refusal(encoding.unb64, text, 2) == "document.malformed"
    assert refusal(encoding.unb64url, "//8", 2) == "document.malformed"


def test_a_digest_is_that_of_the_canonical_bytes() -> None:
    # sha256sum of {"a":1}
    expected = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    assert encoding.digest({"a": 1}) == expected
    assert encoding.sha256(b'{"a"', b":1}").hex() == expected


def test_a_code_is_the_first_sixty_bits() -> None:
    assert encoding.code(bytes(32)) == "0000-0000-0000"
    assert encoding.code(b"\xff" * 32) == "ZZZZ-ZZZZ-ZZZZ"
    # 00001 00010 00011 … 01100 and four bits that are left out
    bits = "".join(f"{i:05b}" for i in range(1, 13))
    first = int(bits + "1111", 2).to_bytes(8, "big")
    assert encoding.code(first + bytes(24)) == "1234-5678-9ABC"
    assert encoding.code_of_hex(first.hex() + "00" * 24) == "1234-5678-9ABC"


@given(st.binary(min_size=32, max_size=32))
def test_a_code_is_read_as_people_type_it(digest: bytes) -> None:
    code = encoding.code(digest)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    lazy = code.replace("0", "o").replace("1", "l")
    for typed in (code, code.lower(), code.replace("-", ""), wide, f" {code} ", lazy):
        assert parse_code(typed) == code
    assert parse_code(code.replace("-", " – ").replace("1", "I")) == code


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "7K3F",
        "7K3F-9QXM",
        "7K3F-9QXM-2T8",
        "7K3F-9QXM-2T8B5",
        "7K3F-9QXM-2T8U",
        "7K3F-9QXM-2T8甲",
    ],
)
def test_no_other_length_or_letter_is_a_code(typed: str) -> None:
    assert refusal(parse_code, typed) == "code.malformed"
