"""``ballot count`` and ``ballot margin`` as people call them."""

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from ballot.cli.counting import count_command, margin_command
from ballot.crypto import encoding
from tests.counting import TESTS, sample
from tests.unit.test_vectors import FIVE_SHEETS, MOTION, RATE, RUN_OFF

app = typer.Typer()
app.command("count")(count_command)
app.command("margin")(margin_command)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write(path: Path, value: Any) -> Path:
    file = path / "vectors.json"
    file.write_text(encoding.pretty(value), encoding="utf-8")
    return file


def refused(result: Result) -> str:
    """The one line of a refusal."""
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("\n")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_json_lists_name_and_outcome_in_the_order_of_the_file() -> None:
    result = run("count", TESTS / "data" / "tally_vectors.json", "--json")
    assert result.exit_code == 0
    assert encoding.parse_json(result.stdout.encode()) == [
        {"name": vector["name"], "outcome": vector["expected"]}
        for vector in sample("tally_vectors.json")
    ]


def test_a_single_vector_is_taken_too(tmp_path: Path) -> None:
    result = run("count", write(tmp_path, FIVE_SHEETS), "--json")
    assert encoding.parse_json(result.stdout.encode()) == [
        {"name": "five sheets", "outcome": FIVE_SHEETS["expected"]}
    ]


def test_fractions_in_a_file_are_an_outcome_not_a_refusal(tmp_path: Path) -> None:
    file = tmp_path / "vectors.json"
    file.write_text(encoding.pretty(RUN_OFF).replace('"present": 78', '"present": 78.5'))
    result = run("count", file, "--json")
    assert encoding.parse_json(result.stdout.encode())[0]["outcome"] == {"session": "input_error"}


def test_people_read_a_table_and_a_sentence_per_item() -> None:
    result = run("count", TESTS / "data" / "tally_vectors.json")
    assert result.exit_code == 0
    assert "第9项：赞成52票，已过半数，列第9位，超出应选的8项，未入选。" in result.stdout
    assert "第8项：赞成60票，与第9项同票，尚余1个名额，须再次投票。" in result.stdout
    assert "应选8项，入选6项，缺额2项。" in result.stdout
    assert "不能进行票决" in result.stdout
    assert result.stdout.count("与文件所载的预期结果一致。") == 9


def test_english_is_complete(tmp_path: Path) -> None:
    rating = RATE | {"name": "rating"}
    result = run("count", write(tmp_path, [FIVE_SHEETS, RUN_OFF, MOTION, rating]), "--lang", "en")
    assert "Item 1: 44 for; 1st by approvals: selected." in result.stdout
    assert "Item 1: 71 for, more than half of all deputies (44 needed): passed." in result.stdout
    assert "Places: 2, selected: 0, vacant: 2." in result.stdout
    assert "Item 1: The result is published." in result.stdout
    assert "As the file expects." in result.stdout


def test_another_outcome_than_the_file_expects_is_said(tmp_path: Path) -> None:
    other = RUN_OFF | {"expected": {"session": "no_quorum"}}
    result = run("count", write(tmp_path, other))
    assert result.exit_code == 0
    assert "与文件所载的预期结果不一致。" in result.stdout


def test_what_stands_in_a_file_neither_steers_the_terminal_nor_is_markup(tmp_path: Path) -> None:
    result = run("count", write(tmp_path, RUN_OFF | {"name": "[red]x\x1b[31m\ny[/red]"}))
    assert result.exit_code == 0
    assert result.stdout.startswith("[red]x?[31m y[/red]\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not json", "document.malformed"),
        (b"\xff\xfe", "document.malformed"),
        (b"79", "document.shape"),
        (b"[[]]", "vector: not an object"),
        (b'[{"name": "x"}]', "vector: candidates is missing"),
        (b"[" * 100, "nested deeper"),
    ],
)
def test_a_file_without_vectors_is_refused_in_one_line(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(content)
    line = refused(run("count", file))
    assert said in line
    assert "bad.json" in line


def test_an_unknown_rule_value_is_refused_with_its_place(tmp_path: Path) -> None:
    vectors = [RUN_OFF, FIVE_SHEETS | {"rules": {"threshold": "two\nthirds"}}]
    line = refused(run("count", write(tmp_path, vectors), "--json"))
    assert "rules.value: vectors[1].rules.threshold: 'two\\nthirds' is not one of" in line


def test_a_name_stands_once(tmp_path: Path) -> None:
    assert "出现两次" in refused(run("count", write(tmp_path, [RUN_OFF, RUN_OFF])))


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    assert "没有这个文件" in refused(run("count", tmp_path / "none.json"))
    assert "这是文件夹" in refused(run("count", tmp_path))
    assert "No such file" in refused(run("count", tmp_path / "none.json", "--lang", "en"))
    assert "不能读取" in refused(run("count", write(tmp_path, RUN_OFF) / "inside.json"))
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (8 * 1024 * 1024 + 1))
    assert "文件过大" in refused(run("count", large))


def test_another_language_is_refused(tmp_path: Path) -> None:
    assert "--lang zh" in refused(run("count", write(tmp_path, RUN_OFF), "--lang", "fr"))
    assert "--lang zh" in refused(run("margin", "8", "--lang", "fr"))


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        ("8", 0, "候选数可以是9（差额不少于应选数的1/10、不多于应选数的1/5）"),
        ("20", 0, "候选数可以是22、23、24（"),
        ("200", 0, "候选数可以是220至240（"),
        ("3", 0, "候选数可以是4。"),
        ("8 9", 0, "候选9项：符合，差额1项，为应选数的1/8（12.50%）。"),
        ("3 4", 0, "候选4项：须有主席团的差额豁免记录方可，差额1项。"),
        ("3 5", 1, "候选5项：不符合。"),
        ("8 8", 1, "候选数可以是9（"),
        ("8 0", 1, "候选0项：不符合。"),
        ("10 11", 0, "符合"),
        ("10 11 --base candidates", 1, "候选数可以是12（"),
        ("8 30 --low 1/5 --high none", 0, "差额22项"),
        ("8 --low 1/5 --high none", 0, "候选数可以是10及以上（差额不少于应选数的1/5）"),
        ("10 11 --base candidates --lang en", 1, "Lawful numbers of candidates: 12 ("),
        ("3 --lang en", 0, "With a waiver of the presidium"),
    ],
)
def test_margin_says_which_numbers_are_lawful(arguments: str, exit_code: int, said: str) -> None:
    result = run("margin", *arguments.split())
    assert said in result.stdout
    assert result.exit_code == exit_code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("x", "SEATS 应为 1 至 10000 的整数"),
        ("0", "SEATS"),
        ("８", "SEATS"),
        ("1_0", "SEATS"),
        ("10001", "SEATS"),
        ("8 nine", "CANDIDATES 应为 0 至 10000 的整数"),
        ("8 --base places", "--base 只能是 seats"),
        ("8 --low 10%", "margin.low: '10%' is not a fraction"),
        ("8 --low 1/2", "1/2 is more than 1/5"),
        ("8 --high 1/0", "margin.high"),
    ],
)
def test_margin_refuses_bad_input_in_one_line(arguments: str, said: str) -> None:
    assert said in refused(run("margin", *arguments.split()))
