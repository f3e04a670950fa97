"""``ballot`` and ``ballot verify`` as people and scripts call them."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ballot import cli
from ballot.crypto import encoding
from ballot.crypto.errors import Invalid
from ballot.verify.report import CHECKS
from tests.archives import DATA

GOOD = DATA / "ed25519_threshold.bel"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def refused(result: Result) -> str:
    """The one line of a refusal."""
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("\n")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_without_a_command_the_help_names_all_of_them() -> None:
    result = run()
    assert result.exit_code == 0
    for command in ("demo", "verify", "count", "margin"):
        assert command in result.stdout


@pytest.mark.parametrize("arguments", ["nope", "--nope", "verify", "verify x --nope", "verify x y"])
def test_wrong_usage_is_one_line(arguments: str) -> None:
    assert "--help" in refused(run(*arguments.split()))


@pytest.mark.parametrize("jobs", ["0", "-1", "65", "two", ""])
def test_a_wrong_number_of_processes_is_one_line(jobs: str) -> None:
    assert "--jobs" in refused(run("verify", GOOD, f"--jobs={jobs}"))


def test_a_file_that_cannot_be_read_is_one_line_in_both_languages(tmp_path: Path) -> None:
    missing, pipe = tmp_path / "missing.zip", tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (missing, tmp_path, pipe):
        assert str(path) in refused(run("verify", path))
        assert refused(run("verify", path, "--lang", "en")).isascii()


def test_a_good_archive_passes_and_says_what_it_does_not_prove() -> None:
    for lang, passed, warning in (("zh", "通过", "不能证明"), ("en", "Valid", "record.zip")):
        result = run("verify", GOOD, "--lang", lang)
        assert result.exit_code == 0
        assert passed in result.stdout
        assert warning in result.stdout


@pytest.mark.parametrize("name", ["bad_proof", "bad_removed_ballot", "bad_noncanonical_ballot"])
def test_a_bad_archive_ends_with_status_one(name: str) -> None:
    result = run("verify", DATA / f"{name}.bel")
    assert result.exit_code == 1
    assert "不通过" in result.stdout


def test_json_is_the_report_and_nothing_else() -> None:
    result = run("verify", GOOD, "--json")
    report = encoding.parse_json(result.stdout.encode())
    assert (result.exit_code, report["verdict"], report["kind"]) == (0, "valid", "belenios")
    assert [check["id"] for check in report["checks"]] == list(CHECKS)


@pytest.mark.parametrize("content", [b"", b"BELENIOS", b"PK\x03\x04", "公告".encode()])
def test_what_is_no_record_and_no_archive_is_never_valid_and_never_false(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "file.bel"
    file.write_bytes(content)
    result = run("verify", file, "--json")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_session_code_that_is_none_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "record.zip"
    file.write_bytes(b"PK\x03\x04")
    assert "7K3F" in refused(run("verify", file, "--session", "7K3F-9QXM"))


def test_an_unsafe_library_stops_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsafe() -> None:
        raise Invalid("library.unsafe", "libsodium accepts points outside the subgroup")

    monkeypatch.setattr(cli, "self_test", unsafe)
    for arguments in (["verify", GOOD], ["margin", "8"]):
        assert "library.unsafe" in refused(run(*arguments))
