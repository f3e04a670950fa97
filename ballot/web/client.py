"""The scripts and styles that tablets load, and their digests (attack C14)."""

from functools import cache
from pathlib import Path

from starlette.responses import Response

from ballot.crypto.encoding import sha256
from ballot.web.bodies import json_response

STATIC = Path(__file__).parent / "static"


@cache
def served_files() -> dict[str, str]:
    """Path below ``/static/`` → hex SHA-256, of every file that is served."""
    return {
        file.relative_to(STATIC).as_posix(): sha256(file.read_bytes()).hex()
        for file in sorted(STATIC.rglob("*"))
        if file.is_file()
    }


@cache
def client_digest() -> str:
    """One digest over all of them: of the lines ``digest  path``, as ``sha256sum`` prints them."""
    lines = (f"{found}  {path}\n" for path, found in served_files().items())
    return sha256("".join(lines).encode()).hex()


def client_files() -> Response:
    """The digest of every file and the one over all: what anybody can compare."""
    files = [{"digest": found, "path": path} for path, found in served_files().items()]
    return json_response({"digest": client_digest(), "files": files})


def is_built() -> bool:
    """Whether ``scripts/build_client`` has bundled the third-party code."""
    return any(name.startswith("vendor/") for name in served_files())
