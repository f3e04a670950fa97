"""The finder of refusals finds them, and a deleted one is silent."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ballot.crypto.errors import Invalid
from tests.attacks.deletions import ROOT, modules
from tests.attacks.refusals import BOARD, Deletable, find
from tests.attacks.reviewed import OUTSIDE, SURVIVORS

SOURCE = '''
"""A module of refusals."""
from collections.abc import Iterator
from ballot.crypto.errors import Invalid

def check_small(n: int) -> None:
    if n > 9:
        raise Invalid("number.large", f"{n}")

def check_number(n: object) -> None:
    if type(n) is not int or n < 0:
        raise Invalid("number.malformed", "no natural number")
    check_small(n)

def faults(n: int) -> Iterator[Invalid]:
    if n == 3:
        yield Invalid("number.three", "is three")
    yield from more(n)

def more(n: int) -> Iterator[Invalid]:
    if n % 2:
        yield Invalid("number.odd", "is odd")

def told(n: int, report) -> None:
    try:
        check_number(n)
    except Invalid as error:
        report(error)
'''
FOUND = [
    "check_small: number.large",
    "check_number: number.malformed if type(n) is not int",
    "check_number: number.malformed if n < 0",
    "check_number: check_small()",
    "faults: number.three",
    "faults: more()",
    "more: number.odd",
    "told: check_number()",
    "told: report(error)",
]


@pytest.fixture
def toy() -> Iterator[dict[str, Any]]:
    """The functions of ``SOURCE`` with switches."""
    names: dict[str, Any] = {}
    exec(compile(Deletable("toy", BOARD).visit(ast.parse(SOURCE)), "toy", "exec"), names)  # noqa: S102
    yield names
    BOARD.refusals.clear()
    BOARD.deleted = -1


def speaks(act: Callable[[], Any]) -> bool:
    """Whether anything is refused."""
    try:
        return bool(list(act() or ()))
    except Invalid:
        return True


def test_each_kind_of_refusal_is_found_with_a_name_that_stays() -> None:
    assert [one.id for one in find(SOURCE, "toy")] == [f"toy: {what}" for what in FOUND]
    moved = SOURCE.replace("def told", "\n\n\ndef told")
    assert [one.id for one in find(moved, "toy")] == [one.id for one in find(SOURCE, "toy")]


@pytest.mark.parametrize(
    ("what", "act"),
    [
        (0, lambda toy: toy["check_number"](10)),
        (1, lambda toy: toy["check_number"](True)),
        (2, lambda toy: toy["check_number"](-1)),
        (3, lambda toy: toy["check_number"](10)),
        (5, lambda toy: toy["faults"](1)),
        (6, lambda toy: toy["faults"](1)),
    ],
)
def test_a_refusal_speaks_until_it_is_deleted(
    toy: dict[str, Any], what: int, act: Callable[[Any], Any]
) -> None:
    BOARD.spoken = set()
    assert speaks(lambda: act(toy))
    assert what in BOARD.spoken
    BOARD.deleted = what
    assert not speaks(lambda: act(toy))


def test_only_the_deleted_refusal_is_silent(toy: dict[str, Any]) -> None:
    BOARD.deleted = 4
    assert [error.code for error in toy["faults"](3)] == ["number.odd"]
    heard: list[Invalid] = []
    BOARD.deleted = 8
    toy["told"](10, heard.append)
    assert heard == []


def test_what_refuses_nothing_is_not_deleted() -> None:
    source = "def f(found):\n    found.append(1)\n    yield 2\n    return None\n"
    assert find(source, "toy") == []


def test_every_reason_stands_for_a_refusal_of_today() -> None:
    ids = [
        one.id
        for name, path in modules().items()
        for one in find(path.read_text(), name.replace(".", "/"))
    ]
    for pattern in (*OUTSIDE, *SURVIVORS):
        assert any(re.fullmatch(pattern, one) for one in ids), pattern


def test_the_deletion_of_a_check_is_noticed() -> None:
    """One case is enough to miss the comparison of sums (V9)."""
    command = [sys.executable, "-m", "tests.attacks.deletions", "--jobs", "1"]
    chosen = ["--only", "check_sum: tally.not_the_sum", "--cases", "^a_wrong_stored_tally_that"]
    made = subprocess.run([*command, *chosen], cwd=ROOT, capture_output=True, text=True, check=True)
    assert made.stdout.startswith("1 of 1 deletions turn a case green"), made.stdout


def test_a_deletion_that_no_case_shows_survives() -> None:
    command = [sys.executable, "-m", "tests.attacks.deletions", "--jobs", "1"]
    chosen = ["--only", "check_sum: tally.not_the_sum", "--cases", "^a_wrong_count_in_the_result"]
    made = subprocess.run([*command, *chosen], cwd=ROOT, capture_output=True, text=True)
    assert (made.returncode, "survives  verify/totals: check_sum" in made.stdout) == (1, True)
