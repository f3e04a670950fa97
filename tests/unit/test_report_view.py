"""The report on paper and screen: what to compare first, every finding in the reader's words."""

import io
from typing import Any

import pytest
from rich.console import Console

from ballot.cli.report_view import print_report
from ballot.crypto.errors import Invalid
from ballot.verify.report import CHECKS, Checklist

ROUND = {
    "slot": "projects-1",
    "kind": "first",
    "vote": "民生实事项目票决",
    "items": {"p1": "农村供水", "p2": "村道硬化"},
    "ballots": 70,
    "fingerprint_code": "AAAA-AAAA-AAAA",
    "root_code": "BBBB-BBBB-BBBB",
    "certificate_code": "CCCC-CCCC-CCCC",
    "replaced": ["00" * 32],
    "elected": ["p2"],
}
FACTS = {
    "session_code": "SSSS-SSSS-SSSS",
    "assembly": "第四次会议",
    "title": "票决",
    "date": "2025-01-16",
    "rounds": [ROUND],
}


def passed() -> Checklist:
    checks = Checklist("record")
    for name in CHECKS:
        checks.passed(name)
    return checks


def shown(
    checks: Checklist,
    lang: str = "zh",
    facts: dict[str, Any] | None = None,
    practice: bool = False,
    asked: bool = False,
) -> str:
    out = io.StringIO()
    report = checks.report(FACTS if facts is None else facts, practice)
    print_report(Console(file=out, width=160, highlight=False), report, lang, asked)
    return out.getvalue()


def test_the_codes_of_the_notice_come_before_the_checks() -> None:
    text = shown(passed())
    places = [
        text.index(word) for word in ("会议码", "票面码", "封箱码", "证书码", "村道硬化", "V1")
    ]
    assert places == sorted(places)
    assert "农村供水" not in text  # not elected
    for code in ("SSSS-SSSS-SSSS", "AAAA-AAAA-AAAA", "BBBB-BBBB-BBBB", "CCCC-CCCC-CCCC"):
        assert code in text


@pytest.mark.parametrize("elected", [None, 3, "p1", {"p1": 1}, [["p1"], 7]])
def test_what_a_certificate_states_is_not_trusted_to_be_a_list(elected: Any) -> None:
    assert "入选项目" not in shown(
        passed(), facts=FACTS | {"rounds": [ROUND | {"elected": elected}]}
    )


def test_a_rehearsal_says_so_first_and_last() -> None:
    text = shown(passed(), practice=True)
    assert text.startswith("演练")
    assert "--practice" in text.splitlines()[-1]
    assert "--practice" not in shown(passed(), practice=True, asked=True)
    assert shown(passed(), "en", practice=True).startswith("PRACTICE")


def test_a_finding_is_a_sentence_with_its_place_in_the_reader_s_language() -> None:
    checks = passed()
    detail = "projects-1: ballot 12 (abc…): question 2, answer 3: individual proof 1"
    checks.failed("V6", Invalid("ballot.bad_proof", detail))
    text = shown(checks)
    assert "projects-1、第12张选票、第2题、第3个选项：选票的证明或签名不成立" in text
    assert f"ballot.bad_proof · {detail}" in text
    assert "projects-1, ballot 12, question 2, answer 3: A proof" in shown(checks, "en")


def test_five_findings_are_shown_and_the_rest_counted() -> None:
    checks = passed()
    for number in range(1, 8):
        checks.failed("V3", Invalid("event.order", f"event {number}: too early"))
    text = shown(checks)
    assert "第5个事件" in text
    assert "第6个事件" not in text
    assert "另有2处" in text
    assert "另有" not in shown(failed_once())


def failed_once() -> Checklist:
    checks = passed()
    checks.failed("V3", Invalid("event.order", "too early"))
    return checks


def test_a_code_without_a_place_is_a_bare_sentence() -> None:
    lines = [line.strip() for line in shown(failed_once()).splitlines()]
    assert "事件次序不合会议流程" in lines
    assert "event.order · too early" in lines


def test_evidence_has_names_in_the_reader_s_language() -> None:
    checks = passed()
    checks.passed("V6", rounds=["projects-1", "projects-2"], ballots=70)
    assert "轮次：projects-1 projects-2、选票70张" in shown(checks)
    assert "rounds: projects-1 projects-2, ballots: 70" in shown(checks, "en")


def test_checks_left_out_for_one_reason_are_one_line() -> None:
    checks = Checklist("record")
    checks.failed("V1", Invalid("container.end", "cut"))
    text = shown(checks, facts={})
    assert sum("此项所需内容缺失或无法读取" in line for line in text.splitlines()) == 1
    assert "V2、V3、V4" in text
    assert "不通过：请看" in text


def test_the_archive_alone_shows_its_own_facts() -> None:
    checks = Checklist("belenios")
    for name in CHECKS:
        checks.passed(name)
    facts = {"name": "Test", "fingerprint_code": "AAAA-AAAA-AAAA", "result": [[3, 0], [1, 2]]}
    text = shown(checks, facts=facts | {"archive": "ab" * 32})
    assert "第2题的票数  1、2" in text
    assert "ab" * 32 in text
    assert "不能证明" in text


def test_no_text_of_a_file_is_read_as_markup() -> None:
    facts = FACTS | {"title": "[red]票决[/red]"}
    assert "[red]票决[/red]" in shown(passed(), facts=facts)
