"""Passwords and one-time codes."""

import secrets

import pytest

from ballot import proving
from ballot.crypto.errors import Invalid
from ballot.proving import (
    check_new_password,
    hash_password,
    is_password,
    secret_uri,
    spelled,
    step_of,
)

RFC_SECRET = b"12345678901234567890"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "_MEMORY", 64)


@pytest.mark.parametrize(
    ("now", "typed"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238_appendix_b(now: int, typed: str) -> None:
    assert step_of(RFC_SECRET, typed, now) == now // 30
    assert step_of(RFC_SECRET, f" {typed[:3]} {typed[3:]} ", now) == now // 30


def test_a_code_is_good_one_step_early_or_late_and_no_more() -> None:
    found = [step_of(RFC_SECRET, "081804", 1111111109 + 30 * n) for n in (-2, -1, 0, 1, 2)]
    assert found == [None, 37037036, 37037036, 37037036, None]


@pytest.mark.parametrize("typed", ["", "28708", "2870820", "28708x", "２８７０８２x", "-87082"])
def test_what_is_no_code_is_no_code(typed: str) -> None:
    assert step_of(RFC_SECRET, typed, 59) is None


def test_a_code_typed_full_width_is_the_same() -> None:
    assert step_of(RFC_SECRET, "２８７０８２", 59) == 1


def test_a_secret_is_what_an_app_reads() -> None:
    uri = secret_uri(RFC_SECRET, "clerk", "测试大会")
    assert uri.startswith("otpauth://totp/")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in uri
    assert spelled(RFC_SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"


def test_a_hash_opens_with_its_password_alone_and_tells_nothing_of_it() -> None:
    known = hash_password("长城 河流 竹子 七", secrets.token_bytes)
    assert known.startswith("$argon2id$v=19$")
    assert is_password("长城 河流 竹子 七", known)
    assert not is_password("长城 河流 竹子 八", known)
    assert not is_password("", known)
    assert known != hash_password("长城 河流 竹子 七", secrets.token_bytes)


def test_full_width_and_half_width_typing_are_the_same_and_blanks_count() -> None:
    known = hash_password("ｒｉｖｅｒ-stone-77", secrets.token_bytes)
    assert is_password("river-stone-77", known)
    assert not is_password("river-stone-77 ", known)


def test_real_hashes_cost_what_rfc_9106_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert "m=65536,t=3,p=4$" in hash_password("x", secrets.token_bytes)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "too_short"),
        ("Zk3-pw9Q!", "too_short"),
        ("x" * 201, "too_long"),
        ("aaaaaaaaaaaaaaaa", "obvious"),
        ("1234567890", "obvious"),
        ("0987654321", "obvious"),
        ("qwertyuiop", "obvious"),
        ("QwertyUIOP123", "obvious"),
        ("abcdefghijkl", "obvious"),
        ("password123", "obvious"),
        ("P@ssw0rd2025", "obvious"),
        ("admin123456", "obvious"),
        ("zhangwei123", "obvious"),
        ("张伟张伟张伟张伟张伟", "obvious"),
        ("人大代表选举投票", "too_short"),
        ("人大代表选举投票密码", "obvious"),
        ("ababababab", "obvious"),
        ("１２３４５６７８９０", "obvious"),
    ],
)
def test_the_obvious_is_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_new_password(password, ("zhangwei", "张伟"))
    assert caught.value.code == f"password.{code}"


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "长城河流竹子七月雨伞米", "v8#Tq2!mZr", "mango-77-lantern"],
)
def test_what_nobody_would_guess_is_taken(password: str) -> None:
    check_new_password(password, ("clerk", "李"))
