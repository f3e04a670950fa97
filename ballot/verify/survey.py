"""The first pass over a Belenios archive: container, chain, set-up, and which ballots count.

Cheap beside the second pass (:mod:`ballot.verify.belenios`): digests and patterns, and the
proofs of the trustees only.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from ballot.crypto.encoding import code
from ballot.crypto.errors import Invalid
from ballot.crypto.threshold import Trustees, verify_trustees
from ballot.tally.archive import CastBallot, Setup
from ballot.tally.archive_reader import FRAME_CODES, Readable, read_archive
from ballot.tally.election import Election, decode_election
from ballot.verify.ballots import credential_of, decode_credentials
from ballot.verify.report import ENOUGH_FINDINGS, Checklist


class Hashing:
    """A stream that also computes the SHA-256 of all that is read."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        data = self._stream.read(size)
        self._hash.update(data)
        return data

    def digest(self) -> str | None:
        """Of the whole stream, in hex; None if more follows than was read."""
        return None if self.read(1) else self._hash.hexdigest()


@dataclass(slots=True)
class Survey:
    """What the first pass learns; None for what cannot be read.

    ``weights`` maps each credential of the list to its weight, ``last`` each that cast to
    the number of its last ballot, the one that counts. Of ``ballots`` in all, ``unread``
    do not have a credential in its place. ``digest`` is that of the file.
    """

    election: Election | None = None
    trustees: Trustees | None = None
    weights: dict[str, int] | None = None
    last: dict[str, int] = field(default_factory=dict)
    ballots: int = 0
    unread: int = 0
    digest: str | None = None


def take_survey(stream: Readable, checks: Checklist, facts: dict[str, Any]) -> Survey:
    """Read the whole archive once; tell ``checks`` about V1, V4, V5 and the credentials of V6.

    ``facts`` learns what a reader compares: names, digests and codes.
    """
    survey, hashing, seen = Survey(), Hashing(stream), set[bytes]()

    def report(error: Invalid) -> None:
        if error.code == "archive.not_belenios":  # another kind of file is not a false one
            checks.unknown("V1", error.code, error.detail)
        else:
            checks.failed("V1" if error.code in FRAME_CODES else "V5", error)

    last = ""
    for stage in read_archive(hashing, report):
        match stage:
            case Setup():
                _read_setup(survey, stage, checks, facts)
            case CastBallot():
                _note_ballot(survey, stage, seen, checks)
            case _:
                pass
        last = type(stage).__name__
        if survey.unread >= ENOUGH_FINDINGS:
            detail = f"{survey.unread} ballots do not begin like one; reading stopped"
            checks.failed("V6", Invalid("ballot.malformed", detail))
            survey.election = None
        if checks.hopeless() or survey.unread >= ENOUGH_FINDINGS:
            return survey
    if last != "Result" and not checks.has_failed("V1", "V5"):
        after = f"nothing follows after {last}" if last else "there is no event"
        for name in ("V1", "V5"):
            checks.unknown(name, "archive.unfinished", after)
    survey.digest = hashing.digest()
    facts.update(archive=survey.digest, ballots=survey.ballots)
    checks.passed("V1")
    checks.passed("V5", ballots=survey.ballots)
    return survey


def _read_setup(survey: Survey, setup: Setup, checks: Checklist, facts: dict[str, Any]) -> None:
    with checks.check("V5"):
        survey.election = election = decode_election(setup.election)
        facts.update(
            name=election.name,
            uuid=election.uuid,
            group=election.group.name,
            fingerprint=election.fingerprint,
            fingerprint_code=code(election.digest),
        )
    if survey.election is None:
        return
    with checks.check("V5"):
        survey.weights = decode_credentials(election.group, setup.credentials)
        facts["credentials"] = len(survey.weights)
    with checks.check("V4"):
        survey.trustees = trustees = verify_trustees(election.group, setup.trustees)
        if trustees.y != election.y:
            raise Invalid("trustees.joint_key", "the election key is not that of the trustees")
        forms = [f"{entry.kind} {entry.threshold}/{len(entry.keys)}" for entry in trustees.groups]
        checks.passed("V4", trustees=forms)


def _note_ballot(survey: Survey, ballot: CastBallot, seen: set[bytes], checks: Checklist) -> None:
    where = f"ballot {ballot.number} ({ballot.tracker})"
    if ballot.digest in seen:
        checks.failed("V6", Invalid("ballot.duplicate", f"{where} stands earlier, too"))
    seen.add(ballot.digest)
    survey.ballots += 1
    credential = credential_of(ballot.body)
    if credential is None:
        survey.unread += 1  # the second pass says what is wrong with it
    elif survey.weights is not None:
        if credential in survey.weights:
            survey.last[credential] = ballot.number
        else:
            detail = f"{where}: its credential is not in the list"
            checks.failed("V6", Invalid("ballot.unknown_credential", detail))
