"""Runs ``node --test`` on every file of this folder, and looks at what is served."""

import re
from pathlib import Path

import pytest

from tests.js.client import BUNDLE, ROOT, VENDOR, run_node
from tests.vectors.make import FILES, HERE, text_of

CLIENT = ROOT / "ballot/web/static/client"
FOLDER = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.test.mjs")), ids=lambda file: file.name)
def test_the_client_passes_its_tests_under_node(file: Path) -> None:
    done = run_node(["--test", "--test-reporter=tap", file])
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", FILES)
def test_the_vector_files_are_what_python_makes(name: str) -> None:
    assert (HERE / name).read_text(encoding="utf-8") == text_of(name)


FORBIDDEN = {
    "Math.random": r"Math\.random",  # attack A23
    "code from text": r"\beval\(|new Function\(|setTimeout\(\s*[\"'`]",
    "WebAssembly": r"WebAssembly",  # attack D10
    "console output": r"\bconsole\.",
    "markup from text": r"innerHTML|outerHTML|insertAdjacentHTML|document\.write",
    "newer than the floor": (
        r"\.toSorted\(|\.toReversed\(|\.toSpliced\(|\.with\(|withResolvers|isWellFormed"
        r"|structuredClone\(|Array\.fromAsync|\.(union|intersection|difference)\("
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_our_modules_use_nothing_forbidden(what: str) -> None:
    for file in CLIENT.glob("*.mjs"):
        assert not re.search(FORBIDDEN[what], file.read_text(encoding="utf-8")), file.name


def test_webcrypto_beyond_random_bytes_is_for_the_officials_pages_alone() -> None:
    # Absent without TLS (attack D9); what a tablet loads never reaches these modules.
    texts = {file.name: file.read_text("utf-8") for file in CLIENT.glob("*.mjs")}
    using = [name for name, text in texts.items() if re.search(r"crypto\??\.subtle", text)]
    assert using == ["aes.mjs"]
    found, new = set[str](), {"worker.mjs"}
    while new:
        found |= new
        imported = [re.findall(r'from "\./(\w+\.mjs)"', texts[name]) for name in new]
        new = {name for names in imported for name in names} - found
    assert "aes.mjs" not in found


def test_random_bytes_are_drawn_in_the_workers_alone() -> None:
    drawing = [f.name for f in CLIENT.glob("*.mjs") if "getRandomValues" in f.read_text("utf-8")]
    assert sorted(drawing) == ["trustee_worker.mjs", "worker.mjs"]


def test_the_bundle_holds_no_code_that_a_strict_policy_refuses() -> None:
    for file in BUNDLE.glob("*.mjs"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"WebAssembly|new Function\(|\beval\(|\bimport\(", text), file.name


def test_the_lock_names_no_registry_and_pins_every_package() -> None:
    text = (VENDOR / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    assert "://registry" not in text
    assert text.count('"integrity": "sha512-') == text.count('"node_modules/')


def test_modules_are_small_enough_to_read() -> None:
    for file in CLIENT.glob("*.mjs"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 250, file.name
