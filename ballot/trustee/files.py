"""Files of an official's device: read up to a limit, written durably and in one piece."""

import os
import sys
from pathlib import Path

from ballot.crypto.errors import Invalid
from ballot.crypto.keyfile import MAX_FILE

MAX_JOURNAL = 16 * 1024 * 1024


def load(file: Path) -> bytes:
    """A key file; ``key.none`` where there is none."""
    if not file.exists():
        raise Invalid("key.none", str(file))
    return read(file, MAX_FILE)


def read(file: Path, limit: int) -> bytes:
    """All of a file; ``file.unreadable``, ``file.too_big``."""
    try:
        with file.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise Invalid("file.unreadable", f"{file}: {error.strerror or error}") from None
    if len(data) > limit:
        raise Invalid("file.too_big", str(file))
    return data


def create(file: Path, data: bytes) -> None:
    """A new file; ``key.exists`` if there is one of that name."""
    if file.exists():
        raise Invalid("key.exists", str(file))
    replace(file, data)


def replace(file: Path, data: bytes) -> None:
    """The file with these bytes, complete or as it was before, on the disk when this returns."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
        _sync(file.parent)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise Invalid("file.unwritable", f"{file}: {error.strerror or error}") from None


def _sync(folder: Path) -> None:
    """The folder's entry must survive a power cut too."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
