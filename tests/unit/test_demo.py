"""``ballot demo``: the sample session gives exactly the outcome its data file expects."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import ballot.data
from ballot.cli import app
from ballot.demo.sample import load_sample
from tests.elections import Stream

QINGHE = Path(ballot.data.__file__).parent / "qinghe_town.json"


def ballot_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ballot", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    done = ballot_command("demo", "--no-serve", "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def summary(played: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((played / "summary.json").read_text("utf-8"))
    return found


def test_the_outcome_is_the_expected_one(summary: dict[str, Any]) -> None:
    expected = json.loads(QINGHE.read_text("utf-8"))["expected"]
    assert summary["selected"] == expected["elected_ids"]
    for mark in ("yes", "no", "abstain"):
        assert [row[mark] for row in summary["totals"]] == expected[mark]
    assert summary["counts"]["channels"] == expected["channels"]
    assert summary["counts"]["invalid_by_reason"] == expected["invalid_by_reason"]
    for name in ("valid", "invalid"):
        assert summary["counts"][name] == expected[name]
    for name in summary["outcome"].keys() & expected.keys():
        assert summary["outcome"][name] == expected[name]
    assert summary["verify"] == "valid"


def test_the_demo_does_not_read_what_is_expected() -> None:
    source = json.loads(QINGHE.read_text("utf-8"))
    del source["expected"]
    sample = load_sample(json.dumps(source).encode(), None, None, Stream("x"))
    assert (sample.tablets, sample.papers, len(sample.tablet_marks)) == (71, 8, 70)


def test_the_record_verifies_with_the_code_and_not_after_a_changed_byte(
    played: Path, summary: dict[str, Any], tmp_path: Path
) -> None:
    code = summary["session_code"]
    record = played / "record.zip"
    done = ballot_command("verify", record, "--session", code.lower(), "--json", "--jobs", "2")
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]) == (0, "valid")
    assert ballot_command("verify", record).returncode == 2
    wrong = ballot_command("verify", record, "--session", "0000-0000-0000")
    assert wrong.returncode == 1
    data = bytearray(record.read_bytes())
    for place in (10, len(data) // 3, len(data) // 2, len(data) - 30):
        changed = bytearray(data)
        changed[place] ^= 1
        (tmp_path / "changed.zip").write_bytes(changed)
        done = ballot_command("verify", tmp_path / "changed.zip", "--session", code)
        assert done.returncode in (1, 2), place


def refused(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["demo", *map(str, arguments)])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    return result.stderr


def test_bad_options_are_refused_in_one_line_before_any_work(tmp_path: Path) -> None:
    assert "three_way" in refused("--style", "ranked")
    assert "belenios-2048" in refused("--suite", "rsa")
    assert "--voters" in refused("--voters", "3")
    assert "missing.json" in refused("--data", tmp_path / "missing.json", "--no-serve")
    (tmp_path / "file").write_text("x")
    assert "file" in refused("--out", tmp_path / "file" / "sub", "--no-serve")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in refused("--port", port, "--out", tmp_path)


def changed(tmp_path: Path, **changes: Any) -> Path:
    source = json.loads(QINGHE.read_text("utf-8"))
    for path, value in changes.items():
        place, *names = path.split("__")
        target = source
        for name in (place, *names)[:-1]:
            target = target[int(name) if name.isdigit() else name]
        last = (place, *names)[-1]
        target[int(last) if last.isdigit() else last] = value
    (tmp_path / "changed.json").write_text(json.dumps(source), "utf-8")
    return tmp_path / "changed.json"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"seats": 5}, "definition.margin"),
        ({"seats": 9}, "definition.seats"),
        ({"officers__tellers": []}, "definition.officers"),
        ({"officers__key_threshold": 6}, "definition.threshold"),
        ({"officers__presidium_quorum": 10}, "definition.officers"),
        ({"candidates__1__name": "集镇区老旧供水管网改造项目"}, "definition.confusable"),
        ({"candidates__1__name": "集镇区老旧供水管网改造 项目"}, "definition.confusable"),
        ({"rules__threshold": "most"}, "rules.value"),
        ({"schema": "other"}, "sample.malformed"),
    ],
)
def test_an_unlawful_definition_is_refused_before_anything_starts(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    data = changed(tmp_path, **changes)
    assert code in refused("--data", data, "--no-serve", "--out", tmp_path)
