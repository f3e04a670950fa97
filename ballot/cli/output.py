"""What every command shares: reading files and refusing with one line."""

import re
import unicodedata
from pathlib import Path
from typing import NoReturn

import typer

from ballot.crypto.errors import Invalid
from ballot.locale import LANGUAGES, message


def fail(text: str) -> NoReturn:
    """Print one line to standard error and end with exit status 2."""
    typer.echo(plain(text), err=True)
    raise typer.Exit(2)


def plain(text: str) -> str:
    """``text`` as one line without control or formatting characters, so that what stands in
    a file cannot steer the terminal. Line ends become blanks.
    """
    line = " ".join(text.split())
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "?" for c in line)


def language(lang: str) -> str:
    """``zh`` or ``en``, or a refusal in both: whose language is unknown may read either."""
    if lang not in LANGUAGES:
        fail(" ".join(message(known, "option.lang", value=lang[:40]) for known in LANGUAGES))
    return lang


def number(lang: str, option: str, value: str, low: int, high: int) -> int:
    """The value of an option that wants a number, or a refusal that says which."""
    if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
        key = "option.number"
        fail(message(lang, key, option=option, low=low, high=high, value=value[:40]))
    return int(value)


def read_file(path: Path, limit: int, lang: str = "zh") -> bytes:
    """The bytes of a file of at most ``limit``; one clear line and exit status 2 otherwise."""
    try:
        data = read_start(path, limit + 1)
    except Invalid as error:
        fail(file_sentence(lang, path, error))
    if len(data) > limit:
        fail(message(lang, "file.too_big", path=path, limit=limit))
    return data


def read_start(path: Path, size: int) -> bytes:
    """The first ``size`` bytes of a file; raises Invalid ``file.…``, said by
    :func:`file_sentence`.
    """
    try:
        with path.open("rb") as file:
            return file.read(size)
    except FileNotFoundError:
        raise Invalid("file.missing") from None
    except IsADirectoryError:
        raise Invalid("file.directory") from None
    except PermissionError:
        raise Invalid("file.denied") from None
    except (OSError, ValueError) as error:
        raise Invalid("file.unreadable", reason(error)) from None


def reason(error: Exception) -> str:
    """What the operating system says, without the path."""
    return getattr(error, "strerror", None) or str(error)


def file_sentence(lang: str, path: Path, error: Invalid) -> str:
    """What is wrong with a file, and what to do."""
    return plain(message(lang, error.code, path=path, reason=error.detail))
