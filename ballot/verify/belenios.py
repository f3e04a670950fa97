"""Verification of a bare Belenios archive of any origin (``ballot verify FILE.bel``).

Two passes over the file. The first reads the container and its chain and learns which
ballot of each credential is the last, the one that counts. The second decodes, verifies
and adds up the ballots in their order and follows the sum to the result. Memory holds one
batch of ballots per process, and of each ballot no more than its digest.

What the checks of protocol §11 mean here:

* V1 the container · V5 the events, the election document, the form of the credential list
* V4 every relation of the trustees' document; the election key is theirs
* V6 every ballot, under a credential of the list, no ballot twice; the list's elements
* V9 sum, number and weight of the ballots that count · V10 partial decryptions · V11 result

An archive that stops after any event is unfinished: nothing fails, V1 and V5 and what is
missing are not checkable. Source: belenios-format.md §8, §10.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from ballot.crypto.errors import Invalid
from ballot.tally.aggregate import Partial, Sums, add, combine, empty_sums
from ballot.tally.archive import (
    BallotsEnded,
    CastBallot,
    EncryptedTally,
    PartialDecryption,
    Result,
    Setup,
    Stage,
)
from ballot.tally.archive_reader import Readable, read_archive
from ballot.tally.election import Election
from ballot.verify import totals
from ballot.verify.ballots import (
    Inspection,
    Task,
    check_credentials,
    credential_of,
    inspect_ballots,
)
from ballot.verify.report import Checklist, Report
from ballot.verify.survey import Hashing, Survey, take_survey
from ballot.verify.workers import Workers

Progress = Callable[[int, int], None]


def verify_archive(
    stream_factory: Callable[[], BinaryIO], jobs: int = 1, progress: Progress | None = None
) -> Report:
    """Verify the archive that ``stream_factory`` opens, twice, for reading from its start.

    ``jobs`` is the number of processes for the ballots; ``progress`` is told after each
    batch how many of how many ballots are done. Nothing is raised for what the bytes are.
    """
    checks, facts = _checklist(), dict[str, Any]()
    with stream_factory() as stream:
        survey = take_survey(stream, checks, facts)
    if survey.election is None or checks.hopeless():
        return checks.report(facts)
    recount = _Recount(survey, survey.election, checks, facts)
    try:
        with stream_factory() as stream, Workers(jobs) as workers:
            hashing = Hashing(stream)
            recount.run(hashing, workers, progress)
            changed = not checks.hopeless() and hashing.digest() != survey.digest
    except Invalid as error:  # a process was killed
        checks.unknown("V6", error.code, error.detail)
        return checks.report(facts)
    if changed:  # what was found belongs to no one file
        checks, facts = _checklist(), {}
        checks.unknown("V1", "archive.changed", "the file changed while it was read")
    return checks.report(facts)


def _checklist() -> Checklist:
    checks = Checklist("belenios")
    for name in "V2 V3 V8 V12 V13 V14".split():
        checks.not_applicable(name, "archive.alone", "concerns a whole record, not a .bel alone")
    checks.not_applicable(
        "V7",
        "archive.no_eligibility",
        "not checked: a .bel alone proves no eligibility. Whoever writes it writes its list of "
        "credentials, too, and can add ballots; only a whole record shows who could vote",
    )
    return checks


class _Recount:
    """Follows the archive from its ballots to its result.

    ``sums`` is first the product of the counted ballots, then the stored tally; None where
    neither is known.
    """

    def __init__(
        self, survey: Survey, election: Election, checks: Checklist, facts: dict[str, Any]
    ) -> None:
        self._survey, self._election = survey, election
        self._checks, self._facts = checks, facts
        self._sums: Sums | None = None
        self._partials: dict[int, Partial] = {}
        weights = survey.weights or {}
        self._count = len(survey.last)
        self._weight = sum(weights[credential] for credential in survey.last)

    def run(self, stream: Readable, workers: Workers, progress: Progress | None) -> None:
        stages = read_archive(stream, lambda _: None)
        rest: list[Stage] = []
        self._ballots(self._tasks(stages, rest), workers, progress)
        if self._checks.hopeless():
            return
        tally, result = False, False
        for stage in chain(rest, stages):
            match stage:
                case EncryptedTally():
                    tally = True
                    self._tally(stage)
                case PartialDecryption():
                    self._partial(stage)
                case Result():
                    result = True
                    self._enough(finished=True)
                    self._result(stage)
                case Setup() | CastBallot() | BallotsEnded():
                    pass
        if not tally:
            missing = "archive.event_missing" if result else "archive.unfinished"
            self._checks.unknown("V9", missing, "there is no encrypted tally")
        if not result:
            self._enough(finished=False)
            self._checks.unknown("V11", "archive.unfinished", "there is no result")

    def _tasks(self, stages: Iterator[Stage], rest: list[Stage]) -> Iterator[Task]:
        """The ballots with their weights; the first stage after them goes to ``rest``."""
        survey = self._survey
        for stage in stages:
            match stage:
                case Setup():
                    continue
                case CastBallot():
                    credential = credential_of(stage.body) or ""
                    counts = survey.last.get(credential) == stage.number
                    yield Task(stage, (survey.weights or {}).get(credential, 0) if counts else 0)
                case _:
                    rest.append(stage)
                    return

    def _ballots(self, tasks: Iterator[Task], workers: Workers, progress: Progress | None) -> None:
        election, survey, checks = self._election, self._survey, self._checks
        group = election.group
        sums = empty_sums(group, [question.width for question in election.questions])
        done, complete = 0, True
        inspection = Inspection(election.raw, identity_alpha=True)
        for batch in inspect_ballots(inspection, tasks, workers):
            for refusal in batch.refused:
                checks.failed("V6", refusal)
            sums, complete = add(group, sums, batch.sums), complete and batch.complete
            done += batch.size
            if progress:
                progress(done, survey.ballots)
            if checks.hopeless():
                return
        # Credentials that cast were tested in their ballots.
        idle = (text for text in survey.weights or () if text not in survey.last)
        for refusal in check_credentials(group, idle, workers):
            checks.failed("V6", refusal)
            if checks.hopeless():
                return
        if survey.weights is None:
            checks.unknown("V6", "credentials.unreadable", "the credential list cannot be read")
        checks.passed("V6", ballots=done, counted=self._count)
        self._facts["counted"] = self._count
        if complete and survey.weights is not None and not survey.unread:
            self._sums = sums

    def _tally(self, stored: EncryptedTally) -> None:
        checks, sums = self._checks, self._sums
        with checks.check("V9"):
            self._sums = totals.decode_tally(self._election, stored.body)
            if sums is not None:
                totals.check_sum(sums, self._sums)
        if sums is None:
            what = "which ballots count, or a ballot that counts, cannot be read"
            checks.unknown("V9", "tally.unknown_sum", what)
            self._weight = stored.weight
        else:
            with checks.check("V9"):
                totals.check_counts(stored, self._count, self._weight)
        checks.passed("V9", counted=self._count, weight=self._weight)

    def _partial(self, stored: PartialDecryption) -> None:
        if self._sums is None or self._survey.trustees is None:
            return
        with self._checks.check("V10"):
            if stored.owner in self._partials:
                detail = f"trustee {stored.owner} decrypted twice"
                raise Invalid("partial.repeated", detail)
            self._partials[stored.owner] = totals.check_partial(
                self._election, self._survey.trustees, self._sums, stored
            )

    def _enough(self, finished: bool) -> None:
        """V10 at its end: too few are a fault only if a result was drawn from them."""
        if self._sums is None or self._survey.trustees is None:
            return
        self._checks.passed("V10", trustees=sorted(self._partials))
        try:
            totals.check_enough(self._survey.trustees, self._partials)
        except Invalid as error:
            if finished:
                self._checks.failed("V10", error)
            else:
                self._checks.unknown("V10", error.code, error.detail)

    def _result(self, stored: Result) -> None:
        checks, trustees, sums = self._checks, self._survey.trustees, self._sums
        if trustees is None or sums is None:
            return
        group = self._election.group
        try:
            factors = combine(group, trustees, self._partials)
        except Invalid as error:
            checks.unknown("V11", error.code, error.detail)
            return
        with checks.check("V11"):
            counts = totals.check_result(self._election, sums, factors, stored.body, self._weight)
            checks.passed("V11")
            self._facts["result"] = counts
