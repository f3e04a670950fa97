"""The margin (差额): counting rules §3."""

from fractions import Fraction

import pytest

from ballot.crypto.errors import Invalid
from ballot.tally.margin import MarginRange, MarginRule, Ratio, Span, check_margin, lawful
from tests.counting import sample

# The printed table of §3: S, base seats, base candidates, round_up, half_up, default.
TABLE = """
1  —  —  2  2  2*
2  —  —  3  3  3*
3  —  —  4  4  4*
4  —  5  5  5  5*
5  6  6  6  6  6
6  7  7  7、8  7  7
7  8  8  8、9  8  8
8  9  9、10  9、10  9、10  9
9  10  10、11  10、11  10、11  10
10  11、12  12  11、12  11、12  11、12
11  13  13  13、14  12、13  13
12  14  14、15  14、15  13、14  14
13  15  15、16  15、16  14、15、16  15
14  16  16、17  16、17  15、16、17  16
15  17、18  17、18  17、18  17、18  17、18
16  18、19  18、19、20  18、19、20  18、19  18、19
17  19、20  19、20、21  19、20、21  19、20  19、20
18  20、21  20、21、22  20、21、22  20、21、22  20、21
19  21、22  22、23  21、22、23  21、22、23  21、22
20  22、23、24  23、24、25  22、23、24  22、23、24  22、23、24
21  24、25  24、25、26  24、25、26  23、24、25  24、25
22  25、26  25、26、27  25、26、27  24、25、26  25、26
23  26、27  26、27、28  26、27、28  25、26、27、28  26、27
24  27、28  27、28、29、30  27、28、29  26、27、28、29  27、28
25  28、29、30  28、29、30、31  28、29、30  28、29、30  28、29、30
26  29、30、31  29、30、31、32  29、30、31、32  29、30、31  29、30、31
27  30、31、32  30、31、32、33  30、31、32、33  30、31、32  30、31、32
28  31、32、33  32、33、34、35  31、32、33、34  31、32、33、34  31、32、33
29  32、33、34  33、34、35、36  32、33、34、35  32、33、34、35  32、33、34
30  33、34、35、36  34、35、36、37  33、34、35、36  33、34、35、36  33、34、35、36
"""
ROWS = [line.split() for line in TABLE.split("\n") if line]
DEFAULT = MarginRule()
BY_CANDIDATES = MarginRule("candidates")


def numbers(span: Span) -> list[int]:
    assert span.last is not None
    return list(range(span.first, span.last + 1))


def printed(cell: str) -> list[int]:
    return [] if cell == "—" else [int(number) for number in cell.split("、")]


def test_the_table_has_thirty_rows() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, 31))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"S={row[0]}")
def test_the_printed_table_holds_in_every_column(row: list[str]) -> None:
    seats = int(row[0])
    rules = [
        DEFAULT,
        BY_CANDIDATES,
        MarginRule(small_n="round_up"),
        MarginRule(small_n="half_up"),
    ]
    for rule, cell in zip(rules, row[1:5], strict=True):
        assert numbers(lawful(seats, rule)) == printed(cell)
        verdicts = {c: check_margin(seats, c, rule).verdict for c in range(seats + 20)}
        assert [c for c, verdict in verdicts.items() if verdict == "ok"] == printed(cell)
    accepted = {c: check_margin(seats, c, DEFAULT).verdict for c in range(seats + 20)}
    waived = [f"{c}*" for c, verdict in accepted.items() if verdict == "ok_with_waiver"]
    plain = [str(c) for c, verdict in accepted.items() if verdict == "ok"]
    assert "、".join(plain + waived) == row[5]


def test_ten_for_eleven_is_lawful_by_seats_and_not_by_candidates() -> None:
    assert check_margin(10, 11, DEFAULT).verdict == "ok"
    assert check_margin(10, 11, BY_CANDIDATES).verdict == "refused"
    assert check_margin(10, 12, BY_CANDIDATES).verdict == "ok"


def test_a_waiver_makes_no_other_number_lawful() -> None:
    for seats in (1, 2, 3, 4):
        margin = check_margin(seats, seats + 2, DEFAULT)
        assert (margin.verdict, margin.waiver) == ("refused", seats + 1)
    assert check_margin(5, 7, DEFAULT).waiver is None


def test_rules_without_waiver_refuse_small_lists() -> None:
    margin = check_margin(3, 4, MarginRule(small_n="refuse"))
    assert (margin.verdict, margin.waiver, bool(margin.allowed)) == ("refused", None, False)


def test_without_an_upper_end_every_larger_number_is_lawful() -> None:
    rule = MarginRule(range=MarginRange.parse("1/5", None, "range"))
    assert lawful(8, rule) == Span(10, None)
    assert check_margin(8, 1000, rule).verdict == "ok"
    assert check_margin(8, 9, rule).verdict == "refused"
    assert lawful(8, MarginRule("candidates", rule.range)) == Span(10, None)
    assert lawful(8, MarginRule("seats", rule.range, "round_up")) == Span(10, None)


def test_a_surplus_as_large_as_all_candidates_is_impossible() -> None:
    assert not lawful(8, MarginRule("candidates", MarginRange(Ratio(1, 1), None)))
    # No surplus reaches the number of candidates, so such an upper end never binds.
    for end in (Ratio(1, 1), Ratio(2, 1)):
        rule = MarginRule("candidates", MarginRange(Ratio(1, 5), end))
        assert lawful(8, rule) == Span(10, None)


@pytest.mark.parametrize("base", ["seats", "candidates"])
@pytest.mark.parametrize(
    "ends", [("1/10", "1/5"), ("0/1", "1/3"), ("1/3", "1/2"), ("3/20", "3/20"), ("1/7", "9/10")]
)
def test_the_integer_test_equals_exact_fractions_up_to_400_seats(
    base: str, ends: tuple[str, str]
) -> None:
    rule = MarginRule(base, MarginRange.parse(*ends, "range"))
    low, high = Fraction(ends[0]), Fraction(ends[1])
    empty = []
    for seats in range(1, 401):
        span = lawful(seats, rule)
        ends_of_span = {span.first - 1, span.first, span.last or 0, (span.last or 0) + 1}
        for candidates in {*range(seats, seats + 150), *ends_of_span}:
            share = Fraction(candidates - seats, seats if base == "seats" else candidates)
            assert (candidates in span) == (candidates > seats and low <= share <= high)
        if not span:
            empty.append(seats)
    if ends == ("1/10", "1/5"):
        assert empty == ([1, 2, 3, 4] if base == "seats" else [1, 2, 3])


def test_the_margins_of_the_sample_data() -> None:
    lists = [sample("qinghe_town.json"), sample("yunlan_county.json")]
    for entry in lists + sample("eight_towns.json")["towns"]:
        margin = check_margin(entry["seats"], len(entry["candidates"]), DEFAULT)
        assert margin.encode() == entry["margin"]


def test_a_list_without_surplus_has_no_fraction() -> None:
    margin = check_margin(8, 8, BY_CANDIDATES)
    assert margin.encode() == {"surplus": 0, "fraction": "", "percent": "", "verdict": "refused"}
    assert check_margin(8, 0, BY_CANDIDATES).verdict == "refused"


def test_a_margin_needs_a_place_to_fill() -> None:
    with pytest.raises(Invalid, match=r"margin\.seats"):
        check_margin(0, 1, DEFAULT)


def test_allowed_numbers_are_written_in_words() -> None:
    shown = [str(lawful(seats, DEFAULT)) for seats in (3, 8, 20)]
    assert shown == ["none", "9", "22 to 24"]
    assert str(Span(10, None)) == "10 or more"
