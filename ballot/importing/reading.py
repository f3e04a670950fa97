"""A file to sheets of text, by what it holds and not by what it is called (attacks C9, C10)."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import ballot
from ballot.crypto.encoding import loads_compact
from ballot.crypto.errors import Invalid
from ballot.importing.delimited import read_delimited
from ballot.importing.sheets import MAX_FILE, Row, Sheet

_SECONDS = 60  # by the clock, on a busy machine; the worker bounds its own processor time
_MACRO_NAMES = (".xlsm", ".xltm", ".xlsb", ".xlam")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf", b"{\\rtf", b"<")


def read_sheets(data: bytes, filename: str) -> tuple[Sheet, ...]:
    """The sheets of a roll or a list of projects; raises Invalid ``import.…``, one clear
    refusal each. ``filename`` only tells a workbook with macros.
    """
    if len(data) > MAX_FILE:
        raise Invalid("import.too_big", f"{len(data)} bytes")
    if not data.strip():
        raise Invalid("import.empty_file")
    if filename.lower().endswith(_MACRO_NAMES):
        raise Invalid("import.macros", "its name")
    if data.startswith(_OLE):
        raise Invalid("import.encrypted" if _ENCRYPTED in data else "import.old_excel")
    if data.startswith(b"PK"):
        return _read_apart(data)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_OTHERS):
        raise Invalid("import.not_table", "another kind of file")
    return (read_delimited(data),)


def _read_apart(data: bytes) -> tuple[Sheet, ...]:
    """:func:`ballot.importing.workbook.read_workbook` in a process with limits of its own."""
    command = [sys.executable, "-P", "-s", "-m", "ballot.importing.worker"]
    # No secret of this service's environment goes to the process that opens strange files.
    environment = {"PYTHONPATH": str(Path(ballot.__file__).parents[1])}
    if "SYSTEMROOT" in os.environ:  # without it Python does not start on Windows
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    try:
        done = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Invalid("import.bomb", "out of time") from None
    if done.returncode or not done.stdout:
        raise Invalid("import.bomb", f"the reader ended with {done.returncode}")
    value: Any = loads_compact(done.stdout)
    if "refused" in value:
        raise Invalid(value["refused"], value["detail"])
    return tuple(
        Sheet(
            sheet["name"],
            tuple(Row(number, tuple(cells)) for number, cells in sheet["rows"]),
            frozenset((row, column) for row, column in sheet["merged"]),
        )
        for sheet in value["sheets"]
    )
