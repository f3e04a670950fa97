"""``ballot`` and ``ballot verify`` as people and scripts call them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ballot import cli
from ballot.cli import verification
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


@pytest.mark.parametrize("jobs", ["0", "-1", "65", "two", "", "１", "9" * 5000])
def test_a_wrong_number_of_processes_is_one_line_in_the_reader_s_language(jobs: str) -> None:
    assert "--jobs 应为" in refused(run("verify", GOOD, f"--jobs={jobs}"))
    assert "--jobs must be" in refused(run("verify", GOOD, f"--jobs={jobs}", "--lang", "en"))


@pytest.mark.parametrize("lang", ["xx", "", "ZH", "zh\n"])
def test_an_unknown_language_is_refused_in_both(lang: str) -> None:
    for command in (["verify", GOOD], ["margin", "8"]):
        said = refused(run(*command, f"--lang={lang}"))
        assert "没有语言" in said
        assert "No language" in said


def unusable(folder: Path) -> dict[str, Path]:
    """Something of every kind that is no file to verify, under the code it is refused with."""
    found = {"file.directory": folder, "file.missing": folder / "missing.zip"}
    found["file.missing_folder"] = folder / "no" / "such.zip"
    found["file.not_regular"] = folder / "pipe"
    os.mkfifo(folder / "pipe")
    contents = (
        b"",
        b"BELENIOS",
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),
        "公告".encode(),
        b"\0" * 999,
    )
    for content in contents:
        name = "file.other" if content else "file.empty"
        path = folder / f"{len(content)}.bel"
        path.write_bytes(content)
        found[f"{name}_{len(content)}"] = path
    return found


def test_what_is_no_file_to_verify_is_one_line_in_both_languages(tmp_path: Path) -> None:
    for path in unusable(tmp_path).values():
        assert str(path) in refused(run("verify", path))
        assert refused(run("verify", path, "--lang", "en")).isascii()


def test_what_is_no_file_to_verify_is_a_report_without_fourteen_checks_in_json(
    tmp_path: Path,
) -> None:
    for name, path in unusable(tmp_path).items():
        result = run("verify", path, "--json", "--lang", "en")
        report = encoding.parse_json(result.stdout.encode())
        assert (result.exit_code, result.stderr, report["verdict"]) == (2, "", "not_checkable")
        [check] = report["checks"]
        assert check["status"] == "not_checkable"
        assert name.startswith(check["code"])
        assert str(path) in check["detail"]


def test_a_file_that_may_not_be_read_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for error, said in (
        (PermissionError(13, "no"), "没有权限"),
        (OSError(5, "I/O error"), "I/O error"),
    ):

        def refuse(*_: object, error: OSError = error) -> None:
            raise error

        monkeypatch.setattr(Path, "open", refuse)
        assert said in refused(run("verify", GOOD))


def test_a_file_that_breaks_while_it_is_read_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(verification, "verify_archive", broken)
    assert "Input/output error" in refused(run("verify", GOOD))


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


def test_a_session_code_that_is_none_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "record.zip"
    file.write_bytes(b"PK\x03\x04")
    for code in ("7K3F-9QXM", "x" * 9999, "7K3F-9QXM-2T8\x1b"):
        assert "7K3F" in refused(run("verify", file, "--session", code))


def test_a_receipt_is_never_compared_with_an_archive_alone(tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(b"{}")
    assert "record.zip" in refused(run("verify", GOOD, "--receipt", receipt))


def test_an_unsafe_library_stops_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsafe() -> None:
        raise Invalid("library.unsafe", "libsodium accepts points outside the subgroup")

    monkeypatch.setattr(cli, "self_test", unsafe)
    for arguments in (["verify", GOOD], ["margin", "8"]):
        assert "library.unsafe" in refused(run(*arguments))


HEAVY = ("fastapi", "sqlmodel", "uvicorn", "jinja2")


def loaded(program: str) -> set[str]:
    """Which of the heavy packages a new process has loaded after ``program``."""
    ends = f"\nimport sys; print(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program + ends], capture_output=True, check=True)
    return set(done.stdout.decode().splitlines()[-1].split())


def test_a_verification_loads_neither_web_server_nor_database() -> None:
    program = f"""
from typer.testing import CliRunner
from ballot.cli import app
assert CliRunner().invoke(app, ["verify", {str(GOOD)!r}]).exit_code == 0
"""
    assert loaded(program) == set()
    # The processes of --jobs begin with this module.
    assert loaded("import ballot.__main__, sys; assert 'ballot.cli' not in sys.modules") == set()
    assert loaded("import fastapi") >= {"fastapi"}
