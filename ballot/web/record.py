"""What the pages read from a ``record.zip``: definition, events, certificates.

Nothing is verified here: whoever serves a record has verified it, and whoever doubts it
downloads it and runs ``ballot verify``.
"""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ballot.crypto import encoding
from ballot.crypto.errors import Invalid

_CHUNK = 1 << 20


@dataclass(frozen=True)
class PublicRecord:
    """The decoded documents. ``certificates``: slot -> {certificate, signatures}; ``size`` in
    bytes and ``digest`` (hex SHA-256) are those of the file itself.
    """

    definition: dict[str, Any]
    events: list[dict[str, Any]]
    certificates: dict[str, dict[str, Any]]
    size: int
    digest: str


def read_record(path: Path) -> PublicRecord:
    """Read the documents of a record; ballots stay on disk.

    Raises ``record.unreadable`` when it is no record, ``document.…`` for a malformed document,
    ``record.certificate`` when a certificate is not the one that was certified last, and
    OSError as :meth:`Path.open` does.
    """
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(_CHUNK):
            digest.update(block)
        size = file.tell()
        try:
            with zipfile.ZipFile(file) as archive:
                definition = encoding.loads(_member(archive, "definition.json"))
                lines = _member(archive, "events.jsonl").splitlines()
                events = [encoding.loads(line) for line in lines]
                certificates = {
                    name.split("/")[1]: encoding.loads(_member(archive, name))
                    for name in archive.namelist()
                    if name.startswith("rounds/") and name.endswith("/certificate.json")
                }
        except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError) as error:
            raise Invalid("record.unreadable", str(error)[:200]) from None
    last = {e["slot"]: e["body"]["certificate"] for e in events if e["kind"] == "certified"}
    for slot, content in certificates.items():
        if last.get(slot) != encoding.digest(content["certificate"]):
            raise Invalid("record.certificate", f"{slot}: not the certificate that was signed")
    return PublicRecord(definition, events, certificates, size, digest.hexdigest())


def read_trackers(path: Path) -> dict[str, str]:
    """票迹码 → slot of every ballot in the record. Raises as :func:`read_record`."""
    found: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if not name.endswith("/admissions.jsonl"):
                    continue
                with archive.open(name) as member:
                    for line in member:
                        tracker = encoding.loads(line.rstrip(b"\n"))["tracker"]
                        found[encoding.code_of_hex(tracker)] = name.split("/")[1]
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise Invalid("record.unreadable", str(error)[:200]) from None
    return found


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """One document, at most as large as a document may be, whatever its header says."""
    with archive.open(name) as member:
        data = member.read(encoding.MAX_DOCUMENT + 1)
    if len(data) > encoding.MAX_DOCUMENT:
        raise Invalid("document.malformed", f"{name}: larger than {encoding.MAX_DOCUMENT} bytes")
    return data
