"""Belenios archives taken apart and put together again, in any order and with any content.

Unlike ``ballot.tally.archive`` nothing here refuses anything: an attacker's writer. Hashes,
heights and parents are always made anew, so that a test tests the check it names and not
the chain (``tests/attacks``, rule 3).
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ballot.tally.archive import event, member
from ballot.verify.belenios import verify_archive
from ballot.verify.report import Report

DATA = Path(__file__).parent / "data/belenios"
GOOD = (
    "approve_2048",
    "ed25519_threshold",
    "superset_2048_threshold",
    "superset_ed25519_threshold",
)
TIMESTAMP = 1795315646


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True)
class Raw:
    """One event with its documents, of which it names the last."""

    kind: str
    documents: tuple[bytes, ...] = ()

    @property
    def json(self) -> Any:
        """The first document: the ballot, tally, partial decryption or result."""
        return json.loads(self.documents[0])


def setup(election: bytes, trustees: bytes, credentials: bytes) -> Raw:
    names = zip(
        ("election", "trustees", "credentials"),
        map(digest, (election, trustees, credentials)),
        strict=True,
    )
    return Raw("Setup", (election, trustees, credentials, compact(dict(names))))


def ballot(body: bytes) -> Raw:
    return Raw("Ballot", (body,))


END = Raw("EndBallots")


def tally(body: bytes, count: int, weight: int | str) -> Raw:
    named = {"num_tallied": count, "total_weight": weight, "encrypted_tally": digest(body)}
    return Raw("EncryptedTally", (body, compact(named)))


def partial(owner: int, body: bytes) -> Raw:
    owned = {"owner": owner, "payload": digest(body)}
    return Raw("PartialDecryption", (body, compact(owned)))


def result(counts: list[list[int | str]]) -> Raw:
    return Raw("Result", (compact({"result": counts}),))


def build(stages: Iterable[Raw], timestamp: int = TIMESTAMP) -> bytes:
    """The archive with these stages, its chain made anew."""
    head = compact({"version": 1, "timestamp": str(timestamp)})
    parts, parent = [member("BELENIOS", head, timestamp)], None
    for height, stage in enumerate(stages):
        payload = None
        for document in stage.documents:
            payload = digest(document)
            parts.append(member(f"{payload}.data.json", document, timestamp))
        body = event(parent, height, stage.kind, payload)
        parent = digest(body)
        parts.append(member(f"{parent}.event.json", body, timestamp))
    return b"".join(parts)


def take_apart(data: bytes) -> list[Raw]:
    """The stages of an archive, read by an ordinary tar reader."""
    stages, documents = [], []
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for entry in tar.getmembers()[1:]:
            file = tar.extractfile(entry)
            body = file.read() if file else b""
            if entry.name.endswith(".event.json"):
                stages.append(Raw(json.loads(body)["type"], tuple(documents)))
                documents = []
            else:
                documents.append(body)
    return stages


def good(name: str) -> list[Raw]:
    return take_apart((DATA / f"{name}.bel").read_bytes())


def secrets_of(name: str) -> dict[str, Any]:
    """Votes, private credentials and trustees' secrets of a good archive (for tests only)."""
    found: dict[str, Any] = json.loads((DATA / f"{name}.json").read_bytes())
    return found


def position(stages: list[Raw], kind: str, number: int = 1) -> int:
    """Where the n-th stage of a kind stands."""
    return [i for i, stage in enumerate(stages) if stage.kind == kind][number - 1]


def change_document(
    stages: list[Raw], kind: str, change: Callable[[bytes], bytes], number: int = 1
) -> list[Raw]:
    """The stages with the first document of one changed; what names it names the new one."""
    at = position(stages, kind, number)
    stage = stages[at]
    old, new = stage.documents[0], change(stage.documents[0])
    naming = tuple(
        document.replace(digest(old).encode(), digest(new).encode())
        for document in stage.documents[1:]
    )
    return [*stages[:at], replace(stage, documents=(new, *naming)), *stages[at + 1 :]]


def verify(data: bytes, jobs: int = 1) -> Report:
    return verify_archive(lambda: io.BytesIO(data), jobs)


def failures(report: Report) -> dict[str, str]:
    """The failed checks with their codes."""
    return {check.id: check.code for check in report.checks if check.status == "fail"}


def statuses(report: Report) -> dict[str, str]:
    return {check.id: check.status for check in report.checks}
