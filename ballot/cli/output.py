"""What every command shares: reading files and refusing with one line."""

import unicodedata
from pathlib import Path
from typing import NoReturn

import typer

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
    """``zh`` or ``en``, or a refusal."""
    if lang not in LANGUAGES:
        fail(message("zh", "count.bad_language", lang=lang))
    return lang


def read_file(path: Path, limit: int, lang: str = "zh") -> bytes:
    """The bytes of a file of at most ``limit``; one clear line and exit status 2 otherwise."""
    data = read_start(path, limit + 1, lang)
    if len(data) > limit:
        fail(message(lang, "file.too_big", path=path, limit=limit))
    return data


def read_start(path: Path, size: int, lang: str = "zh") -> bytes:
    """The first ``size`` bytes of a file; one clear line and exit status 2 if unreadable."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except FileNotFoundError:
        fail(message(lang, "file.missing", path=path))
    except IsADirectoryError:
        fail(message(lang, "file.directory", path=path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        fail(message(lang, "file.unreadable", path=path, reason=reason))
