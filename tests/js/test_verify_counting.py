"""The counting rules in the browser give the bytes that Python gives."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballot.crypto.encoding import dumps, parse_json
from ballot.crypto.errors import Invalid
from ballot.tally import vectors
from ballot.tally.consistency import skeleton
from ballot.tally.count import Counts, count
from ballot.tally.grades import GradeCounts, rate
from ballot.tally.margin import MarginRange, MarginRule, check_margin
from ballot.tally.rules import DEFAULTS, Rules
from ballot.tally.turnout import Channel, Turnout
from ballot.verify.report import printable
from tests.js.client import Bridge
from tests.js.verifier import b64

DATA = Path(__file__).parents[1] / "data"
RULES = {"rule_set_id": "-", "title": "-", **DEFAULTS}


@pytest.fixture(scope="module")
def browser(bundle: None) -> Iterator[Bridge]:
    with Bridge("verify_bridge.mjs") as process:
        yield process


def rules(**changes: Any) -> Rules:
    return Rules.decode({**RULES, **changes}, grades=True)


def case(of: Rules, kind: str, counts: Turnout) -> dict[str, Any]:
    return {"rules": of.encode(), "kind": kind, "counts": asdict(counts)}


def number(value: Any) -> int:
    """As the vectors are read: what is no integer is no count."""
    return value if type(value) is int else vectors.NOT_A_COUNT


def test_every_counting_vector_gives_the_same_bytes(browser: Bridge) -> None:
    asked, due, rates, due_rates = [], [], [], []
    given = vectors.load((DATA / "tally_vectors.json").read_bytes())
    given += parse_json((DATA / "satisfaction_2024.json").read_bytes())["vectors"]
    for vector in given:
        one = vectors.judge(vector)
        if one.kind == "rate":
            rows = [[number(entry.get(key, 0)) for key in GRADES] for entry in vector["items"]]
            asked_rules = one.rules.encode()
            rates.append({"rules": asked_rules, "turnout": asdict(one.turnout), "rows": rows})
            due_rates.append(dumps(one.outcome.encode()).decode())
        elif "ballots" not in vector or one.totals:
            asked.append(case(one.rules, one.kind, one.turnout))
            due.append(dumps(one.outcome.encode()).decode())
    assert (len(asked) + len(rates)) >= 11
    assert browser("counts", cases=asked) == due
    assert browser("rates", cases=rates) == due_rates


GRADES = ("satisfied", "basic", "unsatisfied", "unknown", "abstain")
small = st.integers(0, 30)


@st.composite
def counts_of(draw: Any) -> tuple[Rules, str, Counts]:
    """A round that is mostly in order: random numbers alone would all be input errors."""
    kind = draw(st.sampled_from(["choose", "runoff", "motion"]))
    size = 1 if kind == "motion" else draw(st.integers(1, 6))
    deputies = draw(st.integers(0, 30))
    present = draw(st.integers(0, deputies + 1))
    tablets, papers = draw(small), draw(st.integers(0, 6))
    seats = 1 if kind == "motion" else draw(st.integers(0, 4))
    of = rules(
        quorum=draw(st.sampled_from(["two_thirds_all", "majority_all"])),
        cap=draw(st.sampled_from(["seats", "none"])),
        style=draw(st.sampled_from(["three_way", "approve"])),
        participation_quorum=draw(st.sampled_from(["none", "majority_all_voting"])),
        threshold=draw(
            st.sampled_from(
                [
                    "majority_all",
                    "majority_present",
                    "majority_returned",
                    "majority_valid",
                    "plurality",
                ]
            )
        ),
    )
    channels = []
    for name, returned in (("tablet", tablets), ("paper", papers)):
        valid = returned - draw(st.integers(0, min(returned, 1)))
        yes = tuple(draw(st.integers(0, max(0, valid))) for _ in range(size))
        channels.append(
            Channel(name=name, issued=returned, returned=returned, valid=valid, yes=yes)
        )
    yes = tuple(a + b for a, b in zip(channels[0].yes, channels[1].yes, strict=True))
    valid = sum(channel.valid for channel in channels)
    no = tuple(draw(st.integers(0, max(0, valid - y))) for y in yes)
    full = draw(st.booleans())
    returned = tablets + papers
    counts = Counts(
        deputies_all=max(deputies, returned) if draw(st.booleans()) else deputies,
        present=max(present, returned) if draw(st.booleans()) else present,
        issued=returned,
        returned=returned,
        valid=valid,
        invalid=returned - valid,
        channels=tuple(channels),
        seats=seats,
        candidates=size,
        yes=yes,
        no=no if full else None,
        abstain=tuple(valid - y - n for y, n in zip(yes, no, strict=True)) if full else None,
    )
    spoiled = draw(st.sampled_from([None, None, None, "valid", "issued", "present", "invalid"]))
    if spoiled:
        counts = replace(counts, **{spoiled: draw(st.integers(-1, 40))})
    return of, kind, counts


@settings(max_examples=60, deadline=None)
@given(st.lists(counts_of(), min_size=20, max_size=20))
def test_random_counts_give_the_same_bytes(browser: Bridge, drawn: list[Any]) -> None:
    due = [dumps(count(*one).encode()).decode() for one in drawn]
    assert browser("counts", cases=[case(*one) for one in drawn]) == due


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(*[small] * 5), min_size=1, max_size=4),
    st.integers(0, 60),
    st.sampled_from(["all", "present", "returned", "valid", "valid_minus_unknown"]),
    st.sampled_from(["all", "present", "returned", "valid", "valid_minus_unknown"]),
    st.sampled_from(["more_than_half", "at_least_half"]),
    st.booleans(),
)
def test_random_ratings_give_the_same_bytes(
    browser: Bridge,
    rows: list[tuple[int, ...]],
    more: int,
    rate_by: str,
    grade_by: str,
    half: str,
    even: bool,
) -> None:
    valid = sum(rows[0])
    if even:  # every item has the same number of ballots, or the round is an input error
        rows = [(*row[:4], 0) for row in rows]
        valid = max(sum(row) for row in rows)
        rows = [(*row[:4], valid - sum(row)) for row in rows]
    of = rules(rate_denominator=rate_by, grade_denominator=grade_by, half=half)
    heads = Turnout(
        deputies_all=valid + more,
        present=valid + more // 9,
        issued=valid,
        returned=valid,
        valid=valid,
    )
    items = [GradeCounts(**dict(zip(GRADES, row, strict=True))) for row in rows]
    due = dumps(rate(of, heads, items).encode()).decode()
    asked = {"rules": of.encode(), "turnout": asdict(heads), "rows": rows}
    assert browser("rates", cases=[asked]) == [due]


def test_margins_are_judged_alike(browser: Bridge) -> None:
    cases, due = [], []
    for base in ("seats", "candidates"):
        for low, high in (
            ("1/10", "1/5"),
            ("1/2", "1/1"),
            ("1/10", None),
            ("3/2", None),
            ("1/3", "1/3"),
        ):
            for small_n in ("plus_one_waiver", "refuse"):
                rule = MarginRule(base, MarginRange.parse(low, high, "range"), small_n)
                for seats in range(1, 25):
                    for candidates in range(1, 40):
                        due.append(check_margin(seats, candidates, rule).verdict)
                        written = {
                            "margin_base": base,
                            "margin_range": {"low": low, "high": high},
                            "margin_small_n": small_n,
                        }
                        cases.append({"seats": seats, "candidates": candidates, "rules": written})
    assert browser("margins", cases=cases) == due


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("aAbBß ﬀＡａ一二1①ⅣςΣσ．-·é", max_size=8), max_size=20))
def test_names_are_folded_alike(browser: Bridge, texts: list[str]) -> None:
    assert browser("skeletons", texts=texts) == [skeleton(text) for text in texts]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000), st.integers(0, 9), st.sampled_from([1, 3, 40]), st.data())
def test_deflate_is_read_as_zlib_reads_it(
    browser: Bridge, data: bytes, level: int, times: int, more: Any
) -> None:
    data *= times
    deflate = zlib.compressobj(level, wbits=-15)
    packed = deflate.compress(data) + deflate.flush()
    assert browser("inflate", data=b64(packed), size=len(data)) == data.hex()
    for changed in (packed + b"\0", packed[:-1], packed[: len(packed) // 2]):
        with pytest.raises(Invalid, match=r"container\.content"):
            browser("inflate", data=b64(changed), size=len(data))
    with pytest.raises(Invalid, match=r"container\.content"):
        browser(
            "inflate", data=b64(packed), size=abs(len(data) + more.draw(st.sampled_from([-1, 1])))
        )
    at = more.draw(st.integers(0, len(packed) - 1))
    flipped = (
        packed[:at] + bytes([packed[at] ^ 1 << more.draw(st.integers(0, 7))]) + packed[at + 1 :]
    )
    reader = zlib.decompressobj(-15)
    try:
        due = reader.decompress(flipped, len(data) + 1)
        whole = reader.eof and not reader.unused_data and not reader.unconsumed_tail
    except zlib.error:
        due, whole = b"", False
    if whole and len(due) == len(data):
        assert browser("inflate", data=b64(flipped), size=len(data)) == due.hex()
    else:
        with pytest.raises(Invalid, match=r"container\.content"):
            browser("inflate", data=b64(flipped), size=len(data))


def test_what_could_steer_a_terminal_is_escaped_alike(browser: Bridge) -> None:
    value = {"a\x1b": ["票\u202e\x07", "x" * 400, 1, None, True], "b": "é\u00a0\U000e0001 ok"}
    assert json.dumps(browser("printable", value=value)) == json.dumps(printable(value))
