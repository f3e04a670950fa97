"""The report: no check that did not run can pass, and no text steers a terminal."""

from pathlib import Path

import pytest

import ballot
from ballot.crypto.encoding import parse_json, pretty
from ballot.crypto.errors import Invalid
from ballot.verify.report import (
    CHECKS,
    ENOUGH_FINDINGS,
    FINDINGS_SHOWN,
    OBLIGATORY,
    Check,
    Checklist,
    Kind,
    Report,
    no_report,
    printable,
)

PACKAGE = Path(ballot.__file__).parent
KINDS: tuple[Kind, ...] = ("record", "belenios")


def all_passed(kind: Kind) -> Checklist:
    checks = Checklist(kind)
    for name in CHECKS:
        checks.passed(name)
    return checks


def test_valid_is_said_only_when_every_check_ran() -> None:
    assert all_passed("record").report({}).verdict == "valid"
    for left_out in CHECKS:
        checks = Checklist("record")
        for name in CHECKS:
            if name != left_out:
                checks.passed(name)
        report = checks.report({})
        assert report.verdict == "not_checkable"
        check = report.checks[CHECKS.index(left_out)]
        assert (check.status, check.code) == ("not_checkable", "verify.not_reached")


def test_nothing_passes_by_itself() -> None:
    assert {check.status for check in Checklist("record").report({}).checks} == {"not_checkable"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_obligatory_check_cannot_be_left_out(kind: Kind) -> None:
    for name in CHECKS:
        checks = Checklist(kind)
        for other in CHECKS:
            checks.passed(other) if other != name else checks.not_applicable(name, "x.y", "")
        if name in OBLIGATORY[kind]:
            with pytest.raises(ValueError, match=name):
                checks.report({})
        else:
            assert checks.report({}).verdict == "valid"


def test_a_report_holds_the_fourteen_checks_in_order() -> None:
    good = all_passed("record").report({}).checks
    for wrong in (good[:-1], good[::-1], (*good, good[0]), ()):
        with pytest.raises(ValueError, match="every check"):
            Report("record", wrong)


def test_one_refusal_outweighs_everything_else() -> None:
    checks = all_passed("record")
    checks.unknown("V2", "code.missing", "")
    assert checks.report({}).verdict == "not_checkable"
    checks.failed("V9", Invalid("tally.count", "5 stated"))
    checks.unknown("V9", "archive.unfinished", "")
    report = checks.report({})
    assert report.verdict == "invalid"
    assert (report.checks[8].status, report.checks[8].code) == ("fail", "tally.count")


def test_exit_codes() -> None:
    checks = all_passed("record")
    assert checks.report({}).exit_code() == 0
    assert checks.report({}, practice=True).exit_code() == 2
    assert checks.report({}, practice=True).exit_code(practice=True) == 0
    checks.unknown("V2", "code.missing", "")
    assert checks.report({}).exit_code() == 2
    checks.failed("V9", Invalid("tally.count"))
    assert checks.report({}).exit_code() == 1
    assert checks.report({}, practice=True).exit_code(practice=True) == 1


def test_a_refusal_in_a_block_fails_the_check_and_nothing_else_is_caught() -> None:
    checks = Checklist("record")
    with checks.check("V3"):
        raise Invalid("round.not_open", "why")
    assert checks.has_failed("V3")
    assert not checks.has_failed("V1", "V2")
    with pytest.raises(KeyError), checks.check("V4"):
        raise KeyError


def test_findings_are_counted_and_the_first_are_shown() -> None:
    checks = Checklist("record")
    for number in range(ENOUGH_FINDINGS):
        assert not checks.hopeless()
        checks.failed("V6", Invalid("ballot.bad_proof", f"ballot {number}"))
    assert checks.hopeless()
    check = checks.report({}).checks[5]
    assert check.detail == "ballot 0"
    assert check.evidence["failures"] == ENOUGH_FINDINGS
    assert len(check.evidence["findings"]) == FINDINGS_SHOWN


def test_json_has_the_promised_shape() -> None:
    checks = all_passed("belenios")
    checks.failed("V10", Invalid("partial.too_few", "1 of 2"))
    value = checks.report({"ballots": 5}).to_json()
    assert value["verdict"] == "invalid"
    assert [check["id"] for check in value["checks"]] == list(CHECKS)
    assert value["checks"][9] | {"evidence": None} == {
        "id": "V10",
        "status": "fail",
        "code": "partial.too_few",
        "detail": "1 of 2",
        "evidence": None,
    }
    assert value["facts"] == {"ballots": 5}
    assert parse_json(pretty(value).encode()) == value


def test_texts_from_a_file_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\u202ec\ud800") == "a\\x1b[2Jb\\u202ec\\ud800"
    assert printable({"\n": ["\r", 1, None, True]}) == {"\\n": ["\\r", 1, None, True]}
    assert printable("乡镇 α") == "乡镇 α"
    assert len(printable("x" * 10_000)) == 300
    checks = Checklist("record")
    checks.failed("V1", Invalid("document.text", "\x1b]0;x\x07"))
    report = checks.report({"name": "\x9b31m"})
    assert report.checks[0].detail.isprintable()
    assert report.facts["name"].isprintable()


def test_where_there_is_nothing_to_verify_the_json_keeps_its_shape() -> None:
    value = no_report("file.missing", "No such file: \x1b[2J")
    assert value.keys() == all_passed("record").report({}).to_json().keys()
    assert value["verdict"] == "not_checkable"
    [check] = value["checks"]
    assert (check["id"], check["status"], check["code"]) == ("V1", "not_checkable", "file.missing")
    assert check["detail"].isprintable()


def test_a_check_is_told_by_its_name_only() -> None:
    with pytest.raises(KeyError):
        Checklist("record").passed("V15")
    assert Check("V1", "pass").to_json()["code"] == ""


def locale(language: str) -> dict[str, str]:
    texts: dict[str, str] = parse_json((PACKAGE / f"locale/{language}.json").read_bytes())
    return {name: text for name, text in texts.items() if name.startswith("verify.")}


def test_every_check_status_and_verdict_has_its_words_in_both_languages() -> None:
    wanted = {f"verify.{name}" for name in CHECKS}
    wanted |= {f"verify.status.{s}" for s in "pass fail not_checkable not_applicable".split()}
    wanted |= {f"verify.verdict.{v}" for v in "valid invalid not_checkable".split()}
    for language in ("zh", "en"):
        assert wanted <= locale(language).keys()
    assert locale("zh").keys() == locale("en").keys()


def test_locale_files_are_what_the_loader_expects() -> None:
    for language in ("zh", "en"):
        data = (PACKAGE / f"locale/{language}.json").read_bytes()
        assert list(parse_json(data)) == sorted(parse_json(data))
