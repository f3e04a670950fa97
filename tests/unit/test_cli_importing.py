"""``ballot import``: previews, exit codes, and the roll that ``ballot install`` reads."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from ballot.cli import app
from ballot.crypto.encoding import loads
from ballot.installing import decode_roll
from tests.workbooks import workbook

DATA = Path(__file__).parents[1] / "data" / "importing"
MESSY = DATA / "roll_messy.xlsx"
GOOD = "编号,姓名,代表团\n1,甲,一团\n2,乙,一团\n"


def ballot(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["import", *(str(argument) for argument in arguments)])


def test_a_roll_is_shown_and_written_as_install_reads_it(tmp_path: Path) -> None:
    out = tmp_path / "roll.json"
    result = ballot("roll", MESSY, "--out", out)
    assert result.exit_code == 0, result.output
    assert "读到 61 位代表；错误 0 处，已整理 19 行，请看一眼 5 行。" in result.stdout
    assert "第一代表团 21, 第二代表团 20, 第三代表团 20" in result.stdout
    assert "〔全角空格〕刘卫国 → 刘卫国" in result.stdout
    roll = decode_roll(out.read_bytes())
    assert (len(roll.deputies), len(roll.salt)) == (61, 32)
    assert out.stat().st_mode & 0o777 == 0o600
    again = tmp_path / "again.json"
    ballot("roll", MESSY, "--out", again)
    assert decode_roll(again.read_bytes()).salt != roll.salt


def test_a_roll_with_a_salt_is_never_written_over(tmp_path: Path) -> None:
    out = tmp_path / "roll.json"
    out.write_bytes(b"adopted")
    result = ballot("roll", MESSY, "--out", out)
    assert (result.exit_code, out.read_bytes()) == (2, b"adopted")


def test_without_out_nothing_is_written(tmp_path: Path) -> None:
    result = ballot("roll", MESSY)
    assert result.exit_code == 0
    assert "这只是预览" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_errors_end_with_1_and_write_nothing(tmp_path: Path) -> None:
    file, out = tmp_path / "roll.csv", tmp_path / "roll.json"
    file.write_text(GOOD + "1,丙,二团\n", "utf-8")
    result = ballot("roll", file, "--out", out)
    assert result.exit_code == 1
    assert "编号与第 2 行（甲）重复" in result.stdout
    assert "没有导入任何内容" in result.stderr
    assert not out.exists()


def test_what_cannot_be_read_ends_with_2_in_one_line(tmp_path: Path) -> None:
    for name, data in (("a.xlsm", b"PK"), ("b.csv", b""), ("c.csv", b"a\0b"), ("d.xlsx", b"PK")):
        (tmp_path / name).write_bytes(data)
        result = ballot("roll", tmp_path / name)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
        assert name in result.stderr
    assert ballot("roll", tmp_path / "none.csv").exit_code == 2
    assert ballot("projects", MESSY, "--lang", "fr").exit_code == 2


def test_differences_to_the_import_before_are_listed(tmp_path: Path) -> None:
    old, new, written = tmp_path / "old.csv", tmp_path / "new.csv", tmp_path / "old.json"
    old.write_text(GOOD, "utf-8")
    new.write_text(GOOD.replace("乙,一团", "丙,二团") + "3,丁,二团\n", "utf-8")
    result = ballot("roll", new, "--previous", old)
    assert [line.strip() for line in result.stdout.splitlines() if line.startswith("  ")] == [
        "2 姓名：乙 → 丙",
        "2 代表团：一团 → 二团",
        "新增 3 丁",
    ]
    assert ballot("roll", old, "--out", written).exit_code == 0
    result = ballot("roll", new, "--previous", written, "--json")
    assert [(one["kind"], one["key"]) for one in json.loads(result.stdout)["changes"]] == [
        ("changed", "2"),
        ("added", "3"),
    ]
    assert "没有变化" in ballot("roll", old, "--previous", written).stdout
    written.write_bytes(b"{}")
    assert ballot("roll", old, "--previous", written).exit_code == 2


def test_json_carries_every_finding_and_entry() -> None:
    result = ballot("roll", MESSY, "--json", "--lang", "en")
    value = json.loads(result.stdout)
    assert value["counts"] == {"error": 0, "warning": 5, "tidied": 19, "note": 4}
    assert len(value["findings"]) == 28
    assert value["deputies"][16] == {
        "row": 20,
        "number": "ZX-017",
        "name": "王𠮷祥",
        "delegation": "第一代表团",
    }
    assert value["findings"][0]["sentence"].startswith("Row 12: Same name as row 39")


def test_projects_become_the_items_of_a_definition(tmp_path: Path) -> None:
    out = tmp_path / "items.json"
    result = ballot("projects", DATA / "projects_import.xlsx", "--out", out)
    assert result.exit_code == 0, result.output
    items = loads(out.read_bytes())
    assert [one["id"] for one in items] == [f"P{n:02}" for n in range(1, 10)]
    assert items[0]["investment"] == 186
    file = tmp_path / "p.xlsx"
    file.write_bytes(workbook([["项目名称", "投资"], ["集镇区老旧供水管网改造项目", 200]]))
    result = ballot("projects", file, "--previous", DATA / "projects_import.xlsx")
    assert "P01 投资（万元）：186 → 200" in result.stdout


def test_what_stands_in_a_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(GOOD + "\x1b[2J3,\x1b]0;x\x07丁?,二团\n", "utf-8")
    result = ballot("roll", file)
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout + result.stderr
